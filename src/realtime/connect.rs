//! Opening the socket: TCP, TLS, the WebSocket upgrade.

use crate::{
    domain::key_ring::Outcome,
    outgoing,
    realtime::{
        ConfigError, KeyInUse, ProviderKeys, RealtimeConfig,
        failure::{self, Ending},
    },
    wire::realtime::dialect::Dialect,
};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use std::{io, sync::Arc};
use tokio::net::TcpStream;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};
use tokio_tungstenite::{
    Connector, MaybeTlsStream, WebSocketStream, client_async_tls_with_config,
    tungstenite::{
        Error,
        client::IntoClientRequest,
        handshake::client::Request,
        http::{HeaderValue, Uri, header::AUTHORIZATION},
        protocol::WebSocketConfig,
    },
};

/// Largest message taken: a whole spoken minute in one delta is 4 MiB.
const MESSAGE_MAX_BYTES: usize = 16 << 20;
/// Read buffer of a connection; a delta of 100 ms is 7 KiB. A longer one makes it grow by its own length, or to twice
/// its size where that is more.
const READ_BUFFER_BYTES: usize = 8 << 10;
/// Bytes that wait in the socket's own buffer: one append of 200 ms is 13 KiB.
const WRITE_BUFFER_MAX_BYTES: usize = 1 << 20;

/// An open WebSocket.
pub type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Everything that stays the same from one connection to the next.
pub struct Connect {
    /// Without a key.
    request: Request,
    keys: ProviderKeys,
    host: String,
    port: u16,
    connector: Connector,
}

impl Connect {
    /// # Errors
    /// [`ConfigError`]
    pub fn new(config: &RealtimeConfig) -> Result<Self, ConfigError> {
        let uri = config.uri()?;
        let secure = uri.scheme_str() == Some("wss");
        // An IPv6 address has brackets in a URL and none in a socket address.
        let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let connector = if secure { Connector::Rustls(Arc::new(tls()?)) } else { Connector::Plain };
        for key in config.keys.secrets() {
            bearer(key)?;
        }
        Ok(Self { request: request(config, uri)?, keys: config.keys.clone(), host, port, connector })
    }

    /// Opens a connection with the next key of the ring; gives both.
    ///
    /// # Errors
    /// What the failure means for the session.
    pub async fn open(&self) -> Result<(Socket, Option<KeyInUse>), Ending> {
        let key = self.keys.pick().map_err(|_| Ending::Broken("no provider key can be used".into()))?;
        let mut request = self.request.clone();
        if let Some(key) = &key {
            let value = bearer(&key.secret).map_err(|error| Ending::Fatal(error.to_string()))?;
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        let broken = |error: io::Error| Ending::Broken(format!("connect: {}", error.kind()));
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await.map_err(broken)?;
        stream.set_nodelay(true).map_err(broken)?;
        let limits = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            // Each message is written at once; the outbox is the queue.
            .write_buffer_size(0)
            .max_write_buffer_size(WRITE_BUFFER_MAX_BYTES)
            .max_message_size(Some(MESSAGE_MAX_BYTES))
            .max_frame_size(Some(MESSAGE_MAX_BYTES));
        let connector = Some(self.connector.clone());
        match client_async_tls_with_config(request, stream, Some(limits), connector).await {
            Ok((socket, _)) => Ok((socket, key)),
            Err(Error::Http(response)) => {
                let ending = failure::on_status(response.status().as_u16());
                let throttled = (response.status().as_u16() == 429).then(|| {
                    let wait = outgoing::retry_after(response.headers(), Timestamp::now());
                    Outcome::Throttled { retry_after_ms: wait.map(|wait| wait.as_millis() as u64) }
                });
                Err(self.judge(key.as_ref(), ending, throttled))
            }
            Err(error) => Err(Ending::Broken(format!("upgrade: {}", describe(&error)))),
        }
    }
}

impl Connect {
    /// What an ending says about the key that was used. When it is the key's fault and another one is left, the
    /// connection is merely broken: the next try takes that one.
    pub fn judge(&self, key: Option<&KeyInUse>, ending: Ending, known: Option<Outcome>) -> Ending {
        let Some(key) = key else { return ending };
        let Some(outcome) = known.or_else(|| failure::blames_key(&ending)) else { return ending };
        self.keys.report(key, outcome);
        match ending {
            Ending::Fatal(reason) if self.keys.usable() > 0 => Ending::Broken(reason),
            other => other,
        }
    }

    /// The server took the key.
    pub fn accepted(&self, key: &KeyInUse) {
        self.keys.report(key, Outcome::Accepted);
    }
}

/// What went wrong, in words that hold nothing of what was said.
pub fn describe(error: &Error) -> String {
    match error {
        Error::Io(error) => format!("io: {}", error.kind()),
        Error::Capacity(_) => "message too long".into(),
        Error::Protocol(error) => format!("protocol: {error}"),
        Error::Tls(_) => "tls".into(),
        Error::Utf8(_) => "text is not utf-8".into(),
        Error::Http(response) => format!("http {}", response.status().as_u16()),
        Error::WriteBufferFull(_) => "the server does not read".into(),
        _ => "websocket".into(),
    }
}

fn request(config: &RealtimeConfig, uri: Uri) -> Result<Request, ConfigError> {
    let mut request = uri.into_client_request().map_err(|_| ConfigError::Url)?;
    if config.dialect == Dialect::Beta {
        request.headers_mut().insert("OpenAI-Beta", HeaderValue::from_static("realtime=v1"));
    }
    Ok(request)
}

/// A key as the header carries it.
fn bearer(key: &SecretString) -> Result<HeaderValue, ConfigError> {
    let bearer = format!("Bearer {}", key.expose_secret());
    let mut value = HeaderValue::try_from(bearer).map_err(|_| ConfigError::Key)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Trusts the system's roots, or those of `SSL_CERT_FILE`.
fn tls() -> Result<ClientConfig, ConfigError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err(ConfigError::NoRoots);
    }
    Ok(ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}
