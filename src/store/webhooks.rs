//! Who is told of sessions, what is to be told, and what came of telling it.
//!
//! An event becomes one delivery for each endpoint that wants it, with a job each, in one transaction. A delivery holds
//! ids; who was interviewed is read when it is sent, so that an erased name is nowhere here.

mod deliveries;
mod endpoints;
mod outbox;

pub use deliveries::{DELIVER_JOB, Delivery, DeliveryStatus, DueDelivery, Replayed, Try};
pub use endpoints::{CONFIGURED_WEBHOOK, SwitchedOff, WebhookChange, WebhookEndpoint};
pub(in crate::store) use outbox::erase_webhooks;
