//! Before the interview: a device check over the real media path, and a practice question. Nothing of it is kept.

use crate::{
    domain::auth::SessionStep,
    http::{
        AppState,
        error::{ApiError, ApiResult},
        extract::{Body, Caller},
        openapi::Problem,
        routes::{
            live::{refused_description, require_consent, servers},
            live_body::{Answered, Description, IceServerBody},
            sessions::{authorised, live, refused_start},
        },
    },
    session::{Rehearsal, RehearsalError},
    wire::error_code::ErrorCode,
};
use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The routes of this file.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(start, end)).routes(routes!(offer))
}

/// What is to be rehearsed.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RehearsalKind {
    /// What the candidate says comes back at once, and the data channel tells once a second how it arrived. Ends
    /// after 2 minutes.
    Check,
    /// One question of a real interviewer, with the live events of an interview. Ends by itself after the answer, or
    /// after 3 minutes.
    Practice,
}

impl From<RehearsalKind> for Rehearsal {
    fn from(kind: RehearsalKind) -> Self {
        match kind {
            RehearsalKind::Check => Self::Check,
            RehearsalKind::Practice => Self::Practice,
        }
    }
}

/// Begins a rehearsal.
#[derive(Deserialize, ToSchema)]
pub struct StartRehearsal {
    pub kind: RehearsalKind,
}

/// A rehearsal that waits for its offer.
#[derive(Serialize, ToSchema)]
pub struct StartedRehearsal {
    pub session_id: String,
    pub kind: RehearsalKind,
    /// When it ends at the latest.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    pub ice_servers: Vec<IceServerBody>,
}

/// Begins a device check or a practice question, before the interview has begun. Nothing of it is stored. A session
/// rehearses one thing at a time, at most 12 times; a new one ends the one before, and the interview's own offer ends
/// it too.
#[utoipa::path(
    post, path = "/api/interview/{session_id}/rehearsal", tag = "live", request_body = StartRehearsal,
    params(("session_id" = String, Path, example = "ses_00000000000000000000000000")),
    security((), ("api_key" = []), ("bearer" = [])),
    responses(
        (status = 201, description = "It waits for an offer", body = StartedRehearsal),
        (status = 402, description = "`budget_used_up`: nothing that costs money begins before the day ends",
            body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`consent_required`; `conflict`: the interview has begun, or it was rehearsed \
            often enough; `session_ended`", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn start(
    State(state): State<AppState>,
    Path(id): Path<String>,
    caller: Caller,
    Body(body): Body<StartRehearsal>,
) -> ApiResult<(StatusCode, Json<StartedRehearsal>)> {
    let record = authorised(&state, caller, &id, SessionStep::TakePart).await?;
    require_consent(&record)?;
    let session = live(&state, &record)?;
    let begun = state.rehearsals.start(&session, &record.interview, body.kind.into()).await.map_err(refused)?;
    let ice = state.ice.servers_for_start(&record.session_id).await;
    let started = StartedRehearsal {
        session_id: record.session_id.to_string(),
        kind: body.kind,
        expires_at: begun.expires_at,
        ice_servers: servers(&ice.servers),
    };
    Ok((StatusCode::CREATED, Json(started)))
}

fn refused(error: RehearsalError) -> ApiError {
    match error {
        RehearsalError::Begun => {
            ApiError::new(ErrorCode::Conflict, "The interview has begun: there is nothing left to rehearse")
        }
        RehearsalError::TooOften => ApiError::new(
            ErrorCode::Conflict,
            "This was rehearsed as often as it may be; the interview can begin at any time",
        ),
        RehearsalError::Refused(error) => refused_start(error),
        RehearsalError::Closed(_) => ApiError::new(ErrorCode::SessionEnded, "The interview is over"),
    }
}

/// Answers the offer for what is rehearsed; all candidates are in the answer.
#[utoipa::path(
    post, path = "/api/interview/{session_id}/rehearsal/offer", tag = "live", request_body = Description,
    params(("session_id" = String, Path, example = "ses_00000000000000000000000000")),
    security((), ("api_key" = []), ("bearer" = [])),
    responses(
        (status = 200, description = "The answer", body = Answered),
        (status = 409, description = "`consent_required`; `conflict`: nothing is rehearsed, or no more; \
            `session_ended`", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn offer(
    State(state): State<AppState>,
    Path(id): Path<String>,
    caller: Caller,
    Body(body): Body<Description>,
) -> ApiResult<Json<Answered>> {
    let record = authorised(&state, caller, &id, SessionStep::TakePart).await?;
    if body.kind.as_deref().is_some_and(|kind| kind != "offer") {
        return Err(ApiError::field("/type", "must be \"offer\""));
    }
    let sdp = body.sdp.ok_or_else(|| ApiError::field("/sdp", "is missing: put your offer there"))?;
    require_consent(&record)?;
    let session = live(&state, &record)?;
    let answer = state.rehearsals.offer(&session, &sdp).await.ok_or_else(|| {
        ApiError::new(ErrorCode::Conflict, "Nothing is rehearsed, or no more: POST to rehearsal first")
    })?;
    let sdp = answer.map_err(refused_description)?;
    Ok(Json(Answered { sdp, kind: "answer".to_owned(), session_id: record.session_id.to_string() }))
}

/// Ends what is rehearsed; again changes nothing.
#[utoipa::path(
    delete, path = "/api/interview/{session_id}/rehearsal", tag = "live",
    params(("session_id" = String, Path, example = "ses_00000000000000000000000000")),
    security((), ("api_key" = []), ("bearer" = [])),
    responses((status = 204, description = "Nothing is rehearsed"))
)]
pub async fn end(State(state): State<AppState>, Path(id): Path<String>, caller: Caller) -> ApiResult<StatusCode> {
    let record = authorised(&state, caller, &id, SessionStep::TakePart).await?;
    // A session that is over rehearses nothing.
    if let Some(session) = state.registry.get(&record.session_id) {
        state.rehearsals.end(&session).await;
    }
    Ok(StatusCode::NO_CONTENT)
}
