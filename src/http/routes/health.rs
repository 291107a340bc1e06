//! Health, for people, load balancers and Prometheus.

use crate::{
    http::{
        AppState,
        error::{ApiError, ApiResult},
        extract::{Caller, operator},
    },
    shutdown::Phase,
    wire::error_code::ErrorCode,
};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// `GET /healthz`: the process is alive.
pub async fn process() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

/// `GET /readyz`: whether new work is taken; 503 from the first moment of draining.
pub async fn ready(State(state): State<AppState>) -> Response {
    if state.shutdown.phase() == Phase::Serving {
        return Json(json!({"status": "ready"})).into_response();
    }
    let headers = [(header::RETRY_AFTER, "30")];
    (StatusCode::SERVICE_UNAVAILABLE, headers, Json(json!({"status": "draining"}))).into_response()
}

/// `GET /api/interview/health`: the engine, its models, and what candidates are given to connect with.
pub async fn interview(State(state): State<AppState>) -> Json<Value> {
    let models: Vec<Value> = state
        .engine
        .loaded()
        .into_iter()
        .map(|model| json!({"file": model.file, "sha256": model.sha256, "loaded": model.loaded}))
        .collect();
    let draining = state.shutdown.phase() != Phase::Serving;
    Json(json!({
        "status": if draining { "draining" } else { "healthy" },
        "version": env!("CARGO_PKG_VERSION"),
        "engine": state.registry.engine(),
        "models": models,
        "turn": state.ice.has_turn(),
        "active_sessions": state.registry.len(),
        "open_mode": state.open_mode,
    }))
}

/// `GET /metrics`: Prometheus text, for platforms and the local developer.
pub async fn metrics(State(state): State<AppState>, caller: Caller) -> ApiResult<Response> {
    operator(&caller.principal(&state).await?)?;
    let Some(handle) = &state.metrics else {
        return Err(ApiError::new(ErrorCode::NotFound, "Metrics are not collected by this process"));
    };
    handle.run_upkeep();
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], handle.render()).into_response())
}
