//! Handlers, one file per resource.

pub mod catalogue;
mod catalogue_body;
pub mod desk;
pub mod docs;
pub mod erasure;
pub mod events;
pub mod exports;
pub mod health;
pub mod interviews;
pub mod invites;
pub mod live;
mod live_body;
pub mod personas;
pub mod problems;
pub mod realtime;
pub mod recording;
pub mod rehearsal;
pub mod rooms;
pub mod scorecards;
pub mod session_body;
pub mod sessions;
pub mod sign_in;
pub mod signaling;
pub mod usage;
pub mod voice;
mod webhook_body;
pub mod webhooks;
pub mod webrtc;
pub mod whip;

use jiff::Timestamp;

/// Now, in the milliseconds that the store keeps: what is answered first and what is read later are the same.
fn now() -> Timestamp {
    Timestamp::from_millisecond(Timestamp::now().as_millisecond()).unwrap_or_default()
}
