//! Every environment variable that Viva reads: the one table behind parsing, `viva config` and the README.

/// One environment variable.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    pub name: &'static str,
    /// What holds when it is unset, in words or as a value.
    pub default: &'static str,
    pub meaning: &'static str,
    /// Never printed; `<name>_FILE` may name a file that holds it.
    pub secret: bool,
}

const fn key(name: &'static str, default: &'static str, meaning: &'static str) -> Key {
    Key { name, default, meaning, secret: false }
}

const fn secret(name: &'static str, meaning: &'static str) -> Key {
    Key { name, default: "unset", meaning, secret: true }
}

/// All of them, in the order in which a reader meets them.
pub const KEYS: &[Key] = &[
    key("PORT", "8000", "TCP port of the pages and the API"),
    key("VIVA_HOST", "127.0.0.1 in open mode, else 0.0.0.0", "address to listen on"),
    key("VIVA_UDP_PORT", "= PORT", "UDP port of all media"),
    key("VIVA_PUBLIC_IP", "the machine's addresses", "addresses announced for media, comma-separated, IPv4 and IPv6"),
    key("VIVA_PUBLIC_URL", "http://HOST:PORT", "external address, for links and the Host and Origin checks"),
    key("VIVA_TLS_CERT", "unset", "PEM file with the certificate chain; with VIVA_TLS_KEY, Viva listens with TLS"),
    key("VIVA_TLS_KEY", "unset", "PEM file with the private key"),
    key("ALLOWED_ORIGINS", "*", "origins that may call the API from a browser, comma-separated"),
    secret("API_KEY", "platform keys for X-API-Key, comma-separated so that they can rotate"),
    secret("SECRET_KEY", "key of HS256 bearer tokens, at least 32 bytes; unset switches user tokens off"),
    key("DATABASE_URL", "sqlite:///./viva.db", "where sessions and transcripts are kept (SQLite)"),
    key("VIVA_ENGINE", "auto", "auto, openai or builtin; auto uses a Realtime server when a key or URL is set"),
    secret("OPENAI_API_KEY", "key for the Realtime API"),
    key("OPENAI_REALTIME_API_URL", "wss://api.openai.com/v1/realtime", "Realtime server, OpenAI's or a compatible one"),
    key("VIVA_REALTIME_MODEL", "gpt-realtime-2.1", "model asked of the Realtime server"),
    key("VIVA_REALTIME_VOICE", "the server's default", "voice asked of the Realtime server"),
    key("VIVA_TRANSCRIBE_MODEL", "gpt-transcribe", "model that transcribes the candidate at the Realtime server"),
    key("VIVA_REALTIME_DIALECT", "ga", "ga, or beta for older compatible servers"),
    key("VIVA_MODELS_DIR", "inside the binary", "directory that overrides the embedded speech models"),
    secret("TURN_SECRET", "shared secret of coturn's use-auth-secret"),
    key("TURN_SERVER", "unset", "TURN server: host, host:port or URIs, comma-separated"),
    key("VIVA_STUN_URLS", "none", "STUN URIs given to browsers, comma-separated"),
    key("VIVA_DRAIN_SECONDS", "110", "after SIGTERM, how long live interviews may go on"),
    key("VIVA_SESSIONS_MAX", "200", "interviews at the same time; more are answered 503"),
    key("VIVA_SESSION_MINUTES_MAX", "60", "longest interview, whatever its own limit says"),
    key("VIVA_RETURN_WINDOW_SECONDS", "600", "how long a lost candidate may come back"),
    key("VIVA_LOG", "info", "log filter (tracing's syntax)"),
    key("VIVA_LOG_FORMAT", "text", "text or json"),
];
