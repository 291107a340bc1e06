//! Requests that Viva makes of other services: one way to build a client, and answers read within bounds.

use jiff::{Timestamp, fmt::rfc2822};
use reqwest::{Client, Response, header::HeaderMap, redirect::Policy};
use std::time::Duration;

/// From the name to an open connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Idle connections to one service.
const IDLE_MAX: usize = 8;

/// Why an answer cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    #[error("the answer is larger than expected")]
    TooLarge,
    #[error("the answer broke off")]
    Broken,
    #[error("the answer took too long")]
    TimedOut,
}

/// A client for one service. It follows no redirect: nobody but the operator says where credentials are sent.
///
/// # Errors
/// When the system has no trusted roots.
pub fn client(timeout: Duration) -> Result<Client, reqwest::Error> {
    // Another part of the process may have installed it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .timeout(timeout)
        .connect_timeout(CONNECT_TIMEOUT.min(timeout))
        .redirect(Policy::none())
        .pool_max_idle_per_host(IDLE_MAX)
        .build()
}

/// The body, if it has at most `bytes_max` bytes.
///
/// # Errors
/// [`BodyError`]; what came so far is dropped.
pub async fn body(mut response: Response, bytes_max: usize) -> Result<Vec<u8>, BodyError> {
    if response.content_length().is_some_and(|bytes| bytes > bytes_max as u64) {
        return Err(BodyError::TooLarge);
    }
    let mut body = Vec::new();
    loop {
        let chunk = response.chunk().await;
        match chunk.map_err(|error| if error.is_timeout() { BodyError::TimedOut } else { BodyError::Broken })? {
            Some(chunk) if body.len() + chunk.len() > bytes_max => return Err(BodyError::TooLarge),
            Some(chunk) => body.extend_from_slice(&chunk),
            None => return Ok(body),
        }
    }
}

/// `Retry-After` (RFC 9110 section 10.2.3), in seconds or as a date; `retry-after-ms` where OpenAI sends it.
pub fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    if let Some(ms) = text("retry-after-ms").and_then(|ms| ms.parse().ok()) {
        return Some(Duration::from_millis(ms));
    }
    let value = text("retry-after")?;
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = rfc2822::parse(value).ok()?.timestamp();
    Some(Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    fn read(name: &'static str, value: &'static str) -> Option<Duration> {
        let now = Timestamp::from_second(784_111_777).expect("a time");
        retry_after(&HeaderMap::from_iter([(name.parse().expect("a name"), HeaderValue::from_static(value))]), now)
    }

    #[test]
    fn retry_after_is_seconds_a_date_or_milliseconds() {
        assert_eq!(read("retry-after", " 120"), Some(Duration::from_secs(120)));
        // 784111777 is the moment of RFC 9110's own example.
        assert_eq!(read("retry-after", "Sun, 06 Nov 1994 08:50:37 GMT"), Some(Duration::from_secs(60)));
        assert_eq!(read("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(read("retry-after-ms", "250"), Some(Duration::from_millis(250)));
        for nonsense in ["", "-1", "soon", "1e9", "99999999999999999999999"] {
            assert_eq!(read("retry-after", nonsense), None, "{nonsense}");
        }
    }
}
