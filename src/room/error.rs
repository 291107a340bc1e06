//! Why something with a room did not happen.

use crate::{domain::room::Refusal, store::StoreError};

/// Why something with a room did not happen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoomError {
    /// There is no such room, or none that the caller may know of.
    #[error("no such room")]
    NotFound,
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// The server holds no more rooms.
    #[error("no place for another room")]
    AtCapacity,
    /// The user is part of as many rooms as one may be.
    #[error("part of too many rooms")]
    TooMany,
    #[error("store: {0}")]
    Store(#[from] StoreError),
}
