//! Does the work that the store keeps: each kind has one handler, its bounds, and its patience with failures.
//!
//! A job is done at least once: a handler may be stopped anywhere, and is called again with the same job.

mod after_interview;

pub use after_interview::{AfterInterview, Stage};

use crate::{
    shutdown::Shutdown,
    store::{SqlStore, StoreError, jobs::Job},
};
use async_trait::async_trait;
use futures_util::FutureExt;
use jiff::{SignedDuration, Timestamp};
use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tokio::{
    sync::{Notify, Semaphore},
    time::Instant,
};

/// Why a job did not work out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JobError {
    /// Again later: after the handler's own wait, or not before `after`.
    #[error("{reason}")]
    Again { reason: String, after: Option<Duration> },
    /// Not yet: no failure, and nothing for the log.
    #[error("not yet")]
    Later(Duration),
    /// It will never work out.
    #[error("{0}")]
    Hopeless(String),
}

impl JobError {
    /// Again, after the handler's own wait.
    pub fn again(reason: impl std::fmt::Display) -> Self {
        Self::Again { reason: reason.to_string(), after: None }
    }
}

impl From<StoreError> for JobError {
    fn from(error: StoreError) -> Self {
        Self::again(error)
    }
}

/// Does one kind of job.
#[async_trait]
pub trait JobHandler: Send + Sync + 'static {
    /// The kind; one handler for each.
    fn kind(&self) -> &'static str;

    /// Jobs of this kind at the same time.
    fn concurrency(&self) -> usize {
        1
    }

    /// The longest that one try may take.
    fn timeout(&self) -> Duration;

    /// The wait after the failure of try number `attempts` (from 1); `None`: it is given up.
    fn wait_after(&self, attempts: u32) -> Option<Duration>;

    /// Does it. Must bear being stopped anywhere and called again.
    async fn run(&self, job: &Job) -> Result<(), JobError>;
}

/// A lease outlasts the try by this.
const LEASE_SLACK: Duration = Duration::from_secs(30);
/// The table is looked at this often at least, should a wake-up have been missed.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Wait after a store that could not answer.
const STORE_WAIT: Duration = Duration::from_secs(1);

struct Worker {
    handler: Arc<dyn JobHandler>,
    places: Arc<Semaphore>,
}

/// Starts doing jobs, until the server stops. Jobs of kinds without a handler wait.
pub fn start(store: Arc<SqlStore>, handlers: Vec<Arc<dyn JobHandler>>, shutdown: &Shutdown) {
    let stop = shutdown.stop.clone();
    let tasks = shutdown.tasks.clone();
    let workers: Vec<Worker> = handlers
        .into_iter()
        .map(|handler| Worker { places: Arc::new(Semaphore::new(handler.concurrency())), handler })
        .collect();
    shutdown.tasks.spawn(async move {
        let freed = Arc::new(Notify::new());
        loop {
            let wait = match claim_all(&store, &workers, &freed, &tasks, &stop).await {
                Ok(next) => next,
                Err(error) => {
                    tracing::warn!(%error, "jobs cannot be read");
                    STORE_WAIT
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = store.jobs_wake().notified() => {}
                () = freed.notified() => {}
                () = tokio::time::sleep_until(Instant::now() + wait) => {}
            }
        }
    });
}

/// Takes what is due as far as there are places, and says how long there is nothing more to do.
async fn claim_all(
    store: &Arc<SqlStore>,
    workers: &[Worker],
    freed: &Arc<Notify>,
    tasks: &tokio_util::task::TaskTracker,
    stop: &tokio_util::sync::CancellationToken,
) -> Result<Duration, StoreError> {
    for worker in workers {
        let free = u32::try_from(worker.places.available_permits()).unwrap_or(u32::MAX);
        if free == 0 || stop.is_cancelled() {
            continue;
        }
        let lease = worker.handler.timeout() + LEASE_SLACK;
        let jobs = store.claim_jobs(worker.handler.kind(), Timestamp::now(), lease, free).await?;
        for job in jobs {
            // Only this task takes places, so there is one.
            let Ok(place) = worker.places.clone().try_acquire_owned() else { continue };
            let (store, handler, freed, stop) = (store.clone(), worker.handler.clone(), freed.clone(), stop.clone());
            tasks.spawn(async move {
                // A server that stops leaves the job to the next one: the lease is over by then, or soon after.
                let done = stop.run_until_cancelled(attempt(&store, &*handler, &job)).await;
                if done.is_none() {
                    give_back(&store, &job).await;
                }
                drop(place);
                freed.notify_one();
            });
        }
    }
    let Some(next) = store.next_job_at().await? else { return Ok(LOOK_EVERY) };
    let ahead = Duration::try_from(next.duration_since(Timestamp::now())).unwrap_or(Duration::ZERO);
    // A job that is due and was not taken waits for a place, which wakes us.
    Ok(if ahead.is_zero() { LOOK_EVERY } else { ahead.min(LOOK_EVERY) })
}

async fn attempt(store: &SqlStore, handler: &dyn JobHandler, job: &Job) {
    let started = Instant::now();
    let run = AssertUnwindSafe(handler.run(job)).catch_unwind();
    let outcome = match tokio::time::timeout(handler.timeout(), run).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Err(JobError::again("the handler panicked")),
        Err(_) => Err(JobError::again("took too long")),
    };
    metrics::histogram!("viva_job_seconds", "kind" => handler.kind()).record(started.elapsed().as_secs_f64());
    let result = match &outcome {
        Ok(()) => "done",
        Err(JobError::Later(_)) => "later",
        Err(_) => "failed",
    };
    metrics::counter!("viva_jobs_total", "kind" => handler.kind(), "result" => result).increment(1);
    let kept = match outcome {
        Ok(()) => store.finish_job(&job.kind, &job.key).await,
        Err(JobError::Later(wait)) => store.return_job(job, Some(after(wait)), "not yet").await,
        Err(error) => {
            let run_at = next_try(handler, job, &error);
            let last = run_at.is_none();
            tracing::warn!(kind = job.kind, key = job.key, attempts = job.attempts, last, %error, "job failed");
            store.return_job(job, run_at, &error.to_string()).await
        }
    };
    if let Err(error) = kept {
        tracing::error!(%error, kind = job.kind, "the outcome of a job cannot be saved; it will be done again");
    }
}

fn next_try(handler: &dyn JobHandler, job: &Job, error: &JobError) -> Option<Timestamp> {
    let wait = match error {
        JobError::Hopeless(_) => None,
        JobError::Later(wait) => Some(*wait),
        JobError::Again { after, .. } => {
            handler.wait_after(job.attempts).map(|wait| after.map_or(wait, |after| after.max(wait)))
        }
    }?;
    Some(after(wait))
}

fn after(wait: Duration) -> Timestamp {
    let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
    Timestamp::now().checked_add(wait).unwrap_or(Timestamp::MAX)
}

/// The next process need not wait for the lease.
async fn give_back(store: &SqlStore, job: &Job) {
    if let Err(error) = store.return_job(job, Some(Timestamp::now()), "the server stopped").await {
        tracing::warn!(%error, kind = job.kind, "a job is not given back; its lease ends by itself");
    }
}
