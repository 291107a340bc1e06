//! Configuration from the environment: a pure parse from a look-up, which reports every mistake at once.
//!
//! Start at [`Config::load`]; [`KEYS`] is the table of all names.

mod keys;
mod outcome;
mod platform;

pub use keys::{KEYS, Key};
pub use outcome::{Budgets, ChatConfig, OutcomeConfig, RetentionDays, WebhookConfig};
pub use platform::{
    ApiLimits, EmailConfig, JwksConfig, JwtAlgorithm, OpenAiConfig, RoomConfig, SmtpTls, TwilioConfig, TwilioSecret,
    VoiceConfig, VoiceConnectMode,
};

use crate::{
    domain::{ice::IceServers, load::CodecPolicy},
    ice::IcePlan,
    store::Location,
};
use secrecy::{ExposeSecret, SecretString};
use std::{
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

/// Everything that an operator can decide.
#[derive(Clone, Debug)]
pub struct Config {
    pub http: HttpConfig,
    pub access: AccessConfig,
    pub media: MediaAddresses,
    pub engine: EngineConfig,
    pub ice: IcePlan,
    pub database: Location,
    pub limits: Limits,
    pub log: LogConfig,
    /// Short-lived state: presence, codes, counters. `None`: memory.
    pub redis_url: Option<SecretString>,
    pub email: EmailConfig,
    pub rooms: RoomConfig,
    pub openai: OpenAiConfig,
    pub twilio: Option<TwilioConfig>,
    pub voice: VoiceConfig,
    pub api: ApiLimits,
    pub outcome: OutcomeConfig,
}

/// Where and how HTTP listens.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    pub host: IpAddr,
    pub port: u16,
    /// Without a trailing slash; `None` means the listening address itself.
    pub public_url: Option<String>,
    pub tls: Option<TlsFiles>,
    pub allowed_origins: AllowedOrigins,
    /// Pages in place of those in the binary.
    pub web_dir: Option<PathBuf>,
    /// Sites that may show the embedded interview.
    pub embed_origins: Vec<String>,
    /// Reverse proxies in front whose word is taken for the client's address.
    pub trusted_proxy_hops: usize,
}

/// PEM files for TLS.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    pub cert: PathBuf,
    pub key: PathBuf,
}

/// Who may call from a browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowedOrigins {
    /// `*`, without credentials.
    Any,
    /// Exactly these, with credentials.
    List(Vec<String>),
}

/// Credentials. With none of them Viva is in open mode.
#[derive(Clone, Debug)]
pub struct AccessConfig {
    pub api_keys: Vec<SecretString>,
    pub jwt_secret: Option<SecretString>,
    pub jwt_algorithm: JwtAlgorithm,
    /// How long a token of ours holds.
    pub token_lifetime: Duration,
    pub jwks: Option<JwksConfig>,
    /// Anybody may start a session.
    pub public_start: bool,
}

impl AccessConfig {
    /// No credential is configured: only the local developer is served, on loopback.
    pub fn open_mode(&self) -> bool {
        self.api_keys.is_empty() && self.jwt_secret.is_none() && self.jwks.is_none()
    }
}

/// Where media is.
#[derive(Clone, Debug)]
pub struct MediaAddresses {
    pub udp_port: u16,
    /// For networks that let no UDP through; `None`: off.
    pub tcp: Option<IceTcp>,
    /// Empty: the machine's own addresses.
    pub public_ips: Vec<IpAddr>,
}

/// The TCP port of media.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IceTcp {
    /// 0: any.
    pub port: u16,
    /// The operator chose it: Viva does not start without it.
    pub is_chosen: bool,
}

/// Which speech model speaks.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    pub choice: EngineChoice,
    pub realtime_url: String,
    pub realtime_model: String,
    pub realtime_voice: Option<String>,
    pub transcribe_model: String,
    pub beta_dialect: bool,
    pub models_dir: Option<PathBuf>,
}

/// The engine that answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineChoice {
    /// A Realtime server over a WebSocket.
    Realtime,
    /// The one in this binary.
    Builtin,
}

/// Bounds, each with a default that a 2-core machine holds.
#[derive(Clone, Debug)]
pub struct Limits {
    pub sessions_max: usize,
    pub session_duration_max: Duration,
    pub return_window: Duration,
    pub drain: Duration,
    /// A session that nobody joins is forgotten after this.
    pub connect: Duration,
    /// When new sessions are spoken with in G.711.
    pub codec: CodecPolicy,
}

/// What is logged.
#[derive(Clone, Debug)]
pub struct LogConfig {
    pub filter: String,
    pub json: bool,
}

/// What is wrong with one variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    pub name: String,
    pub problem: String,
}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.name, self.problem)
    }
}

/// Secrets that stand in somebody's example and so protect nothing.
const EXAMPLE_SECRETS: &[&str] = &[
    "your-secret-key-here",
    "your-secure-api-key-here",
    "your-secure-api-key",
    "your-api-key",
    "your_openai_api_key_here",
    "your-turn-secret",
    "changeme",
    "secret",
    "password",
];

impl Config {
    /// Reads the configuration. `lookup` answers for a variable; `read_file` for `<NAME>_FILE`.
    ///
    /// # Errors
    /// Every mistake found, not only the first.
    pub fn load(
        lookup: impl Fn(&str) -> Option<String>,
        read_file: impl Fn(&str) -> std::io::Result<String>,
    ) -> Result<Self, Vec<ConfigError>> {
        let mut reader = Reader { lookup: &lookup, read_file: &read_file, errors: Vec::new() };
        let access = reader.access();
        let http = reader.http(&access);
        let limits = reader.limits();
        let config = Self {
            media: reader.media(http.port),
            engine: reader.engine(),
            database: reader.database(),
            ice: reader.ice(limits.session_duration_max),
            limits,
            log: reader.log(),
            redis_url: reader.redis_url(),
            email: reader.email(&access),
            rooms: reader.rooms(),
            openai: reader.openai(),
            twilio: reader.twilio(),
            voice: reader.voice(),
            api: reader.api_limits(),
            outcome: reader.outcome(),
            http,
            access,
        };
        if config.voice.connect == VoiceConnectMode::Direct && config.openai.keys.is_empty() {
            reader.note("VOICE_CONNECT_MODE", "direct needs OPENAI_API_KEY or OPENAI_API_KEYS");
        }
        if reader.errors.is_empty() { Ok(config) } else { Err(reader.errors) }
    }
}

/// Collects mistakes while it reads.
struct Reader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    read_file: &'a dyn Fn(&str) -> std::io::Result<String>,
    errors: Vec<ConfigError>,
}

impl Reader<'_> {
    fn access(&mut self) -> AccessConfig {
        let api_keys = match self.secret("API_KEY") {
            Some(keys) => self.api_keys(&keys),
            None => Vec::new(),
        };
        let jwt_secret = self.secret("SECRET_KEY");
        if jwt_secret.as_ref().is_some_and(|key| key.expose_secret().len() < 32) {
            self.note("SECRET_KEY", "needs at least 32 bytes; make one with: openssl rand -base64 48");
        }
        AccessConfig {
            api_keys,
            jwt_secret,
            jwt_algorithm: self.jwt_algorithm(),
            token_lifetime: Duration::from_secs(60 * self.within("ACCESS_TOKEN_EXPIRE_MINUTES", 1, 7 * 24 * 60, 30)),
            jwks: self.jwks(),
            public_start: self.flag("VIVA_PUBLIC_START"),
        }
    }

    fn api_keys(&mut self, joined: &SecretString) -> Vec<SecretString> {
        let mut keys = Vec::new();
        for key in joined.expose_secret().split(',').map(str::trim).filter(|key| !key.is_empty()) {
            if key.len() < 8 {
                self.note("API_KEY", "a key needs at least 8 characters; make one with: openssl rand -base64 32");
            }
            self.refuse_example("API_KEY", key);
            keys.push(SecretString::from(key));
        }
        keys
    }

    fn http(&mut self, access: &AccessConfig) -> HttpConfig {
        let default_host = if access.open_mode() { Ipv4Addr::LOCALHOST } else { Ipv4Addr::UNSPECIFIED };
        let host = self.parsed("VIVA_HOST", "an IP address").unwrap_or(IpAddr::V4(default_host));
        if access.open_mode() && !host.is_loopback() {
            self.note(
                "VIVA_HOST",
                "without a credential Viva listens on loopback only; set API_KEY, SECRET_KEY or JWT_JWKS_URL first",
            );
        }
        let tls = match (self.text("VIVA_TLS_CERT"), self.text("VIVA_TLS_KEY")) {
            (Some(cert), Some(key)) => Some(TlsFiles { cert: cert.into(), key: key.into() }),
            (None, None) => None,
            (Some(_), None) => self.fail("VIVA_TLS_KEY", "must be set when VIVA_TLS_CERT is"),
            (None, Some(_)) => self.fail("VIVA_TLS_CERT", "must be set when VIVA_TLS_KEY is"),
        };
        HttpConfig {
            host,
            port: self.parsed("PORT", "a port number").unwrap_or(8000),
            public_url: self.public_url(),
            tls,
            allowed_origins: self.allowed_origins(),
            web_dir: self.text("VIVA_WEB_DIR").map(PathBuf::from),
            embed_origins: self.embed_origins(),
            trusted_proxy_hops: self.within("VIVA_TRUSTED_PROXY_HOPS", 0, 16, 0) as usize,
        }
    }

    fn public_url(&mut self) -> Option<String> {
        let url = self.text("VIVA_PUBLIC_URL")?;
        let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        if host.is_none_or(|host| host.trim_end_matches('/').is_empty() || host.contains(['?', '#', ' '])) {
            return self.fail("VIVA_PUBLIC_URL", "must be http:// or https:// with a host and nothing after the path");
        }
        Some(url.trim_end_matches('/').to_owned())
    }

    fn allowed_origins(&mut self) -> AllowedOrigins {
        let Some(text) = self.text("ALLOWED_ORIGINS").filter(|text| text != "*") else {
            return AllowedOrigins::Any;
        };
        let origins: Vec<String> = split(&text).map(|origin| origin.trim_end_matches('/').to_owned()).collect();
        if origins.iter().any(|origin| !origin.starts_with("http://") && !origin.starts_with("https://")) {
            self.note("ALLOWED_ORIGINS", "every origin starts with http:// or https://");
        }
        AllowedOrigins::List(origins)
    }

    fn embed_origins(&mut self) -> Vec<String> {
        let text = self.text("VIVA_EMBED_ORIGINS").unwrap_or_default();
        let origins: Vec<String> = split(&text).map(|origin| origin.trim_end_matches('/').to_owned()).collect();
        if origins.iter().any(|origin| !is_origin(origin)) {
            self.note("VIVA_EMBED_ORIGINS", "every origin is http:// or https:// with a host and at most a port");
        }
        origins
    }

    fn media(&mut self, port: u16) -> MediaAddresses {
        let text = self.text("VIVA_PUBLIC_IP").unwrap_or_default();
        let mut public_ips = Vec::new();
        for part in split(&text) {
            match IpAddr::from_str(part) {
                Ok(ip) if !ip.is_unspecified() && !ip.is_multicast() => {
                    let ip = ip.to_canonical();
                    if !public_ips.contains(&ip) {
                        public_ips.push(ip);
                    }
                }
                _ => self.note("VIVA_PUBLIC_IP", "must be IP addresses, comma-separated"),
            }
        }
        let udp_port = self.parsed("VIVA_UDP_PORT", "a port number").unwrap_or(port);
        MediaAddresses { udp_port, tcp: self.ice_tcp(port), public_ips }
    }

    fn ice_tcp(&mut self, port: u16) -> Option<IceTcp> {
        match self.parsed("VIVA_ICE_TCP_PORT", "a port number") {
            Some(0) => None,
            Some(chosen) if chosen == port => self.fail("VIVA_ICE_TCP_PORT", "is PORT, which has the pages already"),
            Some(chosen) => Some(IceTcp { port: chosen, is_chosen: true }),
            // Beside any port, any port.
            None if port == 0 => Some(IceTcp { port: 0, is_chosen: false }),
            None => port.checked_add(1).map(|port| IceTcp { port, is_chosen: false }),
        }
    }

    fn engine(&mut self) -> EngineConfig {
        let has_key = !self.openai_keys().is_empty();
        let url = self.text("OPENAI_REALTIME_API_URL");
        if url.as_ref().is_some_and(|url| !url.starts_with("ws://") && !url.starts_with("wss://")) {
            self.note("OPENAI_REALTIME_API_URL", "must start with ws:// or wss://");
        }
        let remote = has_key || url.is_some();
        let choice = match self.text("VIVA_ENGINE").as_deref().unwrap_or("auto") {
            "auto" if remote => EngineChoice::Realtime,
            "auto" | "builtin" => EngineChoice::Builtin,
            "openai" if remote => EngineChoice::Realtime,
            "openai" => {
                self.note("VIVA_ENGINE", "openai needs OPENAI_API_KEY or OPENAI_REALTIME_API_URL");
                EngineChoice::Realtime
            }
            _ => {
                self.note("VIVA_ENGINE", "must be auto, openai or builtin");
                EngineChoice::Builtin
            }
        };
        let beta_dialect = self.one_of("VIVA_REALTIME_DIALECT", &["ga", "beta"]) == "beta";
        EngineConfig {
            choice,
            realtime_url: url.unwrap_or_else(|| "wss://api.openai.com/v1/realtime".to_owned()),
            realtime_model: self.text("VIVA_REALTIME_MODEL").unwrap_or_else(|| "gpt-realtime-2.1".to_owned()),
            realtime_voice: self.text("VIVA_REALTIME_VOICE"),
            transcribe_model: self.text("VIVA_TRANSCRIBE_MODEL").unwrap_or_else(|| "gpt-transcribe".to_owned()),
            beta_dialect,
            models_dir: self.text("VIVA_MODELS_DIR").map(PathBuf::from),
        }
    }

    fn ice(&mut self, session_duration_max: Duration) -> IcePlan {
        let secret = self.secret("TURN_SECRET");
        let turn = self.text("TURN_SERVER").unwrap_or_default();
        let stun = self.text("VIVA_STUN_URLS").unwrap_or_default();
        if secret.is_some() == turn.is_empty() {
            self.note("TURN_SERVER", "TURN_SERVER and TURN_SECRET go together: set both or none");
        }
        match IceServers::parse(&turn, &stun) {
            Ok(servers) => IcePlan::new(servers, secret, session_duration_max),
            Err(error) => {
                let name = if IceServers::parse(&turn, "").is_err() { "TURN_SERVER" } else { "VIVA_STUN_URLS" };
                self.note(name, &error.to_string());
                IcePlan::default()
            }
        }
    }

    fn database(&mut self) -> Location {
        let url = self.text("DATABASE_URL").unwrap_or_else(|| "sqlite:///./viva.db".to_owned());
        Location::parse(&url).unwrap_or_else(|error| {
            self.note("DATABASE_URL", &error.to_string());
            Location::Sqlite(PathBuf::new())
        })
    }

    fn limits(&mut self) -> Limits {
        Limits {
            sessions_max: self.within("VIVA_SESSIONS_MAX", 1, 100_000, 200) as usize,
            session_duration_max: Duration::from_secs(60 * self.within("VIVA_SESSION_MINUTES_MAX", 1, 24 * 60, 60)),
            return_window: Duration::from_secs(self.within("VIVA_RETURN_WINDOW_SECONDS", 1, 86_400, 600)),
            drain: Duration::from_secs(self.within("VIVA_DRAIN_SECONDS", 0, 86_400, 110)),
            connect: Duration::from_secs(15 * 60),
            codec: match self.one_of("VIVA_AUDIO_CODEC", &["auto", "opus", "pcmu"]) {
                "opus" => CodecPolicy::Opus,
                "pcmu" => CodecPolicy::Pcmu,
                _ => CodecPolicy::Auto,
            },
        }
    }

    fn log(&mut self) -> LogConfig {
        LogConfig {
            filter: self.text("VIVA_LOG").unwrap_or_else(|| "info".to_owned()),
            json: self.one_of("VIVA_LOG_FORMAT", &["text", "json"]) == "json",
        }
    }

    /// A set, non-empty variable.
    fn text(&self, name: &str) -> Option<String> {
        debug_assert!(KEYS.iter().any(|key| key.name == name), "{name} is missing in KEYS");
        (self.lookup)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// A secret, from the variable or from the file that `<NAME>_FILE` names.
    fn secret(&mut self, name: &str) -> Option<SecretString> {
        let value = match (self.lookup)(&format!("{name}_FILE")).filter(|path| !path.is_empty()) {
            Some(path) => match (self.read_file)(&path) {
                Ok(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
                Err(error) => return self.fail(&format!("{name}_FILE"), &format!("cannot be read: {error}")),
            },
            None => self.text(name),
        }?;
        self.refuse_example(name, &value);
        Some(SecretString::from(value))
    }

    fn refuse_example(&mut self, name: &str, value: &str) {
        if EXAMPLE_SECRETS.contains(&value) {
            self.note(name, "is an example from the documentation; put your own secret there");
        }
    }

    fn parsed<T: FromStr>(&mut self, name: &str, what: &str) -> Option<T> {
        let text = self.text(name)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(_) => self.fail(name, &format!("must be {what}")),
        }
    }

    fn within(&mut self, name: &str, low: u64, high: u64, default: u64) -> u64 {
        match self.parsed::<u64>(name, &format!("a whole number from {low} to {high}")) {
            Some(value) if (low..=high).contains(&value) => value,
            Some(_) => self.fail(name, &format!("must be from {low} to {high}")).unwrap_or(default),
            None => default,
        }
    }

    fn one_of(&mut self, name: &str, choices: &[&'static str]) -> &'static str {
        let Some(text) = self.text(name) else { return choices[0] };
        match choices.iter().find(|choice| **choice == text) {
            Some(choice) => choice,
            None => self.fail(name, &format!("must be one of: {}", choices.join(", "))).unwrap_or(choices[0]),
        }
    }

    fn flag(&mut self, name: &str) -> bool {
        matches!(self.one_of(name, &["0", "1", "false", "true"]), "1" | "true")
    }

    fn note(&mut self, name: &str, problem: &str) {
        self.errors.push(ConfigError { name: name.to_owned(), problem: problem.to_owned() });
    }

    /// Notes a mistake; `None` stands for the value that could not be had.
    fn fail<T>(&mut self, name: &str, problem: &str) -> Option<T> {
        self.note(name, problem);
        None
    }
}

/// Scheme and authority (RFC 6454), with nothing that could end a list of them.
fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let may_stand = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']');
    host.is_some_and(|host| !host.is_empty() && host.bytes().all(may_stand))
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty())
}

/// The effective configuration as lines `NAME=value`, secrets as `***`: the output of `viva config`.
pub fn redacted(lookup: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let value = |key: &Key| match lookup(key.name).filter(|value| !value.is_empty()) {
        Some(_) if key.secret => "***".to_owned(),
        Some(value) => value,
        None if lookup(&format!("{}_FILE", key.name)).is_some() => "*** (from a file)".to_owned(),
        None => format!("({})", key.default),
    };
    KEYS.iter().map(|key| format!("{}={}", key.name, value(key))).collect()
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
