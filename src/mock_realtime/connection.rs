//! The mock server's sockets: accepting, upgrading, pumping, and keeping a record for tests.

use super::{
    MockConfig,
    script::FaultAction,
    session::{Output, Session, endless},
};
use crate::wire::realtime::{ClientEvent, ClientMessage, audio, dialect::Dialect};
use futures_util::{FutureExt, SinkExt, StreamExt};
use std::{
    future::pending,
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{broadcast, watch},
    time::{Instant, interval_at, sleep, sleep_until},
};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async_with_config,
    tungstenite::{
        Error, Message,
        handshake::server::{ErrorResponse, Request, Response},
        http::{HeaderMap, HeaderValue, StatusCode, header::AUTHORIZATION},
        protocol::{CloseFrame, WebSocketConfig, frame::coding::CloseCode},
    },
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// What the service takes in one event: 15 MiB of audio and its wrapping.
const MESSAGE_MAX_BYTES: usize = 24 << 20;
const READ_BUFFER_BYTES: usize = 16 << 10;
/// Connections at once.
const CONNECTIONS_MAX: usize = 4_096;
const UPGRADE_WITHIN: Duration = Duration::from_secs(10);

/// Something that a server received.
#[derive(Clone, Debug)]
pub enum Received {
    /// A connection was opened: its number from 1, path with query, and headers.
    Opened {
        connection: u32,
        target: String,
        headers: HeaderMap,
    },
    Event {
        connection: u32,
        message: ClientMessage,
    },
    /// An `input_audio_buffer.append`, without its audio.
    Audio {
        connection: u32,
        samples: usize,
    },
    /// The connection is over.
    Closed {
        connection: u32,
    },
}

/// Something that a test makes happen on every open connection.
#[derive(Clone, Debug)]
pub enum Inject {
    Text(String),
    Close {
        code: u16,
        reason: String,
    },
    /// Breaks the connection.
    Drop,
}

/// A mock server. Clones are the same server.
#[derive(Clone)]
pub struct MockServer {
    shared: Arc<Shared>,
}

struct Shared {
    config: MockConfig,
    cancel: CancellationToken,
    tasks: TaskTracker,
    connections: AtomicU32,
    endless: Arc<[String]>,
    inject: broadcast::Sender<Inject>,
    /// `None` keeps nothing.
    record: Option<Mutex<Vec<Received>>>,
    /// Grows with the record.
    recorded: watch::Sender<usize>,
}

impl MockServer {
    /// A server that keeps what it receives.
    pub fn new(config: MockConfig) -> Self {
        Self::build(config, CancellationToken::new(), Some(Mutex::default()))
    }

    pub(super) fn forgetful(config: MockConfig, cancel: CancellationToken) -> Self {
        Self::build(config, cancel, None)
    }

    fn build(config: MockConfig, cancel: CancellationToken, record: Option<Mutex<Vec<Received>>>) -> Self {
        let shared = Shared {
            endless: endless(&config),
            config,
            cancel,
            tasks: TaskTracker::new(),
            connections: AtomicU32::new(0),
            inject: broadcast::Sender::new(64),
            record,
            recorded: watch::Sender::new(0),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Accepts connections until the server is stopped.
    ///
    /// # Errors
    /// When the listener fails for good.
    pub async fn accept(self, listener: TcpListener) -> io::Result<()> {
        loop {
            let stream = tokio::select! {
                () = self.shared.cancel.cancelled() => break,
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => stream,
                    // The client gave up between the handshake and here.
                    Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
                    Err(error) => return Err(error),
                },
            };
            if self.shared.tasks.len() < CONNECTIONS_MAX {
                self.spawn_tcp(stream);
            }
        }
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
        Ok(())
    }

    fn spawn_tcp(&self, stream: TcpStream) {
        // Without it deltas wait for acknowledgements.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "nodelay cannot be set");
        }
        match self.shared.config.tls.clone() {
            None => self.attach(stream),
            Some(tls) => {
                let server = self.clone();
                self.shared.tasks.spawn(async move {
                    match TlsAcceptor::from(tls).accept(stream).await {
                        Ok(stream) => server.attach(stream),
                        Err(error) => tracing::debug!(%error, "tls handshake failed"),
                    }
                });
            }
        }
    }

    /// Serves one stream that is open already: a socket, or a pipe in virtual time.
    pub fn attach(&self, stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) {
        let shared = self.shared.clone();
        self.shared.tasks.spawn(async move {
            let connection = shared.connections.fetch_add(1, Ordering::Relaxed) + 1;
            let cancel = shared.cancel.clone();
            tokio::select! {
                () = cancel.cancelled() => {}
                () = shared.serve(stream, connection) => {}
            }
            shared.record(Received::Closed { connection });
        });
    }

    /// Ends every connection and [`Self::accept`].
    pub fn stop(&self) {
        self.shared.cancel.cancel();
    }

    /// Makes something happen on every open connection.
    pub fn inject(&self, inject: Inject) {
        // Without a connection there is nobody to tell.
        let _ = self.shared.inject.send(inject);
    }

    /// Everything received so far.
    pub fn received(&self) -> Vec<Received> {
        self.shared.lock().map(|record| record.clone()).unwrap_or_default()
    }

    /// How many events of this type were received so far.
    pub fn count(&self, kind: &str) -> usize {
        let is_kind =
            |received: &&Received| matches!(received, Received::Event { message, .. } if message.kind == kind);
        self.shared.lock().map_or(0, |record| record.iter().filter(is_kind).count())
    }

    /// Waits until `pick` finds what it wants in the record.
    pub async fn wait_for<T>(&self, mut pick: impl FnMut(&[Received]) -> Option<T>) -> T {
        let mut recorded = self.shared.recorded.subscribe();
        loop {
            recorded.mark_unchanged();
            if let Some(found) = self.shared.lock().and_then(|record| pick(&record)) {
                return found;
            }
            if recorded.changed().await.is_err() {
                pending::<()>().await;
            }
        }
    }

    /// Waits until so many events of this type were received, and returns the last of them.
    pub async fn wait_for_event(&self, kind: &str, count: usize) -> ClientMessage {
        self.wait_for(|record| {
            let mut events = record.iter().filter_map(|received| match received {
                Received::Event { message, .. } if message.kind == kind => Some(message),
                _ => None,
            });
            events.nth(count.saturating_sub(1)).cloned()
        })
        .await
    }
}

impl Shared {
    fn lock(&self) -> Option<MutexGuard<'_, Vec<Received>>> {
        // The record stays usable when a test's closure panicked on it.
        self.record.as_ref().map(|record| record.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn record(&self, received: Received) {
        if let Some(mut record) = self.lock() {
            record.push(received);
            let length = record.len();
            drop(record);
            self.recorded.send_replace(length);
        }
    }

    async fn serve<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S, connection: u32) {
        let mut seen = None;
        #[allow(clippy::result_large_err, reason = "the callback's type is the library's")]
        let upgrade = accept_hdr_async_with_config(
            stream,
            |request: &Request, response: Response| self.on_upgrade(connection, request, response, &mut seen),
            Some(limits()),
        );
        let socket = match tokio::time::timeout(UPGRADE_WITHIN, upgrade).await {
            Ok(Ok(socket)) => socket,
            Ok(Err(error)) => return tracing::debug!(%error, "no upgrade"),
            Err(_) => return tracing::debug!("no upgrade in time"),
        };
        let (target, headers) = seen.unwrap_or_default();
        self.record(Received::Opened { connection, target: target.clone(), headers: headers.clone() });
        let began = Instant::now();
        let model = query(&target, "model");
        let named = model.is_some() || query(&target, "call_id").is_some();
        let mut session = Session::new(&self.config, connection, &model.unwrap_or_default(), self.endless.clone(), 0);
        match self.refusal(&headers, named) {
            Some((code, message, close)) => session.refuse(code, message, close),
            None => session.on_open(0),
        }
        if let Err(error) = self.pump(socket, session, connection, began).await {
            tracing::debug!(%error, connection, "connection lost");
        }
    }

    #[allow(clippy::result_large_err)] // The callback's type is the library's.
    fn on_upgrade(
        &self,
        connection: u32,
        request: &Request,
        mut response: Response,
        seen: &mut Option<(String, HeaderMap)>,
    ) -> Result<Response, ErrorResponse> {
        for action in self.config.script.faults("connect", 1, connection) {
            if let FaultAction::Refuse(status) = action {
                let mut refusal = ErrorResponse::new(Some("{\"error\":{\"message\":\"refused\"}}".into()));
                *refusal.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
                return Err(refusal);
            }
        }
        let protocols = request.headers().get("Sec-WebSocket-Protocol").and_then(|value| value.to_str().ok());
        if protocols.is_some_and(|list| list.split(',').any(|name| name.trim() == "realtime")) {
            response.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("realtime"));
        }
        *seen = Some((request.uri().to_string(), request.headers().clone()));
        Ok(response)
    }

    /// What the service says after the upgrade to a client that it does not take: code, message, close code.
    fn refusal(&self, headers: &HeaderMap, named: bool) -> Option<(Option<&'static str>, &'static str, u16)> {
        if headers.contains_key("OpenAI-Beta") && self.config.dialect == Dialect::Ga {
            let message = "The Realtime Beta API is no longer supported. Please use the GA API shape.";
            return Some((Some("beta_api_shape_disabled"), message, 4_000));
        }
        if let Some(key) = &self.config.api_key {
            let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
            let protocols = headers.get("Sec-WebSocket-Protocol").and_then(|value| value.to_str().ok());
            let inline = protocols
                .into_iter()
                .flat_map(|list| list.split(','))
                .find_map(|name| name.trim().strip_prefix("openai-insecure-api-key."));
            let given = bearer.and_then(|value| value.strip_prefix("Bearer ")).or(inline);
            match given {
                None => return Some((None, "Missing bearer or basic authentication in header", 3_000)),
                Some(given) if given != key => {
                    return Some((Some("invalid_api_key"), "Incorrect API key provided.", 3_000));
                }
                Some(_) => {}
            }
        }
        (!named).then_some((Some("missing_model"), "You must provide a model parameter.", 4_000))
    }

    async fn pump<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        mut socket: WebSocketStream<S>,
        mut session: Session,
        connection: u32,
        began: Instant,
    ) -> Result<(), Error> {
        let mut inject = self.inject.subscribe();
        let every = Duration::from_millis(self.config.script.ping_every_ms.max(1));
        let mut pings = interval_at(Instant::now() + every, every);
        loop {
            if !write(&mut socket, &mut session).await? {
                return Ok(());
            }
            let now_ms = || began.elapsed().as_millis() as u64;
            let due = session.poll_timeout(now_ms()).map(|ms| began + Duration::from_millis(ms));
            let alarm = due.map_or(pending().right_future(), |due| sleep_until(due).left_future());
            tokio::select! {
                message = socket.next() => match message {
                    Some(Ok(Message::Text(text))) => {
                        let message = session.on_text(now_ms(), &text);
                        self.record_event(connection, message);
                    }
                    Some(Ok(Message::Binary(_))) => session.on_binary(),
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Err(error),
                    None => return Ok(()),
                },
                injected = inject.recv() => match injected {
                    Ok(Inject::Text(text)) => socket.send(Message::text(text)).await?,
                    Ok(Inject::Close { code, reason }) => return close(&mut socket, code, reason).await,
                    Ok(Inject::Drop) => return Ok(()),
                    Err(_) => {}
                },
                _ = pings.tick() => socket.send(Message::Ping(Default::default())).await?,
                () = alarm => session.on_timeout(now_ms()),
            }
        }
    }

    fn record_event(&self, connection: u32, message: Option<ClientMessage>) {
        if self.record.is_none() {
            return;
        }
        match message {
            Some(ClientMessage { event: ClientEvent::InputAudioAppend { audio }, .. }) => {
                let samples = audio::decode_pcm(&audio).map_or(0, |pcm| pcm.len());
                self.record(Received::Audio { connection, samples });
            }
            Some(message) => self.record(Received::Event { connection, message }),
            None => {}
        }
    }
}

/// Writes what the session has to say; `false` when the connection is to break.
async fn write<S>(socket: &mut WebSocketStream<S>, session: &mut Session) -> Result<bool, Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut wrote = false;
    while let Some(output) = session.poll_output() {
        match output {
            Output::Text(text) => {
                socket.feed(Message::text(text)).await?;
                wrote = true;
            }
            Output::Close { code, reason } => {
                close(socket, code, reason).await?;
                return Ok(false);
            }
            Output::Drop => return Ok(false),
            Output::Stall => {
                socket.flush().await?;
                pending::<()>().await;
            }
            Output::StopReading { for_ms } => sleep(Duration::from_millis(for_ms)).await,
        }
    }
    if wrote {
        socket.flush().await?;
    }
    Ok(true)
}

/// Closes and reads to the end, so that what was written arrives.
async fn close<S>(socket: &mut WebSocketStream<S>, code: u16, reason: String) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let frame = CloseFrame { code: CloseCode::from(code), reason: reason.into() };
    socket.send(Message::Close(Some(frame))).await?;
    while let Some(message) = socket.next().await {
        message?;
    }
    Ok(())
}

fn limits() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .max_message_size(Some(MESSAGE_MAX_BYTES))
        .max_frame_size(Some(MESSAGE_MAX_BYTES))
}

/// A field of the query of `/path?a=b&c=d`.
fn query(target: &str, name: &str) -> Option<String> {
    let (_, query) = target.split_once('?')?;
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(key, value)| *key == name && !value.is_empty()).map(|(_, value)| value.to_owned()).next()
}
