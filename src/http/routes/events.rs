//! Live events of a session as Server-Sent Events: the same envelopes, with the same ids, as on the data channel.

use crate::{
    domain::{auth::SessionStep, event::Envelope},
    http::{
        AppState,
        error::{ApiError, ApiResult},
        extract::Caller,
        routes::sessions::authorised,
    },
    session::{WatchError, Watched, final_state},
    store::SessionRecord,
    wire::error_code::ErrorCode,
};
use axum::{
    extract::{Path, RawQuery, State},
    http::{HeaderMap, HeaderName, HeaderValue},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::{Stream, StreamExt, future::Either, stream};
use std::time::Duration;
use tokio_stream::wrappers::ReceiverStream;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The routes of this file.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(events))
}

/// A message of the stream, as its fields are sent.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "for the description only")]
struct EventMessage {
    /// The envelope's `id`; only the last message of a snapshot has it.
    #[schema(example = "7")]
    id: Option<String>,
    /// The envelope `{id, type, at_ms, data}` as JSON.
    #[schema(content_media_type = "application/json")]
    data: String,
}

/// A comment goes out when nothing else did for so long: proxies drop silent connections after a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The live events of a session: an `Envelope` a message, from a snapshot on, to `session.ended`.
///
/// After a break, name the last id in `Last-Event-ID` (or `last_event_id`): what was missed comes first. What is too
/// long ago comes as a notice `events_missed` and a new snapshot. Only the last message of a snapshot has an SSE id,
/// because half a snapshot is of no use. The stream of an ended session gives its final state. A credential belongs in
/// a header, which `fetch` can send and `EventSource` cannot; it is not taken from the address, which ends up in logs.
#[utoipa::path(
    get, path = "/api/interview/{session_id}/events", tag = "live", security((), ("api_key" = []), ("bearer" = [])),
    params(
        ("session_id" = String, Path, example = "ses_00000000000000000000000000"),
        ("last_event_id" = Option<String>, Query, description = "As `Last-Event-ID`, which goes first", example = "7"),
        ("Last-Event-ID" = Option<String>, Header, description = "Id of the last event seen", example = "7"),
    ),
    responses(
        (status = 200, description = "Messages with an `Envelope` as data", content_type = "text/event-stream",
            body = EventMessage),
    )
)]
pub async fn events(
    State(state): State<AppState>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    caller: Caller,
) -> ApiResult<Response> {
    let record = authorised(&state, caller, &id, SessionStep::Watch).await?;
    let after = last_event_id(&headers, query.as_deref())?;
    let events = watch(&state, record, after).await?.map(|watched| message(&watched));
    let unbuffered = (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(([unbuffered], Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))).into_response())
}

/// The same for a caller that is known by headers alone.
///
/// # Errors
/// As the route.
pub async fn watch_events(
    state: &AppState,
    headers: &HeaderMap,
    id: &str,
    after: Option<u64>,
) -> ApiResult<impl Stream<Item = Watched> + Send + 'static> {
    let record = authorised(state, Caller::of(headers, state).await?, id, SessionStep::Watch).await?;
    watch(state, record, after).await
}

/// The events of a session that the caller may watch; of an ended one its final state.
///
/// # Errors
/// `at_capacity` when too many watch it already.
async fn watch(
    state: &AppState,
    record: SessionRecord,
    after: Option<u64>,
) -> ApiResult<impl Stream<Item = Watched> + Send + 'static> {
    let live = match state.registry.get(&record.session_id) {
        Some(session) => session.watch(after).await,
        None => Err(WatchError::Ended),
    };
    match live {
        Ok(receiver) => Ok(Either::Left(ReceiverStream::new(receiver))),
        Err(WatchError::Ended) => {
            // Read again: the end may have come in between.
            let ended = state.store.load_session(&record.session_id).await?.unwrap_or(record);
            Ok(Either::Right(stream::iter(final_state(&ended))))
        }
        Err(WatchError::TooMany) => {
            Err(ApiError::retry(ErrorCode::AtCapacity, "Too many watch this interview already", 5))
        }
    }
}

fn message(watched: &Watched) -> Result<Event, axum::Error> {
    let envelope: &Envelope = &watched.event;
    let event = Event::default().json_data(envelope)?;
    Ok(if watched.resumable { event.id(envelope.id.to_string()) } else { event })
}

fn last_event_id(headers: &HeaderMap, query: Option<&str>) -> ApiResult<Option<u64>> {
    let wrong = |name: &str| ApiError::field(&format!("/{name}"), "must be the id of an event: a whole number");
    if let Some(value) = headers.get("last-event-id") {
        let text = value.to_str().map_err(|_| wrong("Last-Event-ID"))?;
        // A client that has seen nothing may say so with an empty value.
        return (!text.is_empty()).then(|| text.parse().map_err(|_| wrong("Last-Event-ID"))).transpose();
    }
    let values = query.unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    let mut named =
        values.filter(|(name, value)| *name == "last_event_id" && !value.is_empty()).map(|(_, value)| value);
    named.next_back().map(|value| value.parse().map_err(|_| wrong("last_event_id"))).transpose()
}
