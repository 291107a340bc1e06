//! A local server that speaks somebody else's REST API, well or badly, and remembers what it was asked.

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Response, StatusCode, Uri},
};
use std::sync::{Arc, Mutex};
use tokio::task::JoinHandle;

/// What it was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    pub path: String,
    pub authorization: String,
    pub body: String,
}

/// What it answers.
#[derive(Clone, Debug)]
pub enum Reply {
    Json(u16, String),
    /// The same, with `Retry-After`.
    Later(u16, &'static str, String),
    /// Another place to go to.
    Moved(String),
    /// Nothing, as long as somebody waits.
    Silence,
    /// A good beginning, and then nothing.
    Half,
    /// A body without end.
    Endless,
}

type Script = Box<dyn Fn(&Asked, usize) -> Reply + Send + Sync>;

struct Shared {
    script: Script,
    asked: Mutex<Vec<Asked>>,
}

/// The server; gone when it is dropped.
pub struct Fake {
    pub url: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl Fake {
    /// Answers as `script` says: it is given the request and how many came before.
    pub async fn start(script: impl Fn(&Asked, usize) -> Reply + Send + Sync + 'static) -> Self {
        let shared = Arc::new(Shared { script: Box::new(script), asked: Mutex::default() });
        let router = Router::new().fallback(reply).with_state(shared.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { url, shared, task }
    }

    /// Always the same.
    pub async fn always(reply: Reply) -> Self {
        Self::start(move |_, _| reply.clone()).await
    }

    /// Everything that it was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().expect("whole").clone()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn reply(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let authorization = headers.get("authorization").map(|value| value.to_str().expect("text").to_owned());
    let asked = Asked {
        path: uri.to_string(),
        authorization: authorization.unwrap_or_default(),
        body: String::from_utf8(body.to_vec()).expect("text"),
    };
    let before = {
        let mut all = shared.asked.lock().expect("whole");
        all.push(asked.clone());
        all.len() - 1
    };
    let json = |status: u16| {
        Response::builder()
            .status(StatusCode::from_u16(status).expect("a status"))
            .header("content-type", "application/json")
    };
    let response = match (shared.script)(&asked, before) {
        Reply::Json(status, body) => json(status).body(Body::from(body)),
        Reply::Later(status, after, body) => json(status).header("retry-after", after).body(Body::from(body)),
        Reply::Moved(location) => json(307).header("location", location).body(Body::empty()),
        Reply::Silence => std::future::pending().await,
        Reply::Half => {
            let begun = futures_util::stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"{\"value\": \"ek_"))]);
            let never = futures_util::stream::pending();
            json(200).body(Body::from_stream(futures_util::StreamExt::chain(begun, never)))
        }
        Reply::Endless => {
            let chunk = || Ok::<_, std::io::Error>(Bytes::from_static(&[b' '; 8_192]));
            json(200).body(Body::from_stream(futures_util::stream::repeat_with(chunk)))
        }
    };
    response.expect("a response")
}
