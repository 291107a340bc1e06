//! A streamed answer: chunks of text until `[DONE]`.

use super::{ChatUsage, ChatWireError, SseReader, is_error, name, usage};
use serde_json::Value;
use std::collections::VecDeque;

/// Bytes of one streamed answer, its wrapping included.
pub const STREAM_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A piece of a streamed answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delta {
    /// More text; may be empty.
    pub text: String,
    pub finish_reason: Option<String>,
    /// Tokens of the whole request; comes once, last, where the endpoint counts.
    pub usage: Option<ChatUsage>,
}

/// Takes the bytes of a streamed answer, and gives its pieces.
#[derive(Debug, Default)]
pub struct StreamReader {
    events: SseReader,
    bytes: usize,
    deltas: VecDeque<Delta>,
    ended: bool,
}

impl StreamReader {
    /// More bytes. Pieces that were whole before an error stay readable.
    ///
    /// # Errors
    /// [`ChatWireError`]; the stream is of no use from here on.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), ChatWireError> {
        self.bytes = self.bytes.saturating_add(bytes.len());
        if self.bytes > STREAM_BYTES_MAX {
            return Err(ChatWireError::TooLarge);
        }
        let pushed = self.events.push(bytes);
        while let Some(data) = self.events.next_event() {
            self.event(&data)?;
        }
        Ok(pushed?)
    }

    /// The next piece.
    pub fn next_delta(&mut self) -> Option<Delta> {
        self.deltas.pop_front()
    }

    /// Has the endpoint said that this was all? A stream that stops without it was cut off.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    fn event(&mut self, data: &str) -> Result<(), ChatWireError> {
        let data = data.trim();
        if self.ended || data.is_empty() {
            return Ok(());
        }
        if data == "[DONE]" {
            self.ended = true;
            return Ok(());
        }
        let value: Value = serde_json::from_str(data).map_err(|_| ChatWireError::NotJson)?;
        if is_error(&value) {
            return Err(ChatWireError::Reported);
        }
        let choice = value.pointer("/choices/0");
        let text = choice.and_then(|choice| choice.pointer("/delta/content")).and_then(Value::as_str);
        let delta = Delta {
            text: text.unwrap_or_default().to_owned(),
            finish_reason: name(choice.and_then(|choice| choice.get("finish_reason"))),
            usage: usage(&value),
        };
        if delta != Delta::default() {
            self.deltas.push_back(delta);
        }
        Ok(())
    }
}
