//! What a server sends.

use crate::wire::realtime::{
    ContentPart, Item, ParseError, Response, SessionConfig, TranscriptionUsage,
    lenient::{self, whole},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Declares [`ServerEvent`]: a variant, its payload and its name on the wire.
macro_rules! server_events {
    ($($name:literal $variant:ident($payload:ty),)*) => {
        /// What a server sends, in the order of the API reference.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "type")]
        pub enum ServerEvent {
            $(
                #[doc = concat!("`", $name, "`")]
                #[serde(rename = $name)]
                $variant($payload),
            )*
            /// An event that this version does not know; never sent.
            #[serde(other, skip_serializing)]
            Unknown,
        }

        impl ServerEvent {
            /// Every type that is known.
            pub const KINDS: &[&str] = &[$($name),*];

            /// The event's `type`; empty for an unknown one.
            pub fn kind(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $name,)*
                    Self::Unknown => "",
                }
            }
        }
    };
}

server_events! {
    "session.created" SessionCreated(SessionEvent),
    "session.updated" SessionUpdated(SessionEvent),
    "conversation.created" ConversationCreated(ConversationEvent),
    "conversation.item.added" ItemAdded(ItemEvent),
    "conversation.item.done" ItemDone(ItemEvent),
    "conversation.item.retrieved" ItemRetrieved(ItemEvent),
    "conversation.item.deleted" ItemDeleted(ItemRef),
    "conversation.item.truncated" ItemTruncated(ItemTruncated),
    "conversation.item.input_audio_transcription.delta" TranscriptionDelta(TranscriptionDelta),
    "conversation.item.input_audio_transcription.completed" TranscriptionCompleted(TranscriptionDone),
    "conversation.item.input_audio_transcription.failed" TranscriptionFailed(TranscriptionFailed),
    "conversation.item.input_audio_transcription.segment" TranscriptionSegment(TranscriptionSegment),
    "input_audio_buffer.committed" InputCommitted(InputCommitted),
    "input_audio_buffer.cleared" InputCleared(Empty),
    "input_audio_buffer.speech_started" SpeechStarted(InputSpeechStarted),
    "input_audio_buffer.speech_stopped" SpeechStopped(InputSpeechStopped),
    "input_audio_buffer.timeout_triggered" TimeoutTriggered(InputSpan),
    "input_audio_buffer.dtmf_event_received" DtmfReceived(DtmfEvent),
    "response.created" ResponseCreated(ResponseEvent),
    "response.done" ResponseDone(ResponseEvent),
    "response.output_item.added" OutputItemAdded(OutputItemEvent),
    "response.output_item.done" OutputItemDone(OutputItemEvent),
    "response.content_part.added" ContentPartAdded(PartEvent),
    "response.content_part.done" ContentPartDone(PartEvent),
    "response.output_audio.delta" OutputAudioDelta(AudioDelta),
    "response.output_audio.done" OutputAudioDone(PartRef),
    "response.output_audio_transcript.delta" OutputTranscriptDelta(TextDelta),
    "response.output_audio_transcript.done" OutputTranscriptDone(TranscriptDone),
    "response.output_text.delta" OutputTextDelta(TextDelta),
    "response.output_text.done" OutputTextDone(TextDone),
    "response.function_call_arguments.delta" FunctionArgumentsDelta(FunctionArgumentsDelta),
    "response.function_call_arguments.done" FunctionArgumentsDone(FunctionArgumentsDone),
    "rate_limits.updated" RateLimitsUpdated(RateLimitsUpdated),
    "output_audio_buffer.started" OutputBufferStarted(OutputBufferEvent),
    "output_audio_buffer.stopped" OutputBufferStopped(OutputBufferEvent),
    "output_audio_buffer.cleared" OutputBufferCleared(OutputBufferEvent),
    "mcp_list_tools.in_progress" McpListToolsInProgress(McpListTools),
    "mcp_list_tools.completed" McpListToolsCompleted(McpListTools),
    "mcp_list_tools.failed" McpListToolsFailed(McpListTools),
    "response.mcp_call_arguments.delta" McpArgumentsDelta(McpArgumentsDelta),
    "response.mcp_call_arguments.done" McpArgumentsDone(McpArgumentsDone),
    "response.mcp_call.in_progress" McpCallInProgress(McpCall),
    "response.mcp_call.completed" McpCallCompleted(McpCall),
    "response.mcp_call.failed" McpCallFailed(McpCall),
    "error" Error(ErrorEvent),
}

/// A server event with its id.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ServerMessage {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    #[serde(flatten)]
    pub event: ServerEvent,
    /// The event's type, also of an unknown one. Written by `event`.
    #[serde(skip)]
    pub kind: String,
}

impl ServerMessage {
    /// An event to send.
    pub fn new(event_id: String, event: ServerEvent) -> Self {
        let kind = event.kind().to_owned();
        Self { event_id: Some(event_id), event, kind }
    }

    /// Reads one text message.
    ///
    /// # Errors
    /// [`ParseError`] when it is no JSON object with a `type`, or a field has a form that cannot be read.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let parsed = lenient::parse(text)?;
        Ok(Self { event_id: parsed.event_id, event: parsed.event, kind: parsed.kind })
    }
}

/// Declares payloads: structs whose fields all have defaults, so that nothing missing fails a parse.
macro_rules! payloads {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct $name { $($(#[$field_doc])* pub $field: $type,)* }
    )*};
}

payloads! {
    /// No fields of its own.
    Empty {}
    /// `session.created`, `session.updated`
    SessionEvent { session: Box<SessionConfig>, }
    /// `conversation.created`: of older servers.
    ConversationEvent { conversation: Value, }
    /// `conversation.item.added`, `.done`, `.retrieved`
    ItemEvent {
        /// Written as null for the first item.
        previous_item_id: Option<String>,
        item: Item,
    }
    /// `conversation.item.deleted`
    ItemRef { item_id: String, }
    /// `conversation.item.truncated`
    ItemTruncated {
        item_id: String,
        content_index: u32,
        #[serde(deserialize_with = "whole")]
        audio_end_ms: u64,
    }
    /// `conversation.item.input_audio_transcription.delta`
    TranscriptionDelta {
        item_id: String,
        content_index: u32,
        delta: String,
    }
    /// `conversation.item.input_audio_transcription.completed`
    TranscriptionDone {
        item_id: String,
        content_index: u32,
        transcript: String,
        usage: TranscriptionUsage,
    }
    /// `conversation.item.input_audio_transcription.failed`
    TranscriptionFailed {
        item_id: String,
        content_index: u32,
        error: TranscriptionError,
    }
    /// Error of a transcription.
    TranscriptionError {
        #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
        kind: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        param: Option<String>,
    }
    /// `conversation.item.input_audio_transcription.segment`; times in seconds.
    TranscriptionSegment {
        id: String,
        item_id: String,
        content_index: u32,
        text: String,
        speaker: String,
        start: f64,
        end: f64,
    }
    /// `input_audio_buffer.committed`
    InputCommitted {
        /// Written as null for the first item.
        previous_item_id: Option<String>,
        item_id: String,
    }
    /// `input_audio_buffer.speech_started`
    InputSpeechStarted {
        item_id: String,
        /// Offset in all audio appended in this session, prefix padding included.
        #[serde(deserialize_with = "whole")]
        audio_start_ms: u64,
    }
    /// `input_audio_buffer.speech_stopped`
    InputSpeechStopped {
        item_id: String,
        /// Offset in all audio appended in this session.
        #[serde(deserialize_with = "whole")]
        audio_end_ms: u64,
    }
    /// `input_audio_buffer.timeout_triggered`
    InputSpan {
        item_id: String,
        #[serde(deserialize_with = "whole")]
        audio_start_ms: u64,
        #[serde(deserialize_with = "whole")]
        audio_end_ms: u64,
    }
    /// `input_audio_buffer.dtmf_event_received` (SIP)
    DtmfEvent {
        event: String,
        /// Unix seconds.
        received_at: u64,
    }
    /// `response.created`, `response.done`
    ResponseEvent { response: Box<Response>, }
    /// `response.output_item.added`, `.done`
    OutputItemEvent {
        response_id: String,
        output_index: u32,
        item: Item,
    }
    /// `response.content_part.added`, `.done`
    PartEvent {
        response_id: String,
        item_id: String,
        output_index: u32,
        content_index: u32,
        part: ContentPart,
    }
    /// `response.output_audio.done`
    PartRef {
        response_id: String,
        item_id: String,
        output_index: u32,
        content_index: u32,
    }
    /// `response.output_audio.delta`. [`super::audio::parse_delta`] is the fast way to read it.
    AudioDelta {
        response_id: String,
        item_id: String,
        output_index: u32,
        content_index: u32,
        /// Base 64.
        delta: String,
    }
    /// `response.output_audio_transcript.delta`, `response.output_text.delta`
    TextDelta {
        response_id: String,
        item_id: String,
        output_index: u32,
        content_index: u32,
        delta: String,
    }
    /// `response.output_audio_transcript.done`
    TranscriptDone {
        response_id: String,
        item_id: String,
        output_index: u32,
        content_index: u32,
        transcript: String,
    }
    /// `response.output_text.done`
    TextDone {
        response_id: String,
        item_id: String,
        output_index: u32,
        content_index: u32,
        text: String,
    }
    /// `response.function_call_arguments.delta`
    FunctionArgumentsDelta {
        response_id: String,
        item_id: String,
        output_index: u32,
        call_id: String,
        delta: String,
    }
    /// `response.function_call_arguments.done`
    FunctionArgumentsDone {
        response_id: String,
        item_id: String,
        output_index: u32,
        call_id: String,
        name: String,
        arguments: String,
    }
    /// `rate_limits.updated`
    RateLimitsUpdated { rate_limits: Vec<RateLimit>, }
    /// One limit.
    RateLimit {
        /// `requests` or `tokens`
        name: String,
        limit: u64,
        remaining: u64,
        reset_seconds: f64,
    }
    /// `output_audio_buffer.*` (WebRTC and SIP)
    OutputBufferEvent { response_id: String, }
    /// `mcp_list_tools.*`
    McpListTools { item_id: String, }
    /// `response.mcp_call_arguments.delta`
    McpArgumentsDelta {
        response_id: String,
        item_id: String,
        output_index: u32,
        delta: String,
    }
    /// `response.mcp_call_arguments.done`
    McpArgumentsDone {
        response_id: String,
        item_id: String,
        output_index: u32,
        arguments: String,
    }
    /// `response.mcp_call.*`
    McpCall {
        item_id: String,
        output_index: u32,
    }
    /// `error`
    ErrorEvent { error: ErrorBody, }
    /// What went wrong. Never fatal by itself: fatal is an error that a close follows. Its nulls are written.
    ErrorBody {
        #[serde(rename = "type")]
        kind: String,
        code: Option<String>,
        message: String,
        param: Option<String>,
        /// The client event that it is about.
        event_id: Option<String>,
    }
}
