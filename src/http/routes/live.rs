//! What happens while an interview lives: offers, candidates, what the candidate tells the server.

use crate::{
    domain::{auth::SessionStep, event::ClientMessage, ice::IceServer, session::Status},
    http::{
        AppState,
        error::{ApiError, ApiResult},
        extract::{Body, Caller},
        openapi::Problem,
        routes::{
            live_body::{
                ActionBody, ActionTaken, AnswerTaken, Answered, Candidates, CandidatesBody, Description, IceServerBody,
                IceServers, OwnCandidate,
            },
            sessions::{authorised, live},
        },
    },
    ice::IceUser,
    media::OfferError,
    store::SessionRecord,
    wire::error_code::ErrorCode,
};
use axum::{
    Json,
    extract::{Path, State},
};
use serde_json::Value;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The routes of this file.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(offer))
        .routes(routes!(answer))
        .routes(routes!(ice_candidate))
        .routes(routes!(ice_servers))
        .routes(routes!(action))
}

/// An offer of the client (the first one, an ICE restart, or a return after a reload), answered; or, without `sdp`, an
/// offer of the server's, to be answered at `rtc/answer`.
///
/// A server's offer is for a new peer connection; the one that is there goes on until the answer has come. With
/// `ice_restart` it is for the connection that is there. A newer offer, from either side, makes it void.
#[utoipa::path(
    post, path = "/api/interview/{session_id}/rtc/offer", tag = "live", request_body = Description,
    params(("session_id" = String, Path, example = "ses_00000000000000000000000000")),
    security((), ("api_key" = []), ("bearer" = [])),
    responses(
        (status = 200, description = "The answer, or the server's offer", body = Answered),
        (status = 409, description = "`consent_required`, `session_ended`, or `not_connected` for a restart",
            body = Problem, content_type = "application/problem+json")
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
    if body.sdp.is_none() && body.kind.is_some() {
        return Err(ApiError::field(
            "/sdp",
            "is missing: put your offer there, or leave out the type to be offered one",
        ));
    }
    require_consent(&record)?;
    let session = live(&state, &record)?;
    let (kind, sdp) = match &body.sdp {
        Some(sdp) => ("answer", session.offer(sdp).await.map_err(refused_description)?),
        None => {
            let restart = body.ice_restart.unwrap_or(false);
            ("offer", session.server_offer(restart).await.map_err(refused_description)?)
        }
    };
    Ok(Json(Answered { sdp, kind: kind.to_owned(), session_id: record.session_id.to_string() }))
}

/// No media is processed before the candidate has agreed.
pub fn require_consent(record: &SessionRecord) -> ApiResult<()> {
    if record.consent_required && record.consents.is_empty() {
        return Err(ApiError::new(
            ErrorCode::ConsentRequired,
            "The candidate has not agreed yet: POST the consent first, then offer again",
        ));
    }
    Ok(())
}

pub fn refused_description(error: OfferError) -> ApiError {
    match error {
        OfferError::Gone => ApiError::new(ErrorCode::SessionEnded, "The interview is over"),
        OfferError::Busy => ApiError::retry(ErrorCode::AtCapacity, "The media path is busy; offer again", 1),
        OfferError::NotOffered => ApiError::new(
            ErrorCode::Conflict,
            "No offer of the server waits for an answer: ask for one with an empty body at rtc/offer",
        ),
        OfferError::NoPeer => {
            ApiError::new(ErrorCode::NotConnected, "Nobody is connected: ask for an offer without ice_restart")
        }
        wrong => ApiError {
            fields: vec![("/sdp".to_owned(), wrong.to_string())],
            ..ApiError::new(ErrorCode::InvalidSdp, format!("The description cannot be used: {wrong}"))
        },
    }
}

/// The answer to the server's offer; or, without `sdp`, a reminder of the answer in force.
#[utoipa::path(
    post, path = "/api/interview/{session_id}/rtc/answer", tag = "live", request_body = Description,
    params(("session_id" = String, Path, example = "ses_00000000000000000000000000")),
    security((), ("api_key" = []), ("bearer" = [])),
    responses(
        (status = 200, description = "The answer is taken, or is this", body = AnswerTaken),
        (status = 409, description = "`conflict`: no offer of the server is open; `session_ended`, `not_connected`",
            body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn answer(
    State(state): State<AppState>,
    Path(id): Path<String>,
    caller: Caller,
    Body(body): Body<Description>,
) -> ApiResult<Json<AnswerTaken>> {
    let record = authorised(&state, caller, &id, SessionStep::TakePart).await?;
    let session_id = record.session_id.to_string();
    if let Some(sdp) = &body.sdp {
        if body.kind.as_deref().is_some_and(|kind| kind != "answer") {
            return Err(ApiError::field("/type", "must be \"answer\""));
        }
        live(&state, &record)?.take_answer(sdp).await.map_err(refused_description)?;
        return Ok(Json(AnswerTaken { success: true, session_id, sdp: None, kind: None }));
    }
    let session = live(&state, &record)?;
    if session.has_open_offer() {
        return Err(ApiError::field("/sdp", "is missing: the server's offer waits for your answer"));
    }
    let sdp = session.answer_sdp().ok_or_else(|| ApiError::field("/sdp", "there is no answer before an offer"))?;
    Ok(Json(AnswerTaken { success: true, session_id, sdp: Some(sdp), kind: Some("answer".to_owned()) }))
}

/// Candidates of the client, in the three forms of the contract. They are checked and then not used: Viva is ICE-lite
/// and learns addresses from authenticated checks alone. The answer lists the server's own.
#[utoipa::path(
    post, path = "/api/interview/{session_id}/rtc/ice-candidate", tag = "live", request_body = CandidatesBody,
    params(("session_id" = String, Path, example = "ses_00000000000000000000000000")),
    security((), ("api_key" = []), ("bearer" = [])),
    responses(
        (status = 200, body = Candidates),
        (status = 409, description = "`session_ended`", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn ice_candidate(
    State(state): State<AppState>,
    Path(id): Path<String>,
    caller: Caller,
    Body(body): Body<Value>,
) -> ApiResult<Json<Candidates>> {
    let record = authorised(&state, caller, &id, SessionStep::TakePart).await?;
    check_candidates(&body)?;
    let own = live(&state, &record)?.local_candidates().into_iter().map(OwnCandidate::of_audio);
    Ok(Json(Candidates { success: true, candidates: own.collect() }))
}

/// Candidates in one request.
const CANDIDATES_MAX: usize = 32;
/// Bytes of one candidate.
const CANDIDATE_BYTES_MAX: usize = 1_024;

fn check_candidates(body: &Value) -> ApiResult<()> {
    if let Some(list) = body.get("candidates") {
        let list = list.as_array().ok_or_else(|| ApiError::field("/candidates", "must be a list"))?;
        if list.len() > CANDIDATES_MAX {
            return Err(ApiError::field("/candidates", format!("may have at most {CANDIDATES_MAX} entries")));
        }
        return list.iter().try_for_each(|one| check_candidate("/candidates", one));
    }
    match body.get("candidate") {
        None => Err(ApiError::field("/candidate", "is missing: send a candidate, null, or \"candidates\"")),
        // Flat: the candidate's line itself; nested: what `RTCIceCandidate.toJSON()` gives; null: no more to come.
        Some(one) => check_candidate("/candidate", one),
    }
}

fn check_candidate(pointer: &str, one: &Value) -> ApiResult<()> {
    let line = match one {
        Value::Null => return Ok(()),
        Value::String(line) => line.as_str(),
        Value::Object(fields) => match fields.get("candidate") {
            Some(Value::String(line)) => line.as_str(),
            _ => return Err(ApiError::field(&format!("{pointer}/candidate"), "must be a string")),
        },
        _ => return Err(ApiError::field(pointer, "must be an object, a string or null")),
    };
    let known = line.is_empty() || line.starts_with("candidate:") || line.starts_with("a=candidate:");
    if line.len() > CANDIDATE_BYTES_MAX || !known {
        return Err(ApiError::field(pointer, "is not an ICE candidate (RFC 8839 section 5.1)"));
    }
    Ok(())
}

/// STUN and TURN servers for this session, under the browser's name for them and in snake case.
#[utoipa::path(
    get, path = "/api/interview/{session_id}/ice-servers", tag = "live",
    params(("session_id" = String, Path, example = "ses_00000000000000000000000000")),
    security((), ("api_key" = []), ("bearer" = [])),
    responses((status = 200, body = IceServers))
)]
pub async fn ice_servers(
    State(state): State<AppState>,
    Path(id): Path<String>,
    caller: Caller,
) -> ApiResult<Json<IceServers>> {
    let record = authorised(&state, caller, &id, SessionStep::TakePart).await?;
    let grant = state.ice.servers(IceUser::Session(&record.session_id), state.ice.session_ttl_s()).await?;
    let servers = servers(&grant.servers);
    Ok(Json(IceServers { ice_servers_camel: servers.clone(), ice_servers: servers, ttl: grant.ttl_s }))
}

/// ICE servers as the pages read them.
pub fn servers(servers: &[IceServer]) -> Vec<IceServerBody> {
    servers.iter().map(server_body).collect()
}

fn server_body(server: &IceServer) -> IceServerBody {
    let credential = server.credential.as_ref();
    IceServerBody {
        urls: server.urls.clone(),
        username: credential.map(|credential| credential.username.clone()),
        credential: credential.map(|credential| credential.password.clone()),
    }
}

/// The client's messages of the data channel, over REST.
#[utoipa::path(
    post, path = "/api/interview/{session_id}/actions", tag = "live", request_body = ActionBody,
    params(("session_id" = String, Path, example = "ses_00000000000000000000000000")),
    security((), ("api_key" = []), ("bearer" = [])),
    responses(
        (status = 200, body = ActionTaken),
        (status = 409, description = "`not_connected`, `session_ended`", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub async fn action(
    State(state): State<AppState>,
    Path(id): Path<String>,
    caller: Caller,
    Body(message): Body<ClientMessage>,
) -> ApiResult<Json<ActionTaken>> {
    let record = authorised(&state, caller, &id, SessionStep::TakePart).await?;
    if matches!(&message, ClientMessage::Text { text } if text.trim().is_empty() || text.chars().count() > 4_000) {
        return Err(ApiError::field("/text", "must have 1 to 4000 characters"));
    }
    let session = live(&state, &record)?;
    if matches!(session.view().status, Status::Created | Status::Connecting) {
        return Err(ApiError::new(ErrorCode::NotConnected, "Nobody is connected yet: the interview has not begun"));
    }
    let ended = |_| ApiError::new(ErrorCode::SessionEnded, "The interview is over");
    session.client(message).await.map_err(ended)?;
    Ok(Json(ActionTaken { success: true, session_id: record.session_id.to_string() }))
}
