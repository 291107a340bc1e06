//! WebRTC media: one UDP port for all sessions, shards that own them, Opus in and out.
//!
//! `front_door` receives and verifies, `shard` owns threads and time, `call` is one session, `uplink` and `downlink`
//! are its two directions, `rtc_peer` is the WebRTC stack behind the trait in `peer`, `opus` the codec.

mod agreement;
mod call;
mod candidates;
mod downlink;
mod front_door;
mod gauge;
pub mod opus;
mod outbox;
mod peer;
pub mod port;
mod prepared;
pub mod recorder;
mod rtc_peer;
mod scoring;
mod server_offer;
mod shard;
mod tcp;
mod uplink;
pub mod voice;

use std::{
    io,
    net::{IpAddr, SocketAddr, TcpListener, UdpSocket},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
        mpsc::sync_channel,
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::{
    runtime::{EnterGuard, Handle},
    sync::{
        mpsc::{self, error::TrySendError},
        oneshot,
    },
};

use self::{
    agreement::Negotiated,
    call::{Call, CallShared, PLAYOUT_DELAY_DEFAULT_MS},
    candidates::{OwnCandidates, announce},
    front_door::{CallKey, Door, FrontDoor},
    gauge::{Gauge, ShardLoad},
    outbox::Outbox,
    peer::{Answer, Peer, PeerError},
    port::{DownlinkReceiver, UplinkSender},
    recorder::Tap,
    rtc_peer::RtcStack,
    sdp::{Offer, check_offer},
    server_offer::OpenOffer,
    shard::{Command, Reply, Shard, Task},
    tcp::{Outlets, TcpDoor},
};
pub use self::{
    agreement::{Agreement, RestartError},
    sdp::OfferError,
};
use crate::{
    domain::{
        audio::codec::Codec,
        event::{ClientStats, QualityData},
        id::SessionId,
        load::Level,
        quality::meter::SessionQuality,
        session::{PeerEvent, PlayoutEvent},
    },
    wire::{sdp, stun},
};

/// Datagrams and commands that may wait for a shard.
const TASKS_MAX: usize = 8_192;
/// Route changes that may wait for the front door.
const ROUTES_MAX: usize = 1_024;
/// Bytes that the socket may hold each way.
const SOCKET_BUFFER_BYTES: usize = 4 * 1024 * 1024;
/// How long an answer may take.
const ANSWER_WAIT: Duration = Duration::from_secs(5);
/// What a browser's jitter buffer can add; more is a wrong report.
const REMOTE_DELAY_MAX_MS: f64 = 2_000.0;

/// How to serve media.
#[derive(Clone, Debug)]
pub struct MediaConfig {
    /// Where to listen for UDP. An IPv6 address takes IPv4 peers too.
    pub bind: SocketAddr,
    /// The same address over TCP (RFC 6544), for networks that let no UDP through.
    pub tcp: Option<TcpListen>,
    /// Addresses that answers announce; their ports are the sockets'.
    pub announced: Vec<IpAddr>,
    /// Take datagrams from these addresses alone (this machine's own); `None`: from anywhere.
    pub only_from: Option<Vec<IpAddr>>,
    /// Media threads, at least one.
    pub shards: usize,
    /// Sessions at a time.
    pub sessions_max: usize,
}

/// How to listen for TCP.
#[derive(Clone, Copy, Debug)]
pub struct TcpListen {
    /// 0: any.
    pub port: u16,
    /// When the port is taken: fail, or go without.
    pub is_required: bool,
}

/// The media path could not be started, or takes no more.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    #[error("udp socket on {address}: {error}")]
    Socket { address: SocketAddr, error: io::Error },
    #[error("tcp socket on {address}: {error}")]
    TcpSocket { address: SocketAddr, error: io::Error },
    #[error("no address to announce")]
    NoAddress,
    #[error("media thread: {0}")]
    Thread(io::Error),
    #[error("webrtc: {0}")]
    Stack(String),
    #[error("codec: {0}")]
    Codec(String),
    #[error("all sessions are taken")]
    Full,
    #[error("media is shut down")]
    Closed,
}

/// What a session gives to its media.
#[derive(Debug)]
pub struct MediaPorts {
    /// The candidate's voice goes here.
    pub uplink: UplinkSender,
    /// The interviewer's voice comes from here.
    pub downlink: DownlinkReceiver,
    /// What happens is told here.
    pub events: mpsc::Sender<MediaEvent>,
}

/// What the media path tells a session.
#[derive(Clone, Debug, PartialEq)]
pub enum MediaEvent {
    Peer(PeerEvent),
    Playout(PlayoutEvent),
    /// A message on `viva-events`, as it came.
    Message(Vec<u8>),
    /// Every 2 s while connected, or as often as the session asks for it.
    Quality(QualityData),
    /// Before each of those: the same of the whole session so far.
    AudioSoFar(SessionQuality),
}

/// A message was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    #[error("message is not text")]
    NotText,
    #[error("media is overloaded")]
    Busy,
    #[error("media is gone")]
    Gone,
}

struct Inner {
    local_addr: SocketAddr,
    tcp_addr: Option<SocketAddr>,
    candidates: OwnCandidates,
    stack: RtcStack,
    silence: Bytes,
    epoch: Instant,
    shards: Vec<ShardHandle>,
    sessions_max: usize,
    sessions: AtomicUsize,
    next_key: AtomicU64,
    stop: Arc<AtomicBool>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// A shard, as others see it.
struct ShardHandle {
    tasks: mpsc::Sender<Task>,
    load: Arc<ShardLoad>,
    runtime: Handle,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// The media path of the process. Cheap to clone.
#[derive(Clone)]
pub struct Media {
    inner: Arc<Inner>,
}

impl std::fmt::Debug for Media {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Media").field("local_addr", &self.inner.local_addr).finish_non_exhaustive()
    }
}

impl Media {
    /// Binds the socket and starts the threads.
    ///
    /// # Errors
    /// [`MediaError`] when the socket, a thread or the process's keys cannot be had.
    pub fn start(config: MediaConfig) -> Result<Self, MediaError> {
        let socket = bind(config.bind).map_err(|error| MediaError::Socket { address: config.bind, error })?;
        let of_socket = |error| MediaError::Socket { address: config.bind, error };
        let local_addr = socket.local_addr().map_err(of_socket)?;
        let tcp_listener = listen_tcp(&config)?;
        let tcp_addr = tcp_listener.as_ref().and_then(|listener| listener.local_addr().ok());
        let (announced, candidates) = announce(&config.announced, local_addr, tcp_addr);
        if announced.is_empty() {
            return Err(MediaError::NoAddress);
        }
        let stack = RtcStack::new(announced, &candidates.tcp).map_err(|error| MediaError::Stack(error.to_string()))?;
        let silence = opus::silence_packet().map_err(|error| MediaError::Codec(error.to_string()))?;
        let stop = Arc::new(AtomicBool::new(false));
        let (routes, updates) = sync_channel(ROUTES_MAX);
        let (tcp_routes, tcp_updates) = sync_channel(ROUTES_MAX);
        let mut doors = vec![routes];
        doors.extend(tcp_listener.is_some().then_some(tcp_routes));
        let outlets = Arc::<Outlets>::default();
        let (tasks, task_receivers): (Vec<_>, Vec<_>) =
            (0..config.shards.max(1)).map(|_| mpsc::channel(TASKS_MAX)).unzip();
        let second = socket.try_clone().map_err(of_socket)?;
        let door = Door::new(updates, tasks.clone());
        let front_door = Arc::new(FrontDoor::new(second, door, Arc::clone(&stop), config.only_from.clone()));
        let mut threads = Vec::new();
        if let Some(listener) = tcp_listener {
            let door = Door::new(tcp_updates, tasks.clone());
            let tcp_door = TcpDoor::new(listener, door, Arc::clone(&outlets), config.only_from);
            threads.push(spawn("viva-tcp".to_owned(), move || tcp_door.run())?);
        }
        let mut shards = Vec::new();
        for (index, (tasks, task_receiver)) in tasks.into_iter().zip(task_receivers).enumerate() {
            let socket = socket.try_clone().map_err(of_socket)?;
            let out = Outbox::new(socket, local_addr.is_ipv6(), Arc::clone(&outlets));
            let load = Arc::new(ShardLoad::default());
            let (front_door, stop) = (Arc::clone(&front_door), Arc::clone(&stop));
            let gauge = Gauge::new(index, Arc::clone(&load));
            let shard = Shard::new(index, task_receiver, doors.clone(), front_door, out, stop, gauge);
            let runtime = shard::runtime().map_err(MediaError::Thread)?;
            shards.push(ShardHandle { tasks, load, runtime: runtime.handle().clone() });
            threads.push(spawn(format!("viva-media-{index}"), move || shard.run(runtime))?);
        }
        drop(doors);
        threads.push(spawn("viva-udp".to_owned(), move || front_door.run())?);
        let inner = Inner {
            local_addr,
            tcp_addr,
            candidates,
            stack,
            silence,
            epoch: Instant::now(),
            shards,
            sessions_max: config.sessions_max,
            sessions: AtomicUsize::new(0),
            next_key: AtomicU64::new(1),
            stop,
            threads: Mutex::new(threads),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Where the socket is.
    pub fn local_addr(&self) -> SocketAddr {
        self.inner.local_addr
    }

    /// What the least loaded media thread gave up: new sessions go to it.
    pub fn load(&self) -> Level {
        self.inner.shards.iter().map(|shard| shard.load.level()).min().unwrap_or_default()
    }

    /// Where the TCP listener is, if there is one.
    pub fn tcp_addr(&self) -> Option<SocketAddr> {
        self.inner.tcp_addr
    }

    /// Registers a session before any offer: its downlink may already be filled, and plays once a peer is connected.
    ///
    /// # Errors
    /// [`MediaError::Full`] when `sessions_max` are there, [`MediaError::Closed`] after a shutdown.
    pub fn attach(&self, session_id: SessionId, ports: MediaPorts) -> Result<MediaSession, MediaError> {
        let inner = &self.inner;
        let seat = Seat::take(inner)?;
        let key = inner.next_key.fetch_add(1, Ordering::Relaxed);
        let tasks = inner.shards[seat.shard].tasks.clone();
        let shared = Arc::new(CallShared::default());
        let random = getrandom::u64().map_err(|error| MediaError::Stack(error.to_string()))?;
        let call = Call::new(ports, Arc::clone(&shared), inner.silence.clone(), random, inner.epoch)
            .map_err(|error| MediaError::Codec(error.to_string()))?;
        let attach = Command::Attach { key, call: Box::new(call) };
        tasks.try_send(Task::Command(attach)).map_err(|error| match error {
            TrySendError::Full(_) => MediaError::Full,
            TrySendError::Closed(_) => MediaError::Closed,
        })?;
        Ok(MediaSession {
            session_id,
            key,
            tasks,
            shared,
            negotiation: tokio::sync::Mutex::new(()),
            current: Mutex::new(None),
            open_offer: Mutex::new(None),
            remote_delay: Mutex::new(RemoteDelay::default()),
            prefers_pcmu: AtomicBool::new(false),
            last_words: Mutex::new(None),
            seat,
        })
    }

    /// Says goodbye to every peer and ends the threads.
    pub async fn shutdown(&self) {
        self.inner.stop.store(true, Ordering::Relaxed);
        let threads = std::mem::take(&mut *lock(&self.inner.threads));
        let joined = tokio::task::spawn_blocking(move || {
            for thread in threads {
                if thread.join().is_err() {
                    tracing::error!("a media thread had panicked");
                }
            }
        });
        if joined.await.is_err() {
            tracing::error!("media threads were not joined");
        }
    }
}

/// One of the sessions that may be there at a time, and the shard that it is given to.
struct Seat {
    inner: Arc<Inner>,
    shard: usize,
}

impl Seat {
    fn take(inner: &Arc<Inner>) -> Result<Self, MediaError> {
        if inner.stop.load(Ordering::Relaxed) {
            return Err(MediaError::Closed);
        }
        let one_more = |taken| (taken < inner.sessions_max).then_some(taken + 1);
        inner.sessions.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more).map_err(|_| MediaError::Full)?;
        metrics::gauge!("viva_media_sessions").increment(1.0);
        // Two that come at once may choose the same shard: the next ones make up for it.
        let sessions = |shard: &usize| inner.shards[*shard].load.sessions.load(Ordering::Relaxed);
        let shard = (0..inner.shards.len()).min_by_key(sessions).unwrap_or(0);
        inner.shards[shard].load.sessions.fetch_add(1, Ordering::Relaxed);
        Ok(Self { inner: Arc::clone(inner), shard })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.inner.shards[self.shard].load.sessions.fetch_sub(1, Ordering::Relaxed);
        self.inner.sessions.fetch_sub(1, Ordering::AcqRel);
        metrics::gauge!("viva_media_sessions").decrement(1.0);
    }
}

/// The browser's cumulative jitter-buffer figures as last reported.
#[derive(Default)]
struct RemoteDelay {
    delay_s: f64,
    emitted: f64,
    concealed: f64,
    played: f64,
}

/// A session's handle to its media. Dropping it ends the media.
pub struct MediaSession {
    session_id: SessionId,
    key: CallKey,
    tasks: mpsc::Sender<Task>,
    shared: Arc<CallShared>,
    /// One offer at a time.
    negotiation: tokio::sync::Mutex<()>,
    current: Mutex<Option<Negotiated>>,
    open_offer: Mutex<Option<OpenOffer>>,
    remote_delay: Mutex<RemoteDelay>,
    /// Codec that offers are answered with where they hold it.
    prefers_pcmu: AtomicBool,
    /// What a peer hears whose place another one takes.
    last_words: Mutex<Option<String>>,
    seat: Seat,
}

impl std::fmt::Debug for MediaSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MediaSession").field("session_id", &self.session_id).finish_non_exhaustive()
    }
}

impl Drop for MediaSession {
    fn drop(&mut self) {
        self.shared.detached.store(true, Ordering::Release);
    }
}

impl MediaSession {
    /// Until the guard is dropped, tasks are spawned onto the media thread of this session: for those that hand its
    /// voice on, and never work for long. What they exchange with the media wakes no other thread.
    pub fn enter(&self) -> EnterGuard<'_> {
        self.seat.inner.shards[self.seat.shard].runtime.enter()
    }

    /// Answers an offer. The peer that is there, offering again, restarts ICE; another one (a reloaded page) takes its
    /// place, and the session's audio goes on.
    ///
    /// # Errors
    /// [`OfferError`], saying what is wrong with the offer, or that media is gone or overloaded.
    pub async fn offer(&self, sdp: &str) -> Result<String, OfferError> {
        self.negotiate(check_offer(sdp)?).await.map(|agreement| agreement.answer)
    }

    async fn negotiate(&self, offer: Offer) -> Result<Agreement, OfferError> {
        let _one_at_a_time = self.negotiation.lock().await;
        *lock(&self.open_offer) = None;
        let resumed = self.resume(&offer).await?;
        let next = match resumed {
            Some(answer) => lock(&self.current).as_ref().map(|current| current.next(offer, answer)),
            None => {
                let answer = self.begin(offer.clone()).await?;
                Some(Negotiated::new(offer, answer.clone(), answer))
            }
        };
        let next = next.ok_or(OfferError::Gone)??;
        let agreement = next.shown();
        *lock(&self.current) = Some(next);
        Ok(agreement)
    }

    /// The answer in force: ours to the client's last offer, or the client's to ours.
    pub fn answer_sdp(&self) -> Option<String> {
        lock(&self.current).as_ref().map(|current| current.answer.clone())
    }

    /// Our candidates, as `candidate:…` lines; before an offer, the addresses that an answer will announce.
    pub fn local_candidates(&self) -> Vec<String> {
        match &*lock(&self.current) {
            Some(current) => sdp::candidates(&current.local),
            None => self.seat.inner.candidates.lines().cloned().collect(),
        }
    }

    /// Sends a text message on `viva-events`. Dropped and counted while the channel is not open.
    ///
    /// # Errors
    /// [`SendError`] when it was not even taken.
    pub fn send_data(&self, message: impl Into<Vec<u8>>) -> Result<(), SendError> {
        let message = String::from_utf8(message.into()).map_err(|_| SendError::NotText)?;
        self.tasks.try_send(Task::Command(Command::Data { key: self.key, message })).map_err(|error| match error {
            TrySendError::Full(_) => SendError::Busy,
            TrySendError::Closed(_) => SendError::Gone,
        })
    }

    /// Records both directions from now on, across peers.
    ///
    /// # Errors
    /// [`SendError`] when the tap was not even taken.
    pub fn record(&self, tap: Tap) -> Result<(), SendError> {
        let command = Command::Record { key: self.key, tap: Box::new(tap) };
        self.tasks.try_send(Task::Command(command)).map_err(|error| match error {
            TrySendError::Full(_) => SendError::Busy,
            TrySendError::Closed(_) => SendError::Gone,
        })
    }

    /// What a peer hears on `viva-events` from now on before another one takes its place: one with a certificate of
    /// its own, so that the page that is there, offering again, never hears it.
    pub fn set_last_words(&self, message: String) {
        *lock(&self.last_words) = Some(message);
    }

    /// Answers offers with G.711 from now on, where they hold it.
    pub fn prefer_pcmu(&self) {
        self.prefers_pcmu.store(true, Ordering::Relaxed);
    }

    /// How often quality is reported from now on.
    pub fn report_quality_every(&self, interval: Duration) {
        self.shared.quality_every_ms.store(interval.as_millis() as u64, Ordering::Relaxed);
    }

    /// Takes the browser's own figures: how long its jitter buffer holds audio back decides what was heard.
    pub fn client_stats(&self, stats: ClientStats) {
        let (Some(delay_s), Some(emitted)) = (stats.jitter_buffer_delay, stats.jitter_buffer_emitted_count) else {
            return;
        };
        let (concealed, played) = stats.concealed_and_played();
        let mut last = lock(&self.remote_delay);
        let (delay_step, emitted_step) = (delay_s - last.delay_s, emitted - last.emitted);
        let concealed_ratio = (concealed - last.concealed) / (played - last.played);
        *last = RemoteDelay { delay_s, emitted, concealed, played };
        let is_ratio = (0.0..=1.0).contains(&concealed_ratio);
        let concealed_ppm = if is_ratio { (concealed_ratio * 1e6) as u64 } else { u64::MAX };
        self.shared.remote_concealed_ppm.store(concealed_ppm, Ordering::Relaxed);
        let delay_ms = delay_step / emitted_step * 1e3;
        let is_sane = delay_ms.is_finite() && emitted_step > 0.0 && (0.0..=REMOTE_DELAY_MAX_MS).contains(&delay_ms);
        let delay_ms = if is_sane { delay_ms.round() as u64 } else { PLAYOUT_DELAY_DEFAULT_MS };
        self.shared.remote_delay_ms.store(delay_ms, Ordering::Relaxed);
    }

    /// Says goodbye to the peer and frees it; the session stays attached.
    pub async fn close(&self) {
        let (reply, done) = oneshot::channel();
        if self.tasks.try_send(Task::Command(Command::Close { key: self.key, reply })).is_ok() {
            // An error means that the shard is gone, and the peer with it.
            let _ = tokio::time::timeout(ANSWER_WAIT, done).await;
        }
        *lock(&self.current) = None;
        *lock(&self.open_offer) = None;
    }

    /// Answers an offer of the peer that is there; `None` when it is another one's.
    async fn resume(&self, offer: &Offer) -> Result<Option<String>, OfferError> {
        if !self.shared.has_peer.load(Ordering::Acquire) {
            return Ok(None);
        }
        {
            let current = lock(&self.current);
            let Some(current) = current.as_ref().filter(|current| current.remote.fingerprint == offer.fingerprint)
            else {
                return Ok(None);
            };
            if current.remote == *offer {
                return Ok(Some(current.answer.clone())); // Sent again: its answer got lost.
            }
        }
        let (reply, answer) = oneshot::channel();
        match self.ask(Command::Reoffer { key: self.key, offer: offer.clone(), reply }, answer).await? {
            Ok(answer) => Ok(Some(answer)),
            // What it cannot take over, another peer may begin anew.
            Err(PeerError::NotOpen | PeerError::Description(_)) => Ok(None),
            Err(error) => Err(refusal(error)),
        }
    }

    /// Makes a new peer. The work of it stays off the media threads.
    async fn begin(&self, offer: Offer) -> Result<String, OfferError> {
        let stack = self.seat.inner.stack.clone();
        let last_words = self.last_words_for(&offer);
        let prefers_pcmu = self.prefers_pcmu.load(Ordering::Relaxed);
        let codec = offer.choose(if prefers_pcmu { Codec::Pcmu } else { Codec::Opus });
        let accepted = tokio::task::spawn_blocking(move || stack.accept(&offer, codec, Instant::now())).await;
        let (peer, answer) =
            accepted.map_err(|_| OfferError::Refused("it broke the stack".to_owned()))?.map_err(refusal)?;
        self.install(Box::new(peer), answer, last_words).await
    }

    /// What the peer that is there hears when this one takes its place.
    fn last_words_for(&self, next: &Offer) -> Option<String> {
        let is_another = lock(&self.current).as_ref().is_some_and(|it| it.remote.fingerprint != next.fingerprint);
        lock(&self.last_words).clone().filter(|_| is_another)
    }

    /// Puts a peer in the place of the one that is there; returns our description.
    async fn install(
        &self,
        peer: Box<dyn Peer>,
        answer: Answer,
        last_words: Option<String>,
    ) -> Result<String, OfferError> {
        let id = self.seat.inner.next_key.fetch_add(1, Ordering::Relaxed);
        let (reply, done) = oneshot::channel();
        let command = Command::Install { key: self.key, peer, id, answer, last_words, reply };
        self.ask(command, done).await?.map_err(|_| OfferError::Gone)
    }

    async fn ask(&self, command: Command, reply: oneshot::Receiver<Reply>) -> Result<Reply, OfferError> {
        self.tasks.try_send(Task::Command(command)).map_err(|error| match error {
            TrySendError::Full(_) => OfferError::Busy,
            TrySendError::Closed(_) => OfferError::Gone,
        })?;
        let answered = tokio::time::timeout(ANSWER_WAIT, reply).await.map_err(|_| OfferError::Busy)?;
        answered.map_err(|_| OfferError::Gone)
    }
}

fn refusal(error: PeerError) -> OfferError {
    OfferError::Refused(error.to_string())
}

fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    use socket2::{Domain, Protocol, Socket, Type};
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    if address.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    // The kernel may grant less; that is no error.
    let _ = socket.set_recv_buffer_size(SOCKET_BUFFER_BYTES);
    let _ = socket.set_send_buffer_size(SOCKET_BUFFER_BYTES);
    // What cannot leave at once is lost, as any packet may be; shards wait for nothing.
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}

/// Listens for TCP where that is wanted, and possible or required.
fn listen_tcp(config: &MediaConfig) -> Result<Option<TcpListener>, MediaError> {
    let Some(TcpListen { port, is_required }) = config.tcp else { return Ok(None) };
    let address = SocketAddr::new(config.bind.ip(), port);
    match tcp::listen(address) {
        Ok(listener) => Ok(Some(listener)),
        Err(error) if is_required => Err(MediaError::TcpSocket { address, error }),
        Err(error) => {
            tracing::warn!(%address, %error, "no media over TCP: choose another VIVA_ICE_TCP_PORT");
            Ok(None)
        }
    }
}

fn spawn(name: String, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, MediaError> {
    std::thread::Builder::new().name(name).spawn(work).map_err(MediaError::Thread)
}

/// What these locks guard is whole after any panic.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
