//! The OpenAI-compatible face, `/v1/realtime`: who connects, to what, and what is kept of it.
//!
//! - [`secret`]: client secrets and what they open.
//! - [`Relay`]: the conversations that are open now.

mod live;
pub mod secret;

pub use live::Full;

use crate::domain::id::SessionId;
use live::Live;

/// All conversations of this server's `/v1/realtime`.
pub struct Relay {
    live: Live,
}

impl Relay {
    /// A relay with so many places.
    pub fn new(places_max: usize) -> Self {
        Self { live: Live::new(places_max) }
    }

    /// Closes a live connection of a session politely, and returns when what was said is saved (or after a few
    /// seconds). Says whether there was one. The session's status is left to the caller.
    pub async fn end(&self, session_id: &SessionId) -> bool {
        self.live.end(session_id).await
    }

    /// Whether a client is connected for this session.
    pub fn live(&self, session_id: &SessionId) -> bool {
        self.live.has(session_id)
    }
}
