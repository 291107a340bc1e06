//! What happens while an interview lives: offers, candidates, what the candidate tells the server.

use crate::{
    domain::{auth::SessionStep, event::ClientMessage, ice::IceServer, id::SessionId, session::Status},
    http::{
        AppState,
        error::{ApiError, ApiResult},
        extract::{Body, Caller},
        routes::sessions::{authorised, live},
    },
    media::OfferError,
    wire::error_code::ErrorCode,
};
use axum::{
    Json,
    extract::{Path, State},
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

/// A session description.
#[derive(Deserialize)]
pub struct Description {
    #[serde(default)]
    sdp: Option<String>,
    #[serde(default, rename = "type")]
    kind: Option<String>,
}

/// `POST …/rtc/offer`: the first offer, an ICE restart, or a return after a reload.
pub async fn offer(
    State(state): State<AppState>,
    Path(id): Path<String>,
    caller: Caller,
    Body(body): Body<Description>,
) -> ApiResult<Json<Value>> {
    let record = authorised(&state, caller, &id, SessionStep::TakePart).await?;
    if body.kind.as_deref().is_some_and(|kind| kind != "offer") {
        return Err(ApiError::field("/type", "must be \"offer\""));
    }
    let sdp = body.sdp.ok_or_else(|| ApiError::field("/sdp", "is missing: put the browser's offer there"))?;
    if record.consent_required && record.consents.is_empty() {
        return Err(ApiError::new(
            ErrorCode::ConsentRequired,
            "The candidate has not agreed yet: POST the consent first, then offer again",
        ));
    }
    let session = live(&state, &record)?;
    let answer = session.offer(&sdp).await.map_err(refused_offer)?;
    Ok(Json(json!({"sdp": answer, "type": "answer", "session_id": record.session_id.as_str()})))
}

fn refused_offer(error: OfferError) -> ApiError {
    match error {
        OfferError::Gone => ApiError::new(ErrorCode::SessionEnded, "The interview is over"),
        OfferError::Busy => ApiError::retry(ErrorCode::AtCapacity, "The media path is busy; offer again", 1),
        wrong => ApiError {
            fields: vec![("/sdp".to_owned(), wrong.to_string())],
            ..ApiError::new(ErrorCode::InvalidSdp, format!("The offer cannot be used: {wrong}"))
        },
    }
}

/// `POST …/rtc/answer`: without `sdp`, the answer in force. A server's own offers come with a later version.
pub async fn answer(
    State(state): State<AppState>,
    Path(id): Path<String>,
    caller: Caller,
    Body(body): Body<Description>,
) -> ApiResult<Json<Value>> {
    let record = authorised(&state, caller, &id, SessionStep::TakePart).await?;
    if body.sdp.is_some() {
        return Err(ApiError::field("/sdp", "answers an offer of the server, and there is none open"));
    }
    let answer = live(&state, &record)?.answer_sdp();
    let sdp = answer.ok_or_else(|| ApiError::field("/sdp", "there is no answer before an offer"))?;
    Ok(Json(json!({"sdp": sdp, "type": "answer", "session_id": record.session_id.as_str()})))
}

/// `POST …/rtc/ice-candidate`: the three forms of the contract. Candidates are checked and then not used: Viva is
/// ICE-lite and learns addresses from authenticated checks alone.
pub async fn ice_candidate(
    State(state): State<AppState>,
    Path(id): Path<String>,
    caller: Caller,
    Body(body): Body<Value>,
) -> ApiResult<Json<Value>> {
    let record = authorised(&state, caller, &id, SessionStep::TakePart).await?;
    check_candidates(&body)?;
    let own: Vec<Value> = live(&state, &record)?
        .local_candidates()
        .into_iter()
        .map(|candidate| json!({"candidate": candidate, "sdpMid": "0", "sdpMLineIndex": 0}))
        .collect();
    Ok(Json(json!({"success": true, "candidates": own})))
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

/// `GET …/ice-servers`
pub async fn ice_servers(
    State(state): State<AppState>,
    Path(id): Path<String>,
    caller: Caller,
) -> ApiResult<Json<Value>> {
    let record = authorised(&state, caller, &id, SessionStep::TakePart).await?;
    let servers = servers_json(&state, &record.session_id);
    Ok(Json(json!({"iceServers": servers, "ice_servers": servers, "ttl": state.ice.ttl_s()})))
}

/// ICE servers for one session, with TURN credentials of its own.
pub fn servers_json(state: &AppState, session_id: &SessionId) -> Vec<Value> {
    let now_s = Timestamp::now().as_second().max(0) as u64;
    state.ice.for_session(session_id, now_s).iter().map(server_json).collect()
}

fn server_json(server: &IceServer) -> Value {
    let mut json = json!({"urls": server.urls});
    if let Some(credential) = &server.credential {
        json["username"] = credential.username.as_str().into();
        json["credential"] = credential.password.as_str().into();
    }
    json
}

/// `POST …/actions`: the data channel's client messages over REST.
pub async fn action(
    State(state): State<AppState>,
    Path(id): Path<String>,
    caller: Caller,
    Body(message): Body<ClientMessage>,
) -> ApiResult<Json<Value>> {
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
    Ok(Json(json!({"success": true, "session_id": record.session_id.as_str()})))
}
