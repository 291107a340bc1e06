//! A whole Viva in this process, on ports of its own and in a directory of its own.

use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use std::collections::HashMap;
use tempfile::TempDir;
use viva::{app::App, config::Config};

/// A running server. `stop` ends it the way SIGTERM does.
pub struct TestServer {
    pub url: String,
    pub interview_url: Option<String>,
    pub client: Client,
    app: Option<App>,
    dir: TempDir,
}

impl TestServer {
    /// Starts with these variables on top of free ports and a fresh database.
    pub async fn start(variables: &[(&str, &str)]) -> Self {
        Self::start_in(TempDir::new().expect("a directory"), variables).await
    }

    /// The same in a directory that an earlier server left.
    pub async fn start_in(dir: TempDir, variables: &[(&str, &str)]) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let database = format!("sqlite:///{}", dir.path().join("viva.db").display());
        let mut map: HashMap<String, String> = HashMap::from([
            ("PORT".to_owned(), "0".to_owned()),
            ("VIVA_HOST".to_owned(), "127.0.0.1".to_owned()),
            ("DATABASE_URL".to_owned(), database),
            ("VIVA_DRAIN_SECONDS".to_owned(), "0".to_owned()),
            ("VIVA_DATA_DIR".to_owned(), dir.path().join("data").display().to_string()),
        ]);
        map.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let config =
            Config::load(|name| map.get(name).cloned(), |path| std::fs::read_to_string(path)).expect("a configuration");
        // Of its own, so that `/metrics` is there; what the code counts goes to the process's recorder, which is none.
        let metrics = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder().handle();
        let app = App::start(config, Some(metrics)).await.expect("a server");
        Self {
            url: app.url.clone(),
            interview_url: app.interview_url.clone(),
            client: Client::new(),
            app: Some(app),
            dir,
        }
    }

    /// A request to a path of this server.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    /// `GET`, as status and JSON.
    pub async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.request(Method::GET, path)).await
    }

    /// `POST` with a JSON body, as status and JSON.
    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        answer(self.request(Method::POST, path).json(&body)).await
    }

    /// Starts a session of a kind as the local developer; returns its id and token.
    pub async fn session(&self, kind: &str) -> (String, String) {
        let (status, body) = self.post("/api/interview/start", json!({"user_id": "ann", "kind": kind})).await;
        assert_eq!(status, 200, "{body}");
        (text(&body, "session_id"), text(&body, "token"))
    }

    /// Ends it politely; returns the directory with its database.
    pub async fn stop(mut self) -> TempDir {
        if let Some(app) = self.app.take() {
            app.drain(std::future::pending()).await;
        }
        self.dir
    }
}

/// Sends a request; returns status and JSON (null when the body is none).
pub async fn answer(request: RequestBuilder) -> (u16, Value) {
    let response: Response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    let text = response.text().await.expect("a body");
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

/// A string field of a JSON object.
pub fn text(body: &Value, field: &str) -> String {
    body[field].as_str().unwrap_or_else(|| panic!("{field} is missing in {body}")).to_owned()
}
