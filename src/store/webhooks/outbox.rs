//! From events to deliveries.

use super::{
    deliveries::{self, Delivery, DeliveryStatus, Try},
    endpoints::{WebhookEndpoint, endpoint, locked},
};
use crate::{
    domain::{
        auth::Owner,
        id::{SessionId, encode_128_bits},
        webhook::{TEST_EVENT, passed_on},
    },
    random,
    store::{
        SqlStore, StoreError,
        session_events::SessionEventKind,
        sql::{
            column::{column, from_json, number, text, time, to_json},
            refused, unavailable,
        },
    },
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sqlx::{AnyConnection, any::AnyRow, query};

/// Deliveries that may wait for one endpoint. What comes then is kept as failed, and can be replayed.
const WAITING_MAX: u32 = 10_000;
/// Deliveries to one endpoint that are kept when they are over, and for how long.
const KEPT_MAX: u32 = 5_000;
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// An event with what is needed to tell of it.
pub(super) struct Told {
    event_id: String,
    event_type: String,
    session_id: Option<String>,
    interview_id: Option<String>,
    data: Value,
    at: Timestamp,
}

impl SqlStore {
    /// Makes the deliveries of an event, one for each endpoint that wants it; those that are there stay. Says how many
    /// are new.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn fan_out(&self, event_id: &str, now: Timestamp) -> Result<u32, StoreError> {
        let event_id = event_id.to_owned();
        let made = self
            .write(move |db| {
                Box::pin(async move {
                    let Some((event, owner)) = told(db, &event_id).await? else { return Ok(0) };
                    deliver_to_all(db, &event, owner.as_ref(), now).await
                })
            })
            .await?;
        self.jobs_wake().notify_one();
        Ok(made)
    }

    /// Makes a delivery of a test event, whether the endpoint is on or off. `None`: there is none.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn deliver_test(&self, webhook_id: &str, now: Timestamp) -> Result<Option<Delivery>, StoreError> {
        let webhook_id = webhook_id.to_owned();
        let made = self
            .write(move |db| {
                Box::pin(async move {
                    if locked(db, &webhook_id).await?.is_none() {
                        return Ok(None);
                    }
                    prune(db, &webhook_id, now).await?;
                    let event = Told {
                        event_id: format!("evt_test_{}", encode_128_bits(random::bytes())),
                        event_type: TEST_EVENT.to_owned(),
                        session_id: None,
                        interview_id: None,
                        data: json!({}),
                        at: now,
                    };
                    let Some(delivery_id) = keep(db, &event, &webhook_id, now).await? else { return Ok(None) };
                    deliveries::locked_delivery(db, &delivery_id).await
                })
            })
            .await?;
        self.jobs_wake().notify_one();
        Ok(made)
    }
}

/// Erasure of a session, in its transaction and after its event is kept: of what was told only ids stay, and the owner,
/// whom nothing else remembers, is told of it. Says how many deliveries lost something.
pub(in crate::store) async fn erase_webhooks(
    db: &mut AnyConnection,
    session_id: &SessionId,
    owner: &Owner,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let erased = query("UPDATE webhook_deliveries SET data = '{}' WHERE session_id = $1 AND data <> '{}'")
        .bind(session_id.as_str())
        .execute(&mut *db)
        .await
        .map_err(unavailable)?;
    let select = "SELECT event_id FROM session_events WHERE session_id = $1 AND kind = $2";
    let row = query(select)
        .bind(session_id.as_str())
        .bind(SessionEventKind::Erased.as_str())
        .fetch_optional(&mut *db)
        .await
        .map_err(unavailable)?;
    if let Some(row) = row
        && let Some((event, _)) = told(db, &text(&row, "event_id")?).await?
    {
        deliver_to_all(db, &event, Some(owner), now).await?;
    }
    Ok(erased.rows_affected())
}

/// One delivery for each endpoint that wants an event and may hear of this owner's sessions.
async fn deliver_to_all(
    db: &mut AnyConnection,
    event: &Told,
    owner: Option<&Owner>,
    now: Timestamp,
) -> Result<u32, StoreError> {
    let mut made = 0;
    for endpoint in listeners(db, owner).await? {
        if endpoint.wants(&event.event_type) {
            prune(db, &endpoint.webhook_id, now).await?;
            made += u32::from(keep(db, event, &endpoint.webhook_id, now).await?.is_some());
        }
    }
    Ok(made)
}

/// An event, and whose session it is about, while there is one.
async fn told(db: &mut AnyConnection, event_id: &str) -> Result<Option<(Told, Option<Owner>)>, StoreError> {
    let row = query(
        "SELECT e.event_id, e.session_id, e.kind, e.at, e.data, s.owner_kind, s.owner_subject, s.interview \
         FROM session_events e LEFT JOIN sessions s ON s.session_id = e.session_id WHERE e.event_id = $1",
    )
    .bind(event_id)
    .fetch_optional(db)
    .await
    .map_err(unavailable)?;
    let Some(row) = row else { return Ok(None) };
    let event = told_row(&row)?;
    let kind = column::<Option<String>>(&row, "owner_kind")?;
    let subject = column::<Option<String>>(&row, "owner_subject")?.unwrap_or_default();
    let owner = kind.and_then(|kind| Owner::from_stored(&kind, &subject));
    Ok(Some((event, owner)))
}

fn told_row(row: &AnyRow) -> Result<Told, StoreError> {
    let interview: Option<String> = column(row, "interview")?;
    let interview: Option<Value> = interview.map(|json| from_json("interview", &json)).transpose()?;
    Ok(Told {
        event_id: text(row, "event_id")?,
        event_type: text(row, "kind")?,
        session_id: Some(text(row, "session_id")?),
        interview_id: interview.and_then(|interview| Some(interview["id"].as_str()?.to_owned())),
        data: from_json("data", &text(row, "data")?)?,
        at: time(row, "at")?,
    })
}

/// The endpoints that hear of an owner's sessions: the owner's, and those of platforms and of the local developer, who
/// may read every session.
async fn listeners(db: &mut AnyConnection, owner: Option<&Owner>) -> Result<Vec<WebhookEndpoint>, StoreError> {
    let user = match owner {
        Some(Owner::User { sub }) => Some(sub.as_str()),
        _ => None,
    };
    let rows = query(
        "SELECT * FROM webhooks WHERE enabled = 1 AND (owner_kind <> 'user' OR owner_subject = $1) \
         ORDER BY created_at, webhook_id",
    )
    .bind(user)
    .fetch_all(db)
    .await
    .map_err(unavailable)?;
    rows.iter().map(endpoint).collect()
}

/// Events since then that an endpoint wants and has no delivery of, oldest first.
pub(super) async fn missed_since(
    db: &mut AnyConnection,
    endpoint: &WebhookEndpoint,
    since: Timestamp,
    limit: u32,
) -> Result<Vec<Told>, StoreError> {
    let user = match &endpoint.owner {
        Owner::User { sub } => Some(sub.as_str()),
        _ => None,
    };
    let rows = query(
        "SELECT e.event_id, e.session_id, e.kind, e.at, e.data, s.interview FROM session_events e \
         JOIN sessions s ON s.session_id = e.session_id \
         WHERE e.at >= $1 AND ($2 IS NULL OR (s.owner_kind = 'user' AND s.owner_subject = $2)) \
         AND ($3 IS NULL OR $3 LIKE '%\"' || e.kind || '\"%') AND NOT EXISTS \
         (SELECT 1 FROM webhook_deliveries d WHERE d.event_id = e.event_id AND d.webhook_id = $4) \
         ORDER BY e.at, e.event_id LIMIT $5",
    )
    .bind(since.as_millisecond())
    .bind(user)
    .bind(endpoint.events.as_ref().map(to_json).transpose()?)
    .bind(&endpoint.webhook_id)
    .bind(i64::from(limit))
    .fetch_all(db)
    .await
    .map_err(unavailable)?;
    rows.iter().map(told_row).collect()
}

/// Keeps a delivery with its job; its id, if there was none yet.
pub(super) async fn keep(
    db: &mut AnyConnection,
    event: &Told,
    webhook_id: &str,
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    let count = query("SELECT count(*) AS n FROM webhook_deliveries WHERE webhook_id = $1 AND status = 'pending'");
    let row = count.bind(webhook_id).fetch_one(&mut *db).await.map_err(unavailable)?;
    let full = number::<u32>(&row, "n")? >= WAITING_MAX;
    let tries = match full {
        true => vec![Try { at: now, http_status: None, duration_ms: 0, error: Some("backlog".to_owned()) }],
        false => Vec::new(),
    };
    let status = if full { DeliveryStatus::Failed } else { DeliveryStatus::Pending };
    let delivery_id = format!("dlv_{}", encode_128_bits(random::bytes()));
    let inserted = query(
        "INSERT INTO webhook_deliveries (delivery_id, webhook_id, event_id, event_type, session_id, interview_id, \
         data, occurred_at, status, tries, next_try_at, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (event_id, webhook_id) DO NOTHING",
    )
    .bind(&delivery_id)
    .bind(webhook_id)
    .bind(&event.event_id)
    .bind(&event.event_type)
    .bind(event.session_id.as_deref())
    .bind(event.interview_id.as_deref())
    .bind(to_json(&passed_on(&event.data))?)
    .bind(event.at.as_millisecond())
    .bind(status.as_str())
    .bind(to_json(&tries)?)
    .bind((!full).then(|| now.as_millisecond()))
    .bind(now.as_millisecond())
    .execute(&mut *db)
    .await
    .map_err(refused)?;
    if inserted.rows_affected() == 0 {
        return Ok(None);
    }
    if full {
        metrics::counter!("viva_webhook_dropped_total").increment(1);
    } else {
        deliveries::enqueue(db, &delivery_id, 0, now).await?;
    }
    Ok(Some(delivery_id))
}

/// Forgets deliveries that are over and old, or too many.
async fn prune(db: &mut AnyConnection, webhook_id: &str, now: Timestamp) -> Result<(), StoreError> {
    let oldest = now.checked_sub(KEPT_FOR).unwrap_or(Timestamp::MIN);
    query(
        "DELETE FROM webhook_deliveries WHERE webhook_id = $1 AND status <> 'pending' AND (created_at < $2 OR \
         created_at < (SELECT created_at FROM webhook_deliveries WHERE webhook_id = $1 \
         ORDER BY created_at DESC, delivery_id DESC LIMIT 1 OFFSET $3))",
    )
    .bind(webhook_id)
    .bind(oldest.as_millisecond())
    .bind(i64::from(KEPT_MAX))
    .execute(db)
    .await
    .map_err(unavailable)?;
    Ok(())
}
