//! Short-lived keys to `/v1/realtime`, by their hash. What a key opens is the relay's affair: here it is a text.

use super::{SqlStore, StoreError, sql::refused};
use crate::domain::auth::TokenHash;
use sqlx::{Row, query};

impl SqlStore {
    /// Keeps what a secret opens, until `expires_at_ms`; secrets that expired before `now_ms` are forgotten in the same
    /// step, so that the table holds no more than is valid. Times are Unix milliseconds.
    ///
    /// # Errors
    /// [`StoreError::Exists`] for a secret that is known already.
    pub async fn keep_client_secret(
        &self,
        secret: TokenHash,
        granted: String,
        expires_at_ms: i64,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                query("DELETE FROM client_secrets WHERE expires_at <= $1")
                    .bind(now_ms)
                    .execute(&mut *db)
                    .await
                    .map_err(refused)?;
                query("INSERT INTO client_secrets (secret_hash, granted, expires_at) VALUES ($1, $2, $3)")
                    .bind(secret.as_bytes().to_vec())
                    .bind(granted)
                    .bind(expires_at_ms)
                    .execute(db)
                    .await
                    .map_err(refused)?;
                Ok(())
            })
        })
        .await
    }

    /// What a secret opens and until when (Unix milliseconds), if it is known and has not expired at `now_ms`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn client_secret(&self, secret: TokenHash, now_ms: i64) -> Result<Option<(String, i64)>, StoreError> {
        let row = query("SELECT granted, expires_at FROM client_secrets WHERE secret_hash = $1 AND expires_at > $2")
            .bind(secret.as_bytes().to_vec())
            .bind(now_ms)
            .fetch_optional(self.readers())
            .await
            .map_err(refused)?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some((row.try_get(0).map_err(refused)?, row.try_get(1).map_err(refused)?)))
    }
}
