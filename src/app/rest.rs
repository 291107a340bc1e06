//! The REST API as gRPC uses it: the same router, called in this process.

use crate::{
    grpc::{Api, Call, Caller, Problem},
    http::{self, AppState},
    session::Watched,
    wire::error_code::{ERROR_CODES, ErrorCode},
};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{ConnectInfo, Request},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use futures_util::{StreamExt, future::BoxFuture, stream::BoxStream};
use serde_json::Value;
use std::net::SocketAddr;
use tower::ServiceExt;

/// Largest answer: the results of a long interview.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The REST API.
pub(super) struct Rest {
    router: Router,
    state: AppState,
}

impl Rest {
    pub(super) fn new(state: AppState) -> Self {
        Self { router: http::router(state.clone(), None), state }
    }
}

impl Api for Rest {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Value, Problem>> {
        Box::pin(async move {
            let Ok(response) = self.router.clone().oneshot(request(call)).await;
            read(response).await
        })
    }

    fn watch(
        &self,
        caller: Caller,
        session_id: String,
        after: Option<u64>,
    ) -> BoxFuture<'_, Result<BoxStream<'static, Watched>, Problem>> {
        Box::pin(async move {
            let watched = http::watch_events(&self.state, &caller.headers, &session_id, after).await;
            watched.map(StreamExt::boxed).map_err(|error| Problem {
                code: error.code,
                detail: error.detail,
                retry_after_s: error.retry_after_s,
            })
        })
    }
}

fn request(call: Call) -> Request {
    let body = call.body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    let mut request = Request::new(body);
    *request.method_mut() = call.method;
    // Paths are made of constants and session ids.
    *request.uri_mut() = call.path.parse().unwrap_or_default();
    *request.headers_mut() = credentials(&call.caller.headers);
    if let Some(address) = call.caller.extensions.get::<ConnectInfo<SocketAddr>>() {
        request.extensions_mut().insert(*address);
    }
    request
}

/// What the request says of its caller: not what it says of its body, which is another one here.
fn credentials(headers: &HeaderMap) -> HeaderMap {
    let of_body = |name: &HeaderName| {
        name.as_str().starts_with("grpc-")
            || [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::TE, header::ACCEPT_ENCODING].contains(name)
    };
    let mut kept: HeaderMap =
        headers.iter().filter(|(name, _)| !of_body(name)).map(|(name, value)| (name.clone(), value.clone())).collect();
    kept.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    // The host was judged when the call came in; HTTP/2 has it elsewhere.
    kept.entry(header::HOST).or_insert(HeaderValue::from_static("localhost"));
    kept
}

async fn read(response: Response) -> Result<Value, Problem> {
    let status = response.status();
    let retry_after_s = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let internal = || Problem {
        code: ErrorCode::Internal,
        detail: "Something went wrong on our side".to_owned(),
        retry_after_s: None,
    };
    let bytes = to_bytes(response.into_body(), ANSWER_BYTES_MAX).await.map_err(|_| internal())?;
    let body: Value = serde_json::from_slice(&bytes).map_err(|_| internal())?;
    if status == StatusCode::OK || status == StatusCode::CREATED {
        return Ok(body);
    }
    let row = ERROR_CODES.iter().find(|row| body["code"] == row.name).ok_or_else(internal)?;
    let detail = body["detail"].as_str().unwrap_or_default().to_owned();
    Err(Problem { code: row.code, detail, retry_after_s })
}
