//! A client of `/v1/realtime` over a plain socket, and the servers around it.

use crate::support::server::TestServer;
use futures_util::{SinkExt, StreamExt};
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};
use std::time::Duration;
use tempfile::TempDir;
use tokio::{
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest,
        http::{HeaderName, HeaderValue},
    },
};
use viva::{
    domain::{
        auth::{Owner, Token},
        id::SessionId,
        interview::Interview,
    },
    mock_realtime::{MockConfig, MockServer},
    relay::secret::{self, Grant},
    store::{Location, NewSession, SqlStore, Store, conformance},
    wire::realtime::{SessionConfig, audio},
};

/// Long enough for a busy machine that loads models; only a failure waits for it.
const DEADLINE: Duration = Duration::from_secs(90);

pub const BETA: (&str, &str) = ("openai-beta", "realtime=v1");

/// Fails a test that waits for what never comes.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(DEADLINE, future).await.unwrap_or_else(|_| panic!("{what} did not happen"))
}

/// A connected client and everything that it was told.
pub struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub events: Vec<Value>,
}

impl Client {
    /// Connects to a path of a server, with headers.
    pub async fn connect(server: &TestServer, path: &str, headers: &[(&str, &str)]) -> Result<Self, Error> {
        let url = format!("{}{path}", server.url.replacen("http", "ws", 1));
        let mut request = url.into_client_request().expect("an address");
        for (name, value) in headers {
            let name = HeaderName::try_from(*name).expect("a header's name");
            request.headers_mut().insert(name, HeaderValue::try_from(*value).expect("a header's value"));
        }
        let (socket, _) = within("a connection", connect_async(request)).await?;
        Ok(Self { socket, events: Vec::new() })
    }

    /// Sends what the server may refuse to read to its end.
    pub async fn try_send(&mut self, message: Message) {
        if let Err(error) = within("sending", self.socket.send(message)).await {
            assert!(matches!(error, Error::Io(_)), "{error}");
        }
    }

    /// The first response that is not interrupted.
    pub async fn completed(&mut self) -> Value {
        loop {
            let done = self.until("response.done").await;
            if done["response"]["status"] == "completed" {
                return done;
            }
        }
    }

    /// As the local developer of open mode.
    pub async fn local(server: &TestServer, headers: &[(&str, &str)]) -> Self {
        Self::connect(server, "/v1/realtime?model=gpt-realtime", headers).await.expect("a conversation")
    }

    pub async fn send(&mut self, event: Value) {
        self.send_text(event.to_string()).await;
    }

    pub async fn send_text(&mut self, text: String) {
        within("sending", self.socket.send(Message::text(text))).await.expect("an open socket");
    }

    pub async fn send_message(&mut self, message: Message) {
        within("sending", self.socket.send(message)).await.expect("an open socket");
    }

    /// Appends voice, a tenth of a second at a time, and a second and a half of silence behind it if asked for.
    pub async fn speak(&mut self, pcm: &[i16], then_silent: bool) {
        let silence = vec![0; if then_silent { 36_000 } else { 0 }];
        for piece in pcm.chunks(2_400).chain(silence.chunks(2_400)) {
            self.send(json!({"type": "input_audio_buffer.append", "audio": audio::encode_pcm(piece)})).await;
        }
    }

    /// The next event; `None` when the socket is closed.
    pub async fn next(&mut self) -> Option<Value> {
        let event = within("an event", async {
            loop {
                match self.socket.next().await? {
                    Ok(Message::Text(text)) => break serde_json::from_str::<Value>(&text).ok(),
                    Ok(Message::Close(_)) | Err(_) => break None,
                    Ok(_) => {}
                }
            }
        });
        let event = event.await?;
        self.events.push(event.clone());
        Some(event)
    }

    /// Skips events until one of this type.
    pub async fn until(&mut self, kind: &str) -> Value {
        loop {
            let event = self.next().await.unwrap_or_else(|| panic!("closed before {kind}: {:?}", self.kinds()));
            if event["type"] == kind {
                return event;
            }
            assert_ne!(event["type"], "error", "before {kind}: {event} after {:?}", self.kinds());
        }
    }

    /// The next error.
    pub async fn error(&mut self) -> Value {
        loop {
            let event = self.next().await.expect("an error comes");
            if event["type"] == "error" {
                return event["error"].clone();
            }
        }
    }

    /// Everything up to the close: its code and reason.
    pub async fn closed(&mut self) -> (u16, String) {
        loop {
            match within("a close", self.socket.next()).await {
                Some(Ok(Message::Close(Some(frame)))) => return (frame.code.into(), frame.reason.to_string()),
                Some(Ok(Message::Text(text))) => self.events.push(serde_json::from_str(&text).expect("JSON")),
                Some(Ok(_)) => {}
                other => panic!("no close but {other:?}"),
            }
        }
    }

    /// Types of the events so far, without repetitions.
    pub fn kinds(&self) -> Vec<String> {
        let mut kinds: Vec<String> =
            self.events.iter().map(|event| event["type"].as_str().unwrap_or_default().to_owned()).collect();
        kinds.dedup();
        kinds
    }

    /// Samples of all audio deltas so far, whatever they are called.
    pub fn voice(&self) -> Vec<i16> {
        let deltas = self.events.iter().filter(|event| {
            matches!(event["type"].as_str(), Some("response.output_audio.delta" | "response.audio.delta"))
        });
        deltas
            .flat_map(|event| audio::decode_pcm(event["delta"].as_str().expect("base 64")).expect("samples"))
            .collect()
    }

    pub async fn leave(mut self) {
        self.socket.close(None).await.expect("an open socket");
        while let Some(Ok(_)) = within("the close", self.socket.next()).await {}
    }
}

/// A provider in this process, and its address.
pub async fn provider(config: MockConfig) -> (MockServer, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("ws://{}/v1/realtime", listener.local_addr().expect("bound"));
    let mock = MockServer::new(config);
    tokio::spawn(mock.clone().accept(listener));
    (mock, url)
}

/// A server whose database the test can write to as well.
pub struct Shared {
    pub server: TestServer,
    pub store: SqlStore,
    _dir: TempDir,
}

impl Shared {
    pub async fn start(variables: &[(&str, &str)]) -> Self {
        let dir = TempDir::new().expect("a directory");
        let path = dir.path().join("shared.db");
        let database = format!("sqlite:///{}", path.display());
        let mut all = vec![("DATABASE_URL", database.as_str())];
        all.extend_from_slice(variables);
        let server = TestServer::start(&all).await;
        let store = SqlStore::open(&Location::Sqlite(path)).await.expect("the server's own database");
        Self { server, store, _dir: dir }
    }

    /// A session that begins, and a secret that opens a conversation for it.
    pub async fn session(&self, plan: Option<Interview>) -> (SessionId, String) {
        let session_id = SessionId::from_random(viva::random::bytes());
        let now = Timestamp::now();
        let new = NewSession {
            session_id: session_id.clone(),
            owner: Owner::Local,
            token_hash: Token::from_random(viva::random::bytes()).hash(),
            consent_required: false,
            created_at: now,
            expires_at: now + 30.minutes(),
            ..conformance::new_session(1)
        };
        self.store.create_session(new).await.expect("a new session");
        let secret = self.secret(&session_id, plan).await;
        (session_id, secret)
    }

    /// Another secret for the same session.
    pub async fn secret(&self, session_id: &SessionId, plan: Option<Interview>) -> String {
        let now = Timestamp::now();
        let grant = Grant {
            owner: Owner::Local,
            user_id: Some("ann".to_owned()),
            session_id: Some(session_id.clone()),
            session: SessionConfig::default(),
            plan,
            expires_at: now + 1.minutes(),
        };
        secret::mint(&self.store, grant, now).await.expect("a secret").value
    }

    pub async fn connect(&self, secret: &str) -> Client {
        let path = format!("/v1/realtime?model=gpt-realtime&client_secret={secret}");
        Client::connect(&self.server, &path, &[]).await.expect("a conversation")
    }
}
