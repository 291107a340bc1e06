//! Lists of sessions for exports.

use super::{
    ListPosition, SqlStore, StoreError,
    sql::{
        column::{text, time},
        unavailable,
    },
};
use crate::domain::{auth::Owner, id::SessionId};
use jiff::Timestamp;
use sqlx::query;

/// Which sessions.
#[derive(Clone, Debug, Default)]
pub struct ExportFilter {
    /// `None`: of all.
    pub owner: Option<Owner>,
    pub interview_id: Option<String>,
    /// Created at or after.
    pub from: Option<Timestamp>,
    /// Created before.
    pub to: Option<Timestamp>,
}

impl SqlStore {
    /// Up to `limit` sessions, newest first, after that position.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn sessions_to_export(
        &self,
        filter: &ExportFilter,
        after: Option<&ListPosition>,
        limit: u32,
    ) -> Result<Vec<ListPosition>, StoreError> {
        let rows = query(
            "SELECT s.session_id, s.created_at FROM sessions s \
             LEFT JOIN session_keeping k ON k.session_id = s.session_id \
             WHERE ($1 IS NULL OR (s.owner_kind = $1 AND s.owner_subject = $2)) \
             AND ($3 IS NULL OR k.interview_id = $3) AND s.created_at >= $4 AND s.created_at < $5 \
             AND (s.created_at, s.session_id) < ($6, $7) ORDER BY s.created_at DESC, s.session_id DESC LIMIT $8",
        )
        .bind(filter.owner.as_ref().map(Owner::kind))
        .bind(filter.owner.as_ref().map(Owner::subject))
        .bind(filter.interview_id.as_deref())
        .bind(filter.from.map_or(i64::MIN, Timestamp::as_millisecond))
        .bind(filter.to.map_or(i64::MAX, Timestamp::as_millisecond))
        .bind(after.map_or(i64::MAX, |after| after.created_at.as_millisecond()))
        .bind(after.map_or("", |after| after.id.as_str()))
        .bind(i64::from(limit))
        .fetch_all(self.readers())
        .await
        .map_err(unavailable)?;
        let position = |row| {
            let id = SessionId::new(text(row, "session_id")?);
            Ok(ListPosition { created_at: time(row, "created_at")?, id: id.to_string() })
        };
        rows.iter().map(position).collect()
    }
}
