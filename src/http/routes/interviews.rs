//! What can be asked for: the built-in kinds, and the invitation behind a link.

use crate::{
    domain::{
        auth::{Owner, Token, TokenHash},
        id::encode_128_bits,
        interview::Interview,
    },
    http::{
        AppState,
        error::{ApiError, ApiResult},
    },
    random,
    store::{Invite, NewInvite},
    wire::error_code::ErrorCode,
};
use axum::{
    Json,
    extract::{Path, State},
};
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

/// Version of the consent text; stored with every consent.
pub const CONSENT_VERSION: &str = "2026-11-21";
/// What a candidate agrees to.
pub const CONSENT_TEXT: &str = "I agree that an AI interviewer speaks with me, that my voice is processed to \
    understand what I say, and that the written transcript is kept and read by the people who invited me. My voice \
    itself is not recorded. Nothing judges my voice, my accent or my feelings. I can stop at any time.";

/// The kind that the ready link of open mode opens.
const READY_KIND: &str = "tryout";

/// `GET /api/v1/kinds`
pub async fn kinds(State(state): State<AppState>) -> Json<Value> {
    let kinds: Vec<Value> = state.kinds.iter().map(summary).collect();
    Json(json!({"kinds": kinds}))
}

/// What a list says of an interview.
fn summary(interview: &Interview) -> Value {
    json!({
        "kind": interview.kind,
        "title": interview.title,
        "description": interview.description,
        "language": interview.language,
        "question_count": interview.questions.len(),
        "duration_minutes": minutes(interview),
    })
}

/// About how long it takes: two minutes a question, and no longer than its limit.
pub fn minutes(interview: &Interview) -> u64 {
    (interview.questions.len() as u64 * 2).clamp(1, (interview.limits.max_duration_ms / 60_000).max(1))
}

/// `GET /api/v1/invites/{code}`: what an invitation is for. The code is the capability.
pub async fn invite(State(state): State<AppState>, Path(code): Path<String>) -> ApiResult<Json<Value>> {
    let invite = find(&state, &code).await?;
    let interview = &invite.interview;
    let mut body = summary(interview);
    body["recording"] = false.into();
    body["candidate_may_read_results"] = interview.candidate_may_read_results.into();
    body["attempts_left"] = attempts_left(&invite).into();
    body["expires_at"] = invite.closes_at.to_string().into();
    body["consent"] = json!({"version": CONSENT_VERSION, "text": CONSENT_TEXT});
    Ok(Json(body))
}

/// An invitation that still opens.
pub async fn find(state: &AppState, code: &str) -> ApiResult<Invite> {
    let code = code_hash(code).ok_or_else(ApiError::not_found)?;
    let invite = state.store.find_invite(code).await?.ok_or_else(ApiError::not_found)?;
    if attempts_left(&invite) == 0 || invite.closes_at <= Timestamp::now() {
        return Err(ApiError::new(
            ErrorCode::InviteUsedUp,
            "This invitation is used up or has expired; ask for a new one",
        ));
    }
    Ok(invite)
}

/// What an invitation is looked up by; `None` when no code looks like that.
pub fn code_hash(code: &str) -> Option<TokenHash> {
    Token::parse(code).map(|token| token.hash())
}

const fn attempts_left(invite: &Invite) -> u32 {
    invite.attempts_limit.saturating_sub(invite.attempts_used)
}

/// A built-in kind.
pub fn kind<'a>(state: &'a AppState, kind: &str) -> Option<&'a Interview> {
    state.kinds.iter().find(|interview| interview.kind == kind)
}

/// Makes the interview link that open mode prints at start: a week, a thousand attempts.
pub async fn open_invite(state: &AppState) -> Result<String, crate::store::StoreError> {
    let code = Token::from_random(random::bytes());
    let now = Timestamp::now();
    let interview = kind(state, READY_KIND).cloned().ok_or(crate::store::StoreError::Unknown)?;
    state
        .store
        .create_invite(NewInvite {
            invite_id: format!("inv_{}", encode_128_bits(random::bytes())),
            code_hash: code.hash(),
            owner: Owner::Local,
            interview,
            attempts_limit: 1_000,
            opens_at: now,
            closes_at: now + (7 * 24).hours(),
            created_at: now,
        })
        .await?;
    Ok(format!("{}/i/{}", state.public_url, code.expose()))
}
