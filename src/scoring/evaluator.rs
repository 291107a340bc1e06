//! Who is asked: the chat endpoint, else OpenAI, else nobody.

use crate::{
    chat::{Chat, ChatAnswer, ChatError, ChatMessage, ChatRequest},
    config::{ChatConfig, Config},
    domain::scorecard::record::{EvaluatorKind, EvaluatorName, Shortfall},
    wire::evaluation::{SCHEMA_NAME, SYSTEM},
};
use serde_json::Value;
use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};
use tokio::time::Instant;

/// Tokens of one answer.
const TOKENS_MAX: u32 = 4_096;
/// The same for every request: endpoints that know seeds answer the same to the same.
const SEED: u64 = 1;

/// Proposes, or says why not.
pub struct Evaluator(Result<Endpoint, Shortfall>);

struct Endpoint {
    name: EvaluatorName,
    /// One for each key; never empty.
    chats: Vec<Chat>,
    /// The key that worked last.
    current: AtomicUsize,
}

impl Evaluator {
    /// As it is configured.
    ///
    /// # Errors
    /// When no client can be built.
    pub fn configured(config: &Config) -> Result<Self, reqwest::Error> {
        let outcome = &config.outcome;
        if !outcome.evaluates {
            return Ok(Self::none(Shortfall::SwitchedOff));
        }
        if let Some(chat) = &outcome.chat {
            let model = outcome.evaluation_model.clone().unwrap_or_else(|| chat.model.clone());
            return Self::endpoint(EvaluatorKind::Chat, vec![ChatConfig { model, ..chat.clone() }]);
        }
        let (Some(model), false) = (&outcome.evaluation_model, config.openai.keys.is_empty()) else {
            return Ok(Self::none(Shortfall::NoEvaluator));
        };
        let one = |key: &secrecy::SecretString| ChatConfig {
            base_url: config.openai.base_url.clone(),
            model: model.clone(),
            key: Some(key.clone()),
        };
        Self::endpoint(EvaluatorKind::Openai, config.openai.keys.iter().map(one).collect())
    }

    /// Nobody.
    pub const fn none(why: Shortfall) -> Self {
        Self(Err(why))
    }

    /// The same endpoint and model, with one key or several.
    ///
    /// # Errors
    /// When no client can be built.
    pub fn endpoint(kind: EvaluatorKind, configs: Vec<ChatConfig>) -> Result<Self, reqwest::Error> {
        let Some(first) = configs.first() else { return Ok(Self::none(Shortfall::NoEvaluator)) };
        let name = EvaluatorName { kind, model: first.model.clone() };
        let chats = configs.iter().map(Chat::new).collect::<Result<_, _>>()?;
        Ok(Self(Ok(Endpoint { name, chats, current: AtomicUsize::new(0) })))
    }

    /// Who is asked, or why nobody.
    ///
    /// # Errors
    /// Why there is none.
    pub fn name(&self) -> Result<EvaluatorName, Shortfall> {
        self.0.as_ref().map(|endpoint| endpoint.name.clone()).map_err(|why| *why)
    }

    /// Asks about one question. A key that is refused or has asked too much gives way to the next one.
    ///
    /// # Errors
    /// Why there is no answer.
    pub(super) async fn ask(&self, words: String, schema: Value, deadline: Duration) -> Result<ChatAnswer, Shortfall> {
        let endpoint = self.0.as_ref().map_err(|why| *why)?;
        let until = Instant::now() + deadline;
        let mut request = ChatRequest {
            messages: vec![ChatMessage::system(SYSTEM), ChatMessage::user(words)],
            max_tokens: TOKENS_MAX,
            temperature: 0.0,
            seed: Some(SEED),
            json_schema: Some((SCHEMA_NAME.to_owned(), schema)),
            deadline,
        };
        let first = endpoint.current.load(Ordering::Relaxed);
        let mut shortfall = Shortfall::EvaluatorFailed;
        for offset in 0..endpoint.chats.len() {
            let index = (first + offset) % endpoint.chats.len();
            request.deadline = until.saturating_duration_since(Instant::now());
            match endpoint.chats[index].complete(&request).await {
                Ok(answer) => {
                    endpoint.current.store(index, Ordering::Relaxed);
                    return Ok(answer);
                }
                Err(error) => {
                    shortfall = shortfall_of(error);
                    let of_this_key = matches!(error, ChatError::Refused { status: 401 | 403 } | ChatError::Throttled);
                    if !of_this_key {
                        return Err(shortfall);
                    }
                }
            }
        }
        Err(shortfall)
    }
}

const fn shortfall_of(error: ChatError) -> Shortfall {
    match error {
        ChatError::Unreachable => Shortfall::EvaluatorUnreachable,
        ChatError::TimedOut => Shortfall::EvaluatorTimedOut,
        ChatError::Throttled | ChatError::Busy => Shortfall::EvaluatorThrottled,
        ChatError::Refused { .. } => Shortfall::EvaluatorRefused,
        ChatError::Failed { .. } | ChatError::CutOff | ChatError::Nonsense(_) => Shortfall::EvaluatorFailed,
    }
}
