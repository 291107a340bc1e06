//! The statements that only read.

use super::{
    super::{
        interviews::{self, owner},
        second_pass, usage,
    },
    column::{column, flag, from_json, number, optional_number, optional_time, text, time},
    unavailable,
};
use crate::{
    domain::{
        auth::{Owner, TokenHash},
        id::{ItemId, SessionId},
        session::{EndReason, Status},
        transcript::{Item, ItemState, Role},
    },
    store::{Consent, Invite, Page, QuestionRecord, SessionRecord, SessionSummary, StoreError},
};
use sqlx::{AnyConnection, AnyPool, any::AnyRow, query};

/// Sessions in one page of a list.
const PAGE_MAX: u32 = 200;

/// All of a session, as of one moment.
pub(super) async fn session(pool: &AnyPool, session_id: &SessionId) -> Result<Option<SessionRecord>, StoreError> {
    let mut snapshot = pool.begin().await.map_err(unavailable)?;
    let row = query("SELECT * FROM sessions WHERE session_id = $1")
        .bind(session_id.as_str())
        .fetch_optional(&mut *snapshot)
        .await
        .map_err(unavailable)?;
    let Some(row) = row else { return Ok(None) };
    let mut record = session_record(&row)?;
    record.consents = consents(&mut snapshot, session_id).await?;
    record.items = items(&mut snapshot, session_id).await?;
    record.questions = questions(&mut snapshot, session_id).await?;
    record.usage = usage::of_session(&mut snapshot, session_id).await?;
    record.second_pass = second_pass::of_session(&mut snapshot, session_id).await?;
    Ok(Some(record))
}

fn session_record(row: &AnyRow) -> Result<SessionRecord, StoreError> {
    let optional_json = |name| column::<Option<String>>(row, name);
    Ok(SessionRecord {
        session_id: SessionId::new(text(row, "session_id")?),
        owner: owner(row)?,
        user_id: column(row, "user_id")?,
        interview: from_json("interview", &text(row, "interview")?)?,
        engine: text(row, "engine")?,
        token_hash: TokenHash::from_stored(&column::<Vec<u8>>(row, "token_hash")?)
            .ok_or(StoreError::Damaged("token_hash"))?,
        consent_required: flag(row, "consent_required")?,
        consents: Vec::new(),
        status: status(row)?,
        end_reason: end_reason(row)?,
        created_at: time(row, "created_at")?,
        started_at: optional_time(row, "started_at")?,
        ended_at: optional_time(row, "ended_at")?,
        expires_at: time(row, "expires_at")?,
        interruptions: number(row, "interruptions")?,
        sequence: number(row, "sequence")?,
        items: Vec::new(),
        questions: Vec::new(),
        plan: optional_json("plan")?.map(|json| from_json("plan", &json)).transpose()?,
        client_transcript: optional_json("client_transcript")?
            .map(|json| from_json("client_transcript", &json))
            .transpose()?,
        audio_quality: optional_json("audio_quality")?.map(|json| from_json("audio_quality", &json)).transpose()?,
        usage: Vec::new(),
        second_pass: Vec::new(),
    })
}

async fn consents(db: &mut AnyConnection, session_id: &SessionId) -> Result<Vec<Consent>, StoreError> {
    let select = "SELECT version, given_by, given_at FROM consents WHERE session_id = $1 ORDER BY given_at, version";
    let rows = query(select).bind(session_id.as_str()).fetch_all(db).await.map_err(unavailable)?;
    let consent = |row: &AnyRow| {
        let version = text(row, "version")?;
        Ok(Consent { version, given_by: text(row, "given_by")?, given_at: time(row, "given_at")? })
    };
    rows.iter().map(consent).collect()
}

async fn items(db: &mut AnyConnection, session_id: &SessionId) -> Result<Vec<Item>, StoreError> {
    let select = "SELECT * FROM items WHERE session_id = $1 ORDER BY start_ms, position";
    let rows = query(select).bind(session_id.as_str()).fetch_all(db).await.map_err(unavailable)?;
    rows.iter().map(item).collect()
}

fn item(row: &AnyRow) -> Result<Item, StoreError> {
    let role = text(row, "role")?;
    let state = text(row, "state")?;
    Ok(Item {
        item_id: ItemId::new(text(row, "item_id")?),
        role: named(&Role::ALL, Role::as_str, &role).ok_or(StoreError::Damaged("role"))?,
        content: text(row, "content")?,
        generated_content: text(row, "generated_content")?,
        start_ms: number(row, "start_ms")?,
        end_ms: optional_number(row, "end_ms")?,
        state: named(&ItemState::ALL, ItemState::as_str, &state).ok_or(StoreError::Damaged("state"))?,
        question: optional_number(row, "question")?,
        revision: number(row, "revision")?,
        position: number(row, "position")?,
    })
}

async fn questions(db: &mut AnyConnection, session_id: &SessionId) -> Result<Vec<QuestionRecord>, StoreError> {
    let select =
        "SELECT number, status, reason, follow_ups, proof FROM questions WHERE session_id = $1 ORDER BY number";
    let rows = query(select).bind(session_id.as_str()).fetch_all(db).await.map_err(unavailable)?;
    let question = |row: &AnyRow| {
        Ok(QuestionRecord {
            number: number(row, "number")?,
            status: text(row, "status")?,
            reason: column(row, "reason")?,
            follow_ups: from_json("follow_ups", &text(row, "follow_ups")?)?,
            proof: column::<Option<String>>(row, "proof")?.map(|json| from_json("proof", &json)).transpose()?,
        })
    };
    rows.iter().map(question).collect()
}

/// One page of a list, newest first.
pub(super) async fn sessions(
    pool: &AnyPool,
    owner: Option<&Owner>,
    page: &Page,
) -> Result<Vec<SessionSummary>, StoreError> {
    let rows = query(
        "SELECT session_id, user_id, status, end_reason, created_at, started_at, ended_at FROM sessions \
         WHERE ($1 IS NULL OR (owner_kind = $1 AND owner_subject = $2)) \
         AND ($3 IS NULL OR (created_at, session_id) < \
         (SELECT created_at, session_id FROM sessions WHERE session_id = $3)) \
         ORDER BY created_at DESC, session_id DESC LIMIT $4",
    )
    .bind(owner.map(Owner::kind))
    .bind(owner.map(Owner::subject))
    .bind(page.after.as_ref().map(SessionId::as_str))
    .bind(i64::from(page.limit.min(PAGE_MAX)))
    .fetch_all(pool)
    .await
    .map_err(unavailable)?;
    let summary = |row: &AnyRow| {
        Ok(SessionSummary {
            session_id: SessionId::new(text(row, "session_id")?),
            user_id: column(row, "user_id")?,
            status: status(row)?,
            end_reason: end_reason(row)?,
            created_at: time(row, "created_at")?,
            started_at: optional_time(row, "started_at")?,
            ended_at: optional_time(row, "ended_at")?,
        })
    };
    rows.iter().map(summary).collect()
}

pub(super) async fn invite(pool: &AnyPool, code: &TokenHash) -> Result<Option<Invite>, StoreError> {
    let row = query("SELECT * FROM invites WHERE code_hash = $1")
        .bind(code.as_bytes().as_slice())
        .fetch_optional(pool)
        .await
        .map_err(unavailable)?;
    row.as_ref().map(interviews::invite).transpose()
}

pub(in crate::store) fn status(row: &AnyRow) -> Result<Status, StoreError> {
    named(&Status::ALL, Status::as_str, &text(row, "status")?).ok_or(StoreError::Damaged("status"))
}

pub(in crate::store) fn end_reason(row: &AnyRow) -> Result<Option<EndReason>, StoreError> {
    let Some(name) = column::<Option<String>>(row, "end_reason")? else { return Ok(None) };
    named(&EndReason::ALL, EndReason::as_str, &name).map(Some).ok_or(StoreError::Damaged("end_reason"))
}

/// The value with this public name.
fn named<T: Copy>(all: &[T], name_of: impl Fn(T) -> &'static str, name: &str) -> Option<T> {
    all.iter().copied().find(|&value| name_of(value) == name)
}

pub(super) async fn session_of_token(pool: &AnyPool, token: &TokenHash) -> Result<Option<SessionId>, StoreError> {
    let row = query("SELECT session_id FROM sessions WHERE token_hash = $1")
        .bind(token.as_bytes().as_slice())
        .fetch_optional(pool)
        .await
        .map_err(unavailable)?;
    row.map(|row| text(&row, "session_id").map(SessionId::new)).transpose()
}
