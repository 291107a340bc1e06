//! What handlers are given: bodies that explain what is wrong with them, and who is asking.

use crate::{
    auth::{Credential, Identity},
    domain::{auth::Principal, id::SessionId},
    http::{
        AppState,
        error::{ApiError, ApiResult},
    },
    wire::error_code::ErrorCode,
};
use axum::{
    body::to_bytes,
    extract::{ConnectInfo, FromRequest, FromRequestParts, Request},
    http::{HeaderMap, header, request::Parts},
};
use serde::de::DeserializeOwned;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Largest body of any route, in bytes; an SDP offer is the largest that we expect.
pub const BODY_BYTES_MAX: usize = 256 * 1024;

/// A JSON body. An empty body reads as `{}`, because several contract calls have none.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<AppState> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &AppState) -> ApiResult<Self> {
        let is_json = match request.headers().get(header::CONTENT_TYPE).map(|value| value.to_str()) {
            None => true,
            Some(Ok(value)) => value.split(';').next().is_some_and(|kind| {
                let kind = kind.trim().to_ascii_lowercase();
                kind == "application/json" || kind.ends_with("+json")
            }),
            Some(Err(_)) => false,
        };
        let bytes = to_bytes(request.into_body(), BODY_BYTES_MAX).await.map_err(|_| {
            ApiError::new(ErrorCode::BodyTooLarge, format!("the body may have at most {BODY_BYTES_MAX} bytes"))
        })?;
        if !is_json && !bytes.is_empty() {
            return Err(ApiError::new(
                ErrorCode::UnsupportedMediaType,
                "send the body as JSON, with Content-Type: application/json",
            ));
        }
        let bytes: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        read_json(bytes).map(Body)
    }
}

/// Reads JSON and names the field that is wrong.
fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> ApiResult<T> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let pointer = match path.as_str() {
            "." => String::new(),
            path => format!("/{}", path.replace(['.', '['], "/").replace(']', "")),
        };
        ApiError::field(&pointer, format!("cannot be read: {}", error.inner()))
    })?;
    json.end().map_err(|error| ApiError::field("", format!("cannot be read: {error}")))?;
    Ok(value)
}

/// Where a request comes from: the other end of the connection, or what the trusted proxies in front say.
#[derive(Clone, Copy, Debug)]
pub struct ClientAddress(pub IpAddr);

impl FromRequestParts<AppState> for ClientAddress {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Self::Rejection> {
        let connected = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let connected = connected.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        Ok(Self(client_address(&parts.headers, connected, state.trusted_proxy_hops)))
    }
}

/// Each proxy adds to the end of `X-Forwarded-For` whom it saw. Of `hops` trusted ones the first wrote the entry that
/// is `hops` from the end; what stands before it anybody could have written.
fn client_address(headers: &HeaderMap, connected: IpAddr, hops: usize) -> IpAddr {
    let lists = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let entries: Vec<&str> = lists.flat_map(|list| list.split(',')).map(str::trim).collect();
    let written = hops.checked_sub(1).and_then(|before| entries.iter().rev().nth(before));
    written.and_then(|entry| parse_address(entry)).unwrap_or(connected).to_canonical()
}

/// An address, with or without the port that some proxies add.
fn parse_address(entry: &str) -> Option<IpAddr> {
    let bare = entry.strip_prefix('[').and_then(|rest| rest.split(']').next()).unwrap_or(entry);
    bare.parse().ok().or_else(|| entry.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

/// Who is asking, before it is known what for.
pub struct Caller(pub Identity);

impl FromRequestParts<AppState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> ApiResult<Self> {
        identify(&parts.headers, state).await.map(Caller)
    }
}

async fn identify(headers: &HeaderMap, state: &AppState) -> ApiResult<Identity> {
    let credential = match (headers.get("x-api-key"), headers.get(header::AUTHORIZATION)) {
        (Some(key), _) => Credential::ApiKey(text(key)?),
        (None, Some(value)) => Credential::Bearer(bearer(text(value)?)?),
        (None, None) => Credential::None,
    };
    state.authenticator.identify(credential).await.map_err(Into::into)
}

fn text(value: &axum::http::HeaderValue) -> ApiResult<&str> {
    value.to_str().map_err(|_| ApiError::unauthorized("The credential has characters that no credential has"))
}

fn bearer(value: &str) -> ApiResult<&str> {
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        _ => Err(ApiError::unauthorized("The Authorization header must be: Bearer <token>")),
    }
}

impl From<crate::auth::AuthError> for ApiError {
    fn from(error: crate::auth::AuthError) -> Self {
        use crate::auth::AuthError;
        let code = match error {
            AuthError::ApiKeysNotConfigured | AuthError::UsersNotConfigured => ErrorCode::NotConfigured,
            AuthError::Missing | AuthError::WrongApiKey | AuthError::WrongToken => ErrorCode::Unauthorized,
            AuthError::ProviderUnavailable => ErrorCode::UpstreamFailed,
        };
        Self::new(code, error.to_string())
    }
}

impl Caller {
    /// Who these headers say is asking.
    ///
    /// # Errors
    /// 401 for a wrong credential.
    pub async fn of(headers: &HeaderMap, state: &AppState) -> ApiResult<Self> {
        identify(headers, state).await.map(Self)
    }

    /// The principal behind it, who is somebody.
    ///
    /// # Errors
    /// 401 for nobody, even where nobody may start a session.
    pub async fn principal(self, state: &AppState) -> ApiResult<Principal> {
        match self.principal_or_nobody(state).await? {
            Principal::Nobody => Err(crate::auth::AuthError::Missing.into()),
            somebody => Ok(somebody),
        }
    }

    /// The principal behind it. A candidate token that opens nothing is as good as none.
    pub async fn principal_or_nobody(self, state: &AppState) -> ApiResult<Principal> {
        Ok(match self.0 {
            Identity::Local => Principal::Local,
            Identity::Platform => Principal::Platform,
            Identity::Nobody => Principal::Nobody,
            Identity::User { sub, name } => Principal::User { sub, name },
            Identity::Candidate { token } => match state.store.session_of_token(token).await? {
                Some(session_id) => Principal::Candidate { session_id },
                None => return Err(crate::auth::AuthError::WrongToken.into()),
            },
        })
    }
}

/// A session id from the path, ours or one that a voice client chose; anything else cannot exist.
pub fn session_id(text: &str) -> ApiResult<SessionId> {
    if SessionId::is_client_chosen(text) { Ok(SessionId::new(text)) } else { Err(ApiError::not_found()) }
}

/// Lets users, platforms and the local developer pass: everybody who is somebody beyond one session.
pub fn member(principal: &Principal) -> ApiResult<()> {
    match principal {
        Principal::Local | Principal::Platform | Principal::User { .. } => Ok(()),
        Principal::Candidate { .. } => Err(ApiError::not_found()),
        Principal::Nobody => Err(crate::auth::AuthError::Missing.into()),
    }
}

/// Lets platforms and the local developer pass.
pub fn operator(principal: &Principal) -> ApiResult<()> {
    match principal {
        Principal::Local | Principal::Platform => Ok(()),
        Principal::User { .. } | Principal::Candidate { .. } => Err(ApiError::not_found()),
        Principal::Nobody => Err(crate::auth::AuthError::Missing.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_trusted_proxies_wrote_is_believed() {
        let connected: IpAddr = "10.0.0.9".parse().expect("an address");
        let from = |lines: &[&str], hops: usize| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append("x-forwarded-for", line.parse().expect("a header value"));
            }
            client_address(&headers, connected, hops).to_string()
        };
        assert_eq!(from(&["203.0.113.5"], 0), "10.0.0.9", "nobody is trusted");
        assert_eq!(from(&["6.6.6.6, 203.0.113.5"], 1), "203.0.113.5", "the client's own words come first");
        assert_eq!(from(&["6.6.6.6, 203.0.113.5", "192.0.2.1"], 2), "203.0.113.5");
        assert_eq!(from(&["203.0.113.5:4711"], 1), "203.0.113.5");
        assert_eq!(from(&["[2001:db8::7]:4711"], 1), "2001:db8::7");
        assert_eq!(from(&["::ffff:203.0.113.5"], 1), "203.0.113.5");
        for nonsense in [&["unknown"][..], &[""], &[], &["203.0.113.5, "]] {
            assert_eq!(from(nonsense, 1), "10.0.0.9", "{nonsense:?}");
        }
        assert_eq!(from(&["203.0.113.5"], 3), "10.0.0.9", "fewer proxies than promised");
    }
}
