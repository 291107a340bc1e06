//! What was said, item by item, on the session's audio clock.

use crate::domain::id::ItemId;
use serde::{Deserialize, Serialize};

/// Who spoke (the Realtime API's words).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The candidate.
    User,
    /// The interviewer.
    Assistant,
}

/// How settled an item's words are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ItemState {
    /// Still being said or transcribed.
    Interim,
    /// Settled; only a second pass may change it.
    Final,
    /// Something was said and its words could not be had.
    Missing,
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
    /// Place in the conversation, from 0.
    pub position: u32,
}
