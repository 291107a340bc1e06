//! The OpenAPI 3.1 description: what stands around the operations that the handlers describe themselves.
//!
//! A handler's `#[utoipa::path]` names its success and the problems that are its own (409, 410, …). What can happen to
//! any request (a bad field, a missing credential, too many requests) is added here for all of them, so that no
//! operation forgets it.

use crate::wire::error_code::{ERROR_CODES, ErrorCode};
use serde::Serialize;
use utoipa::{
    Modify, ToSchema,
    openapi::{
        Components, Content, OpenApi, Ref, RefOr, ResponseBuilder, Schema,
        path::Operation,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

/// An error, as RFC 9457 problem details with the contracts' `detail` and `error` in them.
#[derive(Serialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    /// What is wrong and what to do about it, for people.
    pub detail: String,
    /// The same text, where the voice contract looks for it.
    pub error: String,
    /// For programs: one of a closed table.
    pub code: String,
    pub request_id: String,
    /// The fields that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ProblemField>,
}

/// One wrong field.
#[derive(Serialize, ToSchema)]
pub struct ProblemField {
    /// JSON Pointer (RFC 6901) into the body, or the parameter's name after a slash.
    pub pointer: String,
    pub detail: String,
}

/// What the description has beside operations.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Viva",
        description = "Self-hosted voice interviews: sessions, rooms, sign-in, voice and credentials.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    tags(
        (name = "sessions", description = "Interviews from start to results."),
        (name = "live", description = "What happens while an interview lives: media, candidates, events."),
        (name = "exports", description = "Results in other forms, the log, and how they are kept and erased."),
        (name = "interviews", description = "What is asked: built-in kinds, interviews of one's own, invitations."),
        (name = "desk", description = "What interviewers work with: who one is, and one's sessions."),
        (name = "recordings", description = "What both sides said, as it was heard."),
        (name = "voice", description = "Voice sessions over the Realtime API."),
        (name = "realtime", description = "The OpenAI-compatible face."),
        (name = "webrtc", description = "TURN credentials and short-lived keys for browsers."),
        (name = "rooms", description = "Rooms in which people call each other."),
        (name = "signaling", description = "The WebSockets of rooms."),
        (name = "sign-in", description = "Sign-in by a mailed code."),
        (name = "webhooks", description = "Who is told of sessions, and what was told."),
        (name = "health", description = "How the server is doing.")
    ),
    components(schemas(Problem, ProblemField)),
    modifiers(&Credentials)
)]
struct Frame;

/// The ways to say who is asking. In open mode the local developer needs none.
struct Credentials;

impl Modify for Credentials {
    fn modify(&self, api: &mut OpenApi) {
        let components = api.components.get_or_insert_with(Components::default);
        let key = ApiKeyValue::with_description("X-API-Key", "A platform's key");
        components.add_security_scheme("api_key", SecurityScheme::ApiKey(ApiKey::Header(key)));
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A user's JWT, or the token of one session"))
            .build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    }
}

/// The description without its operations.
pub fn description() -> OpenApi {
    <Frame as utoipa::OpenApi>::openapi()
}

/// The whole description as JSON, with what can happen to any request in every operation.
pub fn finished(mut api: OpenApi) -> String {
    complete(&mut api);
    serde_json::to_string_pretty(&api).unwrap_or_default()
}

fn complete(api: &mut OpenApi) {
    for (path, item) in &mut api.paths.paths {
        let operations = [
            ("get", &mut item.get),
            ("put", &mut item.put),
            ("post", &mut item.post),
            ("delete", &mut item.delete),
            ("patch", &mut item.patch),
        ];
        for (method, operation) in operations {
            let Some(operation) = operation else { continue };
            // Handlers of different files have the same names; method and path are unique.
            operation.operation_id = Some(operation_id(method, path));
            add_problems(operation);
        }
    }
    if let Some(RefOr::T(Schema::Object(problem))) =
        api.components.as_mut().and_then(|components| components.schemas.get_mut("Problem"))
    {
        let names = ERROR_CODES.iter().map(|row| row.name.into()).collect();
        if let Some(RefOr::T(Schema::Object(code))) = problem.properties.get_mut("code") {
            code.enum_values = Some(names);
        }
    }
}

/// `get /api/interview/{session_id}/status` is `get_interview_session_id_status`; with a slash at its end it says so.
fn operation_id(method: &str, path: &str) -> String {
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty() && *word != "api");
    let id = words.fold(method.to_owned(), |id, word| format!("{id}_{word}"));
    if path.len() > 1 && path.ends_with('/') { format!("{id}_with_slash") } else { id }
}

fn add_problems(operation: &mut Operation) {
    let mut codes = vec![ErrorCode::RateLimited, ErrorCode::ForbiddenHost, ErrorCode::Internal, ErrorCode::Draining];
    if operation.security.as_ref().is_some_and(|schemes| !schemes.is_empty()) {
        codes.extend([ErrorCode::Unauthorized, ErrorCode::NotFound]);
    }
    if operation.parameters.as_ref().is_some_and(|parameters| !parameters.is_empty()) {
        codes.extend([ErrorCode::InvalidRequest, ErrorCode::NotFound]);
    }
    if operation.request_body.is_some() {
        let of_bodies = [ErrorCode::InvalidRequest, ErrorCode::BodyTooLarge, ErrorCode::UnsupportedMediaType];
        codes.extend(of_bodies);
        codes.push(ErrorCode::RequestTimeout);
    }
    for code in codes {
        let row = code.row();
        let content = Content::new(Some(Ref::from_schema_name("Problem")));
        let response =
            ResponseBuilder::new().description(row.title).content("application/problem+json", content).build();
        operation.responses.responses.entry(row.status.to_string()).or_insert_with(|| response.into());
    }
}
