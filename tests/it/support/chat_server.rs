//! A scripted chat endpoint: right, slow, broken or hostile, byte by byte.

use serde_json::{Value, json};
use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
    time::timeout,
};

/// One thing that the server does with a connection.
#[derive(Clone, Debug)]
pub enum Act {
    Send(Vec<u8>),
    /// Lets this much time pass.
    Wait(Duration),
    /// Notes the time: a test measures from here.
    Mark,
    /// Says nothing more until the client hangs up.
    Hang,
    /// Sends this again and again until the client hangs up.
    Forever(Vec<u8>),
}

type Script = Box<dyn Fn(&Value, usize) -> Vec<Act> + Send + Sync>;

struct Shared {
    script: Script,
    asked: Mutex<Vec<Value>>,
    keys: Mutex<Vec<String>>,
    marks: Mutex<Vec<Instant>>,
    /// Connections on which the client hung up while the server still had something to do.
    hung_up: watch::Sender<usize>,
}

/// The server; gone when it is dropped.
pub struct ChatServer {
    /// For `VIVA_CHAT_URL`.
    pub url: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl ChatServer {
    /// Does what `script` says for a request and the number of requests before it.
    pub async fn start(script: impl Fn(&Value, usize) -> Vec<Act> + Send + Sync + 'static) -> Self {
        let shared = Arc::new(Shared {
            script: Box::new(script),
            asked: Mutex::default(),
            keys: Mutex::default(),
            marks: Mutex::default(),
            hung_up: watch::channel(0).0,
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/v1", listener.local_addr().expect("bound"));
        let serving = shared.clone();
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, serving.clone()));
            }
        });
        Self { url, shared, task }
    }

    /// The bodies of all requests so far.
    pub fn asked(&self) -> Vec<Value> {
        self.shared.asked.lock().unwrap().clone()
    }

    /// The `Authorization` headers of all requests so far.
    pub fn keys(&self) -> Vec<String> {
        self.shared.keys.lock().unwrap().clone()
    }

    /// The times of all marks so far.
    pub fn marks(&self) -> Vec<Instant> {
        self.shared.marks.lock().unwrap().clone()
    }

    /// Waits until clients have hung up so often.
    pub async fn hung_up(&self, times: usize) {
        let mut hung_up = self.shared.hung_up.subscribe();
        let waited = timeout(Duration::from_secs(30), hung_up.wait_for(|count| *count >= times)).await;
        waited.expect("the client hangs up in time").expect("the server lives");
    }
}

impl Drop for ChatServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut socket: TcpStream, shared: Arc<Shared>) {
    let Some((head, body)) = read_request(&mut socket).await else { return };
    let request: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let key = head.lines().find(|line| line.to_ascii_lowercase().starts_with("authorization:"));
    shared.keys.lock().unwrap().push(key.unwrap_or_default().to_owned());
    let before = {
        let mut asked = shared.asked.lock().unwrap();
        asked.push(request.clone());
        asked.len() - 1
    };
    for act in (shared.script)(&request, before) {
        if perform(&mut socket, &act, &shared).await.is_none() {
            shared.hung_up.send_modify(|count| *count += 1);
            return;
        }
    }
    let _ = socket.shutdown().await;
}

/// `None` when the client has gone.
async fn perform(socket: &mut TcpStream, act: &Act, shared: &Shared) -> Option<()> {
    match act {
        Act::Send(bytes) => {
            socket.write_all(bytes).await.ok()?;
            socket.flush().await.ok()
        }
        Act::Wait(time) => match timeout(*time, gone(socket)).await {
            Ok(()) => None,
            Err(_) => Some(()),
        },
        Act::Mark => {
            shared.marks.lock().unwrap().push(Instant::now());
            Some(())
        }
        Act::Hang => {
            gone(socket).await;
            None
        }
        Act::Forever(bytes) => loop {
            socket.write_all(bytes).await.ok()?;
        },
    }
}

async fn gone(socket: &mut TcpStream) {
    let mut byte = [0; 1];
    while !matches!(socket.read(&mut byte).await, Ok(0) | Err(_)) {}
}

async fn read_request(socket: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    let length: usize = length.unwrap_or(0);
    while bytes.len() < end + length {
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    Some((head, bytes.split_off(end)))
}

/// The head of a streamed answer.
pub fn stream_head() -> Act {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    Act::Send(head.as_bytes().to_vec())
}

/// A piece of text.
pub fn delta(text: &str) -> Act {
    let chunk = json!({"model": "scripted", "choices": [{"index": 0, "delta": {"content": text}}]});
    Act::Send(format!("data: {chunk}\n\n").into_bytes())
}

/// The end of a streamed answer, with what it cost.
pub fn done() -> Act {
    let stop = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]});
    let usage = json!({"choices": [], "usage": {"prompt_tokens": 210, "completion_tokens": 20}});
    Act::Send(format!("data: {stop}\n\ndata: {usage}\n\ndata: [DONE]\n\n").into_bytes())
}

/// A good streamed answer, word by word.
pub fn say(text: &str) -> Vec<Act> {
    let words = text.split_inclusive(' ').map(delta);
    [stream_head()].into_iter().chain(words).chain([done()]).collect()
}

/// A whole answer with a status and more headers (each ending in CRLF).
pub fn reply(status: u16, headers: &str, body: &str) -> Vec<Act> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} Scripted\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
         connection: close\r\n{headers}\r\n"
    );
    vec![Act::Send(format!("{head}{body}").into_bytes())]
}

/// The body of a whole answer.
pub fn completion(text: &str) -> String {
    let message = json!({"role": "assistant", "content": text});
    let usage = json!({"prompt_tokens": 210, "completion_tokens": 20, "prompt_tokens_details": {"cached_tokens": 10}});
    let choices = json!([{"index": 0, "message": message, "finish_reason": "stop"}]);
    json!({"model": "scripted", "choices": choices, "usage": usage}).to_string()
}
