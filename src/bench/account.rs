//! What a process costs, read from outside (Linux's procfs): CPU time, by thread too, and memory.

use serde::Serialize;
use std::{collections::BTreeMap, fs, io, path::Path};

/// Clock ticks a second in `/proc/<pid>/stat`: fixed by Linux's user interface.
const TICKS_PER_S: f64 = 100.0;

/// CPU time so far.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// User and system, in seconds, in steps of 10 ms.
    pub cpu_s: f64,
    /// The same of each live thread to the nanosecond, by name without its number.
    pub threads_s: BTreeMap<String, f64>,
}

impl Account {
    /// Reads it.
    ///
    /// # Errors
    /// When there is no such process, or no procfs.
    pub fn of(pid: u32) -> io::Result<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // The command's name is in parentheses and may hold anything; what follows the last one is numbers.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok());
        let (Some(user), Some(system)) = (ticks(11), ticks(12)) else { return Err(io::ErrorKind::InvalidData.into()) };
        let mut threads_s = BTreeMap::new();
        for task in fs::read_dir(format!("/proc/{pid}/task"))? {
            // A thread may end between the list and here.
            if let Some((name, spent_s)) = task.ok().and_then(|task| thread(&task.path())) {
                *threads_s.entry(name).or_default() += spent_s;
            }
        }
        Ok(Self { cpu_s: (user + system) / TICKS_PER_S, threads_s })
    }

    /// What was spent since `before`; threads that spent nothing are left out.
    pub fn since(&self, before: &Self) -> Self {
        let spent = |name: &String, now_s: f64| now_s - before.threads_s.get(name).copied().unwrap_or(0.0);
        let threads = self.threads_s.iter().map(|(name, &now_s)| (name.clone(), spent(name, now_s)));
        Self { cpu_s: self.cpu_s - before.cpu_s, threads_s: threads.filter(|(_, spent_s)| *spent_s > 0.0).collect() }
    }

    /// CPU time of the threads of this name, in seconds.
    pub fn thread_s(&self, name: &str) -> f64 {
        self.threads_s.get(group(name)).copied().unwrap_or(0.0)
    }
}

fn thread(path: &Path) -> Option<(String, f64)> {
    let name = fs::read_to_string(path.join("comm")).ok()?;
    let spent_ns: f64 = fs::read_to_string(path.join("schedstat")).ok()?.split(' ').next()?.parse().ok()?;
    Some((group(name.trim()).to_owned(), spent_ns / 1e9))
}

/// A thread's name without its number.
fn group(name: &str) -> &str {
    name.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '-')
}

/// Resident memory of a process in KiB.
///
/// # Errors
/// When there is no such process, or no procfs.
pub fn resident_kib(pid: u32) -> io::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|rest| rest.split_whitespace().next()).and_then(|number| number.parse().ok());
    number.ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// Where it was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    pub cores: usize,
    pub model: String,
    pub memory_mib: u64,
    pub kernel: String,
}

impl Machine {
    /// This machine; what it does not tell is empty.
    pub fn here() -> Self {
        let line = |path: &str, name: &str| {
            let text = fs::read_to_string(path).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix(name).map(str::to_owned));
            line.unwrap_or_default().trim_matches([':', '\t', ' ']).to_owned()
        };
        let memory = line("/proc/meminfo", "MemTotal");
        Self {
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            model: line("/proc/cpuinfo", "model name"),
            memory_mib: memory.split(' ').next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1_024,
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    #[test]
    fn a_busy_thread_is_found_by_its_name() {
        let pid = std::process::id();
        let before = Account::of(pid).expect("procfs");
        let (done, wait) = std::sync::mpsc::sync_channel::<()>(1);
        let (ready, busy) = std::sync::mpsc::sync_channel::<()>(1);
        let thread = std::thread::Builder::new().name("bench-busy-7".into()).spawn(move || {
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_millis(20) {
                std::hint::spin_loop();
            }
            ready.send(()).expect("somebody waits");
            wait.recv().expect("somebody sends");
        });
        busy.recv().expect("the thread is busy");
        let spent = Account::of(pid).expect("procfs").since(&before);
        done.send(()).expect("the thread waits");
        thread.expect("a thread").join().expect("it ends");
        assert!(spent.thread_s("bench-busy-7") > 0.000_1, "{spent:?}");
        assert_eq!(spent.thread_s("nobody"), 0.0);
        assert!(resident_kib(pid).expect("procfs") > 1_000);
        assert!(Machine::here().cores > 0);
    }
}
