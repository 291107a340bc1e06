//! What waits to be written to one socket. The queue is bounded; a reader too slow for it loses the socket.

use crate::wire::{
    error_code::ErrorCode,
    signaling::{Dialect, Notice, encode},
};
use bytes::Bytes;
use tokio::sync::mpsc;

/// Messages that may wait for one socket: as many as may come at once when a class enters.
const QUEUE: usize = 1_024;

/// Something for a socket.
#[derive(Clone, Debug)]
pub enum Outgoing {
    /// UTF-8.
    Text(Bytes),
    /// The last thing that is sent.
    Close(CloseReason),
}

/// Why the server ends a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    RoomClosed,
    RoomExpired,
    /// The same user connected again.
    Replaced,
    /// The member left over REST.
    Left,
    /// Too many messages wait.
    TooSlow,
}

impl CloseReason {
    /// Code of the close frame (RFC 6455 section 7.4; 4000 and up are ours).
    pub const fn code(self) -> u16 {
        match self {
            Self::Left => 1000,
            Self::TooSlow => 1013,
            Self::Replaced => 4409,
            Self::RoomClosed | Self::RoomExpired => 4410,
        }
    }

    /// For people.
    pub const fn text(self) -> &'static str {
        match self {
            Self::RoomClosed => "the room is closed",
            Self::RoomExpired => "the room has expired",
            Self::Replaced => "connected elsewhere",
            Self::Left => "left the room",
            Self::TooSlow => "reads too slowly",
        }
    }
}

/// The sending end, held by the room. Dropping it ends the socket.
#[derive(Debug)]
pub struct Outbox {
    queue: mpsc::Sender<Outgoing>,
    pub(super) dialect: Dialect,
}

/// There is no room for another message.
pub(super) struct Full;

impl Outbox {
    /// A queue for one socket that speaks `dialect`.
    pub fn new(dialect: Dialect) -> (Self, mpsc::Receiver<Outgoing>) {
        let (queue, receiver) = mpsc::channel(QUEUE);
        (Self { queue, dialect }, receiver)
    }

    pub(super) fn send(&self, message: Outgoing) -> Result<(), Full> {
        match self.queue.try_send(message) {
            // A closed queue belongs to a socket that is about to take its leave.
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => Ok(()),
            Err(mpsc::error::TrySendError::Full(_)) => Err(Full),
        }
    }

    /// Tells why and ends the socket. In a full queue the words are lost; the end is not.
    pub(super) fn end(self, reason: CloseReason) {
        if matches!(reason, CloseReason::RoomClosed | CloseReason::RoomExpired) {
            let notice = Notice::Error { code: ErrorCode::RoomClosed, message: reason.text() };
            if let Some(text) = encode(self.dialect, &notice) {
                let _ = self.send(Outgoing::Text(text.into()));
            }
        }
        let _ = self.send(Outgoing::Close(reason));
    }
}
