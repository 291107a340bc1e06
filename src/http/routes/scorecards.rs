//! Scores: a person's own first, then the proposal beside it. For platforms and owners, never for the candidate.

use crate::{
    auth::Identity,
    domain::{
        auth::{Action, SessionStep, may},
        id::encode_128_bits,
        interview::{FieldError, bounds, check_rubric},
        scorecard::{
            QuestionRubric,
            card::{self, Score, is_note},
            pins::rubric_sha256,
            record::{Author, AuthorKind},
            rubric_of,
        },
        session::Status,
    },
    http::{
        AppState,
        error::{ApiError, ApiResult},
        extract::{Body, Caller, session_id},
        openapi::Problem,
        routes::{catalogue_body::CriterionBody, now, sessions::allowed},
    },
    random,
    results::evaluation::{ProposalView, ScorecardView, Scores, Viewer},
    store::{
        SessionRecord, StoreError,
        scorecards::{CardBody, NewScorecard},
    },
    wire::error_code::ErrorCode,
};
use axum::{
    Json,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

/// The routes of this file.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(score, list)).routes(routes!(get)).routes(routes!(evaluate, evaluation))
}

/// What is to be in the answer beside the rest.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct IncludeQuery {
    /// `proposal`: a platform sees proposals without having scored. Whoever else asks sees them after their own score.
    #[param(example = "proposal")]
    include: Option<String>,
}

/// A person's scores.
#[derive(Deserialize, ToSchema)]
pub struct ScorecardBody {
    /// One for each criterion of the interview's rubric.
    #[schema(min_items = 1, max_items = 500)]
    pub scores: Vec<Score>,
    /// About the whole.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub note: String,
    /// Who scored, in a platform's own words; for platforms only.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 128, example = "interviewer-7")]
    pub on_behalf_of: Option<String>,
}

/// Scorecards of a session.
#[derive(Serialize, ToSchema)]
pub struct Scorecards {
    pub session_id: String,
    /// There are proposals, and the reader has to score first.
    pub hidden_until_scored: bool,
    /// The newest revision of each.
    pub scorecards: Vec<ScorecardView>,
}

/// One scorecard.
#[derive(Serialize, ToSchema)]
pub struct ScorecardHistory {
    pub session_id: String,
    pub scorecard_id: String,
    /// Oldest first; the last one counts.
    pub revisions: Vec<ScorecardView>,
}

/// With what to judge.
#[derive(Deserialize, ToSchema)]
pub struct EvaluationBody {
    /// Another rubric than the interview's own, to see what it would make of the same answers. What it gives stands
    /// beside what there is.
    #[serde(default)]
    #[schema(min_items = 1, max_items = 50)]
    pub rubric: Option<Vec<QuestionRubricBody>>,
}

/// The criteria of one question.
#[derive(Deserialize, ToSchema)]
pub struct QuestionRubricBody {
    /// From 1.
    #[schema(minimum = 1, maximum = 50, example = 1)]
    pub question: u32,
    #[schema(min_items = 1, max_items = 10)]
    pub criteria: Vec<CriterionBody>,
}

/// What was begun or found.
#[derive(Serialize, ToSchema)]
pub struct EvaluationRun {
    pub session_id: String,
    pub hidden_until_scored: bool,
    pub proposal: ProposalView,
}

/// Every proposal of a session.
#[derive(Serialize, ToSchema)]
pub struct Proposals {
    pub session_id: String,
    pub hidden_until_scored: bool,
    /// Oldest first.
    pub proposals: Vec<ProposalView>,
}

/// Proposals of one session; more are refused.
const PROPOSALS_MAX: usize = 50;

/// Scores an interview that is over. Scored again by the same author it becomes the next revision; the earlier ones
/// stay.
#[utoipa::path(
    post, path = "/api/interview/{session_id}/scorecards", tag = "scores", request_body = ScorecardBody,
    params(("session_id" = String, Path, example = "ses_00000000000000000000000000")),
    security(("api_key" = []), ("bearer" = [])),
    responses(
        (status = 201, description = "It is kept; `Location` leads to it", body = ScorecardView),
        (status = 409, description = "`conflict`: the interview is not over, or has no rubric", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub async fn score(
    State(state): State<AppState>,
    Path(id): Path<String>,
    caller: Caller,
    Body(body): Body<ScorecardBody>,
) -> ApiResult<(StatusCode, HeaderMap, Json<ScorecardView>)> {
    let author = author(&caller.0, body.on_behalf_of.as_deref())?;
    let record = judged(&state, caller, &id).await?;
    must_be_over(&record)?;
    let rubric = rubric_of(&record.interview);
    if rubric.is_empty() {
        return Err(ApiError::new(ErrorCode::Conflict, "This interview has no rubric to score by"));
    }
    let mut errors = card::check(&body.scores, &rubric);
    if !is_note(&body.note) {
        let detail = format!("must have at most {} printable characters", card::NOTE_CHARS_MAX);
        errors.push(FieldError { pointer: "/note".to_owned(), detail });
    }
    refuse(errors)?;
    let kept = state.database.add_scorecard(NewScorecard {
        scorecard_id: format!("sc_{}", encode_128_bits(random::bytes())),
        session_id: record.session_id.clone(),
        proposal_is_hidden: author.kind != AuthorKind::Platform,
        author: author.clone(),
        body: CardBody { scores: body.scores, note: body.note },
        rubric_sha256: rubric_sha256(&rubric),
        created_at: now(),
    });
    let kept = kept.await.map_err(|error| match error {
        StoreError::Exists => ApiError::new(ErrorCode::Conflict, "Another revision is being kept; send it again"),
        StoreError::Unknown => ApiError::not_found(),
        other => other.into(),
    })?;
    // Whoever has scored sees the rest.
    let scores = Scores::read(&state.database, &record, &Viewer { author, sees_proposals: false }).await?;
    let made = scores.revisions(&kept.scorecard_id).into_iter().find(|card| card.revision == kept.revision);
    let made = made.ok_or_else(ApiError::not_found)?;
    let mut headers = HeaderMap::new();
    let path = format!("/api/interview/{}/scorecards/{}", record.session_id, kept.scorecard_id);
    if let Ok(location) = HeaderValue::from_str(&path) {
        headers.insert(header::LOCATION, location);
    }
    Ok((StatusCode::CREATED, headers, Json(made)))
}

/// The scorecards of a session. Those of others are shown to whoever has scored.
#[utoipa::path(
    get, path = "/api/interview/{session_id}/scorecards", tag = "scores",
    params(("session_id" = String, Path, example = "ses_00000000000000000000000000"), IncludeQuery),
    security(("api_key" = []), ("bearer" = [])),
    responses((status = 200, body = Scorecards))
)]
pub async fn list(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Query(query): Query<IncludeQuery>,
    caller: Caller,
) -> ApiResult<Json<Scorecards>> {
    let viewer = viewer(&caller.0, &query)?;
    let record = judged(&state, caller, &id).await?;
    let scores = Scores::read(&state.database, &record, &viewer).await?;
    Ok(Json(Scorecards {
        session_id: record.session_id.to_string(),
        hidden_until_scored: scores.hides_proposals(),
        scorecards: scores.scorecards(),
    }))
}

/// One scorecard with all its revisions.
#[utoipa::path(
    get, path = "/api/interview/{session_id}/scorecards/{scorecard_id}", tag = "scores",
    params(
        ("session_id" = String, Path, example = "ses_00000000000000000000000000"),
        ("scorecard_id" = String, Path, example = "sc_00000000000000000000000000"),
        IncludeQuery
    ),
    security(("api_key" = []), ("bearer" = [])),
    responses((status = 200, body = ScorecardHistory))
)]
pub async fn get(
    State(state): State<AppState>,
    Path((id, scorecard_id)): Path<(String, String)>,
    Query(query): Query<IncludeQuery>,
    caller: Caller,
) -> ApiResult<Json<ScorecardHistory>> {
    let viewer = viewer(&caller.0, &query)?;
    let record = judged(&state, caller, &id).await?;
    let revisions = Scores::read(&state.database, &record, &viewer).await?.revisions(&scorecard_id);
    if revisions.is_empty() {
        return Err(ApiError::not_found());
    }
    Ok(Json(ScorecardHistory { session_id: record.session_id.to_string(), scorecard_id, revisions }))
}

/// Has the answers of an interview that is over judged again. The same inputs are the same record, and nobody is asked
/// twice; what failed is tried again; another rubric makes a record of its own. 202: the evaluator is being asked.
#[utoipa::path(
    post, path = "/api/interview/{session_id}/evaluation", tag = "scores", request_body = EvaluationBody,
    params(("session_id" = String, Path, example = "ses_00000000000000000000000000"), IncludeQuery),
    security(("api_key" = []), ("bearer" = [])),
    responses(
        (status = 200, description = "It is there already, or there is nobody to ask", body = EvaluationRun),
        (status = 202, description = "The evaluator is being asked", body = EvaluationRun),
        (status = 409, description = "`conflict`: the interview is not over, has no rubric, or too many proposals",
            body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn evaluate(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Query(query): Query<IncludeQuery>,
    caller: Caller,
    Body(body): Body<EvaluationBody>,
) -> ApiResult<(StatusCode, Json<EvaluationRun>)> {
    let viewer = viewer(&caller.0, &query)?;
    let record = judged(&state, caller, &id).await?;
    must_be_over(&record)?;
    let rubric = body.rubric.map(|rubric| rubric_of_body(rubric, &record)).transpose()?;
    if state.database.proposals(&record.session_id).await?.len() >= PROPOSALS_MAX {
        let detail = format!("There are {PROPOSALS_MAX} proposals already");
        return Err(ApiError::new(ErrorCode::Conflict, detail));
    }
    let begun = match state.scoring.begin(&record, rubric).await {
        Err(StoreError::Unknown) => return Err(ApiError::not_found()),
        begun => begun?,
    };
    let no_rubric = || ApiError::new(ErrorCode::Conflict, "This interview has no rubric; send one to judge by");
    let begun = begun.ok_or_else(no_rubric)?;
    let asks = state.scoring.evaluate_later(&begun).await?;
    let scores = Scores::read(&state.database, &record, &viewer).await?;
    let proposal = scores.proposals().into_iter().find(|one| one.proposal_id == begun.proposal_id);
    let run = EvaluationRun {
        session_id: record.session_id.to_string(),
        hidden_until_scored: scores.hides_proposals(),
        proposal: proposal.ok_or_else(ApiError::not_found)?,
    };
    Ok((if asks { StatusCode::ACCEPTED } else { StatusCode::OK }, Json(run)))
}

/// Every proposal of a session, with what each rests on.
#[utoipa::path(
    get, path = "/api/interview/{session_id}/evaluation", tag = "scores",
    params(("session_id" = String, Path, example = "ses_00000000000000000000000000"), IncludeQuery),
    security(("api_key" = []), ("bearer" = [])),
    responses((status = 200, body = Proposals))
)]
pub async fn evaluation(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Query(query): Query<IncludeQuery>,
    caller: Caller,
) -> ApiResult<Json<Proposals>> {
    let viewer = viewer(&caller.0, &query)?;
    let record = judged(&state, caller, &id).await?;
    let scores = Scores::read(&state.database, &record, &viewer).await?;
    Ok(Json(Proposals {
        session_id: record.session_id.to_string(),
        hidden_until_scored: scores.hides_proposals(),
        proposals: scores.proposals(),
    }))
}

/// The session of the path, for whoever may judge it: never its candidate, whatever the interview says about results.
async fn judged(state: &AppState, caller: Caller, id: &str) -> ApiResult<SessionRecord> {
    let principal = caller.principal(state).await?;
    let record = state.store.load_session(&session_id(id)?).await?.ok_or_else(ApiError::not_found)?;
    let step = SessionStep::ReadResults { candidate_may_read: false };
    allowed(may(&principal, &Action::Session { session_id: &record.session_id, owner: &record.owner, step }))?;
    Ok(record)
}

fn must_be_over(record: &SessionRecord) -> ApiResult<()> {
    if record.status == Status::Ended {
        return Ok(());
    }
    Err(ApiError::new(ErrorCode::Conflict, "The interview is not over: what is still to be said counts too"))
}

/// Who reads. A candidate, who reads nothing here, is refused by [`judged`].
pub fn viewer(identity: &Identity, query: &IncludeQuery) -> ApiResult<Viewer> {
    let includes = match query.include.as_deref() {
        None | Some("") => false,
        Some("proposal") => true,
        Some(_) => return Err(ApiError::field("/include", "must be \"proposal\"")),
    };
    let sees_proposals = includes && matches!(identity, Identity::Platform);
    Ok(Viewer { author: author(identity, None)?, sees_proposals })
}

/// Who scores, by the credential alone; a platform may say for whom.
pub fn author(identity: &Identity, on_behalf_of: Option<&str>) -> ApiResult<Author> {
    let of = |kind, id: &str, name: &str| Author { kind, id: id.to_owned(), name: name.to_owned() };
    match (identity, on_behalf_of) {
        (Identity::Platform, Some(person)) => {
            if person.trim().is_empty() || person.chars().count() > 128 || person.chars().any(char::is_control) {
                return Err(ApiError::field("/on_behalf_of", "must have 1 to 128 printable characters"));
            }
            Ok(of(AuthorKind::Platform, person, person))
        }
        (Identity::Platform, None) => Ok(of(AuthorKind::Platform, "", "")),
        (Identity::User { .. } | Identity::Local, Some(_)) => {
            Err(ApiError::field("/on_behalf_of", "is for platforms; you score as yourself"))
        }
        (Identity::User { sub, name }, None) => Ok(of(AuthorKind::User, sub, name)),
        (Identity::Local | Identity::Nobody | Identity::Candidate { .. }, _) => Ok(of(AuthorKind::Local, "", "")),
    }
}

/// A rubric that somebody tries, in the order of the questions.
fn rubric_of_body(body: Vec<QuestionRubricBody>, record: &SessionRecord) -> ApiResult<Vec<QuestionRubric>> {
    let mut errors = Vec::new();
    let mut push = |pointer: String, detail: &str| errors.push(FieldError { pointer, detail: detail.to_owned() });
    if body.is_empty() || body.len() > bounds::QUESTIONS_MAX {
        push("/rubric".to_owned(), "must have 1 to 50 questions");
    }
    let mut rubric: Vec<QuestionRubric> = Vec::new();
    let mut wrong = Vec::new();
    for (at, one) in body.into_iter().enumerate().take(bounds::QUESTIONS_MAX) {
        let asked = usize::try_from(one.question).is_ok_and(|n| (1..=record.interview.questions.len()).contains(&n));
        if !asked {
            push(format!("/rubric/{at}/question"), "is no question of this interview");
        }
        if rubric.iter().any(|other| other.question == one.question) {
            push(format!("/rubric/{at}/question"), "is there already");
        }
        if one.criteria.is_empty() {
            push(format!("/rubric/{at}/criteria"), "must have 1 to 10 criteria");
        }
        let criteria: Vec<_> = one.criteria.into_iter().map(Into::into).collect();
        check_rubric(&criteria, &format!("/rubric/{at}/criteria"), &mut wrong);
        rubric.push(QuestionRubric { question: one.question, criteria });
    }
    errors.append(&mut wrong);
    refuse(errors)?;
    rubric.sort_by_key(|one| one.question);
    Ok(rubric)
}

/// All that is wrong, at once.
fn refuse(errors: Vec<FieldError>) -> ApiResult<()> {
    if errors.is_empty() {
        return Ok(());
    }
    let fields: Vec<(String, String)> = errors.into_iter().map(|error| (error.pointer, error.detail)).collect();
    let detail = fields.iter().map(|(at, detail)| format!("{} {detail}", at.trim_start_matches('/')));
    let detail = detail.collect::<Vec<_>>().join("; ");
    Err(ApiError { fields, ..ApiError::new(ErrorCode::InvalidRequest, detail) })
}
