//! What any [`Store`] must do, whatever is behind it. Each check takes an empty store and panics with what is wrong;
//! `tests/it/store.rs` runs all of them over each implementation.

mod client_secrets;
mod desk;
mod interviews;
mod jobs;
pub mod keeping;
mod quality;
mod recordings;
mod rooms;
mod scorecards;
mod second_pass;
mod usage;
mod users;
mod voice;
mod webhooks;

use super::{
    AudioQuality, ClientMessage, Consent, Invite, InviteUse, NewInvite, NewSession, Page, SessionRecord, SqlStore,
    Store, StoreError,
};
use crate::domain::{
    audio::codec::Codec,
    auth::{Owner, Token, TokenHash},
    id::{ItemId, SessionId},
    interview::{Interview, InterviewLimits, Question},
    load::CodecPolicy,
    session::{Change, EndReason, Status},
    transcript::{Item, ItemState, Role},
};
use jiff::Timestamp;

/// A time in the life of these checks: seconds after a fixed day.
pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// An interview of two questions.
pub fn interview() -> Interview {
    let question = |text: &str| Question {
        text: text.to_owned(),
        follow_ups: vec!["Why?".to_owned()],
        short_answer_words: 5,
        patience_ms: 900,
        time_box_ms: 60_000,
        ..Question::default()
    };
    Interview {
        id: "conformance".to_owned(),
        kind: "conformance".to_owned(),
        title: "Conformance".to_owned(),
        description: "Two questions.".to_owned(),
        language: "en".to_owned(),
        persona: "Vera".to_owned(),
        instructions: "Be kind.".to_owned(),
        questions: vec![question("What is your name?"), question("What do you like?")],
        limits: InterviewLimits { max_duration_ms: 600_000, silence_ms: 15_000, cost_usd_max: None },
        candidate_may_read_results: true,
        audio_codec: CodecPolicy::Pcmu,
        ..Interview::default()
    }
}

/// A session with the id number `n`.
pub fn new_session(n: u8) -> NewSession {
    NewSession {
        session_id: SessionId::from_random([n; 16]),
        owner: Owner::User { sub: "anna".to_owned() },
        user_id: Some("candidate-7".to_owned()),
        interview: interview(),
        engine: "builtin".to_owned(),
        token_hash: Token::from_random([n; 32]).hash(),
        consent_required: true,
        consent: None,
        created_at: at(i64::from(n)),
        expires_at: at(i64::from(n) + 900),
    }
}

/// A settled item of the candidate with the number `n`.
pub fn item(n: u32, content: &str) -> Item {
    Item {
        item_id: ItemId::new(format!("item_{n}")),
        role: Role::User,
        content: content.to_owned(),
        generated_content: content.to_owned(),
        start_ms: u64::from(n) * 1_000,
        end_ms: Some(u64::from(n) * 1_000 + 800),
        state: ItemState::Final,
        question: Some(1),
        revision: 3,
        position: n,
    }
}

/// Runs every check; `empty` makes an empty store each time.
pub async fn check_all(empty: impl AsyncFn() -> SqlStore) {
    keeps_a_session(&empty().await).await;
    applies_each_step_once(&empty().await).await;
    keeps_the_newest_revision(&empty().await).await;
    an_ended_session_stays_ended(&empty().await).await;
    refuses_what_is_taken_or_unknown(&empty().await).await;
    lists_by_owner_newest_first(&empty().await).await;
    keeps_consent_and_the_clients_copy(&empty().await).await;
    an_invite_is_used_as_often_as_it_allows(&empty().await).await;
    a_new_server_ends_what_the_old_one_left(&empty().await).await;
    interviews::check(&empty().await).await;
    desk::check(&empty().await).await;
    jobs::check(&empty().await).await;
    recordings::check(&empty().await).await;
    quality::check(&empty().await).await;
    keeping::check(&empty().await).await;
    users::check(&empty().await).await;
    client_secrets::check(&empty().await).await;
    rooms::check(&empty().await).await;
    scorecards::check(&empty().await).await;
    voice::check(&empty().await).await;
    usage::check(&empty().await).await;
    second_pass::check(&empty().await).await;
    webhooks::check(&empty().await).await;
}

async fn load(store: &impl Store, n: u8) -> SessionRecord {
    match store.load_session(&SessionId::from_random([n; 16])).await {
        Ok(Some(record)) => record,
        other => panic!("session {n} can be loaded: {other:?}"),
    }
}

async fn create(store: &impl Store, n: u8) -> SessionId {
    let session = new_session(n);
    let session_id = session.session_id.clone();
    assert_eq!(store.create_session(session).await, Ok(()));
    session_id
}

async fn keeps_a_session(store: &impl Store) {
    let session_id = create(store, 1).await;
    let record = load(store, 1).await;
    let given = new_session(1);
    assert_eq!(record.session_id, session_id);
    assert_eq!(record.owner, given.owner);
    assert_eq!(record.user_id, given.user_id);
    assert_eq!(record.interview, given.interview, "the plan is kept whole");
    assert!(record.token_hash.matches(&Token::from_random([1; 32])));
    assert_eq!((record.status, record.end_reason), (Status::Created, None));
    assert_eq!((record.created_at, record.started_at, record.ended_at), (at(1), None, None));
    assert_eq!(record.expires_at, at(901));
    assert!(record.consent_required && record.consents.is_empty());

    let question =
        |reason| Change::Question { number: 1, status: "asked", reason, follow_ups: vec!["Why?".to_owned()] };
    let first = vec![Change::Started, Change::Status { status: Status::Active, end_reason: None }, question(None)];
    assert_eq!(store.apply(&session_id, 1, at(10), first).await, Ok(()));
    let mut late = item(2, "second");
    late.question = None;
    late.end_ms = None;
    late.state = ItemState::Interim;
    let second = vec![Change::Item(late.clone()), Change::Item(item(1, "first")), Change::Interruptions(2)];
    assert_eq!(store.apply(&session_id, 2, at(20), second).await, Ok(()));
    assert_eq!(store.apply(&session_id, 3, at(30), vec![question(Some("pause")), Change::Started]).await, Ok(()));
    let record = load(store, 1).await;
    assert_eq!(record.status, Status::Active);
    assert_eq!(record.started_at, Some(at(10)), "media starts once");
    assert_eq!(record.items, [item(1, "first"), late], "in the order of the audio clock");
    assert_eq!((record.interruptions, record.sequence), (2, 3));
    let [kept] = record.questions.as_slice() else { panic!("one question is kept: {:?}", record.questions) };
    assert_eq!((kept.number, kept.status.as_str(), kept.reason.as_deref()), (1, "asked", Some("pause")));
    assert_eq!(kept.follow_ups, ["Why?"]);
}

async fn applies_each_step_once(store: &impl Store) {
    let session_id = create(store, 1).await;
    let step = || vec![Change::Item(item(1, "once")), Change::Interruptions(1)];
    for _ in 0..3 {
        assert_eq!(store.apply(&session_id, 1, at(5), step()).await, Ok(()), "again is no error");
    }
    assert_eq!(store.apply(&session_id, 2, at(6), vec![Change::Item(item(2, "two"))]).await, Ok(()));
    assert_eq!(store.apply(&session_id, 1, at(7), step()).await, Ok(()), "late is no error");
    let record = load(store, 1).await;
    assert_eq!(record.items, [item(1, "once"), item(2, "two")]);
    assert_eq!(record.sequence, 2);
}

async fn keeps_the_newest_revision(store: &impl Store) {
    let session_id = create(store, 1).await;
    let mut newer = item(1, "newer words");
    newer.revision = 9;
    assert_eq!(store.apply(&session_id, 1, at(5), vec![Change::Item(newer.clone())]).await, Ok(()));
    assert_eq!(store.apply(&session_id, 2, at(6), vec![Change::Item(item(1, "older words"))]).await, Ok(()));
    assert_eq!(load(store, 1).await.items, [newer]);
}

async fn an_ended_session_stays_ended(store: &impl Store) {
    let session_id = create(store, 1).await;
    let ended = |reason| vec![Change::Status { status: Status::Ended, end_reason: Some(reason) }];
    assert_eq!(store.apply(&session_id, 1, at(50), ended(EndReason::Completed)).await, Ok(()));
    assert_eq!(store.apply(&session_id, 2, at(60), ended(EndReason::Internal)).await, Ok(()));
    let active = vec![Change::Status { status: Status::Active, end_reason: None }];
    assert_eq!(store.apply(&session_id, 3, at(70), active).await, Ok(()));
    let record = load(store, 1).await;
    assert_eq!((record.status, record.end_reason), (Status::Ended, Some(EndReason::Completed)));
    assert_eq!(record.ended_at, Some(at(50)));
    assert_eq!(store.recover(at(80)).await, Ok(Vec::new()), "there is nothing to recover");
}

async fn refuses_what_is_taken_or_unknown(store: &impl Store) {
    let session_id = create(store, 1).await;
    assert_eq!(store.create_session(new_session(1)).await, Err(StoreError::Exists));
    let unknown = SessionId::from_random([9; 16]);
    assert!(matches!(store.load_session(&unknown).await, Ok(None)));
    let change = || vec![Change::Interruptions(1)];
    assert_eq!(store.apply(&unknown, 1, at(1), change()).await, Err(StoreError::Unknown));
    assert_eq!(store.put_client_transcript(&unknown, Vec::new()).await, Err(StoreError::Unknown));
    assert_eq!(store.put_audio_quality(&unknown, AudioQuality::default()).await, Err(StoreError::Unknown));
    let consent = Consent { version: "1".to_owned(), given_by: "candidate".to_owned(), given_at: at(1) };
    assert_eq!(store.record_consent(&unknown, consent).await, Err(StoreError::Unknown));
    // A refused write does no harm to those that share its transaction.
    let (refused, kept) =
        futures_util::join!(store.create_session(new_session(1)), store.apply(&session_id, 1, at(2), change()));
    assert_eq!((refused, kept), (Err(StoreError::Exists), Ok(())));
    assert_eq!(load(store, 1).await.interruptions, 1);
}

async fn lists_by_owner_newest_first(store: &impl Store) {
    for n in 1..=5 {
        let mut session = new_session(n);
        if n == 3 {
            session.owner = Owner::Platform;
        }
        assert_eq!(store.create_session(session).await, Ok(()));
    }
    let anna = Some(Owner::User { sub: "anna".to_owned() });
    let ids = async |owner: Option<Owner>, after: Option<u8>, limit: u32| {
        let after = after.map(|n| SessionId::from_random([n; 16]));
        match store.list_sessions(owner, Page { after, limit }).await {
            Ok(found) => found.into_iter().map(|summary| summary.session_id).collect::<Vec<_>>(),
            Err(error) => panic!("sessions can be listed: {error}"),
        }
    };
    let numbered = |numbers: &[u8]| numbers.iter().map(|&n| SessionId::from_random([n; 16])).collect::<Vec<_>>();
    assert_eq!(ids(anna.clone(), None, 10).await, numbered(&[5, 4, 2, 1]));
    assert_eq!(ids(anna.clone(), None, 2).await, numbered(&[5, 4]));
    assert_eq!(ids(anna, Some(4), 2).await, numbered(&[2, 1]));
    assert_eq!(ids(Some(Owner::Platform), None, 10).await, numbered(&[3]));
    assert_eq!(ids(Some(Owner::User { sub: "bob".to_owned() }), None, 10).await, numbered(&[]));
    assert_eq!(ids(None, None, 10).await, numbered(&[5, 4, 3, 2, 1]));
}

async fn keeps_consent_and_the_clients_copy(store: &impl Store) {
    let mut session = new_session(1);
    let consent = |version: &str, second| Consent {
        version: version.to_owned(),
        given_by: "candidate".to_owned(),
        given_at: at(second),
    };
    session.consent = Some(consent("a", 1));
    let session_id = session.session_id.clone();
    assert_eq!(store.create_session(session).await, Ok(()));
    assert_eq!(store.record_consent(&session_id, consent("b", 2)).await, Ok(()));
    assert_eq!(store.record_consent(&session_id, consent("b", 3)).await, Ok(()), "again is no error");
    let message = |content: &str| ClientMessage {
        role: "user".to_owned(),
        content: content.to_owned(),
        timestamp: serde_json::json!("2026-11-21T10:00:00Z"),
    };
    for content in ["first copy", "second copy"] {
        assert_eq!(store.put_client_transcript(&session_id, vec![message(content)]).await, Ok(()));
    }
    let (loss_ratio, codec) = (Some(0.25), Some(Codec::Pcmu));
    let quality = AudioQuality { loss_ratio, codec, jitter_ms: Some(3.5), ..AudioQuality::default() };
    assert_eq!(store.put_audio_quality(&session_id, quality).await, Ok(()));
    let record = load(store, 1).await;
    assert_eq!(record.consents, [consent("a", 1), consent("b", 2)], "the first record of a version stays");
    assert_eq!(record.client_transcript, Some(vec![message("second copy")]));
    assert_eq!(record.audio_quality, Some(quality));
}

async fn an_invite_is_used_as_often_as_it_allows(store: &impl Store) {
    let code: TokenHash = Token::from_random([77; 32]).hash();
    let invite = || NewInvite {
        invite_id: "inv_1".to_owned(),
        code_hash: code,
        owner: Owner::Platform,
        interview: interview(),
        attempts_limit: 2,
        opens_at: at(10),
        closes_at: at(20),
        created_at: at(0),
    };
    assert_eq!(store.create_invite(invite()).await, Ok(()));
    assert_eq!(store.create_invite(invite()).await, Err(StoreError::Exists));
    let started_at = |n: u8, second: i64| NewSession { created_at: at(second), ..new_session(n) };
    let other = Token::from_random([78; 32]).hash();
    assert_eq!(store.use_invite(other, started_at(1, 15)).await, Ok(InviteUse::NoSuchInvite));
    assert_eq!(store.use_invite(code, started_at(1, 9)).await, Ok(InviteUse::NotOpenYet));
    assert_eq!(store.use_invite(code, started_at(1, 20)).await, Ok(InviteUse::Over));
    assert_eq!(store.use_invite(code, started_at(1, 10)).await, Ok(InviteUse::Started));
    assert_eq!(store.use_invite(code, started_at(1, 10)).await, Err(StoreError::Exists), "and takes no attempt");
    // Two at once for one attempt.
    let (one, two) =
        futures_util::join!(store.use_invite(code, started_at(2, 11)), store.use_invite(code, started_at(3, 11)));
    let outcomes = [one, two];
    assert!(outcomes.contains(&Ok(InviteUse::Started)) && outcomes.contains(&Ok(InviteUse::UsedUp)), "{outcomes:?}");
    let found = match store.find_invite(code).await {
        Ok(Some(invite)) => invite,
        other => panic!("the invite is found: {other:?}"),
    };
    let Invite { attempts_used, attempts_limit, owner, opens_at, closes_at, .. } = found;
    assert_eq!((attempts_used, attempts_limit, owner), (2, 2, Owner::Platform));
    assert_eq!((opens_at, closes_at), (at(10), at(20)));
    assert!(matches!(store.find_invite(other).await, Ok(None)));
    let page = Page { after: None, limit: 10 };
    assert_eq!(store.list_sessions(None, page).await.map(|found| found.len()), Ok(2), "one session for each attempt");
}

async fn a_new_server_ends_what_the_old_one_left(store: &impl Store) {
    let created = create(store, 1).await;
    let live = create(store, 2).await;
    let ended = create(store, 3).await;
    let question = Change::Question { number: 1, status: "asked", reason: None, follow_ups: Vec::new() };
    let step = vec![
        Change::Started,
        Change::Status { status: Status::Active, end_reason: None },
        question,
        Change::Item(item(1, "my answer")),
    ];
    assert_eq!(store.apply(&live, 1, at(5), step).await, Ok(()));
    let over = vec![Change::Status { status: Status::Ended, end_reason: Some(EndReason::Completed) }];
    assert_eq!(store.apply(&ended, 1, at(6), over).await, Ok(()));
    let mut recovered = store.recover(at(99)).await.unwrap_or_default();
    recovered.sort();
    let mut expected = vec![created, live];
    expected.sort();
    assert_eq!(recovered, expected);
    let record = load(store, 2).await;
    assert_eq!((record.status, record.end_reason), (Status::Ended, Some(EndReason::Interrupted)));
    assert_eq!(record.ended_at, Some(at(99)));
    assert_eq!(record.items, [item(1, "my answer")], "what was said is intact");
    assert_eq!(record.questions.first().and_then(|question| question.reason.as_deref()), Some("interrupted"));
    assert_eq!(record.questions.first().map(|question| question.status.as_str()), Some("answered"));
    assert_eq!(load(store, 3).await.end_reason, Some(EndReason::Completed));
    assert_eq!(store.recover(at(100)).await, Ok(Vec::new()), "once is enough");
}
