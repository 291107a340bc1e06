//! What went wrong lately, for operators.

use crate::{
    http::{
        AppState,
        error::ApiResult,
        extract::{Caller, operator},
    },
    telemetry::{self, Problem},
};
use axum::{Json, extract::State};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The routes of this file.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// The last problems.
#[derive(Serialize, ToSchema)]
pub struct ProblemList {
    /// Newest first.
    #[schema(max_items = 100)]
    problems: Vec<ProblemView>,
    /// Reports that were not counted, because too much happened at the same time.
    dropped: u64,
}

/// Something that went wrong, once or more often. It names no person and no session: those are in the log.
#[derive(Serialize, ToSchema)]
pub struct ProblemView {
    /// The last time.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    first_at: Timestamp,
    #[schema(example = "warn", pattern = "^(warn|error)$")]
    level: &'static str,
    /// The part of Viva that says so.
    #[schema(example = "store")]
    area: String,
    #[schema(example = "the mail server is too slow")]
    message: String,
    count: u64,
}

/// The last 100 different warnings and errors of this process, for platforms and the local developer.
#[utoipa::path(
    get, path = "/api/v1/problems", tag = "health", security(("api_key" = [])),
    responses((status = 200, body = ProblemList))
)]
pub async fn list(State(state): State<AppState>, caller: Caller) -> ApiResult<Json<ProblemList>> {
    operator(&caller.principal(&state).await?)?;
    let (problems, dropped) = telemetry::problems().newest_first();
    let view = |Problem { at, first_at, level, area, message, count }| ProblemView {
        at,
        first_at,
        level,
        area,
        message,
        count,
    };
    Ok(Json(ProblemList { problems: problems.into_iter().map(view).collect(), dropped }))
}
