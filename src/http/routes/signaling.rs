//! The two WebSockets of rooms. `/ws` needs no credential: the code of a room is the capability. `/ws/signaling/{room}`
//! is for users who joined the room.

use crate::{
    auth::{AuthError, Identity},
    domain::{
        id::SocketId,
        limit::{Admission, TokenBucket},
        room::RoomCode,
    },
    http::{
        AppState,
        error::{ApiError, ApiResult},
        extract::ClientAddress,
        openapi::Problem,
        routes::{now, rooms::room_code},
        socket::{self, Handshake, close},
    },
    random,
    room::{CloseReason, Outbox, Outgoing, RoomError, Seat},
    shutdown::Phase,
    wire::{
        error_code::ErrorCode,
        signaling::{ClientMessage, Dialect, Notice, decode, encode},
    },
};
use axum::{
    extract::{
        Path, State,
        ws::{Message, Utf8Bytes, WebSocket},
    },
    response::Response,
};
use std::{net::IpAddr, pin::pin, time::Duration};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout},
};
use utoipa_axum::{router::OpenApiRouter, routes};

/// How often a socket is pinged, so that proxies keep it and dead ones are found.
const PING_EVERY: Duration = Duration::from_secs(30);
/// Nothing heard for so long, not even an answer to a ping: nobody is there.
const IDLE: Duration = Duration::from_secs(75);
/// How long a guest may stay outside; a browser's question for the camera is answered within it.
const OUTSIDE: Duration = Duration::from_secs(600);
/// How long the token of a first message may take.
const AUTHENTICATION: Duration = Duration::from_secs(5);
/// Messages at once: a newcomer answers fifty offers with ten candidates each.
const BURST: u32 = 1_000;
/// After that, one each so many milliseconds.
const REFILL_MS: u64 = 10;
/// Messages written with one flush.
const BATCH: usize = 32;

/// The routes of this file.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(guests)).routes(routes!(members))
}

/// WebSocket for whoever knows a room's code.
///
/// Messages are `{type, payload}`. The server says `connected {socket_id}`; the client `join {room_code, display_name,
/// user_id}`, answered with `room_joined {room_code, socket_id, participants}` (the others); then `offer`, `answer` and
/// `ice_candidate` with `{target, sdp | candidate}` reach that socket, or all others without `target`, with the
/// `sender` set by the server. `participant_joined` and `participant_left` tell who comes and goes. `leave` leaves.
/// Mistakes are answered with `error {code, message}`. Extensions: `chat {text, target}`, `presence`, `heartbeat`.
#[utoipa::path(
    get, path = "/ws", tag = "signaling",
    responses(
        (status = 101, description = "The socket is open"),
        (status = 400, description = "Not a WebSocket handshake", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub async fn guests(
    State(state): State<AppState>,
    ClientAddress(address): ClientAddress,
    handshake: Handshake,
) -> Response {
    handshake.accept(move |socket| Line::new(state, Dialect::Envelope, address).serve_guest(socket))
}

/// WebSocket for a user who joined the room.
///
/// The token is in `Authorization`, in the subprotocols `["viva.v1", "bearer.<token>"]`, or in a first message
/// `{"type": "authenticate", "token": …}` within 5 s, which is answered with `authenticated`. Messages are flat:
/// `offer`, `answer` and `candidate` with `{sender, target, sdp | candidate}` in names, `user_joined` and `user_left`
/// with `{username, room_id}`, `heartbeat` answered with `heartbeat_response`. Extensions: `chat`, `presence`, `error`.
#[utoipa::path(
    get, path = "/ws/signaling/{room_id}", tag = "signaling",
    params(("room_id" = String, Path, description = "The room's code", example = "a7x9k2")),
    security((), ("bearer" = [])),
    responses(
        (status = 101, description = "The socket is open"),
        (status = 400, description = "Not a WebSocket handshake", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "`room_closed`", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn members(
    State(state): State<AppState>,
    Path(room): Path<String>,
    ClientAddress(address): ClientAddress,
    handshake: Handshake,
) -> ApiResult<Response> {
    let code = room_code(&room)?;
    let line = Line::new(state.clone(), Dialect::Flat, address);
    match handshake.identity(&state).await? {
        Some(identity) => {
            let user = user(identity)?;
            state.rooms.admits_member(code, &user, now()).map_err(ApiError::from)?;
            Ok(handshake.accept(move |socket| line.serve_member(socket, code, user)))
        }
        None => Ok(handshake.accept(move |socket| line.serve_stranger(socket, code))),
    }
}

/// Only a user has a name in a room.
fn user(identity: Identity) -> ApiResult<String> {
    match identity {
        Identity::User { sub, .. } => Ok(sub),
        Identity::Local | Identity::Platform | Identity::Nobody | Identity::Candidate { .. } => {
            Err(AuthError::WrongToken.into())
        }
    }
}

/// A socket and what belongs to it.
struct Line {
    state: AppState,
    dialect: Dialect,
    address: IpAddr,
    socket_id: SocketId,
    place: Option<(Seat, mpsc::Receiver<Outgoing>)>,
    bucket: TokenBucket,
    opened: Instant,
    heard: Instant,
}

/// With which words a line ends; `None`: nobody is there to hear them.
type Goodbye = Option<(u16, &'static str)>;

const STOPPING: Goodbye = Some((close::GOING_AWAY, "the server is about to stop"));

/// What a line waits for.
enum Woken {
    Heard(Option<Result<Message, axum::Error>>),
    Waiting(Option<Outgoing>),
    Tick,
    Drain,
}

impl Line {
    fn new(state: AppState, dialect: Dialect, address: IpAddr) -> Self {
        let opened = Instant::now();
        let bucket = TokenBucket::new(BURST, REFILL_MS, 0);
        let socket_id = SocketId::from_random(random::bytes());
        Self { state, dialect, address, socket_id, place: None, bucket, opened, heard: opened }
    }

    async fn serve_guest(self, mut socket: WebSocket) {
        let connected = self.text(&Notice::Connected { socket_id: &self.socket_id });
        if socket::write(&mut socket, connected).await {
            self.serve(socket).await;
        }
    }

    async fn serve_member(mut self, socket: WebSocket, code: RoomCode, user: String) {
        match self.enter(code, &user) {
            Ok(()) => self.serve(socket).await,
            Err(error) => self.refuse(socket, &error.into(), close::NOT_FOUND).await,
        }
    }

    /// Waits for the token that a browser could not put into the handshake.
    async fn serve_stranger(mut self, mut socket: WebSocket, code: RoomCode) {
        let token = match timeout(AUTHENTICATION, first_text(&mut socket)).await {
            Ok(Some(text)) => match decode(self.dialect, &text) {
                Ok(ClientMessage::Authenticate { token }) => token,
                _ => return self.refuse(socket, &AuthError::Missing.into(), close::UNAUTHORIZED).await,
            },
            Ok(None) => return,
            Err(_) => return self.refuse(socket, &AuthError::Missing.into(), close::TIMEOUT).await,
        };
        let user = match socket::identity(&self.state, &token).await.and_then(user) {
            Ok(user) => user,
            Err(error) => return self.refuse(socket, &error, close::UNAUTHORIZED).await,
        };
        if let Err(error) = self.enter(code, &user) {
            return self.refuse(socket, &error.into(), close::NOT_FOUND).await;
        }
        let welcome = self.text(&Notice::Authenticated { room_code: code });
        if socket::write(&mut socket, welcome).await {
            self.serve(socket).await;
        }
    }

    fn enter(&mut self, code: RoomCode, user: &str) -> Result<(), RoomError> {
        let (outbox, queue) = Outbox::new(self.dialect);
        let seat = self.state.rooms.enter_member(code, user, &self.socket_id, outbox, now())?;
        self.place = Some((seat, queue));
        Ok(())
    }

    async fn refuse(self, mut socket: WebSocket, error: &ApiError, code: u16) {
        let text = self.text(&Notice::Error { code: error.code, message: &error.detail });
        if socket::write(&mut socket, text).await {
            socket::finish(socket, code, error.code.row().name).await;
        }
    }

    async fn serve(mut self, mut socket: WebSocket) {
        let goodbye = self.run(&mut socket).await;
        // The others are told before the goodbye is waited for.
        self.place = None;
        if let Some((code, reason)) = goodbye {
            socket::finish(socket, code, reason).await;
        }
    }

    async fn run(&mut self, socket: &mut WebSocket) -> Goodbye {
        let mut phase = self.state.shutdown.subscribe();
        if self.state.shutdown.phase() != Phase::Serving {
            return STOPPING;
        }
        let mut tick = pin!(sleep(PING_EVERY));
        loop {
            let woken = tokio::select! {
                message = socket.recv() => Woken::Heard(message),
                outgoing = next(&mut self.place) => Woken::Waiting(outgoing),
                () = &mut tick => Woken::Tick,
                _ = phase.changed() => Woken::Drain,
            };
            let on = match woken {
                Woken::Heard(message) => self.hear(socket, message).await,
                Woken::Waiting(outgoing) => self.deliver(socket, outgoing).await,
                Woken::Tick => {
                    tick.as_mut().reset(Instant::now() + PING_EVERY);
                    self.tick(socket).await
                }
                Woken::Drain => Err(STOPPING),
            };
            if let Err(goodbye) = on {
                return goodbye;
            }
        }
    }

    async fn hear(
        &mut self,
        socket: &mut WebSocket,
        message: Option<Result<Message, axum::Error>>,
    ) -> Result<(), Goodbye> {
        self.heard = Instant::now();
        match message {
            Some(Ok(Message::Text(text))) => self.take(socket, &text).await,
            Some(Ok(Message::Binary(_))) => self.complain(socket, "Messages are texts").await,
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
            // The answer to a close frame is written by the next read.
            Some(Ok(Message::Close(_))) => Err(Some((close::NORMAL, ""))),
            Some(Err(_)) | None => Err(None),
        }
    }

    /// Nobody there, or nobody who wants in: the line ends.
    async fn tick(&self, socket: &mut WebSocket) -> Result<(), Goodbye> {
        if self.heard.elapsed() >= IDLE {
            return Err(None);
        }
        if self.place.is_none() && self.opened.elapsed() >= OUTSIDE {
            return Err(Some((close::TIMEOUT, "no room was joined")));
        }
        let ping = socket.send(Message::Ping(axum::body::Bytes::new()));
        if matches!(timeout(socket::WRITE_TIMEOUT, ping).await, Ok(Ok(()))) { Ok(()) } else { Err(None) }
    }

    /// Writes what waits, several messages with one flush.
    async fn deliver(&mut self, socket: &mut WebSocket, first: Option<Outgoing>) -> Result<(), Goodbye> {
        let mut next = first;
        for _ in 0..BATCH {
            let text = match next {
                Some(Outgoing::Text(text)) => text,
                Some(Outgoing::Close(reason)) => return Err(Some((reason.code(), reason.text()))),
                None => return Err(Some((CloseReason::TooSlow.code(), CloseReason::TooSlow.text()))),
            };
            let Ok(text) = Utf8Bytes::try_from(text) else { return Err(None) };
            if !socket::feed(socket, text).await {
                return Err(None);
            }
            let Some((_, queue)) = &mut self.place else { break };
            match queue.try_recv() {
                Ok(outgoing) => next = Some(outgoing),
                Err(mpsc::error::TryRecvError::Empty) => break,
                Err(mpsc::error::TryRecvError::Disconnected) => next = None,
            }
            if matches!(next, Some(Outgoing::Close(_)) | None) && !socket::flush(socket).await {
                return Err(None);
            }
        }
        if socket::flush(socket).await { Ok(()) } else { Err(None) }
    }

    /// One message of the client.
    async fn take(&mut self, socket: &mut WebSocket, text: &str) -> Result<(), Goodbye> {
        let now_ms = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        if let Admission::Refused { .. } = self.bucket.take(now_ms) {
            metrics::counter!("viva_room_sockets_dropped_total", "reason" => "flood").increment(1);
            let notice = Notice::Error { code: ErrorCode::RateLimited, message: "Too many messages" };
            let _ = socket::write(socket, self.text(&notice)).await;
            return Err(Some((close::RATE_LIMITED, "too many messages")));
        }
        let reply = match decode(self.dialect, text) {
            Ok(message) => self.act(message),
            Err(mistake) => Some(self.text(&Notice::Error { code: mistake.code, message: &mistake.message })),
        };
        let Some(reply) = reply else { return Ok(()) };
        if socket::write(socket, reply).await { Ok(()) } else { Err(None) }
    }

    async fn complain(&self, socket: &mut WebSocket, message: &str) -> Result<(), Goodbye> {
        let notice = Notice::Error { code: ErrorCode::InvalidRequest, message };
        if socket::write(socket, self.text(&notice)).await { Ok(()) } else { Err(None) }
    }

    /// Does what a message says; returns what the client is told about it.
    fn act(&mut self, message: ClientMessage) -> Option<String> {
        let outside = || ApiError::new(ErrorCode::Conflict, "You are in no room; join one first");
        let done = match (message, &self.place) {
            (ClientMessage::Heartbeat, _) => return Some(self.text(&Notice::HeartbeatResponse)),
            (ClientMessage::Authenticate { .. }, _) => Err(ApiError::new(ErrorCode::Conflict, "You are known already")),
            (ClientMessage::Join { room_code, display_name, user_id }, _) => {
                self.join(&room_code, &display_name, user_id.as_deref())
            }
            (_, None) => Err(outside()),
            (ClientMessage::Leave, Some(_)) => {
                self.place = None;
                Ok(())
            }
            (ClientMessage::Presence, Some((seat, _))) => return seat.presence(self.dialect),
            (ClientMessage::Relay(relay), Some((seat, _))) => {
                seat.relay(&relay).map_err(RoomError::from).map_err(Into::into)
            }
            (ClientMessage::Chat { target, text }, Some((seat, _))) => {
                seat.chat(target.as_deref(), &text).map_err(RoomError::from).map_err(Into::into)
            }
        };
        done.err().map(|error| self.text(&Notice::Error { code: error.code, message: &error.detail }))
    }

    /// Codes are short: who tries many that are wrong is stopped for a while.
    fn join(&mut self, code: &str, display_name: &str, user_id: Option<&str>) -> ApiResult<()> {
        if self.place.is_some() {
            return Err(ApiError::new(ErrorCode::Conflict, "You are in a room already; leave it first"));
        }
        let state = &self.state;
        state.wrong_codes.check(self.address).map_err(too_many_wrong_codes)?;
        let (outbox, queue) = Outbox::new(self.dialect);
        match state.rooms.enter_guest(code, &self.socket_id, (display_name, user_id), outbox, now()) {
            Ok(seat) => {
                self.place = Some((seat, queue));
                Ok(())
            }
            Err(RoomError::NotFound) => {
                state.wrong_codes.take(self.address).map_err(too_many_wrong_codes)?;
                Err(ApiError::new(ErrorCode::NotFound, "There is no room with that code"))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// A notice of this dialect; one that it does not have is nothing.
    fn text(&self, notice: &Notice<'_>) -> String {
        encode(self.dialect, notice).unwrap_or_default()
    }
}

/// What an address is told that tried too many codes.
pub(super) fn too_many_wrong_codes(wait_s: u64) -> ApiError {
    ApiError::retry(ErrorCode::RateLimited, "Too many wrong room codes from this address; wait a little", wait_s)
}

async fn next(place: &mut Option<(Seat, mpsc::Receiver<Outgoing>)>) -> Option<Outgoing> {
    match place {
        Some((_, queue)) => queue.recv().await,
        None => std::future::pending().await,
    }
}

async fn first_text(socket: &mut WebSocket) -> Option<Utf8Bytes> {
    loop {
        match socket.recv().await {
            Some(Ok(Message::Text(text))) => return Some(text),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Binary(_))) => return Some(Utf8Bytes::from_static("")),
            Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
        }
    }
}
