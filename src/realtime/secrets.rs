//! Short-lived keys for browsers, minted at the provider over REST: `POST /v1/realtime/client_secrets`.
//!
//! A secret that nobody uses expires by itself, so asking again is safe. A key that is refused, spent or throttled
//! makes room for the next one; a provider that fails is asked again with the same key, within bounds.

use super::{
    failure,
    keys::{KeyInUse, ProviderKeys},
};
use crate::{
    domain::key_ring::Outcome,
    outgoing::{self, BodyError},
    wire::realtime::SessionConfig,
};
use jiff::Timestamp;
use reqwest::{Client, StatusCode, header::AUTHORIZATION, header::HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// One call.
const CALL_TIMEOUT: Duration = Duration::from_secs(4);
/// Everything, retries and other keys included.
const PATIENCE: Duration = Duration::from_secs(10);
/// Calls to a provider that fails; the pause before each further one doubles.
const TRIES_MAX: u32 = 3;
const RETRY_PAUSE: Duration = Duration::from_millis(200);
/// Bytes of an answer. Instructions come back in it.
const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// Bytes of a secret.
const SECRET_BYTES_MAX: usize = 4_096;

/// A key that expires.
pub struct Minted {
    pub value: SecretString,
    /// Unix seconds.
    pub expires_at_s: i64,
    /// The session as the provider describes it; empty when it does not.
    pub session: Map<String, Value>,
}

/// Why there is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MintError {
    /// Every key is refused, spent or throttled.
    #[error("no provider key can be used")]
    NoKey { retry_after: Duration },
    #[error("the provider did not answer in time")]
    TimedOut,
    #[error("the provider cannot be reached")]
    Unreachable,
    #[error("the provider failed with status {0}")]
    Failed(u16),
    /// It refuses the session, whatever the key: `model_not_found`, for instance.
    #[error("the provider refused the session with status {status}, code {code}")]
    Refused { status: u16, code: String },
    #[error("the provider answered with something else: {0}")]
    Nonsense(&'static str),
}

/// Mints secrets.
pub struct SecretMinter {
    client: Client,
    url: String,
    keys: ProviderKeys,
}

/// What one call came to.
enum Attempt {
    Minted(Minted),
    /// The key is not to be used now; another one may do.
    Key(Outcome),
    /// Not the key's fault, and another try may help.
    Again(MintError),
    Never(MintError),
}

#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorDetail,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ErrorDetail {
    code: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// The answer in the GA shape, and in the beta's (`client_secret` inside the session), which older servers give.
#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Ga {
        value: String,
        expires_at: i64,
        #[serde(default)]
        session: Map<String, Value>,
    },
    Beta {
        client_secret: BetaSecret,
        #[serde(flatten)]
        session: Map<String, Value>,
    },
}

#[derive(Deserialize)]
struct BetaSecret {
    value: String,
    expires_at: i64,
}

impl SecretMinter {
    /// `base_url`: `https://api.openai.com/v1`, without a trailing slash.
    ///
    /// # Errors
    /// When no client can be built: the system has no trusted roots.
    pub fn new(base_url: &str, keys: ProviderKeys) -> Result<Self, reqwest::Error> {
        Ok(Self { client: outgoing::client(CALL_TIMEOUT)?, url: format!("{base_url}/realtime/client_secrets"), keys })
    }

    /// A secret for one session, good for `ttl_s` seconds (10 to 7200).
    ///
    /// # Errors
    /// [`MintError`]
    pub async fn mint(&self, session: &SessionConfig, ttl_s: u64) -> Result<Minted, MintError> {
        let body = json!({"expires_after": {"anchor": "created_at", "seconds": ttl_s}, "session": session});
        let minted = timeout_at(Instant::now() + PATIENCE, self.try_keys(&body)).await;
        let minted = minted.unwrap_or(Err(MintError::TimedOut));
        let outcome = match &minted {
            Ok(_) => "ok",
            Err(MintError::NoKey { .. }) => "no_key",
            Err(MintError::TimedOut) => "timed_out",
            Err(MintError::Unreachable) => "unreachable",
            Err(MintError::Failed(_)) => "failed",
            Err(MintError::Refused { .. }) => "refused",
            Err(MintError::Nonsense(_)) => "nonsense",
        };
        metrics::counter!("viva_client_secrets_minted_total", "outcome" => outcome).increment(1);
        minted
    }

    async fn try_keys(&self, body: &Value) -> Result<Minted, MintError> {
        // Each key once: one that comes back meanwhile must not make this a loop.
        for _ in 0..self.keys.len().max(1) {
            let key = self.keys.pick().map_err(|retry_after| MintError::NoKey { retry_after })?;
            match self.try_key(key.as_ref(), body).await {
                Ok(minted) => return minted,
                Err(outcome) => {
                    if let Some(key) = &key {
                        self.keys.report(key, outcome);
                    }
                }
            }
        }
        match self.keys.pick() {
            // One came back while the others were tried: the caller may try again at once.
            Ok(_) => Err(MintError::NoKey { retry_after: Duration::from_secs(1) }),
            Err(retry_after) => Err(MintError::NoKey { retry_after }),
        }
    }

    /// Asks with one key; `Err` is what is wrong with the key.
    async fn try_key(&self, key: Option<&KeyInUse>, body: &Value) -> Result<Result<Minted, MintError>, Outcome> {
        let report = |outcome| {
            if let Some(key) = key {
                self.keys.report(key, outcome);
            }
        };
        let mut pause = RETRY_PAUSE;
        for tries in 1.. {
            match self.call(key, body).await {
                Attempt::Minted(minted) => {
                    report(Outcome::Accepted);
                    return Ok(Ok(minted));
                }
                Attempt::Key(outcome) => return Err(outcome),
                Attempt::Never(error) => {
                    // The provider judged the session, so the key was good enough to be heard.
                    report(Outcome::Accepted);
                    return Ok(Err(error));
                }
                Attempt::Again(error) => {
                    report(Outcome::Failed);
                    if tries >= TRIES_MAX {
                        return Ok(Err(error));
                    }
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
            }
        }
        Ok(Err(MintError::TimedOut))
    }

    async fn call(&self, key: Option<&KeyInUse>, body: &Value) -> Attempt {
        let mut request = self.client.post(&self.url).json(body);
        if let Some(key) = key {
            let bearer = HeaderValue::try_from(format!("Bearer {}", key.secret.expose_secret()));
            let Ok(mut bearer) = bearer else { return Attempt::Key(Outcome::Refused) };
            bearer.set_sensitive(true);
            request = request.header(AUTHORIZATION, bearer);
        }
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) if error.is_timeout() => return Attempt::Again(MintError::TimedOut),
            Err(_) => return Attempt::Again(MintError::Unreachable),
        };
        let status = response.status();
        let retry_after = outgoing::retry_after(response.headers(), Timestamp::now());
        match outgoing::body(response, ANSWER_BYTES_MAX).await {
            Ok(answer) if status.is_success() => read(&answer, key),
            Ok(answer) => refused(status, &answer, retry_after),
            Err(_) if !status.is_success() => refused(status, b"", retry_after),
            Err(BodyError::TooLarge) => Attempt::Never(MintError::Nonsense("too large")),
            Err(BodyError::TimedOut) => Attempt::Again(MintError::TimedOut),
            Err(BodyError::Broken) => Attempt::Again(MintError::Unreachable),
        }
    }
}

fn read(answer: &[u8], key: Option<&KeyInUse>) -> Attempt {
    let (value, expires_at_s, session) = match serde_json::from_slice(answer) {
        Ok(Answer::Ga { value, expires_at, session }) => (value, expires_at, session),
        Ok(Answer::Beta { client_secret, session }) => (client_secret.value, client_secret.expires_at, session),
        Err(_) => return Attempt::Never(MintError::Nonsense("not the documented json")),
    };
    if value.is_empty() || value.len() > SECRET_BYTES_MAX || !value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Attempt::Never(MintError::Nonsense("no usable secret"));
    }
    // Whatever sits between us and the provider: our own key never reaches a client.
    if key.is_some_and(|key| value.contains(key.secret.expose_secret())) {
        return Attempt::Never(MintError::Nonsense("our own key"));
    }
    Attempt::Minted(Minted { value: SecretString::from(value), expires_at_s, session })
}

fn refused(status: StatusCode, answer: &[u8], retry_after: Option<Duration>) -> Attempt {
    let ErrorDetail { code, kind } =
        serde_json::from_slice(answer).map(|body: ErrorBody| body.error).unwrap_or_default();
    if failure::is_exhausted(code.as_deref(), kind.as_deref().unwrap_or_default()) {
        return Attempt::Key(Outcome::Exhausted);
    }
    match status.as_u16() {
        401 | 403 => Attempt::Key(Outcome::Refused),
        429 => Attempt::Key(Outcome::Throttled { retry_after_ms: retry_after.map(|wait| wait.as_millis() as u64) }),
        408 | 500.. => Attempt::Again(MintError::Failed(status.as_u16())),
        status => {
            let code = code.or(kind).filter(|code| code.len() <= 80).unwrap_or_else(|| "unknown".to_owned());
            Attempt::Never(MintError::Refused { status, code })
        }
    }
}
