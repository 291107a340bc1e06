//! Rooms over REST. One resource serves both contracts: platforms make rooms with an owner and a time to live, users
//! make rooms with a name. Every path is served with and without a slash at its end.

use crate::{
    domain::{
        auth::Principal,
        id::encode_128_bits,
        room::{Refusal, RoomCode, RoomState},
    },
    http::{
        AppState,
        error::{ApiError, ApiResult},
        extract::{Body, Caller, ClientAddress, operator},
        openapi::Problem,
        routes::{live::servers, live_body::IceServers, now, signaling::too_many_wrong_codes},
    },
    ice::IceUser,
    random,
    room::{Cursor, NewRoom, Paging, RoomDetails, RoomError, RoomSummary, Statistics},
    shutdown::Phase,
    wire::error_code::ErrorCode,
};
use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{
    IntoParams, ToSchema,
    openapi::path::{Operation, PathItem},
};
use utoipa_axum::{router::OpenApiRouter, routes};

/// Rooms of a page when the caller does not say.
const PAGE: usize = 200;
/// Rooms of a page at most.
const PAGE_MAX: usize = 1_000;
/// Characters of a description.
const DESCRIPTION_CHARS_MAX: usize = 2_000;
/// Characters of a name and of an owner's id.
const NAME_CHARS_MAX: usize = 128;
/// Life of the credentials that a participant gets, in seconds. A page that stays longer asks again.
const ICE_TTL_S: u64 = 14_400;

/// The routes of this file.
pub fn routes() -> OpenApiRouter<AppState> {
    let rooms = OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(details, close))
        .routes(routes!(join))
        .routes(routes!(leave));
    let (router, mut description) = rooms.split_for_parts();
    let slashed: Vec<_> =
        description.paths.paths.iter().map(|(path, item)| (format!("{path}/"), with_slash(item))).collect();
    description.paths.paths.extend(slashed);
    let slashed: Router<AppState> = Router::new()
        .route("/api/rooms/", post(create).get(list))
        .route("/api/rooms/{room}/", get(details).delete(close))
        .route("/api/rooms/{room}/join/", post(join))
        .route("/api/rooms/{room}/leave/", post(leave));
    OpenApiRouter::with_openapi(description)
        .merge(router.into())
        .merge(slashed.into())
        .routes(routes!(ice_servers))
        .routes(routes!(statistics))
}

/// The same operations at the address with the slash, under ids of their own.
fn with_slash(item: &PathItem) -> PathItem {
    let mut item = item.clone();
    let rename = |operation: &mut Operation| {
        operation.operation_id = operation.operation_id.take().map(|id| format!("{id}_with_slash"));
    };
    [&mut item.get, &mut item.post, &mut item.delete].into_iter().flatten().for_each(rename);
    item
}

/// What a new room is to be. A platform says whose it is and how long it lasts, a user what it is called; either may
/// say all of it.
#[derive(Deserialize, ToSchema)]
pub struct NewRoomBody {
    /// Of a platform's room: the platform's name for its owner.
    #[schema(example = "teacher_123", max_length = 128)]
    owner_id: Option<String>,
    /// Default of a platform's room: `ROOM_TTL_HOURS`; of a user's: no end.
    #[schema(example = 2, minimum = 1, maximum = 168)]
    ttl_hours: Option<i64>,
    /// Default of a platform's room: `MAX_PARTICIPANTS_PER_ROOM`; of a user's: no limit.
    #[schema(example = 30, minimum = 2, maximum = 100)]
    max_participants: Option<i64>,
    #[schema(example = "Room Name", max_length = 128)]
    name: Option<String>,
    #[schema(example = "Room Description", max_length = 2000)]
    description: Option<String>,
}

/// A page of all rooms.
#[derive(Serialize, ToSchema)]
pub struct RoomList {
    rooms: Vec<RoomSummary>,
    /// Of all pages.
    total: usize,
}

/// What a list of rooms looks like: of all rooms for a platform, of one's own for a user.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes two bodies; the first is written from ready parts")]
pub enum RoomListing {
    All(RoomList),
    Own(Vec<RoomDetails>),
}

/// Which rooms.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// `open`, `closed` or `expired`.
    #[param(example = "open", pattern = "^(open|closed|expired)$")]
    state: Option<String>,
    /// Rooms of a page: 1 to 1000, 200 by default.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    limit: Option<String>,
    /// Where the page begins: the `cursor` of a `Link` header.
    #[param(example = "1766053800000-a7x9k2", pattern = "^[0-9]{1,15}-[a-z0-9]{6}$")]
    cursor: Option<String>,
}

/// What became of a room.
#[derive(Serialize, ToSchema)]
pub struct RoomMessage {
    #[schema(example = "Room a7x9k2 deleted successfully")]
    message: String,
}

/// Counts of rooms and people.
#[derive(Serialize, ToSchema)]
pub struct StatisticsBody {
    statistics: Statistics,
}

/// Makes a room. A user is its first participant.
#[utoipa::path(
    post, path = "/api/rooms", tag = "rooms", operation_id = "create_room", request_body = NewRoomBody,
    security((), ("api_key" = []), ("bearer" = [])),
    responses(
        (status = 201, description = "The room", body = RoomDetails),
        (status = 409, description = "`conflict`: the user is part of too many rooms", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Body(body): Body<NewRoomBody>,
) -> ApiResult<(StatusCode, Json<RoomDetails>)> {
    let principal = participant(caller.principal(&state).await?)?;
    let new = NewRoom {
        owner_id: text("/owner_id", body.owner_id, NAME_CHARS_MAX)?,
        name: text("/name", body.name, NAME_CHARS_MAX)?,
        description: text("/description", body.description, DESCRIPTION_CHARS_MAX)?,
        ttl: number("/ttl_hours", body.ttl_hours, 1, 168)?.map(|hours| SignedDuration::from_hours(i64::from(hours))),
        participants_max: number("/max_participants", body.max_participants, 2, 100)?,
    };
    serving(&state)?;
    let room = state.rooms.create(principal, new, now()).await?;
    Ok((StatusCode::CREATED, Json(room)))
}

/// Lists rooms, newest first: all for a platform, `{rooms, total}`; those that one is part of for a user, an array.
#[utoipa::path(
    get, path = "/api/rooms", tag = "rooms", operation_id = "list_rooms", params(ListQuery),
    security((), ("api_key" = []), ("bearer" = [])),
    responses((status = 200, description = "The rooms; `Link` with `rel=\"next\"` where there are more",
        body = RoomListing, headers(("Link" = Option<String>, description = "The next page"))))
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> ApiResult<Response> {
    let principal = participant(caller.principal(&state).await?)?;
    let of_state = query
        .state
        .as_deref()
        .map(|text| RoomState::parse(text).ok_or_else(|| ApiError::field("/state", "must be open, closed or expired")));
    let of_state = of_state.transpose()?;
    let paging = paging(&query)?;
    let (body, next) = match &principal {
        Principal::User { sub, .. } => {
            let (rooms, next) = state.rooms.of_user(sub, of_state, paging, now());
            (serde_json::to_string(&rooms).unwrap_or_default(), next)
        }
        _ => {
            let (rooms, total, next) = state.rooms.summaries(of_state, paging, now());
            (all_rooms(&rooms, total), next)
        }
    };
    let mut response = ([(header::CONTENT_TYPE, "application/json")], body).into_response();
    if let Some(link) = next.and_then(|next| link(&state, of_state, paging.limit, next)) {
        response.headers_mut().insert(header::LINK, link);
    }
    Ok(response)
}

/// Details of a room: for platforms of any, for a user of those that one owns or has joined.
#[utoipa::path(
    get, path = "/api/rooms/{room}", tag = "rooms", operation_id = "get_room",
    params(("room" = String, Path, description = "The room's code", example = "a7x9k2")),
    security((), ("api_key" = []), ("bearer" = [])),
    responses((status = 200, body = RoomDetails))
)]
pub async fn details(
    State(state): State<AppState>,
    Path(room): Path<String>,
    caller: Caller,
) -> ApiResult<Json<RoomDetails>> {
    let principal = participant(caller.principal(&state).await?)?;
    state.rooms.details(&principal, room_code(&room)?, now()).map(Json).ok_or_else(ApiError::not_found)
}

/// Closes a room and its sockets. It can be read as `closed` until it would have expired.
#[utoipa::path(
    delete, path = "/api/rooms/{room}", tag = "rooms", operation_id = "delete_room",
    params(("room" = String, Path, description = "The room's code", example = "a7x9k2")),
    security((), ("api_key" = []), ("bearer" = [])),
    responses((status = 200, body = RoomMessage))
)]
pub async fn close(
    State(state): State<AppState>,
    Path(room): Path<String>,
    caller: Caller,
) -> ApiResult<Json<RoomMessage>> {
    let principal = participant(caller.principal(&state).await?)?;
    let code = room_code(&room)?;
    state.rooms.close(principal, code, now()).await?;
    Ok(Json(RoomMessage { message: format!("Room {code} deleted successfully") }))
}

/// A user joins a room by its code and is part of it until leaving. Joining again changes nothing.
#[utoipa::path(
    post, path = "/api/rooms/{room}/join", tag = "rooms", operation_id = "join_room",
    params(("room" = String, Path, description = "The room's code", example = "a7x9k2")),
    security(("bearer" = [])),
    responses(
        (status = 200, body = RoomDetails),
        (status = 409, description = "`room_closed`, `room_full`, or `conflict` for who is part of too many rooms",
            body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn join(
    State(state): State<AppState>,
    Path(room): Path<String>,
    ClientAddress(address): ClientAddress,
    caller: Caller,
) -> ApiResult<Json<RoomDetails>> {
    let (user, name) = user(caller.principal(&state).await?)?;
    serving(&state)?;
    state.wrong_codes.check(address).map_err(too_many_wrong_codes)?;
    let joined = match RoomCode::parse(&room) {
        Some(code) => state.rooms.join(code, user, name, now()).await,
        None => Err(RoomError::NotFound),
    };
    if matches!(joined, Err(RoomError::NotFound)) {
        state.wrong_codes.take(address).map_err(too_many_wrong_codes)?;
    }
    Ok(Json(joined?))
}

/// A user leaves a room; the user's socket in it is closed.
#[utoipa::path(
    post, path = "/api/rooms/{room}/leave", tag = "rooms", operation_id = "leave_room",
    params(("room" = String, Path, description = "The room's code", example = "a7x9k2")),
    security(("bearer" = [])),
    responses((status = 200, body = RoomDetails))
)]
pub async fn leave(
    State(state): State<AppState>,
    Path(room): Path<String>,
    caller: Caller,
) -> ApiResult<Json<RoomDetails>> {
    let (user, _) = user(caller.principal(&state).await?)?;
    Ok(Json(state.rooms.leave(room_code(&room)?, user, now()).await?))
}

/// STUN and TURN servers for whoever is about to join a room at `/ws`.
///
/// The code is the capability, as it is for joining: who has none that is good gets none. A room that would let nobody
/// in now says so here, before a page asks for a camera.
#[utoipa::path(
    get, path = "/api/rooms/{room}/ice-servers", tag = "rooms",
    params(("room" = String, Path, description = "The room's code", example = "a7x9k2")),
    responses(
        (status = 200, body = IceServers),
        (status = 409, description = "`room_closed`, `room_full`", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub async fn ice_servers(
    State(state): State<AppState>,
    Path(room): Path<String>,
    ClientAddress(address): ClientAddress,
) -> ApiResult<Json<IceServers>> {
    state.wrong_codes.check(address).map_err(too_many_wrong_codes)?;
    let admitted = match RoomCode::parse(&room) {
        Some(code) => state.rooms.admits_guest(code, now()).map(|()| code),
        None => Err(RoomError::NotFound),
    };
    if matches!(admitted, Err(RoomError::NotFound)) {
        state.wrong_codes.take(address).map_err(too_many_wrong_codes)?;
    }
    let code = admitted?;
    let nonce = encode_128_bits(random::bytes());
    let grant = state.ice.servers(IceUser::Room { code, nonce: &nonce }, ICE_TTL_S).await?;
    let servers = servers(&grant.servers);
    Ok(Json(IceServers { ice_servers_camel: servers.clone(), ice_servers: servers, ttl: grant.ttl_s }))
}

/// Counts over all rooms, for platforms.
#[utoipa::path(
    get, path = "/api/statistics", tag = "rooms", operation_id = "room_statistics",
    security((), ("api_key" = [])), responses((status = 200, body = StatisticsBody))
)]
pub async fn statistics(State(state): State<AppState>, caller: Caller) -> ApiResult<Json<StatisticsBody>> {
    operator(&caller.principal(&state).await?)?;
    Ok(Json(StatisticsBody { statistics: state.rooms.statistics(now()) }))
}

/// A well-formed code from the path; anything else cannot exist.
pub fn room_code(text: &str) -> ApiResult<RoomCode> {
    RoomCode::parse(text).ok_or_else(ApiError::not_found)
}

/// Lets platforms, the local developer and users pass. To others there are no rooms.
fn participant(principal: Principal) -> ApiResult<Principal> {
    match principal {
        Principal::Local | Principal::Platform | Principal::User { .. } => Ok(principal),
        Principal::Candidate { .. } => Err(ApiError::not_found()),
        Principal::Nobody => Err(crate::auth::AuthError::Missing.into()),
    }
}

/// Lets users pass: only they have a name to join with.
fn user(principal: Principal) -> ApiResult<(String, String)> {
    match principal {
        Principal::User { sub, name } => Ok((sub, name)),
        Principal::Candidate { .. } => Err(ApiError::not_found()),
        Principal::Local | Principal::Platform | Principal::Nobody => Err(ApiError::unauthorized(
            "Only a user joins over REST: send Authorization: Bearer with the token of a login, or join over /ws",
        )),
    }
}

/// A server that is about to stop takes nothing new.
fn serving(state: &AppState) -> ApiResult<()> {
    match state.shutdown.phase() {
        Phase::Serving => Ok(()),
        _ => Err(ApiError::retry(ErrorCode::Draining, "This server is about to stop; try again", 10)),
    }
}

fn text(pointer: &str, text: Option<String>, chars_max: usize) -> ApiResult<Option<String>> {
    let Some(text) = text else { return Ok(None) };
    let control = |c: char| c.is_control() && c != '\n';
    if text.chars().count() > chars_max || text.chars().any(control) {
        return Err(ApiError::field(pointer, format!("must have at most {chars_max} printable characters")));
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}

fn number(pointer: &str, value: Option<i64>, least: u32, most: u32) -> ApiResult<Option<u32>> {
    let Some(value) = value else { return Ok(None) };
    let number = u32::try_from(value).ok().filter(|value| (least..=most).contains(value));
    number.map(Some).ok_or_else(|| ApiError::field(pointer, format!("must be {least} to {most}")))
}

fn paging(query: &ListQuery) -> ApiResult<Paging> {
    let limit = match &query.limit {
        Some(text) => text.parse().ok().filter(|limit| (1..=PAGE_MAX).contains(limit)),
        None => Some(PAGE),
    };
    let limit = limit.ok_or_else(|| ApiError::field("/limit", format!("must be 1 to {PAGE_MAX}")))?;
    let after = query
        .cursor
        .as_deref()
        .map(|text| Cursor::parse(text).ok_or_else(|| ApiError::field("/cursor", "must be a cursor of a Link header")));
    Ok(Paging { limit, after: after.transpose()? })
}

/// [`RoomList`], from parts that are JSON already.
fn all_rooms(rooms: &[Arc<str>], total: usize) -> String {
    let mut body = String::with_capacity(64 + rooms.iter().map(|room| room.len() + 1).sum::<usize>());
    body.push_str("{\"rooms\":[");
    for (at, room) in rooms.iter().enumerate() {
        if at > 0 {
            body.push(',');
        }
        body.push_str(room);
    }
    body.push_str(&format!("],\"total\":{total}}}"));
    body
}

/// RFC 8288.
fn link(state: &AppState, of_state: Option<RoomState>, limit: usize, next: Cursor) -> Option<HeaderValue> {
    let of_state = of_state.map_or_else(String::new, |state| format!("&state={}", state.as_str()));
    let url = format!("{}/api/rooms?limit={limit}{of_state}&cursor={}", state.public_url, next.to_text());
    HeaderValue::try_from(format!("<{url}>; rel=\"next\"")).ok()
}

impl From<RoomError> for ApiError {
    fn from(error: RoomError) -> Self {
        match error {
            RoomError::NotFound => Self::not_found(),
            RoomError::Refused(refusal) => refusal.into(),
            RoomError::AtCapacity => Self::retry(ErrorCode::AtCapacity, "This server holds no more rooms", 60),
            RoomError::TooMany => {
                Self::new(ErrorCode::Conflict, "You are part of as many rooms as one can be; leave or close some")
            }
            RoomError::Store(error) => error.into(),
        }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Closed => Self::new(ErrorCode::RoomClosed, "The room is closed"),
            Refusal::Expired => Self::new(ErrorCode::RoomClosed, "The room has expired"),
            Refusal::Full => Self::new(ErrorCode::RoomFull, "The room is full"),
            Refusal::AlreadyJoined => Self::new(ErrorCode::Conflict, "You are in the room already"),
            Refusal::NotJoined => Self::new(ErrorCode::Conflict, "You are not in the room"),
            Refusal::NoSuchTarget => Self::new(ErrorCode::NotFound, "Nobody in the room has that address"),
            Refusal::TargetOffline => Self::new(ErrorCode::NotConnected, "That participant is not connected now"),
        }
    }
}
