//! Real services for tests, each on a free port of loopback and in a directory of its own: Redis, and a mail server.
//!
//! They end with the value that holds them. `scripts/install-deps test` installs what they need.

use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    net::TcpStream,
    process::{Child, ChildStdin, ChildStdout, Command},
    time::{interval, timeout},
};

/// How long a service may take to start or to say something.
const WITHIN: Duration = Duration::from_secs(20);

/// A `redis-server` without persistence. It can be stopped and started again on its port.
pub struct Redis {
    pub port: u16,
    dir: TempDir,
    child: Option<Child>,
}

impl Redis {
    /// Starts one. Another program may take a free port before Redis does: then another one is tried.
    pub async fn start() -> Self {
        for _ in 0..5 {
            let mut redis = Self { port: free_port(), dir: TempDir::new().expect("a directory"), child: None };
            if redis.try_start().await {
                return redis;
            }
        }
        panic!("redis-server does not start; is it installed? scripts/install-deps test");
    }

    /// What `REDIS_URL` should say.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// Kills it, as a crash would.
    pub async fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().await.expect("Redis can be killed");
        }
    }

    /// Starts it again on the same port, empty.
    pub async fn start_again(&mut self) {
        assert!(self.child.is_none(), "it was stopped before");
        assert!(self.try_start().await, "redis-server takes its port again");
    }

    async fn try_start(&mut self) -> bool {
        let mut child = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &self.port.to_string(), "--save", "", "--appendonly", "no"])
            .arg("--dir")
            .arg(self.dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("redis-server is installed: scripts/install-deps test");
        let port = self.port;
        let answers = async {
            let mut tries = interval(Duration::from_millis(20));
            while !redis_answers(port).await {
                tries.tick().await;
            }
        };
        let started = tokio::select! {
            answered = timeout(WITHIN, answers) => answered.is_ok(),
            _ = child.wait() => false,
        };
        self.child = Some(child);
        started
    }
}

async fn redis_answers(port: u16) -> bool {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)).await else { return false };
    let mut answer = [0; 7];
    stream.write_all(b"PING\r\n").await.is_ok()
        && stream.read_exact(&mut answer).await.is_ok()
        && answer == *b"+PONG\r\n"
}

/// A mail as the server took it.
#[derive(Clone, Debug, Deserialize)]
pub struct Mail {
    pub from: String,
    pub to: Vec<String>,
    pub subject: String,
    pub body: String,
    /// Who signed in at the mail server.
    pub user: Option<String>,
    /// It came over TLS.
    pub tls: bool,
}

impl Mail {
    /// The six digits in it.
    pub fn code(&self) -> String {
        six_digits(&self.body).unwrap_or_else(|| panic!("no code in {:?}", self.body))
    }
}

/// The first run of exactly six digits.
pub fn six_digits(text: &str) -> Option<String> {
    text.split(|c: char| !c.is_ascii_digit()).find(|part| part.len() == 6).map(str::to_owned)
}

/// A mail server that keeps nothing and tells what it took.
pub struct MailServer {
    pub port: u16,
    lines: Lines<BufReader<ChildStdout>>,
    _stdin: ChildStdin,
    _child: Child,
}

impl MailServer {
    /// One that takes everything.
    pub async fn start() -> Self {
        Self::start_with(json!({})).await
    }

    /// One with the options that `smtp_server.py` names.
    pub async fn start_with(options: Value) -> Self {
        let mut child = Command::new(python())
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/support/smtp_server.py"))
            .arg(options.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()
            .expect("Python runs: scripts/install-deps test");
        let stdin = child.stdin.take().expect("it is piped");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let first = timeout(WITHIN, lines.next_line()).await.expect("the mail server starts in time");
        let line = first.expect("it can be read").expect("the mail server starts: scripts/install-deps test");
        let said: Value = serde_json::from_str(&line).expect("JSON");
        let port = said["port"].as_u64().and_then(|port| u16::try_from(port).ok()).expect("a port");
        Self { port, lines, _stdin: stdin, _child: child }
    }

    /// The next mail, in the order of arrival.
    pub async fn next(&mut self) -> Mail {
        let line = timeout(WITHIN, self.lines.next_line()).await.expect("a mail arrives in time");
        let line = line.expect("it can be read").expect("the mail server lives");
        serde_json::from_str(&line).expect("a mail as JSON")
    }
}

/// The Python that has the libraries of `tests/e2e/requirements.txt`.
pub fn python() -> PathBuf {
    match std::env::var_os("VIVA_TEST_PYTHON") {
        Some(path) => path.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/venv/bin/python"),
    }
}

/// A TCP port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("it is bound").port()
}
