//! A socket's place in a room.

use super::live::LiveRoom;
use crate::{
    domain::{id::SocketId, room::Refusal},
    wire::signaling::{Dialect, Relay},
};
use jiff::Timestamp;
use std::sync::Arc;

/// A socket's place in a room. Dropping it is leaving: whatever becomes of the socket's task, the others are told.
#[derive(Debug)]
pub struct Seat {
    pub(super) room: Arc<LiveRoom>,
    pub(super) socket_id: SocketId,
}

impl Seat {
    /// Passes an offer, an answer or a candidate on.
    ///
    /// # Errors
    /// When the room is over, or the target is not there.
    pub fn relay(&self, relay: &Relay) -> Result<(), Refusal> {
        self.room.relay(Timestamp::now(), &self.socket_id, relay)
    }

    /// Passes words on.
    ///
    /// # Errors
    /// When the room is over, or the target is not there.
    pub fn chat(&self, target: Option<&str>, text: &str) -> Result<(), Refusal> {
        self.room.chat(Timestamp::now(), &self.socket_id, target, text)
    }

    /// Who is connected, in words for a socket of that dialect.
    pub fn presence(&self, dialect: Dialect) -> Option<String> {
        self.room.presence(dialect)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.room.disconnect(&self.socket_id);
    }
}
