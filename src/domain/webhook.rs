//! Webhooks: where they may go, what they say, when they are tried again. Standard Webhooks, as far as it is pure.

mod message;
mod schedule;
mod target;

pub use message::{
    Message, SECRET_BYTES_MAX, SECRET_BYTES_MIN, SecretError, message_id, passed_on, secret_key, secret_text,
};
pub use schedule::{FAILING_MAX, Outcome, RETRY_AFTER_MAX, ROTATION, Step, TRIES_MAX, TryError, after_try, wait_after};
pub use target::{Egress, Host, Refusal, Scheme, Target, TargetError, URL_BYTES_MAX};

/// What an endpoint may hear of; without a filter it hears of all of them.
pub const EVENT_TYPES: [&str; 7] = [
    "session.started",
    "session.interrupted",
    "session.ended",
    "transcript.ready",
    "recording.ready",
    "results.ready",
    "session.erased",
];

/// The event that is sent on demand, whatever the filter says.
pub const TEST_EVENT: &str = "webhook.test";
