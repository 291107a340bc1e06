//! Why a chat endpoint gave nothing.

use crate::{outgoing::BodyError, wire::chat::ChatWireError};
use reqwest::StatusCode;
use std::time::Duration;

/// Why there is no answer, or no more of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChatError {
    #[error("the chat endpoint cannot be reached")]
    Unreachable,
    #[error("the chat endpoint did not answer in time")]
    TimedOut,
    #[error("the chat endpoint has too many requests")]
    Throttled,
    /// Only the operator can mend it: a wrong key, model or address, or a request that is not taken.
    #[error("the chat endpoint refused the request with status {status}")]
    Refused { status: u16 },
    #[error("the chat endpoint failed with status {status}")]
    Failed { status: u16 },
    #[error("the chat endpoint's answer broke off")]
    CutOff,
    #[error("the chat endpoint's answer is of no use: {0}")]
    Nonsense(ChatWireError),
    #[error("too many requests are under way")]
    Busy,
}

impl ChatError {
    /// Name for metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed_out",
            Self::Throttled => "throttled",
            Self::Refused { .. } => "refused",
            Self::Failed { .. } => "failed",
            Self::CutOff => "cut_off",
            Self::Nonsense(_) => "nonsense",
            Self::Busy => "busy",
        }
    }
}

impl From<BodyError> for ChatError {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge => Self::Nonsense(ChatWireError::TooLarge),
            BodyError::Broken => Self::CutOff,
            BodyError::TimedOut => Self::TimedOut,
        }
    }
}

impl From<ChatWireError> for ChatError {
    fn from(error: ChatWireError) -> Self {
        Self::Nonsense(error)
    }
}

/// One failed call.
pub(super) struct Failure {
    pub error: ChatError,
    /// Another try may do better.
    pub again: bool,
    pub retry_after: Option<Duration>,
    /// What the endpoint says about a request that it does not take.
    pub refusal: Option<String>,
}

impl Failure {
    pub fn timed_out() -> Self {
        Self { error: ChatError::TimedOut, again: true, retry_after: None, refusal: None }
    }

    /// A redirect counts as a refusal: only the operator says where the key is sent.
    pub fn of_status(status: StatusCode, retry_after: Option<Duration>, refusal: Option<String>) -> Self {
        let code = status.as_u16();
        let (error, again) = match code {
            408 | 429 => (ChatError::Throttled, true),
            500..=599 => (ChatError::Failed { status: code }, true),
            _ => (ChatError::Refused { status: code }, false),
        };
        Self { error, again, retry_after, refusal }
    }
}
