//! The interviewers to choose from, and their voices.

use crate::{
    domain::{
        auth::{Action, Principal, may},
        persona::Persona,
    },
    http::{
        AppState,
        error::{ApiError, ApiResult},
        extract::{Body, Caller},
        openapi::Problem,
        routes::sessions::{allowed, check_text, not_admitted},
    },
    media::port::SAMPLE_RATE_HZ,
    session::PreviewError,
    wire::error_code::ErrorCode,
};
use axum::{
    Json,
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use std::io::Cursor;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Characters of a preview.
const TEXT_CHARS_MAX: usize = 200;
/// When others listen to previews.
const BUSY_RETRY_S: u64 = 5;

/// The routes of this file.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(preview))
}

/// Who may hold an interview.
#[derive(Serialize, ToSchema)]
pub struct PersonaList {
    personas: Vec<PersonaView>,
}

/// An interviewer.
#[derive(Serialize, ToSchema)]
pub struct PersonaView {
    /// As an interview's `persona` names it, and as it is spoken.
    #[schema(example = "Vera")]
    name: String,
    /// What a model that phrases for itself is told.
    manner: String,
    /// The kinds of interview that it holds when nobody is named.
    kinds: Vec<String>,
    /// The speech engine's name of its voice; null: the engine's server chooses.
    #[schema(required, example = "heart")]
    voice: Option<String>,
}

/// The interviewers, each with the voice that it has on this server.
#[utoipa::path(
    get, path = "/api/v1/personas", tag = "desk", security(("api_key" = []), ("bearer" = [])),
    responses((status = 200, body = PersonaList))
)]
pub async fn list(State(state): State<AppState>, caller: Caller) -> ApiResult<Json<PersonaList>> {
    let principal = caller.principal(&state).await?;
    allowed(may(&principal, &Action::Create))?;
    let personas = &state.credentials.personas;
    let view = |persona: &Persona| PersonaView {
        name: persona.name.clone(),
        manner: persona.manner.trim().to_owned(),
        kinds: personas.kinds_of(&persona.name).into_iter().map(str::to_owned).collect(),
        voice: state.previews.voice(persona).map(str::to_owned),
    };
    Ok(Json(PersonaList { personas: personas.all().iter().map(view).collect() }))
}

/// What is to be heard.
#[derive(Deserialize, ToSchema)]
pub struct PreviewBody {
    /// English; a short greeting when left out.
    #[schema(min_length = 1, max_length = 200, example = "Hello, I am Vera.")]
    text: Option<String>,
}

/// Lets an interviewer say something, with the engine that would hold the interview. On a server of a provider that
/// costs money, so the same words are spoken once and kept for a while.
#[utoipa::path(
    post, path = "/api/v1/personas/{name}/preview", tag = "desk", request_body = PreviewBody,
    params(("name" = String, Path, description = "In whatever case", example = "Vera")),
    security(("api_key" = []), ("bearer" = [])),
    responses(
        (status = 200, description = "24 kHz, mono, 16 bit", content_type = "audio/wav", body = Vec<u8>),
        (status = 402, description = "`budget_used_up`: what may be spent in a day is spent", body = Problem,
            content_type = "application/problem+json"),
        (status = 502, description = "`upstream_failed`: the engine did not speak", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "`at_capacity`: others listen to previews", body = Problem,
            content_type = "application/problem+json"),
        (status = 504, description = "`upstream_timeout`: the engine is too slow", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub async fn preview(
    State(state): State<AppState>,
    Path(name): Path<String>,
    caller: Caller,
    Body(body): Body<PreviewBody>,
) -> ApiResult<Response> {
    let principal = caller.principal(&state).await?;
    allowed(may(&principal, &Action::Create))?;
    check_text("/text", body.text.as_deref(), TEXT_CHARS_MAX)?;
    let persona = state.credentials.personas.named(&name).ok_or_else(ApiError::not_found)?;
    let too_many = |wait_s| ApiError::retry(ErrorCode::RateLimited, "Too many previews", wait_s);
    state.preview_calls.take_of(&who(&principal)).map_err(too_many)?;
    let words = body.text.unwrap_or_else(|| greeting(persona));
    // Whether an engine makes a sound of mere punctuation is its own affair.
    if !words.chars().any(char::is_alphanumeric) {
        return Err(ApiError::field("/text", "has nothing in it that a voice can speak"));
    }
    let pcm = state.previews.speak(persona, words.trim()).await?;
    let wav = wav(&pcm).map_err(|_| ApiError::new(ErrorCode::Internal, "The sound could not be written"))?;
    Ok(([(header::CONTENT_TYPE, "audio/wav"), (header::CACHE_CONTROL, "no-store")], wav).into_response())
}

fn greeting(persona: &Persona) -> String {
    format!("Hello, I am {}. I am an AI interviewer, and I look forward to your answers.", persona.name)
}

/// Whose previews are counted together.
fn who(principal: &Principal) -> String {
    let owner = principal.owner();
    owner.map(|owner| format!("{}:{}", owner.kind(), owner.subject())).unwrap_or_default()
}

fn wav(pcm: &[i16]) -> Result<Vec<u8>, hound::Error> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: SAMPLE_RATE_HZ,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = Cursor::new(Vec::with_capacity(2 * pcm.len() + 64));
    let mut writer = hound::WavWriter::new(&mut file, spec)?;
    for &sample in pcm {
        writer.write_sample(sample)?;
    }
    writer.finalize()?;
    Ok(file.into_inner())
}

impl From<PreviewError> for ApiError {
    fn from(error: PreviewError) -> Self {
        match error {
            PreviewError::Busy => {
                Self::retry(ErrorCode::AtCapacity, "Others listen to voices; try again in a moment", BUSY_RETRY_S)
            }
            PreviewError::TimedOut => Self::new(ErrorCode::UpstreamTimeout, "The speech engine is too slow; try again"),
            PreviewError::Failed => Self::new(
                ErrorCode::UpstreamFailed,
                "The speech engine did not speak; GET /api/interview/health says which one it is",
            ),
            PreviewError::Unspeakable => Self::field("/text", "has nothing in it that this voice can speak"),
            PreviewError::Spending(refused) => not_admitted(refused),
        }
    }
}
