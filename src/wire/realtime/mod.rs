//! The OpenAI Realtime API, GA dialect: events as types. Audio is base 64 only here; inside Viva it travels apart from
//! the events, as PCM.
//!
//! Parsing is tolerant: unknown fields are ignored, an unknown event is `Unknown`, a missing or null field is its
//! default. Writing is strict: what Viva sends validates against the published types, with explicit nulls only where
//! the service itself writes them.
//!
//! - [`ClientEvent`], [`ServerEvent`]: everything that either side says.
//! - [`SessionConfig`], [`Item`], [`Response`]: what the events carry.
//! - [`dialect`]: the beta's names for the same things, both ways.
//! - [`serve`]: what every server of this API does with them.
//! - [`audio`]: the two messages of the hot path, without a JSON tree and without allocation.

pub mod audio;
mod client_event;
pub mod dialect;
mod item;
mod lenient;
mod response;
pub mod serve;
mod server_event;
mod session;
mod usage;

pub use client_event::{ClientEvent, ClientMessage};
pub use item::{ContentPart, Item};
pub use response::{
    InputTokenDetails, OutputTokenDetails, Response, ResponseAudio, ResponseConfig, ResponseError, StatusDetails,
    TranscriptionUsage, Usage,
};
pub use server_event::{
    AudioDelta, ConversationEvent, DtmfEvent, Empty, ErrorBody, ErrorEvent, FunctionArgumentsDelta,
    FunctionArgumentsDone, InputCommitted, InputSpan, InputSpeechStarted, InputSpeechStopped, ItemEvent, ItemRef,
    ItemTruncated, McpArgumentsDelta, McpArgumentsDone, McpCall, McpListTools, OutputBufferEvent, OutputItemEvent,
    PartEvent, PartRef, RateLimit, RateLimitsUpdated, ResponseEvent, ServerEvent, ServerMessage, SessionEvent,
    TextDelta, TextDone, TranscriptDone, TranscriptionDelta, TranscriptionDone, TranscriptionError,
    TranscriptionFailed, TranscriptionSegment,
};
pub use session::{
    AudioConfig, AudioFormat, AudioInputConfig, AudioOutputConfig, SessionConfig, TranscriptionConfig, TurnDetection,
};

/// Why a message is not an event.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    #[error("message is not an event in JSON")]
    Json(#[from] serde_json::Error),
    #[error("event has no type")]
    NoType,
}
