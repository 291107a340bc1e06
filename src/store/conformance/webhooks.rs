//! Endpoints and deliveries.

use super::{at, new_session};
use crate::{
    domain::{
        auth::Owner,
        id::SessionId,
        session::{Change, EndReason, Status},
        webhook::{Outcome, Step, TEST_EVENT, TryError},
    },
    store::{
        NewSession, SqlStore, Store,
        session_events::SessionEventKind,
        webhooks::{
            CONFIGURED_WEBHOOK, DELIVER_JOB, Delivery, DeliveryStatus, SwitchedOff, Try, WebhookChange,
            WebhookEndpoint, erase_webhooks,
        },
    },
};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use std::time::Duration;

/// An event reaches those who may hear it, once each, and what became of it is known.
pub async fn check(store: &SqlStore) {
    owners_have_so_many_and_see_their_own(store).await;
    the_configured_one_comes_and_goes(store).await;
    an_event_goes_once_to_those_who_may_hear_it(store).await;
    a_try_decides_what_follows(store).await;
    an_endpoint_is_switched_off(store).await;
    what_was_missed_is_replayed(store).await;
    erased_is_erased(store).await;
}

fn user(sub: &str) -> Owner {
    Owner::User { sub: sub.to_owned() }
}

fn endpoint(id: &str, owner: Owner, second: i64) -> WebhookEndpoint {
    WebhookEndpoint {
        webhook_id: id.to_owned(),
        owner,
        url: "https://hooks.example.com/".to_owned(),
        description: "Hooks".to_owned(),
        events: None,
        enabled: true,
        disabled_reason: None,
        secret: Some(SecretString::from("whsec_first")),
        old_secret: None,
        failing_since: None,
        last_success_at: None,
        created_at: at(second),
        updated_at: at(second),
    }
}

async fn create(store: &SqlStore, endpoint: WebhookEndpoint) {
    assert_eq!(store.create_webhook(endpoint, 20).await, Ok(true));
}

async fn load(store: &SqlStore, id: &str) -> WebhookEndpoint {
    store.webhook(id).await.expect("read").expect("there")
}

async fn log(store: &SqlStore, id: &str) -> Vec<Delivery> {
    store.deliveries(id, None, None, 200).await.expect("read")
}

/// Jobs that are due then; they stay taken for a second.
async fn due(store: &SqlStore, now: Timestamp) -> Vec<String> {
    let jobs = store.claim_jobs(DELIVER_JOB, now, Duration::from_millis(1), 1_000).await.expect("claimed");
    jobs.into_iter().map(|job| job.key).collect()
}

async fn owners_have_so_many_and_see_their_own(store: &SqlStore) {
    for (n, id) in ["whk_a", "whk_b"].into_iter().enumerate() {
        let new = endpoint(id, user("limited"), n as i64);
        assert_eq!(store.create_webhook(new, 2).await, Ok(true));
    }
    assert_eq!(store.create_webhook(endpoint("whk_c", user("limited"), 3), 2).await, Ok(false), "enough");
    assert_eq!(store.create_webhook(endpoint("whk_d", user("other"), 4), 2).await, Ok(true), "of another");
    let ids = async |owner: Option<&Owner>| {
        let found = store.list_webhooks(owner, None, 10).await.expect("listed");
        found.into_iter().map(|endpoint| endpoint.webhook_id).collect::<Vec<_>>()
    };
    assert_eq!(ids(Some(&user("limited"))).await, ["whk_b", "whk_a"], "newest first");
    assert_eq!(ids(None).await, ["whk_d", "whk_b", "whk_a"]);
    let events = Some(Some(vec!["session.ended".to_owned()]));
    let change = WebhookChange { events, description: Some("New".to_owned()), ..WebhookChange::default() };
    let changed = store.change_webhook("whk_a", change, at(9)).await.expect("changed").expect("there");
    assert!(changed.wants("session.ended") && !changed.wants("results.ready"));
    assert_eq!((changed.url.as_str(), changed.description.as_str()), ("https://hooks.example.com/", "New"));
    let rotated = store.rotate_webhook("whk_a", SecretString::from("whsec_second"), at(100), at(10)).await;
    let rotated = rotated.expect("rotated").expect("there");
    let shown = |secret: &SecretString| secret.expose_secret().to_owned();
    assert_eq!(rotated.secret.as_ref().map(shown).as_deref(), Some("whsec_second"));
    assert_eq!(rotated.old_secret.map(|(old, until)| (shown(&old), until)), Some(("whsec_first".to_owned(), at(100))));
    for id in ["whk_a", "whk_b", "whk_d"] {
        assert_eq!(store.delete_webhook(id).await, Ok(true));
    }
    assert_eq!(store.delete_webhook("whk_a").await, Ok(false));
}

async fn the_configured_one_comes_and_goes(store: &SqlStore) {
    let configure = |url: Option<&str>| store.configure_webhook(url.map(str::to_owned), at(1));
    configure(Some("https://one.example.com/")).await.expect("kept");
    configure(Some("https://two.example.com/")).await.expect("kept");
    let kept = load(store, CONFIGURED_WEBHOOK).await;
    assert_eq!((kept.url.as_str(), kept.owner, kept.enabled), ("https://two.example.com/", Owner::Platform, true));
    assert!(kept.secret.is_none(), "the configuration keeps it");
    configure(None).await.expect("gone");
    assert!(store.webhook(CONFIGURED_WEBHOOK).await.expect("read").is_none());
}

/// A session that has begun and ended; its id.
async fn session(store: &SqlStore, n: u8, owner: Owner) -> SessionId {
    let new = NewSession { owner, ..new_session(n) };
    let id = new.session_id.clone();
    store.create_session(new).await.expect("kept");
    let ended = Change::Status { status: Status::Ended, end_reason: Some(EndReason::Completed) };
    store.apply(&id, 1, at(100), vec![Change::Started, ended]).await.expect("applied");
    id
}

async fn tell(store: &SqlStore, id: &SessionId, kind: &str, second: i64) -> u32 {
    let event = format!("evt_{id}_{}", kind.replace('.', "_"));
    store.fan_out(&event, at(second)).await.expect("told")
}

async fn an_event_goes_once_to_those_who_may_hear_it(store: &SqlStore) {
    create(store, endpoint("whk_platform", Owner::Platform, 1)).await;
    create(store, endpoint("whk_anna", user("anna"), 2)).await;
    create(store, endpoint("whk_bob", user("bob"), 3)).await;
    let filtered = Some(vec!["results.ready".to_owned()]);
    create(store, WebhookEndpoint { events: filtered, ..endpoint("whk_results", user("anna"), 4) }).await;
    create(store, WebhookEndpoint { enabled: false, ..endpoint("whk_off", user("anna"), 5) }).await;
    let id = session(store, 1, user("anna")).await;
    assert_eq!(tell(store, &id, "session.ended", 101).await, 2);
    assert_eq!(tell(store, &id, "session.ended", 102).await, 0, "told again, nothing is new");
    assert_eq!(store.fan_out("evt_unknown", at(102)).await, Ok(0));
    for (webhook, heard) in [("whk_platform", 1), ("whk_anna", 1), ("whk_bob", 0), ("whk_results", 0), ("whk_off", 0)] {
        assert_eq!(log(store, webhook).await.len(), heard, "{webhook}");
    }
    let [delivery] = log(store, "whk_anna").await.try_into().expect("one");
    assert_eq!(delivery.data, json!({"end_reason": "completed"}));
    assert_eq!(
        (delivery.session_id.as_deref(), delivery.interview_id.as_deref()),
        (Some(id.as_str()), Some("conformance"))
    );
    assert_eq!((delivery.occurred_at, delivery.created_at, delivery.attempts), (at(100), at(101), 0));
    assert_eq!(due(store, at(101)).await.len(), 2, "a job for each");
    let found = store.due_delivery(&delivery.delivery_id).await.expect("read").expect("there");
    assert_eq!(found.user_id.as_deref(), Some("candidate-7"));
    let nobodys = session(store, 2, Owner::Public).await;
    assert_eq!(tell(store, &nobodys, "session.started", 103).await, 1, "of nobody's session platforms hear");
    for id in ["whk_platform", "whk_anna", "whk_bob", "whk_results", "whk_off"] {
        assert_eq!(store.delete_webhook(id).await, Ok(true));
    }
    assert_eq!(due(store, at(9_999)).await, [""; 0], "nothing is left to do");
}

fn tried(second: i64, outcome: &Outcome) -> Try {
    let error = outcome.error.map(|error| error.as_str().to_owned());
    Try { at: at(second), http_status: outcome.http_status, duration_ms: 1_000, error }
}

async fn a_try_decides_what_follows(store: &SqlStore) {
    create(store, endpoint("whk_a", user("anna"), 1)).await;
    let id = session(store, 3, user("anna")).await;
    assert_eq!(tell(store, &id, "session.ended", 101).await, 1);
    let delivery_id = log(store, "whk_a").await[0].delivery_id.clone();
    let attempt = async |round: u32, second: i64, outcome: Outcome| {
        store.record_try(&delivery_id, round, tried(second, &outcome), outcome, 0).await.expect("kept")
    };
    let failed = attempt(0, 110, Outcome::of_status(500, None)).await;
    assert_eq!(failed, Some(Step::Again(Duration::from_secs(5))));
    let kept = log(store, "whk_a").await.remove(0);
    assert_eq!((kept.status, kept.next_try_at), (DeliveryStatus::Pending, Some(at(116))), "after the try's own second");
    assert_eq!(load(store, "whk_a").await.failing_since, Some(at(111)));
    attempt(0, 120, Outcome::failed(TryError::Timeout)).await;
    assert_eq!(load(store, "whk_a").await.failing_since, Some(at(111)), "the first failure stays");
    let replayed = store.replay_delivery("whk_a", &delivery_id, at(130)).await.expect("kept").expect("there");
    assert_eq!((replayed.round, replayed.round_tries, replayed.next_try_at), (1, 0, Some(at(130))));
    assert_eq!(attempt(0, 131, Outcome::of_status(200, None)).await, None, "a try of the round before decides nothing");
    assert_eq!(log(store, "whk_a").await[0].status, DeliveryStatus::Pending);
    assert_eq!(attempt(1, 140, Outcome::of_status(204, None)).await, Some(Step::Delivered));
    let [kept] = log(store, "whk_a").await.try_into().expect("one");
    assert_eq!((kept.status, kept.attempts, kept.next_try_at), (DeliveryStatus::Delivered, 4, None));
    let shown: Vec<_> = kept.tries.iter().map(|tried| (tried.http_status, tried.error.as_deref())).collect();
    assert_eq!(
        shown,
        [(Some(500), Some("http_status")), (None, Some("timeout")), (Some(200), None), (Some(204), None)]
    );
    let healthy = load(store, "whk_a").await;
    assert_eq!((healthy.failing_since, healthy.last_success_at), (None, Some(at(141))));
    assert_eq!(store.replay_delivery("whk_other", &delivery_id, at(150)).await, Ok(None), "of another endpoint");
    let only = |status| store.deliveries("whk_a", Some(status), None, 10);
    assert_eq!(only(DeliveryStatus::Delivered).await.expect("read").len(), 1);
    assert_eq!(only(DeliveryStatus::Failed).await.expect("read").len(), 0);
    assert_eq!(store.delete_webhook("whk_a").await, Ok(true));
    assert_eq!(attempt(1, 160, Outcome::of_status(200, None)).await, None, "it is gone");
}

async fn an_endpoint_is_switched_off(store: &SqlStore) {
    create(store, endpoint("whk_a", user("anna"), 1)).await;
    let id = session(store, 4, user("anna")).await;
    for kind in ["session.started", "session.ended"] {
        assert_eq!(tell(store, &id, kind, 101).await, 1);
    }
    let log_ids = log(store, "whk_a").await;
    let attempt = async |at_ms: Timestamp, n: usize, outcome: Outcome| {
        let tried = Try { at: at_ms, ..tried(0, &outcome) };
        store.record_try(&log_ids[n].delivery_id, log_ids[n].round, tried, outcome, 0).await.expect("kept")
    };
    assert_eq!(attempt(at(110), 0, Outcome::of_status(410, None)).await, Some(Step::SwitchOff));
    let off = load(store, "whk_a").await;
    assert_eq!((off.enabled, off.disabled_reason), (false, Some(SwitchedOff::Gone)));
    let statuses: Vec<_> = log(store, "whk_a").await.into_iter().map(|delivery| delivery.status).collect();
    assert!(
        statuses.contains(&DeliveryStatus::Failed) && statuses.contains(&DeliveryStatus::Cancelled),
        "{statuses:?}"
    );
    let on = WebhookChange { enabled: Some(true), ..WebhookChange::default() };
    let on = store.change_webhook("whk_a", on, at(120)).await.expect("changed").expect("there");
    assert_eq!((on.enabled, on.disabled_reason), (true, None));
    // Days later.
    let five_days = at(130).checked_add(SignedDuration::from_hours(5 * 24)).expect("in range");
    for when in [at(130), five_days] {
        assert!(load(store, "whk_a").await.enabled);
        attempt(when, 0, Outcome::failed(TryError::Connect)).await;
    }
    assert_eq!(load(store, "whk_a").await.disabled_reason, Some(SwitchedOff::Failing));
    let test = store.deliver_test("whk_a", at(140)).await.expect("kept").expect("there");
    assert_eq!(
        (test.event_type.as_str(), test.status),
        (TEST_EVENT, DeliveryStatus::Pending),
        "a test goes all the same"
    );
    assert_eq!(store.delete_webhook("whk_a").await, Ok(true));
}

async fn what_was_missed_is_replayed(store: &SqlStore) {
    let id = session(store, 5, user("anna")).await;
    session(store, 6, user("bob")).await;
    create(store, endpoint("whk_a", user("anna"), 500)).await;
    let replay = async |second| {
        let replayed = store.replay_webhook("whk_a", at(second), at(600)).await.expect("kept").expect("there");
        (replayed.queued, replayed.more)
    };
    assert_eq!(replay(101).await, (0, false), "nothing happened since");
    assert!(!replay(100).await.1);
    let told = log(store, "whk_a").await;
    assert!(told.iter().all(|delivery| delivery.data["end_reason"] != "bob"));
    let of_session: Vec<_> =
        told.iter().filter(|delivery| delivery.session_id.as_deref() == Some(id.as_str())).collect();
    assert_eq!(of_session.len(), 2, "started and ended, though the endpoint came later");
    assert_eq!(replay(100).await, (0, false), "they wait already");
    let off = WebhookChange { enabled: Some(false), ..WebhookChange::default() };
    store.change_webhook("whk_a", off, at(610)).await.expect("changed");
    // Jobs of the checks before are still there: nobody runs them here.
    let due_of_these = async |now| {
        let keys = due(store, now).await;
        keys.iter().filter(|key| told.iter().any(|told| key.starts_with(&told.delivery_id))).count()
    };
    assert_eq!(due_of_these(at(700)).await, 0, "what waited is cancelled");
    assert_eq!(replay(100).await.0 as usize, told.len(), "and comes again");
    assert_eq!(due_of_these(at(800)).await, told.len());
    assert_eq!(store.replay_webhook("whk_none", at(0), at(600)).await, Ok(None));
    assert_eq!(store.delete_webhook("whk_a").await, Ok(true));
}

async fn erased_is_erased(store: &SqlStore) {
    create(store, endpoint("whk_a", user("anna"), 1)).await;
    let id = session(store, 7, user("anna")).await;
    assert_eq!(tell(store, &id, "session.ended", 101).await, 1);
    let words = json!({"state": "a whole sentence of somebody", "transcript": ["words"], "receipt_id": "rcp_1"});
    store.record_event(&id, SessionEventKind::Erased, at(102), words).await.expect("kept");
    let erased = id.clone();
    let rows =
        store.write(move |db| Box::pin(async move { erase_webhooks(db, &erased, &user("anna"), at(103)).await }));
    assert_eq!(rows.await, Ok(1));
    assert_eq!(tell(store, &id, "session.erased", 103).await, 0, "told in the erasure's own step");
    let told = log(store, "whk_a").await;
    assert_eq!(told[0].data, json!({"receipt_id": "rcp_1"}), "words are not passed on");
    assert_eq!(told[1].data, json!({}));
    assert_eq!(store.delete_webhook("whk_a").await, Ok(true));
}
