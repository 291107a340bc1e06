//! Credentials for browsers: TURN, and short-lived keys for the speech model.

use crate::{
    domain::{
        auth::{Owner, Principal},
        ice::{IceServer, one_url_each},
        id::encode_128_bits,
        interview::Interview,
        persona::{Persona, question_instructions},
    },
    http::{
        AppState,
        error::{ApiError, ApiResult},
        extract::{Body, Caller, member},
        openapi::Problem,
        routes::{catalogue, now},
    },
    ice::{IceUser, TwilioError},
    random,
    realtime::{MintError, Minted},
    relay::secret::{self, Grant},
    wire::{
        error_code::ErrorCode,
        realtime::{
            AudioConfig, AudioFormat, AudioInputConfig, AudioOutputConfig, SessionConfig, TranscriptionConfig,
            TurnDetection,
        },
    },
};
use axum::{Json, extract::State};
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Life of the credentials of `turn-credentials`, in seconds: a day, as the contract shows.
const TURN_TTL_S: u64 = 86_400;
/// Life of an ephemeral key, in seconds: an hour, as the contract shows.
const KEY_TTL_S: u64 = 3_600;

/// The routes of this file.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(turn_credentials)).routes(routes!(ephemeral_key))
}

/// ICE servers for `RTCPeerConnection`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TurnCredentials {
    ice_servers: Vec<IceServerEntry>,
    /// Seconds for which the credentials hold.
    #[schema(example = 86_400)]
    ttl: u64,
}

/// One server.
#[derive(Serialize, ToSchema)]
pub struct IceServerEntry {
    /// The same as `urls`, under its older name.
    #[schema(example = "turn:turn.example.com:3478?transport=udp")]
    url: String,
    #[schema(example = "turn:turn.example.com:3478?transport=udp")]
    urls: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<String>,
}

impl From<IceServer> for IceServerEntry {
    fn from(server: IceServer) -> Self {
        let url = server.urls.into_iter().next().unwrap_or_default();
        let (username, credential) = match server.credential {
            Some(credential) => (Some(credential.username), Some(credential.password)),
            None => (None, None),
        };
        Self { urls: url.clone(), url, username, credential }
    }
}

/// STUN and TURN servers with credentials for a day.
///
/// Twilio's when an account is configured, else those of `TURN_SERVER`, else STUN alone. When Twilio fails, the others
/// stand in.
#[utoipa::path(
    get, path = "/api/v1/webrtc/turn-credentials", tag = "webrtc",
    security(("bearer" = []), ("api_key" = [])),
    responses(
        (status = 200, body = TurnCredentials),
        (status = 502, description = "Twilio failed, and nothing else is configured", body = Problem,
         content_type = "application/problem+json"),
        (status = 504, description = "Twilio did not answer in time", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub async fn turn_credentials(State(state): State<AppState>, caller: Caller) -> ApiResult<Json<TurnCredentials>> {
    let principal = caller.principal(&state).await?;
    member(&principal)?;
    let nonce = encode_128_bits(random::bytes());
    let user = match &principal {
        Principal::User { sub, .. } => IceUser::Person { sub },
        _ => IceUser::Somebody { nonce: &nonce },
    };
    let grant = state.ice.servers(user, TURN_TTL_S).await?;
    let ice_servers = one_url_each(&grant.servers).into_iter().map(IceServerEntry::from).collect();
    Ok(Json(TurnCredentials { ice_servers, ttl: grant.ttl_s }))
}

impl From<TwilioError> for ApiError {
    fn from(error: TwilioError) -> Self {
        let remedy = "set TURN_SERVER and TURN_SECRET, which stand in for it";
        match error {
            TwilioError::TimedOut => Self::retry(
                ErrorCode::UpstreamTimeout,
                &format!("Twilio did not answer in time; try again, or {remedy}"),
                5,
            ),
            TwilioError::Refused(_) => Self::new(
                ErrorCode::UpstreamFailed,
                format!("Twilio refused this server's account; check the TWILIO_ variables, or {remedy}"),
            ),
            TwilioError::Throttled | TwilioError::Failed(_) | TwilioError::Unreachable | TwilioError::Nonsense(_) => {
                Self::retry(ErrorCode::UpstreamFailed, &format!("Twilio gave no servers; try again, or {remedy}"), 5)
            }
        }
    }
}

/// What a key is for.
#[derive(Deserialize, ToSchema)]
pub struct EphemeralKeyRequest {
    /// An interview of one's own, or a built-in kind.
    #[schema(example = "general")]
    interview_id: Option<String>,
    /// From 1.
    #[schema(example = 1, minimum = 1)]
    question_number: Option<u32>,
    /// For platforms: who will speak. Users are themselves.
    #[schema(example = "candidate-7")]
    user_id: Option<String>,
}

/// A session at the speech model, for one question of an interview.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EphemeralKey {
    #[schema(example = "sess_general_ann_1")]
    id: String,
    interview_id: String,
    user_id: String,
    question_number: u32,
    #[schema(example = "2026-11-21T12:30:45Z")]
    expires_at: String,
    /// Seconds until then.
    #[schema(example = 3_600)]
    ttl: u64,
    instructions: String,
    realtime_session: RealtimeSession,
}

/// The session as the Realtime API describes it, with the beta's fields beside those of today.
#[derive(Serialize, ToSchema)]
pub struct RealtimeSession {
    id: String,
    /// Always `realtime.session`.
    object: &'static str,
    client_secret: ClientSecretBody,
    model: String,
    /// The beta's name of what comes out: audio, with its words.
    modalities: [&'static str; 2],
    voice: String,
    /// The beta's default; the API of today takes none.
    temperature: f64,
    /// A number of tokens, or `inf`.
    #[schema(example = "inf")]
    max_response_output_tokens: Value,
    instructions: String,
    /// Everything else that the provider says.
    #[serde(flatten)]
    #[schema(additional_properties)]
    more: Map<String, Value>,
}

/// The key itself.
#[derive(Serialize, ToSchema)]
pub struct ClientSecretBody {
    #[schema(example = "ek_0123456789")]
    value: String,
    /// Unix seconds.
    expires_at: i64,
}

/// A short-lived key for one question of an interview: the browser speaks with the model directly.
#[utoipa::path(
    post, path = "/api/v1/webrtc/openai-ephemeral-key", tag = "webrtc",
    security(("bearer" = []), ("api_key" = [])),
    request_body = EphemeralKeyRequest,
    responses(
        (status = 200, body = EphemeralKey),
        (status = 502, description = "The speech provider failed", body = Problem,
         content_type = "application/problem+json"),
        (status = 504, description = "The speech provider did not answer in time", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub async fn ephemeral_key(
    State(state): State<AppState>,
    caller: Caller,
    Body(body): Body<EphemeralKeyRequest>,
) -> ApiResult<Json<EphemeralKey>> {
    let principal = caller.principal(&state).await?;
    member(&principal)?;
    let user_id = speaker(&principal, body.user_id)?;
    let id = body.interview_id.filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| ApiError::field("/interview_id", "is missing: say which interview"))?;
    let number = body.question_number.ok_or_else(|| ApiError::field("/question_number", "is missing"))?;
    let interview = catalogue::usable(&state, &principal, &id).await?;
    let persona = state.credentials.personas.of(&interview);
    let instructions = question_instructions(&interview, &persona, number).ok_or_else(|| {
        ApiError::field("/question_number", format!("must be from 1 to {}", interview.questions.len()))
    })?;
    let asked = session_config(&state, &interview, &persona, &instructions);
    let asked_at = now();
    let minted = match &state.credentials.minter {
        Some(minter) => minter.mint(&asked, KEY_TTL_S).await?,
        None => mint_own(&state, &principal, &user_id, &interview, number, &asked, asked_at).await?,
    };
    let ttl = minted.expires_at_s.saturating_sub(asked_at.as_second()).clamp(0, KEY_TTL_S as i64) as u64;
    Ok(Json(EphemeralKey {
        id: format!("sess_{}_{user_id}_{number}", interview.id),
        interview_id: interview.id,
        user_id,
        question_number: number,
        expires_at: Timestamp::from_second(minted.expires_at_s).unwrap_or(asked_at).to_string(),
        ttl,
        realtime_session: realtime_session(minted, &asked, &instructions),
        instructions,
    }))
}

/// Who speaks.
fn speaker(principal: &Principal, given: Option<String>) -> ApiResult<String> {
    let printable = |id: &String| !id.is_empty() && id.chars().count() <= 128 && !id.chars().any(char::is_control);
    if given.as_ref().is_some_and(|id| !printable(id)) {
        return Err(ApiError::field("/user_id", "must have 1 to 128 printable characters"));
    }
    match (principal, given) {
        (Principal::User { sub, .. }, Some(given)) if given != *sub => {
            Err(ApiError::field("/user_id", "must be your own"))
        }
        (Principal::User { sub, .. }, _) => Ok(sub.clone()),
        (_, Some(given)) => Ok(given),
        (Principal::Local, None) => Ok("local".to_owned()),
        (_, None) => Ok("platform".to_owned()),
    }
}

/// What is asked of the model for this question.
fn session_config(state: &AppState, interview: &Interview, persona: &Persona, instructions: &str) -> SessionConfig {
    let credentials = &state.credentials;
    let own = if credentials.minter.is_some() { &persona.voice.openai } else { &persona.voice.builtin };
    let voice = credentials.voice.as_ref().unwrap_or(own);
    let language = interview.language.split('-').next().map(str::to_owned);
    let transcription =
        TranscriptionConfig { model: Some(credentials.transcribe_model.clone()), language, prompt: None };
    SessionConfig {
        kind: Some("realtime".to_owned()),
        model: Some(credentials.model.clone()),
        output_modalities: Some(vec!["audio".to_owned()]),
        instructions: Some(instructions.to_owned()),
        audio: Some(AudioConfig {
            input: Some(AudioInputConfig {
                format: Some(AudioFormat::pcm_24k()),
                transcription: Some(Some(transcription)),
                turn_detection: Some(Some(TurnDetection {
                    kind: "server_vad".to_owned(),
                    create_response: Some(true),
                    interrupt_response: Some(true),
                    ..TurnDetection::default()
                })),
                ..AudioInputConfig::default()
            }),
            output: Some(AudioOutputConfig {
                format: Some(AudioFormat::pcm_24k()),
                voice: Some(voice.as_str().into()),
                speed: None,
            }),
        }),
        ..SessionConfig::default()
    }
}

/// Without a provider's key: a secret for Viva's own `/v1/realtime`, whose plan is that one question.
async fn mint_own(
    state: &AppState,
    principal: &Principal,
    user_id: &str,
    interview: &Interview,
    number: u32,
    session: &SessionConfig,
    now: Timestamp,
) -> ApiResult<Minted> {
    let question = interview.questions.get(number.saturating_sub(1) as usize).cloned();
    let plan = Interview { questions: question.into_iter().collect(), ..interview.clone() };
    let grant = Grant {
        owner: principal.owner().unwrap_or(Owner::Local),
        user_id: Some(user_id.to_owned()),
        session_id: None,
        session: session.clone(),
        plan: Some(plan),
        expires_at: now + SignedDuration::from_secs(KEY_TTL_S as i64),
    };
    let minted = secret::mint(&state.database, grant, now).await?;
    Ok(Minted {
        value: minted.value.into(),
        expires_at_s: minted.expires_at.as_second(),
        session: match serde_json::to_value(session) {
            Ok(Value::Object(session)) => session,
            _ => Map::new(),
        },
    })
}

/// The provider's session with the contract's fields in it.
fn realtime_session(minted: Minted, asked: &SessionConfig, instructions: &str) -> RealtimeSession {
    let mut more = minted.session;
    let mut text = |name: &str| match more.remove(name) {
        Some(Value::String(text)) if !text.is_empty() => Some(text),
        _ => None,
    };
    let id = text("id").unwrap_or_else(|| format!("sess_{}", encode_128_bits(random::bytes())));
    let model = text("model").or_else(|| asked.model.clone()).unwrap_or_default();
    let voice = asked.audio.as_ref().and_then(|audio| audio.output.as_ref()?.voice.as_ref()?.as_str());
    let voice = voice.unwrap_or_default().to_owned();
    // What stands beside them under the same names is replaced.
    let ours = ["object", "client_secret", "modalities", "voice", "temperature", "instructions"];
    for name in ours {
        more.remove(name);
    }
    let beta_tokens = more.remove("max_response_output_tokens");
    let tokens = more.get("max_output_tokens").cloned().or(beta_tokens);
    RealtimeSession {
        id,
        object: "realtime.session",
        client_secret: ClientSecretBody {
            value: minted.value.expose_secret().to_owned(),
            expires_at: minted.expires_at_s,
        },
        model,
        modalities: ["audio", "text"],
        voice,
        temperature: 0.8,
        max_response_output_tokens: tokens.filter(|tokens| !tokens.is_null()).unwrap_or_else(|| json!("inf")),
        instructions: instructions.to_owned(),
        more,
    }
}

impl From<MintError> for ApiError {
    fn from(error: MintError) -> Self {
        tracing::warn!(%error, "no client secret from the speech provider");
        match error {
            MintError::NoKey { retry_after } => Self::retry(
                ErrorCode::UpstreamUnavailable,
                "No key of the speech provider can be used now; try again later, or have OPENAI_API_KEYS checked",
                (retry_after.as_millis().div_ceil(1_000) as u64).max(1),
            ),
            MintError::TimedOut => {
                Self::retry(ErrorCode::UpstreamTimeout, "The speech provider did not answer in time; try again", 5)
            }
            MintError::Refused { code, .. } => Self::new(
                ErrorCode::UpstreamFailed,
                format!("The speech provider refused the session ({code}); have VIVA_REALTIME_MODEL checked"),
            ),
            MintError::Unreachable | MintError::Failed(_) | MintError::Nonsense(_) => {
                Self::retry(ErrorCode::UpstreamFailed, "The speech provider failed; try again", 5)
            }
        }
    }
}
