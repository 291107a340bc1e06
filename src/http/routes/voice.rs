//! Voice sessions (the voice contract): a place to connect to, an end, the words, the history.
//!
//! A voice session is a session like others, with an id that its client chose; so its results are read like others.
//! What is foreign and what is unknown is 403 with the same body.

use crate::{
    config::VoiceConnectMode,
    domain::{
        auth::{Owner, Principal, Token},
        id::SessionId,
        interview::Interview,
        session::EndReason,
        transcript::Role,
    },
    http::{
        AppState,
        error::{ApiError, ApiResult},
        extract::{Body, Caller},
        openapi::Problem,
        rate::Remaining,
        routes::{interviews::TERMS, now},
    },
    random,
    relay::secret::{self, Grant},
    store::{ClientMessage, Consent, NewSession, SessionRecord, StoreError, VoiceSession},
    wire::{error_code::ErrorCode, realtime::SessionConfig},
};
use axum::{
    Json,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue},
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

/// The kind of interview that stands in a voice session's row.
pub const KIND: &str = "voice";
/// Life of a session that nobody ends or connects again, in minutes: what the contract says.
const LIFE_MINUTES: i64 = 30;
/// Sessions in a list.
const LIST_DEFAULT: u32 = 10;
const LIST_MAX: u32 = 100;
/// Messages of one transcript.
const MESSAGES_MAX: usize = 2_000;
/// Between two sweeps.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// Sessions that one step of a sweep ends, and how many of them at once.
const SWEEP_BATCH: u32 = 200;
const SWEEP_AT_ONCE: usize = 16;

/// The routes of this file.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(connect))
        .routes(routes!(list))
        .routes(routes!(session))
        .routes(routes!(end))
        .routes(routes!(transcript, put_transcript))
}

/// Who connects.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Connect {
    /// Chosen by the client: 1 to 128 of `A-Za-z0-9._:-`. One's own that has not ended is connected again.
    #[schema(example = "5b6d4a3e-0c5e-4f0a-9f50-2d1f6b1c7e11", min_length = 1, max_length = 128)]
    session_id: Option<String>,
    /// The caller's own `sub`; platforms name whom they act for.
    #[schema(example = "firebase-user-id", min_length = 1, max_length = 128)]
    user_id: Option<String>,
}

/// Where to connect.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Connected {
    /// A Realtime WebSocket. Viva's own has a short-lived key in it, so treat it as a secret.
    #[schema(example = "wss://viva.example.com/v1/realtime?model=gpt-realtime-2.1&client_secret=ek_0123")]
    ws_url: String,
    session_id: String,
    /// When the session ends unless it is connected again.
    #[schema(example = "2026-11-21T12:30:00Z")]
    expires_at: String,
    /// With `VOICE_CONNECT_MODE=direct`: the bearer token for `wsUrl`, which is the provider's then.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
}

/// Opens a voice session, or connects one's own again.
#[utoipa::path(
    post, path = "/api/voice/connect", tag = "voice", security(("bearer" = []), ("api_key" = [])),
    request_body = Connect,
    responses(
        (status = 200, body = Connected),
        (status = 403, description = "`userId` or the session is somebody else's", body = Problem,
         content_type = "application/problem+json"),
        (status = 409, description = "The session has ended", body = Problem,
         content_type = "application/problem+json"),
        (status = 502, description = "The speech provider failed", body = Problem,
         content_type = "application/problem+json"),
        (status = 504, description = "The speech provider did not answer in time", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub async fn connect(State(state): State<AppState>, caller: Caller, Body(body): Body<Connect>) -> Response {
    let (user, session_id) = match admitted(&state, caller, body).await {
        Ok(admitted) => admitted,
        Err(error) => return error.into_response(),
    };
    let allowance = state.credentials.voice_connects.take_of(&user.id);
    let mut response = match &allowance {
        Ok(_) => connected(&state, user, session_id).await.into_response(),
        Err(wait_s) => ApiError::retry(ErrorCode::RateLimited, "Too many voice connections; wait a moment", *wait_s)
            .into_response(),
    };
    rate_fields(response.headers_mut(), &allowance, state.credentials.voice_connects.burst());
    response
}

/// Who speaks, and on whose account.
struct Speaker {
    id: String,
    owner: Owner,
}

async fn admitted(state: &AppState, caller: Caller, body: Connect) -> ApiResult<(Speaker, SessionId)> {
    let principal = caller.principal(state).await?;
    let user_id = acting_for(&principal, "/userId", body.user_id)?;
    let id = body.session_id.ok_or_else(|| ApiError::field("/sessionId", "is missing: choose an id"))?;
    if !SessionId::is_client_chosen(&id) {
        return Err(ApiError::field(
            "/sessionId",
            "must have 1 to 128 of the characters A-Z, a-z, 0-9, '.', '_', ':', '-'",
        ));
    }
    let owner = match principal {
        Principal::Local => Owner::Local,
        _ => Owner::User { sub: user_id.clone() },
    };
    Ok((Speaker { id: user_id, owner }, SessionId::new(id)))
}

/// The user that a call is about. Users are themselves, whatever they say; platforms and the local developer act for
/// anybody.
fn acting_for(principal: &Principal, pointer: &str, given: Option<String>) -> ApiResult<String> {
    let missing = || ApiError::field(pointer, "is missing: say whose session it is");
    match principal {
        Principal::Nobody => Err(crate::auth::AuthError::Missing.into()),
        Principal::Candidate { .. } => Err(foreign()),
        Principal::User { sub, .. } => match given {
            Some(given) if given == *sub => Ok(given),
            Some(_) => Err(foreign()),
            None => Err(missing()),
        },
        Principal::Local | Principal::Platform => {
            let given = given.ok_or_else(missing)?;
            let well_formed = (1..=128).contains(&given.chars().count()) && !given.chars().any(char::is_control);
            if well_formed {
                Ok(given)
            } else {
                Err(ApiError::field(pointer, "must have 1 to 128 printable characters"))
            }
        }
    }
}

/// The one answer for what is somebody else's and what is not there.
fn foreign() -> ApiError {
    ApiError::new(ErrorCode::Forbidden, "Unauthorized: that is somebody else's, or does not exist")
}

fn over() -> ApiError {
    ApiError::new(ErrorCode::SessionEnded, "This voice session has ended; connect with a new sessionId")
}

async fn connected(state: &AppState, user: Speaker, session_id: SessionId) -> ApiResult<Json<Connected>> {
    let known = state.database.voice_session(&session_id).await?;
    let at = now();
    if let Some(known) = &known {
        check_open(state, known, &user.id, at).await?;
    }
    let expires_at = at + SignedDuration::from_mins(LIFE_MINUTES);
    // First what may fail elsewhere, so that a failure leaves nothing behind.
    let direct = match (state.credentials.connect, &state.credentials.minter) {
        (VoiceConnectMode::Direct, Some(minter)) => {
            Some(minter.mint(&session_config(state), (LIFE_MINUTES * 60) as u64).await?)
        }
        _ => None,
    };
    if known.is_some() {
        extend(state, &session_id, expires_at).await?;
    } else {
        create(state, &user, &session_id, at, expires_at).await?;
    }
    let (ws_url, client_secret) = match direct {
        Some(minted) => (state.credentials.provider_url.clone(), Some(minted.value.expose_secret().to_owned())),
        None => (relay_url(state, &user, &session_id, at, expires_at).await?, None),
    };
    Ok(Json(Connected {
        ws_url,
        session_id: session_id.to_string(),
        expires_at: expires_at.to_string(),
        client_secret,
    }))
}

async fn check_open(state: &AppState, known: &VoiceSession, user_id: &str, at: Timestamp) -> ApiResult<()> {
    if known.user_id != user_id {
        return Err(foreign());
    }
    if known.ended {
        return Err(over());
    }
    if known.expires_at <= at {
        expire(state, known, at).await?;
        return Err(over());
    }
    Ok(())
}

async fn extend(state: &AppState, session_id: &SessionId, expires_at: Timestamp) -> ApiResult<()> {
    match state.database.extend_voice_session(session_id, expires_at).await? {
        true => Ok(()),
        // It ended between the look and the step.
        false => Err(over()),
    }
}

async fn create(
    state: &AppState,
    user: &Speaker,
    session_id: &SessionId,
    at: Timestamp,
    expires_at: Timestamp,
) -> ApiResult<()> {
    let consent = Consent { version: TERMS.version.to_owned(), given_by: "starter".to_owned(), given_at: at };
    let new = NewSession {
        session_id: session_id.clone(),
        owner: user.owner.clone(),
        user_id: Some(user.id.clone()),
        interview: conversation(),
        engine: state.registry.engine().to_owned(),
        // Nobody is given this token: the user's own credential opens the session.
        token_hash: Token::from_random(random::bytes()).hash(),
        consent_required: false,
        consent: Some(consent),
        created_at: at,
        expires_at,
    };
    match state.database.create_voice_session(new, user.id.clone()).await {
        Ok(()) => Ok(()),
        Err(StoreError::Exists) => {
            // Somebody was quicker: the same user twice at once is fine, any other session of that id is not ours.
            let known = state.database.voice_session(session_id).await?.ok_or_else(foreign)?;
            check_open(state, &known, &user.id, at).await?;
            extend(state, session_id, expires_at).await
        }
        Err(error) => Err(error.into()),
    }
}

/// The plan of a conversation without one: the client says what it is about.
fn conversation() -> Interview {
    Interview {
        id: KIND.to_owned(),
        kind: KIND.to_owned(),
        title: "Voice session".to_owned(),
        candidate_may_read_results: true,
        ..Interview::default()
    }
}

/// What the conversation begins with; the client's first `session.update` says the rest.
fn session_config(state: &AppState) -> SessionConfig {
    SessionConfig {
        kind: Some("realtime".to_owned()),
        model: Some(state.credentials.model.clone()),
        ..SessionConfig::default()
    }
}

/// Viva's own `/v1/realtime`, with a fresh secret in it.
async fn relay_url(
    state: &AppState,
    user: &Speaker,
    session_id: &SessionId,
    at: Timestamp,
    expires_at: Timestamp,
) -> ApiResult<String> {
    let grant = Grant {
        owner: user.owner.clone(),
        user_id: Some(user.id.clone()),
        session_id: Some(session_id.clone()),
        session: session_config(state),
        plan: None,
        expires_at,
    };
    let secret = secret::mint(&state.database, grant, at).await?;
    // http becomes ws, https becomes wss.
    let address = state.public_url.strip_prefix("http").unwrap_or(&state.public_url);
    Ok(format!("ws{address}/v1/realtime?{}&client_secret={}", state.credentials.model_query, secret.value))
}

fn rate_fields(headers: &mut HeaderMap, allowance: &Result<Remaining, u64>, per_minute: u32) {
    let (remaining, reset_s) = match allowance {
        Ok(left) => (left.calls, left.full_in_s),
        Err(wait_s) => (0, *wait_s),
    };
    let fields = [
        ("ratelimit-policy", format!("\"voice-connects\";q={per_minute};w=60")),
        ("ratelimit", format!("\"voice-connects\";r={remaining};t={reset_s}")),
    ];
    for (name, value) in fields {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
}

/// The voice session of the path, if the caller may do anything with it.
async fn authorised(state: &AppState, principal: &Principal, id: &str) -> ApiResult<VoiceSession> {
    if *principal == Principal::Nobody {
        return Err(crate::auth::AuthError::Missing.into());
    }
    let known = match SessionId::is_client_chosen(id) {
        true => state.database.voice_session(&SessionId::new(id)).await?,
        false => None,
    };
    let own = |session: &VoiceSession| match principal {
        Principal::Local | Principal::Platform => true,
        Principal::User { sub, .. } => *sub == session.user_id,
        Principal::Candidate { .. } | Principal::Nobody => false,
    };
    known.filter(own).ok_or_else(foreign)
}

/// Done.
#[derive(Serialize, ToSchema)]
pub struct Success {
    /// Always true.
    success: bool,
}

/// Ends a voice session; a second time changes nothing.
#[utoipa::path(
    post, path = "/api/voice/sessions/{sessionId}/end", tag = "voice", security(("bearer" = []), ("api_key" = [])),
    params(("sessionId" = String, Path, description = "The client's own id")),
    responses(
        (status = 200, body = Success),
        (status = 403, description = "Somebody else's, or unknown", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub async fn end(State(state): State<AppState>, Path(id): Path<String>, caller: Caller) -> ApiResult<Json<Success>> {
    let principal = caller.principal(&state).await?;
    let session = authorised(&state, &principal, &id).await?;
    let reason = match principal {
        Principal::User { .. } => EndReason::CandidateEnded,
        _ => EndReason::PlatformEnded,
    };
    finish(&state, &session, reason).await?;
    Ok(Json(Success { success: true }))
}

/// Ends a session now, its conversation included; when its time was over already, it ended then.
async fn finish(state: &AppState, session: &VoiceSession, reason: EndReason) -> ApiResult<()> {
    let at = now();
    if !session.ended && session.expires_at <= at {
        return expire(state, session, at).await;
    }
    if !session.ended {
        state.relay.end(&session.session_id).await;
        state.database.end_voice_session(&session.session_id, now(), reason, None).await?;
    }
    Ok(())
}

/// Ends the voice session behind a record that was reached by another route. Says why it ended.
pub async fn finish_record(
    state: &AppState,
    record: &SessionRecord,
    reason: EndReason,
) -> ApiResult<Option<EndReason>> {
    if let Some(session) = state.database.voice_session(&record.session_id).await? {
        finish(state, &session, reason).await?;
    }
    Ok(state.store.load_session(&record.session_id).await?.and_then(|record| record.end_reason))
}

/// Ends a session whose time is over: when it was over, or now if somebody was still speaking.
async fn expire(state: &AppState, session: &VoiceSession, at: Timestamp) -> ApiResult<()> {
    let was_live = state.relay.end(&session.session_id).await;
    let ended_at = if was_live { now() } else { session.expires_at };
    let ended = state.database.end_voice_session(&session.session_id, ended_at, EndReason::Expired, Some(at)).await?;
    if ended {
        metrics::counter!("viva_voice_sessions_expired_total").increment(1);
    }
    Ok(())
}

/// Ends what has expired, now and then every minute, until the server stops.
pub async fn keep_sweeping(state: AppState) {
    let mut timer = tokio::time::interval(SWEEP_EVERY);
    timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = state.shutdown.stop.cancelled() => return,
            _ = timer.tick() => {}
        }
        if let Err(error) = sweep(&state, now()).await {
            tracing::warn!(detail = error.detail, "expired voice sessions cannot be ended; the next sweep tries again");
        }
    }
}

/// Ends every voice session whose time is over at `at`.
async fn sweep(state: &AppState, at: Timestamp) -> ApiResult<()> {
    loop {
        let batch = state.database.expired_voice_sessions(at, SWEEP_BATCH).await?;
        let is_last = batch.len() < SWEEP_BATCH as usize;
        let ends = batch.into_iter().map(|session| async move { expire(state, &session, at).await });
        let mut ends = stream::iter(ends).buffer_unordered(SWEEP_AT_ONCE);
        while let Some(ended) = ends.next().await {
            ended?;
        }
        if is_last {
            return Ok(());
        }
    }
}

/// A voice session.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VoiceSessionBody {
    session_id: String,
    user_id: String,
    /// `active` or `ended`.
    #[schema(example = "ended")]
    status: &'static str,
    #[schema(example = "2026-11-21T12:00:00Z")]
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-11-21T12:15:00Z")]
    ended_at: Option<String>,
    #[schema(example = "2026-11-21T12:30:00Z")]
    expires_at: String,
}

impl VoiceSessionBody {
    /// What is true at `at`, swept or not.
    fn of(state: &AppState, session: VoiceSession, at: Timestamp) -> Self {
        let expired = !session.ended && session.expires_at <= at && !state.relay.live(&session.session_id);
        let ended_at = if expired { Some(session.expires_at) } else { session.ended_at };
        Self {
            session_id: session.session_id.to_string(),
            user_id: session.user_id,
            status: if session.ended || expired { "ended" } else { "active" },
            created_at: session.created_at.to_string(),
            ended_at: ended_at.map(|at| at.to_string()),
            expires_at: session.expires_at.to_string(),
        }
    }
}

/// Which sessions.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Whose; users may leave it out or name themselves.
    user_id: Option<String>,
    /// How many, 1 to 100.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 10)]
    limit: Option<String>,
}

/// A user's voice sessions, newest first.
#[utoipa::path(
    get, path = "/api/voice/sessions", tag = "voice", security(("bearer" = []), ("api_key" = [])), params(ListQuery),
    responses(
        (status = 200, body = Vec<VoiceSessionBody>),
        (status = 403, description = "`userId` is somebody else", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> ApiResult<Json<Vec<VoiceSessionBody>>> {
    let principal = caller.principal(&state).await?;
    let own = match &principal {
        Principal::User { sub, .. } => Some(sub.clone()),
        _ => None,
    };
    let user_id = acting_for(&principal, "/userId", query.user_id.or(own))?;
    let limit = match query.limit.as_deref() {
        None => LIST_DEFAULT,
        Some(text) => {
            let limit = text.parse().ok().filter(|limit| (1..=LIST_MAX).contains(limit));
            limit.ok_or_else(|| ApiError::field("/limit", format!("must be a number from 1 to {LIST_MAX}")))?
        }
    };
    let found = state.database.voice_sessions_of(&user_id, limit).await?;
    let at = now();
    Ok(Json(found.into_iter().map(|session| VoiceSessionBody::of(&state, session, at)).collect()))
}

/// One voice session.
#[utoipa::path(
    get, path = "/api/voice/sessions/{sessionId}", tag = "voice", security(("bearer" = []), ("api_key" = [])),
    params(("sessionId" = String, Path, description = "The client's own id")),
    responses(
        (status = 200, body = VoiceSessionBody),
        (status = 403, description = "Somebody else's, or unknown", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub async fn session(
    State(state): State<AppState>,
    Path(id): Path<String>,
    caller: Caller,
) -> ApiResult<Json<VoiceSessionBody>> {
    let principal = caller.principal(&state).await?;
    let session = authorised(&state, &principal, &id).await?;
    Ok(Json(VoiceSessionBody::of(&state, session, now())))
}

/// One thing said.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct VoiceMessage {
    #[schema(value_type = String, example = "user", pattern = "^(user|assistant)$")]
    role: Role,
    #[schema(example = "Hello, I need help with my goals")]
    content: String,
    #[schema(value_type = String, format = DateTime, example = "2026-11-21T12:00:00Z")]
    timestamp: Timestamp,
}

/// What the client heard and said.
#[derive(Deserialize, ToSchema)]
pub struct PutTranscript {
    #[schema(max_items = 2000)]
    messages: Option<Vec<VoiceMessage>>,
}

/// Keeps the client's own copy of the conversation, in place of an earlier one. What Viva itself heard is kept beside
/// it.
#[utoipa::path(
    post, path = "/api/voice/sessions/{sessionId}/transcript", tag = "voice",
    security(("bearer" = []), ("api_key" = [])),
    params(("sessionId" = String, Path, description = "The client's own id")),
    request_body = PutTranscript,
    responses(
        (status = 200, body = Success),
        (status = 403, description = "Somebody else's, or unknown", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub async fn put_transcript(
    State(state): State<AppState>,
    Path(id): Path<String>,
    caller: Caller,
    Body(body): Body<PutTranscript>,
) -> ApiResult<Json<Success>> {
    let principal = caller.principal(&state).await?;
    let session = authorised(&state, &principal, &id).await?;
    let messages = body.messages.ok_or_else(|| ApiError::field("/messages", "is missing"))?;
    if messages.len() > MESSAGES_MAX {
        return Err(ApiError::field("/messages", format!("may have at most {MESSAGES_MAX} entries")));
    }
    let messages = messages.into_iter().map(|message| ClientMessage {
        role: message.role.as_str().to_owned(),
        content: message.content,
        timestamp: message.timestamp.to_string().into(),
    });
    state.store.put_client_transcript(&session.session_id, messages.collect()).await?;
    Ok(Json(Success { success: true }))
}

/// What was said in a voice session.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VoiceTranscript {
    session_id: String,
    user_id: String,
    /// `client`: the copy that the client sent; `server`: what Viva heard, as long as the client sent none.
    #[schema(example = "client")]
    source: &'static str,
    messages: Vec<TranscriptMessage>,
    /// When the session began.
    #[schema(example = "2026-11-21T12:00:00Z")]
    created_at: String,
}

/// One thing said, as it is read.
#[derive(Serialize, ToSchema)]
pub struct TranscriptMessage {
    role: String,
    content: String,
    #[schema(example = "2026-11-21T12:00:00Z")]
    timestamp: String,
}

/// The words of a voice session.
#[utoipa::path(
    get, path = "/api/voice/sessions/{sessionId}/transcript", tag = "voice",
    security(("bearer" = []), ("api_key" = [])),
    params(("sessionId" = String, Path, description = "The client's own id")),
    responses(
        (status = 200, body = VoiceTranscript),
        (status = 403, description = "Somebody else's, or unknown", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub async fn transcript(
    State(state): State<AppState>,
    Path(id): Path<String>,
    caller: Caller,
) -> ApiResult<Json<VoiceTranscript>> {
    let principal = caller.principal(&state).await?;
    let session = authorised(&state, &principal, &id).await?;
    let record = state.store.load_session(&session.session_id).await?.ok_or_else(foreign)?;
    let begun = record.started_at.unwrap_or(record.created_at);
    let (source, messages) = match record.client_transcript {
        Some(own) => ("client", own.into_iter().map(TranscriptMessage::from).collect()),
        None => {
            let heard = record.items.iter().filter(|item| !item.content.trim().is_empty());
            let message = |item: &crate::domain::transcript::Item| TranscriptMessage {
                role: item.role.as_str().to_owned(),
                content: item.content.clone(),
                timestamp: (begun + SignedDuration::from_millis(item.start_ms as i64)).to_string(),
            };
            ("server", heard.map(message).collect())
        }
    };
    Ok(Json(VoiceTranscript {
        session_id: session.session_id.to_string(),
        user_id: session.user_id,
        source,
        messages,
        created_at: session.created_at.to_string(),
    }))
}

impl From<ClientMessage> for TranscriptMessage {
    fn from(message: ClientMessage) -> Self {
        let timestamp = message.timestamp.as_str().unwrap_or_default().to_owned();
        Self { role: message.role, content: message.content, timestamp }
    }
}
