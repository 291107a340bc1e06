//! Records what candidates and the interviewer say, as the packets that came and left: no sample is decoded for it.
//!
//! A session's shard hands packets to its [`Tap`], which never waits; one writer thread puts those of all sessions into
//! files, and another one syncs them. The files of a session are in [`directory`]: `user.ogg`, `assistant.ogg`, and
//! `timeline.jsonl`, a line for each thing that is worth knowing of the clocks.

mod narrow;
mod side_file;
mod take_files;
mod tap;
mod timeline;
mod writer;

pub use tap::Tap;
pub use timeline::{Ended, Line, TIMELINE};

use self::writer::{Entry, Syncer, Writer};
use super::opus::{self, OpusError};
use crate::domain::{
    id::SessionId,
    recording::{Filler, Side},
};
use std::{
    collections::{HashMap, VecDeque},
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{SyncSender, sync_channel},
    },
    thread::JoinHandle,
};
use tokio::sync::watch;

/// Packets that may wait for the writer: a second of 200 sessions.
const ENTRIES_MAX: usize = 16_384;
/// Files that may wait to be synced.
const SYNCS_MAX: usize = 1_024;
/// Failed recordings that are remembered until somebody asks.
const FAILED_MAX: usize = 1_024;

/// Where a session's recording is.
///
/// # Errors
/// [`io::ErrorKind::InvalidInput`] for an id that is none, and could lead elsewhere.
pub fn directory(data_dir: &Path, session_id: &SessionId) -> io::Result<PathBuf> {
    if !SessionId::is_client_chosen(session_id.as_str()) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "no session id"));
    }
    Ok(data_dir.join("recordings").join(session_id.as_str()))
}

/// The name of a side's file.
pub const fn track_name(side: Side) -> &'static str {
    match side {
        Side::User => "user.ogg",
        Side::Assistant => "assistant.ogg",
    }
}

/// The recorder could not be started.
#[derive(Debug, thiserror::Error)]
pub enum RecorderError {
    #[error("codec: {0}")]
    Codec(#[from] OpusError),
    #[error("recorder thread: {0}")]
    Thread(#[from] io::Error),
}

/// One session that is recorded.
#[derive(Debug)]
struct Take {
    session_id: SessionId,
    key: u64,
    /// Nothing more comes.
    is_closed: AtomicBool,
    /// Something could not be written.
    has_failed: AtomicBool,
    /// Packets that found the queue full.
    dropped: AtomicU64,
    /// Everything that came is on disk, or never will be.
    is_settled: watch::Sender<bool>,
}

/// Which sessions are recorded.
#[derive(Debug, Default)]
struct Board {
    /// Not yet seen by the writer.
    fresh: Vec<Arc<Take>>,
    live: HashMap<SessionId, Arc<Take>>,
    failed: VecDeque<SessionId>,
    stop: bool,
}

#[derive(Debug)]
struct Shared {
    data_dir: PathBuf,
    board: Mutex<Board>,
    /// The writer sleeps on it while nothing is recorded.
    changed: Condvar,
}

impl Shared {
    /// What it guards is whole after any panic.
    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The take's files are as good as they will be.
    fn settle(&self, take: &Take) {
        let mut board = self.board();
        board.live.remove(&take.session_id);
        if take.has_failed.load(Ordering::Acquire) {
            if board.failed.len() == FAILED_MAX {
                board.failed.pop_front();
            }
            board.failed.push_back(take.session_id.clone());
        }
        drop(board);
        take.is_settled.send_replace(true);
    }
}

/// The recorder of the process. Cheap to clone; without a recording its threads sleep.
#[derive(Clone)]
pub struct Recorder {
    shared: Arc<Shared>,
    entries: SyncSender<Entry>,
    next_key: Arc<AtomicU64>,
    threads: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}

impl Recorder {
    /// Starts the threads. Nothing is written before the first packet of a recording.
    ///
    /// # Errors
    /// [`RecorderError`]
    pub fn start(data_dir: PathBuf) -> Result<Self, RecorderError> {
        let filler = Arc::new(Filler::new(&opus::silence_packet()?));
        let shared = Arc::new(Shared { data_dir, board: Mutex::default(), changed: Condvar::new() });
        let (entries, entry_receiver) = sync_channel(ENTRIES_MAX);
        let (syncs, sync_receiver) = sync_channel(SYNCS_MAX);
        let syncer = Syncer::new(Arc::clone(&shared), sync_receiver);
        let writer = Writer::new(Arc::clone(&shared), entry_receiver, syncs, filler);
        let threads = vec![
            std::thread::Builder::new().name("viva-record".to_owned()).spawn(move || writer.run())?,
            std::thread::Builder::new().name("viva-sync".to_owned()).spawn(move || syncer.run())?,
        ];
        Ok(Self { shared, entries, next_key: Arc::default(), threads: Arc::new(Mutex::new(threads)) })
    }

    /// Below it is what is recorded.
    pub fn data_dir(&self) -> &Path {
        &self.shared.data_dir
    }

    /// Begins to record a session: the tap is for its shard. Dropping the guard ends the recording.
    pub fn begin(&self, session_id: SessionId) -> (Tap, RecordingGuard) {
        let take = Arc::new(Take {
            session_id: session_id.clone(),
            key: self.next_key.fetch_add(1, Ordering::Relaxed),
            is_closed: AtomicBool::new(false),
            has_failed: AtomicBool::new(false),
            dropped: AtomicU64::new(0),
            is_settled: watch::Sender::new(false),
        });
        {
            let mut board = self.shared.board();
            board.fresh.push(Arc::clone(&take));
            board.live.insert(session_id, Arc::clone(&take));
        }
        self.shared.changed.notify_one();
        (Tap::new(Arc::clone(&take), self.entries.clone()), RecordingGuard { take })
    }

    /// Ends a session's recording, whatever its session does: nothing more of it is written. For an erasure, which then
    /// waits until it is [`settled`](Self::settled) and deletes the files.
    pub fn end(&self, session_id: &SessionId) {
        if let Some(take) = self.shared.board().live.get(session_id) {
            take.is_closed.store(true, Ordering::Release);
        }
    }

    /// Waits until everything of a session that was recorded is on disk; at once if nothing is.
    pub async fn settled(&self, session_id: &SessionId) {
        let take = self.shared.board().live.get(session_id).cloned();
        if let Some(take) = take {
            // The sender is in our hands, so that it cannot be gone.
            let _ = take.is_settled.subscribe().wait_for(|is_settled| *is_settled).await;
        }
    }

    /// Whether something of a session's recording could not be written, as far as this process knows.
    pub fn has_failed(&self, session_id: &SessionId) -> bool {
        self.shared.board().failed.contains(session_id)
    }

    /// Writes what is there, and ends. What is still being recorded ends here. Blocks.
    pub fn shutdown(&self) {
        self.shared.board().stop = true;
        self.shared.changed.notify_one();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a recorder thread had panicked");
            }
        }
    }
}

/// A recording goes on while this is there.
#[derive(Debug)]
pub struct RecordingGuard {
    take: Arc<Take>,
}

impl RecordingGuard {
    /// The tap never came to its place: nothing can be recorded.
    pub fn fail(&self) {
        self.take.has_failed.store(true, Ordering::Release);
    }
}

impl Drop for RecordingGuard {
    fn drop(&mut self) {
        self.take.is_closed.store(true, Ordering::Release);
    }
}
