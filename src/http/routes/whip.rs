//! WHIP-shaped (RFC 9725): an interview for clients that speak no JSON. Unlike WHIP's ingestion, audio flows both ways
//! where the offer says so.
//!
//! `POST` an offer, get a resource; `PATCH` it with fragments (trickled candidates, an ICE restart), `DELETE` it to
//! hang up. Who may is judged on each request, as on `rtc/offer`; the resource's name cannot be guessed besides.

use crate::{
    domain::{auth::SessionStep, ice::IceServer},
    http::{
        AppState,
        error::{ApiError, ApiResult},
        extract::Caller,
        openapi::Problem,
        routes::{
            live::{refused_description, require_consent},
            session_body::Done,
            sessions::{authorised, live},
        },
    },
    media::{Agreement, OfferError, RestartError},
    session::SessionHandle,
    store::SessionRecord,
    wire::{error_code::ErrorCode, sdp_fragment},
};
use axum::{
    Json,
    body::Bytes,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use utoipa_axum::{router::OpenApiRouter, routes};

const SDP: &str = "application/sdp";
const FRAGMENT: &str = "application/trickle-ice-sdpfrag";
/// Types that the endpoint takes by `POST` (W3C Linked Data Platform 7.1), and the resource by `PATCH` (RFC 5789).
const ACCEPT_POST: HeaderName = HeaderName::from_static("accept-post");
const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");

/// The routes of this file.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(publish)).routes(routes!(patch, hang_up))
}

/// `OPTIONS` is answered by the CORS layer below; this adds what the two addresses take.
pub async fn options(request: Request, next: Next) -> Response {
    let accepted = match (request.method() == Method::OPTIONS, request.uri().path().strip_prefix("/api/interview/")) {
        (true, Some(rest)) => rest.split_once('/').map(|(_, rest)| rest),
        _ => None,
    };
    let accepted = match accepted {
        Some("whip") => Some((ACCEPT_POST, SDP)),
        Some(rest) if rest.starts_with("whip/") => Some((ACCEPT_PATCH, FRAGMENT)),
        _ => None,
    };
    let mut response = next.run(request).await;
    if let Some((name, value)) = accepted {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// An offer by WHIP (RFC 9725), answered. WHIP-shaped: audio flows both ways where the offer is `sendrecv`.
///
/// `Location` is the resource for `PATCH` and `DELETE`, `ETag` its ICE session, and each `Link` with
/// `rel="ice-server"` one STUN or TURN server. A further `POST` takes the place of the connection that is there.
#[utoipa::path(
    post, path = "/api/interview/{session_id}/whip", tag = "live",
    request_body(content = String, content_type = "application/sdp", example = "v=0"),
    params(("session_id" = String, Path, example = "ses_00000000000000000000000000")),
    security((), ("api_key" = []), ("bearer" = [])),
    responses(
        (status = 201, description = "The answer", body = String, content_type = "application/sdp", headers(
            ("Location" = String, description = "The resource"),
            ("ETag" = String, description = "Its ICE session"),
            ("Link" = String, description = "ICE servers"),
        )),
        (status = 409, description = "`consent_required`, `session_ended`", body = Problem,
            content_type = "application/problem+json"),
        (status = 422, description = "`not_supported`: more or less than one audio section with Opus, or video",
            body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`at_capacity`: offer again after `Retry-After`", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub async fn publish(
    State(state): State<AppState>,
    Path(id): Path<String>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> ApiResult<Response> {
    let record = authorised(&state, caller, &id, SessionStep::TakePart).await?;
    let offer = text_of(&headers, &body, SDP)?;
    require_consent(&record)?;
    let agreement = live(&state, &record)?.agree(offer).await.map_err(refused_offer)?;
    let ice = state.ice.servers_for_start(&record.session_id).await;
    let location = format!("/api/interview/{}/whip/{}", record.session_id, agreement.connection);
    let mut response = (StatusCode::CREATED, agreement.answer.clone()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(SDP));
    headers.insert(header::LOCATION, value(&location)?);
    headers.insert(header::ETAG, value(&entity_tag(&agreement))?);
    for link in ice.servers.iter().flat_map(links) {
        headers.append(header::LINK, value(&link)?);
    }
    Ok(response)
}

/// A fragment of the client's (RFC 8840): candidates, or new credentials, with which ICE begins anew.
///
/// `If-Match` names the ICE session by its entity tag, or is `*` for a restart.
#[utoipa::path(
    patch, path = "/api/interview/{session_id}/whip/{resource}", tag = "live",
    request_body(content = String, content_type = "application/trickle-ice-sdpfrag",
        example = "a=ice-ufrag:ysXw\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\n"),
    params(
        ("session_id" = String, Path, example = "ses_00000000000000000000000000"),
        ("resource" = String, Path, description = "As `Location` named it", example = "aaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ("If-Match" = Option<String>, Header, description = "The entity tag; `*` for a restart", example = "*"),
    ),
    security((), ("api_key" = []), ("bearer" = [])),
    responses(
        (status = 200, description = "ICE was restarted: our credentials and candidates, and the new `ETag`",
            body = String, content_type = "application/trickle-ice-sdpfrag",
            headers(("ETag" = String, description = "The new ICE session"))),
        (status = 204, description = "Taken; the server needs no candidates of the client"),
        (status = 412, description = "`precondition_failed`: the ICE session is another one by now", body = Problem,
            content_type = "application/problem+json"),
        (status = 422, description = "`not_supported`: not everything is bundled", body = Problem,
            content_type = "application/problem+json"),
        (status = 428, description = "`precondition_required`: no `If-Match`", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "`at_capacity`: send it again after `Retry-After`", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub async fn patch(
    State(state): State<AppState>,
    Path((id, resource)): Path<(String, String)>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> ApiResult<Response> {
    let record = authorised(&state, caller, &id, SessionStep::TakePart).await?;
    let text = text_of(&headers, &body, FRAGMENT)?;
    let session = live_or_gone(&state, &record)?;
    let agreement = session.agreement().filter(|agreement| agreement.connection == resource);
    let agreement = agreement.ok_or_else(ApiError::not_found)?;
    let condition = condition(&headers, &agreement)?;
    let fragment = sdp_fragment::parse(text).map_err(|wrong| {
        let code = if wrong.is_unsupported() { ErrorCode::NotSupported } else { ErrorCode::InvalidSdp };
        ApiError::new(code, format!("The fragment cannot be used: {wrong}"))
    })?;
    // Candidates were checked and are then not used: ICE-lite learns addresses from authenticated checks alone.
    let Some(login) = fragment.login.filter(|login| *login != agreement.remote_login) else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    let ice_session = match condition {
        Condition::Any => None,
        Condition::Tag => Some(agreement.ice_session.as_str()),
    };
    let agreement = session.restart_ice(&resource, ice_session, &login).await.map_err(refused_restart)?;
    let fragment = agreement.fragment().ok_or_else(|| ApiError::new(ErrorCode::Internal, "The answer has no ICE"))?;
    let headers = [(header::CONTENT_TYPE, value(FRAGMENT)?), (header::ETAG, value(&entity_tag(&agreement))?)];
    Ok((headers, fragment).into_response())
}

/// Hangs up. The interview waits for its candidate as after any loss; `POST …/end` ends it.
#[utoipa::path(
    delete, path = "/api/interview/{session_id}/whip/{resource}", tag = "live",
    params(
        ("session_id" = String, Path, example = "ses_00000000000000000000000000"),
        ("resource" = String, Path, description = "As `Location` named it", example = "aaaaaaaaaaaaaaaaaaaaaaaaaa"),
    ),
    security((), ("api_key" = []), ("bearer" = [])),
    responses((status = 200, description = "The connection is closed", body = Done))
)]
pub async fn hang_up(
    State(state): State<AppState>,
    Path((id, resource)): Path<(String, String)>,
    caller: Caller,
) -> ApiResult<Json<Done>> {
    let record = authorised(&state, caller, &id, SessionStep::TakePart).await?;
    if !live_or_gone(&state, &record)?.hang_up(&resource).await {
        return Err(ApiError::not_found());
    }
    Ok(Json(Done { success: true, session_id: record.session_id.to_string() }))
}

/// What a `PATCH` is on condition of.
#[derive(Clone, Copy)]
enum Condition {
    Any,
    /// The ICE session in force.
    Tag,
}

/// Judges `If-Match` (RFC 9110 section 13.1.1). Some clients put the asterisk between quotes, as a draft of WHIP did.
fn condition(headers: &HeaderMap, agreement: &Agreement) -> ApiResult<Condition> {
    let mut tags = Vec::new();
    for value in headers.get_all(header::IF_MATCH) {
        let value = value.to_str().map_err(|_| ApiError::field("/If-Match", "cannot be read"))?;
        tags.extend(value.split(',').map(str::trim));
    }
    if tags.is_empty() {
        return Err(ApiError::new(
            ErrorCode::PreconditionRequired,
            "If-Match is missing: name the ICE session by its entity tag, or restart it with *",
        ));
    }
    if tags.iter().any(|tag| matches!(*tag, "*" | "\"*\"")) {
        return Ok(Condition::Any);
    }
    // The comparison is the strong one: a weak tag never matches.
    if tags.contains(&entity_tag(agreement).as_str()) {
        return Ok(Condition::Tag);
    }
    let detail = "The ICE session is another one by now: use the entity tag of the last answer, or restart with *";
    Err(ApiError::new(ErrorCode::PreconditionFailed, detail))
}

fn entity_tag(agreement: &Agreement) -> String {
    format!("\"{}\"", agreement.ice_session)
}

/// The body as text, when it says that it is of this type.
fn text_of<'a>(headers: &HeaderMap, body: &'a Bytes, wanted: &str) -> ApiResult<&'a str> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = given.and_then(|value| value.split(';').next()).map(str::trim);
    if !kind.is_some_and(|kind| kind.eq_ignore_ascii_case(wanted)) {
        let detail = format!("send the body with Content-Type: {wanted}");
        return Err(ApiError::new(ErrorCode::UnsupportedMediaType, detail));
    }
    std::str::from_utf8(body).map_err(|_| ApiError::new(ErrorCode::InvalidSdp, "The body is not UTF-8"))
}

/// The resource of an interview that is over is not there any more.
fn live_or_gone(state: &AppState, record: &SessionRecord) -> ApiResult<SessionHandle> {
    live(state, record).map_err(|_| ApiError::not_found())
}

fn refused_offer(error: OfferError) -> ApiError {
    match error {
        OfferError::NoAudio | OfferError::SeveralAudio | OfferError::NoCodec | OfferError::OtherMedia => ApiError::new(
            ErrorCode::NotSupported,
            format!("This is a conversation over one audio section with Opus, and this offer is not: {error}"),
        ),
        other => refused_description(other),
    }
}

fn refused_restart(error: RestartError) -> ApiError {
    match error {
        RestartError::Gone => ApiError::not_found(),
        RestartError::Changed => {
            ApiError::new(ErrorCode::PreconditionFailed, "The ICE session has just become another one")
        }
        RestartError::Refused(error) => refused_description(error),
    }
}

/// One `Link` for each address of a server (RFC 9725 section 4.6).
fn links(server: &IceServer) -> Vec<String> {
    let credential = server.credential.as_ref().map(|credential| {
        let (username, password) = (quoted(&credential.username), quoted(&credential.password));
        format!("; username={username}; credential={password}; credential-type=\"password\"")
    });
    let credential = credential.unwrap_or_default();
    server.urls.iter().map(|url| format!("<{url}>; rel=\"ice-server\"{credential}")).collect()
}

/// `quoted-string` (RFC 9110 section 5.6.4).
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn value(text: &str) -> ApiResult<HeaderValue> {
    HeaderValue::from_str(text).map_err(|_| ApiError::new(ErrorCode::Internal, "A header cannot be written"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ice::Credential;

    #[test]
    fn each_address_of_a_server_is_a_link() {
        let credential = Credential { username: "1:s\"x".to_owned(), password: "p\\w".to_owned() };
        let urls = vec!["turn:h?transport=udp".to_owned(), "turn:h?transport=tcp".to_owned()];
        let linked = links(&IceServer { urls, credential: Some(credential) });
        let rest = "; rel=\"ice-server\"; username=\"1:s\\\"x\"; credential=\"p\\\\w\"; credential-type=\"password\"";
        assert_eq!(linked, [format!("<turn:h?transport=udp>{rest}"), format!("<turn:h?transport=tcp>{rest}")]);
        let plain = links(&IceServer { urls: vec!["stun:h".to_owned()], credential: None });
        assert_eq!(plain, ["<stun:h>; rel=\"ice-server\""]);
    }
}
