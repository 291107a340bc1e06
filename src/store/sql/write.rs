//! The statements that change something.

use super::{
    column::{column, text, to_json},
    refused, unavailable,
};
use crate::{
    domain::{
        auth::TokenHash,
        id::SessionId,
        interview::Interview,
        log::kind,
        session::{Change, EndReason, Status},
        transcript::Item,
    },
    store::{
        AudioQuality, ClientMessage, Consent, InviteUse, NewInvite, NewSession, StoreError,
        log::{self, Key},
        session_events::{self, SessionEventKind},
        usage,
    },
};
use jiff::Timestamp;
use serde_json::json;
use sqlx::{AnyConnection, query};

pub(in crate::store) async fn create_session(db: &mut AnyConnection, session: &NewSession) -> Result<(), StoreError> {
    let interview = interview_json(&session.interview)?;
    query(
        "INSERT INTO sessions (session_id, owner_kind, owner_subject, user_id, interview, engine, token_hash, \
         consent_required, status, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(session.session_id.as_str())
    .bind(session.owner.kind())
    .bind(session.owner.subject())
    .bind(session.user_id.as_deref())
    .bind(interview)
    .bind(&session.engine)
    .bind(session.token_hash.as_bytes().as_slice())
    .bind(i64::from(session.consent_required))
    .bind(Status::Created.as_str())
    .bind(session.created_at.as_millisecond())
    .bind(session.expires_at.as_millisecond())
    .execute(&mut *db)
    .await
    .map_err(refused)?;
    log::open(db, &session.session_id, &session.interview).await?;
    let row = ("sessions", Key::Text(session.session_id.as_str()));
    log::seal(db, &session.session_id, session.created_at, kind::CREATED, row, &[]).await?;
    match &session.consent {
        Some(consent) => record_consent(db, &session.session_id, consent).await,
        None => Ok(()),
    }
}

pub(super) async fn apply(
    db: &mut AnyConnection,
    session_id: &SessionId,
    sequence: u64,
    at: Timestamp,
    changes: &[Change],
) -> Result<(), StoreError> {
    let row = query("SELECT sequence FROM sessions WHERE session_id = $1")
        .bind(session_id.as_str())
        .fetch_optional(&mut *db)
        .await
        .map_err(unavailable)?
        .ok_or(StoreError::Unknown)?;
    let sequence = i64::try_from(sequence).map_err(|_| StoreError::Damaged("sequence"))?;
    if column::<i64>(&row, "sequence")? >= sequence {
        return Ok(());
    }
    for change in changes {
        match change {
            Change::Item(item) => put_item(db, session_id, item, at).await?,
            Change::Status { status, end_reason } => set_status(db, session_id, *status, *end_reason, at).await?,
            Change::Started => {
                query("UPDATE sessions SET started_at = coalesce(started_at, $1) WHERE session_id = $2")
                    .bind(at.as_millisecond())
                    .bind(session_id.as_str())
                    .execute(&mut *db)
                    .await
                    .map_err(unavailable)?;
                seal_session(db, session_id, at, "started", &["started_at"]).await?;
                session_events::record(db, session_id, SessionEventKind::Started, 0, at, &json!({})).await?;
            }
            Change::Question { number, status, reason, follow_ups } => {
                put_question(db, session_id, *number, (status, *reason), follow_ups, at).await?;
            }
            Change::Proof { number, proof } => {
                put_proof(db, session_id, i64::from(*number), to_json(proof)?, at).await?;
            }
            Change::Plan(plan) => {
                query("UPDATE sessions SET plan = $1 WHERE session_id = $2")
                    .bind(to_json(plan)?)
                    .bind(session_id.as_str())
                    .execute(&mut *db)
                    .await
                    .map_err(unavailable)?;
                seal_session(db, session_id, at, "plan", &["plan"]).await?;
            }
            Change::Interruptions(count) => {
                query("UPDATE sessions SET interruptions = $1 WHERE session_id = $2 AND interruptions < $1")
                    .bind(i64::from(*count))
                    .bind(session_id.as_str())
                    .execute(&mut *db)
                    .await
                    .map_err(unavailable)?;
                seal_session(db, session_id, at, "interruptions", &["interruptions"]).await?;
            }
            Change::Usage(total) => usage::put(db, session_id, usage::INTERVIEW, at, total).await?,
        }
    }
    query("UPDATE sessions SET sequence = $1 WHERE session_id = $2")
        .bind(sequence)
        .bind(session_id.as_str())
        .execute(&mut *db)
        .await
        .map_err(unavailable)?;
    Ok(())
}

async fn put_proof(
    db: &mut AnyConnection,
    session_id: &SessionId,
    number: i64,
    proof: String,
    at: Timestamp,
) -> Result<(), StoreError> {
    query("UPDATE questions SET proof = $1 WHERE session_id = $2 AND number = $3")
        .bind(proof)
        .bind(session_id.as_str())
        .bind(number)
        .execute(&mut *db)
        .await
        .map_err(unavailable)?;
    log::seal(db, session_id, at, "proof", ("questions", Key::Number(number)), &["proof"]).await
}

async fn put_item(
    db: &mut AnyConnection,
    session_id: &SessionId,
    item: &Item,
    at: Timestamp,
) -> Result<(), StoreError> {
    let put = query(
        "INSERT INTO items (session_id, item_id, role, content, generated_content, start_ms, end_ms, state, question, \
         revision, position) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
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
    .bind(item.question.map(i64::from))
    .bind(stored_ms(u64::from(item.revision)))
    .bind(i64::from(item.position))
    .execute(&mut *db)
    .await
    .map_err(unavailable)?;
    if put.rows_affected() > 0 {
        log::seal(db, session_id, at, "item", ("items", Key::Text(item.item_id.as_str())), &[]).await?;
    }
    Ok(())
}

/// An ended session stays as it ended.
async fn set_status(
    db: &mut AnyConnection,
    session_id: &SessionId,
    status: Status,
    end_reason: Option<EndReason>,
    at: Timestamp,
) -> Result<(), StoreError> {
    let ended_at = (status == Status::Ended).then(|| at.as_millisecond());
    let updated = query(
        "UPDATE sessions SET status = $1, end_reason = coalesce($2, end_reason), ended_at = coalesce($3, ended_at) \
         WHERE session_id = $4 AND status <> 'ended'",
    )
    .bind(status.as_str())
    .bind(end_reason.map(EndReason::as_str))
    .bind(ended_at)
    .bind(session_id.as_str())
    .execute(&mut *db)
    .await
    .map_err(unavailable)?;
    if updated.rows_affected() > 0 {
        session_events::status_changed(db, session_id, status, end_reason, at).await?;
    }
    Ok(())
}

async fn put_question(
    db: &mut AnyConnection,
    session_id: &SessionId,
    number: u32,
    (status, reason): (&str, Option<&str>),
    follow_ups: &[String],
    at: Timestamp,
) -> Result<(), StoreError> {
    query(
        "INSERT INTO questions (session_id, number, status, reason, follow_ups) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (session_id, number) DO UPDATE SET status = excluded.status, reason = excluded.reason, \
         follow_ups = excluded.follow_ups",
    )
    .bind(session_id.as_str())
    .bind(i64::from(number))
    .bind(status)
    .bind(reason)
    .bind(to_json(follow_ups)?)
    .execute(&mut *db)
    .await
    .map_err(unavailable)?;
    log::seal(db, session_id, at, "question", ("questions", Key::Number(i64::from(number))), &[]).await
}

pub(super) async fn record_consent(
    db: &mut AnyConnection,
    session_id: &SessionId,
    consent: &Consent,
) -> Result<(), StoreError> {
    let kept = query(
        "INSERT INTO consents (session_id, version, given_by, given_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (session_id, version) DO NOTHING",
    )
    .bind(session_id.as_str())
    .bind(&consent.version)
    .bind(&consent.given_by)
    .bind(consent.given_at.as_millisecond())
    .execute(&mut *db)
    .await
    .map_err(refused)?;
    if kept.rows_affected() > 0 {
        let row = ("consents", Key::Text(&consent.version));
        log::seal(db, session_id, consent.given_at, "consent", row, &[]).await?;
    }
    Ok(())
}

pub(super) async fn create_invite(db: &mut AnyConnection, invite: &NewInvite) -> Result<(), StoreError> {
    query(
        "INSERT INTO invites (invite_id, code_hash, owner_kind, owner_subject, interview, attempts_limit, opens_at, \
         closes_at, created_at, interview_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(&invite.invite_id)
    .bind(invite.code_hash.as_bytes().as_slice())
    .bind(invite.owner.kind())
    .bind(invite.owner.subject())
    .bind(interview_json(&invite.interview)?)
    .bind(i64::from(invite.attempts_limit))
    .bind(invite.opens_at.as_millisecond())
    .bind(invite.closes_at.as_millisecond())
    .bind(invite.created_at.as_millisecond())
    .bind(&invite.interview.id)
    .execute(db)
    .await
    .map_err(refused)?;
    Ok(())
}

pub(super) async fn use_invite(
    db: &mut AnyConnection,
    code: &TokenHash,
    session: &NewSession,
) -> Result<InviteUse, StoreError> {
    let select = "SELECT opens_at, closes_at, attempts_limit, attempts_used FROM invites WHERE code_hash = $1";
    let row = query(select).bind(code.as_bytes().as_slice()).fetch_optional(&mut *db).await.map_err(unavailable)?;
    let Some(row) = row else { return Ok(InviteUse::NoSuchInvite) };
    let value = |name: &'static str| column::<i64>(&row, name);
    let now = session.created_at.as_millisecond();
    if now < value("opens_at")? {
        return Ok(InviteUse::NotOpenYet);
    }
    if now >= value("closes_at")? {
        return Ok(InviteUse::Over);
    }
    if value("attempts_used")? >= value("attempts_limit")? {
        return Ok(InviteUse::UsedUp);
    }
    query("UPDATE invites SET attempts_used = attempts_used + 1 WHERE code_hash = $1")
        .bind(code.as_bytes().as_slice())
        .execute(&mut *db)
        .await
        .map_err(unavailable)?;
    create_session(db, session).await?;
    Ok(InviteUse::Started)
}

pub(super) async fn recover(db: &mut AnyConnection, at: Timestamp) -> Result<Vec<SessionId>, StoreError> {
    let reason = EndReason::Interrupted.as_str();
    let questions = query(
        "UPDATE questions SET reason = $1, status = CASE WHEN EXISTS (SELECT 1 FROM items \
         WHERE items.session_id = questions.session_id AND items.question = questions.number AND items.role = 'user' \
         AND items.state = 'final' AND items.content <> '') THEN 'answered' ELSE status END \
         WHERE reason IS NULL AND session_id IN (SELECT session_id FROM sessions WHERE status <> 'ended') \
         RETURNING session_id, number",
    )
    .bind(reason)
    .fetch_all(&mut *db)
    .await
    .map_err(unavailable)?;
    for row in &questions {
        let session_id = SessionId::new(text(row, "session_id")?);
        let row = ("questions", Key::Number(column(row, "number")?));
        log::seal(db, &session_id, at, "question", row, &[]).await?;
    }
    let rows = query(
        "UPDATE sessions SET status = 'ended', end_reason = coalesce(end_reason, $1), ended_at = $2 \
         WHERE status <> 'ended' AND session_id NOT IN (SELECT session_id FROM voice_sessions) \
         RETURNING session_id, end_reason",
    )
    .bind(reason)
    .bind(at.as_millisecond())
    .fetch_all(&mut *db)
    .await
    .map_err(unavailable)?;
    let mut recovered = Vec::new();
    for row in &rows {
        let session_id = SessionId::new(text(row, "session_id")?);
        let kept = text(row, "end_reason")?;
        let end_reason = EndReason::ALL.into_iter().find(|reason| reason.as_str() == kept);
        session_events::status_changed(db, &session_id, Status::Ended, end_reason, at).await?;
        recovered.push(session_id);
    }
    Ok(recovered)
}

pub(super) async fn client_transcript(
    db: &mut AnyConnection,
    session_id: &SessionId,
    messages: &[ClientMessage],
) -> Result<(), StoreError> {
    let update = query("UPDATE sessions SET client_transcript = $1 WHERE session_id = $2").bind(to_json(messages)?);
    known(update.bind(session_id.as_str()).execute(&mut *db).await.map_err(unavailable)?.rows_affected())?;
    seal_session(db, session_id, Timestamp::now(), "client_transcript", &["client_transcript"]).await
}

pub(super) async fn audio_quality(
    db: &mut AnyConnection,
    session_id: &SessionId,
    quality: &AudioQuality,
) -> Result<(), StoreError> {
    let update = query("UPDATE sessions SET audio_quality = $1 WHERE session_id = $2").bind(to_json(quality)?);
    known(update.bind(session_id.as_str()).execute(&mut *db).await.map_err(unavailable)?.rows_affected())?;
    seal_session(db, session_id, Timestamp::now(), "quality", &["audio_quality"]).await
}

/// Columns of the session's own row go into the log as they are now.
pub(in crate::store) async fn seal_session(
    db: &mut AnyConnection,
    session_id: &SessionId,
    at: Timestamp,
    kind: &str,
    columns: &[&str],
) -> Result<(), StoreError> {
    log::seal(db, session_id, at, kind, ("sessions", Key::Text(session_id.as_str())), columns).await
}

fn known(rows: u64) -> Result<(), StoreError> {
    if rows == 0 { Err(StoreError::Unknown) } else { Ok(()) }
}

fn stored_ms(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

fn interview_json(interview: &Interview) -> Result<String, StoreError> {
    to_json(interview)
}
