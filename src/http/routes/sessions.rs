//! Sessions: start, consent, status, transcript, end, results.

use crate::{
    auth::Identity,
    domain::{
        auth::{Action, Decision, Owner, Principal, SessionStep, Token, may},
        event::QuestionNumber,
        id::{SessionId, encode_128_bits},
        interview::Interview,
        session::{EndReason, Status, StopReason},
    },
    http::{
        AppState,
        error::{ApiError, ApiResult},
        extract::{Body, Caller, ClientAddress, session_id},
        openapi::Problem,
        routes::{
            catalogue, exports,
            interviews::{self, Terms, terms},
            live::servers,
            now,
            scorecards::IncludeQuery,
            session_body::{
                ClientTranscript, ConsentBody, ConsentGiven, ConsentKept, ConsentState, ConsentText, Done, Ended,
                Endpoints, SessionStatus, Start, Started, Transcripts,
            },
            voice,
        },
    },
    random,
    results::Results,
    session::{Admission, CreateError, SessionHandle},
    spending::{DaySpent, NotAdmitted},
    store::{ClientMessage, Consent, InviteUse, NewSession, SessionRecord, StoreError},
    wire::error_code::ErrorCode,
};
use axum::{
    Json,
    extract::{Path, Query, State},
};
use jiff::{SignedDuration, Timestamp};
use std::net::IpAddr;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The routes of this file.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(start))
        .routes(routes!(status))
        .routes(routes!(consent))
        .routes(routes!(transcript, put_client_transcript))
        .routes(routes!(end))
        .routes(routes!(results))
}

/// Who a session is for, what it is, and who owns it.
struct Plan {
    interview: Interview,
    user_id: String,
    owner: Owner,
    admission: Admission,
}

/// Starts an interview: by a platform or a user, or by whoever holds the code of an invitation.
#[utoipa::path(
    post, path = "/api/interview/start", tag = "sessions", request_body = Start,
    security((), ("api_key" = []), ("bearer" = [])),
    responses(
        (status = 200, description = "The session is kept and waits for its candidate", body = Started),
        (status = 402, description = "`budget_used_up`: no interview begins before the day ends (`Retry-After`)",
         body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "`invite_used_up`, `invite_closed`", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub async fn start(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    caller: ApiResult<Caller>,
    Body(body): Body<Start>,
) -> ApiResult<Json<Started>> {
    let plan = plan(&state, address, caller, &body).await?;
    let session_id = SessionId::from_random(random::bytes());
    let token = Token::from_random(random::bytes());
    let created_at = now();
    let by_invite = matches!(plan.admission, Admission::Invite(_));
    // Whoever starts a session over the API has obtained the consent (DESIGN 6.3).
    let Terms { version, text } = terms(&plan.interview);
    let obtained = Consent { version: version.to_owned(), given_by: "starter".to_owned(), given_at: created_at };
    let new = NewSession {
        session_id: session_id.clone(),
        owner: plan.owner,
        user_id: Some(plan.user_id),
        interview: plan.interview,
        engine: state.registry.engine().to_owned(),
        token_hash: token.hash(),
        consent_required: by_invite,
        consent: (!by_invite).then_some(obtained),
        created_at,
        expires_at: created_at + SignedDuration::from_mins(15),
    };
    let (expires_at, recording) = (new.expires_at, new.interview.recording);
    let session = state.registry.create(new, plan.admission).await.map_err(refused_start)?;
    let ice = state.ice.servers_for_start(&session_id).await;
    let token = token.expose();
    Ok(Json(Started {
        session_id: session_id.to_string(),
        status: session.view().status.as_str(),
        token: token.to_owned(),
        ice_servers: servers(&ice.servers),
        expires_at,
        page_url: format!("{}/interview/{session_id}#token={token}", state.public_url),
        recording,
        consent: ConsentText { required: by_invite, version, text },
        endpoints: endpoints(&session_id),
    }))
}

async fn plan(state: &AppState, address: IpAddr, caller: ApiResult<Caller>, body: &Start) -> ApiResult<Plan> {
    check_text("/user_id", body.user_id.as_deref(), 128)?;
    check_text("/name", body.name.as_deref(), 80)?;
    if let Some(code) = &body.invite {
        if body.audio_codec.is_some() {
            return Err(ApiError::field("/audio_codec", "is the interview's to say with an invitation: leave it out"));
        }
        // The invitation is the credential: whoever holds its code may start, but not without end.
        limit_starts(state, address)?;
        let invite = interviews::find(state, code).await?;
        let code = interviews::code_hash(code).ok_or_else(ApiError::not_found)?;
        let user_id = body.user_id.clone().unwrap_or_else(|| format!("guest_{}", encode_128_bits(random::bytes())));
        return Ok(Plan {
            interview: invite.interview,
            user_id,
            owner: invite.owner,
            admission: Admission::Invite(code),
        });
    }
    let principal = caller?.principal_or_nobody(state).await?;
    let owner = match &principal {
        // Only where VIVA_PUBLIC_START is set is there such a principal.
        Principal::Nobody => {
            limit_starts(state, address)?;
            Owner::Public
        }
        known => {
            allowed(may(known, &Action::Create))?;
            known.owner().ok_or_else(ApiError::not_found)?
        }
    };
    let user_id = match (&principal, &body.user_id) {
        (Principal::User { sub, .. }, Some(given)) if given != sub => {
            return Err(ApiError::field("/user_id", "must be your own"));
        }
        (Principal::User { sub, .. }, _) => sub.clone(),
        (_, Some(given)) => given.clone(),
        (_, None) => return Err(ApiError::field("/user_id", "is missing: say who is interviewed")),
    };
    let mut interview = wanted(state, &principal, body).await?;
    interview.audio_codec = body.audio_codec.unwrap_or(interview.audio_codec);
    Ok(Plan { interview, user_id, owner, admission: Admission::Direct })
}

/// The interview that a body names.
async fn wanted(state: &AppState, principal: &Principal, body: &Start) -> ApiResult<Interview> {
    let wanted = body.kind.as_deref().or(body.interview_id.as_deref()).unwrap_or("general");
    let pointer = if body.kind.is_some() { "/kind" } else { "/interview_id" };
    let unknown = || ApiError::field(pointer, "is unknown: GET /api/v1/kinds lists what there is");
    match interviews::kind(state, wanted) {
        Some(kind) => Ok(kind.clone()),
        None if body.kind.is_some() => Err(unknown()),
        None => match catalogue::usable(state, principal, wanted).await {
            Err(error) if error.code == ErrorCode::NotFound => Err(unknown()),
            found => found,
        },
    }
}

fn limit_starts(state: &AppState, address: IpAddr) -> ApiResult<()> {
    let too_many = |wait_s| ApiError::retry(ErrorCode::RateLimited, "Too many starts from this address", wait_s);
    state.starts.take(address).map(|_| ()).map_err(too_many)
}

/// A short text of a body, where there is one.
pub fn check_text(pointer: &str, text: Option<&str>, chars_max: usize) -> ApiResult<()> {
    let Some(text) = text else { return Ok(()) };
    if text.trim().is_empty() || text.chars().count() > chars_max || text.chars().any(char::is_control) {
        return Err(ApiError::field(pointer, format!("must have 1 to {chars_max} printable characters")));
    }
    Ok(())
}

pub fn refused_start(error: CreateError) -> ApiError {
    match error {
        CreateError::AtCapacity | CreateError::Media(_) => {
            ApiError::retry(ErrorCode::AtCapacity, "All interview places are taken; try again later", 30)
        }
        CreateError::Draining => ApiError::retry(ErrorCode::Draining, "This server is about to stop; try again", 10),
        CreateError::Language(language) => ApiError::new(
            ErrorCode::LanguageUnavailable,
            format!(
                "The speech engine does not speak \"{language}\"; choose an English interview or set OPENAI_API_KEY"
            ),
        ),
        CreateError::Invite(InviteUse::NoSuchInvite) => ApiError::not_found(),
        CreateError::Invite(InviteUse::NotOpenYet) => {
            ApiError::new(ErrorCode::InviteNotOpen, "This invitation is not open yet; come back later")
        }
        CreateError::Invite(InviteUse::Over) => interviews::closed_invite(),
        CreateError::Invite(InviteUse::UsedUp | InviteUse::Started) => interviews::used_up_invite(),
        CreateError::Spending(refused) => not_admitted(refused),
        CreateError::Store(error) => error.into(),
    }
}

/// The day's budget is spent: says until when.
pub fn not_admitted(refused: NotAdmitted) -> ApiError {
    match refused {
        NotAdmitted::DaySpent(DaySpent { resets_at }) => {
            let wait_s = resets_at.as_second() - Timestamp::now().as_second();
            let detail = format!("What may be spent in a day (UTC) is spent; interviews begin again at {resets_at}");
            ApiError::retry(ErrorCode::BudgetUsedUp, &detail, u64::try_from(wait_s).unwrap_or_default().max(1))
        }
        NotAdmitted::Store(error) => error.into(),
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the store failed");
        Self::retry(ErrorCode::StoreUnavailable, "Nothing can be saved or read at the moment; try again", 5)
    }
}

/// Paths of a session.
fn endpoints(session_id: &SessionId) -> Endpoints {
    let at = |what: &str| format!("/api/interview/{session_id}/{what}");
    Endpoints {
        offer: at("rtc/offer"),
        answer: at("rtc/answer"),
        ice_candidate: at("rtc/ice-candidate"),
        ice_servers: at("ice-servers"),
        status: at("status"),
        transcript: at("transcript"),
        results: at("results"),
        end: at("end"),
        actions: at("actions"),
        events: at("events"),
        consent: at("consent"),
        whip: at("whip"),
    }
}

/// The session of the path, if the caller may do this with it. What is foreign and what is unknown look the same.
pub async fn authorised(state: &AppState, caller: Caller, id: &str, step: SessionStep) -> ApiResult<SessionRecord> {
    let principal = caller.principal_or_nobody(state).await?;
    let record = state.store.load_session(&session_id(id)?).await?.ok_or_else(ApiError::not_found)?;
    let step = match step {
        SessionStep::ReadResults { .. } => {
            SessionStep::ReadResults { candidate_may_read: record.interview.candidate_may_read_results }
        }
        other => other,
    };
    let action = Action::Session { session_id: &record.session_id, owner: &record.owner, step };
    allowed(may(&principal, &action))?;
    Ok(record)
}

/// A denial looks like absence.
pub fn allowed(decision: Decision) -> ApiResult<()> {
    match decision {
        Decision::Allow => Ok(()),
        Decision::Deny => Err(ApiError::not_found()),
    }
}

/// The live session behind a record.
pub fn live(state: &AppState, record: &SessionRecord) -> ApiResult<SessionHandle> {
    let ended = || ApiError::new(ErrorCode::SessionEnded, "The interview is over; its results can still be read");
    let session = state.registry.get(&record.session_id);
    session.filter(|session| session.view().status != Status::Ended).ok_or_else(ended)
}

/// The candidate agrees to the text in force. It is stored before it is acknowledged; until then no media is processed.
#[utoipa::path(
    post, path = "/api/interview/{session_id}/consent", tag = "sessions", request_body = ConsentBody,
    params(("session_id" = String, Path, example = "ses_00000000000000000000000000")),
    security((), ("api_key" = []), ("bearer" = [])),
    responses(
        (status = 200, description = "Kept; the first consent stays", body = ConsentKept),
        (status = 409, description = "`session_ended`", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn consent(
    State(state): State<AppState>,
    Path(id): Path<String>,
    caller: Caller,
    Body(body): Body<ConsentBody>,
) -> ApiResult<Json<ConsentKept>> {
    let record = authorised(&state, caller, &id, SessionStep::TakePart).await?;
    let in_force = terms(&record.interview).version;
    if body.version != in_force {
        return Err(ApiError::field("/version", format!("must be \"{in_force}\", the text in force")));
    }
    let session = live(&state, &record)?;
    let consent = match record.consents.into_iter().next() {
        Some(given) => given,
        None => {
            let given_by = "candidate".to_owned();
            let consent = Consent { version: body.version, given_by, given_at: now() };
            state.store.record_consent(&record.session_id, consent.clone()).await?;
            let ended = |_| ApiError::new(ErrorCode::SessionEnded, "The interview is over");
            session.consented().await.map_err(ended)?;
            consent
        }
    };
    let consent = ConsentGiven { version: consent.version, given_at: consent.given_at };
    Ok(Json(ConsentKept { session_id: record.session_id.to_string(), consent }))
}

/// What a session is doing, and what it is about.
#[utoipa::path(
    get, path = "/api/interview/{session_id}/status", tag = "sessions",
    params(("session_id" = String, Path, example = "ses_00000000000000000000000000")),
    security((), ("api_key" = []), ("bearer" = [])),
    responses((status = 200, body = SessionStatus))
)]
pub async fn status(
    State(state): State<AppState>,
    Path(id): Path<String>,
    caller: Caller,
) -> ApiResult<Json<SessionStatus>> {
    let record = authorised(&state, caller, &id, SessionStep::Watch).await?;
    let view = state.registry.get(&record.session_id).map(|session| session.view());
    let (status, end_reason) = match &view {
        Some(view) => (view.status, view.end_reason),
        None => (record.status, record.end_reason),
    };
    let Terms { version, text } = terms(&record.interview);
    let total = record.interview.questions.len();
    let number = view.as_ref().map_or_else(|| last_question(&record), |view| view.question.number);
    let may_read = record.interview.candidate_may_read_results;
    let started_at = record.started_at.or(view.as_ref().and_then(|view| view.started_at));
    Ok(Json(SessionStatus {
        session_id: record.session_id.to_string(),
        status: status.as_str(),
        end_reason: end_reason.map(EndReason::as_str),
        question: QuestionNumber { number, total: u32::try_from(total).unwrap_or(u32::MAX) },
        speaker: view.as_ref().and_then(|view| view.speaker),
        quality: view.as_ref().and_then(|view| view.quality),
        created_at: record.created_at,
        started_at,
        expires_at: record.expires_at,
        question_count: total,
        duration_minutes: interviews::minutes(&record.interview),
        time_limit_ms: state.registry.time_limit_ms(&record.interview),
        host: record.interview.host,
        contact: record.interview.contact,
        next_steps: record.interview.next_steps,
        recording: record.interview.recording,
        candidate_may_read_results: may_read,
        consent: ConsentState {
            required: record.consent_required,
            version,
            text,
            given_at: record.consents.first().map(|consent| consent.given_at),
        },
        results_url: may_read.then(|| format!("/results/{}", record.session_id)),
        engine: record.engine,
        title: record.interview.title,
        description: record.interview.description,
    }))
}

/// The last question that an ended session came to; 0 for none.
fn last_question(record: &SessionRecord) -> u32 {
    record.questions.iter().map(|question| question.number).max().unwrap_or(0)
}

/// Messages of one client transcript.
const CLIENT_MESSAGES_MAX: usize = 2_000;

/// Replaces the client's own copy of the conversation. It is kept beside the server's transcript, never merged into it.
#[utoipa::path(
    post, path = "/api/interview/{session_id}/transcript", tag = "sessions", request_body = ClientTranscript,
    params(("session_id" = String, Path, example = "ses_00000000000000000000000000")),
    security((), ("api_key" = []), ("bearer" = [])),
    responses((status = 200, body = Done))
)]
pub async fn put_client_transcript(
    State(state): State<AppState>,
    Path(id): Path<String>,
    caller: Caller,
    Body(body): Body<ClientTranscript>,
) -> ApiResult<Json<Done>> {
    let record = authorised(&state, caller, &id, SessionStep::TakePart).await?;
    if body.messages.len() > CLIENT_MESSAGES_MAX {
        return Err(ApiError::field("/messages", format!("may have at most {CLIENT_MESSAGES_MAX} entries")));
    }
    let messages = body.messages.into_iter().map(|message| ClientMessage {
        role: message.role.as_str().to_owned(),
        content: message.content,
        timestamp: message.timestamp.to_string().into(),
    });
    let messages = messages.collect();
    state.store.put_client_transcript(&record.session_id, messages).await?;
    Ok(Json(Done { success: true, session_id: record.session_id.to_string() }))
}

/// What was said so far: the server's transcript, and the client's own copy.
#[utoipa::path(
    get, path = "/api/interview/{session_id}/transcript", tag = "sessions",
    params(("session_id" = String, Path, example = "ses_00000000000000000000000000")),
    security((), ("api_key" = []), ("bearer" = [])),
    responses((status = 200, body = Transcripts))
)]
pub async fn transcript(
    State(state): State<AppState>,
    Path(id): Path<String>,
    caller: Caller,
) -> ApiResult<Json<Transcripts>> {
    let record = authorised(&state, caller, &id, SessionStep::Watch).await?;
    let Results { session_id, transcript, client_transcript, .. } = Results::from(record);
    Ok(Json(Transcripts { session_id, transcript, client_transcript }))
}

/// Ends a session; again changes nothing.
#[utoipa::path(
    post, path = "/api/interview/{session_id}/end", tag = "sessions",
    params(("session_id" = String, Path, example = "ses_00000000000000000000000000")),
    security((), ("api_key" = []), ("bearer" = [])),
    responses((status = 200, body = Ended))
)]
pub async fn end(State(state): State<AppState>, Path(id): Path<String>, caller: Caller) -> ApiResult<Json<Ended>> {
    let principal_is_candidate = matches!(caller.0, Identity::Candidate { .. });
    let record = authorised(&state, caller, &id, SessionStep::End).await?;
    let reason = if principal_is_candidate { StopReason::Candidate } else { StopReason::Platform };
    let (status, end_reason) = match state.registry.get(&record.session_id) {
        Some(session) => {
            let view = session.end(reason).await;
            (view.status, view.end_reason)
        }
        None if record.interview.kind == voice::KIND => {
            let reason = if principal_is_candidate { EndReason::CandidateEnded } else { EndReason::PlatformEnded };
            (Status::Ended, voice::finish_record(&state, &record, reason).await?)
        }
        None => (Status::Ended, record.end_reason),
    };
    Ok(Json(Ended {
        success: true,
        session_id: record.session_id.to_string(),
        status: status.as_str(),
        end_reason: end_reason.map(EndReason::as_str),
    }))
}

/// The results: there from the start, and growing. For platforms and owners, and for the candidate if the interview
/// says so.
#[utoipa::path(
    get, path = "/api/interview/{session_id}/results", tag = "sessions",
    params(("session_id" = String, Path, example = "ses_00000000000000000000000000"), IncludeQuery),
    security((), ("api_key" = []), ("bearer" = [])),
    responses((status = 200, body = Results))
)]
pub async fn results(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Query(include): Query<IncludeQuery>,
    caller: Caller,
) -> ApiResult<Json<Results>> {
    let identity = caller.0.clone();
    let step = SessionStep::ReadResults { candidate_may_read: false };
    let record = authorised(&state, caller, &id, step).await?;
    Ok(Json(exports::completed(&state, record, &identity, &include).await?))
}
