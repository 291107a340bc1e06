//! Signalling messages of rooms, in two dialects that meet in one room.
//!
//! `/ws` speaks [`Dialect::Envelope`], `{type, payload}`, and names people by socket id; `/ws/signaling/{room_id}`
//! speaks [`Dialect::Flat`], `{type, …}`, and names people by name. What describes media (`sdp`, `candidate`) and what
//! a client puts beside it pass through as they came; `sender` is the server's word. Chat, presence and authentication
//! by a first message are extensions of both contracts, and never sent to a client that did not ask.
//!
//! [`decode`] and [`encode`] are the whole of it.

mod decode;
mod encode;

pub use decode::{CHAT_CHARS_MAX, ClientMessage, Mistake, decode};
pub use encode::{Notice, encode};

use crate::domain::{id::SocketId, room::Participant};
use serde_json::{Map, Value};

/// How a socket speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// `{type, payload}`; addresses are socket ids.
    Envelope,
    /// `{type, …}`; addresses are names.
    Flat,
}

impl Dialect {
    /// What others call this participant in this dialect; empty for one who has no socket and so no such address.
    pub fn address(self, participant: &Participant) -> &str {
        match self {
            Self::Envelope => participant.socket_id.as_ref().map_or("", SocketId::as_str),
            Self::Flat => &participant.name,
        }
    }
}

/// A step of a peer connection that the server passes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelayKind {
    Offer,
    Answer,
    Candidate,
}

impl RelayKind {
    /// Its `type` in a dialect.
    pub const fn name(self, dialect: Dialect) -> &'static str {
        match (self, dialect) {
            (Self::Offer, _) => "offer",
            (Self::Answer, _) => "answer",
            (Self::Candidate, Dialect::Envelope) => "ice_candidate",
            (Self::Candidate, Dialect::Flat) => "candidate",
        }
    }

    /// The field that it is about.
    pub const fn field(self) -> &'static str {
        match self {
            Self::Offer | Self::Answer => "sdp",
            Self::Candidate => "candidate",
        }
    }
}

/// Something to pass on: all that the client sent with it but `type`, `target` and `sender`.
#[derive(Clone, Debug, PartialEq)]
pub struct Relay {
    pub kind: RelayKind,
    /// In the sender's dialect; `None` is everybody else.
    pub target: Option<String>,
    pub fields: Map<String, Value>,
}
