//! Interviews of one's own: written from scratch or from a built-in kind, listed, changed, deleted.

use crate::{
    domain::{
        auth::{Action, Owner, Principal, may},
        id::encode_128_bits,
        interview::{Interview, InterviewLimits, Question},
    },
    http::{
        AppState,
        error::{ApiError, ApiResult},
        extract::{Body, Caller},
        openapi::Problem,
        paging::{self, PageQuery},
        routes::{
            catalogue_body::{InterviewBody, InterviewList, InterviewView, QuestionBody},
            interviews, now,
            sessions::allowed,
        },
    },
    random,
    session::CreateError,
    store::{Changed, InterviewRecord, ListPosition},
    wire::error_code::ErrorCode,
};
use axum::{
    Json,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
};
use utoipa_axum::{router::OpenApiRouter, routes};

/// The routes of this file.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(create, list)).routes(routes!(get, update, delete))
}

/// Writes an interview: from `kind`, from scratch, or from a kind with changes.
#[utoipa::path(
    post, path = "/api/v1/interviews", tag = "interviews", request_body = InterviewBody,
    security(("api_key" = []), ("bearer" = [])),
    responses((status = 201, description = "It is kept; `Location` and `ETag` lead to it", body = InterviewView))
)]
pub async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Body(body): Body<InterviewBody>,
) -> ApiResult<(StatusCode, HeaderMap, Json<InterviewView>)> {
    let principal = caller.principal(&state).await?;
    allowed(may(&principal, &Action::Create))?;
    let owner = principal.owner().ok_or_else(ApiError::not_found)?;
    let mut interview = base(&state, &body)?;
    interview.id = format!("int_{}", encode_128_bits(random::bytes()));
    apply(&mut interview, body);
    check(&state, &interview)?;
    let at = now();
    let record = InterviewRecord { owner, interview, version: 1, created_at: at, updated_at: at };
    state.database.create_interview(record.clone()).await?;
    let mut headers = etag(record.version);
    if let Ok(location) = HeaderValue::from_str(&format!("/api/v1/interviews/{}", record.interview.id)) {
        headers.insert(header::LOCATION, location);
    }
    Ok((StatusCode::CREATED, headers, Json(record.into())))
}

/// One's own interviews, newest first; a platform sees all.
#[utoipa::path(
    get, path = "/api/v1/interviews", tag = "interviews", params(PageQuery),
    security(("api_key" = []), ("bearer" = [])),
    responses((status = 200, description = "`Link` leads to the next page", body = InterviewList))
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(page): Query<PageQuery>,
) -> ApiResult<(HeaderMap, Json<InterviewList>)> {
    let principal = caller.principal(&state).await?;
    allowed(may(&principal, &Action::Create))?;
    let owner = match &principal {
        Principal::User { .. } => principal.owner(),
        _ => None,
    };
    let (limit, after) = (page.limit()?, page.after()?);
    let mut found = state.database.list_interviews(owner.as_ref(), after.as_ref(), limit + 1).await?;
    let position =
        |record: &InterviewRecord| ListPosition { created_at: record.created_at, id: record.interview.id.clone() };
    let next_cursor = paging::cut(&mut found, limit, position);
    let headers = paging::link("/api/v1/interviews", limit, next_cursor.as_deref());
    let interviews = found.into_iter().map(InterviewView::from).collect();
    Ok((headers, Json(InterviewList { interviews, next_cursor })))
}

/// One interview: one's own, or a built-in one by the name of its kind.
#[utoipa::path(
    get, path = "/api/v1/interviews/{interview_id}", tag = "interviews",
    params(("interview_id" = String, Path, description = "One's own, or a kind", example = "general")),
    security(("api_key" = []), ("bearer" = [])),
    responses((status = 200, body = InterviewView))
)]
pub async fn get(
    State(state): State<AppState>,
    Path(id): Path<String>,
    caller: Caller,
) -> ApiResult<(HeaderMap, Json<InterviewView>)> {
    let principal = caller.principal(&state).await?;
    allowed(may(&principal, &Action::Create))?;
    if let Some(kind) = interviews::kind(&state, &id) {
        return Ok((HeaderMap::new(), Json(InterviewView::built_in(kind))));
    }
    let record = own(&state, &principal, &id).await?;
    Ok((etag(record.version), Json(record.into())))
}

/// Changes what the body names; what it leaves out stays. Sessions and invites that exist keep their copy.
#[utoipa::path(
    patch, path = "/api/v1/interviews/{interview_id}", tag = "interviews", request_body = InterviewBody,
    params(
        ("interview_id" = String, Path),
        ("If-Match" = Option<String>, Header, description = "An `ETag`: change only that version", example = "\"1\"")
    ),
    security(("api_key" = []), ("bearer" = [])),
    responses(
        (status = 200, body = InterviewView),
        (status = 412, description = "`precondition_failed`", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn update(
    State(state): State<AppState>,
    Path(id): Path<String>,
    caller: Caller,
    headers: HeaderMap,
    Body(body): Body<InterviewBody>,
) -> ApiResult<(HeaderMap, Json<InterviewView>)> {
    let principal = caller.principal(&state).await?;
    let mut record = own(&state, &principal, &id).await?;
    // Without If-Match the version that was read here counts: two changes at once never undo each other.
    let expected = if_match(&headers)?.or(Some(record.version));
    apply(&mut record.interview, body);
    check(&state, &record.interview)?;
    record.updated_at = now();
    let changed = state.database.replace_interview(record.interview.clone(), expected, record.updated_at).await?;
    record.version = settled(changed)?;
    Ok((etag(record.version), Json(record.into())))
}

/// Deletes an interview and closes its invites. Sessions keep their copy of it.
#[utoipa::path(
    delete, path = "/api/v1/interviews/{interview_id}", tag = "interviews",
    params(
        ("interview_id" = String, Path),
        ("If-Match" = Option<String>, Header, description = "An `ETag`: delete only that version", example = "\"1\"")
    ),
    security(("api_key" = []), ("bearer" = [])),
    responses(
        (status = 204, description = "It is gone"),
        (status = 412, description = "`precondition_failed`", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn delete(
    State(state): State<AppState>,
    Path(id): Path<String>,
    caller: Caller,
    headers: HeaderMap,
) -> ApiResult<StatusCode> {
    let principal = caller.principal(&state).await?;
    let record = own(&state, &principal, &id).await?;
    let changed = state.database.delete_interview(&record.interview.id, if_match(&headers)?, now()).await?;
    settled(changed)?;
    Ok(StatusCode::NO_CONTENT)
}

/// The interview that a principal may use: a built-in kind, or one of its own.
pub async fn usable(state: &AppState, principal: &Principal, id: &str) -> ApiResult<Interview> {
    match interviews::kind(state, id) {
        Some(kind) => Ok(kind.clone()),
        None => own(state, principal, id).await.map(|record| record.interview),
    }
}

/// The interview of the path, if it is the principal's. What is foreign and what is unknown look the same.
pub async fn own(state: &AppState, principal: &Principal, id: &str) -> ApiResult<InterviewRecord> {
    let record = state.database.find_interview(id).await?.ok_or_else(ApiError::not_found)?;
    allowed(may(principal, &Action::Interview { owner: &record.owner }))?;
    Ok(record)
}

/// What a body without some fields begins with.
fn base(state: &AppState, body: &InterviewBody) -> ApiResult<Interview> {
    if let Some(kind) = &body.kind
        && (body.questions.is_none() || interviews::kind(state, kind).is_some())
    {
        let found = interviews::kind(state, kind).cloned();
        return found.ok_or_else(|| ApiError::field("/kind", "is unknown: GET /api/v1/kinds lists what there is"));
    }
    for (pointer, missing) in [("/title", body.title.is_none()), ("/questions", body.questions.is_none())] {
        if missing {
            return Err(ApiError::field(pointer, "is missing; or name a kind to begin with"));
        }
    }
    Ok(Interview { kind: "custom".to_owned(), ..Interview::default() })
}

/// Puts into an interview what a body names.
fn apply(interview: &mut Interview, body: InterviewBody) {
    let texts = [
        (&mut interview.kind, body.kind),
        (&mut interview.title, body.title),
        (&mut interview.description, body.description),
        (&mut interview.language, body.language),
        (&mut interview.persona, body.persona),
        (&mut interview.instructions, body.instructions),
        (&mut interview.host, body.host),
        (&mut interview.contact, body.contact),
        (&mut interview.next_steps, body.next_steps),
    ];
    for (field, given) in texts {
        given.into_iter().for_each(|text| *field = text);
    }
    if let Some(questions) = body.questions {
        interview.questions = questions.into_iter().map(QuestionBody::into_question).collect::<Vec<Question>>();
    }
    if let Some(limits) = body.limits {
        let InterviewLimits { max_duration_ms, silence_ms, cost_usd_max } = interview.limits;
        interview.limits = InterviewLimits {
            max_duration_ms: limits.max_duration_ms.unwrap_or(max_duration_ms),
            silence_ms: limits.silence_ms.unwrap_or(silence_ms),
            cost_usd_max: limits.cost_usd_max.or(cost_usd_max),
        };
    }
    if let Some(retention) = body.retention {
        interview.retention = retention.over(interview.retention);
    }
    interview.recording = body.recording.unwrap_or(interview.recording);
    interview.audio_codec = body.audio_codec.unwrap_or(interview.audio_codec);
    interview.candidate_may_read_results =
        body.candidate_may_read_results.unwrap_or(interview.candidate_may_read_results);
}

/// Everything that is wrong with it, and whether the engine speaks its language.
fn check(state: &AppState, interview: &Interview) -> ApiResult<()> {
    if let Err(errors) = interview.validate() {
        let fields: Vec<(String, String)> = errors.into_iter().map(|error| (error.pointer, error.detail)).collect();
        let detail = fields.iter().map(|(at, detail)| format!("{} {detail}", at.trim_start_matches('/')));
        let detail = detail.collect::<Vec<_>>().join("; ");
        return Err(ApiError { fields, ..ApiError::new(ErrorCode::InvalidRequest, detail) });
    }
    state.registry.check_language(&interview.language).map_err(|error| match error {
        CreateError::Language(_) => ApiError {
            fields: vec![("/language".to_owned(), "is not spoken by the speech engine".to_owned())],
            ..super::sessions::refused_start(error)
        },
        other => super::sessions::refused_start(other),
    })
}

fn settled(changed: Changed) -> ApiResult<u64> {
    match changed {
        Changed::Done { version } => Ok(version),
        Changed::Unknown => Err(ApiError::not_found()),
        Changed::OtherVersion { .. } => Err(ApiError::new(
            ErrorCode::PreconditionFailed,
            "Somebody changed it meanwhile: read it again, then change what you find",
        )),
    }
}

fn etag(version: u64) -> HeaderMap {
    let value = HeaderValue::from_str(&format!("\"{version}\""));
    value.into_iter().map(|value| (header::ETAG, value)).collect()
}

/// The version that `If-Match` (RFC 9110, section 13.1.1) names; `*` is any.
fn if_match(headers: &HeaderMap) -> ApiResult<Option<u64>> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    // A tag that is none of ours names no version that there is.
    Ok(Some(text.trim_matches('"').parse().unwrap_or(0)))
}

impl From<InterviewRecord> for InterviewView {
    fn from(record: InterviewRecord) -> Self {
        let owner = match &record.owner {
            Owner::User { sub } => Some(sub.clone()),
            Owner::Local | Owner::Platform | Owner::Public => None,
        };
        Self {
            owner_id: owner,
            built_in: false,
            version: Some(record.version),
            created_at: Some(record.created_at),
            updated_at: Some(record.updated_at),
            ..Self::built_in(&record.interview)
        }
    }
}
