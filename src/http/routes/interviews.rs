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
        openapi::Problem,
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
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// A text that a candidate agrees to, and its version, which is stored with every consent.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    pub version: &'static str,
    pub text: &'static str,
}

/// The texts share their first and last words; between them stand what is kept and who proposes scores.
macro_rules! terms {
    ($version:literal, $kept:literal, $scored:literal) => {
        Terms {
            version: $version,
            text: concat!(
                "I agree that an AI interviewer speaks with me, that my voice is processed to understand what I say, ",
                $kept,
                $scored,
                "Nothing judges my voice, my accent or my feelings. I can stop at any time."
            ),
        }
    };
}
macro_rules! not_recorded {
    ($version:literal, $scored:literal) => {
        terms!(
            $version,
            "and that the written transcript is kept and read by the people who invited me. My voice itself is not \
             recorded. ",
            $scored
        )
    };
}
macro_rules! recorded {
    ($version:literal, $scored:literal) => {
        terms!(
            $version,
            "that the sound of the interview is recorded, and that the recording and the written transcript are kept, \
             and heard and read by the people who invited me. ",
            $scored
        )
    };
}

/// For an interview that is neither recorded nor scored.
pub const TERMS: Terms = not_recorded!("2026-11-21", "");
const TERMS_SCORED: Terms =
    not_recorded!("2026-11-21-scored", "A program may propose scores from the words of my answers; people decide. ");
const TERMS_RECORDED: Terms = recorded!("2026-11-21-recorded", "");
const TERMS_RECORDED_SCORED: Terms = recorded!(
    "2026-11-21-recorded-scored",
    "A program may propose scores from the words of my answers; people decide. "
);

/// What a candidate of this interview agrees to.
pub fn terms(interview: &Interview) -> Terms {
    let is_scored = interview.questions.iter().any(|question| !question.rubric.is_empty());
    match (interview.recording, is_scored) {
        (false, false) => TERMS,
        (false, true) => TERMS_SCORED,
        (true, false) => TERMS_RECORDED,
        (true, true) => TERMS_RECORDED_SCORED,
    }
}

/// The kind that the ready link of open mode opens.
const READY_KIND: &str = "tryout";

/// The routes of this file.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(kinds)).routes(routes!(invite))
}

/// The built-in interviews.
#[derive(Serialize, ToSchema)]
pub struct Kinds {
    kinds: Vec<Summary>,
}

/// What a list says of an interview.
#[derive(Serialize, ToSchema)]
pub struct Summary {
    #[schema(example = "general")]
    kind: String,
    title: String,
    description: String,
    /// BCP 47.
    #[schema(example = "en")]
    language: String,
    question_count: usize,
    /// About how long it takes.
    duration_minutes: u64,
}

/// What an invitation is for.
#[derive(Serialize, ToSchema)]
pub struct Invitation {
    #[serde(flatten)]
    summary: Summary,
    /// Who invites; empty where the author did not say.
    host: String,
    /// Where the candidate finds help; empty where the author did not say.
    contact: String,
    /// After this long it closes politely, in milliseconds.
    time_limit_ms: u64,
    recording: bool,
    candidate_may_read_results: bool,
    attempts_left: u32,
    /// Nobody can start before.
    #[schema(value_type = String, format = DateTime)]
    opens_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    consent: InviteConsent,
}

/// The text that a candidate agrees to.
#[derive(Serialize, ToSchema)]
pub struct InviteConsent {
    version: &'static str,
    text: &'static str,
}

/// The interviews that are built in.
#[utoipa::path(get, path = "/api/v1/kinds", tag = "interviews", responses((status = 200, body = Kinds)))]
pub async fn kinds(State(state): State<AppState>) -> Json<Kinds> {
    Json(Kinds { kinds: state.kinds.iter().map(Summary::from).collect() })
}

impl From<&Interview> for Summary {
    fn from(interview: &Interview) -> Self {
        Self {
            kind: interview.kind.clone(),
            title: interview.title.clone(),
            description: interview.description.clone(),
            language: interview.language.clone(),
            question_count: interview.questions.len(),
            duration_minutes: minutes(interview),
        }
    }
}

/// About how long it takes: two minutes a question, and no longer than its limit.
pub fn minutes(interview: &Interview) -> u64 {
    (interview.questions.len() as u64 * 2).clamp(1, (interview.limits.max_duration_ms / 60_000).max(1))
}

/// What an invitation is for. The code is the capability.
#[utoipa::path(
    get, path = "/api/v1/invites/{code}", tag = "interviews",
    params(("code" = String, Path, description = "From the link `/i/{code}`")),
    responses(
        (status = 200, body = Invitation),
        (status = 410, description = "`invite_used_up`, `invite_closed`", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub async fn invite(State(state): State<AppState>, Path(code): Path<String>) -> ApiResult<Json<Invitation>> {
    let invite = find(&state, &code).await?;
    let Terms { version, text } = terms(&invite.interview);
    Ok(Json(Invitation {
        summary: Summary::from(&invite.interview),
        host: invite.interview.host.clone(),
        contact: invite.interview.contact.clone(),
        time_limit_ms: state.registry.time_limit_ms(&invite.interview),
        recording: invite.interview.recording,
        candidate_may_read_results: invite.interview.candidate_may_read_results,
        attempts_left: attempts_left(&invite),
        opens_at: invite.opens_at,
        expires_at: invite.closes_at,
        consent: InviteConsent { version, text },
    }))
}

/// An invitation that still opens.
pub async fn find(state: &AppState, code: &str) -> ApiResult<Invite> {
    let code = code_hash(code).ok_or_else(ApiError::not_found)?;
    let invite = state.store.find_invite(code).await?.ok_or_else(ApiError::not_found)?;
    if invite.closes_at <= Timestamp::now() {
        return Err(closed_invite());
    }
    if attempts_left(&invite) == 0 {
        return Err(used_up_invite());
    }
    Ok(invite)
}

/// Its window is over.
pub fn closed_invite() -> ApiError {
    ApiError::new(ErrorCode::InviteClosed, "This invitation is closed or has expired; ask for a new one")
}

/// Its attempts are gone.
pub fn used_up_invite() -> ApiError {
    ApiError::new(ErrorCode::InviteUsedUp, "This invitation is used up; ask for a new one")
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::interview::{Criterion, Question};

    #[test]
    fn candidates_agree_to_what_is_done_with_what_they_say() {
        let criterion = Criterion { id: "a".into(), name: "a".into(), description: String::new(), levels: Vec::new() };
        let scored = Question { rubric: vec![criterion], ..Question::default() };
        let mut versions = Vec::new();
        for recording in [false, true] {
            for questions in [vec![Question::default()], vec![scored.clone()]] {
                let is_scored = !questions[0].rubric.is_empty();
                let Terms { version, text } = terms(&Interview { recording, questions, ..Interview::default() });
                assert_eq!(text.contains("is recorded"), recording, "{text}");
                assert_eq!(text.contains("not recorded"), !recording, "{text}");
                assert_eq!(text.contains("propose scores"), is_scored, "{text}");
                assert!(!text.contains("  "), "{text}");
                versions.push(version);
            }
        }
        versions.sort_unstable();
        versions.dedup();
        assert_eq!(versions.len(), 4, "each text has a version of its own");
    }
}
