//! What is deleted when its time is over, and what must not be: the statements behind retention and legal holds.

use super::{
    SqlStore, StoreError,
    log::{self, Key},
    recordings::forget_audio,
    session_events::AFTER_JOB,
    sql::{
        column::{column, from_json, number, optional_number, optional_time, text, time},
        unavailable,
        write::seal_session,
    },
};
use crate::domain::{
    id::SessionId,
    log::{Digest, Head, kind},
    retention::DataClass,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::{AnyConnection, AssertSqlSafe, query};

/// Tables whose rows are the words or scores of a session, by class. Deleted in this order.
const DELETED: &[(DataClass, &str)] = &[
    (DataClass::Transcript, "items"),
    (DataClass::Transcript, "second_passes"),
    (DataClass::Transcript, "quality_samples"),
    (DataClass::Scores, "proposals"),
    (DataClass::Scores, "scorecards"),
];

/// That nothing of a session may be deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    pub at: Timestamp,
    /// `platform`, `owner` or `local`.
    pub by: String,
    /// In the words of whoever holds.
    pub reason: String,
}

/// One class of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClassKept {
    pub class: DataClass,
    /// The interview's own; `None`: the configured ones.
    pub days: Option<u32>,
    pub deleted_at: Option<Timestamp>,
}

/// How a session is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Keeping {
    /// Where its log is; `None` for a session that nothing happened to since there are logs.
    pub log: Option<Head>,
    pub classes: [ClassKept; 3],
    pub hold: Option<Hold>,
}

/// What came of setting or lifting a hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// As it is now.
    Done(Hold),
    /// There is no hold to lift.
    NoHold,
}

impl DataClass {
    /// Columns of `session_keeping`: days, and when it was deleted.
    const fn columns(self) -> (&'static str, &'static str) {
        match self {
            Self::Audio => ("audio_days", "audio_deleted_at"),
            Self::Transcript => ("transcript_days", "transcript_deleted_at"),
            Self::Scores => ("scores_days", "scores_deleted_at"),
        }
    }
}

/// The hold of a session, in a step that must respect it.
pub(in crate::store) async fn hold_of(
    db: &mut AnyConnection,
    session_id: &SessionId,
) -> Result<Option<Hold>, StoreError> {
    let select = "SELECT held_at, held_by, hold_reason FROM session_keeping WHERE session_id = $1";
    let row = query(select).bind(session_id.as_str()).fetch_optional(db).await.map_err(unavailable)?;
    row.as_ref().map(hold).transpose().map(Option::flatten)
}

fn hold(row: &sqlx::any::AnyRow) -> Result<Option<Hold>, StoreError> {
    if column::<Option<i64>>(row, "held_at")?.is_none() {
        return Ok(None);
    }
    Ok(Some(Hold { at: time(row, "held_at")?, by: text(row, "held_by")?, reason: text(row, "hold_reason")? }))
}

impl SqlStore {
    /// How a session is kept; `None` for one that never was.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`]
    pub async fn keeping(&self, session_id: &SessionId) -> Result<Option<Keeping>, StoreError> {
        let select = "SELECT * FROM session_keeping WHERE session_id = $1";
        let row = query(select).bind(session_id.as_str()).fetch_optional(self.readers()).await.map_err(unavailable)?;
        let Some(row) = row else { return Ok(None) };
        let class = |class: DataClass| {
            let (days, deleted_at) = class.columns();
            let days = optional_number(&row, days)?;
            Ok::<_, StoreError>(ClassKept { class, days, deleted_at: optional_time(&row, deleted_at)? })
        };
        let [audio, transcript, scores] = DataClass::ALL;
        let head = column::<Option<Vec<u8>>>(&row, "head")?;
        let hash = head.map(|bytes| Digest::from_stored(&bytes).ok_or(StoreError::Damaged("head"))).transpose()?;
        let entries = number(&row, "entries")?;
        Ok(Some(Keeping {
            log: hash.map(|hash| Head { entries, hash }),
            classes: [class(audio)?, class(transcript)?, class(scores)?],
            hold: hold(&row)?,
        }))
    }

    /// Sessions whose time for this class was over at `now`, the longest over first; with `only`, that one or none.
    /// `days`: for interviews that do not say. Sessions that are held, or whose results are still being made, are not
    /// among them.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn due_sessions(
        &self,
        class: DataClass,
        days: u32,
        now: Timestamp,
        only: Option<&SessionId>,
        limit: u32,
    ) -> Result<Vec<SessionId>, StoreError> {
        let (own_days, deleted_at) = class.columns();
        let select = format!(
            "SELECT s.session_id FROM sessions s LEFT JOIN session_keeping k ON k.session_id = s.session_id \
             WHERE s.status = 'ended' AND s.ended_at IS NOT NULL AND k.held_at IS NULL AND k.{deleted_at} IS NULL \
             AND s.ended_at + coalesce(k.{own_days}, $1) * 86400000 <= $2 AND NOT EXISTS (SELECT 1 FROM jobs j \
             WHERE j.session_id = s.session_id AND j.kind = $3 AND j.failed = 0 AND NOT EXISTS (SELECT 1 \
             FROM session_events e WHERE e.session_id = s.session_id AND e.kind = 'results.ready')) \
             AND ($4 IS NULL OR s.session_id = $4) ORDER BY s.ended_at, s.session_id LIMIT $5"
        );
        let rows = query(AssertSqlSafe(select))
            .bind(i64::from(days))
            .bind(now.as_millisecond())
            .bind(AFTER_JOB)
            .bind(only.map(SessionId::as_str))
            .bind(i64::from(limit))
            .fetch_all(self.readers())
            .await
            .map_err(unavailable)?;
        rows.iter().map(|row| text(row, "session_id").map(SessionId::new)).collect()
    }

    /// Deletes a class of a session, unless it is held or was deleted before; whether it did. Files are not the
    /// store's: they go first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn delete_class(
        &self,
        session_id: &SessionId,
        class: DataClass,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let id = session_id.clone();
        self.write(move |db| Box::pin(async move { delete_class(db, &id, class, at).await })).await
    }

    /// Forbids that anything of a session is deleted; a hold that is there gets the new reason.
    ///
    /// # Errors
    /// [`StoreError::Unknown`], [`StoreError::Unavailable`]
    pub async fn hold_session(&self, session_id: &SessionId, hold: Hold) -> Result<Hold, StoreError> {
        let id = session_id.clone();
        self.write(move |db| {
            Box::pin(async move {
                // A session that is older than its log has no row yet.
                log::append(db, &id, hold.at, "hold", &json!({"by": hold.by})).await?;
                let done = query(
                    "UPDATE session_keeping SET held_at = $1, held_by = $2, hold_reason = $3 \
                     WHERE session_id = $4 AND erased_at IS NULL",
                )
                .bind(hold.at.as_millisecond())
                .bind(&hold.by)
                .bind(&hold.reason)
                .bind(id.as_str())
                .execute(db)
                .await
                .map_err(unavailable)?;
                if done.rows_affected() == 0 { Err(StoreError::Unknown) } else { Ok(hold) }
            })
        })
        .await
    }

    /// Lifts a hold.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn release_session(&self, session_id: &SessionId, by: &str, at: Timestamp) -> Result<Held, StoreError> {
        let (id, by) = (session_id.clone(), by.to_owned());
        self.write(move |db| {
            Box::pin(async move {
                let Some(hold) = hold_of(db, &id).await? else { return Ok(Held::NoHold) };
                query(
                    "UPDATE session_keeping SET held_at = NULL, held_by = NULL, hold_reason = NULL \
                     WHERE session_id = $1",
                )
                .bind(id.as_str())
                .execute(&mut *db)
                .await
                .map_err(unavailable)?;
                log::append(db, &id, at, "hold.released", &json!({"by": by})).await?;
                Ok(Held::Done(hold))
            })
        })
        .await
    }
}

async fn delete_class(
    db: &mut AnyConnection,
    session_id: &SessionId,
    class: DataClass,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let (_, deleted_at) = class.columns();
    let select = format!("SELECT held_at, {deleted_at} AS deleted_at FROM session_keeping WHERE session_id = $1");
    let row = query(AssertSqlSafe(select)).bind(session_id.as_str()).fetch_optional(&mut *db).await;
    if let Some(row) = row.map_err(unavailable)?
        && (column::<Option<i64>>(&row, "held_at")?.is_some() || column::<Option<i64>>(&row, "deleted_at")?.is_some())
    {
        return Ok(false);
    }
    let mut gone = Vec::new();
    for (_, table) in DELETED.iter().filter(|(of, _)| *of == class) {
        let delete = format!("DELETE FROM {table} WHERE session_id = $1");
        query(AssertSqlSafe(delete)).bind(session_id.as_str()).execute(&mut *db).await.map_err(unavailable)?;
        gone.push(*table);
    }
    log::append(db, session_id, at, kind::RETENTION, &json!({"class": class.as_str(), "gone": gone})).await?;
    match class {
        DataClass::Audio => forget_audio(db, session_id, at).await?,
        DataClass::Transcript => forget_words(db, session_id, at).await?,
        DataClass::Scores => {}
    }
    let update = format!("UPDATE session_keeping SET {deleted_at} = $1 WHERE session_id = $2");
    let update = query(AssertSqlSafe(update)).bind(at.as_millisecond()).bind(session_id.as_str());
    update.execute(&mut *db).await.map_err(unavailable)?;
    forget_name(db, session_id, at).await?;
    Ok(true)
}

/// Words that stand in rows which stay: follow-ups, which answer what was said, with the steps that say why they were
/// asked, and the client's copy.
async fn forget_words(db: &mut AnyConnection, session_id: &SessionId, at: Timestamp) -> Result<(), StoreError> {
    let select = query("SELECT number, proof FROM questions WHERE session_id = $1 ORDER BY number");
    let questions = select.bind(session_id.as_str()).fetch_all(&mut *db).await.map_err(unavailable)?;
    for question in &questions {
        let number: i64 = column(question, "number")?;
        let proof = column::<Option<String>>(question, "proof")?.map(|proof| without_words(&proof)).transpose()?;
        query("UPDATE questions SET follow_ups = '[]', proof = $1 WHERE session_id = $2 AND number = $3")
            .bind(proof)
            .bind(session_id.as_str())
            .bind(number)
            .execute(&mut *db)
            .await
            .map_err(unavailable)?;
        let row = ("questions", Key::Number(number));
        log::seal(db, session_id, at, "question", row, &["follow_ups", "proof"]).await?;
    }
    query("UPDATE sessions SET client_transcript = NULL WHERE session_id = $1")
        .bind(session_id.as_str())
        .execute(&mut *db)
        .await
        .map_err(unavailable)?;
    seal_session(db, session_id, at, "client_transcript", &["client_transcript"]).await
}

/// The steps of a question as they are without what was said in them.
fn without_words(proof: &str) -> Result<String, StoreError> {
    let mut proof: Value = from_json("proof", proof)?;
    for step in proof["steps"].as_array_mut().into_iter().flatten() {
        step["words"] = Value::from("");
    }
    Ok(proof.to_string())
}

/// With the last class goes who was interviewed.
async fn forget_name(db: &mut AnyConnection, session_id: &SessionId, at: Timestamp) -> Result<(), StoreError> {
    let updated = query(
        "UPDATE sessions SET user_id = NULL WHERE session_id = $1 AND user_id IS NOT NULL AND EXISTS (SELECT 1 \
         FROM session_keeping k WHERE k.session_id = $1 AND k.audio_deleted_at IS NOT NULL \
         AND k.transcript_deleted_at IS NOT NULL AND k.scores_deleted_at IS NOT NULL)",
    )
    .bind(session_id.as_str())
    .execute(&mut *db)
    .await
    .map_err(unavailable)?;
    if updated.rows_affected() > 0 {
        seal_session(db, session_id, at, "name", &["user_id"]).await?;
    }
    Ok(())
}
