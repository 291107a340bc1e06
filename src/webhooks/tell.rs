//! The two kinds of jobs: an event is told to those who want it, and a delivery is made.

use super::{
    Webhooks,
    lanes::{Lanes, PLACES},
    try_once::TRY_TIMEOUT,
};
use crate::{
    domain::webhook::{Step, TEST_EVENT},
    jobs::{JobError, JobHandler},
    random,
    store::{
        jobs::Job,
        session_events::TELL_JOB,
        webhooks::{DELIVER_JOB, DeliveryStatus, DueDelivery, Try},
    },
};
use async_trait::async_trait;
use jiff::Timestamp;
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// Turns an event into deliveries.
pub struct Tell(pub Arc<Webhooks>);

#[async_trait]
impl JobHandler for Tell {
    fn kind(&self) -> &'static str {
        TELL_JOB
    }

    fn concurrency(&self) -> usize {
        4
    }

    fn timeout(&self) -> Duration {
        Duration::from_secs(10)
    }

    fn wait_after(&self, attempts: u32) -> Option<Duration> {
        // Only the store can fail; its return is waited for.
        Some(Duration::from_secs(1 << attempts.min(6)))
    }

    async fn run(&self, job: &Job) -> Result<(), JobError> {
        let made = self.0.store.fan_out(&named(job, "event_id")?, Timestamp::now()).await?;
        metrics::counter!("viva_webhook_deliveries_total").increment(u64::from(made));
        Ok(())
    }
}

/// Tries deliveries.
pub struct Deliver {
    webhooks: Arc<Webhooks>,
    lanes: Lanes,
}

impl Deliver {
    pub fn new(webhooks: Arc<Webhooks>) -> Self {
        Self { webhooks, lanes: Lanes::default() }
    }

    /// One try, kept with what follows from it.
    async fn attempt(&self, due: &DueDelivery) -> Result<Option<Step>, JobError> {
        let (at, started) = (Timestamp::now(), Instant::now());
        let outcome = self.webhooks.try_once(due).await;
        let duration = started.elapsed();
        let result = outcome.error.map_or("delivered", |error| error.as_str());
        metrics::counter!("viva_webhook_tries_total", "result" => result).increment(1);
        metrics::histogram!("viva_webhook_try_seconds").record(duration.as_secs_f64());
        let tried = Try {
            at: Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at),
            http_status: outcome.http_status,
            duration_ms: u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
            error: outcome.error.map(|error| error.as_str().to_owned()),
        };
        let store = &self.webhooks.store;
        let step =
            store.record_try(&due.delivery.delivery_id, due.delivery.round, tried, outcome, random::seed()).await?;
        let webhook = &due.delivery.webhook_id;
        match step {
            Some(Step::GiveUp) => tracing::warn!(webhook, result, "a webhook delivery is given up"),
            Some(Step::SwitchOff) => tracing::warn!(webhook, "a webhook endpoint wants nothing more: switched off"),
            _ => tracing::debug!(webhook, result, "webhook delivery tried"),
        }
        Ok(step)
    }
}

#[async_trait]
impl JobHandler for Deliver {
    fn kind(&self) -> &'static str {
        DELIVER_JOB
    }

    fn concurrency(&self) -> usize {
        PLACES
    }

    fn timeout(&self) -> Duration {
        TRY_TIMEOUT + Duration::from_secs(8)
    }

    fn wait_after(&self, attempts: u32) -> Option<Duration> {
        // Of the store alone: what an endpoint does is no failure of the job.
        Some(Duration::from_secs(1 << attempts.min(6)))
    }

    async fn run(&self, job: &Job) -> Result<(), JobError> {
        let Some(due) = self.webhooks.store.due_delivery(&named(job, "delivery_id")?).await? else { return Ok(()) };
        let delivery = &due.delivery;
        let is_test = delivery.event_type == TEST_EVENT;
        let replayed = job.payload["round"].as_u64() != Some(u64::from(delivery.round));
        if replayed || delivery.status != DeliveryStatus::Pending || !(due.endpoint.enabled || is_test) {
            return Ok(());
        }
        // Tried already, by a server that was killed before it could say so to the job.
        if let Some(wait) = delivery.next_try_at.and_then(|at| ahead(at, Timestamp::now())) {
            return Err(JobError::Later(wait));
        }
        let failing = due.endpoint.failing_since.is_some();
        let place = self.lanes.take(&delivery.webhook_id, failing).map_err(JobError::Later)?;
        let step = self.attempt(&due).await;
        drop(place);
        match step? {
            Some(Step::Again(wait)) => Err(JobError::Later(wait)),
            Some(Step::Delivered | Step::GiveUp | Step::SwitchOff) | None => Ok(()),
        }
    }
}

/// How far `at` is ahead of `now`.
fn ahead(at: Timestamp, now: Timestamp) -> Option<Duration> {
    Duration::try_from(at.duration_since(now)).ok().filter(|wait| !wait.is_zero())
}

/// An id of the job's payload.
fn named(job: &Job, field: &str) -> Result<String, JobError> {
    let id = job.payload[field].as_str().map(str::to_owned);
    id.ok_or_else(|| JobError::Hopeless(format!("has no {field}")))
}
