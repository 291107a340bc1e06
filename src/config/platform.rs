//! Configuration of the platform around interviews: identities, mail, rooms, providers, limits.

use super::Reader;
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

/// Algorithm of our own bearer tokens (RFC 7518, section 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JwtAlgorithm {
    Hs256,
    Hs384,
    Hs512,
}

/// An identity provider whose tokens are taken.
#[derive(Clone, Debug)]
pub struct JwksConfig {
    pub url: String,
    pub issuer: String,
    pub audience: String,
}

/// Where mail goes.
#[derive(Clone, Debug)]
pub struct EmailConfig {
    /// `None`: the outbox in open mode; otherwise sign-in by mail is off.
    pub server: Option<String>,
    pub port: u16,
    pub tls: SmtpTls,
    /// Sender, and user name where there is a password.
    pub user: String,
    pub password: Option<SecretString>,
}

/// How a mail server is spoken to. Port 465 is TLS from the first byte whatever this says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpTls {
    /// STARTTLS when the server offers it.
    Auto,
    /// STARTTLS or nothing.
    Required,
    None,
}

/// What holds for a room whose creator does not say.
#[derive(Clone, Copy, Debug)]
pub struct RoomConfig {
    pub ttl: Duration,
    pub participants_max: u32,
}

/// OpenAI's REST API.
#[derive(Clone, Debug)]
pub struct OpenAiConfig {
    /// Used in turn, in this order; empty means none.
    pub keys: Vec<SecretString>,
    /// Without a trailing slash.
    pub base_url: String,
}

/// A Twilio account whose TURN servers are used.
#[derive(Clone, Debug)]
pub struct TwilioConfig {
    pub account_sid: String,
    pub secret: TwilioSecret,
    /// Without a trailing slash.
    pub api_url: String,
}

/// What signs requests to Twilio (HTTP basic authentication).
#[derive(Clone, Debug)]
pub enum TwilioSecret {
    AuthToken(SecretString),
    ApiKey { key: String, secret: SecretString },
}

/// The voice contract.
#[derive(Clone, Copy, Debug)]
pub struct VoiceConfig {
    pub connect: VoiceConnectMode,
    /// Refuse clients of the beta dialect.
    pub reject_beta: bool,
}

/// What `POST /api/voice/connect` hands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoiceConnectMode {
    /// A URL of Viva's own relay.
    Relay,
    /// The provider's URL and a short-lived key.
    Direct,
}

/// Bounds of the API.
#[derive(Clone, Copy, Debug)]
pub struct ApiLimits {
    pub requests_per_minute: u32,
    pub starts_per_minute: u32,
    pub voice_connects_per_minute: u32,
    pub sockets_max: usize,
}

impl Reader<'_> {
    pub(super) fn jwt_algorithm(&mut self) -> JwtAlgorithm {
        match self.one_of("ALGORITHM", &["HS256", "HS384", "HS512"]) {
            "HS384" => JwtAlgorithm::Hs384,
            "HS512" => JwtAlgorithm::Hs512,
            _ => JwtAlgorithm::Hs256,
        }
    }

    pub(super) fn jwks(&mut self) -> Option<JwksConfig> {
        let names = ["JWT_JWKS_URL", "JWT_ISSUER", "JWT_AUDIENCE"];
        let values = names.map(|name| self.text(name));
        if values.iter().all(Option::is_none) {
            return None;
        }
        for (name, value) in names.iter().zip(&values) {
            if value.is_none() {
                self.note(name, "JWT_JWKS_URL, JWT_ISSUER and JWT_AUDIENCE go together: set all or none");
            }
        }
        let [Some(url), Some(issuer), Some(audience)] = values else { return None };
        if !is_http(&url) {
            return self.fail("JWT_JWKS_URL", "must start with https:// (or http:// for a local one)");
        }
        Some(JwksConfig { url, issuer, audience })
    }

    pub(super) fn redis_url(&mut self) -> Option<SecretString> {
        let url = self.text("REDIS_URL").filter(|url| url != "memory")?;
        let known = ["redis://", "rediss://", "unix://", "redis+unix://"];
        if !known.iter().any(|scheme| url.starts_with(scheme)) {
            return self.fail("REDIS_URL", "must start with redis:// or rediss://");
        }
        Some(SecretString::from(url))
    }

    pub(super) fn email(&mut self, access: &super::AccessConfig) -> EmailConfig {
        let server = self.text("SMTP_SERVER").filter(|server| server != "outbox");
        let tls = match self.one_of("VIVA_SMTP_TLS", &["auto", "required", "none"]) {
            "required" => SmtpTls::Required,
            "none" => SmtpTls::None,
            _ => SmtpTls::Auto,
        };
        // The contract's example stands for no password where nothing real can be signed in to.
        let password = self.text_or_file("EMAIL_PASSWORD");
        if password.is_some() && server.is_none() && !access.open_mode() {
            self.note("SMTP_SERVER", "must be set when EMAIL_PASSWORD is");
        }
        EmailConfig {
            server,
            port: self.parsed("SMTP_PORT", "a port number").unwrap_or(1025),
            tls,
            user: self.text("EMAIL_USER").unwrap_or_else(|| "test@example.com".to_owned()),
            password: password.map(SecretString::from),
        }
    }

    pub(super) fn rooms(&mut self) -> RoomConfig {
        RoomConfig {
            ttl: Duration::from_secs(3_600 * self.within("ROOM_TTL_HOURS", 1, 168, 24)),
            participants_max: self.within("MAX_PARTICIPANTS_PER_ROOM", 2, 100, 50) as u32,
        }
    }

    pub(super) fn openai(&mut self) -> OpenAiConfig {
        OpenAiConfig {
            keys: self.openai_keys(),
            base_url: self.rest_url("OPENAI_BASE_URL", "https://api.openai.com/v1"),
        }
    }

    /// The ring of keys: `OPENAI_API_KEYS`, or `OPENAI_API_KEY` as a ring of one.
    pub(super) fn openai_keys(&mut self) -> Vec<SecretString> {
        let own = |joined: SecretString| -> Vec<SecretString> {
            super::split(joined.expose_secret()).map(SecretString::from).collect()
        };
        match self.secret("OPENAI_API_KEYS") {
            Some(joined) => own(joined),
            None => self.secret("OPENAI_API_KEY").into_iter().collect(),
        }
    }

    pub(super) fn twilio(&mut self) -> Option<TwilioConfig> {
        let account = self.text("TWILIO_ACCOUNT_SID");
        let token = self.secret("TWILIO_AUTH_TOKEN");
        let key = self.text("TWILIO_API_KEY");
        let key_secret = self.secret("TWILIO_API_SECRET");
        if key.is_some() != key_secret.is_some() {
            self.note("TWILIO_API_SECRET", "TWILIO_API_KEY and TWILIO_API_SECRET go together: set both or none");
        }
        let secret = match (key, key_secret, token) {
            (Some(key), Some(secret), _) => Some(TwilioSecret::ApiKey { key, secret }),
            (_, _, Some(token)) => Some(TwilioSecret::AuthToken(token)),
            _ => None,
        };
        let api_url = self.rest_url("TWILIO_API_URL", "https://api.twilio.com");
        match (account, secret) {
            (Some(account_sid), Some(secret)) => Some(TwilioConfig { account_sid, secret, api_url }),
            (None, None) => None,
            (Some(_), None) => {
                self.fail("TWILIO_AUTH_TOKEN", "must be set with TWILIO_ACCOUNT_SID, or an API key and its secret")
            }
            (None, Some(_)) => self.fail("TWILIO_ACCOUNT_SID", "must be set with Twilio's token or API key"),
        }
    }

    pub(super) fn voice(&mut self) -> VoiceConfig {
        let connect = match self.one_of("VOICE_CONNECT_MODE", &["relay", "direct"]) {
            "direct" => VoiceConnectMode::Direct,
            _ => VoiceConnectMode::Relay,
        };
        VoiceConfig { connect, reject_beta: self.flag("VIVA_REJECT_BETA") }
    }

    pub(super) fn api_limits(&mut self) -> ApiLimits {
        ApiLimits {
            requests_per_minute: self.within("VIVA_REQUESTS_PER_MINUTE", 1, 100_000_000, 1_200) as u32,
            starts_per_minute: self.within("VIVA_STARTS_PER_MINUTE", 1, 1_000_000, 60) as u32,
            voice_connects_per_minute: self.within("VIVA_VOICE_CONNECTS_PER_MINUTE", 1, 1_000_000, 30) as u32,
            sockets_max: self.within("VIVA_SOCKETS_MAX", 1, 1_000_000, 10_000) as usize,
        }
    }

    fn rest_url(&mut self, name: &str, default: &str) -> String {
        let url = self.text(name).unwrap_or_else(|| default.to_owned());
        if !is_http(&url) {
            self.note(name, "must start with https:// or http://");
        }
        url.trim_end_matches('/').to_owned()
    }

    /// A secret that may be an example of the documentation.
    fn text_or_file(&mut self, name: &str) -> Option<String> {
        match (self.lookup)(&format!("{name}_FILE")).filter(|path| !path.is_empty()) {
            Some(path) => match (self.read_file)(&path) {
                Ok(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
                Err(error) => self.fail(&format!("{name}_FILE"), &format!("cannot be read: {error}")),
            },
            None => self.text(name),
        }
    }
}

pub(super) fn is_http(url: &str) -> bool {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    host.is_some_and(|host| !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_graphic()))
}
