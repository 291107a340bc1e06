//! Keeping how the microphone arrived: in batches, and without anybody waiting for it before the end.

use crate::{
    domain::{
        event::QualityData,
        id::SessionId,
        quality::{QualitySample, QualitySampler},
    },
    store::{Store, StoreError},
};
use std::{sync::Arc, time::Duration};
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_util::task::TaskTracker;

/// Samples of a batch: half a minute, which is what a crash may cost.
const BATCH: usize = 6;
/// Samples that wait for a store in trouble; of more than these the oldest go.
const WAITING_MAX: usize = 120;
/// Samples on their way to the writer.
const QUEUE: usize = 32;
/// How long the end waits for the last batch.
const LAST_WAIT: Duration = Duration::from_secs(2);

/// The session's side.
pub(super) struct Samples {
    sampler: QualitySampler,
    queue: mpsc::Sender<QualitySample>,
    writer: JoinHandle<()>,
}

impl Samples {
    /// Starts the writer of one session.
    pub(super) fn start(store: Arc<dyn Store>, session_id: SessionId, tasks: &TaskTracker) -> Self {
        let (queue, samples) = mpsc::channel(QUEUE);
        let writer = tasks.spawn(write(store, session_id, samples));
        Self { sampler: QualitySampler::default(), queue, writer }
    }

    /// Takes a report. Never waits.
    pub(super) fn note(&mut self, at_ms: u64, report: QualityData) {
        if let Some(sample) = self.sampler.note(at_ms, report)
            && self.queue.try_send(sample).is_err()
        {
            lose(1);
        }
    }

    /// Writes the rest, as far as that is possible soon.
    pub(super) async fn finish(self) {
        drop(self.queue);
        if tokio::time::timeout(LAST_WAIT, self.writer).await.is_err() {
            tracing::warn!("the last quality samples are not saved yet");
        }
    }
}

async fn write(store: Arc<dyn Store>, session_id: SessionId, mut samples: mpsc::Receiver<QualitySample>) {
    let mut waiting = Vec::new();
    let mut due = BATCH;
    loop {
        let is_last = match samples.recv().await {
            Some(sample) => {
                waiting.push(sample);
                false
            }
            None => true,
        };
        if !waiting.is_empty() && (is_last || waiting.len() >= due) {
            match store.add_quality_samples(&session_id, waiting.clone()).await {
                Ok(()) => {
                    waiting.clear();
                    due = BATCH;
                }
                // It was erased: there is nothing left to keep it with.
                Err(StoreError::Unknown) => return,
                Err(error) => {
                    tracing::warn!(%error, "quality samples cannot be saved yet");
                    let surplus = waiting.len().saturating_sub(WAITING_MAX);
                    waiting.drain(..surplus);
                    lose(surplus);
                    due = waiting.len() + BATCH;
                }
            }
        }
        if is_last {
            return lose(waiting.len());
        }
    }
}

fn lose(count: usize) {
    metrics::counter!("viva_quality_samples_lost_total").increment(count as u64);
}
