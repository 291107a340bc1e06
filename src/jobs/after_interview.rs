//! What is left to do when a session is over, in order: each stage builds on the one before, and a stage that is done
//! finds that out by itself.

use super::{JobError, JobHandler};
use crate::{
    domain::id::SessionId,
    store::{
        SqlStore, Store,
        jobs::Job,
        session_events::{AFTER_JOB, SessionEventKind},
    },
};
use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::json;
use std::{sync::Arc, time::Duration};

/// One step of it.
#[async_trait]
pub trait Stage: Send + Sync + 'static {
    /// For logs and metrics.
    fn name(&self) -> &'static str;

    /// What becomes ready by it, once it is done or given up.
    fn makes_ready(&self) -> Option<SessionEventKind> {
        None
    }

    /// Does it, or nothing if it is done or not wanted. May be called again after any failure.
    ///
    /// # Errors
    /// [`JobError::Again`] is tried again; after the last try, and after [`JobError::Hopeless`], the next stage begins.
    async fn run(&self, session_id: &SessionId) -> Result<(), JobError>;
}

/// The handler of the job that the end of a session leaves.
pub struct AfterInterview {
    store: Arc<SqlStore>,
    stages: Vec<Arc<dyn Stage>>,
}

/// Waits between tries; after the last one a stage that fails is left out.
const WAITS: [Duration; 4] =
    [Duration::from_secs(2), Duration::from_secs(15), Duration::from_secs(120), Duration::from_secs(900)];

impl AfterInterview {
    /// These stages, in this order.
    pub fn new(store: Arc<SqlStore>, stages: Vec<Arc<dyn Stage>>) -> Self {
        Self { store, stages }
    }

    async fn ready(&self, session_id: &SessionId, kind: SessionEventKind) -> Result<(), JobError> {
        self.store.record_event(session_id, kind, Timestamp::now(), json!({})).await?;
        Ok(())
    }
}

#[async_trait]
impl JobHandler for AfterInterview {
    fn kind(&self) -> &'static str {
        AFTER_JOB
    }

    fn concurrency(&self) -> usize {
        2
    }

    fn timeout(&self) -> Duration {
        Duration::from_secs(3_600)
    }

    fn wait_after(&self, attempts: u32) -> Option<Duration> {
        WAITS.get(attempts.saturating_sub(1) as usize).copied()
    }

    async fn run(&self, job: &Job) -> Result<(), JobError> {
        let Some(session_id) = &job.session_id else {
            return Err(JobError::Hopeless("names no session".to_owned()));
        };
        if self.store.load_session(session_id).await?.is_none() {
            return Ok(()); // Erased meanwhile.
        }
        let last_try = self.wait_after(job.attempts).is_none();
        for stage in &self.stages {
            match stage.run(session_id).await {
                Ok(()) => {}
                Err(error @ JobError::Later(_)) => return Err(error),
                Err(error @ JobError::Again { .. }) if !last_try => return Err(error),
                Err(error) => tracing::warn!(session = %session_id, stage = stage.name(), %error, "stage left out"),
            }
            if let Some(kind) = stage.makes_ready() {
                self.ready(session_id, kind).await?;
            }
        }
        self.ready(session_id, SessionEventKind::ResultsReady).await
    }
}
