//! Deliveries: each try of one, what follows from it, and doing it again.

use super::endpoints::{SwitchedOff, WebhookEndpoint, endpoint, locked, switch_off};
use crate::{
    domain::webhook::{FAILING_MAX, Outcome, Step, TEST_EVENT, after_try},
    store::{
        LIST_PAGE_MAX, ListPosition, SqlStore, StoreError,
        jobs::{self, NewJob},
        sql::{
            column::{column, from_json, number, optional_time, text, time, to_json},
            refused, unavailable,
        },
    },
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::{AnyConnection, any::AnyRow, query};

/// The job that makes one delivery. Its key is the delivery and its round; its payload: `{"delivery_id", "round"}`.
pub const DELIVER_JOB: &str = "deliver";
/// Tries that are shown of one delivery.
const TRIES_KEPT: usize = 20;
/// Deliveries that one replay of an endpoint queues.
const REPLAY_MAX: u32 = 500;

/// How far a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryStatus {
    Pending,
    Delivered,
    /// Given up.
    Failed,
    /// Its endpoint was switched off.
    Cancelled,
}

impl DeliveryStatus {
    pub const ALL: [Self; 4] = [Self::Pending, Self::Delivered, Self::Failed, Self::Cancelled];

    /// The public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The status of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }
}

/// One try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Try {
    pub at: Timestamp,
    /// The answer's, if there was one.
    pub http_status: Option<u16>,
    pub duration_ms: u64,
    /// A name of `TryError`; nothing: it was taken.
    pub error: Option<String>,
}

/// An event on its way to one endpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    pub delivery_id: String,
    pub webhook_id: String,
    pub event_id: String,
    pub event_type: String,
    pub session_id: Option<String>,
    pub interview_id: Option<String>,
    pub data: Value,
    pub occurred_at: Timestamp,
    pub status: DeliveryStatus,
    /// Grows with each replay.
    pub round: u32,
    /// Tries of this round.
    pub round_tries: u32,
    pub attempts: u32,
    /// The last ones, oldest first.
    pub tries: Vec<Try>,
    pub next_try_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

/// A delivery with all that a try needs.
#[derive(Clone, Debug)]
pub struct DueDelivery {
    pub delivery: Delivery,
    pub endpoint: WebhookEndpoint,
    /// Who was interviewed; `None` once that is erased.
    pub user_id: Option<String>,
}

/// What a replay queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replayed {
    pub queued: u32,
    /// There is more: replay again.
    pub more: bool,
}

impl SqlStore {
    /// Deliveries to an endpoint, newest first; `status`: only such.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn deliveries(
        &self,
        webhook_id: &str,
        status: Option<DeliveryStatus>,
        after: Option<&ListPosition>,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        let rows = query(
            "SELECT * FROM webhook_deliveries WHERE webhook_id = $1 AND ($2 IS NULL OR status = $2) \
             AND ($3 IS NULL OR created_at < $3 OR (created_at = $3 AND delivery_id < $4)) \
             ORDER BY created_at DESC, delivery_id DESC LIMIT $5",
        )
        .bind(webhook_id)
        .bind(status.map(DeliveryStatus::as_str))
        .bind(after.map(|position| position.created_at.as_millisecond()))
        .bind(after.map(|position| position.id.as_str()))
        .bind(i64::from(limit.min(LIST_PAGE_MAX + 1)))
        .fetch_all(self.readers())
        .await
        .map_err(unavailable)?;
        rows.iter().map(delivery).collect()
    }

    /// A delivery with its endpoint, for a try; `None`: it is gone.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn due_delivery(&self, delivery_id: &str) -> Result<Option<DueDelivery>, StoreError> {
        let select = query("SELECT * FROM webhook_deliveries WHERE delivery_id = $1").bind(delivery_id);
        let Some(row) = select.fetch_optional(self.readers()).await.map_err(unavailable)? else { return Ok(None) };
        let delivery = delivery(&row)?;
        let select = query("SELECT * FROM webhooks WHERE webhook_id = $1").bind(&delivery.webhook_id);
        let Some(row) = select.fetch_optional(self.readers()).await.map_err(unavailable)? else { return Ok(None) };
        let endpoint = endpoint(&row)?;
        let select = query("SELECT user_id FROM sessions WHERE session_id = $1").bind(delivery.session_id.as_deref());
        let row = select.fetch_optional(self.readers()).await.map_err(unavailable)?;
        let user_id = row.map(|row| column::<Option<String>>(&row, "user_id")).transpose()?.flatten();
        Ok(Some(DueDelivery { delivery, endpoint, user_id }))
    }

    /// Keeps a try of a round, with what follows from it for the delivery and its endpoint. `None`: nothing, because it
    /// is gone or was replayed meanwhile.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn record_try(
        &self,
        delivery_id: &str,
        round: u32,
        tried: Try,
        outcome: Outcome,
        seed: u64,
    ) -> Result<Option<Step>, StoreError> {
        let delivery_id = delivery_id.to_owned();
        self.write(move |db| {
            Box::pin(async move {
                let Some(mut delivery) = locked_delivery(db, &delivery_id).await? else { return Ok(None) };
                let ended_at = later(tried.at, std::time::Duration::from_millis(tried.duration_ms));
                let is_test = delivery.event_type == TEST_EVENT;
                let step = after_try(&outcome, delivery.round_tries.saturating_add(1), is_test, seed);
                delivery.tries.push(tried);
                let surplus = delivery.tries.len().saturating_sub(TRIES_KEPT);
                delivery.tries.drain(..surplus);
                judge_endpoint(db, &delivery, step, ended_at).await?;
                if delivery.round != round {
                    log(db, &delivery).await?;
                    return Ok(None);
                }
                settle(db, &delivery, step, ended_at).await?;
                Ok(Some(step))
            })
        })
        .await
    }

    /// Makes a delivery again, as if it had never been tried; `None`: the endpoint has no such delivery.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn replay_delivery(
        &self,
        webhook_id: &str,
        delivery_id: &str,
        now: Timestamp,
    ) -> Result<Option<Delivery>, StoreError> {
        let (webhook_id, delivery_id) = (webhook_id.to_owned(), delivery_id.to_owned());
        let replayed = self
            .write(move |db| {
                Box::pin(async move {
                    let found = locked_delivery(db, &delivery_id).await?;
                    if found.is_none_or(|delivery| delivery.webhook_id != webhook_id) {
                        return Ok(None);
                    }
                    again(db, &delivery_id, now).await?;
                    locked_delivery(db, &delivery_id).await
                })
            })
            .await?;
        self.jobs_wake().notify_one();
        Ok(replayed)
    }

    /// Queues what an endpoint did not get since then: deliveries that failed or were cancelled, and events that it
    /// missed because it was off or not there. `None`: there is no such endpoint.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn replay_webhook(
        &self,
        webhook_id: &str,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Replayed>, StoreError> {
        let webhook_id = webhook_id.to_owned();
        let replayed = self
            .write(move |db| {
                Box::pin(async move {
                    let Some(endpoint) = locked(db, &webhook_id).await? else { return Ok(None) };
                    let failed = failed_since(db, &webhook_id, since).await?;
                    for delivery_id in failed.iter().take(REPLAY_MAX as usize) {
                        again(db, delivery_id, now).await?;
                    }
                    let room = REPLAY_MAX.saturating_sub(u32::try_from(failed.len()).unwrap_or(u32::MAX));
                    let missed = super::outbox::missed_since(db, &endpoint, since, room + 1).await?;
                    let mut queued = u32::try_from(failed.len()).unwrap_or(u32::MAX).min(REPLAY_MAX);
                    for event in missed.iter().take(room as usize) {
                        queued += u32::from(super::outbox::keep(db, event, &webhook_id, now).await?.is_some());
                    }
                    let more = failed.len() > REPLAY_MAX as usize || missed.len() > room as usize;
                    Ok(Some(Replayed { queued, more }))
                })
            })
            .await?;
        self.jobs_wake().notify_one();
        Ok(replayed)
    }
}

async fn failed_since(db: &mut AnyConnection, webhook_id: &str, since: Timestamp) -> Result<Vec<String>, StoreError> {
    let rows = query(
        "SELECT delivery_id FROM webhook_deliveries WHERE webhook_id = $1 AND status IN ('failed', 'cancelled') \
         AND occurred_at >= $2 AND event_type <> $3 ORDER BY occurred_at, delivery_id LIMIT $4",
    )
    .bind(webhook_id)
    .bind(since.as_millisecond())
    .bind(TEST_EVENT)
    .bind(i64::from(REPLAY_MAX + 1))
    .fetch_all(db)
    .await
    .map_err(unavailable)?;
    rows.iter().map(|row| text(row, "delivery_id")).collect()
}

/// A delivery waits again, from the beginning, with a job that is due now.
async fn again(db: &mut AnyConnection, delivery_id: &str, now: Timestamp) -> Result<(), StoreError> {
    let update = "UPDATE webhook_deliveries SET status = 'pending', round = round + 1, round_tries = 0, \
                  next_try_at = $1 WHERE delivery_id = $2 RETURNING round";
    let row =
        query(update).bind(now.as_millisecond()).bind(delivery_id).fetch_one(&mut *db).await.map_err(unavailable)?;
    enqueue(db, delivery_id, number(&row, "round")?, now).await
}

/// The job of a delivery. It names no session: erasing one does not take back what its owner is told.
pub(super) async fn enqueue(
    db: &mut AnyConnection,
    delivery_id: &str,
    round: u32,
    now: Timestamp,
) -> Result<(), StoreError> {
    let job = NewJob {
        kind: DELIVER_JOB,
        key: format!("{delivery_id}:{round}"),
        session_id: None,
        payload: json!({"delivery_id": delivery_id, "round": round}),
        run_at: now,
    };
    jobs::enqueue(db, &job, now).await
}

/// What waits for an endpoint is not delivered any more.
pub(super) async fn cancel_waiting(db: &mut AnyConnection, webhook_id: &str) -> Result<(), StoreError> {
    query(
        "DELETE FROM jobs WHERE kind = $1 AND key IN \
         (SELECT delivery_id || ':' || CAST(round AS TEXT) FROM webhook_deliveries \
         WHERE webhook_id = $2 AND status = 'pending')",
    )
    .bind(DELIVER_JOB)
    .bind(webhook_id)
    .execute(&mut *db)
    .await
    .map_err(unavailable)?;
    query(
        "UPDATE webhook_deliveries SET status = 'cancelled', next_try_at = NULL \
         WHERE webhook_id = $1 AND status = 'pending'",
    )
    .bind(webhook_id)
    .execute(db)
    .await
    .map_err(unavailable)?;
    Ok(())
}

/// A try of an earlier round is shown, and changes nothing else.
async fn log(db: &mut AnyConnection, delivery: &Delivery) -> Result<(), StoreError> {
    query("UPDATE webhook_deliveries SET tries = $1, attempts = attempts + 1 WHERE delivery_id = $2")
        .bind(to_json(&delivery.tries)?)
        .bind(&delivery.delivery_id)
        .execute(db)
        .await
        .map_err(unavailable)?;
    Ok(())
}

/// What a try made of its delivery.
async fn settle(
    db: &mut AnyConnection,
    delivery: &Delivery,
    step: Step,
    ended_at: Timestamp,
) -> Result<(), StoreError> {
    // Switched off during the try: a success counts all the same, another try does not follow.
    let cancelled = delivery.status == DeliveryStatus::Cancelled;
    let (status, next) = match step {
        Step::Delivered => (DeliveryStatus::Delivered, None),
        Step::Again(_) if cancelled => (DeliveryStatus::Cancelled, None),
        Step::Again(wait) => (DeliveryStatus::Pending, Some(later(ended_at, wait))),
        Step::GiveUp | Step::SwitchOff => (DeliveryStatus::Failed, None),
    };
    query(
        "UPDATE webhook_deliveries SET status = $1, next_try_at = $2, tries = $3, attempts = attempts + 1, \
         round_tries = round_tries + 1 WHERE delivery_id = $4",
    )
    .bind(status.as_str())
    .bind(next.map(Timestamp::as_millisecond))
    .bind(to_json(&delivery.tries)?)
    .bind(&delivery.delivery_id)
    .execute(db)
    .await
    .map_err(refused)?;
    Ok(())
}

/// What a try says of the endpoint. A test says only that it works, or wants nothing.
async fn judge_endpoint(
    db: &mut AnyConnection,
    delivery: &Delivery,
    step: Step,
    at: Timestamp,
) -> Result<(), StoreError> {
    let webhook_id = &delivery.webhook_id;
    match step {
        Step::Delivered => {
            query("UPDATE webhooks SET failing_since = NULL, last_success_at = $1 WHERE webhook_id = $2")
                .bind(at.as_millisecond())
                .bind(webhook_id)
                .execute(db)
                .await
                .map_err(unavailable)?;
        }
        Step::SwitchOff => switch_off(db, webhook_id, SwitchedOff::Gone, at).await?,
        Step::Again(_) | Step::GiveUp if delivery.event_type == TEST_EVENT => {}
        Step::Again(_) | Step::GiveUp => {
            let row = query(
                "UPDATE webhooks SET failing_since = coalesce(failing_since, $1) WHERE webhook_id = $2 \
                 RETURNING failing_since, enabled",
            )
            .bind(at.as_millisecond())
            .bind(webhook_id)
            .fetch_optional(&mut *db)
            .await
            .map_err(unavailable)?;
            let since = row.map(|row| optional_time(&row, "failing_since")).transpose()?.flatten();
            let failing = since.map(|since| at.duration_since(since)).unwrap_or_default();
            if failing >= SignedDuration::try_from(FAILING_MAX).unwrap_or(SignedDuration::MAX) {
                switch_off(db, webhook_id, SwitchedOff::Failing, at).await?;
            }
        }
    }
    Ok(())
}

pub(super) async fn locked_delivery(db: &mut AnyConnection, delivery_id: &str) -> Result<Option<Delivery>, StoreError> {
    let select = query("SELECT * FROM webhook_deliveries WHERE delivery_id = $1").bind(delivery_id);
    select.fetch_optional(db).await.map_err(unavailable)?.as_ref().map(delivery).transpose()
}

fn later(at: Timestamp, wait: std::time::Duration) -> Timestamp {
    SignedDuration::try_from(wait).ok().and_then(|wait| at.checked_add(wait).ok()).unwrap_or(Timestamp::MAX)
}

fn delivery(row: &AnyRow) -> Result<Delivery, StoreError> {
    let optional_text = |name: &'static str| column::<Option<String>>(row, name);
    Ok(Delivery {
        delivery_id: text(row, "delivery_id")?,
        webhook_id: text(row, "webhook_id")?,
        event_id: text(row, "event_id")?,
        event_type: text(row, "event_type")?,
        session_id: optional_text("session_id")?,
        interview_id: optional_text("interview_id")?,
        data: from_json("data", &text(row, "data")?)?,
        occurred_at: time(row, "occurred_at")?,
        status: DeliveryStatus::named(&text(row, "status")?).ok_or(StoreError::Damaged("status"))?,
        round: number(row, "round")?,
        round_tries: number(row, "round_tries")?,
        attempts: number(row, "attempts")?,
        tries: from_json("tries", &text(row, "tries")?)?,
        next_try_at: optional_time(row, "next_try_at")?,
        created_at: time(row, "created_at")?,
    })
}
