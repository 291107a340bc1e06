//! Health, for people, load balancers and Prometheus.

use crate::{
    chat::{Chat, ChatHealth},
    http::{
        AppState,
        error::{ApiError, ApiResult},
        extract::{Caller, operator},
    },
    shutdown::Phase,
    telemetry::publish_process,
    wire::error_code::ErrorCode,
};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The routes of this file.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(health))
        .routes(routes!(process))
        .routes(routes!(ready))
        .routes(routes!(metrics))
        .routes(routes!(interview))
}

/// The rooms side of this server.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// `healthy` or `draining`.
    #[schema(example = "healthy")]
    status: &'static str,
    #[schema(format = DateTime)]
    timestamp: String,
    metrics: HealthMetrics,
    /// `sqlite` or `postgres`.
    database: &'static str,
    /// `memory` or `redis`: where short-lived state is at the moment.
    cache: &'static str,
}

/// Counts of now.
#[derive(Serialize, ToSchema)]
pub struct HealthMetrics {
    active_websocket_connections: usize,
    /// Rooms that are open.
    active_rooms: usize,
    /// `enabled`, or `disabled` without an API key.
    #[schema(example = "enabled")]
    api_authentication: &'static str,
}

/// One word.
#[derive(Serialize, ToSchema)]
pub struct ProcessHealth {
    #[schema(example = "ok")]
    status: &'static str,
}

/// The interview side of this server.
#[derive(Serialize, ToSchema)]
pub struct InterviewHealth {
    /// `healthy` or `draining`.
    status: &'static str,
    version: &'static str,
    /// `builtin`, `openai` or `realtime`.
    engine: String,
    models: Vec<ModelHealth>,
    /// The chat endpoint that words follow-ups; null without one.
    #[schema(required)]
    chat: Option<ChatEndpointHealth>,
    /// Whether candidates are given a TURN relay.
    turn: bool,
    active_sessions: usize,
    open_mode: bool,
}

/// How the chat endpoint did when it was last asked. It is never asked for the sake of this.
#[derive(Serialize, ToSchema)]
pub struct ChatEndpointHealth {
    /// `unknown` (nothing was asked yet), `up` or `failing`.
    #[schema(example = "up")]
    state: &'static str,
    /// What went wrong: `unreachable`, `timed_out`, `throttled`, `refused`, `failed`, `cut_off`, `nonsense` or `busy`.
    #[schema(required)]
    failure: Option<&'static str>,
    /// Requests that failed since the last that did not.
    failures_in_a_row: u64,
}

/// A file of the built-in engine.
#[derive(Serialize, ToSchema)]
pub struct ModelHealth {
    file: String,
    sha256: String,
    /// In memory; models are loaded on first use.
    loaded: bool,
}

/// How the service is doing, for monitoring. Needs no credential.
#[utoipa::path(get, path = "/health", tag = "health", responses((status = 200, body = Health)))]
pub async fn health(State(state): State<AppState>) -> Json<Health> {
    let now = super::now();
    let draining = state.shutdown.phase() != Phase::Serving;
    Json(Health {
        status: if draining { "draining" } else { "healthy" },
        timestamp: now.to_string(),
        metrics: HealthMetrics {
            active_websocket_connections: state.sockets.open(),
            active_rooms: state.rooms.open_count(now),
            api_authentication: if state.authenticator.has_api_keys() { "enabled" } else { "disabled" },
        },
        database: state.database.kind(),
        cache: state.cache.kind().name(),
    })
}

/// The process is alive.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, body = ProcessHealth)))]
pub async fn process() -> Json<ProcessHealth> {
    Json(ProcessHealth { status: "ok" })
}

/// Whether new work is taken; 503 from the first moment of draining.
#[utoipa::path(
    get, path = "/readyz", tag = "health",
    responses((status = 200, body = ProcessHealth), (status = 503, description = "Draining", body = ProcessHealth))
)]
pub async fn ready(State(state): State<AppState>) -> Response {
    if state.shutdown.phase() == Phase::Serving {
        return Json(json!({"status": "ready"})).into_response();
    }
    let headers = [(header::RETRY_AFTER, "30")];
    (StatusCode::SERVICE_UNAVAILABLE, headers, Json(json!({"status": "draining"}))).into_response()
}

/// The engine, its models, and what candidates are given to connect with.
#[utoipa::path(get, path = "/api/interview/health", tag = "health", responses((status = 200, body = InterviewHealth)))]
pub async fn interview(State(state): State<AppState>) -> Json<InterviewHealth> {
    let model = |model: crate::engine::ModelFileStatus| ModelHealth {
        file: model.file.to_string(),
        sha256: model.sha256.to_string(),
        loaded: model.loaded,
    };
    let draining = state.shutdown.phase() != Phase::Serving;
    Json(InterviewHealth {
        status: if draining { "draining" } else { "healthy" },
        version: env!("CARGO_PKG_VERSION"),
        engine: state.registry.engine().to_owned(),
        models: state.engine.loaded().into_iter().map(model).collect(),
        chat: state.engine.chat().map(chat_health),
        turn: state.ice.has_turn(),
        active_sessions: state.registry.len(),
        open_mode: state.open_mode,
    })
}

fn chat_health(chat: &Chat) -> ChatEndpointHealth {
    let health = chat.health();
    let failure = match health {
        ChatHealth::Failing(error) => Some(error.name()),
        ChatHealth::Unknown | ChatHealth::Up => None,
    };
    ChatEndpointHealth { state: health.as_str(), failure, failures_in_a_row: chat.failures_in_a_row() }
}

/// The figures that nothing counts as it happens: what is so at this moment.
fn publish(state: &AppState) {
    let truth = |holds: bool| if holds { 1.0 } else { 0.0 };
    let (version, engine) = (env!("CARGO_PKG_VERSION"), state.registry.engine().to_owned());
    metrics::gauge!("viva_build_info", "version" => version, "engine" => engine, "database" => state.database.kind())
        .set(1.0);
    metrics::gauge!("viva_process_start_time_seconds").set(state.started_at.as_millisecond() as f64 / 1_000.0);
    metrics::gauge!("viva_sessions_max").set(state.registry.sessions_max() as f64);
    for (status, count) in state.registry.by_status() {
        metrics::gauge!("viva_sessions_by_status", "status" => status.as_str()).set(count as f64);
    }
    for model in state.engine.loaded() {
        metrics::gauge!("viva_engine_model_loaded", "file" => model.file.to_string()).set(truth(model.loaded));
    }
    metrics::gauge!("viva_rooms_open").set(state.rooms.open_count(super::now()) as f64);
    metrics::gauge!("viva_sockets_open").set(state.sockets.open() as f64);
    metrics::gauge!("viva_turn_configured").set(truth(state.ice.has_turn()));
    metrics::gauge!("viva_mail_configured").set(truth(state.mailer.is_configured()));
    publish_process();
    metrics::gauge!("viva_draining").set(truth(state.shutdown.phase() != Phase::Serving));
}

/// Prometheus text, for platforms and the local developer.
#[utoipa::path(
    get, path = "/metrics", tag = "health", security(("api_key" = [])),
    responses((status = 200, body = String, content_type = "text/plain; version=0.0.4"))
)]
pub async fn metrics(State(state): State<AppState>, caller: Caller) -> ApiResult<Response> {
    operator(&caller.principal(&state).await?)?;
    let Some(handle) = &state.metrics else {
        return Err(ApiError::new(ErrorCode::NotFound, "Metrics are not collected by this process"));
    };
    publish(&state);
    handle.run_upkeep();
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], handle.render()).into_response())
}
