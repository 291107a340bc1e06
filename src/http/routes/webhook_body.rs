//! Webhooks as they are sent and answered, as the API's description shows them.

use crate::{
    domain::{
        auth::Owner,
        webhook::{EVENT_TYPES, TEST_EVENT, message_id},
    },
    http::error::{ApiError, ApiResult},
    store::webhooks::{CONFIGURED_WEBHOOK, Delivery, SwitchedOff, Try, WebhookEndpoint},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Characters of a description.
const DESCRIPTION_CHARS_MAX: usize = 256;

/// An endpoint, or the part of one that is to change.
#[derive(Deserialize, ToSchema)]
pub struct WebhookBody {
    /// `https`, port 443 or 8443, at a public address; the operator may allow inner ones. Needed to make one.
    #[schema(max_length = 2048, example = "https://hooks.example.com/viva")]
    pub url: Option<String>,
    #[schema(max_length = 256, example = "The applicant tracking system")]
    pub description: Option<String>,
    /// What it hears of; all when left out or empty.
    #[schema(max_items = 7, example = json!(["session.ended", "results.ready"]))]
    pub events: Option<Vec<String>>,
    /// Off: it hears of nothing, and what waits is cancelled. On again, it begins anew.
    #[schema(example = true)]
    pub enabled: Option<bool>,
}

/// Since when to replay.
#[derive(Deserialize, ToSchema)]
pub struct ReplayBody {
    /// What happened before is left alone.
    #[schema(value_type = String, format = DateTime, example = "2026-11-21T00:00:00Z")]
    pub since: Timestamp,
}

/// An endpoint.
#[derive(Serialize, ToSchema)]
pub struct WebhookView {
    #[schema(example = "whk_aaaaaaaaaaaaaaaaaaaaaaaaaa")]
    pub webhook_id: String,
    /// The user whose sessions it hears of; null: a platform's, which hears of all.
    pub owner_id: Option<String>,
    #[schema(example = "https://hooks.example.com/viva")]
    pub url: String,
    pub description: String,
    /// What it hears of; empty: all.
    pub events: Vec<String>,
    pub enabled: bool,
    /// Why Viva switched it off: `gone` (it answered 410) or `failing` (it took nothing for 5 days).
    #[schema(example = json!(null))]
    pub disabled_reason: Option<&'static str>,
    /// The same, with what to do about it.
    #[schema(example = json!(null))]
    pub notice: Option<String>,
    /// It stands in the configuration, and is changed there.
    pub configured: bool,
    /// Until when the secret before the last rotation signs, too.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub old_secret_until: Option<Timestamp>,
    /// The first failure since the last success.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub failing_since: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_success_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

/// An endpoint with its new secret.
#[derive(Serialize, ToSchema)]
pub struct WebhookWithSecret {
    #[serde(flatten)]
    pub webhook: WebhookView,
    /// Signs every delivery (Standard Webhooks); shown this once.
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=")]
    pub secret: String,
}

/// A page of endpoints.
#[derive(Serialize, ToSchema)]
pub struct WebhookList {
    pub webhooks: Vec<WebhookView>,
    /// For the query of the next page; null on the last one.
    pub next_cursor: Option<String>,
}

/// An event on its way to one endpoint.
#[derive(Serialize, ToSchema)]
pub struct DeliveryView {
    #[schema(example = "dlv_aaaaaaaaaaaaaaaaaaaaaaaaaa")]
    pub delivery_id: String,
    /// The `webhook-id` header: the same on every try, and after a replay.
    #[schema(example = "msg_aaaaaaaaaaaaaaaaaaaaaaaaaa")]
    pub message_id: String,
    #[schema(example = "session.ended")]
    pub event_type: String,
    pub session_id: Option<String>,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    pub occurred_at: Timestamp,
    /// `pending`, `delivered`, `failed` (given up) or `cancelled` (the endpoint was switched off).
    #[schema(example = "delivered")]
    pub status: &'static str,
    /// Tries, replays included.
    pub attempts: u32,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_try_at: Option<Timestamp>,
    /// The last tries, oldest first.
    pub tries: Vec<TryView>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

/// One try. What the endpoint answered beyond its status is not kept.
#[derive(Serialize, ToSchema)]
pub struct TryView {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub http_status: Option<u16>,
    pub duration_ms: u64,
    /// Null: it was taken. Else `dns`, `forbidden_address`, `connect`, `tls`, `timeout`, `closed`, `redirect`,
    /// `http_status`, `gone`, `unsigned` or `backlog`.
    #[schema(example = json!(null))]
    pub error: Option<String>,
}

/// A page of deliveries.
#[derive(Serialize, ToSchema)]
pub struct DeliveryList {
    pub deliveries: Vec<DeliveryView>,
    /// For the query of the next page; null on the last one.
    pub next_cursor: Option<String>,
}

/// What a replay queued.
#[derive(Serialize, ToSchema)]
pub struct ReplayView {
    #[schema(example = 3)]
    pub queued: u32,
    /// There is more: replay again.
    pub more: bool,
}

impl WebhookBody {
    /// The description, if it is not too long.
    ///
    /// # Errors
    /// The bad field.
    pub fn description(&self) -> ApiResult<Option<String>> {
        match &self.description {
            Some(text) if text.chars().count() > DESCRIPTION_CHARS_MAX => {
                Err(ApiError::field("/description", format!("must have at most {DESCRIPTION_CHARS_MAX} characters")))
            }
            text => Ok(text.clone()),
        }
    }

    /// The filter; `Some(None)`: none.
    ///
    /// # Errors
    /// The bad field.
    pub fn events(&self) -> ApiResult<Option<Option<Vec<String>>>> {
        let Some(given) = &self.events else { return Ok(None) };
        for (at, name) in given.iter().enumerate() {
            if name == TEST_EVENT {
                return Err(ApiError::field(&format!("/events/{at}"), "is sent on demand alone, to every endpoint"));
            }
            if !EVENT_TYPES.contains(&name.as_str()) {
                let known = EVENT_TYPES.join(", ");
                return Err(ApiError::field(&format!("/events/{at}"), format!("must be one of {known}")));
            }
        }
        // In our order, each once.
        let known = EVENT_TYPES.iter().filter(|name| given.iter().any(|given| given == *name));
        let events: Vec<String> = known.map(|name| (*name).to_owned()).collect();
        Ok(Some((!events.is_empty()).then_some(events)))
    }
}

impl WebhookView {
    /// As it is at `now`.
    pub fn of(endpoint: WebhookEndpoint, now: Timestamp) -> Self {
        let notice = endpoint.disabled_reason.map(|reason| match reason {
            SwitchedOff::Gone => "It answered 410 Gone and was switched off. Switch it on when it wants to hear again.",
            SwitchedOff::Failing => {
                "It took nothing for 5 days and was switched off. When it works again, switch it on and replay."
            }
        });
        let owner_id = match endpoint.owner {
            Owner::User { sub } => Some(sub),
            Owner::Local | Owner::Platform | Owner::Public => None,
        };
        Self {
            configured: endpoint.webhook_id == CONFIGURED_WEBHOOK,
            webhook_id: endpoint.webhook_id,
            owner_id,
            url: endpoint.url,
            description: endpoint.description,
            events: endpoint.events.unwrap_or_default(),
            enabled: endpoint.enabled,
            disabled_reason: endpoint.disabled_reason.map(SwitchedOff::as_str),
            notice: notice.map(str::to_owned),
            old_secret_until: endpoint.old_secret.map(|(_, until)| until).filter(|until| *until > now),
            failing_since: endpoint.failing_since,
            last_success_at: endpoint.last_success_at,
            created_at: endpoint.created_at,
            updated_at: endpoint.updated_at,
        }
    }
}

impl From<Delivery> for DeliveryView {
    fn from(delivery: Delivery) -> Self {
        Self {
            message_id: message_id(&delivery.event_id),
            delivery_id: delivery.delivery_id,
            event_type: delivery.event_type,
            session_id: delivery.session_id,
            occurred_at: delivery.occurred_at,
            status: delivery.status.as_str(),
            attempts: delivery.attempts,
            next_try_at: delivery.next_try_at,
            tries: delivery.tries.into_iter().map(TryView::from).collect(),
            created_at: delivery.created_at,
        }
    }
}

impl From<Try> for TryView {
    fn from(tried: Try) -> Self {
        let Try { at, http_status, duration_ms, error } = tried;
        Self { at, http_status, duration_ms, error }
    }
}
