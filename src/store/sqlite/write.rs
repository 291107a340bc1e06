//! The statements that change something.

use super::unavailable;
use crate::{
    domain::{
        auth::TokenHash,
        id::SessionId,
        interview::Interview,
        session::{Change, EndReason, Status},
        transcript::Item,
    },
    store::{AudioQuality, ClientMessage, Consent, InviteUse, NewInvite, NewSession, StoreError},
};
use jiff::Timestamp;
use sqlx::{Row, SqliteConnection, query};

/// A step, as data: the writing task executes it in a transaction with others.
#[derive(Debug)]
pub(super) enum Write {
    CreateSession(Box<NewSession>),
    Apply { session_id: SessionId, sequence: u64, at: Timestamp, changes: Vec<Change> },
    Consent { session_id: SessionId, consent: Consent },
    ClientTranscript { session_id: SessionId, messages: Vec<ClientMessage> },
    AudioQuality { session_id: SessionId, quality: AudioQuality },
    CreateInvite(Box<NewInvite>),
    UseInvite { code: TokenHash, session: Box<NewSession> },
    Recover { at: Timestamp },
}

/// What came of it.
#[derive(Debug)]
pub(super) enum Written {
    Done,
    Invite(InviteUse),
    Sessions(Vec<SessionId>),
}

impl Write {
    pub async fn execute(&self, db: &mut SqliteConnection) -> Result<Written, StoreError> {
        match self {
            Self::CreateSession(session) => create_session(db, session).await?,
            Self::Apply { session_id, sequence, at, changes } => {
                apply(db, session_id, *sequence, *at, changes).await?;
            }
            Self::Consent { session_id, consent } => record_consent(db, session_id, consent).await?,
            Self::ClientTranscript { session_id, messages } => {
                let json = to_json(messages)?;
                let update = query("UPDATE sessions SET client_transcript = ? WHERE session_id = ?").bind(json);
                known(update.bind(session_id.as_str()).execute(db).await.map_err(unavailable)?.rows_affected())?;
            }
            Self::AudioQuality { session_id, quality } => {
                let json = to_json(quality)?;
                let update = query("UPDATE sessions SET audio_quality = ? WHERE session_id = ?").bind(json);
                known(update.bind(session_id.as_str()).execute(db).await.map_err(unavailable)?.rows_affected())?;
            }
            Self::CreateInvite(invite) => create_invite(db, invite).await?,
            Self::UseInvite { code, session } => return use_invite(db, code, session).await.map(Written::Invite),
            Self::Recover { at } => return recover(db, *at).await.map(Written::Sessions),
        }
        Ok(Written::Done)
    }
}

async fn create_session(db: &mut SqliteConnection, session: &NewSession) -> Result<(), StoreError> {
    let interview = interview_json(&session.interview)?;
    query(
        "INSERT INTO sessions (session_id, owner_kind, owner_subject, user_id, interview, engine, token_hash, \
         consent_required, status, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(session.session_id.as_str())
    .bind(session.owner.kind())
    .bind(session.owner.subject())
    .bind(session.user_id.as_deref())
    .bind(interview)
    .bind(&session.engine)
    .bind(session.token_hash.as_bytes().as_slice())
    .bind(session.consent_required)
    .bind(Status::Created.as_str())
    .bind(session.created_at.as_millisecond())
    .bind(session.expires_at.as_millisecond())
    .execute(&mut *db)
    .await
    .map_err(refused)?;
    match &session.consent {
        Some(consent) => record_consent(db, &session.session_id, consent).await,
        None => Ok(()),
    }
}

async fn apply(
    db: &mut SqliteConnection,
    session_id: &SessionId,
    sequence: u64,
    at: Timestamp,
    changes: &[Change],
) -> Result<(), StoreError> {
    let row = query("SELECT sequence FROM sessions WHERE session_id = ?")
        .bind(session_id.as_str())
        .fetch_optional(&mut *db)
        .await
        .map_err(unavailable)?
        .ok_or(StoreError::Unknown)?;
    let sequence = i64::try_from(sequence).map_err(|_| StoreError::Damaged("sequence"))?;
    if row.try_get::<i64, _>(0).map_err(unavailable)? >= sequence {
        return Ok(());
    }
    for change in changes {
        match change {
            Change::Item(item) => put_item(db, session_id, item).await?,
            Change::Status { status, end_reason } => set_status(db, session_id, *status, *end_reason, at).await?,
            Change::Started => {
                query("UPDATE sessions SET started_at = coalesce(started_at, ?) WHERE session_id = ?")
                    .bind(at.as_millisecond())
                    .bind(session_id.as_str())
                    .execute(&mut *db)
                    .await
                    .map_err(unavailable)?;
            }
            Change::Question { number, status, reason, follow_ups } => {
                put_question(db, session_id, *number, status, *reason, follow_ups).await?;
            }
            Change::Interruptions(count) => {
                query("UPDATE sessions SET interruptions = max(interruptions, ?) WHERE session_id = ?")
                    .bind(*count)
                    .bind(session_id.as_str())
                    .execute(&mut *db)
                    .await
                    .map_err(unavailable)?;
            }
        }
    }
    query("UPDATE sessions SET sequence = ? WHERE session_id = ?")
        .bind(sequence)
        .bind(session_id.as_str())
        .execute(&mut *db)
        .await
        .map_err(unavailable)?;
    Ok(())
}

async fn put_item(db: &mut SqliteConnection, session_id: &SessionId, item: &Item) -> Result<(), StoreError> {
    query(
        "INSERT INTO items (session_id, item_id, role, content, generated_content, start_ms, end_ms, state, question, \
         revision, position) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
         ON CONFLICT (session_id, item_id) DO UPDATE SET content = excluded.content, \
         generated_content = excluded.generated_content, start_ms = excluded.start_ms, end_ms = excluded.end_ms, \
         state = excluded.state, question = excluded.question, revision = excluded.revision, \
         position = excluded.position WHERE excluded.revision > items.revision",
    )
    .bind(session_id.as_str())
    .bind(item.item_id.as_str())
    .bind(item.role.as_str())
    .bind(&item.content)
    .bind(&item.generated_content)
    .bind(stored_ms(item.start_ms))
    .bind(item.end_ms.map(stored_ms))
    .bind(item.state.as_str())
    .bind(item.question)
    .bind(item.revision)
    .bind(item.position)
    .execute(db)
    .await
    .map_err(unavailable)?;
    Ok(())
}

/// An ended session stays as it ended.
async fn set_status(
    db: &mut SqliteConnection,
    session_id: &SessionId,
    status: Status,
    end_reason: Option<EndReason>,
    at: Timestamp,
) -> Result<(), StoreError> {
    let ended_at = (status == Status::Ended).then(|| at.as_millisecond());
    query(
        "UPDATE sessions SET status = ?, end_reason = coalesce(?, end_reason), ended_at = coalesce(?, ended_at) \
         WHERE session_id = ? AND status <> 'ended'",
    )
    .bind(status.as_str())
    .bind(end_reason.map(EndReason::as_str))
    .bind(ended_at)
    .bind(session_id.as_str())
    .execute(db)
    .await
    .map_err(unavailable)?;
    Ok(())
}

async fn put_question(
    db: &mut SqliteConnection,
    session_id: &SessionId,
    number: u32,
    status: &str,
    reason: Option<&str>,
    follow_ups: &[String],
) -> Result<(), StoreError> {
    query(
        "INSERT INTO questions (session_id, number, status, reason, follow_ups) VALUES (?, ?, ?, ?, ?) \
         ON CONFLICT (session_id, number) DO UPDATE SET status = excluded.status, reason = excluded.reason, \
         follow_ups = excluded.follow_ups",
    )
    .bind(session_id.as_str())
    .bind(number)
    .bind(status)
    .bind(reason)
    .bind(to_json(follow_ups)?)
    .execute(db)
    .await
    .map_err(unavailable)?;
    Ok(())
}

async fn record_consent(
    db: &mut SqliteConnection,
    session_id: &SessionId,
    consent: &Consent,
) -> Result<(), StoreError> {
    query(
        "INSERT INTO consents (session_id, version, given_by, given_at) VALUES (?, ?, ?, ?) \
         ON CONFLICT (session_id, version) DO NOTHING",
    )
    .bind(session_id.as_str())
    .bind(&consent.version)
    .bind(&consent.given_by)
    .bind(consent.given_at.as_millisecond())
    .execute(db)
    .await
    .map_err(refused)?;
    Ok(())
}

async fn create_invite(db: &mut SqliteConnection, invite: &NewInvite) -> Result<(), StoreError> {
    query(
        "INSERT INTO invites (invite_id, code_hash, owner_kind, owner_subject, interview, attempts_limit, opens_at, \
         closes_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&invite.invite_id)
    .bind(invite.code_hash.as_bytes().as_slice())
    .bind(invite.owner.kind())
    .bind(invite.owner.subject())
    .bind(interview_json(&invite.interview)?)
    .bind(invite.attempts_limit)
    .bind(invite.opens_at.as_millisecond())
    .bind(invite.closes_at.as_millisecond())
    .bind(invite.created_at.as_millisecond())
    .execute(db)
    .await
    .map_err(refused)?;
    Ok(())
}

async fn use_invite(
    db: &mut SqliteConnection,
    code: &TokenHash,
    session: &NewSession,
) -> Result<InviteUse, StoreError> {
    let select = "SELECT opens_at, closes_at, attempts_limit, attempts_used FROM invites WHERE code_hash = ?";
    let row = query(select).bind(code.as_bytes().as_slice()).fetch_optional(&mut *db).await.map_err(unavailable)?;
    let Some(row) = row else { return Ok(InviteUse::NoSuchInvite) };
    let column = |index: usize| row.try_get::<i64, _>(index).map_err(unavailable);
    let now = session.created_at.as_millisecond();
    if now < column(0)? {
        return Ok(InviteUse::NotOpenYet);
    }
    if now >= column(1)? {
        return Ok(InviteUse::Over);
    }
    if column(3)? >= column(2)? {
        return Ok(InviteUse::UsedUp);
    }
    query("UPDATE invites SET attempts_used = attempts_used + 1 WHERE code_hash = ?")
        .bind(code.as_bytes().as_slice())
        .execute(&mut *db)
        .await
        .map_err(unavailable)?;
    create_session(db, session).await?;
    Ok(InviteUse::Started)
}

async fn recover(db: &mut SqliteConnection, at: Timestamp) -> Result<Vec<SessionId>, StoreError> {
    let reason = EndReason::Interrupted.as_str();
    query(
        "UPDATE questions SET reason = ?, status = CASE WHEN EXISTS (SELECT 1 FROM items \
         WHERE items.session_id = questions.session_id AND items.question = questions.number AND items.role = 'user' \
         AND items.state = 'final' AND items.content <> '') THEN 'answered' ELSE status END \
         WHERE reason IS NULL AND session_id IN (SELECT session_id FROM sessions WHERE status <> 'ended')",
    )
    .bind(reason)
    .execute(&mut *db)
    .await
    .map_err(unavailable)?;
    let rows = query(
        "UPDATE sessions SET status = 'ended', end_reason = coalesce(end_reason, ?), ended_at = ? \
         WHERE status <> 'ended' RETURNING session_id",
    )
    .bind(reason)
    .bind(at.as_millisecond())
    .fetch_all(db)
    .await
    .map_err(unavailable)?;
    rows.iter().map(|row| row.try_get::<&str, _>(0).map(SessionId::new).map_err(unavailable)).collect()
}

fn known(rows: u64) -> Result<(), StoreError> {
    if rows == 0 { Err(StoreError::Unknown) } else { Ok(()) }
}

/// A taken id and a missing session are the caller's affair; anything else is the database's.
fn refused(error: sqlx::Error) -> StoreError {
    match error.as_database_error().map(sqlx::error::DatabaseError::kind) {
        Some(sqlx::error::ErrorKind::UniqueViolation) => StoreError::Exists,
        Some(sqlx::error::ErrorKind::ForeignKeyViolation) => StoreError::Unknown,
        _ => unavailable(error),
    }
}

fn stored_ms(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

fn interview_json(interview: &Interview) -> Result<String, StoreError> {
    to_json(interview)
}

fn to_json(value: &(impl serde::Serialize + ?Sized)) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Damaged("value cannot be written as json"))
}
