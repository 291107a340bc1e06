//! When scores are proposed: after an interview, and when somebody asks for it again.

use super::Scoring;
use crate::{
    domain::{id::SessionId, scorecard::record::ProposalState},
    jobs::{JobError, JobHandler, Stage},
    store::{
        SqlStore, Store, StoreError,
        jobs::{Job, NewJob},
        scorecards::ProposalRecord,
    },
};
use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::json;
use std::{sync::Arc, time::Duration};

/// The job that asks about a proposal again. Its payload: `{"proposal_id"}`.
pub const EVALUATE_JOB: &str = "evaluate";
/// How often an evaluator is asked before the results of an interview are declared ready without it.
const ATTEMPTS_MAX: u32 = 3;
/// Waits between these tries.
const WAITS: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(15)];
/// Longer than [`ScoringLimits`](super::ScoringLimits) allows one proposal, its last question included.
const JOB_TIMEOUT: Duration = Duration::from_secs(25 * 60);

/// Proposes scores when an interview is over.
pub struct ScoringStage {
    scoring: Arc<Scoring>,
    store: Arc<SqlStore>,
}

impl ScoringStage {
    pub fn new(scoring: Arc<Scoring>, store: Arc<SqlStore>) -> Self {
        Self { scoring, store }
    }
}

#[async_trait]
impl Stage for ScoringStage {
    fn name(&self) -> &'static str {
        "scoring"
    }

    async fn run(&self, session_id: &SessionId) -> Result<(), JobError> {
        let Some(record) = self.store.load_session(session_id).await? else { return Ok(()) };
        let begun = match self.scoring.begin(&record, None).await {
            Err(StoreError::Unknown) => return Ok(()), // Erased meanwhile.
            begun => begun?,
        };
        match begun {
            Some(begun) if is_open(&begun) && begun.attempts < ATTEMPTS_MAX => {
                tried(self.scoring.evaluate(&begun.proposal_id).await?)
            }
            _ => Ok(()),
        }
    }
}

/// Does [`EVALUATE_JOB`].
pub struct Evaluation(Arc<Scoring>);

impl Evaluation {
    pub fn new(scoring: Arc<Scoring>) -> Self {
        Self(scoring)
    }
}

#[async_trait]
impl JobHandler for Evaluation {
    fn kind(&self) -> &'static str {
        EVALUATE_JOB
    }

    fn timeout(&self) -> Duration {
        JOB_TIMEOUT
    }

    fn wait_after(&self, attempts: u32) -> Option<Duration> {
        WAITS.get(attempts.saturating_sub(1) as usize).copied()
    }

    async fn run(&self, job: &Job) -> Result<(), JobError> {
        let Some(proposal_id) = job.payload["proposal_id"].as_str() else {
            return Err(JobError::Hopeless("names no proposal".to_owned()));
        };
        let outcome = tried(self.0.evaluate(proposal_id).await?);
        // The proposal itself says that it failed; a job that stays as failed would say no more.
        if self.wait_after(job.attempts).is_none() { Ok(()) } else { outcome }
    }
}

impl Scoring {
    /// Asks about a proposal, soon and outlasting this process. Whether there is anything left to ask.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn evaluate_later(&self, record: &ProposalRecord) -> Result<bool, StoreError> {
        if !is_open(record) {
            return Ok(false);
        }
        let job = NewJob {
            kind: EVALUATE_JOB,
            // What failed may be asked again; what waits is asked once.
            key: format!("{}:{}", record.proposal_id, record.attempts),
            session_id: Some(record.session_id.clone()),
            payload: json!({"proposal_id": record.proposal_id}),
            run_at: Timestamp::now(),
        };
        self.store.enqueue_job(job).await?;
        Ok(true)
    }
}

fn is_open(record: &ProposalRecord) -> bool {
    matches!(record.state(), ProposalState::Pending | ProposalState::Failed)
}

/// A proposal that came to nothing is worth another try.
fn tried(record: Option<ProposalRecord>) -> Result<(), JobError> {
    match record {
        Some(record) if is_open(&record) && record.attempts < ATTEMPTS_MAX => {
            let reason = serde_json::to_value(record.proposal.shortfall).unwrap_or_default();
            let after = WAITS.get(record.attempts.saturating_sub(1) as usize).copied();
            Err(JobError::Again { reason: format!("scores are not proposed: {reason}"), after })
        }
        _ => Ok(()),
    }
}
