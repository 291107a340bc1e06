//! Voice sessions: sessions whose id the client chose, and which end when their time is over.

use super::{
    NewSession, SqlStore, StoreError,
    log::{self, Key},
    session_events::status_changed,
    sql::{
        column::{optional_time, text, time},
        refused, unavailable,
        write::{create_session, seal_session},
    },
};
use crate::domain::{
    id::SessionId,
    session::{EndReason, Status},
};
use jiff::Timestamp;
use sqlx::{any::AnyRow, query};

/// A voice session as its user sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoiceSession {
    pub session_id: SessionId,
    /// Who speaks.
    pub user_id: String,
    pub ended: bool,
    pub created_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub expires_at: Timestamp,
}

/// Columns of [`VoiceSession`].
const SELECT: &str = "SELECT v.session_id, v.user_id, s.status, s.created_at, s.ended_at, s.expires_at \
    FROM voice_sessions v JOIN sessions s ON s.session_id = v.session_id";

impl SqlStore {
    /// Keeps a new voice session of `user_id`.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if the id is taken, by any session.
    pub async fn create_voice_session(&self, session: NewSession, user_id: String) -> Result<(), StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                create_session(&mut *db, &session).await?;
                query("INSERT INTO voice_sessions (session_id, user_id, created_at) VALUES ($1, $2, $3)")
                    .bind(session.session_id.as_str().to_owned())
                    .bind(user_id)
                    .bind(session.created_at.as_millisecond())
                    .execute(&mut *db)
                    .await
                    .map_err(refused)?;
                let row = ("voice_sessions", Key::Text(session.session_id.as_str()));
                log::seal(db, &session.session_id, session.created_at, "voice", row, &[]).await
            })
        })
        .await
    }

    /// The voice session with this id.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`]
    pub async fn voice_session(&self, session_id: &SessionId) -> Result<Option<VoiceSession>, StoreError> {
        let select = format!("{SELECT} WHERE v.session_id = $1");
        let row = query(sqlx::AssertSqlSafe(select))
            .bind(session_id.as_str().to_owned())
            .fetch_optional(self.readers())
            .await
            .map_err(unavailable)?;
        row.as_ref().map(voice_session).transpose()
    }

    /// The newest voice sessions of a user, newest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`]
    pub async fn voice_sessions_of(&self, user_id: &str, limit: u32) -> Result<Vec<VoiceSession>, StoreError> {
        let select = format!("{SELECT} WHERE v.user_id = $1 ORDER BY v.created_at DESC, v.session_id DESC LIMIT $2");
        let rows = query(sqlx::AssertSqlSafe(select))
            .bind(user_id.to_owned())
            .bind(i64::from(limit))
            .fetch_all(self.readers())
            .await
            .map_err(unavailable)?;
        rows.iter().map(voice_session).collect()
    }

    /// Voice sessions whose time is over at `now` and which have not ended, the longest over first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`]
    pub async fn expired_voice_sessions(&self, now: Timestamp, limit: u32) -> Result<Vec<VoiceSession>, StoreError> {
        let select =
            format!("{SELECT} WHERE s.status <> 'ended' AND s.expires_at <= $1 ORDER BY s.expires_at LIMIT $2");
        let rows = query(sqlx::AssertSqlSafe(select))
            .bind(now.as_millisecond())
            .bind(i64::from(limit))
            .fetch_all(self.readers())
            .await
            .map_err(unavailable)?;
        rows.iter().map(voice_session).collect()
    }

    /// Gives a session that has not ended a new time. Says whether it did.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn extend_voice_session(&self, session_id: &SessionId, until: Timestamp) -> Result<bool, StoreError> {
        let id = session_id.clone();
        self.write(move |db| {
            Box::pin(async move {
                let update = query("UPDATE sessions SET expires_at = $1 WHERE session_id = $2 AND status <> 'ended'");
                let update = update.bind(until.as_millisecond()).bind(id.as_str());
                let done = update.execute(&mut *db).await.map_err(unavailable)?.rows_affected() > 0;
                if done {
                    seal_session(db, &id, Timestamp::now(), "extended", &["expires_at"]).await?;
                }
                Ok(done)
            })
        })
        .await
    }

    /// Ends a voice session, unless it has ended. `expired_at`: only if its time is over then. Says whether it did.
    /// What was said and is still on its way to the store is kept all the same.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn end_voice_session(
        &self,
        session_id: &SessionId,
        ended_at: Timestamp,
        reason: EndReason,
        expired_at: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let id = session_id.clone();
        let expired_at_ms = expired_at.map_or(i64::MAX, Timestamp::as_millisecond);
        self.write(move |db| {
            Box::pin(async move {
                let done = query(
                    "UPDATE sessions SET status = 'ended', end_reason = $1, ended_at = $2 WHERE session_id = $3 \
                     AND status <> 'ended' AND expires_at <= $4 \
                     AND session_id IN (SELECT session_id FROM voice_sessions)",
                )
                .bind(reason.as_str())
                .bind(ended_at.as_millisecond())
                .bind(id.as_str())
                .bind(expired_at_ms)
                .execute(&mut *db)
                .await
                .map_err(unavailable)?;
                let ended = done.rows_affected() > 0;
                if ended {
                    status_changed(db, &id, Status::Ended, Some(reason), ended_at).await?;
                }
                Ok(ended)
            })
        })
        .await
    }
}

fn voice_session(row: &AnyRow) -> Result<VoiceSession, StoreError> {
    Ok(VoiceSession {
        session_id: SessionId::new(text(row, "session_id")?),
        user_id: text(row, "user_id")?,
        ended: text(row, "status")? == Status::Ended.as_str(),
        created_at: time(row, "created_at")?,
        ended_at: optional_time(row, "ended_at")?,
        expires_at: time(row, "expires_at")?,
    })
}
