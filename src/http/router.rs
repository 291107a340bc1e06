//! The route table.

use super::{
    AppState,
    error::ApiError,
    extract::BODY_BYTES_MAX,
    grpc_gate, idempotency, middleware, openapi, page,
    routes::{
        self, catalogue, desk, docs, erasure, events, exports, health, interviews, invites, live, personas, problems,
        realtime, rooms, scorecards, sessions, sign_in, signaling, usage, voice, webhooks,
    },
};
use crate::{config::AllowedOrigins, wire::error_code::ErrorCode};
use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderName, HeaderValue, Method, header},
    middleware::{from_fn, from_fn_with_state, map_response},
    response::{IntoResponse, Response},
    routing::get,
};
use std::time::Duration;
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    cors::{AllowOrigin, CorsLayer},
    timeout::RequestBodyTimeoutLayer,
};
use utoipa_axum::router::OpenApiRouter;

/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// All routes with what stands around them; calls of gRPC go to `grpc`.
pub fn router(state: AppState, grpc: Option<Router>) -> Router {
    let around = ServiceBuilder::new()
        .layer(from_fn_with_state(state.clone(), middleware::around))
        .layer(from_fn(grpc_gate::translate_problems))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(routes::whip::options))
        .layer(cors(&state.allowed_origins))
        .layer(from_fn_with_state(state.clone(), middleware::open_mode_guard))
        .layer(RequestBodyTimeoutLayer::new(BODY_TIMEOUT))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX));
    let (api, description) = api().split_for_parts();
    let description = openapi::finished(description);
    Router::new()
        .merge(pages())
        .merge(
            api.layer(from_fn_with_state(state.clone(), idempotency::once))
                .layer(map_response(problem_for_plain_errors))
                .layer(from_fn_with_state(state.clone(), middleware::request_limit)),
        )
        .merge(docs::routes(description))
        .fallback(|| async { ApiError::not_found() })
        .method_not_allowed_fallback(|| async {
            ApiError::new(ErrorCode::MethodNotAllowed, "This address does not take that method")
        })
        .layer(from_fn_with_state(grpc, grpc_gate::divert))
        .layer(around)
        .with_state(state)
}

fn pages() -> Router<AppState> {
    Router::new()
        .route("/", get(page::index))
        .route("/i/{code}", get(page::candidate))
        .route("/interview/{session_id}", get(page::candidate))
        .route("/results/{session_id}", get(page::index))
        .route("/sign-in", get(page::index))
        .route("/interviews", get(page::index))
        .route("/interviews/{interview_id}", get(page::index))
        .route("/sessions", get(page::index))
        .route("/sessions/{session_id}", get(page::index))
        .route("/status", get(page::index))
        .route("/rooms", get(page::index))
        .route("/rooms/{code}", get(page::call))
        .route("/embed/i/{code}", get(page::embedded))
        .route("/assets/{*path}", get(page::asset))
        .route("/client/{*path}", get(page::client))
        .layer(CompressionLayer::new())
}

/// Every operation of the API. What is not in the description is not served.
fn api() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(openapi::description())
        .merge(catalogue::routes())
        .merge(desk::routes())
        .merge(invites::routes())
        .merge(personas::routes())
        .merge(problems::routes())
        .merge(erasure::routes())
        .merge(events::routes())
        .merge(exports::routes())
        .merge(health::routes())
        .merge(rooms::routes())
        .merge(signaling::routes())
        .merge(interviews::routes())
        .merge(live::routes())
        .merge(routes::recording::routes())
        .merge(routes::rehearsal::routes())
        .merge(scorecards::routes())
        .merge(sessions::routes())
        .merge(sign_in::routes())
        .merge(realtime::routes())
        .merge(usage::routes())
        .merge(voice::routes())
        .merge(webhooks::routes())
        .merge(routes::webrtc::routes())
        .merge(routes::whip::routes())
}

/// Errors that axum itself answers (a wrong path parameter, say) become problems like all others.
async fn problem_for_plain_errors(response: Response) -> Response {
    let status = response.status();
    let is_problem = response.extensions().get::<super::error::ProblemBody>().is_some();
    if !status.is_client_error() || is_problem || response.headers().contains_key(header::RETRY_AFTER) {
        return response;
    }
    match status.as_u16() {
        404 => ApiError::not_found().into_response(),
        405 => response,
        408 => ApiError::new(ErrorCode::RequestTimeout, "The request took too long to arrive").into_response(),
        413 => ApiError::new(ErrorCode::BodyTooLarge, "The body is larger than allowed").into_response(),
        _ => ApiError::new(ErrorCode::InvalidRequest, "The request cannot be read").into_response(),
    }
}

fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    tracing::error!("a handler panicked");
    ApiError::new(ErrorCode::Internal, "Something went wrong on our side; the request id helps to find it")
        .into_response()
}

/// `*` without credentials, or exactly the configured origins with them (Fetch standard).
fn cors(allowed: &AllowedOrigins) -> CorsLayer {
    let name = HeaderName::from_static;
    let layer = CorsLayer::new()
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_MATCH,
            header::RANGE,
            name("x-api-key"),
            name("idempotency-key"),
            name("last-event-id"),
        ])
        .expose_headers([
            header::LOCATION,
            header::ETAG,
            header::LINK,
            header::RETRY_AFTER,
            header::ACCEPT_RANGES,
            header::CONTENT_RANGE,
            name("ratelimit"),
            name("ratelimit-policy"),
            name("x-request-id"),
            name("accept-post"),
            name("accept-patch"),
        ])
        .max_age(Duration::from_secs(600));
    match allowed {
        AllowedOrigins::Any => layer.allow_origin(AllowOrigin::any()),
        AllowedOrigins::List(origins) => {
            let origins: Vec<HeaderValue> = origins.iter().filter_map(|origin| origin.parse().ok()).collect();
            layer.allow_origin(origins).allow_credentials(true)
        }
    }
}
