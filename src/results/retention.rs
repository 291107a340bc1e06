//! How long what came of an interview is kept, and how it goes: retention by class, erasure, and what results say of
//! both.

use super::{Results, files};
use crate::{
    config::RetentionDays,
    domain::{
        id::{SessionId, encode_128_bits},
        log::{Evidence, Report},
        retention::{DataClass, due_at},
    },
    jobs::{JobError, JobHandler},
    random,
    store::{
        SqlStore, StoreError,
        erasure::{Erased, NewErasure, SCRUB_JOB},
        jobs::Job,
        retention::Keeping,
        session_events::RETAIN_JOB,
    },
};
use async_trait::async_trait;
use jiff::Timestamp;
use serde::Serialize;
use std::{io, path::PathBuf, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

/// Between two looks for what is due.
const EVERY: Duration = Duration::from_secs(3_600);
/// Sessions that are read at once.
const BATCH: u32 = 100;

/// How long each class is kept, and what became of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RetentionView {
    pub audio: ClassView,
    pub transcript: ClassView,
    pub scores: ClassView,
    /// Since when a legal hold forbids that anything is deleted.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub held_at: Option<Timestamp>,
}

/// One class.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ClassView {
    /// After the end of the session.
    pub days: u32,
    /// When it is due; null before the session has ended.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub delete_at: Option<Timestamp>,
    /// When it was deleted.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub deleted_at: Option<Timestamp>,
}

/// Where the session's log is: an anchor against which the log can be held later.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LogView {
    pub entries: u64,
    /// Hash of the last entry, hexadecimal.
    pub head: String,
}

/// What was deleted in one look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    pub audio: u64,
    pub transcript: u64,
    pub scores: u64,
}

/// Something could not be deleted or looked at; the same may be tried again.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("files of the recording: {0}")]
    Files(#[from] io::Error),
}

/// Keeps and deletes.
pub struct Keeper {
    store: Arc<SqlStore>,
    days: RetentionDays,
    data_dir: PathBuf,
}

impl Keeper {
    /// Over this store and the files below `data_dir`; `days` for interviews that do not say.
    pub fn new(store: Arc<SqlStore>, days: RetentionDays, data_dir: PathBuf) -> Self {
        Self { store, days, data_dir }
    }

    fn days(&self, class: DataClass) -> u32 {
        match class {
            DataClass::Audio => self.days.audio,
            DataClass::Transcript => self.days.transcript,
            DataClass::Scores => self.days.scores,
        }
    }

    /// Adds to results how they are kept, and takes out what is not known any more.
    pub fn complete(&self, results: &mut Results, keeping: &Keeping) {
        let ended_at = results.ended_at;
        let view = |at: usize| {
            let kept = keeping.classes[at];
            let days = kept.days.unwrap_or_else(|| self.days(kept.class));
            let delete_at = ended_at.and_then(|ended_at| due_at(ended_at, days));
            ClassView { days, delete_at, deleted_at: kept.deleted_at }
        };
        let held_at = keeping.hold.as_ref().map(|hold| hold.at);
        let retention = RetentionView { audio: view(0), transcript: view(1), scores: view(2), held_at };
        if retention.transcript.deleted_at.is_some() {
            // What was counted over words that are gone is not zero but unknown.
            results.metrics.talk_ms.user = None;
            results.metrics.talk_ms.assistant = None;
            // The record was read before; it may still have had them then.
            results.transcript.clear();
            results.client_transcript = None;
        }
        results.retention = Some(retention);
        results.log = keeping.log.map(|head| LogView { entries: head.entries, head: head.hash.to_string() });
    }

    /// Deletes everything whose time was over at `now`.
    ///
    /// # Errors
    /// [`KeepError`]; what was deleted before stays deleted.
    pub async fn sweep(&self, now: Timestamp) -> Result<Swept, KeepError> {
        self.sweep_some(now, None).await
    }

    async fn sweep_some(&self, now: Timestamp, only: Option<&SessionId>) -> Result<Swept, KeepError> {
        let mut swept = Swept::default();
        for class in DataClass::ALL {
            let deleted = self.sweep_class(class, now, only).await?;
            match class {
                DataClass::Audio => swept.audio = deleted,
                DataClass::Transcript => swept.transcript = deleted,
                DataClass::Scores => swept.scores = deleted,
            }
            metrics::counter!("viva_retention_deleted_total", "class" => class.as_str()).increment(deleted);
        }
        if swept != Swept::default() {
            self.store.scrub().await?;
        }
        Ok(swept)
    }

    async fn sweep_class(&self, class: DataClass, now: Timestamp, only: Option<&SessionId>) -> Result<u64, KeepError> {
        let mut deleted = 0;
        loop {
            let due = self.store.due_sessions(class, self.days(class), now, only, BATCH).await?;
            let mut progress = false;
            for session_id in &due {
                if class == DataClass::Audio {
                    self.delete_files(session_id).await?;
                }
                if self.store.delete_class(session_id, class, now).await? {
                    (deleted, progress) = (deleted + 1, true);
                }
            }
            if !progress {
                return Ok(deleted);
            }
        }
    }

    async fn delete_files(&self, session_id: &SessionId) -> Result<files::Deleted, KeepError> {
        let (data_dir, session_id) = (self.data_dir.clone(), session_id.clone());
        let deleted = tokio::task::spawn_blocking(move || files::delete(&data_dir, &session_id)).await;
        Ok(deleted.map_err(io::Error::other)??)
    }

    /// Erases a session that nobody writes to any more. `by`: `platform`, `owner` or `local`.
    ///
    /// # Errors
    /// [`KeepError`]: the same call may be made again, and goes on where this one stopped.
    pub async fn erase(&self, session_id: &SessionId, by: &'static str, at: Timestamp) -> Result<Erased, KeepError> {
        if let Some(Keeping { hold: Some(hold), .. }) = self.store.keeping(session_id).await? {
            return Ok(Erased::Held(hold));
        }
        let files = self.delete_files(session_id).await?;
        let erasure = NewErasure {
            receipt_id: format!("era_{}", encode_128_bits(random::bytes())),
            at,
            by,
            files: files.files,
            file_bytes: files.bytes,
        };
        let erased = self.store.erase_session(session_id, erasure).await?;
        if matches!(erased, Erased::Done(_) | Erased::Already(_)) {
            self.scrub(session_id).await?;
        }
        Ok(erased)
    }

    /// What was written while the rows went, and what is left of their bytes.
    async fn scrub(&self, session_id: &SessionId) -> Result<(), KeepError> {
        self.delete_files(session_id).await?;
        Ok(self.store.scrub().await?)
    }

    /// Holds log, rows and files of a session against each other; `None` for one that never was.
    ///
    /// # Errors
    /// [`KeepError`]
    pub async fn verify(&self, session_id: &SessionId) -> Result<Option<(Evidence, Report)>, KeepError> {
        let Some(evidence) = self.store.evidence(session_id).await? else { return Ok(None) };
        let data_dir = self.data_dir.clone();
        let checked = tokio::task::spawn_blocking(move || {
            let report = files::report(&data_dir, &evidence);
            (evidence, report)
        });
        Ok(Some(checked.await.map_err(io::Error::other)?))
    }

    /// Deletes what is due, now and every hour, until the server stops.
    pub async fn keep(self: Arc<Self>, stop: CancellationToken) {
        let mut timer = tokio::time::interval(EVERY);
        timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = timer.tick() => {}
            }
            match self.sweep(Timestamp::now()).await {
                Ok(swept) if swept == Swept::default() => {}
                Ok(swept) => tracing::info!(?swept, "deleted what was kept long enough"),
                Err(error) => tracing::warn!(%error, "what is due cannot be deleted; tried again in an hour"),
            }
        }
    }

    /// The handlers of the jobs that are about keeping.
    pub fn handlers(self: &Arc<Self>) -> Vec<Arc<dyn JobHandler>> {
        vec![Arc::new(Retain(self.clone())), Arc::new(Scrub(self.clone()))]
    }
}

/// Deletes at once what is not to be kept at all, when the results are ready.
struct Retain(Arc<Keeper>);

/// Looks again after an erasure.
struct Scrub(Arc<Keeper>);

/// The longest wait between tries; they go on until it is done.
const WAIT_MAX: Duration = Duration::from_secs(600);

fn wait_after(attempts: u32) -> Option<Duration> {
    Some(Duration::from_secs(1 << attempts.min(10)).min(WAIT_MAX))
}

#[async_trait]
impl JobHandler for Retain {
    fn kind(&self) -> &'static str {
        RETAIN_JOB
    }

    fn timeout(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn wait_after(&self, attempts: u32) -> Option<Duration> {
        wait_after(attempts)
    }

    async fn run(&self, job: &Job) -> Result<(), JobError> {
        let session_id = SessionId::new(job.key.clone());
        self.0.sweep_some(Timestamp::now(), Some(&session_id)).await.map_err(JobError::again)?;
        Ok(())
    }
}

#[async_trait]
impl JobHandler for Scrub {
    fn kind(&self) -> &'static str {
        SCRUB_JOB
    }

    fn timeout(&self) -> Duration {
        Duration::from_secs(660)
    }

    fn wait_after(&self, attempts: u32) -> Option<Duration> {
        wait_after(attempts)
    }

    async fn run(&self, job: &Job) -> Result<(), JobError> {
        let session_id = SessionId::new(job.key.clone());
        self.0.scrub(&session_id).await.map_err(JobError::again)
    }
}
