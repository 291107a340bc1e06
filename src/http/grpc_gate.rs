//! Where gRPC enters: it shares the port, the limits and the guards of REST, and is told of errors in its own way.

use crate::{http::error::ProblemBody, wire::error_code::ERROR_CODES};
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::fmt::Write;
use tower::ServiceExt;

const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const CODE: HeaderName = HeaderName::from_static("viva-code");

/// One port for both: a call of gRPC says what it is (`application/grpc`, `application/grpc+proto`).
pub async fn divert(State(grpc): State<Option<Router>>, request: Request, next: Next) -> Response {
    match grpc {
        Some(grpc) if is_grpc(request.headers()) => grpc.oneshot(request).await.into_response(),
        _ => next.run(request).await,
    }
}

/// A problem that a guard has with a call of gRPC, before gRPC saw it, becomes a status of gRPC.
pub async fn translate_problems(request: Request, next: Next) -> Response {
    let asked = is_grpc(request.headers());
    let mut response = next.run(request).await;
    if !asked {
        return response;
    }
    match response.extensions_mut().remove::<ProblemBody>() {
        Some(ProblemBody(problem)) => status(&problem, response.headers().get(header::RETRY_AFTER)),
        None => response,
    }
}

fn is_grpc(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
}

/// A response of headers alone ("Trailers-Only" of the gRPC protocol over HTTP/2).
fn status(problem: &serde_json::Value, retry_after: Option<&HeaderValue>) -> Response {
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    let row = ERROR_CODES.iter().find(|row| problem["code"] == row.name);
    headers.insert(STATUS, HeaderValue::from(row.map_or(13, |row| row.grpc_status())));
    if let Some(row) = row {
        headers.insert(CODE, HeaderValue::from_static(row.name));
    }
    let message = percent_encoded(problem["detail"].as_str().unwrap_or_default());
    if let Ok(message) = HeaderValue::from_str(&message) {
        headers.insert(MESSAGE, message);
    }
    if let Some(seconds) = retry_after {
        headers.insert(header::RETRY_AFTER, seconds.clone());
    }
    response
}

/// What a status message may not have as it is: anything but printable ASCII, and the percent sign.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' '..=b'~' if byte != b'%' => encoded.push(char::from(byte)),
            // Writing to a string does not fail.
            other => drop(write!(encoded, "%{other:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_message_is_printable_ascii() {
        assert_eq!(percent_encoded("100 % — ok\n"), "100 %25 %E2%80%94 ok%0A");
    }
}
