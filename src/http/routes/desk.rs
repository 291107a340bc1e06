//! What the pages of interviewers begin with: who one is, and the list of one's sessions.

use crate::{
    auth::Identity,
    domain::{
        auth::{Action, Principal, may},
        event::QuestionNumber,
        id::UserId,
        session::{EndReason, Status},
    },
    http::{
        AppState,
        error::{ApiError, ApiResult},
        extract::{Caller, member},
        paging::{self, PageQuery},
        routes::{scorecards::author, sessions::allowed},
    },
    store::{DeskFilter, DeskSession, ListPosition},
};
use axum::{
    Json,
    extract::{Query, State},
    http::HeaderMap,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

/// Longest id of an interview that is looked for.
const INTERVIEW_ID_BYTES_MAX: usize = 200;

/// The routes of this file.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(me)).routes(routes!(sessions))
}

/// Who one is, and what this server offers to interviewers.
#[derive(Serialize, ToSchema)]
pub struct Me {
    #[schema(value_type = PrincipalName)]
    principal: &'static str,
    /// Of users.
    #[schema(required, example = "usr_01k0000000000000000000000a")]
    user_id: Option<String>,
    /// Of users: the user name.
    #[schema(required, example = "ann")]
    name: Option<String>,
    /// The proved address of whoever signed in here; null for users of an identity provider.
    #[schema(required, example = "user@example.com")]
    email: Option<String>,
    /// People can sign in by a mailed code.
    can_sign_in: bool,
    /// Invitations can be mailed.
    can_mail: bool,
    /// Mails go to `GET /dev/outbox` instead of to people.
    is_development: bool,
    /// Pages of other sites may show the embedded interview (`VIVA_EMBED_ORIGINS`).
    embed_allowed: bool,
}

/// Who may be somebody.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "for the description only")]
enum PrincipalName {
    Local,
    Platform,
    User,
}

/// Who the credential says one is.
#[utoipa::path(
    get, path = "/api/v1/me", tag = "desk", security(("api_key" = []), ("bearer" = [])),
    responses((status = 200, body = Me))
)]
pub async fn me(State(state): State<AppState>, caller: Caller) -> ApiResult<Json<Me>> {
    let principal = caller.principal(&state).await?;
    member(&principal)?;
    let (name, user) = match &principal {
        Principal::User { sub, name } => (Some(name.clone()), Some(UserId::new(sub.clone()))),
        _ => (None, None),
    };
    let account = match &user {
        Some(user_id) => state.database.user(user_id).await?,
        None => None,
    };
    Ok(Json(Me {
        principal: match principal {
            Principal::Local => "local",
            Principal::Platform => "platform",
            Principal::User { .. } | Principal::Candidate { .. } | Principal::Nobody => "user",
        },
        user_id: user.map(|user_id| user_id.to_string()),
        name,
        email: account.map(|account| account.email.as_str().to_owned()),
        can_sign_in: state.sign_in.is_configured(),
        can_mail: state.mailer.is_configured(),
        is_development: state.mailer.is_outbox(),
        embed_allowed: state.pages.may_be_embedded(),
    }))
}

/// Which sessions.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SessionsQuery {
    /// Sessions of this interview, or of this kind.
    #[param(example = "general")]
    interview_id: Option<String>,
    /// `live`: those that have not ended; `ended`: the others.
    #[param(example = "live", pattern = "^(live|ended)$")]
    state: Option<String>,
}

/// A page of sessions.
#[derive(Serialize, ToSchema)]
pub struct DeskSessions {
    sessions: Vec<DeskSessionView>,
    /// For the query of the next page; null on the last one.
    next_cursor: Option<String>,
}

/// A session in the list.
#[derive(Serialize, ToSchema)]
pub struct DeskSessionView {
    #[schema(example = "ses_01k0000000000000000000000a")]
    session_id: String,
    /// The interview that it is a copy of; it may be gone.
    #[schema(example = "general")]
    interview_id: String,
    title: String,
    kind: String,
    /// Who is interviewed, in the words of who started it.
    #[schema(required, example = "candidate-7")]
    user_id: Option<String>,
    /// The user name, where who is interviewed has an account here.
    #[schema(required, example = "ada")]
    name: Option<String>,
    #[schema(value_type = Status)]
    status: &'static str,
    #[schema(required, value_type = Option<EndReason>)]
    end_reason: Option<&'static str>,
    question: QuestionNumber,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Media flowed for the first time.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    started_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime, required)]
    ended_at: Option<Timestamp>,
    /// There is a recording, or will be when it has ended; not if it was deleted.
    recording: bool,
    /// One has scored it.
    own_scorecard: bool,
    /// An evaluator has proposed scores. They are shown after one's own.
    proposed_scorecard: bool,
}

/// One's own interviews as they are held and were held, newest first; a platform sees all. Voice sessions are no
/// interviews: `GET /api/voice/sessions` lists them.
#[utoipa::path(
    get, path = "/api/v1/sessions", tag = "desk", params(SessionsQuery, PageQuery),
    security(("api_key" = []), ("bearer" = [])),
    responses((status = 200, description = "`Link` leads to the next page", body = DeskSessions))
)]
pub async fn sessions(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<SessionsQuery>,
    Query(page): Query<PageQuery>,
) -> ApiResult<(HeaderMap, Json<DeskSessions>)> {
    let identity: Identity = caller.0.clone();
    let principal = caller.principal(&state).await?;
    allowed(may(&principal, &Action::Create))?;
    let owner = match &principal {
        Principal::User { .. } => principal.owner(),
        _ => None,
    };
    let filter = DeskFilter { owner, ended: query.ended()?, interview_id: query.interview_id()? };
    let (limit, after) = (page.limit()?, page.after()?);
    let viewer = author(&identity, None)?;
    let mut found = state.database.desk_sessions(&filter, &viewer, after.as_ref(), limit + 1).await?;
    let position =
        |session: &DeskSession| ListPosition { created_at: session.created_at, id: session.session_id.to_string() };
    let next_cursor = paging::cut(&mut found, limit, position);
    let next = next_cursor.as_ref().map(|cursor| format!("{cursor}{}", query.rest()));
    let headers = paging::link("/api/v1/sessions", limit, next.as_deref());
    let sessions = found.into_iter().map(|session| view(&state, session)).collect();
    Ok((headers, Json(DeskSessions { sessions, next_cursor })))
}

impl SessionsQuery {
    fn ended(&self) -> ApiResult<Option<bool>> {
        match self.state.as_deref() {
            None => Ok(None),
            Some("live") => Ok(Some(false)),
            Some("ended") => Ok(Some(true)),
            Some(_) => Err(ApiError::field("/state", "must be \"live\" or \"ended\"")),
        }
    }

    fn interview_id(&self) -> ApiResult<Option<String>> {
        let Some(id) = &self.interview_id else { return Ok(None) };
        let is_id = (1..=INTERVIEW_ID_BYTES_MAX).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        if !is_id {
            return Err(ApiError::field("/interview_id", "must be the id of an interview, or a kind"));
        }
        Ok(Some(id.clone()))
    }

    /// What the address of the next page says beside its cursor; checked, so that nothing in it needs to be encoded.
    fn rest(&self) -> String {
        let given = [("interview_id", &self.interview_id), ("state", &self.state)];
        let pairs = given.into_iter().filter_map(|(name, value)| Some(format!("&{name}={}", value.as_ref()?)));
        pairs.collect()
    }
}

/// What is kept, and over it what goes on at this moment.
fn view(state: &AppState, kept: DeskSession) -> DeskSessionView {
    let live = state.registry.get(&kept.session_id).map(|session| session.view());
    let (status, end_reason) = match &live {
        Some(live) => (live.status, live.end_reason),
        None => (kept.status, kept.end_reason),
    };
    DeskSessionView {
        session_id: kept.session_id.to_string(),
        interview_id: kept.interview_id,
        title: kept.title,
        kind: kept.kind,
        user_id: kept.user_id,
        name: kept.username,
        status: status.as_str(),
        end_reason: end_reason.map(EndReason::as_str),
        question: QuestionNumber {
            number: live.as_ref().map_or(kept.question, |live| live.question.number),
            total: u32::try_from(kept.questions_total).unwrap_or(u32::MAX),
        },
        created_at: kept.created_at,
        started_at: kept.started_at.or(live.and_then(|live| live.started_at)),
        ended_at: kept.ended_at,
        recording: kept.is_recorded,
        own_scorecard: kept.has_own_scorecard,
        proposed_scorecard: kept.has_proposal,
    }
}
