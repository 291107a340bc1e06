//! What every request passes: a request id, security headers, the open-mode guard, and one log line without secrets.

use crate::{
    http::{
        AppState,
        error::{ApiError, ProblemBody},
        extract::ClientAddress,
        rate::Remaining,
    },
    random,
    wire::error_code::ErrorCode,
};
use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::{net::IpAddr, time::Instant};

/// Header that carries the request's id, made here and never taken from the client.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const UNLIMITED: [&str; 5] = ["/health", "/healthz", "/readyz", "/metrics", "/api/interview/health"];
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Content policy of the API: nothing may run or frame it.
const API_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// Adds the request id, the security headers and the log line.
pub async fn around(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = random::request_id();
    let method = request.method().clone();
    // The path may hold a session id, which is a capability: it is logged at DEBUG only.
    let route = request.extensions().get::<axum::extract::MatchedPath>().map(|path| path.as_str().to_owned());
    let mut response = next.run(request).await;
    if let Some(ProblemBody(mut body)) = response.extensions_mut().remove::<ProblemBody>() {
        body["request_id"] = id.as_str().into();
        *response.body_mut() = Body::from(body.to_string());
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
    secure(response.headers_mut(), state.tls);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let status = response.status().as_u16();
    let route = route.as_deref().unwrap_or("other");
    metrics::counter!("viva_http_requests_total", "route" => route.to_owned(), "status" => status.to_string())
        .increment(1);
    metrics::histogram!("viva_http_request_seconds", "route" => route.to_owned()).record(started.elapsed());
    let elapsed_ms = started.elapsed().as_millis() as u64;
    tracing::debug!(request_id = %id, %method, route, status, elapsed_ms, "request");
    response
}

/// Bounds what one address asks of the API, and says how much is left (draft-ietf-httpapi-ratelimit-headers).
pub async fn request_limit(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    request: Request,
    next: Next,
) -> Response {
    // Whoever watches this server must be able to when it is asked too much.
    if UNLIMITED.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    let Ok(_place) = state.in_flight.try_acquire() else {
        metrics::counter!("viva_http_overloaded_total").increment(1);
        return ApiError::retry(ErrorCode::AtCapacity, "This server has too much to do; try again", 1).into_response();
    };
    let (mut response, left) = match state.requests.take(address) {
        Ok(left) => (next.run(request).await, left),
        Err(wait_s) => {
            metrics::counter!("viva_http_rate_limited_total").increment(1);
            let error = ApiError::retry(ErrorCode::RateLimited, "Too many requests from this address", wait_s);
            (error.into_response(), Remaining { calls: 0, full_in_s: 60 })
        }
    };
    let quota = state.requests.burst();
    let headers = response.headers_mut();
    // A route with a limit of its own has said already what matters.
    if !headers.contains_key(RATE_LIMIT) {
        let policy = HeaderValue::from_str(&format!("\"requests\";q={quota};w=60"));
        let limit = HeaderValue::from_str(&format!("\"requests\";r={};t={}", left.calls, left.full_in_s));
        if let (Ok(policy), Ok(limit)) = (policy, limit) {
            headers.insert(RATE_LIMIT_POLICY, policy);
            headers.insert(RATE_LIMIT, limit);
        }
    }
    response
}

/// The security headers. A page and the viewers of the description bring policies of their own.
fn secure(headers: &mut HeaderMap, tls: bool) {
    let mut set = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    if tls {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains");
    }
    let otherwise = [
        (HeaderName::from_static("permissions-policy"), "microphone=(self), camera=(), geolocation=()"),
        (header::CONTENT_SECURITY_POLICY, API_POLICY),
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in otherwise {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

/// In open mode nobody but this machine gets in: `Host` and `Origin` must name it, and a request that came through a
/// proxy is refused, so that no page from elsewhere can use a developer's Viva (DNS rebinding included).
pub async fn open_mode_guard(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if !state.open_mode {
        return next.run(request).await;
    }
    match refuse_foreign(request.headers(), request.uri(), state.public_host.as_deref()) {
        Some(reason) => ApiError::new(ErrorCode::ForbiddenHost, reason).into_response(),
        None => next.run(request).await,
    }
}

fn refuse_foreign(headers: &HeaderMap, uri: &Uri, public_host: Option<&str>) -> Option<&'static str> {
    let forwarded = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];
    if forwarded.iter().any(|name| headers.contains_key(*name)) {
        return Some("Viva runs without credentials and so takes no forwarded requests; set API_KEY or SECRET_KEY");
    }
    let host = match headers.get(header::HOST) {
        Some(value) => value.to_str().ok(),
        None => uri.authority().map(|authority| authority.as_str()),
    };
    if !host.is_some_and(|host| is_local(host, public_host)) {
        return Some(
            "Viva runs without credentials and answers only to localhost; set VIVA_PUBLIC_URL for another name",
        );
    }
    let origin = headers.get(header::ORIGIN)?;
    let authority = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, rest)| rest);
    let local = authority.is_some_and(|authority| is_local(authority, public_host));
    (!local).then_some("Viva runs without credentials and takes no requests from other sites' pages")
}

/// Whether `authority` (host with an optional port) is this machine or the public URL's host.
fn is_local(authority: &str, public_host: Option<&str>) -> bool {
    if public_host.is_some_and(|public| public.eq_ignore_ascii_case(authority)) {
        return true;
    }
    let host = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((v6, _)) => v6,
        None => authority.split_once(':').map_or(authority, |(host, _)| host),
    };
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(pairs: &[(&'static str, &str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, HeaderValue::from_str(value).expect("a header value"));
        }
        refuse_foreign(&headers, &Uri::from_static("/"), Some("viva.example:9000")).is_some()
    }

    #[test]
    fn only_this_machine_is_served_in_open_mode() {
        for host in ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000", "127.5.5.5", "viva.example:9000"] {
            assert!(!refused(&[("host", host)]), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example", "10.0.0.1", "0.0.0.0", "viva.example", "", "[::2]:80"] {
            assert!(refused(&[("host", host)]), "{host}");
        }
        assert!(refused(&[]));
    }

    #[test]
    fn foreign_origins_and_proxies_are_refused_in_open_mode() {
        assert!(!refused(&[("host", "localhost:1"), ("origin", "http://localhost:1")]));
        for origin in ["https://evil.example", "null", "http://localhost.evil.example", "file://"] {
            assert!(refused(&[("host", "localhost:1"), ("origin", origin)]), "{origin}");
        }
        assert!(refused(&[("host", "localhost"), ("x-forwarded-for", "1.2.3.4")]));
        assert!(refused(&[("host", "localhost"), ("forwarded", "for=1.2.3.4")]));
    }
}
