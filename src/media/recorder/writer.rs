//! The two threads of the recorder: one writes, one syncs. A disk that hangs holds up no audio and, while the queue
//! lasts, nobody's recording.

use super::{Shared, Take, take_files::TakeFiles};
use crate::domain::{
    audio::codec::Codec,
    recording::{Filler, Side},
};
use bytes::Bytes;
use std::{
    collections::HashMap,
    fs::File,
    io,
    sync::{
        Arc,
        atomic::Ordering,
        mpsc::{Receiver, SyncSender},
    },
    time::{Duration, Instant},
};

/// How often the queue is emptied: nobody who fills it has to wake anybody.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How often files are synced.
const SYNC_EVERY: Duration = Duration::from_secs(5);

/// What shards hand over.
pub(super) enum Entry {
    /// `run_ticks`: grows from packet to packet as their places do.
    Packet {
        key: u64,
        side: Side,
        codec: Codec,
        rtp_time: u64,
        run_ticks: u64,
        now_ticks: u64,
        is_fresh: bool,
        payload: Bytes,
    },
    Report {
        key: u64,
        ntp_time: u64,
        rtp_time: u32,
        audio_ms: u64,
    },
}

impl Entry {
    fn key(&self) -> u64 {
        match self {
            Self::Packet { key, .. } | Self::Report { key, .. } => *key,
        }
    }
}

/// Files to be synced; the last ones of a take settle it.
pub(super) struct Sync {
    take: Arc<Take>,
    files: Option<[Arc<File>; 3]>,
    is_last: bool,
}

/// A take whose files may be open.
struct Open {
    take: Arc<Take>,
    /// Made with the first packet.
    files: Option<TakeFiles>,
    synced_at: Instant,
}

/// The thread that writes.
pub(super) struct Writer {
    shared: Arc<Shared>,
    entries: Receiver<Entry>,
    syncs: SyncSender<Sync>,
    filler: Arc<Filler>,
    open: HashMap<u64, Open>,
}

impl Writer {
    pub(super) fn new(
        shared: Arc<Shared>,
        entries: Receiver<Entry>,
        syncs: SyncSender<Sync>,
        filler: Arc<Filler>,
    ) -> Self {
        Self { shared, entries, syncs, filler, open: HashMap::new() }
    }

    /// Works until told to stop, then ends what is open.
    pub(super) fn run(mut self) {
        loop {
            let stops = self.wait();
            // Closed before the queue is emptied: everything of theirs is in it by now.
            let closed: Vec<u64> = self.open.values().filter(|open| stops || open.is_closed()).map(Open::key).collect();
            while let Ok(entry) = self.entries.try_recv() {
                self.take(entry);
            }
            self.keep_up();
            for key in closed {
                self.close(key);
            }
            if stops {
                return;
            }
        }
    }

    /// Sleeps for as long as nothing can be there to write; whether to stop.
    fn wait(&mut self) -> bool {
        let mut board = self.shared.board();
        while self.open.is_empty() && board.fresh.is_empty() && !board.stop {
            board = self.shared.changed.wait(board).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
        let stops = board.stop;
        let fresh = std::mem::take(&mut board.fresh);
        drop(board);
        self.welcome(fresh);
        if !stops {
            std::thread::sleep(LOOK_EVERY);
        }
        stops
    }

    fn welcome(&mut self, fresh: Vec<Arc<Take>>) {
        let now = Instant::now();
        for take in fresh {
            self.open.insert(take.key, Open { take, files: None, synced_at: now });
        }
    }

    fn take(&mut self, entry: Entry) {
        let key = entry.key();
        if !self.open.contains_key(&key) {
            let fresh = std::mem::take(&mut self.shared.board().fresh);
            self.welcome(fresh);
        }
        // One that is closed already: its peer was still speaking.
        let Some(open) = self.open.get_mut(&key) else { return };
        open.try_to(&self.shared, &self.filler, |files| match entry {
            Entry::Packet { side, codec, rtp_time, run_ticks, now_ticks, is_fresh, payload, .. } => {
                let times = (rtp_time, run_ticks);
                match codec {
                    Codec::Opus => files.take(side, &payload, times, now_ticks, is_fresh),
                    Codec::Pcmu => files.take_mulaw(side, &payload, times, now_ticks, is_fresh),
                }
            }
            Entry::Report { ntp_time, rtp_time, audio_ms, .. } => files.report(ntp_time, rtp_time, audio_ms),
        });
    }

    /// Ends pages that are due, and has files synced.
    fn keep_up(&mut self) {
        let now = Instant::now();
        for open in self.open.values_mut().filter(|open| open.files.is_some()) {
            open.try_to(&self.shared, &self.filler, |files| files.end_pages(now));
            if now.duration_since(open.synced_at) >= SYNC_EVERY {
                open.synced_at = now;
                let files = open.files.as_ref().map(TakeFiles::files);
                let sync = Sync { take: Arc::clone(&open.take), files, is_last: false };
                // A disk that is this far behind is asked again in 5 s.
                let _ = self.syncs.try_send(sync);
            }
        }
    }

    fn close(&mut self, key: u64) {
        let Some(mut open) = self.open.remove(&key) else { return };
        let dropped = open.take.dropped.load(Ordering::Relaxed);
        if open.files.is_some() {
            open.try_to(&self.shared, &self.filler, |files| files.finish(dropped));
        }
        let files = open.files.as_ref().map(TakeFiles::files);
        if let Err(refused) = self.syncs.send(Sync { take: open.take, files, is_last: true }) {
            tracing::error!("the recorder's syncing thread is gone");
            self.shared.settle(&refused.0.take);
        }
    }
}

impl Open {
    fn key(&self) -> u64 {
        self.take.key
    }

    fn is_closed(&self) -> bool {
        self.take.is_closed.load(Ordering::Acquire)
    }

    /// Does something with the files. After a failure nothing more is tried: the interview goes on without.
    fn try_to(&mut self, shared: &Shared, filler: &Arc<Filler>, work: impl FnOnce(&mut TakeFiles) -> io::Result<()>) {
        if self.take.has_failed.load(Ordering::Acquire) {
            return;
        }
        let made = match &mut self.files {
            Some(files) => Ok(files),
            None => {
                TakeFiles::create(&shared.data_dir, &self.take.session_id, filler).map(|files| self.files.insert(files))
            }
        };
        if let Err(error) = made.and_then(work) {
            fail(&self.take, &error);
        }
    }
}

/// The thread that syncs.
pub(super) struct Syncer {
    shared: Arc<Shared>,
    syncs: Receiver<Sync>,
}

impl Syncer {
    pub(super) fn new(shared: Arc<Shared>, syncs: Receiver<Sync>) -> Self {
        Self { shared, syncs }
    }

    /// Works until the writer is gone.
    pub(super) fn run(self) {
        while let Ok(Sync { take, files, is_last }) = self.syncs.recv() {
            let synced = files.iter().flatten().try_for_each(|file| file.sync_data());
            if let Err(error) = synced {
                fail(&take, &error);
            }
            if is_last {
                self.shared.settle(&take);
            }
        }
    }
}

fn fail(take: &Take, error: &io::Error) {
    if !take.has_failed.swap(true, Ordering::AcqRel) {
        tracing::error!(session = %take.session_id, %error, "the recording failed; the interview goes on without it");
        metrics::counter!("viva_recording_failed_total").increment(1);
    }
}
