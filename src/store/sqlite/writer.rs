//! The one task that writes. Group commit: whatever waits when a transaction begins becomes part of it, and nobody is
//! answered before the commit, which syncs, returned. A commit that fails is a failure of everyone in it.

use super::{
    unavailable,
    write::{Write, Written},
};
use crate::store::StoreError;
use sqlx::{Acquire, ConnectOptions, Connection, Row, SqliteConnection, sqlite::SqliteConnectOptions};
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

#[derive(Debug)]
enum Mail {
    Write(Job),
    /// Everything before this is answered first.
    Close,
}

#[derive(Debug)]
struct Job {
    write: Write,
    reply: oneshot::Sender<Result<Written, StoreError>>,
}

impl Writer {
    pub fn start(options: SqliteConnectOptions, connection: SqliteConnection) -> Self {
        let (mailbox, mail) = mpsc::channel(QUEUE);
        let task = tokio::spawn(run(options, connection, mail));
        Self { mailbox, task: Mutex::new(Some(task)) }
    }

    /// Returns once the write is durable.
    pub async fn write(&self, write: Write) -> Result<Written, StoreError> {
        let (reply, answer) = oneshot::channel();
        let mail = Mail::Write(Job { write, reply });
        self.mailbox.send_timeout(mail, QUEUE_WAIT).await.map_err(|error| match error {
            mpsc::error::SendTimeoutError::Timeout(_) => StoreError::Overloaded,
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

async fn run(options: SqliteConnectOptions, connection: SqliteConnection, mut mail: mpsc::Receiver<Mail>) {
    let mut connection = Some(connection);
    let mut open = true;
    while open {
        let Some(first) = mail.recv().await else { break };
        let mut group = Vec::new();
        let mut next = Some(first);
        while let Some(item) = next {
            match item {
                Mail::Write(job) => group.push(job),
                Mail::Close => {
                    open = false;
                    break;
                }
            }
            next = if group.len() < GROUP_MAX { mail.try_recv().ok() } else { None };
        }
        if !group.is_empty() {
            write_group(&options, &mut connection, group).await;
        }
    }
    if let Some(connection) = connection
        && let Err(error) = connection.close().await
    {
        tracing::warn!(%error, "store did not close cleanly");
    }
}

/// A connection that writes.
///
/// Opening a database takes over what an earlier connection wrote to the log, even where its sync failed: seen, and not
/// durable. So everything is moved into the database file and synced there before anything builds on it.
pub(super) async fn connect(options: &SqliteConnectOptions) -> Result<SqliteConnection, StoreError> {
    let mut connection = options.connect().await.map_err(unavailable)?;
    let checkpoint = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)");
    let row = checkpoint.fetch_one(&mut connection).await.map_err(unavailable)?;
    if row.try_get::<i64, _>(0).map_err(unavailable)? != 0 {
        return Err(StoreError::Unavailable("somebody else reads the database all the time".to_owned()));
    }
    Ok(connection)
}

/// One transaction; then everyone in it is answered.
async fn write_group(options: &SqliteConnectOptions, slot: &mut Option<SqliteConnection>, group: Vec<Job>) {
    let (writes, replies): (Vec<_>, Vec<_>) = group.into_iter().map(|job| (job.write, job.reply)).unzip();
    let outcome = match slot.take() {
        Some(connection) => Ok(connection),
        None => connect(options).await,
    };
    let results = match outcome {
        Ok(mut connection) => {
            let results = commit(&mut connection, &writes).await;
            match &results {
                Ok(_) => *slot = Some(connection),
                // What the connection believes after a failed sync is not worth much: the next group gets a new one.
                Err(_) => drop(connection.close_hard().await),
            }
            results
        }
        Err(error) => Err(error),
    };
    match results {
        Ok(results) => {
            for (reply, result) in replies.into_iter().zip(results) {
                // A caller that no longer waits loses nothing but the answer.
                let _ = reply.send(result);
            }
        }
        Err(error) => {
            tracing::error!(%error, writes = replies.len(), "store did not commit");
            for reply in replies {
                let _ = reply.send(Err(error.clone()));
            }
        }
    }
}

/// The results of all writes after a commit, or why there was none.
async fn commit(
    connection: &mut SqliteConnection,
    writes: &[Write],
) -> Result<Vec<Result<Written, StoreError>>, StoreError> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(unavailable)?;
    let mut results = Vec::with_capacity(writes.len());
    for write in writes {
        // A savepoint: a write that is refused leaves the others alone.
        let mut part = transaction.begin().await.map_err(unavailable)?;
        let result = write.execute(&mut part).await;
        match &result {
            Ok(_) => part.commit().await.map_err(unavailable)?,
            Err(StoreError::Unavailable(_)) => return result.map(|_| Vec::new()),
            Err(_) => part.rollback().await.map_err(unavailable)?,
        }
        results.push(result);
    }
    transaction.commit().await.map_err(unavailable)?;
    Ok(results)
}
