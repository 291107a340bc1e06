//! An endpoint of a test: takes deliveries, or does what endpoints should not do.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use std::{
    net::Ipv4Addr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    sync::mpsc,
};

/// The longest that anything awaited may take; the first wait after a failure is 5 to 6 s.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What an endpoint does with a request that it read.
#[derive(Clone, Debug)]
pub enum Does {
    /// Answers with this status and these header lines.
    Answers(u16, String),
    /// Never answers.
    Hangs,
    /// Says 200, and then never stops.
    SaysEndlessly,
    /// Closes before it answered.
    Closes,
    /// Closes amid the body that it announced.
    BreaksOff,
    /// Does not speak HTTP.
    Babbles,
}

/// A delivery as it came.
#[derive(Clone, Debug)]
pub struct Taken {
    pub path: String,
    pub headers: HeaderMap,
    pub body: String,
}

impl Taken {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("a delivery is JSON")
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).expect("a header").to_str().expect("plain text")
    }

    /// Whether the reference library takes it with this secret.
    pub fn verified_by(&self, secret: &str) -> bool {
        let webhook = standardwebhooks::Webhook::new(secret).expect("a secret");
        webhook.verify(self.body.as_bytes(), &self.headers).is_ok()
    }
}

/// One endpoint on a port of its own.
pub struct Receiver {
    pub port: u16,
    host: Ipv4Addr,
    taken: mpsc::Receiver<Taken>,
    connections: Arc<AtomicUsize>,
    does: Arc<Mutex<Does>>,
}

impl Receiver {
    /// On 127.0.0.1.
    pub async fn start(does: Does) -> Self {
        Self::start_at(Ipv4Addr::LOCALHOST, does).await
    }

    pub async fn start_at(host: Ipv4Addr, does: Does) -> Self {
        let listener = TcpListener::bind((host, 0)).await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let (give, taken) = mpsc::channel(1_000);
        let connections = Arc::new(AtomicUsize::new(0));
        let does = Arc::new(Mutex::new(does));
        let (counted, doing) = (connections.clone(), does.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, give.clone(), doing.clone()));
            }
        });
        Self { port, host, taken, connections, does }
    }

    pub fn url(&self) -> String {
        format!("http://{}:{}/hook?from=viva", self.host, self.port)
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub fn now_does(&self, does: Does) {
        *self.does.lock().unwrap() = does;
    }

    /// The next delivery.
    pub async fn next(&mut self) -> Taken {
        let next = tokio::time::timeout(PATIENCE, self.taken.recv()).await;
        next.expect("a delivery in time").expect("the endpoint is there")
    }

    /// The next delivery of this type; others before it are let go.
    pub async fn next_of(&mut self, event_type: &str) -> Taken {
        loop {
            let taken = self.next().await;
            if taken.json()["type"] == event_type {
                return taken;
            }
        }
    }

    /// What came and was not looked at.
    pub fn rest(&mut self) -> Vec<Taken> {
        std::iter::from_fn(|| self.taken.try_recv().ok()).collect()
    }
}

/// One request, and what is done with it.
pub async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    give: mpsc::Sender<Taken>,
    does: Arc<Mutex<Does>>,
) -> Option<()> {
    let taken = read(&mut stream).await?;
    let does = does.lock().unwrap().clone();
    give.try_send(taken).expect("room for what comes");
    match does {
        Does::Answers(status, lines) => {
            let head = format!("HTTP/1.1 {status} Said\r\ncontent-length: 2\r\n{lines}\r\nok");
            stream.write_all(head.as_bytes()).await.ok()?;
            // Until the other side has read it.
            let _end = stream.read(&mut [0]).await.ok()?;
        }
        Does::Hangs => std::future::pending().await,
        Does::SaysEndlessly => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await.ok()?;
            let chunk = format!("10000\r\n{}\r\n", "z".repeat(0x10000));
            loop {
                stream.write_all(chunk.as_bytes()).await.ok()?;
            }
        }
        Does::Closes => {}
        Does::BreaksOff => stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\nhalf").await.ok()?,
        Does::Babbles => stream.write_all(b"220 mail.example ESMTP\r\n").await.ok()?,
    }
    Some(())
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Taken> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).expect("a head is text");
    let mut lines = head.lines();
    let first = lines.next().expect("a request line");
    assert!(first.starts_with("POST ") && first.ends_with(" HTTP/1.1"), "{first}");
    let header = |line: &str| {
        let (name, value) = line.split_once(": ")?;
        Some((name.parse::<HeaderName>().ok()?, value.parse::<HeaderValue>().ok()?))
    };
    let headers: HeaderMap = lines.filter_map(header).collect();
    let length: usize = headers.get("content-length")?.to_str().ok()?.parse().ok()?;
    while bytes.len() < end + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let path = first.split(' ').nth(1).expect("a path").to_owned();
    Some(Taken { path, headers, body: String::from_utf8(bytes[end..].to_vec()).expect("a body is text") })
}
