//! Clients of the rooms' WebSockets.

use futures_util::{SinkExt, StreamExt};
use jsonwebtoken::{EncodingKey, Header, encode, get_current_timestamp};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest,
        http::{Request, Response},
        protocol::CloseFrame,
    },
};

/// Key of the users of [`token`].
pub const SECRET: &str = "a-secret-of-at-least-thirty-two-bytes";
/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A token of a user called so.
pub fn token(name: &str) -> String {
    let claims = json!({"sub": format!("id-{name}"), "username": name, "exp": get_current_timestamp() + 600});
    encode(&Header::default(), &claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap()
}

/// One WebSocket.
pub struct Peer {
    pub socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

/// A handshake for a path of a server.
pub fn handshake(url: &str, path: &str, headers: &[(&'static str, &str)]) -> Request<()> {
    let mut request = format!("{}{path}", url.replacen("http", "ws", 1)).into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    request
}

impl Peer {
    /// Opens a socket; `Err`: status and body of the refusal.
    pub async fn open(request: Request<()>) -> Result<(Self, Response<Option<Vec<u8>>>), (u16, Value)> {
        match timeout(PATIENCE, connect_async(request)).await.expect("an answer in time") {
            Ok((socket, response)) => Ok((Self { socket }, response)),
            Err(Error::Http(response)) => {
                let body = response.body().as_deref().unwrap_or_default();
                Err((response.status().as_u16(), serde_json::from_slice(body).unwrap_or(Value::Null)))
            }
            Err(error) => panic!("no socket: {error}"),
        }
    }

    /// A guest's socket, and its id.
    pub async fn guest(url: &str) -> (Self, String) {
        let (mut peer, _) = Self::open(handshake(url, "/ws", &[])).await.expect("a socket");
        let connected = peer.next().await;
        assert_eq!(connected["type"], "connected", "{connected}");
        let id = connected["payload"]["socket_id"].as_str().expect("an id").to_owned();
        (peer, id)
    }

    /// A guest in a room, its id, and what it was told on joining.
    pub async fn in_room(url: &str, code: &str, name: &str) -> (Self, String, Value) {
        let (mut peer, id) = Self::guest(url).await;
        peer.send(json!({"type": "join", "payload": {"room_code": code, "display_name": name}})).await;
        let joined = peer.next().await;
        assert_eq!(joined["type"], "room_joined", "{joined}");
        (peer, id, joined["payload"].clone())
    }

    /// A member's socket in a room.
    pub async fn member(url: &str, code: &str, name: &str) -> Self {
        let bearer = format!("Bearer {}", token(name));
        let request = handshake(url, &format!("/ws/signaling/{code}"), &[("authorization", &bearer)]);
        Self::open(request).await.expect("a socket").0
    }

    pub async fn send(&mut self, message: Value) {
        self.send_text(&message.to_string()).await;
    }

    pub async fn send_text(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.expect("a socket that takes messages");
    }

    /// The next message.
    pub async fn next(&mut self) -> Value {
        match self.frame().await {
            Message::Text(text) => serde_json::from_str(&text).expect("JSON"),
            other => panic!("not a text: {other:?}"),
        }
    }

    /// How the server ends the socket, texts before it skipped.
    pub async fn closed(&mut self) -> Option<CloseFrame> {
        loop {
            match timeout(PATIENCE, self.socket.next()).await.expect("an end in time") {
                Some(Ok(Message::Close(frame))) => return frame,
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }

    async fn frame(&mut self) -> Message {
        loop {
            match timeout(PATIENCE, self.socket.next()).await.expect("a message in time") {
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(message)) => return message,
                other => panic!("no message: {other:?}"),
            }
        }
    }
}
