//! The wire of OpenAI-compatible chat endpoints: `POST …/chat/completions`, whole or streamed.
//!
//! What is read here comes from a server that may be wrong in any way: every size has a bound, unknown fields are
//! ignored, wrong types read as absent, and nothing panics.

mod request;
mod sse;
mod stream;

pub use request::{ChatMessage, ChatRequest, ChatRole, Dialect, JsonForm};
pub use sse::{EVENT_BYTES_MAX, LINE_BYTES_MAX, SseError, SseReader};
pub use stream::{Delta, STREAM_BYTES_MAX, StreamReader};

use serde_json::Value;

/// Characters of a model's name or a reason to finish, as an endpoint gives them.
const NAME_CHARS_MAX: usize = 200;

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatAnswer {
    pub text: String,
    /// `stop`, `length`, `content_filter` or whatever else the endpoint says.
    pub finish_reason: Option<String>,
    pub usage: Option<ChatUsage>,
    /// The model that answered, by the endpoint's own account; empty when it says none.
    pub model: String,
}

/// Tokens of one request, by the endpoint's own account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChatUsage {
    /// All tokens of the prompt, the cached ones included.
    pub input_tokens: u64,
    pub cached_tokens: u64,
    pub output_tokens: u64,
}

/// Why bytes are no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChatWireError {
    #[error("the answer is not JSON")]
    NotJson,
    #[error("the answer has no choice with text")]
    NoChoice,
    #[error("the endpoint reports an error in its answer")]
    Reported,
    #[error(transparent)]
    Events(#[from] SseError),
    #[error("the stream is larger than expected")]
    TooLarge,
}

/// Reads a whole answer. An empty text is an answer too: the model said nothing, or was not allowed to.
///
/// # Errors
/// [`ChatWireError`].
pub fn parse_answer(body: &[u8]) -> Result<ChatAnswer, ChatWireError> {
    let value: Value = serde_json::from_slice(body).map_err(|_| ChatWireError::NotJson)?;
    if is_error(&value) {
        return Err(ChatWireError::Reported);
    }
    let choice = value.pointer("/choices/0").ok_or(ChatWireError::NoChoice)?;
    let message = choice.get("message").filter(|message| message.is_object()).ok_or(ChatWireError::NoChoice)?;
    Ok(ChatAnswer {
        text: message.get("content").and_then(Value::as_str).unwrap_or_default().to_owned(),
        finish_reason: name(choice.get("finish_reason")),
        usage: usage(&value),
        model: name(value.get("model")).unwrap_or_default(),
    })
}

/// What an endpoint says about a request that it refused: bounded, for [`Dialect::after`] and DEBUG logs only.
pub fn parse_refusal(body: &[u8]) -> String {
    let text = match serde_json::from_slice::<Value>(body) {
        Ok(value) => {
            let error = value.get("error").unwrap_or(&value);
            let part = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
            match error.as_str() {
                Some(text) => text.to_owned(),
                None => format!("{} {} {} {}", part("code"), part("param"), part("message"), part("detail")),
            }
        }
        Err(_) => String::from_utf8_lossy(body).into_owned(),
    };
    text.chars().take(1_000).collect()
}

fn is_error(value: &Value) -> bool {
    value.get("error").is_some_and(|error| !error.is_null())
}

fn name(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).map(|name| name.chars().take(NAME_CHARS_MAX).collect())
}

fn usage(value: &Value) -> Option<ChatUsage> {
    let usage = value.get("usage").filter(|usage| usage.is_object())?;
    let count = |at: &str| usage.pointer(at).and_then(Value::as_u64);
    Some(ChatUsage {
        input_tokens: count("/prompt_tokens")?,
        cached_tokens: count("/prompt_tokens_details/cached_tokens").unwrap_or(0),
        output_tokens: count("/completion_tokens").unwrap_or(0),
    })
}
