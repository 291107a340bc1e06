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
    key("VIVA_ICE_TCP_PORT", "= PORT + 1", "TCP port of media for networks without UDP (ICE-TCP); 0 switches it off"),
    key("VIVA_PUBLIC_IP", "the machine's addresses", "addresses announced for media, comma-separated, IPv4 and IPv6"),
    key("VIVA_PUBLIC_URL", "http://HOST:PORT", "external address, for links and the Host and Origin checks"),
    key("VIVA_TLS_CERT", "unset", "PEM file with the certificate chain; with VIVA_TLS_KEY, Viva listens with TLS"),
    key("VIVA_TLS_KEY", "unset", "PEM file with the private key"),
    key("ALLOWED_ORIGINS", "*", "origins that may call the API from a browser, comma-separated"),
    secret("API_KEY", "platform keys for X-API-Key, comma-separated so that they can rotate"),
    secret("SECRET_KEY", "key of bearer tokens and of sign-in, at least 32 bytes; unset switches both off"),
    key("ALGORITHM", "HS256", "algorithm of our own bearer tokens: HS256, HS384 or HS512"),
    key("ACCESS_TOKEN_EXPIRE_MINUTES", "30", "how long our own bearer tokens hold"),
    key("JWT_JWKS_URL", "unset", "JWK Set of an identity provider whose bearer tokens are taken too"),
    key("JWT_ISSUER", "unset", "required iss of those tokens; must be set with JWT_JWKS_URL"),
    key("JWT_AUDIENCE", "unset", "required aud of those tokens; must be set with JWT_JWKS_URL"),
    key("VIVA_PUBLIC_START", "0", "1 lets anybody start a session; its id is then the capability for it"),
    key("VIVA_TRUSTED_PROXY_HOPS", "0", "how many reverse proxies in front may be believed (X-Forwarded-For)"),
    key("DATABASE_URL", "sqlite:///./viva.db", "where everything is kept: a SQLite file, or postgresql://…"),
    key("REDIS_URL", "memory", "redis://… for short-lived state; without it, or when it does not answer, memory"),
    key("SMTP_SERVER", "outbox", "host that takes mail; unset in open mode, mails go to the log and GET /dev/outbox"),
    key("SMTP_PORT", "1025", "its port; 465 speaks TLS at once"),
    key("VIVA_SMTP_TLS", "auto", "auto (STARTTLS when offered; needed with a password), required or none"),
    key("EMAIL_USER", "test@example.com", "sender of mails, and user at the mail server"),
    secret("EMAIL_PASSWORD", "password at the mail server; unset sends without signing in"),
    key("ROOM_TTL_HOURS", "24", "life of a room when its creator does not say"),
    key("MAX_PARTICIPANTS_PER_ROOM", "50", "places in a room when its creator does not say"),
    key("VIVA_ENGINE", "auto", "auto, openai or builtin; auto uses a Realtime server when a key or URL is set"),
    secret("OPENAI_API_KEY", "key for the Realtime API"),
    secret("OPENAI_API_KEYS", "several keys, comma-separated: a ring that skips refused and throttled ones"),
    key("OPENAI_BASE_URL", "https://api.openai.com/v1", "OpenAI's REST API, or a compatible one"),
    key("OPENAI_REALTIME_API_URL", "wss://api.openai.com/v1/realtime", "Realtime server, OpenAI's or a compatible one"),
    key("VIVA_REALTIME_MODEL", "gpt-realtime-2.1", "model asked of the Realtime server"),
    key("VIVA_REALTIME_VOICE", "the server's default", "voice asked of the Realtime server"),
    key("VIVA_TRANSCRIBE_MODEL", "gpt-transcribe", "model that transcribes the candidate at the Realtime server"),
    key("VIVA_REALTIME_DIALECT", "ga", "ga, or beta for older compatible servers"),
    key(
        "VOICE_CONNECT_MODE",
        "relay",
        "relay, or direct to give voice clients the provider's URL and a short-lived key",
    ),
    key("VIVA_REJECT_BETA", "0", "1 refuses beta clients on /v1/realtime as OpenAI does"),
    key("VIVA_MODELS_DIR", "inside the binary", "directory that overrides the embedded speech models"),
    key("VIVA_CHAT_URL", "unset", "chat endpoint (OpenAI-compatible) that phrases follow-ups and proposes scores"),
    key("VIVA_CHAT_MODEL", "unset", "its model; must be set with VIVA_CHAT_URL"),
    secret("VIVA_CHAT_KEY", "its key"),
    key("VIVA_EVALUATION", "auto", "auto (scores are proposed when something can) or off"),
    key(
        "VIVA_EVALUATION_MODEL",
        "VIVA_CHAT_MODEL",
        "model that proposes scores; without VIVA_CHAT_URL, one of OpenAI's",
    ),
    key("VIVA_DATA_DIR", "./viva-data", "directory of recordings"),
    key("VIVA_RETENTION_AUDIO_DAYS", "30", "recordings are deleted this long after the end"),
    key("VIVA_RETENTION_TRANSCRIPT_DAYS", "180", "the same for transcripts"),
    key("VIVA_RETENTION_SCORES_DAYS", "730", "the same for scores"),
    key("VIVA_WEBHOOK_URL", "unset", "address that is told of every session, beside those made over the API"),
    secret("VIVA_WEBHOOK_SECRET", "key that signs for it (Standard Webhooks, whsec_…)"),
    key("VIVA_WEBHOOK_ALLOW", "none", "inner IP addresses that webhooks may go to all the same, comma-separated"),
    key("VIVA_PRICES", "inside the binary", "price file that replaces the embedded one"),
    key("VIVA_BUDGET_SESSION_USD", "unset", "an interview that has cost this much ends politely"),
    key("VIVA_BUDGET_DAY_USD", "unset", "when a day's interviews have cost this much, they end and none begins"),
    secret("TURN_SECRET", "shared secret of coturn's use-auth-secret"),
    key("TURN_SERVER", "unset", "TURN server: host, host:port or URIs, comma-separated"),
    key("VIVA_STUN_URLS", "none", "STUN URIs given to browsers, comma-separated"),
    key("TWILIO_ACCOUNT_SID", "unset", "Twilio account whose TURN servers are used"),
    secret("TWILIO_AUTH_TOKEN", "its token"),
    key("TWILIO_API_KEY", "unset", "API key instead of the account's token"),
    secret("TWILIO_API_SECRET", "secret of that API key"),
    key("TWILIO_API_URL", "https://api.twilio.com", "where Twilio's REST API is"),
    key("VIVA_DRAIN_SECONDS", "110", "after SIGTERM, how long live interviews may go on"),
    key("VIVA_SESSIONS_MAX", "200", "interviews at the same time; more are answered 503"),
    key(
        "VIVA_AUDIO_CODEC",
        "auto",
        "opus, pcmu (G.711 with every browser), or auto: G.711 for new sessions when overloaded",
    ),
    key("VIVA_SESSION_MINUTES_MAX", "60", "longest interview, whatever its own limit says"),
    key("VIVA_RETURN_WINDOW_SECONDS", "600", "how long a lost candidate may come back"),
    key("VIVA_REQUESTS_PER_MINUTE", "1200", "API requests of one caller in a minute"),
    key("VIVA_STARTS_PER_MINUTE", "60", "sessions that one address may start in a minute without an account"),
    key("VIVA_VOICE_CONNECTS_PER_MINUTE", "30", "voice connections of one user in a minute"),
    key("VIVA_SOCKETS_MAX", "10000", "WebSockets at the same time; more are answered 503"),
    key("VIVA_WEB_DIR", "inside the binary", "directory whose files are served as the pages instead"),
    key("VIVA_EMBED_ORIGINS", "none", "sites that may show an interview in a frame, comma-separated origins"),
    key("VIVA_LOG", "info", "log filter (tracing's syntax)"),
    key("VIVA_LOG_FORMAT", "text", "text or json"),
];
