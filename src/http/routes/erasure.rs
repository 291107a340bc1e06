//! Deleting what is kept of a session, and forbidding that it is deleted.

use crate::{
    domain::{
        auth::{Principal, SessionStep},
        id::SessionId,
        session::{EndReason, StopReason},
    },
    http::{
        AppState,
        error::{ApiError, ApiResult},
        extract::{Body, Caller},
        openapi::Problem,
        routes::{exports::may_keep, now, sessions::authorised, voice},
    },
    store::{
        SessionRecord, StoreError,
        erasure::{Erased, Receipt},
        retention::{Held, Hold},
    },
    wire::error_code::ErrorCode,
};
use axum::{
    Json,
    extract::{Path, State},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The routes of this file.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(erase)).routes(routes!(receipt)).routes(routes!(hold, release))
}

/// How long a live interview may take to end before its data are erased under it.
const END_WITHIN: Duration = Duration::from_secs(5);
/// Characters of the reason of a hold.
const REASON_CHARS_MAX: usize = 500;

/// What is left of a session that was erased.
#[derive(Serialize, ToSchema)]
pub struct ReceiptBody {
    pub receipt_id: String,
    pub session_id: String,
    #[schema(value_type = String, format = DateTime)]
    pub erased_at: Timestamp,
    /// `platform`, `owner` or `local`.
    pub by: String,
    /// Rows that were deleted, by table, and `files` with their `file_bytes`.
    pub counts: BTreeMap<String, u64>,
    /// Entries of its log, which stays.
    pub log_entries: u64,
    /// Hash of the last one, hexadecimal.
    pub log_head: String,
}

impl From<Receipt> for ReceiptBody {
    fn from(receipt: Receipt) -> Self {
        Self {
            receipt_id: receipt.receipt_id,
            session_id: receipt.session_id.to_string(),
            erased_at: receipt.erased_at,
            by: receipt.erased_by,
            counts: receipt.counts,
            log_entries: receipt.log.entries,
            log_head: receipt.log.hash.to_string(),
        }
    }
}

/// Body of `PUT …/hold`.
#[derive(Deserialize, ToSchema)]
pub struct HoldBody {
    /// Why nothing may be deleted.
    #[schema(min_length = 1, max_length = 500, example = "dispute 2026-14")]
    pub reason: String,
}

/// That nothing of a session may be deleted.
#[derive(Serialize, ToSchema)]
pub struct HoldView {
    pub session_id: String,
    #[schema(value_type = String, format = DateTime)]
    pub held_at: Timestamp,
    /// `platform`, `owner` or `local`.
    pub by: String,
    pub reason: String,
}

impl HoldView {
    fn new(session_id: &SessionId, hold: Hold) -> Self {
        Self { session_id: session_id.to_string(), held_at: hold.at, by: hold.by, reason: hold.reason }
    }
}

/// Who acts, as it is kept: a role, no name.
fn role(principal: &Principal) -> &'static str {
    match principal {
        Principal::Local => "local",
        Principal::Platform => "platform",
        Principal::User { .. } | Principal::Candidate { .. } | Principal::Nobody => "owner",
    }
}

/// Erases everything that is kept of a session, also while it is live: it ends at once, without a goodbye. What stays
/// is a receipt, and a log that says nothing any more. Again gives the same receipt.
#[utoipa::path(
    delete, path = "/api/interview/{session_id}/data", tag = "exports",
    params(("session_id" = String, Path, example = "ses_00000000000000000000000000")),
    security((), ("api_key" = []), ("bearer" = [])),
    responses(
        (status = 200, description = "Nothing of it is left", body = ReceiptBody),
        (status = 409, description = "`held`: a legal hold forbids it", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub async fn erase(
    State(state): State<AppState>,
    Path(id): Path<String>,
    caller: Caller,
) -> ApiResult<Json<ReceiptBody>> {
    let principal = caller.principal_or_nobody(&state).await?;
    let by = role(&principal);
    let session_id = may_keep(&state, principal, &id).await?;
    if let Some(record) = state.store.load_session(&session_id).await? {
        refuse_held(&state, &session_id).await?;
        stop(&state, &record).await;
        stop_recording(&state, &session_id).await;
    }
    match state.keeper.erase(&session_id, by, now()).await? {
        Erased::Done(receipt) | Erased::Already(receipt) => Ok(Json(receipt.into())),
        Erased::Held(hold) => Err(held(&hold)),
        Erased::Unknown => Err(ApiError::not_found()),
    }
}

/// No packet of the session is written any more, so that its files can go.
async fn stop_recording(state: &AppState, session_id: &SessionId) {
    state.recorder.end(session_id);
    if tokio::time::timeout(END_WITHIN, state.recorder.settled(session_id)).await.is_err() {
        tracing::warn!(session = %session_id, "a recording is erased while it is written");
    }
}

async fn refuse_held(state: &AppState, session_id: &SessionId) -> ApiResult<()> {
    match state.database.keeping(session_id).await?.and_then(|keeping| keeping.hold) {
        Some(hold) => Err(held(&hold)),
        None => Ok(()),
    }
}

fn held(hold: &Hold) -> ApiError {
    let detail = format!("Held since {} by {}: {}. Lift the hold first", hold.at, hold.by, hold.reason);
    ApiError::new(ErrorCode::Held, detail)
}

/// Ends a live session without last words. One that does not end in time is erased all the same: what it still writes
/// finds nothing to write to.
async fn stop(state: &AppState, record: &SessionRecord) {
    if record.interview.kind == voice::KIND {
        if let Err(error) = voice::finish_record(state, record, EndReason::PlatformEnded).await {
            tracing::warn!(detail = error.detail, "a voice session is erased without having ended");
        }
        return;
    }
    let Some(session) = state.registry.get(&record.session_id) else { return };
    let ending = async {
        while !session.view().finished && !session.is_gone() {
            session.end(StopReason::Internal).await;
        }
    };
    if tokio::time::timeout(END_WITHIN, ending).await.is_err() {
        tracing::warn!(session = %record.session_id, "a session is erased without having ended");
    }
}

/// The receipt of a session that was erased.
#[utoipa::path(
    get, path = "/api/interview/{session_id}/receipt", tag = "exports",
    params(("session_id" = String, Path, example = "ses_00000000000000000000000000")),
    security((), ("api_key" = []), ("bearer" = [])),
    responses(
        (status = 200, body = ReceiptBody),
        (status = 409, description = "`conflict`: it is not erased", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub async fn receipt(
    State(state): State<AppState>,
    Path(id): Path<String>,
    caller: Caller,
) -> ApiResult<Json<ReceiptBody>> {
    let session_id = may_keep(&state, caller.principal_or_nobody(&state).await?, &id).await?;
    let receipt = state.database.receipt(&session_id).await?;
    let there = || ApiError::new(ErrorCode::Conflict, "The session is not erased: its results can be read");
    Ok(Json(receipt.ok_or_else(there)?.into()))
}

/// Forbids that anything of a session is deleted, by retention or on request. Again replaces the reason.
#[utoipa::path(
    put, path = "/api/interview/{session_id}/hold", tag = "exports", request_body = HoldBody,
    params(("session_id" = String, Path, example = "ses_00000000000000000000000000")),
    security((), ("api_key" = []), ("bearer" = [])),
    responses((status = 200, body = HoldView))
)]
pub async fn hold(
    State(state): State<AppState>,
    Path(id): Path<String>,
    caller: Caller,
    Body(body): Body<HoldBody>,
) -> ApiResult<Json<HoldView>> {
    let by = role_of(&caller);
    let record = authorised(&state, caller, &id, SessionStep::Keep).await?;
    let reason = body.reason.trim().to_owned();
    if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX || reason.chars().any(char::is_control) {
        let problem = format!("must have 1 to {REASON_CHARS_MAX} printable characters");
        return Err(ApiError::field("/reason", problem));
    }
    let hold = Hold { at: now(), by: by.to_owned(), reason };
    match state.database.hold_session(&record.session_id, hold).await {
        Ok(hold) => Ok(Json(HoldView::new(&record.session_id, hold))),
        // Erased meanwhile.
        Err(StoreError::Unknown) => Err(ApiError::not_found()),
        Err(error) => Err(error.into()),
    }
}

fn role_of(caller: &Caller) -> &'static str {
    use crate::auth::Identity;
    match caller.0 {
        Identity::Local => "local",
        Identity::Platform => "platform",
        Identity::User { .. } | Identity::Candidate { .. } | Identity::Nobody => "owner",
    }
}

/// Lifts a hold. What was due meanwhile is deleted with the next look, within an hour.
#[utoipa::path(
    delete, path = "/api/interview/{session_id}/hold", tag = "exports",
    params(("session_id" = String, Path, example = "ses_00000000000000000000000000")),
    security((), ("api_key" = []), ("bearer" = [])),
    responses(
        (status = 200, description = "The hold that there was", body = HoldView),
        (status = 409, description = "`conflict`: there is none", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub async fn release(
    State(state): State<AppState>,
    Path(id): Path<String>,
    caller: Caller,
) -> ApiResult<Json<HoldView>> {
    let by = role_of(&caller);
    let record = authorised(&state, caller, &id, SessionStep::Keep).await?;
    match state.database.release_session(&record.session_id, by, now()).await? {
        Held::Done(hold) => Ok(Json(HoldView::new(&record.session_id, hold))),
        Held::NoHold => Err(ApiError::new(ErrorCode::Conflict, "There is no hold on this session")),
    }
}
