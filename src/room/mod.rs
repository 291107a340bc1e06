//! Rooms that live: the pure [`crate::domain::room::Room`] with the sockets of who is in it, and the store behind.
//!
//! Reads are served from memory; what changes a room's terms or members is in the store before anybody is told of it.
//! How many ever joined is written behind, once a second and at the end, so that a guest who comes and goes costs no
//! sync. Start at [`Rooms`].
//!
//! Locks are taken in one order: the index, then a room. Neither is held across an await.

mod error;
mod index;
mod live;
mod outbox;
mod rooms;
mod seat;
mod upkeep;
mod view;

pub use error::RoomError;
pub use index::{Cursor, Paging};
pub use outbox::{CloseReason, Outbox, Outgoing};
pub use rooms::{NewRoom, Rooms};
pub use seat::Seat;
pub use view::{ParticipantView, RoomDetails, RoomSummary, Statistics};
