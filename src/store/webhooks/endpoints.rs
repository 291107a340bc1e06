//! Endpoints: made, changed, switched off, forgotten.

use super::deliveries::cancel_waiting;
use crate::{
    domain::auth::Owner,
    store::{
        LIST_PAGE_MAX, ListPosition, SqlStore, StoreError,
        interviews::owner,
        sql::{
            column::{column, flag, from_json, number, optional_time, text, time, to_json},
            refused, unavailable,
        },
    },
};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sqlx::{AnyConnection, any::AnyRow, query};

/// The endpoint of the configuration.
pub const CONFIGURED_WEBHOOK: &str = "whk_configured";

/// Why an endpoint was switched off by us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SwitchedOff {
    /// It answered 410.
    Gone,
    /// It took nothing for days.
    Failing,
}

impl SwitchedOff {
    /// The public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Failing => "failing",
        }
    }

    fn from_stored(text: &str) -> Option<Self> {
        [Self::Gone, Self::Failing].into_iter().find(|reason| reason.as_str() == text)
    }
}

/// An endpoint as it is kept.
#[derive(Clone, Debug)]
pub struct WebhookEndpoint {
    pub webhook_id: String,
    pub owner: Owner,
    pub url: String,
    pub description: String,
    /// `None`: all.
    pub events: Option<Vec<String>>,
    pub enabled: bool,
    pub disabled_reason: Option<SwitchedOff>,
    /// `whsec_…`. `None`: the configuration has it.
    pub secret: Option<SecretString>,
    /// Signs beside the new one until then.
    pub old_secret: Option<(SecretString, Timestamp)>,
    /// The first failure since the last success.
    pub failing_since: Option<Timestamp>,
    pub last_success_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl WebhookEndpoint {
    /// Whether it hears of an event of this type, while it is on.
    pub fn wants(&self, event_type: &str) -> bool {
        self.events.as_ref().is_none_or(|events| events.iter().any(|event| event == event_type))
    }

    /// Whether its owner runs this server, or develops on it.
    pub const fn is_operators(&self) -> bool {
        !matches!(self.owner, Owner::User { .. })
    }
}

/// What is to be changed of an endpoint; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct WebhookChange {
    pub url: Option<String>,
    pub description: Option<String>,
    /// `Some(None)`: all.
    pub events: Option<Option<Vec<String>>>,
    pub enabled: Option<bool>,
}

impl SqlStore {
    /// Keeps a new endpoint, unless its owner has `owner_max` already; whether it did.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn create_webhook(&self, endpoint: WebhookEndpoint, owner_max: u32) -> Result<bool, StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                let count = "SELECT count(*) AS n FROM webhooks WHERE owner_kind = $1 AND owner_subject = $2 \
                             AND webhook_id <> $3";
                let row = query(count)
                    .bind(endpoint.owner.kind())
                    .bind(endpoint.owner.subject())
                    .bind(CONFIGURED_WEBHOOK)
                    .fetch_one(&mut *db)
                    .await
                    .map_err(unavailable)?;
                if number::<u32>(&row, "n")? >= owner_max {
                    return Ok(false);
                }
                insert(db, &endpoint).await?;
                Ok(true)
            })
        })
        .await
    }

    /// The endpoint with this id, whoever owns it.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn webhook(&self, webhook_id: &str) -> Result<Option<WebhookEndpoint>, StoreError> {
        let row = query("SELECT * FROM webhooks WHERE webhook_id = $1")
            .bind(webhook_id)
            .fetch_optional(self.readers())
            .await
            .map_err(unavailable)?;
        row.as_ref().map(endpoint).transpose()
    }

    /// Endpoints of an owner (`None`: of all), newest first.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn list_webhooks(
        &self,
        owner: Option<&Owner>,
        after: Option<&ListPosition>,
        limit: u32,
    ) -> Result<Vec<WebhookEndpoint>, StoreError> {
        let rows = query(
            "SELECT * FROM webhooks WHERE ($1 IS NULL OR (owner_kind = $1 AND owner_subject = $2)) \
             AND ($3 IS NULL OR created_at < $3 OR (created_at = $3 AND webhook_id < $4)) \
             ORDER BY created_at DESC, webhook_id DESC LIMIT $5",
        )
        .bind(owner.map(Owner::kind))
        .bind(owner.map(Owner::subject))
        .bind(after.map(|position| position.created_at.as_millisecond()))
        .bind(after.map(|position| position.id.as_str()))
        .bind(i64::from(limit.min(LIST_PAGE_MAX + 1)))
        .fetch_all(self.readers())
        .await
        .map_err(unavailable)?;
        rows.iter().map(endpoint).collect()
    }

    /// Changes an endpoint and returns it; `None`: there is none. Switched on, it begins anew; switched off, what waits
    /// for it is cancelled.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn change_webhook(
        &self,
        webhook_id: &str,
        change: WebhookChange,
        now: Timestamp,
    ) -> Result<Option<WebhookEndpoint>, StoreError> {
        let webhook_id = webhook_id.to_owned();
        self.write(move |db| {
            Box::pin(async move {
                let Some(mut endpoint) = locked(db, &webhook_id).await? else { return Ok(None) };
                apply(&mut endpoint, change);
                endpoint.updated_at = now;
                query(
                    "UPDATE webhooks SET url = $1, description = $2, events = $3, enabled = $4, \
                     disabled_reason = $5, failing_since = $6, updated_at = $7 WHERE webhook_id = $8",
                )
                .bind(&endpoint.url)
                .bind(&endpoint.description)
                .bind(endpoint.events.as_ref().map(to_json).transpose()?)
                .bind(i64::from(endpoint.enabled))
                .bind(endpoint.disabled_reason.map(SwitchedOff::as_str))
                .bind(endpoint.failing_since.map(Timestamp::as_millisecond))
                .bind(now.as_millisecond())
                .bind(&webhook_id)
                .execute(&mut *db)
                .await
                .map_err(unavailable)?;
                if !endpoint.enabled {
                    cancel_waiting(db, &webhook_id).await?;
                }
                Ok(Some(endpoint))
            })
        })
        .await
    }

    /// Forgets an endpoint and everything that was or is to be delivered to it; whether there was one.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn delete_webhook(&self, webhook_id: &str) -> Result<bool, StoreError> {
        let webhook_id = webhook_id.to_owned();
        self.write(move |db| Box::pin(async move { delete(db, &webhook_id).await })).await
    }

    /// Gives an endpoint a new secret; the one before signs beside it until `until`. `None`: there is none.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn rotate_webhook(
        &self,
        webhook_id: &str,
        secret: SecretString,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Option<WebhookEndpoint>, StoreError> {
        let webhook_id = webhook_id.to_owned();
        self.write(move |db| {
            Box::pin(async move {
                query(
                    "UPDATE webhooks SET old_secret = secret, old_secret_until = $1, secret = $2, updated_at = $3 \
                     WHERE webhook_id = $4 AND secret IS NOT NULL",
                )
                .bind(until.as_millisecond())
                .bind(secret.expose_secret())
                .bind(now.as_millisecond())
                .bind(&webhook_id)
                .execute(&mut *db)
                .await
                .map_err(unavailable)?;
                locked(db, &webhook_id).await
            })
        })
        .await
    }

    /// The endpoint of the configuration is this one, on again whatever happened before; `None`: there is none.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn configure_webhook(&self, url: Option<String>, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                let Some(url) = url else { return delete(db, CONFIGURED_WEBHOOK).await.map(|_| ()) };
                if locked(db, CONFIGURED_WEBHOOK).await?.is_none() {
                    return insert(db, &configured(url, now)).await;
                }
                query(
                    "UPDATE webhooks SET url = $1, enabled = 1, disabled_reason = NULL, failing_since = NULL, \
                     updated_at = $2 WHERE webhook_id = $3",
                )
                .bind(url)
                .bind(now.as_millisecond())
                .bind(CONFIGURED_WEBHOOK)
                .execute(db)
                .await
                .map_err(unavailable)?;
                Ok(())
            })
        })
        .await
    }
}

fn configured(url: String, now: Timestamp) -> WebhookEndpoint {
    WebhookEndpoint {
        webhook_id: CONFIGURED_WEBHOOK.to_owned(),
        owner: Owner::Platform,
        url,
        description: "VIVA_WEBHOOK_URL".to_owned(),
        events: None,
        enabled: true,
        disabled_reason: None,
        secret: None,
        old_secret: None,
        failing_since: None,
        last_success_at: None,
        created_at: now,
        updated_at: now,
    }
}

fn apply(endpoint: &mut WebhookEndpoint, change: WebhookChange) {
    change.url.into_iter().for_each(|url| endpoint.url = url);
    change.description.into_iter().for_each(|text| endpoint.description = text);
    change.events.into_iter().for_each(|events| endpoint.events = events);
    if let Some(enabled) = change.enabled {
        if enabled && !endpoint.enabled {
            endpoint.disabled_reason = None;
            endpoint.failing_since = None;
        }
        endpoint.enabled = enabled;
    }
}

async fn insert(db: &mut AnyConnection, endpoint: &WebhookEndpoint) -> Result<(), StoreError> {
    query(
        "INSERT INTO webhooks (webhook_id, owner_kind, owner_subject, url, description, events, enabled, secret, \
         created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
    )
    .bind(&endpoint.webhook_id)
    .bind(endpoint.owner.kind())
    .bind(endpoint.owner.subject())
    .bind(&endpoint.url)
    .bind(&endpoint.description)
    .bind(endpoint.events.as_ref().map(to_json).transpose()?)
    .bind(i64::from(endpoint.enabled))
    .bind(endpoint.secret.as_ref().map(|secret| secret.expose_secret().to_owned()))
    .bind(endpoint.created_at.as_millisecond())
    .execute(db)
    .await
    .map_err(refused)?;
    Ok(())
}

async fn delete(db: &mut AnyConnection, webhook_id: &str) -> Result<bool, StoreError> {
    cancel_waiting(db, webhook_id).await?;
    let deliveries = query("DELETE FROM webhook_deliveries WHERE webhook_id = $1").bind(webhook_id);
    deliveries.execute(&mut *db).await.map_err(unavailable)?;
    let endpoint = query("DELETE FROM webhooks WHERE webhook_id = $1").bind(webhook_id);
    Ok(endpoint.execute(db).await.map_err(unavailable)?.rows_affected() > 0)
}

/// The endpoint as the writing task sees it: nobody else changes it meanwhile.
pub(super) async fn locked(db: &mut AnyConnection, webhook_id: &str) -> Result<Option<WebhookEndpoint>, StoreError> {
    let select = query("SELECT * FROM webhooks WHERE webhook_id = $1").bind(webhook_id);
    select.fetch_optional(db).await.map_err(unavailable)?.as_ref().map(endpoint).transpose()
}

/// Switches an endpoint off for a reason of ours, and cancels what waits for it.
pub(super) async fn switch_off(
    db: &mut AnyConnection,
    webhook_id: &str,
    reason: SwitchedOff,
    now: Timestamp,
) -> Result<(), StoreError> {
    query("UPDATE webhooks SET enabled = 0, disabled_reason = $1, updated_at = $2 WHERE webhook_id = $3")
        .bind(reason.as_str())
        .bind(now.as_millisecond())
        .bind(webhook_id)
        .execute(&mut *db)
        .await
        .map_err(unavailable)?;
    cancel_waiting(db, webhook_id).await
}

pub(super) fn endpoint(row: &AnyRow) -> Result<WebhookEndpoint, StoreError> {
    let optional_text = |name: &'static str| column::<Option<String>>(row, name);
    let old_secret = optional_text("old_secret")?.map(SecretString::from);
    let reason = optional_text("disabled_reason")?;
    Ok(WebhookEndpoint {
        webhook_id: text(row, "webhook_id")?,
        owner: owner(row)?,
        url: text(row, "url")?,
        description: text(row, "description")?,
        events: optional_text("events")?.map(|json| from_json("events", &json)).transpose()?,
        enabled: flag(row, "enabled")?,
        disabled_reason: reason.as_deref().and_then(SwitchedOff::from_stored),
        secret: optional_text("secret")?.map(SecretString::from),
        old_secret: old_secret.zip(optional_time(row, "old_secret_until")?),
        failing_since: optional_time(row, "failing_since")?,
        last_success_at: optional_time(row, "last_success_at")?,
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
    })
}
