//! WebSockets: who may open one, how many there are, and how one is written to.
//!
//! A browser cannot put a header on a WebSocket. It passes a token as a subprotocol, `["viva.v1", "bearer.<token>"]`;
//! the server answers `viva.v1` alone, so that no token comes back. Other clients use `Authorization`.

use crate::{
    auth::{Credential, Identity},
    config::AllowedOrigins,
    http::{
        AppState,
        error::{ApiError, ApiResult},
    },
    shutdown::Phase,
    wire::error_code::ErrorCode,
};
use axum::{
    extract::{
        FromRequestParts,
        ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade},
    },
    http::{HeaderMap, HeaderValue, header, request::Parts},
    response::Response,
};
use futures_util::SinkExt;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// The subprotocol of Viva's own sockets.
pub const SUBPROTOCOL: &str = "viva.v1";
/// Bytes of one message. The longest that is expected is an offer of many video tracks.
pub const MESSAGE_BYTES_MAX: usize = 64 * 1024;
/// How long a write may take: a reader that stands still loses the socket.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a goodbye may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// First size of a read buffer; larger messages make it grow. Most sockets are idle, and there are many of them.
const READ_BUFFER_BYTES: usize = 1_024;
/// Written at once when so much waits, or at the next flush.
const WRITE_BUFFER_BYTES: usize = 1_024;
/// Longest credential that is looked at.
const CREDENTIAL_BYTES_MAX: usize = 4_096;

/// Close codes of ours (RFC 6455 section 7.4.2: 4000 to 4999 are private).
pub mod close {
    pub const NORMAL: u16 = 1000;
    /// The server is about to stop.
    pub const GOING_AWAY: u16 = 1001;
    pub const UNAUTHORIZED: u16 = 4401;
    pub const NOT_FOUND: u16 = 4404;
    /// Nothing came in time.
    pub const TIMEOUT: u16 = 4408;
    /// Too many messages.
    pub const RATE_LIMITED: u16 = 4429;
}

/// The places for sockets of this server.
#[derive(Debug)]
pub struct Sockets {
    places: Arc<Semaphore>,
    max: usize,
}

impl Sockets {
    /// So many places.
    pub fn new(max: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(max)), max }
    }

    /// Takes a place until it is dropped.
    ///
    /// # Errors
    /// 503 when all are taken.
    pub fn enter(&self) -> ApiResult<OwnedSemaphorePermit> {
        self.places.clone().try_acquire_owned().map_err(|_| {
            metrics::counter!("viva_sockets_refused_total").increment(1);
            ApiError::retry(ErrorCode::AtCapacity, "All places for WebSockets are taken; try again later", 10)
        })
    }

    /// How many are open.
    pub fn open(&self) -> usize {
        self.max - self.places.available_permits().min(self.max)
    }

    /// Resolves once none is open.
    pub async fn all_closed(&self) {
        let all = u32::try_from(self.max).unwrap_or(u32::MAX);
        // Places are never closed, so this only ends by success.
        let _ = self.places.acquire_many(all).await;
    }
}

/// A request to open a WebSocket that may be granted: origin, place and phase are checked, the credential is not.
pub struct Handshake {
    upgrade: WebSocketUpgrade,
    place: OwnedSemaphorePermit,
    token: Option<String>,
}

impl FromRequestParts<AppState> for Handshake {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> ApiResult<Self> {
        let mut upgrade = WebSocketUpgrade::from_request_parts(parts, state).await.map_err(|_| {
            ApiError::new(ErrorCode::InvalidRequest, "This address speaks WebSocket: connect with ws:// or wss://")
        })?;
        if !origin_may_connect(&parts.headers, &state.allowed_origins) {
            return Err(ApiError::new(ErrorCode::ForbiddenHost, "ALLOWED_ORIGINS does not name the page's origin"));
        }
        if state.shutdown.phase() != Phase::Serving {
            return Err(ApiError::retry(ErrorCode::Draining, "This server is about to stop; try again", 10));
        }
        let token = token(&parts.headers)?;
        if upgrade.requested_protocols().any(|protocol| protocol == SUBPROTOCOL) {
            upgrade.set_selected_protocol(HeaderValue::from_static(SUBPROTOCOL));
        }
        let upgrade = upgrade
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(WRITE_BUFFER_BYTES)
            .max_message_size(MESSAGE_BYTES_MAX)
            .max_frame_size(MESSAGE_BYTES_MAX);
        Ok(Self { upgrade, place: state.sockets.enter()?, token })
    }
}

impl Handshake {
    /// Who connects, if the handshake says so.
    ///
    /// # Errors
    /// 401 for a credential that is no good.
    pub async fn identity(&self, state: &AppState) -> ApiResult<Option<Identity>> {
        match &self.token {
            Some(token) => identity(state, token).await.map(Some),
            None => Ok(None),
        }
    }

    /// Opens the socket; it has its place until `serve` ends.
    pub fn accept<F>(self, serve: impl FnOnce(WebSocket) -> F + Send + 'static) -> Response
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let place = self.place;
        self.upgrade.on_upgrade(move |socket| async move {
            serve(socket).await;
            drop(place);
        })
    }
}

/// Who has this bearer token.
///
/// # Errors
/// 401 for a token that is no good.
pub async fn identity(state: &AppState, token: &str) -> ApiResult<Identity> {
    state.authenticator.identify(Credential::Bearer(token)).await.map_err(Into::into)
}

/// The bearer token of a handshake: of the header, else of a subprotocol.
fn token(headers: &HeaderMap) -> ApiResult<Option<String>> {
    let malformed = || ApiError::unauthorized("The credential must be: Authorization: Bearer <token>");
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let (scheme, token) = value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(malformed)?;
        return if scheme.eq_ignore_ascii_case("bearer") {
            Ok(Some(token.trim().to_owned()))
        } else {
            Err(malformed())
        };
    }
    let offered = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    let token = offered.flat_map(|value| value.split(',')).find_map(|one| one.trim().strip_prefix("bearer."));
    match token {
        Some(token) if token.len() > CREDENTIAL_BYTES_MAX => Err(malformed()),
        token => Ok(token.map(str::to_owned)),
    }
}

/// CORS does not hold for WebSockets, so the server looks at the page's origin itself (RFC 6455 section 10.2). Native
/// clients send none; a page of this server's own is at home. In open mode the guard before this has the say.
fn origin_may_connect(headers: &HeaderMap, allowed: &AllowedOrigins) -> bool {
    let AllowedOrigins::List(allowed) = allowed else { return true };
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let own = origin.split_once("://").map(|(_, authority)| authority);
    allowed.iter().any(|one| one == origin) || (own.is_some() && own == host)
}

/// Writes a text. False: the socket is of no use any more.
pub async fn write(socket: &mut WebSocket, text: impl Into<Utf8Bytes>) -> bool {
    let sent = timeout(WRITE_TIMEOUT, socket.send(Message::Text(text.into()))).await;
    matches!(sent, Ok(Ok(())))
}

/// Puts a text before the next [`flush`].
pub async fn feed(socket: &mut WebSocket, text: Utf8Bytes) -> bool {
    matches!(timeout(WRITE_TIMEOUT, socket.feed(Message::Text(text))).await, Ok(Ok(())))
}

/// Writes what was fed.
pub async fn flush(socket: &mut WebSocket) -> bool {
    matches!(timeout(WRITE_TIMEOUT, socket.flush()).await, Ok(Ok(())))
}

/// Says goodbye and waits shortly for the same from the other side.
pub async fn finish(mut socket: WebSocket, code: u16, reason: &'static str) {
    let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
    let goodbye = async {
        if socket.send(Message::Close(Some(frame))).await.is_ok() {
            while let Some(Ok(_)) = socket.recv().await {}
        }
    };
    // Whoever does not answer is not waited for.
    let _ = timeout(CLOSE_TIMEOUT, goodbye).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| ((*name).parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn a_token_is_in_the_header_or_a_subprotocol() {
        let found = |pairs| token(&headers(pairs)).map_err(|error| error.code);
        assert_eq!(found(&[]), Ok(None));
        assert_eq!(found(&[("authorization", "Bearer a.b.c")]), Ok(Some("a.b.c".to_owned())));
        let offered = &[("sec-websocket-protocol", "viva.v1, bearer.a.b.c")];
        assert_eq!(found(offered), Ok(Some("a.b.c".to_owned())));
        assert_eq!(found(&[("sec-websocket-protocol", "chat")]), Ok(None));
        assert_eq!(found(&[("authorization", "Basic eDp5")]), Err(ErrorCode::Unauthorized));
        assert_eq!(found(&[("authorization", "Bearer")]), Err(ErrorCode::Unauthorized));
    }

    #[test]
    fn only_named_origins_and_our_own_connect_from_a_page() {
        let list = AllowedOrigins::List(vec!["https://app.example".to_owned()]);
        fn may(pairs: &[(&'static str, &'static str)], allowed: &AllowedOrigins) -> bool {
            origin_may_connect(&headers(pairs), allowed)
        }
        assert!(may(&[("host", "viva.example")], &list), "a native client has no origin");
        assert!(may(&[("host", "viva.example"), ("origin", "https://app.example")], &list));
        assert!(may(&[("host", "viva.example"), ("origin", "https://viva.example")], &list));
        for other in ["https://evil.example", "null", "http://app.example", "https://app.example.evil.example"] {
            assert!(!may(&[("host", "viva.example"), ("origin", other)], &list), "{other}");
        }
        assert!(may(&[("host", "viva.example"), ("origin", "https://evil.example")], &AllowedOrigins::Any));
    }
}
