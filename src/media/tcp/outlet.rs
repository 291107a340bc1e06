//! The ways out over TCP: a short queue of frames for each connection. Shards put frames in, the connections' thread
//! writes them. A lock is taken for each packet of a session that has no UDP, by two threads at most.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::Duration,
};

use metrics::Counter;
use tokio::{
    io::AsyncWriteExt,
    net::tcp::OwnedWriteHalf,
    sync::Notify,
    time::{sleep, timeout},
};

/// Names a connection for the life of the process.
pub(in crate::media) type ConnectionId = u64;

/// A frame begins with its length (RFC 4571 section 2).
pub(super) const LENGTH_BYTES: usize = 2;
/// Frames that may wait: about half a second of audio.
const FRAMES_MAX: usize = 25;
/// A connection that takes no frame for so long is dead.
const WRITE_WITHIN: Duration = Duration::from_secs(10);
/// First octets of RTP and RTCP (RFC 7983).
const MEDIA_FIRST: std::ops::RangeInclusive<u8> = 128..=191;

/// All of them.
pub(in crate::media) struct Outlets {
    by_id: RwLock<HashMap<ConnectionId, Arc<Outlet>>>,
    late: Counter,
    gone: Counter,
}

impl Default for Outlets {
    fn default() -> Self {
        let counter = |reason: &'static str| metrics::counter!("viva_tcp_dropped_total", "reason" => reason);
        Self { by_id: RwLock::default(), late: counter("late"), gone: counter("gone") }
    }
}

impl Outlets {
    /// Queues a datagram. When too many wait, the oldest audio is dropped for it: DTLS and STUN are waited for.
    pub(in crate::media) fn send(&self, id: ConnectionId, datagram: &[u8]) {
        let outlet = self.by_id.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        match outlet {
            Some(outlet) if outlet.put(datagram) => {}
            Some(_) => self.late.increment(1),
            None => self.gone.increment(1),
        }
    }

    /// Takes nothing for this connection any more.
    pub(super) fn close(&self, id: ConnectionId) {
        self.by_id.write().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }

    /// Waits until nothing waits.
    pub(super) async fn all_sent(&self) {
        let waits = || self.by_id.read().unwrap_or_else(PoisonError::into_inner).values().any(|it| it.waits());
        while waits() {
            sleep(Duration::from_millis(5)).await;
        }
    }
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Vec<u8>>,
    /// Written, to be used again.
    spare: Vec<Vec<u8>>,
    /// A frame is being written.
    is_writing: bool,
}

/// One connection's.
#[derive(Default)]
pub(super) struct Outlet {
    queue: Mutex<Queue>,
    more: Notify,
}

impl Outlet {
    /// Makes the way out of a connection.
    pub(super) fn open(outlets: &Outlets, id: ConnectionId) -> Arc<Self> {
        let outlet = Arc::<Self>::default();
        outlets.by_id.write().unwrap_or_else(PoisonError::into_inner).insert(id, Arc::clone(&outlet));
        outlet
    }

    /// Queues a datagram; `false` when another one was dropped for it.
    fn put(&self, datagram: &[u8]) -> bool {
        let Ok(length) = u16::try_from(datagram.len()) else { return false };
        let is_kept = {
            let mut queue = self.lock();
            let is_full = queue.waiting.len() == FRAMES_MAX;
            if is_full {
                let is_media = |frame: &Vec<u8>| frame.get(LENGTH_BYTES).is_some_and(|it| MEDIA_FIRST.contains(it));
                let oldest = queue.waiting.iter().position(is_media).unwrap_or(0);
                let dropped = queue.waiting.remove(oldest);
                queue.spare.extend(dropped);
            }
            let mut frame = queue.spare.pop().unwrap_or_default();
            frame.clear();
            frame.extend_from_slice(&length.to_be_bytes());
            frame.extend_from_slice(datagram);
            queue.waiting.push_back(frame);
            !is_full
        };
        self.more.notify_one();
        is_kept
    }

    /// Writes what comes until the connection takes nothing any more.
    pub(super) async fn write_to(self: Arc<Self>, mut write: OwnedWriteHalf) {
        loop {
            let Some(frame) = self.next() else {
                self.more.notified().await;
                continue;
            };
            let written = timeout(WRITE_WITHIN, write.write_all(&frame)).await;
            self.give_back(frame);
            if !matches!(written, Ok(Ok(()))) {
                return;
            }
        }
    }

    fn next(&self) -> Option<Vec<u8>> {
        let mut queue = self.lock();
        let frame = queue.waiting.pop_front();
        queue.is_writing = frame.is_some();
        frame
    }

    fn give_back(&self, frame: Vec<u8>) {
        let mut queue = self.lock();
        queue.is_writing = false;
        queue.spare.push(frame);
    }

    fn waits(&self) -> bool {
        let queue = self.lock();
        queue.is_writing || !queue.waiting.is_empty()
    }

    /// What it guards is whole after any panic.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(outlet: &Outlet) -> Vec<(u8, u8)> {
        outlet.lock().waiting.iter().map(|frame| (frame[LENGTH_BYTES], frame[LENGTH_BYTES + 1])).collect()
    }

    #[test]
    fn audio_that_waits_gives_way_to_newer_audio_and_nothing_else_does() {
        let outlet = Outlet::default();
        assert!(outlet.put(&[22, 0]), "a DTLS record");
        for number in 1..FRAMES_MAX as u8 {
            assert!(outlet.put(&[128, number]));
        }
        assert!(!outlet.put(&[128, 100]), "the oldest audio is dropped for it");
        assert!(!outlet.put(&[1, 101]), "a STUN answer finds a place too");
        let found = kinds(&outlet);
        assert_eq!(found.len(), FRAMES_MAX);
        assert_eq!((found[0], found[1]), ((22, 0), (128, 3)));
        assert_eq!(found[FRAMES_MAX - 2..], [(128, 100), (1, 101)]);
        let first = outlet.next().expect("a frame");
        assert_eq!(first, [0, 2, 22, 0]);
        assert!(outlet.waits());
        outlet.give_back(first);
    }

    #[test]
    fn buffers_are_used_again() {
        let outlet = Outlet::default();
        for round in 0..100 {
            outlet.put(&[128, round]);
            let frame = outlet.next().expect("a frame");
            assert_eq!(frame, [0, 2, 128, round]);
            outlet.give_back(frame);
        }
        assert!(!outlet.waits());
        assert_eq!(outlet.lock().spare.len(), 1);
    }

    #[test]
    fn what_goes_to_a_connection_that_is_gone_is_lost_quietly() {
        let outlets = Outlets::default();
        let outlet = Outlet::open(&outlets, 7);
        outlets.send(7, &[128, 1]);
        assert_eq!(kinds(&outlet), [(128, 1)]);
        outlets.close(7);
        outlets.send(7, &[128, 2]);
        assert_eq!(kinds(&outlet), [(128, 1)]);
    }
}
