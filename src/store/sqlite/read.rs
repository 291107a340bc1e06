//! The statements that only read.

use super::unavailable;
use crate::{
    domain::{
        auth::{Owner, TokenHash},
        id::{ItemId, SessionId},
        session::{EndReason, Status},
        transcript::{Item, ItemState, Role},
    },
    store::{Consent, Invite, Page, QuestionRecord, SessionRecord, SessionSummary, StoreError},
};
use jiff::Timestamp;
use sqlx::{ColumnIndex, Decode, Row, SqliteConnection, SqlitePool, Type, query, sqlite::SqliteRow};

/// Sessions in one page of a list.
const PAGE_MAX: u32 = 200;

/// All of a session, as of one moment.
pub(super) async fn session(pool: &SqlitePool, session_id: &SessionId) -> Result<Option<SessionRecord>, StoreError> {
    let mut snapshot = pool.begin().await.map_err(unavailable)?;
    let row = query("SELECT * FROM sessions WHERE session_id = ?")
        .bind(session_id.as_str())
        .fetch_optional(&mut *snapshot)
        .await
        .map_err(unavailable)?;
    let Some(row) = row else { return Ok(None) };
    let mut record = session_record(&row)?;
    record.consents = consents(&mut snapshot, session_id).await?;
    record.items = items(&mut snapshot, session_id).await?;
    record.questions = questions(&mut snapshot, session_id).await?;
    Ok(Some(record))
}

fn session_record(row: &SqliteRow) -> Result<SessionRecord, StoreError> {
    let optional_json = |column| column_of::<Option<String>>(row, column);
    Ok(SessionRecord {
        session_id: SessionId::new(text(row, "session_id")?),
        owner: owner(row)?,
        user_id: column_of(row, "user_id")?,
        interview: from_json("interview", &text(row, "interview")?)?,
        engine: text(row, "engine")?,
        token_hash: TokenHash::from_stored(&column_of::<Vec<u8>>(row, "token_hash")?)
            .ok_or(StoreError::Damaged("token_hash"))?,
        consent_required: column_of(row, "consent_required")?,
        consents: Vec::new(),
        status: status(row)?,
        end_reason: end_reason(row)?,
        created_at: time(row, "created_at")?,
        started_at: optional_time(row, "started_at")?,
        ended_at: optional_time(row, "ended_at")?,
        expires_at: time(row, "expires_at")?,
        interruptions: column_of(row, "interruptions")?,
        sequence: unsigned(row, "sequence")?,
        items: Vec::new(),
        questions: Vec::new(),
        client_transcript: optional_json("client_transcript")?
            .map(|json| from_json("client_transcript", &json))
            .transpose()?,
        audio_quality: optional_json("audio_quality")?.map(|json| from_json("audio_quality", &json)).transpose()?,
    })
}

async fn consents(db: &mut SqliteConnection, session_id: &SessionId) -> Result<Vec<Consent>, StoreError> {
    let select = "SELECT version, given_by, given_at FROM consents WHERE session_id = ? ORDER BY given_at, version";
    let rows = query(select).bind(session_id.as_str()).fetch_all(db).await.map_err(unavailable)?;
    let consent = |row: &SqliteRow| {
        let version = text(row, "version")?;
        Ok(Consent { version, given_by: text(row, "given_by")?, given_at: time(row, "given_at")? })
    };
    rows.iter().map(consent).collect()
}

async fn items(db: &mut SqliteConnection, session_id: &SessionId) -> Result<Vec<Item>, StoreError> {
    let select = "SELECT * FROM items WHERE session_id = ? ORDER BY start_ms, position";
    let rows = query(select).bind(session_id.as_str()).fetch_all(db).await.map_err(unavailable)?;
    rows.iter().map(item).collect()
}

fn item(row: &SqliteRow) -> Result<Item, StoreError> {
    let role = text(row, "role")?;
    let state = text(row, "state")?;
    Ok(Item {
        item_id: ItemId::new(text(row, "item_id")?),
        role: named(&Role::ALL, Role::as_str, &role).ok_or(StoreError::Damaged("role"))?,
        content: text(row, "content")?,
        generated_content: text(row, "generated_content")?,
        start_ms: unsigned(row, "start_ms")?,
        end_ms: column_of::<Option<i64>>(row, "end_ms")?
            .map(|ms| u64::try_from(ms).map_err(|_| StoreError::Damaged("end_ms")))
            .transpose()?,
        state: named(&ItemState::ALL, ItemState::as_str, &state).ok_or(StoreError::Damaged("state"))?,
        question: column_of(row, "question")?,
        revision: column_of(row, "revision")?,
        position: column_of(row, "position")?,
    })
}

async fn questions(db: &mut SqliteConnection, session_id: &SessionId) -> Result<Vec<QuestionRecord>, StoreError> {
    let select = "SELECT number, status, reason, follow_ups FROM questions WHERE session_id = ? ORDER BY number";
    let rows = query(select).bind(session_id.as_str()).fetch_all(db).await.map_err(unavailable)?;
    let question = |row: &SqliteRow| {
        Ok(QuestionRecord {
            number: column_of(row, "number")?,
            status: text(row, "status")?,
            reason: column_of(row, "reason")?,
            follow_ups: from_json("follow_ups", &text(row, "follow_ups")?)?,
        })
    };
    rows.iter().map(question).collect()
}

/// One page of a list, newest first.
pub(super) async fn sessions(
    pool: &SqlitePool,
    owner: Option<&Owner>,
    page: &Page,
) -> Result<Vec<SessionSummary>, StoreError> {
    let rows = query(
        "SELECT session_id, user_id, status, end_reason, created_at, started_at, ended_at FROM sessions \
         WHERE (?1 IS NULL OR (owner_kind = ?1 AND owner_subject = ?2)) \
         AND (?3 IS NULL OR (created_at, session_id) < \
         (SELECT created_at, session_id FROM sessions WHERE session_id = ?3)) \
         ORDER BY created_at DESC, session_id DESC LIMIT ?4",
    )
    .bind(owner.map(Owner::kind))
    .bind(owner.map(Owner::subject))
    .bind(page.after.as_ref().map(SessionId::as_str))
    .bind(page.limit.min(PAGE_MAX))
    .fetch_all(pool)
    .await
    .map_err(unavailable)?;
    let summary = |row: &SqliteRow| {
        Ok(SessionSummary {
            session_id: SessionId::new(text(row, "session_id")?),
            user_id: column_of(row, "user_id")?,
            status: status(row)?,
            end_reason: end_reason(row)?,
            created_at: time(row, "created_at")?,
            started_at: optional_time(row, "started_at")?,
            ended_at: optional_time(row, "ended_at")?,
        })
    };
    rows.iter().map(summary).collect()
}

pub(super) async fn invite(pool: &SqlitePool, code: &TokenHash) -> Result<Option<Invite>, StoreError> {
    let row = query("SELECT * FROM invites WHERE code_hash = ?")
        .bind(code.as_bytes().as_slice())
        .fetch_optional(pool)
        .await
        .map_err(unavailable)?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Invite {
        invite_id: text(&row, "invite_id")?,
        owner: owner(&row)?,
        interview: from_json("interview", &text(&row, "interview")?)?,
        attempts_limit: column_of(&row, "attempts_limit")?,
        attempts_used: column_of(&row, "attempts_used")?,
        opens_at: time(&row, "opens_at")?,
        closes_at: time(&row, "closes_at")?,
    }))
}

fn owner(row: &SqliteRow) -> Result<Owner, StoreError> {
    let subject = text(row, "owner_subject")?;
    Owner::from_stored(&text(row, "owner_kind")?, &subject).ok_or(StoreError::Damaged("owner_kind"))
}

fn status(row: &SqliteRow) -> Result<Status, StoreError> {
    named(&Status::ALL, Status::as_str, &text(row, "status")?).ok_or(StoreError::Damaged("status"))
}

fn end_reason(row: &SqliteRow) -> Result<Option<EndReason>, StoreError> {
    let Some(name) = column_of::<Option<String>>(row, "end_reason")? else { return Ok(None) };
    named(&EndReason::ALL, EndReason::as_str, &name).map(Some).ok_or(StoreError::Damaged("end_reason"))
}

/// The value with this public name.
fn named<T: Copy>(all: &[T], name_of: impl Fn(T) -> &'static str, name: &str) -> Option<T> {
    all.iter().copied().find(|&value| name_of(value) == name)
}

fn column_of<'r, T>(row: &'r SqliteRow, column: &'static str) -> Result<T, StoreError>
where
    T: Decode<'r, sqlx::Sqlite> + Type<sqlx::Sqlite>,
    &'static str: ColumnIndex<SqliteRow>,
{
    row.try_get(column).map_err(|_| StoreError::Damaged(column))
}

fn text(row: &SqliteRow, column: &'static str) -> Result<String, StoreError> {
    column_of(row, column)
}

fn unsigned(row: &SqliteRow, column: &'static str) -> Result<u64, StoreError> {
    u64::try_from(column_of::<i64>(row, column)?).map_err(|_| StoreError::Damaged(column))
}

fn time(row: &SqliteRow, column: &'static str) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(column_of(row, column)?).map_err(|_| StoreError::Damaged(column))
}

fn optional_time(row: &SqliteRow, column: &'static str) -> Result<Option<Timestamp>, StoreError> {
    let Some(ms) = column_of::<Option<i64>>(row, column)? else { return Ok(None) };
    Timestamp::from_millisecond(ms).map(Some).map_err(|_| StoreError::Damaged(column))
}

fn from_json<T: serde::de::DeserializeOwned>(column: &'static str, json: &str) -> Result<T, StoreError> {
    serde_json::from_str(json).map_err(|_| StoreError::Damaged(column))
}

pub(super) async fn session_of_token(pool: &SqlitePool, token: &TokenHash) -> Result<Option<SessionId>, StoreError> {
    let row = query("SELECT session_id FROM sessions WHERE token_hash = ?")
        .bind(token.as_bytes().as_slice())
        .fetch_optional(pool)
        .await
        .map_err(unavailable)?;
    row.map(|row| text(&row, "session_id").map(SessionId::new)).transpose()
}
