//! Making changes durable without holding the session up: one batch at a time, tried until the store takes it.

use crate::{
    domain::{id::SessionId, session::Change},
    store::Store,
};
use jiff::Timestamp;
use std::{sync::Arc, time::Duration};
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

/// Everything up to and with `sequence`.
#[derive(Debug)]
struct Batch {
    sequence: u64,
    changes: Vec<Change>,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Saved {
    Durable {
        sequence: u64,
    },
    /// Not yet: it is being tried again.
    Failing {
        sequence: u64,
    },
}

/// First and longest wait between tries.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// The session's side. The core has one batch under way at a time, so one place is enough.
pub(super) struct Saver {
    batches: mpsc::Sender<Batch>,
}

impl Saver {
    /// Starts the writer of one session. It ends when the saver is dropped and the last batch is through.
    pub(super) fn start(
        store: Arc<dyn Store>,
        session_id: SessionId,
        tasks: &TaskTracker,
    ) -> (Self, mpsc::Receiver<Saved>) {
        let (batches, mut queue) = mpsc::channel::<Batch>(1);
        // Two reports at the most are open: one failure and one success.
        let (report, reports) = mpsc::channel(2);
        tasks.spawn(async move {
            while let Some(batch) = queue.recv().await {
                write(&*store, &session_id, batch, &report).await;
            }
        });
        (Self { batches }, reports)
    }

    /// Hands changes over; false when the writer has not taken the last ones yet, which the core's contract excludes.
    pub(super) fn save(&self, sequence: u64, changes: Vec<Change>) -> bool {
        self.batches.try_send(Batch { sequence, changes }).is_ok()
    }
}

/// Writes until it is durable. The session decides how long it waits; this never gives up by itself while anyone
/// listens.
async fn write(store: &dyn Store, session_id: &SessionId, batch: Batch, report: &mpsc::Sender<Saved>) {
    let at = Timestamp::now();
    let mut wait = RETRY.0;
    let mut said = false;
    loop {
        match store.apply(session_id, batch.sequence, at, batch.changes.clone()).await {
            Ok(()) => {
                let _ = report.send(Saved::Durable { sequence: batch.sequence }).await;
                return;
            }
            Err(error) => {
                metrics::counter!("viva_store_failures_total").increment(1);
                if !said {
                    tracing::error!(%error, "cannot save; trying again");
                    said = true;
                    let _ = report.send(Saved::Failing { sequence: batch.sequence }).await;
                }
                if report.is_closed() {
                    return;
                }
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(RETRY.1);
            }
        }
    }
}
