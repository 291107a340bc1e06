//! The one task that writes. Group commit: whatever waits when a transaction begins becomes part of it, and nobody is
//! answered before the commit, which syncs, returned. A commit that fails is a failure of everyone in it.

use super::{connect::Connector, unavailable};
use crate::store::StoreError;
use futures_util::future::BoxFuture;
use sqlx::{Acquire, AnyConnection, Connection, Executor};
use std::{sync::Mutex, time::Duration};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

/// Writes that may wait. Each session has at most a few at a time.
const QUEUE: usize = 4_096;
/// Writes in one transaction.
const GROUP_MAX: usize = 256;
/// How long a write may wait to get into the queue.
const QUEUE_WAIT: Duration = Duration::from_secs(5);

/// Mailbox of the writing task.
#[derive(Debug)]
pub(super) struct Writer {
    mailbox: mpsc::Sender<Mail>,
    task: Mutex<Option<JoinHandle<()>>>,
}

enum Mail {
    Write(Box<dyn Step>),
    /// Everything before this is answered first.
    Close,
}

/// Something to do in a transaction, and somebody who waits for it.
trait Step: Send {
    /// Does it, and keeps what came of it. `Err` only when the whole transaction is in doubt.
    fn execute<'c>(&'c mut self, db: &'c mut AnyConnection) -> BoxFuture<'c, Result<Settled, StoreError>>;

    /// Answers: with what came of it, or with why the transaction failed.
    fn answer(self: Box<Self>, failure: Option<StoreError>);
}

/// Whether a step's own changes stay.
#[derive(Clone, Copy)]
enum Settled {
    Keep,
    Undo,
}

struct OneStep<F, T> {
    step: Option<F>,
    outcome: Result<T, StoreError>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<F, T> Step for OneStep<F, T>
where
    T: Send + 'static,
    F: for<'c> FnOnce(&'c mut AnyConnection) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
{
    fn execute<'c>(&'c mut self, db: &'c mut AnyConnection) -> BoxFuture<'c, Result<Settled, StoreError>> {
        Box::pin(async move {
            let Some(step) = self.step.take() else { return Ok(Settled::Undo) };
            self.outcome = step(db).await;
            match &self.outcome {
                Ok(_) => Ok(Settled::Keep),
                Err(error @ StoreError::Unavailable(_)) => Err(error.clone()),
                Err(_) => Ok(Settled::Undo),
            }
        })
    }

    fn answer(self: Box<Self>, failure: Option<StoreError>) {
        // A caller that no longer waits loses nothing but the answer.
        let _ = self.reply.send(failure.map_or(self.outcome, Err));
    }
}

impl Writer {
    pub fn start(connector: Connector, connection: AnyConnection) -> Self {
        let (mailbox, mail) = mpsc::channel(QUEUE);
        let task = tokio::spawn(run(connector, connection, mail));
        Self { mailbox, task: Mutex::new(Some(task)) }
    }

    /// Returns once the step is durable.
    pub async fn write<T, F>(&self, step: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut AnyConnection) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let mail = Mail::Write(Box::new(OneStep { step: Some(step), outcome: Err(closed()), reply }));
        self.mailbox.send_timeout(mail, QUEUE_WAIT).await.map_err(|error| match error {
            mpsc::error::SendTimeoutError::Timeout(_) => {
                metrics::counter!("viva_store_queue_full_total").increment(1);
                StoreError::Overloaded
            }
            mpsc::error::SendTimeoutError::Closed(_) => closed(),
        })?;
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Is the task there?
    pub fn check(&self) -> Result<(), StoreError> {
        if self.mailbox.is_closed() { Err(closed()) } else { Ok(()) }
    }

    /// Finishes what waits, and stops.
    pub async fn close(&self) {
        let task = self.task.lock().ok().and_then(|mut task| task.take());
        if let Some(task) = task {
            // Closed already is as good.
            let _ = self.mailbox.send(Mail::Close).await;
            if let Err(error) = task.await {
                tracing::error!(%error, "store writer died");
            }
        }
    }
}

fn closed() -> StoreError {
    StoreError::Unavailable("store is closed".to_owned())
}

async fn run(connector: Connector, connection: AnyConnection, mut mail: mpsc::Receiver<Mail>) {
    let mut connection = Some(connection);
    let mut open = true;
    while open {
        let Some(first) = mail.recv().await else { break };
        let mut group = Vec::new();
        let mut next = Some(first);
        while let Some(item) = next {
            match item {
                Mail::Write(step) => group.push(step),
                Mail::Close => {
                    open = false;
                    break;
                }
            }
            next = if group.len() < GROUP_MAX { mail.try_recv().ok() } else { None };
        }
        if !group.is_empty() {
            write_group(&connector, &mut connection, group).await;
        }
    }
    if let Some(connection) = connection
        && let Err(error) = connection.close().await
    {
        tracing::warn!(%error, "store did not close cleanly");
    }
}

/// One transaction; then everyone in it is answered.
async fn write_group(connector: &Connector, slot: &mut Option<AnyConnection>, mut group: Vec<Box<dyn Step>>) {
    let connected = match slot.take() {
        Some(connection) => Ok(connection),
        None => connector.connect().await,
    };
    let failure = match connected {
        Ok(mut connection) => match commit(connector, &mut connection, &mut group).await {
            Ok(()) => {
                *slot = Some(connection);
                None
            }
            Err(error) => {
                // What the connection believes after a failed sync is not worth much: the next group gets a new one.
                drop(connection.close_hard().await);
                Some(error)
            }
        },
        Err(error) => Some(error),
    };
    if let Some(error) = &failure {
        tracing::error!(%error, writes = group.len(), "transaction failed");
    }
    group.into_iter().for_each(|step| step.answer(failure.clone()));
}

async fn commit(
    connector: &Connector,
    connection: &mut AnyConnection,
    group: &mut [Box<dyn Step>],
) -> Result<(), StoreError> {
    let kind = connector.kind();
    let mut transaction = connection.begin_with(kind.begin()).await.map_err(unavailable)?;
    if let Some(lock) = kind.lock() {
        (&mut *transaction).execute(lock).await.map_err(unavailable)?;
    }
    for step in group {
        // A savepoint: a step that is refused leaves the others alone.
        let mut part = transaction.begin().await.map_err(unavailable)?;
        match step.execute(&mut part).await? {
            Settled::Keep => part.commit().await.map_err(unavailable)?,
            Settled::Undo => part.rollback().await.map_err(unavailable)?,
        }
    }
    transaction.commit().await.map_err(unavailable)
}
