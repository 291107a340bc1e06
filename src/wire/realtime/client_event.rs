//! What a client sends.

use crate::wire::realtime::{Item, ParseError, ResponseConfig, SessionConfig, lenient};
use serde::{Deserialize, Serialize};

/// What a client sends (our bridge to a server; anyone to our own `/v1/realtime`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
#[allow(clippy::large_enum_variant, reason = "one a turn, and never kept in numbers")]
pub enum ClientEvent {
    #[serde(rename = "session.update")]
    SessionUpdate { session: Box<SessionConfig> },
    #[serde(rename = "input_audio_buffer.append")]
    InputAudioAppend { audio: String },
    #[serde(rename = "input_audio_buffer.commit")]
    InputAudioCommit {},
    #[serde(rename = "input_audio_buffer.clear")]
    InputAudioClear {},
    #[serde(rename = "conversation.item.create")]
    ItemCreate {
        /// Item to put it after; `root` makes it the first; absent makes it the last.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        previous_item_id: Option<String>,
        item: Item,
    },
    #[serde(rename = "conversation.item.retrieve")]
    ItemRetrieve { item_id: String },
    #[serde(rename = "conversation.item.delete")]
    ItemDelete { item_id: String },
    #[serde(rename = "conversation.item.truncate")]
    ItemTruncate {
        item_id: String,
        #[serde(default)]
        content_index: u32,
        #[serde(default, deserialize_with = "lenient::whole")]
        audio_end_ms: u64,
    },
    #[serde(rename = "response.create")]
    ResponseCreate {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        response: Option<Box<ResponseConfig>>,
        /// The exact words, for an engine in this process that speaks from a script. Never on the wire.
        #[serde(skip)]
        script: Option<String>,
    },
    #[serde(rename = "response.cancel")]
    ResponseCancel {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        response_id: Option<String>,
    },
    /// WebRTC and SIP only.
    #[serde(rename = "output_audio_buffer.clear")]
    OutputAudioClear {},
    /// An event that this version does not know; never sent.
    #[serde(other, skip_serializing)]
    Unknown,
}

/// A client event with its optional id (at most 512 characters), which an `error` about it repeats.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClientMessage {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    #[serde(flatten)]
    pub event: ClientEvent,
    /// The event's type, also of an unknown one. Written by `event`.
    #[serde(skip)]
    pub kind: String,
}

impl ClientMessage {
    /// Reads one text message.
    ///
    /// # Errors
    /// [`ParseError`] when it is no JSON object with a `type`, or a field that must be there has the wrong form.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let parsed = lenient::parse(text)?;
        Ok(Self { event_id: parsed.event_id, event: parsed.event, kind: parsed.kind })
    }
}
