//! What waits and what is kept has an end, by number and by age.

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use viva::{
    domain::{auth::Owner, webhook::Outcome},
    store::{
        Location, SqlStore, Store, conformance,
        webhooks::{Delivery, DeliveryStatus, Try, WebhookChange, WebhookEndpoint},
    },
};

const ID: &str = "whk_bounds";
/// What the store keeps at most: waiting, and over.
const WAITING_MAX: i64 = 10_000;
const KEPT_MAX: i64 = 5_000;

async fn store(directory: &tempfile::TempDir) -> SqlStore {
    let store = SqlStore::open(&Location::Sqlite(directory.path().join("viva.db"))).await.unwrap();
    let endpoint = WebhookEndpoint {
        webhook_id: ID.to_owned(),
        owner: Owner::Local,
        url: "https://hooks.example.com/".to_owned(),
        description: String::new(),
        events: None,
        enabled: true,
        disabled_reason: None,
        secret: None,
        old_secret: None,
        failing_since: None,
        last_success_at: None,
        created_at: conformance::at(0),
        updated_at: conformance::at(0),
    };
    assert_eq!(store.create_webhook(endpoint, 1).await, Ok(true));
    store
}

fn at_ms(ms: i64) -> Timestamp {
    conformance::at(0) + SignedDuration::from_millis(ms)
}

async fn new_delivery(store: &SqlStore, at: Timestamp) -> Delivery {
    store.deliver_test(ID, at).await.unwrap().unwrap()
}

/// All of them, page by page.
async fn count(store: &SqlStore, status: DeliveryStatus) -> i64 {
    let (mut count, mut after) = (0, None);
    loop {
        let page = store.deliveries(ID, Some(status), after.as_ref(), 200).await.unwrap();
        let Some(last) = page.last() else { return count };
        count += i64::try_from(page.len()).unwrap();
        after = Some(viva::store::ListPosition { created_at: last.created_at, id: last.delivery_id.clone() });
    }
}

#[tokio::test]
async fn so_many_wait_and_so_many_are_kept() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(&directory).await;
    for thousand in 0..WAITING_MAX / 1_000 {
        join_all((0..1_000).map(|n| new_delivery(&store, at_ms(thousand * 1_000 + n)))).await;
    }
    assert_eq!(count(&store, DeliveryStatus::Pending).await, WAITING_MAX);
    let surplus = new_delivery(&store, at_ms(20_000)).await;
    assert_eq!(surplus.status, DeliveryStatus::Failed, "it is not lost, and does not wait");
    assert_eq!(surplus.tries[0].error.as_deref(), Some("backlog"));
    let off = WebhookChange { enabled: Some(false), ..WebhookChange::default() };
    store.change_webhook(ID, off, at_ms(30_000)).await.unwrap();
    assert_eq!(count(&store, DeliveryStatus::Cancelled).await, WAITING_MAX);
    new_delivery(&store, at_ms(40_000)).await;
    let kept = count(&store, DeliveryStatus::Cancelled).await + count(&store, DeliveryStatus::Failed).await;
    assert!((KEPT_MAX..=KEPT_MAX + 1).contains(&kept), "{kept} are kept");
    store.close().await;
}

#[tokio::test]
async fn what_is_over_is_forgotten_after_a_month_and_what_waits_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(&directory).await;
    let waiting = new_delivery(&store, at_ms(0)).await;
    let over = new_delivery(&store, at_ms(1)).await;
    let tried = Try { at: at_ms(2), http_status: Some(200), duration_ms: 1, error: None };
    store.record_try(&over.delivery_id, 0, tried, Outcome::of_status(200, None), 0).await.unwrap();
    let month = SignedDuration::from_hours(30 * 24);
    new_delivery(&store, at_ms(0) + month).await;
    assert_eq!(count(&store, DeliveryStatus::Delivered).await, 1, "a month is not over");
    let last = new_delivery(&store, at_ms(2) + month).await;
    let ids: Vec<String> =
        store.deliveries(ID, None, None, 10).await.unwrap().into_iter().map(|delivery| delivery.delivery_id).collect();
    assert!(!ids.contains(&over.delivery_id), "{ids:?}");
    assert!(ids.contains(&waiting.delivery_id) && ids.contains(&last.delivery_id), "{ids:?}");
    store.close().await;
}
