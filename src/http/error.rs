//! The one error that leaves over HTTP: a code of the closed table and a text for people, as RFC 9457 problem details
//! with the contracts' `detail` and `error` beside them.

use crate::wire::error_code::ErrorCode;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// An error on its way to a client.
#[derive(Clone, Debug)]
pub struct ApiError {
    pub code: ErrorCode,
    pub detail: String,
    /// (JSON pointer, what is wrong there)
    pub fields: Vec<(String, String)>,
    pub retry_after_s: Option<u64>,
}

/// What handlers return.
pub type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    /// An error with its own words: lower-case internals never go here, remedies do.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), fields: Vec::new(), retry_after_s: None }
    }

    /// A bad field of the body. `pointer` is a JSON pointer (RFC 6901).
    pub fn field(pointer: &str, problem: impl Into<String>) -> Self {
        let problem = problem.into();
        Self {
            fields: vec![(pointer.to_owned(), problem.clone())],
            ..Self::new(ErrorCode::InvalidRequest, format!("{} {problem}", pointer.trim_start_matches('/')))
        }
    }

    /// What is unknown and what is somebody else's look the same.
    pub fn not_found() -> Self {
        Self::new(ErrorCode::NotFound, "Not found, or not yours to see")
    }

    /// No credential, or a wrong one.
    pub fn unauthorized(detail: &str) -> Self {
        Self::new(ErrorCode::Unauthorized, detail)
    }

    /// Come back later.
    pub fn retry(code: ErrorCode, detail: &str, after_s: u64) -> Self {
        Self { retry_after_s: Some(after_s), ..Self::new(code, detail) }
    }

    fn body(&self) -> Value {
        let row = self.code.row();
        let mut body = json!({
            "type": "about:blank",
            "title": row.title,
            "status": row.status,
            "detail": self.detail,
            "error": self.detail,
            "code": row.name,
        });
        if !self.fields.is_empty() {
            let errors: Vec<Value> =
                self.fields.iter().map(|(pointer, detail)| json!({"pointer": pointer, "detail": detail})).collect();
            body["errors"] = Value::Array(errors);
        }
        body
    }
}

/// Marks a response as a problem, so that the middleware can add the request id to its body.
#[derive(Clone)]
pub(crate) struct ProblemBody(pub Value);

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let row = self.code.row();
        let status = StatusCode::from_u16(row.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = self.body();
        let mut response = (status, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(ProblemBody(body));
        response
    }
}
