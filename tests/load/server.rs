//! The binary under test, in a directory of its own.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
};
use tempfile::TempDir;

/// The platform's key.
pub const KEY: &str = "platform-key-for-load";
/// Key of the users.
pub const SECRET: &str = "a-secret-of-at-least-thirty-two-bytes";

/// Whether the figures of the design are asked for.
pub fn full() -> bool {
    std::env::var("VIVA_TEST_LOAD").is_ok_and(|size| size == "full")
}

/// A server that is killed with the last clone of this.
#[derive(Clone)]
pub struct Server {
    pub address: SocketAddr,
    process: Arc<Process>,
}

struct Process {
    child: Mutex<Child>,
    pid: u32,
    _directory: TempDir,
}

impl Server {
    /// Starts with limits that stand in nobody's way.
    pub fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_viva"))
            .current_dir(directory.path())
            .env_clear()
            .envs([("PORT", "0"), ("VIVA_HOST", "127.0.0.1"), ("API_KEY", KEY), ("SECRET_KEY", SECRET)])
            .envs([("VIVA_REQUESTS_PER_MINUTE", "100000000"), ("VIVA_STARTS_PER_MINUTE", "1000000")])
            .env("VIVA_ENGINE", "builtin")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let ready = lines.map_while(Result::ok).find_map(|line| {
            let url = line.strip_prefix("viva ready url=http://")?;
            url.split_whitespace().next()?.parse().ok()
        });
        let pid = child.id();
        let process = Arc::new(Process { child: Mutex::new(child), pid, _directory: directory });
        Self { address: ready.expect("a ready line"), process }
    }

    /// Memory of the process, in KiB.
    pub fn resident_kib(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.pid)).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a resident size");
        line.split_whitespace().next().and_then(|number| number.parse().ok()).expect("a number")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let child = self.child.get_mut().unwrap();
        // It may have left already, which the test has noticed then.
        let _ = child.kill();
        let _ = child.wait();
    }
}
