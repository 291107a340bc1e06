//! The end of a recording: the first thing that is done when an interview is over.

use super::files;
use crate::{
    domain::{
        id::SessionId,
        recording::{Side, Warp},
    },
    jobs::{JobError, Stage},
    media::recorder::{Recorder, directory},
    store::{RecordingRecord, RecordingState, SessionRecord, SqlStore, Store, session_events::SessionEventKind},
};
use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::json;
use std::{path::Path, sync::Arc, time::Duration};

/// How long the last packets may take to be on disk.
const SETTLE_WAIT: Duration = Duration::from_secs(60);

/// Finishes recordings: mends what a kill cut, measures, digests, draws the peaks, and keeps what is known.
pub struct RecordingStage {
    store: Arc<SqlStore>,
    recorder: Recorder,
}

impl std::fmt::Debug for RecordingStage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordingStage").finish_non_exhaustive()
    }
}

impl RecordingStage {
    /// The stage for what `recorder` wrote.
    pub fn new(store: Arc<SqlStore>, recorder: Recorder) -> Self {
        Self { store, recorder }
    }

    /// What is there of a session's recording; `None`: there was nothing to record.
    async fn finish(&self, session: &SessionRecord) -> Result<Option<RecordingRecord>, JobError> {
        let session_id = &session.session_id;
        let settled = tokio::time::timeout(SETTLE_WAIT, self.recorder.settled(session_id)).await;
        settled.map_err(|_| JobError::again("the recording is still being written"))?;
        let directory = directory(self.recorder.data_dir(), session_id).map_err(JobError::again)?;
        if session.started_at.is_none() && !directory.exists() {
            return Ok(None);
        }
        let has_failed = self.recorder.has_failed(session_id);
        let finished = tokio::task::spawn_blocking(move || finish(&directory, has_failed)).await;
        finished.map_err(|_| JobError::again("finishing panicked"))?.map(Some)
    }
}

#[async_trait]
impl Stage for RecordingStage {
    fn name(&self) -> &'static str {
        "recording"
    }

    async fn run(&self, session_id: &SessionId) -> Result<(), JobError> {
        let Some(session) = self.store.load_session(session_id).await? else { return Ok(()) };
        if !session.interview.recording {
            return Ok(());
        }
        let kept = match self.store.recording(session_id).await? {
            Some(kept) => kept,
            None => {
                let Some(finished) = self.finish(&session).await? else { return Ok(()) };
                self.store.put_recording(session_id, finished.clone()).await?;
                finished
            }
        };
        // Only of sessions that are recorded, which is why the stage tells it and not whoever runs it.
        let data = json!({"state": kept.state, "duration_ms": kept.duration_ms});
        self.store.record_event(session_id, SessionEventKind::RecordingReady, Timestamp::now(), data).await?;
        Ok(())
    }
}

fn finish(directory: &Path, has_failed: bool) -> Result<RecordingRecord, JobError> {
    let mut tracks = Vec::new();
    for side in Side::ALL {
        tracks.extend(files::finish_track(directory, side).map_err(JobError::again)?);
    }
    let told = files::read_timeline(directory).map_err(JobError::again)?;
    let peaks = if tracks.is_empty() {
        None
    } else {
        match files::make_peaks(directory) {
            Ok(()) => Some(files::PEAKS.to_owned()),
            Err(error) => {
                tracing::warn!(%error, "a recording has no peaks");
                None
            }
        }
    };
    let state = match told.ended {
        _ if has_failed || tracks.is_empty() => RecordingState::Failed,
        Some(ended) if ended.dropped == 0 => RecordingState::Ready,
        _ => RecordingState::Partial,
    };
    Ok(RecordingRecord {
        state,
        duration_ms: tracks.iter().map(|track| track.duration_ms).max().unwrap_or(0),
        tracks,
        clock: Warp::fit(&told.samples).summary(),
        dropped: told.ended.map_or(0, |ended| ended.dropped),
        peaks,
        updated_at: Timestamp::now(),
    })
}
