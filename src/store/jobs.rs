//! Work that outlives the process: kept in the same transaction as what it follows from, tried until it is done.

use super::{
    SqlStore, StoreError,
    sql::{
        column::{number, optional_time, text, time},
        refused,
    },
};
use crate::domain::id::SessionId;
use jiff::Timestamp;
use sqlx::{AnyConnection, Row, query};
use std::time::Duration;

/// A job to be kept.
#[derive(Clone, Debug)]
pub struct NewJob {
    pub kind: &'static str,
    /// Unique in its kind while the job is there: the same work is not queued twice.
    pub key: String,
    /// Whose erasure takes the job with it.
    pub session_id: Option<SessionId>,
    /// JSON; ids, never anybody's words.
    pub payload: serde_json::Value,
    /// Not before then.
    pub run_at: Timestamp,
}

/// A job as it is handed to whoever does it.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    pub kind: String,
    pub key: String,
    pub session_id: Option<SessionId>,
    pub payload: serde_json::Value,
    /// Tries begun, this one included.
    pub attempts: u32,
    pub created_at: Timestamp,
}

/// Characters of an error that are kept.
const ERROR_CHARS_MAX: usize = 500;

/// Keeps a job, unless the same is there already.
pub(in crate::store) async fn enqueue(db: &mut AnyConnection, job: &NewJob, now: Timestamp) -> Result<(), StoreError> {
    query(
        "INSERT INTO jobs (kind, key, session_id, payload, run_at, created_at) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (kind, key) DO NOTHING",
    )
    .bind(job.kind)
    .bind(&job.key)
    .bind(job.session_id.as_ref().map(SessionId::as_str))
    .bind(job.payload.to_string())
    .bind(job.run_at.as_millisecond())
    .bind(now.as_millisecond())
    .execute(db)
    .await
    .map_err(refused)?;
    Ok(())
}

impl SqlStore {
    /// Keeps a job, unless the same is there already.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn enqueue_job(&self, job: NewJob) -> Result<(), StoreError> {
        let now = Timestamp::now();
        self.write(move |db| Box::pin(async move { enqueue(db, &job, now).await })).await?;
        self.jobs_wake().notify_one();
        Ok(())
    }

    /// Takes up to `limit` jobs of a kind that are due, for `lease`: nobody else gets them meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn claim_jobs(
        &self,
        kind: &'static str,
        now: Timestamp,
        lease: Duration,
        limit: u32,
    ) -> Result<Vec<Job>, StoreError> {
        let now_ms = now.as_millisecond();
        let until_ms = now_ms.saturating_add(i64::try_from(lease.as_millis()).unwrap_or(i64::MAX));
        self.write(move |db| {
            Box::pin(async move {
                let rows = query(
                    "UPDATE jobs SET leased_until = $1, attempts = attempts + 1 WHERE kind = $2 AND key IN \
                     (SELECT key FROM jobs WHERE kind = $2 AND failed = 0 AND run_at <= $3 AND leased_until <= $3 \
                     ORDER BY run_at LIMIT $4) RETURNING key, session_id, payload, attempts, created_at",
                )
                .bind(until_ms)
                .bind(kind)
                .bind(now_ms)
                .bind(i64::from(limit))
                .fetch_all(db)
                .await
                .map_err(refused)?;
                rows.iter().map(|row| job(kind, row)).collect()
            })
        })
        .await
    }

    /// The job is done, and forgotten.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn finish_job(&self, kind: &str, key: &str) -> Result<(), StoreError> {
        let (kind, key) = (kind.to_owned(), key.to_owned());
        self.write(move |db| {
            Box::pin(async move {
                query("DELETE FROM jobs WHERE kind = $1 AND key = $2")
                    .bind(kind)
                    .bind(key)
                    .execute(db)
                    .await
                    .map_err(refused)?;
                Ok(())
            })
        })
        .await
    }

    /// The job did not work out: again at `run_at`, or never (`None`), when it stays as failed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn return_job(&self, job: &Job, run_at: Option<Timestamp>, error: &str) -> Result<(), StoreError> {
        let (kind, key) = (job.kind.clone(), job.key.clone());
        let error: String = error.chars().take(ERROR_CHARS_MAX).collect();
        self.write(move |db| {
            Box::pin(async move {
                query(
                    "UPDATE jobs SET run_at = coalesce($1, run_at), failed = $2, leased_until = 0, last_error = $3 \
                     WHERE kind = $4 AND key = $5",
                )
                .bind(run_at.map(Timestamp::as_millisecond))
                .bind(i64::from(run_at.is_none()))
                .bind(error)
                .bind(kind)
                .bind(key)
                .execute(db)
                .await
                .map_err(refused)?;
                Ok(())
            })
        })
        .await
    }

    /// When the next job is due; `None`: there is none. A job that is being done counts at the end of its lease.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn next_job_at(&self) -> Result<Option<Timestamp>, StoreError> {
        let select = "SELECT min(CASE WHEN leased_until > run_at THEN leased_until ELSE run_at END) AS due FROM jobs \
                      WHERE failed = 0";
        let row = query(select).fetch_one(self.readers()).await.map_err(refused)?;
        optional_time(&row, "due")
    }

    /// Jobs that wait or are being done, of a session (`None`: of all).
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn open_jobs(&self, session_id: Option<&SessionId>) -> Result<u64, StoreError> {
        let select = "SELECT count(*) AS open FROM jobs WHERE failed = 0 AND ($1 IS NULL OR session_id = $1)";
        let row =
            query(select).bind(session_id.map(SessionId::as_str)).fetch_one(self.readers()).await.map_err(refused)?;
        number(&row, "open")
    }
}

fn job(kind: &str, row: &sqlx::any::AnyRow) -> Result<Job, StoreError> {
    let session_id: Option<String> = row.try_get("session_id").map_err(|_| StoreError::Damaged("session_id"))?;
    Ok(Job {
        kind: kind.to_owned(),
        key: text(row, "key")?,
        session_id: session_id.map(SessionId::new),
        payload: serde_json::from_str(&text(row, "payload")?).map_err(|_| StoreError::Damaged("payload"))?,
        attempts: number(row, "attempts")?,
        created_at: time(row, "created_at")?,
    })
}
