//! When a delivery is tried again, and when it is given up.

use std::time::Duration;

/// Waits after each failure, in seconds (Standard Webhooks' example schedule); the last of them ends a delivery that
/// took three days.
const WAITS_S: [u64; 9] = [5, 5 * 60, 30 * 60, 2 * 3_600, 5 * 3_600, 10 * 3_600, 14 * 3_600, 20 * 3_600, 24 * 3_600];
/// Tries of one delivery, until it is replayed.
pub const TRIES_MAX: u32 = WAITS_S.len() as u32 + 1;
/// The most that a wait grows by, so that what failed together does not come back together: a fifth.
const JITTER_PER_MILLE: u64 = 200;
/// The longest that an endpoint may ask to be left alone.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 3_600);
/// An endpoint that took nothing for so long is switched off.
pub const FAILING_MAX: Duration = Duration::from_secs(5 * 24 * 3_600);
/// How long the old secret signs beside the new one.
pub const ROTATION: Duration = Duration::from_secs(24 * 3_600);

/// Why a try failed, as the delivery log shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TryError {
    /// The name was not resolved.
    Dns,
    /// It leads where nothing is delivered to.
    ForbiddenAddress,
    /// No connection.
    Connect,
    /// A connection, and no trust in who answered.
    Tls,
    /// No answer in time.
    Timeout,
    /// The connection ended before an answer, or the answer was none.
    Closed,
    /// An answer of 300 to 399: nobody but the owner says where deliveries go.
    Redirect,
    /// Another answer that is no success.
    Status,
    /// 410: nothing more is wanted.
    Gone,
    /// It cannot be signed: its secret is not there any more.
    Unsigned,
}

impl TryError {
    pub const ALL: [Self; 10] = [
        Self::Dns,
        Self::ForbiddenAddress,
        Self::Connect,
        Self::Tls,
        Self::Timeout,
        Self::Closed,
        Self::Redirect,
        Self::Status,
        Self::Gone,
        Self::Unsigned,
    ];

    /// The public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::ForbiddenAddress => "forbidden_address",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Closed => "closed",
            Self::Redirect => "redirect",
            Self::Status => "http_status",
            Self::Gone => "gone",
            Self::Unsigned => "unsigned",
        }
    }
}

/// What came of one try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// `None`: it was taken.
    pub error: Option<TryError>,
    /// The answer's status, if there was one.
    pub http_status: Option<u16>,
    /// What the endpoint asked for.
    pub retry_after: Option<Duration>,
}

impl Outcome {
    /// The outcome of an answer: only 200 to 299 is a success.
    pub const fn of_status(status: u16, retry_after: Option<Duration>) -> Self {
        let error = match status {
            200..=299 => None,
            300..=399 => Some(TryError::Redirect),
            410 => Some(TryError::Gone),
            _ => Some(TryError::Status),
        };
        Self { error, http_status: Some(status), retry_after }
    }

    /// A try without an answer.
    pub const fn failed(error: TryError) -> Self {
        Self { error: Some(error), http_status: None, retry_after: None }
    }
}

/// What follows from a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Delivered,
    Again(Duration),
    /// That was the last try.
    GiveUp,
    /// The endpoint wants nothing more.
    SwitchOff,
}

/// What follows from try number `tries` (from 1). `is_test`: somebody waits for the result, so there is one try.
pub fn after_try(outcome: &Outcome, tries: u32, is_test: bool, seed: u64) -> Step {
    match outcome.error {
        None => Step::Delivered,
        Some(TryError::Gone) => Step::SwitchOff,
        Some(_) if is_test => Step::GiveUp,
        Some(_) => wait_after(tries, seed, outcome.retry_after).map_or(Step::GiveUp, Step::Again),
    }
}

/// The wait after failure number `failures` (from 1), never shorter than the schedule's and than `retry_after`, within
/// [`RETRY_AFTER_MAX`]. `None`: no further try.
pub fn wait_after(failures: u32, seed: u64, retry_after: Option<Duration>) -> Option<Duration> {
    let at = usize::try_from(failures.checked_sub(1)?).ok()?;
    let wait_ms = WAITS_S.get(at)? * 1_000;
    let jitter_ms = wait_ms * (seed % (JITTER_PER_MILLE + 1)) / 1_000;
    let wait = Duration::from_millis(wait_ms + jitter_ms);
    Some(wait.max(retry_after.unwrap_or_default().min(RETRY_AFTER_MAX)))
}
