//! The thread that all clients live on. It wakes every millisecond on an absolute clock and lets each client read and
//! send what is due: what arrives is seen up to a millisecond late, and a session costs a few thousandths of a core.

use super::{
    BenchError,
    client::{Client, DATAGRAM_BYTES_MAX, Seen, Surroundings},
    journal::Journal,
};
use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// Name of its thread.
pub const THREAD: &str = "bench-clients";
const TICK: Duration = Duration::from_millis(1);
/// Clients that may wait for the thread to take them in, which it does every tick.
const ARRIVING_MAX: usize = 1_024;

/// What the thread and its owner share.
#[derive(Debug, Default)]
struct Shared {
    stop: AtomicBool,
    connected: AtomicUsize,
    /// Clients that fell away.
    lost: AtomicUsize,
    /// The time that is measured.
    window: OnceLock<(Instant, Instant)>,
}

/// The clients of one run.
#[derive(Debug)]
pub struct Generator {
    shared: Arc<Shared>,
    clients: SyncSender<Client>,
    thread: JoinHandle<Vec<Seen>>,
}

impl Generator {
    /// Starts the thread, without clients yet.
    ///
    /// # Errors
    /// [`BenchError::Io`] when there is no thread to be had.
    pub fn start(journal: Arc<Journal>) -> Result<Self, BenchError> {
        let (clients, arriving) = sync_channel(ARRIVING_MAX);
        let shared = Arc::new(Shared::default());
        let seen = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name(THREAD.into()).spawn(move || run(&arriving, &seen, &journal))?;
        Ok(Self { shared, clients, thread })
    }

    /// Where clients go in.
    pub fn entrance(&self) -> SyncSender<Client> {
        self.clients.clone()
    }

    /// Clients whose DTLS is up.
    pub fn connected(&self) -> usize {
        self.shared.connected.load(Ordering::Relaxed)
    }

    /// Clients that fell away.
    pub fn lost(&self) -> usize {
        self.shared.lost.load(Ordering::Relaxed)
    }

    /// What happens between these two instants is counted. Once a run.
    pub fn measure(&self, window: (Instant, Instant)) {
        // A second window would mix two counts.
        let _ = self.shared.window.set(window);
    }

    /// Hangs all up; returns what they saw, by number.
    ///
    /// # Errors
    /// [`BenchError::Client`] when the thread panicked.
    pub fn stop(self) -> Result<Vec<Seen>, BenchError> {
        self.shared.stop.store(true, Ordering::Relaxed);
        let mut seen = self.thread.join().map_err(|_| BenchError::Client("the clients' thread panicked".into()))?;
        seen.sort_by_key(|seen| seen.number);
        Ok(seen)
    }
}

fn run(arriving: &Receiver<Client>, shared: &Shared, journal: &Journal) -> Vec<Seen> {
    let mut clients: Vec<Client> = Vec::new();
    let mut gone = Vec::new();
    let mut buffer = [0; DATAGRAM_BYTES_MAX];
    let mut next = Instant::now();
    while !shared.stop.load(Ordering::Relaxed) {
        clients.extend(arriving.try_iter());
        let around = Surroundings { journal, window: shared.window.get().copied() };
        let mut at = 0;
        while at < clients.len() {
            if let Err(error) = clients[at].step(&mut buffer, &around) {
                tracing::warn!(%error, "a client of the bench fell away");
                let mut seen = clients.swap_remove(at).close();
                seen.lost = true;
                gone.push(seen);
                continue;
            }
            at += 1;
        }
        let connected = clients.iter().filter(|client| client.is_connected()).count();
        shared.connected.store(connected, Ordering::Relaxed);
        let lost = gone.len() + clients.iter().filter(|client| client.seen.lost).count();
        shared.lost.store(lost, Ordering::Relaxed);
        next += TICK;
        let now = Instant::now();
        if next > now {
            std::thread::sleep(next - now);
        } else {
            // Behind: the time that is lost is not made up for, what clients owe is.
            next = now;
        }
    }
    gone.extend(clients.into_iter().map(Client::close));
    gone
}
