//! Requests that may be made again: what they were answered.

use super::{
    SqlStore, StoreError,
    sql::{
        column::{column, time},
        refused, unavailable,
    },
};
use jiff::{SignedDuration, Timestamp};
use sqlx::query;

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// Nobody used it: go on, then [`SqlStore::finish_request`] or [`SqlStore::forget_request`].
    New,
    /// The same request is under way.
    UnderWay,
    /// The same request was answered with this.
    Answered(Vec<u8>),
    /// Another request used it.
    OtherRequest,
}

/// How long an answer is kept.
const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// A request that nobody finished by then was lost with its server.
const LOST: SignedDuration = SignedDuration::from_secs(60);

impl SqlStore {
    /// Takes a key for a request. `scope` and `request` are SHA-256.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn begin_request(&self, scope: [u8; 32], request: [u8; 32], at: Timestamp) -> Result<Begun, StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                let (old, lost) = ((at - KEPT).as_millisecond(), (at - LOST).as_millisecond());
                query("DELETE FROM idempotency WHERE created_at < $1 OR (answer IS NULL AND created_at < $2)")
                    .bind(old)
                    .bind(lost)
                    .execute(&mut *db)
                    .await
                    .map_err(unavailable)?;
                let select = query("SELECT request, answer, created_at FROM idempotency WHERE scope = $1");
                let row = select.bind(scope.to_vec()).fetch_optional(&mut *db).await.map_err(unavailable)?;
                if let Some(row) = row {
                    time(&row, "created_at")?;
                    if column::<Vec<u8>>(&row, "request")? != request {
                        return Ok(Begun::OtherRequest);
                    }
                    return Ok(column::<Option<Vec<u8>>>(&row, "answer")?.map_or(Begun::UnderWay, Begun::Answered));
                }
                query("INSERT INTO idempotency (scope, request, created_at) VALUES ($1, $2, $3)")
                    .bind(scope.to_vec())
                    .bind(request.to_vec())
                    .bind(at.as_millisecond())
                    .execute(db)
                    .await
                    .map_err(refused)?;
                Ok(Begun::New)
            })
        })
        .await
    }

    /// Keeps the answer to a request.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn finish_request(&self, scope: [u8; 32], answer: Vec<u8>) -> Result<(), StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                let update = query("UPDATE idempotency SET answer = $1 WHERE scope = $2 AND answer IS NULL");
                update.bind(answer).bind(scope.to_vec()).execute(db).await.map_err(unavailable)?;
                Ok(())
            })
        })
        .await
    }

    /// The request did nothing: it may be made again with the same key.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn forget_request(&self, scope: [u8; 32]) -> Result<(), StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                let delete = query("DELETE FROM idempotency WHERE scope = $1 AND answer IS NULL");
                delete.bind(scope.to_vec()).execute(db).await.map_err(unavailable)?;
                Ok(())
            })
        })
        .await
    }
}
