//! A client of HTTP/1.1 that costs little: one connection, one request at a time, bodies with a length.

use crate::server::{KEY, SECRET, Server};
use jsonwebtoken::{EncodingKey, Header, encode, get_current_timestamp};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

/// One connection.
pub struct Line {
    stream: BufReader<TcpStream>,
    body: Vec<u8>,
}

impl Line {
    pub async fn open(server: &Server) -> Self {
        let stream = TcpStream::connect(server.address).await.expect("a connection");
        stream.set_nodelay(true).unwrap();
        Self { stream: BufReader::with_capacity(64 * 1024, stream), body: Vec::new() }
    }

    /// Sends a request of the platform; returns the status.
    pub async fn status(&mut self, method: &str, path: &str, body: Option<&Value>) -> u16 {
        self.request(method, path, &format!("x-api-key: {KEY}"), body).await
    }

    /// The same; returns the body of a success.
    pub async fn json(&mut self, method: &str, path: &str, body: &Value) -> Value {
        let status = self.status(method, path, Some(body)).await;
        self.success(status)
    }

    /// The same as a user.
    pub async fn json_as_user(&mut self, method: &str, path: &str, body: &Value) -> Value {
        let claims = json!({"sub": "load", "username": "load", "exp": get_current_timestamp() + 600});
        let token = encode(&Header::default(), &claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap();
        let status = self.request(method, path, &format!("authorization: Bearer {token}"), Some(body)).await;
        self.success(status)
    }

    fn success(&self, status: u16) -> Value {
        assert!((200..300).contains(&status), "{status}: {}", String::from_utf8_lossy(&self.body));
        serde_json::from_slice(&self.body).expect("JSON")
    }

    async fn request(&mut self, method: &str, path: &str, credential: &str, body: Option<&Value>) -> u16 {
        let body = body.map_or_else(String::new, Value::to_string);
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\n{credential}\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n\r\n{body}"
        );
        self.stream.write_all(request.as_bytes()).await.expect("a server that reads");
        let mut line = String::new();
        self.stream.read_line(&mut line).await.expect("a status line");
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        let mut length = 0;
        loop {
            line.clear();
            self.stream.read_line(&mut line).await.expect("a header");
            match line.trim_end().split_once(':') {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.trim().parse().expect("a length");
                }
                Some(_) => {}
                None => break,
            }
        }
        self.body.resize(length, 0);
        self.stream.read_exact(&mut self.body).await.expect("a body");
        status
    }
}
