//! What was said, item by item, on the session's audio clock.

use crate::domain::id::ItemId;
use serde::{Deserialize, Serialize};

/// Who spoke (the Realtime API's words).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The candidate.
    User,
    /// The interviewer.
    Assistant,
}

/// How settled an item's words are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum ItemState {
    /// Still being said or transcribed.
    Interim,
    /// Settled; only a second pass may change it.
    Final,
    /// Something was said and its words could not be had.
    Missing,
}

impl Role {
    /// The public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }

    /// Every role, for parsing a stored name.
    pub const ALL: [Self; 2] = [Self::User, Self::Assistant];
}

impl ItemState {
    /// The public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Interim => "interim",
            Self::Final => "final",
            Self::Missing => "missing",
        }
    }

    /// Every state, for parsing a stored name.
    pub const ALL: [Self; 3] = [Self::Interim, Self::Final, Self::Missing];
}

/// One thing said.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub item_id: ItemId,
    pub role: Role,
    /// The candidate's words, or those of the interviewer's words that were heard.
    pub content: String,
    /// The interviewer's words as generated, heard or not; the same as `content` for the candidate.
    pub generated_content: String,
    /// Milliseconds from the start of the session's audio.
    pub start_ms: u64,
    /// `None` while it is being said.
    pub end_ms: Option<u64>,
    pub state: ItemState,
    /// Number of the question that it belongs to, from 1; `None` for greeting and closing.
    pub question: Option<u32>,
    /// Grows with every change of this item.
    pub revision: u32,
    /// Order of appearance, from 0. A transcript is ordered by `(start_ms, position)`.
    pub position: u32,
}
