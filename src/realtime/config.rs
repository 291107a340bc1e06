//! What the bridge needs to know of a server.

use crate::{realtime::ProviderKeys, wire::realtime::dialect::Dialect};
use std::time::Duration;
use tokio_tungstenite::tungstenite::http::Uri;

/// One Realtime server: OpenAI or any that is compatible.
#[derive(Clone, Debug)]
pub struct RealtimeConfig {
    /// Name for status and metrics: `openai`, `realtime`.
    pub name: String,
    /// `ws://` or `wss://`; `model` is appended as a query unless it has one.
    pub url: String,
    /// One is sent as a bearer token; without any, no `Authorization` is sent.
    pub keys: ProviderKeys,
    /// May be empty for a server that has one model: then no query is appended.
    pub model: String,
    /// `None`: the server's default.
    pub voice: Option<String>,
    /// Model that writes down what the candidate says.
    pub transcribe_model: String,
    pub dialect: Dialect,
    /// From the first byte to `session.created`.
    pub connect_timeout: Duration,
    /// Age at which a connection is replaced as soon as nobody speaks; the service's cap is 60 minutes.
    pub recycle_after: Duration,
    /// Trouble that lasts longer is a failure.
    pub give_up_after: Duration,
    /// How long words may lag behind the end of a turn.
    pub transcription_timeout: Duration,
    /// Silence of the server, answers to pings included, after which the connection is dead. It is asked after a third.
    pub dead_after: Duration,
    /// Varies the delays between tries, so that many sessions do not return at once.
    pub seed: u64,
}

impl Default for RealtimeConfig {
    fn default() -> Self {
        Self {
            name: "openai".into(),
            url: "wss://api.openai.com/v1/realtime".into(),
            keys: ProviderKeys::default(),
            model: "gpt-realtime-2.1".into(),
            voice: None,
            transcribe_model: "gpt-transcribe".into(),
            dialect: Dialect::Ga,
            connect_timeout: Duration::from_secs(10),
            recycle_after: Duration::from_secs(50 * 60),
            give_up_after: Duration::from_secs(20),
            transcription_timeout: Duration::from_secs(10),
            dead_after: Duration::from_secs(30),
            seed: 0,
        }
    }
}

/// A configuration that cannot work.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("realtime url is not a ws:// or wss:// address")]
    Url,
    #[error("realtime key has characters that no header can carry")]
    Key,
    #[error("no trusted root certificates were found on this system, set SSL_CERT_FILE")]
    NoRoots,
    #[error("tls cannot be set up")]
    Tls(#[from] tokio_rustls::rustls::Error),
}

impl RealtimeConfig {
    /// The address to open, with the model in it.
    ///
    /// # Errors
    /// [`ConfigError::Url`]
    pub fn uri(&self) -> Result<Uri, ConfigError> {
        let uri: Uri = self.url.parse().map_err(|_| ConfigError::Url)?;
        if !matches!(uri.scheme_str(), Some("ws" | "wss")) || uri.host().is_none() {
            return Err(ConfigError::Url);
        }
        let query = uri.query().unwrap_or_default();
        let named = query.split('&').any(|pair| pair == "model" || pair.starts_with("model="));
        if named || self.model.is_empty() {
            return Ok(uri);
        }
        let base = self.url.split('#').next().unwrap_or_default();
        let joint = match (uri.query(), base.ends_with('?')) {
            (None, false) => "?",
            (None, true) | (Some(""), _) => "",
            (Some(_), _) => "&",
        };
        format!("{base}{joint}model={}", encode_query(&self.model)).parse().map_err(|_| ConfigError::Url)
    }
}

/// Percent-encodes all but RFC 3986's unreserved characters.
fn encode_query(text: &str) -> String {
    use std::fmt::Write;
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(byte as char);
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(url: &str, model: &str) -> String {
        let config = RealtimeConfig { url: url.into(), model: model.into(), ..RealtimeConfig::default() };
        config.uri().expect("valid").to_string()
    }

    #[test]
    fn the_model_is_appended_once() {
        assert_eq!(uri("wss://h/v1/realtime", "m"), "wss://h/v1/realtime?model=m");
        assert_eq!(uri("wss://h/v1/realtime?x=1", "m"), "wss://h/v1/realtime?x=1&model=m");
        assert_eq!(uri("ws://h:1/v1/realtime?model=other", "m"), "ws://h:1/v1/realtime?model=other");
        assert_eq!(uri("ws://h:1/ws", ""), "ws://h:1/ws");
        assert_eq!(uri("ws://h:1/ws", "a b/c&d"), "ws://h:1/ws?model=a%20b%2Fc%26d");
        assert_eq!(uri("ws://h:1", "m"), "ws://h:1/?model=m");
    }

    #[test]
    fn other_schemes_are_refused() {
        for url in ["https://h/v1", "h:80", "", "ws://", "/v1/realtime"] {
            let config = RealtimeConfig { url: url.into(), ..RealtimeConfig::default() };
            assert!(config.uri().is_err(), "{url}");
        }
    }
}
