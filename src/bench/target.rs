//! The Viva that is measured: a child process on free ports, or one that runs somewhere; and its REST API.

use super::{BenchError, upstream::MARK};
use crate::domain::audio::codec::Codec;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    fs::File,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    sync::Mutex,
    time::timeout,
};

/// How long a child may take to be ready.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// Bytes of a failed child's log that are shown.
const LOG_TAIL_BYTES: usize = 2_000;
/// Questions of the interview that is held: enough for 8 minutes of turns.
const QUESTIONS: usize = 50;
/// How soon a pause is the end of an answer.
const PATIENCE_MS: u64 = 200;

/// A Viva of the bench's own.
pub struct OwnServer {
    pub url: String,
    pub pid: u32,
    // Killed when dropped, before its directory goes.
    _child: Child,
    _directory: Scratch,
}

/// A directory that goes when it is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self, BenchError> {
        let name = format!("viva-bench-{}-{:016x}", std::process::id(), getrandom::u64().map_err(BenchError::client)?);
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::debug!(%error, "a directory of the bench stays");
        }
    }
}

impl OwnServer {
    /// Starts `program serve` with this speech model behind it; returns when it is ready.
    ///
    /// # Errors
    /// [`BenchError::Server`] with the end of its log.
    pub async fn start(program: &Path, upstream: &str, codec: Codec, sessions: usize) -> Result<Self, BenchError> {
        let directory = Scratch::new()?;
        let log = directory.0.join("log");
        let mut command = Command::new(program);
        command.arg("serve").current_dir(&directory.0).env_clear().kill_on_drop(true);
        for name in ["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        let variables = [
            ("PORT", "0".to_owned()),
            ("VIVA_HOST", "127.0.0.1".to_owned()),
            ("DATABASE_URL", "sqlite:///./viva.db".to_owned()),
            ("OPENAI_REALTIME_API_URL", upstream.to_owned()),
            ("VIVA_SESSIONS_MAX", sessions.max(1).to_string()),
            // What is measured is one codec, however much there is to do.
            ("VIVA_AUDIO_CODEC", codec.name().to_ascii_lowercase()),
            ("VIVA_REQUESTS_PER_MINUTE", "1000000".to_owned()),
            ("VIVA_STARTS_PER_MINUTE", "1000000".to_owned()),
            ("VIVA_LOG", std::env::var("VIVA_LOG").unwrap_or_else(|_| "warn".to_owned())),
        ];
        command.envs(variables).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(File::create(&log)?);
        let mut child = command.spawn()?;
        let pid = child.id().ok_or_else(|| BenchError::Server("it ended at once".into()))?;
        let output = child.stdout.take().ok_or_else(|| BenchError::Server("it has no output".into()))?;
        let mut lines = BufReader::new(output).lines();
        let ready = async {
            while let Ok(Some(line)) = lines.next_line().await {
                if let Some(rest) = line.strip_prefix("viva ready url=") {
                    return rest.split(' ').next().map(str::to_owned);
                }
            }
            None
        };
        let Ok(Some(url)) = timeout(READY_WITHIN, ready).await else {
            let text = std::fs::read_to_string(&log).unwrap_or_default();
            let from = text.floor_char_boundary(text.len().saturating_sub(LOG_TAIL_BYTES));
            return Err(BenchError::Server(format!("it did not start:\n{}", &text[from..])));
        };
        Ok(Self { url, pid, _child: child, _directory: directory })
    }
}

/// A Viva's API, as the bench uses it.
pub struct Api {
    url: String,
    key: Option<String>,
    http: Client,
    /// Interviews made so far, by number of the session: each names its session to the speech model.
    interviews: Mutex<HashMap<usize, String>>,
}

/// How long a server that is full is asked again, and how often.
const ADMITTED_WITHIN: Duration = Duration::from_secs(25);
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// A session that was started.
#[derive(Clone, Debug)]
pub struct Started {
    pub session_id: String,
    token: String,
}

impl Api {
    /// `key`: a platform's, where the server wants one.
    pub fn new(url: &str, key: Option<String>) -> Self {
        // Another part of the process may have installed it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let url = url.trim_end_matches('/').to_owned();
        Self { url, key, http: Client::new(), interviews: Mutex::default() }
    }

    /// Whether the server is on this machine and reached over loopback.
    pub fn is_local(&self) -> bool {
        ["//127.", "//localhost", "//[::1]"].iter().any(|host| self.url.contains(host))
    }

    /// Starts a session of an interview that does not end by itself while it is measured.
    ///
    /// # Errors
    /// [`BenchError`] when the server refuses.
    pub async fn start(&self, number: usize) -> Result<Started, BenchError> {
        let interview_id = self.interview(number).await?;
        let wanted = json!({"user_id": format!("bench-{number}"), "interview_id": interview_id});
        let began = Instant::now();
        let started = loop {
            match answer(self.as_platform(self.post("/api/interview/start")).json(&wanted)).await {
                // It had too much to do a moment ago, and lets people in again when that has passed.
                Err(BenchError::Refused { status: 503, .. }) if began.elapsed() < ADMITTED_WITHIN => {
                    tokio::time::sleep(ASK_AGAIN_AFTER).await;
                }
                answered => break answered?,
            }
        };
        Ok(Started { session_id: string(&started, "session_id")?, token: string(&started, "token")? })
    }

    async fn interview(&self, number: usize) -> Result<String, BenchError> {
        if let Some(known) = self.interviews.lock().await.get(&number) {
            return Ok(known.clone());
        }
        let question = |number| {
            json!({"text": format!("Measured question {number}: what do you think?"), "patience_ms": PATIENCE_MS,
                   "time_box_ms": 3_600_000})
        };
        let interview = json!({
            "title": "Measurement",
            "description": "A conversation of a benchmark.",
            "instructions": format!("This is {MARK}{number}."),
            "questions": (1..=QUESTIONS).map(question).collect::<Vec<_>>(),
            "limits": {"max_duration_ms": 14_400_000, "silence_ms": 600_000},
        });
        let made = answer(self.as_platform(self.post("/api/v1/interviews")).json(&interview)).await?;
        let id = string(&made, "interview_id")?;
        self.interviews.lock().await.insert(number, id.clone());
        Ok(id)
    }

    /// Posts an offer; returns the answer, and how long it took.
    ///
    /// # Errors
    /// [`BenchError`] when the server refuses.
    pub async fn offer(&self, session: &Started, sdp: &str) -> Result<(String, Duration), BenchError> {
        let request = self.post(&format!("/api/interview/{}/rtc/offer", session.session_id));
        let posted = Instant::now();
        let answered = answer(request.bearer_auth(&session.token).json(&json!({"sdp": sdp, "type": "offer"}))).await?;
        let took = posted.elapsed();
        Ok((string(&answered, "sdp")?, took))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`BenchError`] when the server refuses.
    pub async fn end(&self, session: &Started) -> Result<(), BenchError> {
        let request = self.post(&format!("/api/interview/{}/end", session.session_id));
        answer(request.bearer_auth(&session.token)).await.map(drop)
    }

    /// Deletes the interviews that it made; what cannot be deleted stays.
    pub async fn clean(&self) {
        for (_, id) in self.interviews.lock().await.drain() {
            let request = self.as_platform(self.http.delete(format!("{}/api/v1/interviews/{id}", self.url)));
            if let Err(error) = request.send().await {
                tracing::debug!(%error, "an interview of the bench stays");
            }
        }
    }

    /// The server's own counts.
    ///
    /// # Errors
    /// [`BenchError`] when the server refuses.
    pub async fn metrics(&self) -> Result<String, BenchError> {
        let response = self.as_platform(self.http.get(format!("{}/metrics", self.url))).send().await?;
        Ok(response.error_for_status()?.text().await?)
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.url))
    }

    fn as_platform(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.key {
            Some(key) => request.header("x-api-key", key),
            None => request,
        }
    }
}

async fn answer(request: RequestBuilder) -> Result<Value, BenchError> {
    let response = request.send().await?;
    let status = response.status();
    if !status.is_success() {
        return Err(BenchError::Refused { status: status.as_u16(), body: response.text().await? });
    }
    Ok(response.json().await?)
}

fn string(value: &Value, field: &'static str) -> Result<String, BenchError> {
    value[field].as_str().map(str::to_owned).ok_or(BenchError::Missing(field))
}
