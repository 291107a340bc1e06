//! A guest of a room, with small buffers: thousands of them fit into the generator.

use crate::server::Server;
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use std::time::Duration;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{Message, protocol::WebSocketConfig},
};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// One WebSocket.
pub struct Line {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Line {
    /// Opens a socket and joins a room with it.
    pub async fn in_room(server: &Server, code: &str) -> Self {
        let config = WebSocketConfig::default().read_buffer_size(2_048).write_buffer_size(0);
        let opened = connect_async_with_config(format!("ws://{}/ws", server.address), Some(config), true);
        let (socket, _) = timeout(PATIENCE, opened).await.expect("an answer in time").expect("a socket");
        let mut line = Self { socket };
        assert!(line.text().await.contains("connected"));
        let join = json!({"type": "join", "payload": {"room_code": code, "display_name": "Somebody", "user_id": "u1"}});
        line.send(&join.to_string()).await;
        let joined = line.text().await;
        assert!(joined.contains("room_joined"), "{joined}");
        line
    }

    pub async fn send(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.expect("a server that reads");
    }

    /// The next text.
    pub async fn text(&mut self) -> String {
        loop {
            match timeout(PATIENCE, self.socket.next()).await.expect("a message in time") {
                Some(Ok(Message::Text(text))) => return text.as_str().to_owned(),
                Some(Ok(_)) => {}
                other => panic!("no message: {other:?}"),
            }
        }
    }
}
