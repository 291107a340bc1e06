//! The OpenAI-compatible face: the WebSocket `/v1/realtime`, and the short-lived keys for it.
//!
//! Who may connect: a client secret (`ek_…`), a user's bearer token, an API key (as `X-API-Key`, or as a bearer token,
//! which is how OpenAI's own clients send keys), and in open mode the local developer. Errors come after the upgrade,
//! as the service sends them; only a server that has no place refuses the upgrade itself, which its clients retry.

use crate::{
    auth::Credential,
    domain::auth::{Owner, Principal},
    http::{
        AppState,
        error::{ApiError, ApiResult},
        extract::{Body, Caller},
        routes::sessions::not_admitted,
    },
    realtime::{Frame, Lost},
    relay::{
        Asked, Client, Full, MESSAGE_BYTES_MAX, Refusal, Refused,
        secret::{self, ClientSecret, Grant},
    },
    wire::{
        error_code::ErrorCode,
        realtime::{
            SessionConfig,
            dialect::{client_to_ga, session_to_beta},
            serve::{Formats, default_session, update_session},
        },
    },
};
use axum::{
    Json,
    extract::{
        Query, State, WebSocketUpgrade,
        rejection::QueryRejection,
        ws::{CloseFrame, Message, WebSocket, rejection::WebSocketUpgradeRejection},
    },
    http::{HeaderMap, header},
    response::Response,
};
use futures_util::{SinkExt, StreamExt, future::ready};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

/// Characters of a model's name.
const MODEL_CHARS_MAX: usize = 128;
/// How long a client secret lives: shortest, longest, and when nobody says, in seconds.
const SECRET_S: (u32, u32, u32) = (10, 7_200, 600);
/// How long a key of the beta endpoint lives, in seconds.
const BETA_SECRET_S: u32 = 60;
/// Before a key in a list of subprotocols.
const KEY_PROTOCOL: &str = "openai-insecure-api-key.";
/// Read buffer of a socket: an append of 100 ms is 7 KiB.
const READ_BUFFER_BYTES: usize = 16 << 10;

/// The routes of this file.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(connect)).routes(routes!(client_secrets)).routes(routes!(beta_sessions))
}

/// What the address says.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ConnectQuery {
    /// Any name; the configured model answers, under this name.
    #[param(example = "gpt-realtime")]
    model: Option<String>,
    /// A client secret, for clients that can set no header.
    client_secret: Option<String>,
}

/// The Realtime API over a WebSocket, in its GA or its beta dialect. Errors of the credential and of the model follow
/// the upgrade as an `error` event and a close with code 3000 or 4000.
#[utoipa::path(
    get, path = "/v1/realtime", tag = "realtime", params(ConnectQuery), security((), ("bearer" = []), ("api_key" = [])),
    responses(
        (status = 101, description = "The WebSocket is open"),
        (status = 402, description = "`budget_used_up`: nothing more may be spent today",
            body = crate::http::openapi::Problem, content_type = "application/problem+json"),
        (status = 503, description = "All conversations are taken, or the server is draining",
            body = crate::http::openapi::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn connect(
    State(state): State<AppState>,
    query: Result<Query<ConnectQuery>, QueryRejection>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> ApiResult<Response> {
    let Query(query) = query.map_err(|_| ApiError::field("/model", "cannot be read"))?;
    let upgrade = upgrade.map_err(|_| {
        ApiError::new(ErrorCode::InvalidRequest, "Connect with a WebSocket: wss:// and an Upgrade header")
    })?;
    let beta = headers.get("openai-beta").is_some_and(|value| value.as_bytes().starts_with(b"realtime"));
    // Who may connect, and with what.
    let grant = grant(&state, &headers, query.client_secret.as_deref()).await?;
    let asked = grant.and_then(|grant| Ok((asked(&query, &grant, beta)?, grant)));
    let upgrade = upgrade
        .protocols(["realtime"])
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_message_size(MESSAGE_BYTES_MAX)
        .max_frame_size(MESSAGE_BYTES_MAX);
    match asked {
        Err(refusal) => Ok(upgrade.on_upgrade(move |socket| async move {
            metrics::counter!("viva_relay_refused_total").increment(1);
            state.relay.turn_away(client(socket), beta, refusal).await;
        })),
        Ok((asked, grant)) => {
            let admitted = state.relay.admit(grant).await.map_err(no_place)?;
            Ok(upgrade.on_upgrade(move |socket| async move { state.relay.converse(admitted, client(socket), asked) }))
        }
    }
}

fn no_place(refused: Refused) -> ApiError {
    match refused {
        Refused::Spending(refused) => not_admitted(refused),
        Refused::Draining => ApiError::retry(ErrorCode::Draining, "This server is about to stop; try again", 10),
        Refused::Full(Full::Server) => {
            ApiError::retry(ErrorCode::AtCapacity, "All conversations are taken; try again later", 30)
        }
        Refused::Full(Full::User) => {
            ApiError::retry(ErrorCode::RateLimited, "You have too many conversations open; end one first", 10)
        }
        Refused::Full(Full::Session) => {
            ApiError::retry(ErrorCode::RateLimited, "This session's earlier connection is still closing", 2)
        }
    }
}

fn asked(query: &ConnectQuery, grant: &Grant, beta: bool) -> Result<Asked, Refusal> {
    let model = query.model.as_ref().or(grant.session.model.as_ref()).ok_or(Refusal::NoModel)?;
    let model = model_name(model).ok_or(Refusal::BadModel)?;
    Ok(Asked { model, beta })
}

/// A name that can be one of a model.
fn model_name(text: &str) -> Option<String> {
    let fits = (1..=MODEL_CHARS_MAX).contains(&text.chars().count());
    (fits && text.chars().all(|c| c.is_ascii_graphic())).then(|| text.to_owned())
}

/// The socket as the relay knows sockets.
fn client(socket: WebSocket) -> Client {
    let lost = |_| Lost("the client's connection broke".to_owned());
    let (sink, stream) = socket.split();
    let frames = stream.map(move |message| message.map(frame).map_err(lost));
    let sink = sink.sink_map_err(lost).with(|frame| ready(Ok::<_, Lost>(message(frame))));
    Client { frames: Box::pin(frames), sink: Box::pin(sink) }
}

fn frame(message: Message) -> Frame {
    match message {
        Message::Text(text) => Frame::Text(text.as_str().to_owned()),
        Message::Binary(_) => Frame::Binary,
        Message::Ping(_) => Frame::Ping,
        Message::Pong(_) => Frame::Pong,
        Message::Close(Some(close)) => Frame::Close { code: close.code, reason: close.reason.as_str().to_owned() },
        Message::Close(None) => Frame::Close { code: 1_005, reason: String::new() },
    }
}

fn message(frame: Frame) -> Message {
    match frame {
        Frame::Text(text) => Message::Text(text.into()),
        Frame::Binary => Message::Binary(Default::default()),
        Frame::Ping => Message::Ping(Default::default()),
        Frame::Pong => Message::Pong(Default::default()),
        Frame::Close { code, reason } => Message::Close(Some(CloseFrame { code, reason: reason.into() })),
    }
}

/// What whoever connects may do. The outer error is the store's.
async fn grant(state: &AppState, headers: &HeaderMap, secret: Option<&str>) -> ApiResult<Result<Grant, Refusal>> {
    let in_protocols = || {
        let lists = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|list| list.to_str().ok());
        lists.flat_map(|list| list.split(',')).find_map(|name| name.trim().strip_prefix(KEY_PROTOCOL))
    };
    let given = bearer(headers).or_else(in_protocols).or(secret);
    if let Some(value) = given.filter(|value| value.starts_with(secret::PREFIX)) {
        let found = secret::find(&state.database, value, Timestamp::now()).await?;
        return Ok(found.ok_or(Refusal::WrongCredential));
    }
    let principal = match principal(state, headers, given).await {
        Ok(principal) => principal,
        Err(error) if error.code == ErrorCode::StoreUnavailable => return Err(error),
        Err(_) if given.is_none() && !headers.contains_key("x-api-key") => return Ok(Err(Refusal::NoCredential)),
        Err(_) => return Ok(Err(Refusal::WrongCredential)),
    };
    let Some(owner) = principal.owner() else { return Ok(Err(Refusal::WrongCredential)) };
    Ok(Ok(own_grant(owner, SessionConfig::default(), Timestamp::now())))
}

/// A conversation on somebody's own account, of which no record is kept.
fn own_grant(owner: Owner, session: SessionConfig, expires_at: Timestamp) -> Grant {
    let user_id = match &owner {
        Owner::User { sub } => Some(sub.clone()),
        Owner::Local | Owner::Platform | Owner::Public => None,
    };
    Grant { owner, user_id, session_id: None, session, plan: None, expires_at }
}

/// The bearer token, if there is one that can be read.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Who is asking: by `X-API-Key`, by a user's token, or by an API key that is sent as a token.
async fn principal(state: &AppState, headers: &HeaderMap, given: Option<&str>) -> ApiResult<Principal> {
    let key = headers.get("x-api-key").map(|key| key.to_str().unwrap_or_default());
    let identity = match (key, given) {
        (Some(key), _) => state.authenticator.identify(Credential::ApiKey(key)).await,
        (None, Some(token)) => match state.authenticator.identify(Credential::Bearer(token)).await {
            Ok(identity) => Ok(identity),
            Err(error) => state.authenticator.identify(Credential::ApiKey(token)).await.map_err(|_| error),
        },
        // A header that is there and cannot be read is a wrong credential, never none.
        (None, None) if headers.contains_key(header::AUTHORIZATION) => Err(crate::auth::AuthError::WrongToken),
        (None, None) => state.authenticator.identify(Credential::None).await,
    };
    Caller(identity?).principal(state).await
}

/// What a client secret is to be.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewClientSecret {
    expires_after: Option<ExpiresAfter>,
    /// The session's configuration, in the GA shape; what is left out has its default.
    #[schema(value_type = Option<Object>, example = json!({"type": "realtime", "model": "gpt-realtime"}))]
    session: Option<Map<String, Value>>,
}

/// When a client secret expires.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ExpiresAfter {
    /// `created_at`, which is also meant when it is left out.
    #[schema(example = "created_at")]
    anchor: Option<String>,
    /// 600 when it is left out.
    #[schema(minimum = 10, maximum = 7200)]
    seconds: Option<u32>,
}

/// A client secret, shown once.
#[derive(Debug, Serialize, ToSchema)]
pub struct NewSecret {
    /// `ek_…`
    value: String,
    /// Unix seconds.
    expires_at: i64,
    /// The session as a client that connects with it finds it.
    #[schema(value_type = Object)]
    session: SessionConfig,
}

/// Makes a short-lived key to `/v1/realtime`, for a browser or an app.
#[utoipa::path(
    post, path = "/v1/realtime/client_secrets", tag = "realtime", security((), ("bearer" = []), ("api_key" = [])),
    request_body = NewClientSecret, responses((status = 200, body = NewSecret))
)]
pub async fn client_secrets(
    State(state): State<AppState>,
    headers: HeaderMap,
    Body(body): Body<NewClientSecret>,
) -> ApiResult<Json<NewSecret>> {
    let owner = owner(&state, &headers).await?;
    let seconds = body.expires_after.as_ref().and_then(|after| after.seconds).unwrap_or(SECRET_S.2);
    if !(SECRET_S.0..=SECRET_S.1).contains(&seconds) {
        let problem = format!("must be between {} and {}", SECRET_S.0, SECRET_S.1);
        return Err(ApiError::field("/expires_after/seconds", problem));
    }
    let anchor = body.expires_after.and_then(|after| after.anchor);
    if anchor.is_some_and(|anchor| anchor != "created_at") {
        return Err(ApiError::field("/expires_after/anchor", "must be \"created_at\""));
    }
    let given = body.session.unwrap_or_default();
    let (secret, session) = mint(&state, owner, given, "/session", seconds).await?;
    Ok(Json(NewSecret { value: secret.value, expires_at: secret.expires_at.as_second(), session }))
}

/// A session of the beta dialect.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewBetaSession {
    #[schema(example = "gpt-4o-realtime-preview-2024-10-01")]
    model: Option<String>,
    /// `modalities`, `voice`, `instructions`, `input_audio_format`, …
    #[serde(flatten)]
    #[schema(value_type = Object, inline)]
    rest: Map<String, Value>,
}

/// A session of the beta dialect and a key to it.
#[derive(Debug, Serialize, ToSchema)]
pub struct BetaSession {
    client_secret: BetaSecret,
    /// `id`, `object`, `model`, `modalities`, `voice`, …
    #[serde(flatten)]
    #[schema(value_type = Object, inline)]
    session: Map<String, Value>,
}

/// A key to a session, shown once.
#[derive(Debug, Serialize, ToSchema)]
pub struct BetaSecret {
    /// `ek_…`
    value: String,
    /// Unix seconds.
    expires_at: i64,
}

/// The same for clients of the beta dialect: flat fields, and a key for one minute.
#[utoipa::path(
    post, path = "/v1/realtime/sessions", tag = "realtime", security((), ("bearer" = []), ("api_key" = [])),
    request_body = NewBetaSession, responses((status = 200, body = BetaSession))
)]
pub async fn beta_sessions(
    State(state): State<AppState>,
    headers: HeaderMap,
    Body(body): Body<NewBetaSession>,
) -> ApiResult<Json<BetaSession>> {
    let owner = owner(&state, &headers).await?;
    let mut flat = body.rest;
    flat.extend(body.model.map(|model| ("model".to_owned(), Value::from(model))));
    let event = client_to_ga(json!({"type": "session.update", "session": flat}));
    let given = event["session"].as_object().cloned().unwrap_or_default();
    let (secret, session) = mint(&state, owner, given, "", BETA_SECRET_S).await?;
    let session = match serde_json::to_value(session) {
        Ok(Value::Object(fields)) => session_to_beta(fields),
        _ => Map::new(),
    };
    let client_secret = BetaSecret { value: secret.value, expires_at: secret.expires_at.as_second() };
    Ok(Json(BetaSession { client_secret, session }))
}

/// On whose account a key is made. A candidate makes none.
async fn owner(state: &AppState, headers: &HeaderMap) -> ApiResult<Owner> {
    principal(state, headers, bearer(headers)).await?.owner().ok_or_else(ApiError::not_found)
}

/// Checks a session, makes a key to it, and says how a client finds it. `at`: pointer to the session in the body.
async fn mint(
    state: &AppState,
    owner: Owner,
    mut given: Map<String, Value>,
    at: &str,
    seconds: u32,
) -> ApiResult<(ClientSecret, SessionConfig)> {
    given.entry("type").or_insert_with(|| json!("realtime"));
    let wanted: SessionConfig = serde_json::from_value(Value::Object(given))
        .map_err(|error| ApiError::field(at, format!("cannot be read: {error}")))?;
    let model = match &wanted.model {
        Some(model) => model_name(model)
            .ok_or_else(|| ApiError::field(&format!("{at}/model"), "must have 1 to 128 characters and no space"))?,
        None => state.relay.model().to_owned(),
    };
    let begun = default_session(&model, format!("sess_{}", crate::domain::id::encode_128_bits(crate::random::bytes())));
    let formats = if state.relay.has_provider() { Formats::Any } else { Formats::PcmOnly };
    let session = update_session(&begun, &wanted, formats).map_err(|error| {
        let param = error.param.as_deref().unwrap_or_default().trim_start_matches("session");
        ApiError::field(&format!("{at}{}", param.replace('.', "/")), error.message)
    })?;
    let now = Timestamp::now();
    let granted = SessionConfig { model: Some(model), ..wanted };
    let grant = own_grant(owner, granted, now + SignedDuration::from_secs(seconds.into()));
    Ok((secret::mint(&state.database, grant, now).await?, session))
}
