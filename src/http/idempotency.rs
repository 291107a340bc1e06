//! `Idempotency-Key` on requests that create something (draft-ietf-httpapi-idempotency-key-header): made again with the
//! same key within a day, such a request is answered as it was the first time, and nothing is created twice.
//!
//! Answers hold secrets that are otherwise stored as hashes only. So they are kept encrypted, with a key made of the
//! Idempotency-Key and who asked: the database opens none whose Idempotency-Key cannot be guessed.

use crate::{
    auth::Identity,
    http::{
        AppState,
        error::ApiError,
        extract::{BODY_BYTES_MAX, Caller, ClientAddress},
    },
    random,
    store::Begun,
    wire::error_code::ErrorCode,
};
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Requests that create something.
const CREATES: &[&str] = &[
    "/api/interview/start",
    "/api/interview/{session_id}/scorecards",
    "/api/v1/interviews",
    "/api/v1/interviews/{interview_id}/invites",
    "/api/rooms",
    "/api/rooms/",
    "/api/v1/webrtc/openai-ephemeral-key",
    "/v1/realtime/client_secrets",
];
const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Says that an answer is one from before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Characters of a key at most.
const KEY_CHARS_MAX: usize = 255;
/// Headers that an answer is kept with.
const KEPT_HEADERS: [HeaderName; 3] = [header::CONTENT_TYPE, header::LOCATION, header::ETAG];

/// Answers a request that was answered before as it was then.
pub async fn once(State(state): State<AppState>, address: ClientAddress, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned()).unwrap_or_default();
    let key = request.headers().get(KEY).cloned();
    let (Some(key), true, Method::POST) = (key, CREATES.contains(&path.as_str()), request.method().clone()) else {
        return next.run(request).await;
    };
    match replayed_or_run(&state, address, &path, &key, request, next).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

async fn replayed_or_run(
    state: &AppState,
    address: ClientAddress,
    path: &str,
    key: &HeaderValue,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let usable = |key: &&str| !key.is_empty() && key.len() <= KEY_CHARS_MAX;
    let key = key.to_str().ok().filter(usable).ok_or_else(|| {
        let problem = format!("must have 1 to {KEY_CHARS_MAX} printable characters");
        ApiError::field("/Idempotency-Key", problem)
    })?;
    // Whoever is nobody is told so by the route; a credential that was withdrawn opens no answer of before.
    let Some(who) = known_caller(state, request.headers(), address).await else { return Ok(next.run(request).await) };
    let (parts, body) = request.into_parts();
    let too_large = |_| ApiError::new(ErrorCode::BodyTooLarge, "The body is larger than allowed");
    let body = to_bytes(body, BODY_BYTES_MAX).await.map_err(too_large)?;
    let uri = parts.uri.path();
    let scope = digest(&[b"scope", who.as_bytes(), path.as_bytes(), uri.as_bytes(), key.as_bytes()]);
    let secret = digest(&[b"secret", who.as_bytes(), uri.as_bytes(), key.as_bytes()]);
    match state.database.begin_request(scope, digest(&[b"request", &body]), Timestamp::now()).await? {
        Begun::New => {}
        Begun::Answered(sealed) => return open(&secret, sealed).ok_or_else(unreadable),
        Begun::UnderWay => {
            let detail = "The same request is under way; wait for its answer";
            return Err(ApiError::retry(ErrorCode::Conflict, detail, 1));
        }
        Begun::OtherRequest => {
            let detail = "This Idempotency-Key was used for another request; make a new one for each";
            return Err(ApiError::new(ErrorCode::IdempotencyConflict, detail));
        }
    }
    // The work goes on when the client hangs up: it will ask again.
    let state = state.clone();
    let run = async move {
        let response = next.run(Request::from_parts(parts, Body::from(body))).await;
        keep(&state, scope, &secret, response).await
    };
    tokio::spawn(run).await.unwrap_or_else(|_| Err(ApiError::new(ErrorCode::Internal, "The request failed")))
}

/// Who asks: whoever is somebody, or the address of whoever needs no credential.
async fn known_caller(state: &AppState, headers: &HeaderMap, address: ClientAddress) -> Option<String> {
    match Caller::of(headers, state).await.ok()?.0 {
        Identity::Local => Some("local".to_owned()),
        Identity::Platform => Some("platform".to_owned()),
        Identity::User { sub, .. } => Some(format!("user {sub}")),
        Identity::Nobody => Some(format!("address {}", address.0)),
        Identity::Candidate { .. } => None,
    }
}

/// An answer as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

/// Keeps an answer that says what was done, durably, before anybody hears of it; a failure that did nothing frees the
/// key.
async fn keep(state: &AppState, scope: [u8; 32], secret: &[u8; 32], response: Response) -> Result<Response, ApiError> {
    let status = response.status();
    if !status.is_success() {
        state.database.forget_request(scope).await?;
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, BODY_BYTES_MAX).await.unwrap_or_else(|_| Bytes::new());
    let header = |name: &HeaderName| {
        let value = parts.headers.get(name)?.to_str().ok()?;
        Some((name.as_str().to_owned(), value.to_owned()))
    };
    let kept = Kept {
        status: status.as_u16(),
        headers: KEPT_HEADERS.iter().filter_map(header).collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let sealed = seal(secret, &kept).ok_or_else(unreadable)?;
    state.database.finish_request(scope, sealed).await?;
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn unreadable() -> ApiError {
    ApiError::new(ErrorCode::Internal, "The answer of before cannot be read; ask with a new Idempotency-Key")
}

fn cipher(secret: &[u8; 32]) -> Option<LessSafeKey> {
    UnboundKey::new(&CHACHA20_POLY1305, secret).ok().map(LessSafeKey::new)
}

/// A random nonce is safe here: each key seals one answer.
fn seal(secret: &[u8; 32], kept: &Kept) -> Option<Vec<u8>> {
    let nonce: [u8; NONCE_LEN] = random::bytes();
    let mut sealed = serde_json::to_vec(kept).ok()?;
    cipher(secret)?.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed).ok()?;
    sealed.splice(0..0, nonce);
    Some(sealed)
}

fn open(secret: &[u8; 32], mut sealed: Vec<u8>) -> Option<Response> {
    let nonce: [u8; NONCE_LEN] = sealed.get(..NONCE_LEN)?.try_into().ok()?;
    let rest = sealed.get_mut(NONCE_LEN..)?;
    let plain = cipher(secret)?.open_in_place(Nonce::assume_unique_for_key(nonce), Aad::empty(), rest).ok()?;
    let kept: Kept = serde_json::from_slice(plain).ok()?;
    let mut response = (StatusCode::from_u16(kept.status).ok()?, kept.body).into_response();
    for (name, value) in &kept.headers {
        let (name, value) = (HeaderName::try_from(name).ok()?, HeaderValue::from_str(value).ok()?);
        response.headers_mut().insert(name, value);
    }
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Some(response)
}

/// SHA-256 over parts that cannot run into each other.
fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_opens_with_its_own_secret_only() {
        let kept = Kept {
            status: 201,
            headers: vec![("location".to_owned(), "/x".to_owned())],
            body: r#"{"token":"t"}"#.to_owned(),
        };
        let sealed = seal(&[1; 32], &kept).expect("a sealed answer");
        assert!(!sealed.windows(5).any(|window| window == b"token"), "nothing of it is readable");
        let response = open(&[1; 32], sealed.clone()).expect("the answer");
        assert_eq!(response.status(), 201);
        assert_eq!(response.headers()["location"], "/x");
        assert!(open(&[2; 32], sealed.clone()).is_none());
        let mut changed = sealed;
        let last = changed.len() - 1;
        changed[last] ^= 1;
        assert!(open(&[1; 32], changed).is_none());
        assert!(open(&[1; 32], vec![0; 5]).is_none());
    }
}
