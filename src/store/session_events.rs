//! What became known of a session, in the transaction that made it so. From here it goes to whoever is to hear of it:
//! one job for each event, so that a killed server still tells.

use super::{
    SqlStore, StoreError,
    jobs::{self, NewJob},
    log::{self, Key},
    sql::{
        column::{from_json, text, time},
        refused,
        write::seal_session,
    },
};
use crate::domain::{
    id::SessionId,
    session::{EndReason, Status},
};
use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::{AnyConnection, query};

/// The job that tells of an event. Its payload: `{"event_id"}`.
pub const TELL_JOB: &str = "tell";
/// The job that looks whether anything of a session is to be deleted at once. Its key is the session.
pub const RETAIN_JOB: &str = "retain";
/// The job that does what is left to do when a session is over. Its key is the session.
pub const AFTER_JOB: &str = "after_interview";

/// What happened to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionEventKind {
    Started,
    /// The candidate was lost, or the server stopped.
    Interrupted,
    Ended,
    TranscriptReady,
    RecordingReady,
    ResultsReady,
    Erased,
}

impl SessionEventKind {
    pub const ALL: [Self; 7] = [
        Self::Started,
        Self::Interrupted,
        Self::Ended,
        Self::TranscriptReady,
        Self::RecordingReady,
        Self::ResultsReady,
        Self::Erased,
    ];

    /// The public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Started => "session.started",
            Self::Interrupted => "session.interrupted",
            Self::Ended => "session.ended",
            Self::TranscriptReady => "transcript.ready",
            Self::RecordingReady => "recording.ready",
            Self::ResultsReady => "results.ready",
            Self::Erased => "session.erased",
        }
    }
}

/// An event as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionEvent {
    /// The same for the same event, however often it is told.
    pub event_id: String,
    pub session_id: SessionId,
    /// A name of [`SessionEventKind`].
    pub kind: String,
    pub at: Timestamp,
    pub data: Value,
}

/// Keeps an event and the job that tells of it; an event that is kept already changes nothing. `occurrence` tells
/// events of one kind apart: 0 for what happens once.
pub(in crate::store) async fn record(
    db: &mut AnyConnection,
    session_id: &SessionId,
    kind: SessionEventKind,
    occurrence: i64,
    at: Timestamp,
    data: &Value,
) -> Result<bool, StoreError> {
    if log::is_erased(db, session_id).await? {
        return Ok(false);
    }
    let suffix = if occurrence == 0 { String::new() } else { format!("_{occurrence}") };
    let event_id = format!("evt_{session_id}_{}{suffix}", kind.as_str().replace('.', "_"));
    let mut data = data.clone();
    if let (SessionEventKind::ResultsReady, Some(fields)) = (kind, data.as_object_mut()) {
        fields.insert("log".to_owned(), log::anchor(db, session_id).await?);
    }
    let inserted = query(
        "INSERT INTO session_events (event_id, session_id, kind, at, data) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (event_id) DO NOTHING",
    )
    .bind(&event_id)
    .bind(session_id.as_str())
    .bind(kind.as_str())
    .bind(at.as_millisecond())
    .bind(data.to_string())
    .execute(&mut *db)
    .await
    .map_err(refused)?;
    if inserted.rows_affected() == 0 {
        return Ok(false);
    }
    log::seal(db, session_id, at, kind.as_str(), ("session_events", Key::Text(&event_id)), &[]).await?;
    let tell = NewJob {
        kind: TELL_JOB,
        payload: json!({"event_id": event_id}),
        key: event_id,
        session_id: Some(session_id.clone()),
        run_at: at,
    };
    jobs::enqueue(db, &tell, at).await?;
    if kind == SessionEventKind::ResultsReady {
        let retain = NewJob {
            kind: RETAIN_JOB,
            key: session_id.to_string(),
            session_id: Some(session_id.clone()),
            payload: json!({}),
            run_at: at,
        };
        jobs::enqueue(db, &retain, at).await?;
    }
    Ok(true)
}

/// A change of status as an event, where it is one; the end also brings what is left to do.
pub(in crate::store) async fn status_changed(
    db: &mut AnyConnection,
    session_id: &SessionId,
    status: Status,
    end_reason: Option<EndReason>,
    at: Timestamp,
) -> Result<(), StoreError> {
    seal_session(db, session_id, at, "status", &["status", "end_reason", "ended_at"]).await?;
    match status {
        Status::Reconnecting => {
            let data = json!({"reason": "network"});
            record(db, session_id, SessionEventKind::Interrupted, at.as_millisecond(), at, &data).await?;
        }
        Status::Ended => {
            if end_reason == Some(EndReason::Interrupted) {
                let data = json!({"reason": "server"});
                record(db, session_id, SessionEventKind::Interrupted, at.as_millisecond(), at, &data).await?;
            }
            let data = json!({"end_reason": end_reason.map(EndReason::as_str)});
            record(db, session_id, SessionEventKind::Ended, 0, at, &data).await?;
            let after = NewJob {
                kind: AFTER_JOB,
                key: session_id.to_string(),
                session_id: Some(session_id.clone()),
                payload: json!({}),
                run_at: at,
            };
            jobs::enqueue(db, &after, at).await?;
        }
        Status::Created | Status::Connecting | Status::Active | Status::Closing => {}
    }
    Ok(())
}

impl SqlStore {
    /// Keeps an event that happens once in a session's life; whether it is new.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn record_event(
        &self,
        session_id: &SessionId,
        kind: SessionEventKind,
        at: Timestamp,
        data: Value,
    ) -> Result<bool, StoreError> {
        let id = session_id.clone();
        let recorded = self.write(move |db| Box::pin(async move { record(db, &id, kind, 0, at, &data).await })).await?;
        self.jobs_wake().notify_one();
        Ok(recorded)
    }

    /// An event by its id.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn session_event(&self, event_id: &str) -> Result<Option<SessionEvent>, StoreError> {
        let select = "SELECT event_id, session_id, kind, at, data FROM session_events WHERE event_id = $1";
        let row = query(select).bind(event_id).fetch_optional(self.readers()).await.map_err(refused)?;
        row.as_ref().map(event).transpose()
    }

    /// The events of a session, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn session_events(&self, session_id: &SessionId) -> Result<Vec<SessionEvent>, StoreError> {
        let select = "SELECT event_id, session_id, kind, at, data FROM session_events WHERE session_id = $1 \
                      ORDER BY at, event_id";
        let rows = query(select).bind(session_id.as_str()).fetch_all(self.readers()).await.map_err(refused)?;
        rows.iter().map(event).collect()
    }
}

fn event(row: &sqlx::any::AnyRow) -> Result<SessionEvent, StoreError> {
    Ok(SessionEvent {
        event_id: text(row, "event_id")?,
        session_id: SessionId::new(text(row, "session_id")?),
        kind: text(row, "kind")?,
        at: time(row, "at")?,
        data: from_json("data", &text(row, "data")?)?,
    })
}
