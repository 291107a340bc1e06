//! Twilio's Network Traversal Service over REST: `POST …/Tokens.json` gives ICE servers with credentials.
//!
//! Everything is bounded: calls at once, time, size, what is remembered. A token is free and harms nobody, so asking
//! twice is safe: one retry. After a failure Twilio is left alone for a moment, and everybody gets that failure (or
//! what they were given before) at once, so that a slow Twilio does not make Viva slow.

use super::IceGrant;
use crate::{
    config::{TwilioConfig, TwilioSecret},
    domain::ice::IceServer,
    outgoing::{self, BodyError},
    wire::twilio,
};
use jiff::Timestamp;
use reqwest::{Client, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::{sync::Semaphore, time::timeout_at};

/// One call; the reference measures tens of milliseconds.
const CALL_TIMEOUT: Duration = Duration::from_secs(2);
/// Everything, the wait for a turn and the retry included.
const PATIENCE: Duration = Duration::from_secs(4);
/// Between the first call and the retry. A longer `Retry-After` is not waited for.
const RETRY_PAUSE: Duration = Duration::from_millis(250);
const RETRY_PAUSE_MAX: Duration = Duration::from_secs(1);
/// Calls at once.
const CALLS_MAX: usize = 16;
/// Bytes of an answer; the documented one has 2 KiB.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Longest time to live that Twilio grants.
pub const TTL_MAX_S: u64 = 86_400;
/// How long Twilio is left alone after a failure, if it does not say.
const REST: Duration = Duration::from_secs(5);
/// After a refusal, which only the operator can mend.
const REST_REFUSED: Duration = Duration::from_secs(60);
const REST_MAX: Duration = Duration::from_secs(600);
/// How long an answer is given again to the same user, so that a page in a loop does not use up the account's rate.
const FRESH_FOR: Duration = Duration::from_secs(60);
/// Users remembered.
const USERS_MAX: usize = 10_000;

/// Why Twilio gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TwilioError {
    #[error("refused the credentials with status {0}")]
    Refused(u16),
    #[error("has too many requests")]
    Throttled,
    #[error("failed with status {0}")]
    Failed(u16),
    #[error("cannot be reached")]
    Unreachable,
    #[error("did not answer in time")]
    TimedOut,
    #[error("answered with something else: {0}")]
    Nonsense(String),
}

/// A client of one account.
pub struct Twilio {
    client: Client,
    url: String,
    user: String,
    secret: SecretString,
    calls: Semaphore,
    resting: Mutex<Option<Rest>>,
    kept: Mutex<HashMap<String, Kept>>,
}

/// A failure that is still fresh.
#[derive(Clone)]
struct Rest {
    until: Instant,
    error: TwilioError,
}

/// What a user was given.
#[derive(Clone)]
struct Kept {
    servers: Vec<IceServer>,
    given_at: Instant,
    ttl: Duration,
}

/// A failed call: what it means, and how long to wait before the next.
struct Failure {
    error: TwilioError,
    again: bool,
    retry_after: Option<Duration>,
}

impl Twilio {
    /// # Errors
    /// When no client can be built: the system has no trusted roots.
    pub fn new(config: &TwilioConfig) -> Result<Self, reqwest::Error> {
        let (user, secret) = match &config.secret {
            TwilioSecret::AuthToken(token) => (config.account_sid.clone(), token.clone()),
            TwilioSecret::ApiKey { key, secret } => (key.clone(), secret.clone()),
        };
        Ok(Self {
            client: outgoing::client(CALL_TIMEOUT)?,
            url: format!("{}/2010-04-01/Accounts/{}/Tokens.json", config.api_url, config.account_sid),
            user,
            secret,
            calls: Semaphore::new(CALLS_MAX),
            resting: Mutex::default(),
            kept: Mutex::default(),
        })
    }

    /// Servers with credentials for about `ttl_s` seconds. `key`: whose they are; `None` keeps nothing.
    ///
    /// # Errors
    /// [`TwilioError`]; then nothing that was given to this user before holds for long enough either.
    pub async fn servers(&self, key: Option<String>, ttl_s: u64) -> Result<IceGrant, TwilioError> {
        let kept = key.as_ref().and_then(|key| lock(&self.kept).get(key).cloned());
        let asked = Duration::from_secs(ttl_s.clamp(1, TTL_MAX_S));
        let now = Instant::now();
        if let Some(kept) = kept.as_ref().filter(|kept| kept.is_fresh(now, asked)) {
            return Ok(kept.grant(now));
        }
        match self.ask(asked).await {
            Ok(fresh) => {
                let grant = fresh.grant(Instant::now());
                if let Some(key) = key {
                    self.keep(key, fresh);
                }
                Ok(grant)
            }
            Err(error) => {
                let now = Instant::now();
                kept.filter(|kept| kept.is_good(now)).map(|kept| kept.grant(now)).ok_or(error)
            }
        }
    }

    async fn ask(&self, ttl: Duration) -> Result<Kept, TwilioError> {
        if let Some(rest) = lock(&self.resting).clone().filter(|rest| rest.until > Instant::now()) {
            count("resting");
            return Err(rest.error);
        }
        let deadline = tokio::time::Instant::now() + PATIENCE;
        let timed_out = |_| Failure { error: TwilioError::TimedOut, again: false, retry_after: None };
        let asked = timeout_at(deadline, self.ask_twice(ttl)).await.map_err(timed_out).and_then(|asked| asked);
        match asked {
            Ok(kept) => {
                count("ok");
                *lock(&self.resting) = None;
                Ok(kept)
            }
            Err(Failure { error, retry_after, .. }) => {
                count(error.name());
                let own = if matches!(error, TwilioError::Refused(_)) { REST_REFUSED } else { REST };
                let rest = retry_after.unwrap_or(own).clamp(REST, REST_MAX);
                *lock(&self.resting) = Some(Rest { until: Instant::now() + rest, error: error.clone() });
                Err(error)
            }
        }
    }

    async fn ask_twice(&self, ttl: Duration) -> Result<Kept, Failure> {
        let closed = |_| Failure { error: TwilioError::Unreachable, again: false, retry_after: None };
        let _turn = self.calls.acquire().await.map_err(closed)?;
        let failure = match self.ask_once(ttl).await {
            Err(failure) if failure.again => failure,
            done => return done,
        };
        let pause = failure.retry_after.unwrap_or(RETRY_PAUSE);
        if pause > RETRY_PAUSE_MAX {
            return Err(failure);
        }
        tokio::time::sleep(pause).await;
        self.ask_once(ttl).await
    }

    async fn ask_once(&self, ttl: Duration) -> Result<Kept, Failure> {
        let given_at = Instant::now();
        let request = self
            .client
            .post(&self.url)
            .basic_auth(&self.user, Some(self.secret.expose_secret()))
            .form(&[("Ttl", ttl.as_secs().to_string())]);
        let response = request.send().await.map_err(|error| {
            let slow = error.is_timeout();
            let error = if slow { TwilioError::TimedOut } else { TwilioError::Unreachable };
            Failure { error, again: true, retry_after: None }
        })?;
        let status = response.status();
        if !status.is_success() {
            return Err(refused(status, outgoing::retry_after(response.headers(), Timestamp::now())));
        }
        let body = outgoing::body(response, ANSWER_BYTES_MAX).await.map_err(|error| Failure {
            error: if error == BodyError::TimedOut {
                TwilioError::TimedOut
            } else {
                TwilioError::Nonsense(error.to_string())
            },
            again: error != BodyError::TooLarge,
            retry_after: None,
        })?;
        let token = twilio::parse(&body).map_err(|error| Failure {
            error: TwilioError::Nonsense(error.to_string()),
            again: false,
            retry_after: None,
        })?;
        // Never longer than it was asked for: what was answered without a time is taken at our word.
        let ttl = token.ttl_s.map_or(ttl, |ttl_s| ttl.min(Duration::from_secs(ttl_s)));
        Ok(Kept { servers: token.servers, given_at, ttl })
    }

    fn keep(&self, key: String, fresh: Kept) {
        let mut kept = lock(&self.kept);
        if kept.len() >= USERS_MAX && !kept.contains_key(&key) {
            let now = Instant::now();
            kept.retain(|_, kept| kept.age(now) < FRESH_FOR);
            if kept.len() >= USERS_MAX {
                return;
            }
        }
        kept.insert(key, fresh);
    }
}

impl Kept {
    fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.given_at)
    }

    /// Whether it is given again without asking.
    fn is_fresh(&self, now: Instant, asked: Duration) -> bool {
        self.age(now) < FRESH_FOR && self.ttl >= asked
    }

    /// Whether it may stand in when Twilio fails: at least half of it is left.
    fn is_good(&self, now: Instant) -> bool {
        self.age(now) < self.ttl / 2
    }

    /// With the time that is really left.
    fn grant(&self, now: Instant) -> IceGrant {
        let left = self.ttl.saturating_sub(self.age(now));
        // Up, not down: what was asked for a moment ago is still what was asked for.
        let ttl_s = left.as_millis().div_ceil(1_000) as u64;
        IceGrant { servers: self.servers.clone(), ttl_s }
    }
}

impl TwilioError {
    /// For metrics.
    const fn name(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::Throttled => "throttled",
            Self::Failed(_) => "failed",
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed_out",
            Self::Nonsense(_) => "nonsense",
        }
    }
}

impl fmt::Debug for Twilio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Twilio").field("url", &self.url).finish_non_exhaustive()
    }
}

fn refused(status: StatusCode, retry_after: Option<Duration>) -> Failure {
    let (error, again) = match status.as_u16() {
        429 => (TwilioError::Throttled, true),
        code @ 500.. => (TwilioError::Failed(code), true),
        code @ (401 | 403 | 404) => (TwilioError::Refused(code), false),
        code => (TwilioError::Failed(code), false),
    };
    Failure { error, again, retry_after }
}

fn count(outcome: &'static str) {
    metrics::counter!("viva_twilio_requests_total", "outcome" => outcome).increment(1);
}

/// Nothing here is ever left half changed, so a poisoned lock is still good.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_tells_the_time_that_is_left_and_stands_in_for_half_of_it() {
        let given_at = Instant::now();
        let kept = Kept { servers: Vec::new(), given_at, ttl: Duration::from_secs(3_600) };
        let after = |seconds| given_at + Duration::from_secs(seconds);
        assert_eq!((kept.grant(after(0)).ttl_s, kept.grant(after(59)).ttl_s), (3_600, 3_541));
        assert!(kept.is_fresh(after(59), Duration::from_secs(3_600)));
        assert!(!kept.is_fresh(after(60), Duration::from_secs(3_600)), "it is asked for again");
        assert!(!kept.is_fresh(after(0), Duration::from_secs(3_601)), "it would end too early");
        assert!(kept.is_good(after(1_799)) && !kept.is_good(after(1_800)));
    }
}
