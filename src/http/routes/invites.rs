//! Invitations to an interview of one's own: links that open it for a time and a number of attempts.

use crate::{
    domain::{
        auth::{Principal, Token},
        id::encode_128_bits,
        invitation::Invitation,
        sign_in::EmailAddress,
    },
    email::{Mail, MailError, Place},
    http::{
        AppState,
        error::{ApiError, ApiResult},
        extract::{Body, Caller},
        openapi::Problem,
        paging::{self, PageQuery},
        routes::{catalogue, interviews, now, sessions::check_text},
    },
    random,
    store::{Invite, InviteRecord, ListPosition, NewInvite},
    wire::error_code::ErrorCode,
};
use axum::{
    Json,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Attempts of one invitation at most.
const ATTEMPTS_MAX: u32 = 10_000;
/// How long an invitation is open when nobody says.
const OPEN_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How far ahead an invitation may close.
const CLOSES_WITHIN: SignedDuration = SignedDuration::from_hours(366 * 24);
/// Characters of the name that a mail greets.
const NAME_CHARS_MAX: usize = 80;
/// When the queue of mails is full.
const BUSY_RETRY_S: u64 = 30;

/// The routes of this file.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(create, list)).routes(routes!(close))
}

/// What an invitation allows.
#[derive(Deserialize, ToSchema)]
pub struct InviteBody {
    /// Sessions that may be started with it.
    #[schema(minimum = 1, maximum = 10000, example = 1)]
    attempts: Option<u32>,
    /// From when it opens; now when left out.
    #[schema(value_type = Option<String>, format = DateTime)]
    opens_at: Option<Timestamp>,
    /// Until when; a week from its opening when left out.
    #[schema(value_type = Option<String>, format = DateTime)]
    closes_at: Option<Timestamp>,
    /// Whom the link is mailed to. Not kept.
    #[schema(format = "email", max_length = 254, example = "ada@example.com")]
    email: Option<String>,
    /// Whom the mail greets. Not kept.
    #[schema(max_length = 80, example = "Ada")]
    name: Option<String>,
}

/// An invitation as it is.
#[derive(Serialize, ToSchema)]
pub struct InviteView {
    invite_id: String,
    interview_id: String,
    attempts: u32,
    attempts_used: u32,
    #[schema(value_type = String, format = DateTime)]
    opens_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    closes_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// `scheduled`, `open`, `used_up` or `closed`.
    #[schema(example = "open")]
    state: &'static str,
}

/// A new invitation, with its link.
#[derive(Serialize, ToSchema)]
pub struct NewInviteView {
    #[serde(flatten)]
    invite: InviteView,
    /// In the link; shown once, because only its hash is kept.
    code: String,
    /// What the candidate opens.
    url: String,
    /// The link is on its way to `email`. That it arrives is not known here.
    mailed: bool,
}

/// A page of invitations.
#[derive(Serialize, ToSchema)]
pub struct InviteList {
    invites: Vec<InviteView>,
    /// For the query of the next page; null on the last one.
    next_cursor: Option<String>,
}

/// Makes an invitation link, and mails it where an address is given. It keeps the interview as it is now, and neither
/// the address nor the name. When no mail can be taken, no invitation is made.
#[utoipa::path(
    post, path = "/api/v1/interviews/{interview_id}/invites", tag = "interviews", request_body = InviteBody,
    params(("interview_id" = String, Path, description = "One's own, or a kind", example = "general")),
    security(("api_key" = []), ("bearer" = [])),
    responses(
        (status = 201, description = "The link is in it", body = NewInviteView),
        (status = 409, description = "`mail_not_configured`: set SMTP_SERVER, or leave `email` out", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "`at_capacity`: too many mails wait", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub async fn create(
    State(state): State<AppState>,
    Path(id): Path<String>,
    caller: Caller,
    Body(body): Body<InviteBody>,
) -> ApiResult<(StatusCode, HeaderMap, Json<NewInviteView>)> {
    let principal = caller.principal(&state).await?;
    let owner = principal.owner().ok_or_else(ApiError::not_found)?;
    let interview = catalogue::usable(&state, &principal, &id).await?;
    let at = now();
    let (opens_at, closes_at) = window(&body, at)?;
    let attempts = body.attempts.unwrap_or(1);
    if !(1..=ATTEMPTS_MAX).contains(&attempts) {
        return Err(ApiError::field("/attempts", format!("must be from 1 to {ATTEMPTS_MAX}")));
    }
    let letter = letter(&state, &principal, &body)?;
    let code = Token::from_random(random::bytes());
    let new = NewInvite {
        invite_id: format!("inv_{}", encode_128_bits(random::bytes())),
        code_hash: code.hash(),
        owner: owner.clone(),
        interview: interview.clone(),
        attempts_limit: attempts,
        opens_at,
        closes_at,
        created_at: at,
    };
    let invite_id = new.invite_id.clone();
    state.store.create_invite(new).await?;
    let code = code.expose().to_owned();
    let url = format!("{}/i/{code}", state.public_url);
    let mailed = letter.is_some();
    if let Some(letter) = letter {
        letter.send(&Invitation {
            interview: &interview,
            name: body.name.as_deref().unwrap_or_default(),
            link: &url,
            minutes: interviews::minutes(&interview),
            opens_at: (opens_at > at).then_some(opens_at),
            closes_at,
            attempts,
        });
    }
    let invite =
        Invite { invite_id, owner, interview, attempts_limit: attempts, attempts_used: 0, opens_at, closes_at };
    let view = view(InviteRecord { invite, created_at: at }, at);
    let mut headers = HeaderMap::new();
    let location = format!("/api/v1/interviews/{id}/invites/{}", view.invite_id);
    if let Ok(location) = HeaderValue::from_str(&location) {
        headers.insert(header::LOCATION, location);
    }
    Ok((StatusCode::CREATED, headers, Json(NewInviteView { invite: view, code, url, mailed })))
}

/// A mail that will be taken, to somebody.
struct Letter<'m> {
    place: Place<'m>,
    to: EmailAddress,
}

impl Letter<'_> {
    fn send(self, invitation: &Invitation<'_>) {
        let to = self.to.as_str().to_owned();
        self.place.send(Mail { to, subject: invitation.subject(), body: invitation.body() });
    }
}

/// The mail that a body asks for, as far as it must be known before there is an invitation: that it can be sent.
fn letter<'m>(state: &'m AppState, principal: &Principal, body: &InviteBody) -> ApiResult<Option<Letter<'m>>> {
    check_text("/name", body.name.as_deref().filter(|name| !name.is_empty()), NAME_CHARS_MAX)?;
    let Some(email) = body.email.as_deref() else { return Ok(None) };
    let to = EmailAddress::parse(email).map_err(|error| ApiError::field("/email", error.to_string()))?;
    if let Principal::User { sub, .. } = principal {
        let refuse = |wait_s| ApiError::retry(ErrorCode::RateLimited, "Too many invitations by mail", wait_s);
        state.invite_mails.take_of(sub).map_err(refuse)?;
    }
    let place = state.mailer.reserve().map_err(|error| match error {
        MailError::NotConfigured => ApiError::new(
            ErrorCode::MailNotConfigured,
            "No mail can be sent here: set SMTP_SERVER, or leave the address out and send the link yourself",
        ),
        MailError::QueueFull => {
            ApiError::retry(ErrorCode::AtCapacity, "Too many mails wait; no invitation was made", BUSY_RETRY_S)
        }
    })?;
    Ok(Some(Letter { place, to }))
}

/// The invitations to an interview of one's own, newest first. Their links are not kept.
#[utoipa::path(
    get, path = "/api/v1/interviews/{interview_id}/invites", tag = "interviews",
    params(("interview_id" = String, Path), PageQuery),
    security(("api_key" = []), ("bearer" = [])),
    responses((status = 200, description = "`Link` leads to the next page", body = InviteList))
)]
pub async fn list(
    State(state): State<AppState>,
    Path(id): Path<String>,
    caller: Caller,
    Query(page): Query<PageQuery>,
) -> ApiResult<(HeaderMap, Json<InviteList>)> {
    let principal = caller.principal(&state).await?;
    listable(&state, &principal, &id).await?;
    let (limit, after) = (page.limit()?, page.after()?);
    let mut found = state.database.list_invites(&id, after.as_ref(), limit + 1).await?;
    let position =
        |record: &InviteRecord| ListPosition { created_at: record.created_at, id: record.invite.invite_id.clone() };
    let next_cursor = paging::cut(&mut found, limit, position);
    let headers = paging::link(&format!("/api/v1/interviews/{id}/invites"), limit, next_cursor.as_deref());
    let at = now();
    let invites = found.into_iter().map(|record| view(record, at)).collect();
    Ok((headers, Json(InviteList { invites, next_cursor })))
}

/// Closes an invitation: nobody starts with it any more. Again changes nothing.
#[utoipa::path(
    delete, path = "/api/v1/interviews/{interview_id}/invites/{invite_id}", tag = "interviews",
    params(("interview_id" = String, Path), ("invite_id" = String, Path)),
    security(("api_key" = []), ("bearer" = [])),
    responses((status = 204, description = "It is closed"))
)]
pub async fn close(
    State(state): State<AppState>,
    Path((id, invite_id)): Path<(String, String)>,
    caller: Caller,
) -> ApiResult<StatusCode> {
    let principal = caller.principal(&state).await?;
    listable(&state, &principal, &id).await?;
    match state.database.close_invite(&id, &invite_id, now()).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(ApiError::not_found()),
    }
}

/// Invitations to a built-in kind are everybody's, so only platforms and the local developer see them.
async fn listable(state: &AppState, principal: &Principal, id: &str) -> ApiResult<()> {
    match interviews::kind(state, id) {
        Some(_) => crate::http::extract::operator(principal),
        None => catalogue::own(state, principal, id).await.map(|_| ()),
    }
}

fn window(body: &InviteBody, at: Timestamp) -> ApiResult<(Timestamp, Timestamp)> {
    let whole_ms = |time: Timestamp| Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time);
    let opens_at = whole_ms(body.opens_at.unwrap_or(at));
    let week = opens_at.checked_add(OPEN_FOR).map_err(|_| ApiError::field("/opens_at", "is too far away"))?;
    let closes_at = whole_ms(body.closes_at.unwrap_or(week));
    if closes_at <= opens_at || closes_at <= at {
        return Err(ApiError::field("/closes_at", "must be in the future and after opens_at"));
    }
    if closes_at.duration_since(at) > CLOSES_WITHIN {
        return Err(ApiError::field("/closes_at", "must be within a year"));
    }
    Ok((opens_at, closes_at))
}

fn view(record: InviteRecord, at: Timestamp) -> InviteView {
    let Invite { invite_id, interview, attempts_limit, attempts_used, opens_at, closes_at, .. } = record.invite;
    let state = match () {
        () if at >= closes_at => "closed",
        () if attempts_used >= attempts_limit => "used_up",
        () if at < opens_at => "scheduled",
        () => "open",
    };
    InviteView {
        invite_id,
        interview_id: interview.id,
        attempts: attempts_limit,
        attempts_used,
        opens_at,
        closes_at,
        created_at: record.created_at,
        state,
    }
}
