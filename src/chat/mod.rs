//! A client of any OpenAI-compatible chat endpoint (Ollama, vLLM, llama.cpp, OpenAI): whole answers for scores, streams
//! for the interviewer's words.
//!
//! Everything is bounded: time, size, tries, requests at once. What an endpoint refuses of a request (a schema, a name
//! of a limit) is left out from then on. No redirect is followed, and neither key nor words are logged.

mod error;

pub use crate::wire::chat::{ChatAnswer, ChatMessage, ChatRequest, ChatRole, ChatUsage, Delta};
pub use error::ChatError;

use crate::{
    config::ChatConfig,
    outgoing,
    wire::chat::{ChatWireError, Dialect, JsonForm, StreamReader, parse_answer, parse_refusal},
};
use bytes::Bytes;
use error::Failure;
use jiff::Timestamp;
use reqwest::{Client, Response, StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep, timeout_at},
};

/// Bytes of a whole answer.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;
/// Bytes that are read of a refusal.
const REFUSAL_BYTES_MAX: usize = 16 * 1024;
/// Time for a refusal's body: it only tells the dialect.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(1);
/// Tries of one request at an endpoint that fails or has too much to do; changes of dialect come on top.
const TRIES_MAX: u32 = 3;
/// Changes of dialect during one request; there are no more than these.
const DIALECTS_MAX: u32 = 6;
/// Wait before a second try, doubled for the third. A longer `Retry-After` is kept to, if the deadline allows.
const RETRY_PAUSE: Duration = Duration::from_millis(250);
/// Requests at once.
const REQUESTS_MAX: usize = 64;
/// No request is worth more time, whatever its deadline.
const DEADLINE_MAX: Duration = Duration::from_secs(600);

/// A chat endpoint with a model. Clones share connections and what is known of the endpoint.
#[derive(Clone)]
pub struct Chat {
    endpoint: Arc<Endpoint>,
    model: String,
}

struct Endpoint {
    client: Client,
    url: String,
    key: Option<SecretString>,
    dialect: Mutex<Dialect>,
    requests: Arc<Semaphore>,
    health: Mutex<ChatHealth>,
    failures_in_a_row: AtomicU64,
}

/// How the endpoint did when it was last asked. It is never asked for the sake of this.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChatHealth {
    /// Nothing was asked yet.
    #[default]
    Unknown,
    Up,
    /// The last request failed so.
    Failing(ChatError),
}

impl ChatHealth {
    /// The public name: `unknown`, `up` or `failing`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Up => "up",
            Self::Failing(_) => "failing",
        }
    }
}

impl Chat {
    /// # Errors
    /// When no client can be built: the system has no trusted roots.
    pub fn new(config: &ChatConfig) -> Result<Self, reqwest::Error> {
        let endpoint = Endpoint {
            client: outgoing::client(DEADLINE_MAX)?,
            url: format!("{}/chat/completions", config.base_url),
            key: config.key.clone(),
            dialect: Mutex::default(),
            requests: Arc::new(Semaphore::new(REQUESTS_MAX)),
            health: Mutex::default(),
            failures_in_a_row: AtomicU64::new(0),
        };
        Ok(Self { endpoint: Arc::new(endpoint), model: config.model.clone() })
    }

    /// The same endpoint with another model of it.
    #[must_use]
    pub fn with_model(&self, model: &str) -> Self {
        Self { endpoint: self.endpoint.clone(), model: model.to_owned() }
    }

    /// The model that is asked.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// How the endpoint did when it was last asked.
    pub fn health(&self) -> ChatHealth {
        *lock(&self.endpoint.health)
    }

    /// Requests that failed since the last that did not.
    pub fn failures_in_a_row(&self) -> u64 {
        self.endpoint.failures_in_a_row.load(Ordering::Relaxed)
    }

    /// A whole answer. Its text may be empty, and is not checked against any schema.
    ///
    /// # Errors
    /// [`ChatError`], after all tries.
    pub async fn complete(&self, request: &ChatRequest) -> Result<ChatAnswer, ChatError> {
        let deadline = deadline_of(request);
        let answered = self.complete_by(request, deadline).await;
        self.endpoint.note(answered.as_ref().err().copied());
        answered
    }

    async fn complete_by(&self, request: &ChatRequest, deadline: Instant) -> Result<ChatAnswer, ChatError> {
        let mut tries = Tries::new(deadline);
        loop {
            let (response, _turn) = self.send(request, false, &mut tries).await?;
            let read = match timeout_at(deadline, outgoing::body(response, ANSWER_BYTES_MAX)).await {
                Ok(read) => read.map_err(ChatError::from),
                Err(_) => Err(ChatError::TimedOut),
            };
            let failure = match read.and_then(|body| parse_answer(&body).map_err(ChatError::from)) {
                Ok(answer) => return Ok(answer),
                Err(error) => Failure { error, again: error == ChatError::CutOff, retry_after: None, refusal: None },
            };
            tries.next(failure).await?;
        }
    }

    /// An answer as it comes. Only the way to its first byte is tried again. Dropping the stream ends the request.
    ///
    /// # Errors
    /// [`ChatError`], after all tries.
    pub async fn stream(&self, request: &ChatRequest) -> Result<ChatStream, ChatError> {
        let deadline = deadline_of(request);
        let mut tries = Tries::new(deadline);
        match self.send(request, true, &mut tries).await {
            Ok((response, turn)) => Ok(ChatStream::new(response, turn, self.endpoint.clone(), deadline)),
            Err(error) => {
                self.endpoint.note(Some(error));
                Err(error)
            }
        }
    }

    /// Sends until an answer begins, in whatever dialect the endpoint takes.
    async fn send(
        &self,
        request: &ChatRequest,
        stream: bool,
        tries: &mut Tries,
    ) -> Result<(Response, OwnedSemaphorePermit), ChatError> {
        let turn = timeout_at(tries.deadline, self.endpoint.requests.clone().acquire_owned()).await;
        let turn = turn.map_err(|_| ChatError::Busy)?.map_err(|_| ChatError::Busy)?;
        let mut dialects = 0;
        loop {
            let dialect = *lock(&self.endpoint.dialect);
            let sent = timeout_at(tries.deadline, self.send_once(request, stream, dialect)).await;
            let failure = match sent.unwrap_or(Err(Failure::timed_out())) {
                Ok(response) => return Ok((response, turn)),
                Err(failure) => failure,
            };
            let refusal = match failure.error {
                ChatError::Refused { .. } if dialects < DIALECTS_MAX => failure.refusal.as_deref(),
                _ => None,
            };
            if let Some(next) = refusal.and_then(|refusal| dialect.after(refusal)) {
                dialects += 1;
                self.endpoint.learn(dialect, next);
                continue;
            }
            tries.next(failure).await?;
        }
    }

    async fn send_once(&self, request: &ChatRequest, stream: bool, dialect: Dialect) -> Result<Response, Failure> {
        let mut call = self.endpoint.client.post(&self.endpoint.url).json(&request.body(&self.model, stream, dialect));
        if let Some(key) = &self.endpoint.key {
            call = call.bearer_auth(key.expose_secret());
        }
        let response = call.send().await.map_err(|error| match error.is_timeout() {
            true => Failure::timed_out(),
            false => Failure { error: ChatError::Unreachable, again: true, retry_after: None, refusal: None },
        })?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let retry_after = outgoing::retry_after(response.headers(), Timestamp::now());
        let refusal = match status {
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
                let body = tokio::time::timeout(REFUSAL_TIMEOUT, outgoing::body(response, REFUSAL_BYTES_MAX)).await;
                let body = body.unwrap_or_else(|_| Ok(Vec::new())).unwrap_or_default();
                Some(parse_refusal(&body))
            }
            _ => None,
        };
        tracing::debug!(%status, refusal, "the chat endpoint refused a request");
        Err(Failure::of_status(status, retry_after, refusal))
    }
}

impl Endpoint {
    /// Remembers the dialect, unless another request was faster.
    fn learn(&self, from: Dialect, to: Dialect) {
        let mut dialect = lock(&self.dialect);
        if *dialect == from {
            *dialect = to;
            drop(dialect);
            let form = match to.json_form {
                JsonForm::Schema => "json_schema",
                JsonForm::Object => "json_object",
                JsonForm::Words => "words",
            };
            tracing::info!(form, completion_tokens = to.completion_tokens, "the chat endpoint wants another dialect");
        }
    }

    fn note(&self, error: Option<ChatError>) {
        let outcome = error.map_or("ok", ChatError::name);
        metrics::counter!("viva_chat_requests_total", "outcome" => outcome).increment(1);
        match error {
            None => {
                self.failures_in_a_row.store(0, Ordering::Relaxed);
                *lock(&self.health) = ChatHealth::Up;
            }
            Some(error) => {
                self.failures_in_a_row.fetch_add(1, Ordering::Relaxed);
                let before = std::mem::replace(&mut *lock(&self.health), ChatHealth::Failing(error));
                if before != ChatHealth::Failing(error) {
                    tracing::warn!(%error, "the chat endpoint fails");
                }
            }
        }
    }
}

/// What is left of a request's tries.
struct Tries {
    deadline: Instant,
    failed: u32,
}

impl Tries {
    fn new(deadline: Instant) -> Self {
        Self { deadline, failed: 0 }
    }

    /// Waits before the next try, or gives the failure back as final.
    async fn next(&mut self, failure: Failure) -> Result<(), ChatError> {
        self.failed += 1;
        let pause = failure.retry_after.unwrap_or(RETRY_PAUSE * (1 << (self.failed - 1).min(8)));
        let fits = Instant::now().checked_add(pause).is_some_and(|then| then < self.deadline);
        if !failure.again || self.failed >= TRIES_MAX || !fits {
            return Err(failure.error);
        }
        sleep(pause).await;
        Ok(())
    }
}

/// An answer as it comes.
pub struct ChatStream {
    endpoint: Arc<Endpoint>,
    response: Option<Response>,
    reader: StreamReader,
    deadline: Instant,
    /// The endpoint took no notice of `stream`: the answer comes whole, and this is what came of it.
    whole: Option<Vec<u8>>,
    failed: Option<ChatError>,
    noted: bool,
    _turn: OwnedSemaphorePermit,
}

impl ChatStream {
    fn new(response: Response, turn: OwnedSemaphorePermit, endpoint: Arc<Endpoint>, deadline: Instant) -> Self {
        let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let json = kind.is_some_and(|kind| kind.trim_start().starts_with("application/json"));
        let whole = json.then(Vec::new);
        let reader = StreamReader::default();
        Self { endpoint, response: Some(response), reader, deadline, whole, failed: None, noted: false, _turn: turn }
    }

    /// The next piece; `None` after the last one. Nothing follows an error. Cancel safe.
    pub async fn next(&mut self) -> Option<Result<Delta, ChatError>> {
        loop {
            if let Some(delta) = self.reader.next_delta() {
                return Some(Ok(delta));
            }
            if let Some(error) = self.failed.take() {
                self.over(Some(error));
                return Some(Err(error));
            }
            if self.reader.has_ended() {
                self.over(None);
                return None;
            }
            let deadline = self.deadline;
            let response = self.response.as_mut()?;
            let chunk = match timeout_at(deadline, response.chunk()).await {
                Ok(chunk) => chunk.map_err(|error| match error.is_timeout() {
                    true => ChatError::TimedOut,
                    false => ChatError::CutOff,
                }),
                Err(_) => Err(ChatError::TimedOut),
            };
            if self.whole.is_some() {
                match self.take_whole(chunk) {
                    Some(taken) => return Some(taken),
                    None => continue,
                }
            }
            self.failed = match chunk {
                Ok(Some(bytes)) => self.reader.push(&bytes).err().map(ChatError::from),
                // Without `[DONE]`, nobody can tell a whole answer from half of one.
                Ok(None) => Some(ChatError::CutOff),
                Err(error) => Some(error),
            };
        }
    }

    /// A piece of an answer that comes whole; the answer, once that was the last.
    fn take_whole(&mut self, chunk: Result<Option<Bytes>, ChatError>) -> Option<Result<Delta, ChatError>> {
        let body = self.whole.as_mut()?;
        let taken = match chunk {
            Ok(Some(bytes)) if body.len() + bytes.len() <= ANSWER_BYTES_MAX => {
                body.extend_from_slice(&bytes);
                return None;
            }
            Ok(Some(_)) => Err(ChatError::Nonsense(ChatWireError::TooLarge)),
            Ok(None) => parse_answer(body).map_err(ChatError::from),
            Err(error) => Err(error),
        };
        self.over(taken.as_ref().err().copied());
        let delta =
            |answer: ChatAnswer| Delta { text: answer.text, finish_reason: answer.finish_reason, usage: answer.usage };
        Some(taken.map(delta))
    }

    /// The connection is given back or closed; the endpoint's health is noted once.
    fn over(&mut self, error: Option<ChatError>) {
        self.response = None;
        if !std::mem::replace(&mut self.noted, true) {
            self.endpoint.note(error);
        }
    }
}

fn deadline_of(request: &ChatRequest) -> Instant {
    Instant::now() + request.deadline.min(DEADLINE_MAX)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
