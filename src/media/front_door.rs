//! The one UDP socket of the node. What comes in is sorted (RFC 7983), and nothing passes that is not verified: STUN by
//! the message integrity of a session of ours, DTLS and SRTP by a 5-tuple from which such STUN came. Whatever fails is
//! dropped without an answer and counted.

use std::{
    collections::HashMap,
    io::{self, ErrorKind},
    net::{IpAddr, SocketAddr, UdpSocket},
    sync::{
        Arc, Mutex, OnceLock, PoisonError, TryLockError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{Receiver, TryRecvError},
    },
    thread::Thread,
    time::{Duration, Instant},
};

use bytes::BytesMut;
use metrics::Counter;
use tokio::{
    io::Interest,
    sync::mpsc::Sender,
    time::{MissedTickBehavior, interval},
};

use super::{
    peer::IceCredentials,
    shard::Task,
    stun::{StunError, StunKind, StunMessage},
    tcp::ConnectionId,
};

/// Largest datagram taken; ours and a browser's stay below an Ethernet frame.
pub(super) const DATAGRAM_BYTES_MAX: usize = 2_048;
/// Received datagrams are cut out of blocks of this size.
const ARENA_BYTES: usize = 64 * 1024;
/// 5-tuples that one peer may have verified at a time; the oldest gives way.
const PATHS_MAX: usize = 8;
/// 5-tuples that one peer may verify between two ICE restarts: each costs the stack a candidate.
const VERIFICATIONS_MAX: u32 = 256;
/// Datagrams that are looked at before anything else is done.
const DATAGRAMS_PER_LOOK: usize = 256;
/// How often a silent socket looks at its updates.
pub(super) const RECEIVE_WAIT: Duration = Duration::from_millis(50);

/// Names a peer for its life; never used again.
pub(super) type PeerId = u64;
/// Names a session within the process.
pub(super) type CallKey = u64;

/// How datagrams travel between a peer and this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Transport {
    Udp,
    /// Framed, over a connection that the peer made (RFC 6544).
    Tcp(ConnectionId),
}

/// Where a datagram came from, and where answers go: a 5-tuple without our end of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Path {
    pub peer: SocketAddr,
    pub transport: Transport,
}

/// What a datagram was found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admitted {
    /// An authenticated check; `nominates` its pair.
    Check { nominates: bool },
    /// An authenticated answer to a check of ours.
    CheckAnswer,
    /// DTLS or SRTP from a verified 5-tuple.
    Media,
}

/// A datagram for a shard.
#[derive(Debug)]
pub(super) struct Arrival {
    pub call: CallKey,
    pub peer: PeerId,
    pub path: Path,
    pub kind: Admitted,
    pub datagram: BytesMut,
    pub at: Instant,
}

/// First octet of SRTP and SRTCP (RFC 7983).
const MEDIA_FIRST: std::ops::RangeInclusive<u8> = 128..=191;

impl Arrival {
    /// Whether it is SRTP or SRTCP, which the stack never sees.
    pub(super) fn is_protected_media(&self) -> bool {
        self.kind == Admitted::Media && self.datagram.first().is_some_and(|first| MEDIA_FIRST.contains(first))
    }
}

/// A change of who may pass.
#[derive(Clone, Debug)]
pub(super) enum RouteUpdate {
    /// This peer has these credentials from now on; earlier ones of it are void.
    Open {
        shard: usize,
        call: CallKey,
        peer: PeerId,
        credentials: IceCredentials,
    },
    Close {
        peer: PeerId,
    },
}

struct Route {
    shard: usize,
    call: CallKey,
    credentials: IceCredentials,
    /// Verified, oldest first.
    paths: Vec<Path>,
    verifications: u32,
}

/// Why datagrams were dropped.
struct Drops {
    malformed: Counter,
    kind: Counter,
    no_integrity: Counter,
    fingerprint: Counter,
    unknown_user: Counter,
    wrong_integrity: Counter,
    role: Counter,
    unverified: Counter,
    unknown_protocol: Counter,
    overload: Counter,
    foreign: Counter,
}

impl Drops {
    fn new() -> Self {
        let counter = |reason: &'static str| metrics::counter!("viva_frontdoor_dropped_total", "reason" => reason);
        Self {
            malformed: counter("stun_malformed"),
            kind: counter("stun_kind"),
            no_integrity: counter("stun_no_integrity"),
            fingerprint: counter("stun_fingerprint"),
            unknown_user: counter("stun_unknown_user"),
            wrong_integrity: counter("stun_wrong_integrity"),
            role: counter("stun_role"),
            unverified: counter("unverified_source"),
            unknown_protocol: counter("unknown_protocol"),
            overload: counter("overload"),
            foreign: counter("foreign_source"),
        }
    }
}

/// Who may pass, and where to. Each receiving thread has one of its own; the shards keep all of them up to date.
pub(super) struct Door {
    updates: Receiver<RouteUpdate>,
    shards: Vec<Sender<Task>>,
    routes: HashMap<PeerId, Route>,
    by_ufrag: HashMap<String, PeerId>,
    by_path: HashMap<Path, PeerId>,
    arena: BytesMut,
    drops: Drops,
}

/// The UDP socket and its door.
struct Porch {
    socket: UdpSocket,
    door: Door,
    buffer: Box<[u8; DATAGRAM_BYTES_MAX]>,
}

/// What there was to take.
enum Taken {
    All,
    /// There may be more.
    Some,
    /// Nobody can change who may pass any more: the media path is gone.
    Over,
}

/// Who receives from the UDP socket: shards that tick anyway look at it each time, so that no thread wakes for a
/// packet; while none does, a thread of its own waits for what comes.
pub(super) struct FrontDoor {
    porch: Mutex<Porch>,
    only_from: Option<Vec<IpAddr>>,
    stop: Arc<AtomicBool>,
    /// Shards that look each millisecond.
    attended: AtomicUsize,
    keeper: OnceLock<Thread>,
}

/// A shard's promise to look each millisecond; dropping it takes it back.
pub(super) struct Attendance(Arc<FrontDoor>);

impl Drop for Attendance {
    fn drop(&mut self) {
        self.0.attended.fetch_sub(1, Ordering::AcqRel);
        if let Some(keeper) = self.0.keeper.get() {
            keeper.unpark();
        }
    }
}

/// Whether anything from this address is looked at.
pub(super) fn may_send(only_from: Option<&[IpAddr]>, source: IpAddr) -> bool {
    only_from.is_none_or(|own| source.is_loopback() || own.contains(&source))
}

impl FrontDoor {
    /// `socket` does not block.
    pub(super) fn new(socket: UdpSocket, door: Door, stop: Arc<AtomicBool>, only_from: Option<Vec<IpAddr>>) -> Self {
        let porch = Mutex::new(Porch { socket, door, buffer: Box::new([0; DATAGRAM_BYTES_MAX]) });
        Self { porch, only_from, stop, attended: AtomicUsize::new(0), keeper: OnceLock::new() }
    }

    /// From now on the caller [looks](Self::look) each millisecond.
    pub(super) fn attend(self: &Arc<Self>) -> Attendance {
        self.attended.fetch_add(1, Ordering::AcqRel);
        Attendance(Arc::clone(self))
    }

    /// Takes what came, unless somebody else does just now.
    pub(super) fn look(&self) {
        match self.porch.try_lock() {
            Ok(mut porch) => drop(porch.take(self.only_from.as_deref())),
            // A datagram that panicked is gone; what the door knows is whole.
            Err(TryLockError::Poisoned(porch)) => drop(porch.into_inner().take(self.only_from.as_deref())),
            Err(TryLockError::WouldBlock) => {}
        }
    }

    /// Receives whenever nobody else does, until told to stop.
    pub(super) fn run(&self) {
        let _ = self.keeper.set(std::thread::current());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build();
        if let Err(error) = runtime.and_then(|runtime| runtime.block_on(self.keep())) {
            tracing::error!(%error, "media over UDP cannot be served");
        }
    }

    async fn keep(&self) -> io::Result<()> {
        let waiting = tokio::net::UdpSocket::from_std(self.lock().socket.try_clone()?)?;
        let mut tick = interval(RECEIVE_WAIT);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !self.stop.load(Ordering::Relaxed) {
            if self.attended.load(Ordering::Acquire) > 0 {
                // Woken when nobody looks any more; until then the queue of changes is emptied even if all stall.
                std::thread::park_timeout(RECEIVE_WAIT);
            } else {
                tokio::select! {
                    ready = waiting.readable() => ready?,
                    _ = tick.tick() => {}
                }
            }
            let taken = self.lock().take(self.only_from.as_deref());
            match taken {
                // So that it waits until something comes.
                Taken::All => drop(waiting.try_io(Interest::READABLE, || Err::<(), _>(ErrorKind::WouldBlock.into()))),
                Taken::Some => {}
                Taken::Over => break,
            }
        }
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Porch> {
        self.porch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Porch {
    /// Takes the changes and what came.
    fn take(&mut self, only_from: Option<&[IpAddr]>) -> Taken {
        for _ in 0..DATAGRAMS_PER_LOOK {
            let received = self.socket.recv_from(&mut self.buffer[..]);
            // Before the datagram: its peer may be among the changes.
            if !self.door.take_updates() {
                return Taken::Over;
            }
            match received {
                Ok((_, source)) if !may_send(only_from, canonical(source).ip()) => {
                    self.door.drops.foreign.increment(1);
                }
                Ok((length, source)) => {
                    let path = Path { peer: canonical(source), transport: Transport::Udp };
                    self.door.admit(&self.buffer[..length], path);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Taken::All,
                // ICMP errors of what we sent come up here; they concern no datagram.
                Err(error) if error.kind() == ErrorKind::ConnectionRefused => {}
                Err(error) => {
                    tracing::debug!(%error, "udp receive failed");
                    return Taken::All;
                }
            }
        }
        Taken::Some
    }
}

impl Door {
    pub(super) fn new(updates: Receiver<RouteUpdate>, shards: Vec<Sender<Task>>) -> Self {
        Self {
            updates,
            shards,
            routes: HashMap::new(),
            by_ufrag: HashMap::new(),
            by_path: HashMap::new(),
            arena: BytesMut::new(),
            drops: Drops::new(),
        }
    }

    /// Takes the changes of who may pass. `false` when nobody can change it any more: the media path is gone.
    pub(super) fn take_updates(&mut self) -> bool {
        loop {
            match self.updates.try_recv() {
                Ok(update) => self.apply(update),
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
    }

    fn apply(&mut self, update: RouteUpdate) {
        match update {
            RouteUpdate::Open { shard, call, peer, credentials } => {
                let paths = self.close(peer);
                for path in &paths {
                    self.by_path.insert(*path, peer);
                }
                self.by_ufrag.insert(credentials.local_ufrag.clone(), peer);
                self.routes.insert(peer, Route { shard, call, credentials, paths, verifications: 0 });
            }
            RouteUpdate::Close { peer } => {
                self.close(peer);
            }
        }
    }

    fn close(&mut self, peer: PeerId) -> Vec<Path> {
        let Some(route) = self.routes.remove(&peer) else { return Vec::new() };
        self.by_ufrag.remove(&route.credentials.local_ufrag);
        for path in &route.paths {
            if self.by_path.get(path) == Some(&peer) {
                self.by_path.remove(path);
            }
        }
        route.paths
    }

    /// RFC 7983: the first octet tells the protocol.
    pub(super) fn admit(&mut self, datagram: &[u8], path: Path) {
        match datagram.first() {
            Some(0..=3) => self.admit_stun(datagram, path),
            Some(20..=63 | 128..=191) => match self.by_path.get(&path) {
                Some(&peer) => self.pass(peer, path, Admitted::Media, datagram),
                None => self.drops.unverified.increment(1),
            },
            _ => self.drops.unknown_protocol.increment(1),
        }
    }

    /// Whether an authenticated check came this way, and its session is still there.
    pub(super) fn has_verified(&self, path: Path) -> bool {
        self.by_path.contains_key(&path)
    }

    /// Nothing comes this way any more.
    pub(super) fn forget(&mut self, path: Path) {
        if let Some(route) = self.by_path.remove(&path).and_then(|peer| self.routes.get_mut(&peer)) {
            route.paths.retain(|verified| *verified != path);
        }
    }

    fn admit_stun(&mut self, datagram: &[u8], path: Path) {
        let message = match StunMessage::parse(datagram) {
            Ok(message) => message,
            Err(StunError::Malformed) => return self.drops.malformed.increment(1),
            Err(StunError::Kind) => return self.drops.kind.increment(1),
            Err(StunError::NoIntegrity) => return self.drops.no_integrity.increment(1),
            Err(StunError::Fingerprint) => return self.drops.fingerprint.increment(1),
        };
        match message.kind {
            StunKind::BindingRequest => self.admit_check(&message, datagram, path),
            StunKind::BindingSuccess => self.admit_check_answer(&message, datagram, path),
        }
    }

    fn admit_check(&mut self, message: &StunMessage<'_>, datagram: &[u8], path: Path) {
        let peer = message.local_ufrag.and_then(|ufrag| self.by_ufrag.get(ufrag)).copied();
        let Some((peer, route)) = peer.and_then(|peer| Some((peer, self.routes.get(&peer)?))) else {
            return self.drops.unknown_user.increment(1);
        };
        if !message.is_authentic(route.credentials.local_password.as_bytes()) {
            return self.drops.wrong_integrity.increment(1);
        }
        if message.claims_controlled {
            return self.drops.role.increment(1); // That is our role, and never changes (ICE-lite).
        }
        let nominates = message.use_candidate;
        if !self.verify(peer, path) {
            return self.drops.overload.increment(1);
        }
        self.pass(peer, path, Admitted::Check { nominates }, datagram);
    }

    fn admit_check_answer(&mut self, message: &StunMessage<'_>, datagram: &[u8], path: Path) {
        let Some(&peer) = self.by_path.get(&path) else {
            return self.drops.unverified.increment(1);
        };
        let password = self.routes.get(&peer).map(|route| route.credentials.remote_password.as_bytes());
        if !password.is_some_and(|password| message.is_authentic(password)) {
            return self.drops.wrong_integrity.increment(1);
        }
        self.pass(peer, path, Admitted::CheckAnswer, datagram);
    }

    /// Notes a 5-tuple as this peer's; `false` when it had too many.
    fn verify(&mut self, peer: PeerId, path: Path) -> bool {
        let former = self.by_path.get(&path).copied();
        if former == Some(peer) {
            return true;
        }
        let Some(route) = self.routes.get_mut(&peer) else { return false };
        if route.verifications == VERIFICATIONS_MAX {
            return false;
        }
        route.verifications += 1;
        if route.paths.len() == PATHS_MAX {
            self.by_path.remove(&route.paths.remove(0));
        }
        route.paths.push(path);
        self.by_path.insert(path, peer);
        if let Some(former) = former.and_then(|former| self.routes.get_mut(&former)) {
            former.paths.retain(|verified| *verified != path);
        }
        true
    }

    fn pass(&mut self, peer: PeerId, path: Path, kind: Admitted, datagram: &[u8]) {
        let Some(route) = self.routes.get(&peer) else { return };
        if self.arena.capacity() < datagram.len() {
            self.arena.reserve(ARENA_BYTES);
        }
        self.arena.extend_from_slice(datagram);
        let datagram = self.arena.split();
        let arrival = Arrival { call: route.call, peer, path, kind, datagram, at: Instant::now() };
        if self.shards[route.shard].try_send(Task::Arrival(arrival)).is_err() {
            self.drops.overload.increment(1);
        }
    }
}

/// An IPv4 address that came in through an IPv6 socket, as IPv4.
pub(super) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_together_is_taken_in_one_look() {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        socket.set_nonblocking(true).expect("it does not block");
        let address = socket.local_addr().expect("an address");
        let peer = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let path = Path { peer: peer.local_addr().expect("an address"), transport: Transport::Udp };
        let (updates, changes) = std::sync::mpsc::sync_channel(1);
        let (tasks, mut arrivals) = tokio::sync::mpsc::channel(2 * DATAGRAMS_PER_LOOK);
        let mut door = Door::new(changes, vec![tasks]);
        let credentials = IceCredentials {
            local_ufrag: "ours".to_owned(),
            local_password: "our password".to_owned(),
            remote_password: "their password".to_owned(),
        };
        updates.send(RouteUpdate::Open { shard: 0, call: 7, peer: 1, credentials }).expect("room");
        assert!(door.take_updates() && door.verify(1, path));
        let front_door = Arc::new(FrontDoor::new(socket, door, Arc::default(), None));
        let attendance = front_door.attend();
        for count in [100, DATAGRAMS_PER_LOOK] {
            for _ in 0..count {
                peer.send_to(&[128, 111, 0, 0], address).expect("sent");
            }
            front_door.look();
            let mut taken = 0;
            while arrivals.try_recv().is_ok() {
                taken += 1;
            }
            assert_eq!(taken, count);
        }
        // Only now, so that it takes nothing of what was counted.
        let keeper = std::thread::spawn({
            let front_door = Arc::clone(&front_door);
            move || front_door.run()
        });
        drop(attendance);
        peer.send_to(&[128, 111, 0, 0], address).expect("sent");
        assert!(arrivals.blocking_recv().is_some(), "nobody looks any more: its own thread does");
        drop(updates);
        keeper.join().expect("it ends with the media path");
    }

    #[test]
    fn a_server_for_this_machine_alone_looks_at_nothing_from_elsewhere() {
        let address = |text: &str| text.parse::<IpAddr>().expect("an address");
        let own = [address("127.0.0.1"), address("192.0.2.2")];
        for (source, looked_at) in
            [("127.0.0.1", true), ("127.5.5.5", true), ("192.0.2.2", true), ("192.0.2.3", false), ("8.8.8.8", false)]
        {
            assert_eq!(may_send(Some(&own), address(source)), looked_at, "{source}");
            assert!(may_send(None, address(source)));
        }
    }
}
