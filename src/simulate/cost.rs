//! What a server process costs, read from outside (procfs).

use serde_json::{Value, json};
use std::{fs, io, time::Instant};

/// Clock ticks a second in `/proc/<pid>/stat`: fixed by Linux's user interface.
const TICKS_PER_S: f64 = 100.0;

/// Counts the CPU time of a process from now on.
#[derive(Debug)]
pub struct Meter {
    pid: u32,
    started: Instant,
    cpu_s: f64,
    idle_kib: u64,
}

/// What it counted.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    pub wall_s: f64,
    pub cpu_s: f64,
    /// CPU milliseconds for one second of one session.
    pub cpu_ms_per_session_second: f64,
    pub memory_before_kib: u64,
    /// The most that the process ever had.
    pub memory_peak_kib: u64,
}

impl Meter {
    /// # Errors
    /// When there is no such process.
    pub fn start(pid: u32) -> io::Result<Self> {
        Ok(Self { pid, started: Instant::now(), cpu_s: cpu_s(pid)?, idle_kib: status_kib(pid, "VmRSS:")? })
    }

    /// `session_s`: seconds of media that all sessions had together.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn stop(self, session_s: f64) -> io::Result<Cost> {
        let cpu_s = cpu_s(self.pid)? - self.cpu_s;
        Ok(Cost {
            wall_s: self.started.elapsed().as_secs_f64(),
            cpu_s,
            cpu_ms_per_session_second: if session_s > 0.0 { cpu_s * 1_000.0 / session_s } else { 0.0 },
            memory_before_kib: self.idle_kib,
            memory_peak_kib: status_kib(self.pid, "VmHWM:")?,
        })
    }
}

impl Cost {
    /// For the report.
    pub fn json(&self) -> Value {
        json!({
            "wall_s": self.wall_s,
            "cpu_s": self.cpu_s,
            "cpu_ms_per_session_second": self.cpu_ms_per_session_second,
            "memory_before_kib": self.memory_before_kib,
            "memory_peak_kib": self.memory_peak_kib,
        })
    }
}

fn cpu_s(pid: u32) -> io::Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The command's name is in parentheses and may hold anything; what follows the last one is numbers.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok());
    match (ticks(11), ticks(12)) {
        (Some(user), Some(system)) => Ok((user + system) / TICKS_PER_S),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

fn status_kib(pid: u32, name: &str) -> io::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|rest| rest.split_whitespace().next()).and_then(|number| number.parse().ok());
    number.ok_or_else(|| io::ErrorKind::InvalidData.into())
}
