//! ICE over TCP for networks that let no UDP through: passive candidates (RFC 6544) on one listener for all sessions,
//! packets framed as RFC 4571 says. One thread has the listener and all connections, with a door of its own; shards
//! hand it what leaves.
//!
//! Nobody is answered who has not shown an authenticated check of a session of ours first, within seconds and among
//! few others who have not. A connection that takes nothing loses its oldest audio: late audio is worth nothing.

mod outlet;

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr, TcpListener as StdListener},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use metrics::{Counter, Gauge};
use tokio::{
    io::{AsyncReadExt, BufReader},
    net::{TcpListener, TcpStream, tcp::OwnedReadHalf},
    time::{MissedTickBehavior, interval, sleep, timeout},
};

pub(super) use self::outlet::{ConnectionId, Outlets};
use self::outlet::{LENGTH_BYTES, Outlet};
use super::front_door::{DATAGRAM_BYTES_MAX, Door, Path, RECEIVE_WAIT, Transport, canonical, may_send};

/// A connection shows an authenticated check by then.
const FIRST_FRAME_WITHIN: Duration = Duration::from_secs(5);
/// A connection that says nothing so long is closed: consent alone is asked for more often (RFC 7675 section 5.1).
const SILENT_FOR: Duration = Duration::from_secs(30);
/// Connections at a time.
const CONNECTIONS_MAX: usize = 4_096;
/// Of them, those that have not shown a check yet.
const STRANGERS_MAX: usize = 512;
/// Of these, those of one address: a browser tries each of its own with each of ours.
const STRANGERS_PER_ADDRESS_MAX: usize = 32;
/// What was said last has so long to leave when the server stops.
const GOODBYE_FOR: Duration = Duration::from_millis(200);
/// How long a listener rests that cannot accept: there are no descriptors left, say.
const ACCEPT_REST: Duration = Duration::from_millis(50);
/// Connections that wait to be accepted.
const BACKLOG: i32 = 256;
/// Bytes that the kernel holds unsent: about a quarter of a second of audio.
#[cfg(target_os = "linux")]
const UNSENT_BYTES_MAX: u32 = 4_096;
const READ_BUFFER_BYTES: usize = 4_096;

/// Binds the listener of all sessions; an IPv6 address takes IPv4 peers too.
///
/// # Errors
/// As the system reports them.
pub(super) fn listen(address: SocketAddr) -> io::Result<StdListener> {
    use socket2::{Domain, Protocol, Socket, Type};
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Why connections were closed or not taken, and how many there are.
struct Figures {
    open: Gauge,
    foreign: Counter,
    crowded: Counter,
    silent: Counter,
    malformed: Counter,
    unverified: Counter,
}

impl Figures {
    fn new() -> Self {
        let counter = |reason: &'static str| metrics::counter!("viva_tcp_refused_total", "reason" => reason);
        Self {
            open: metrics::gauge!("viva_tcp_connections"),
            foreign: counter("foreign_source"),
            crowded: counter("crowded"),
            silent: counter("silent"),
            malformed: counter("malformed"),
            unverified: counter("unverified"),
        }
    }
}

/// The thread of the listener.
pub(super) struct TcpDoor {
    listener: StdListener,
    hall: Hall,
}

/// What all connections share. One thread has it: nothing is locked.
struct Hall {
    door: RefCell<Door>,
    outlets: Arc<Outlets>,
    only_from: Option<Vec<IpAddr>>,
    next_id: Cell<ConnectionId>,
    connections: Cell<usize>,
    strangers: Cell<usize>,
    strangers_by_address: RefCell<HashMap<IpAddr, usize>>,
    figures: Figures,
}

impl TcpDoor {
    pub(super) fn new(
        listener: StdListener,
        door: Door,
        outlets: Arc<Outlets>,
        only_from: Option<Vec<IpAddr>>,
    ) -> Self {
        let hall = Hall {
            door: RefCell::new(door),
            outlets,
            only_from,
            next_id: Cell::new(1),
            connections: Cell::new(0),
            strangers: Cell::new(0),
            strangers_by_address: RefCell::default(),
            figures: Figures::new(),
        };
        Self { listener, hall }
    }

    /// Serves until the shards are gone, and what they said last has left.
    pub(super) fn run(self) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build();
        let served = runtime.and_then(|runtime| tokio::task::LocalSet::new().block_on(&runtime, self.serve()));
        if let Err(error) = served {
            tracing::error!(%error, "media over TCP cannot be served");
        }
    }

    async fn serve(self) -> io::Result<()> {
        let listener = TcpListener::from_std(self.listener)?;
        let hall = Rc::new(self.hall);
        let mut tick = interval(RECEIVE_WAIT);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => hall.clone().take(stream, canonical(peer)),
                    Err(error) => {
                        tracing::debug!(%error, "tcp accept failed");
                        sleep(ACCEPT_REST).await;
                    }
                },
                // The queue of changes has an end: it is emptied when nothing comes in, too.
                _ = tick.tick() => if !hall.door.borrow_mut().take_updates() { break },
            }
        }
        let _ = timeout(GOODBYE_FOR, hall.outlets.all_sent()).await; // What has not left by then never will.
        Ok(())
    }
}

impl Hall {
    fn take(self: Rc<Self>, stream: TcpStream, peer: SocketAddr) {
        if !may_send(self.only_from.as_deref(), peer.ip()) {
            return self.figures.foreign.increment(1);
        }
        let Some(place) = Place::take(&self, peer.ip()) else { return self.figures.crowded.increment(1) };
        let _ = stream.set_nodelay(true);
        #[cfg(target_os = "linux")]
        let _ = socket2::SockRef::from(&stream).set_tcp_notsent_lowat(UNSENT_BYTES_MAX);
        let id = self.next_id.replace(self.next_id.get() + 1);
        let path = Path { peer, transport: Transport::Tcp(id) };
        tokio::task::spawn_local(async move { self.attend(stream, path, id, place).await });
    }

    /// One connection from its first frame to its end.
    async fn attend(self: Rc<Self>, stream: TcpStream, path: Path, id: ConnectionId, mut place: Place) {
        let (read, write) = stream.into_split();
        let mut frames = Frames::new(read);
        match timeout(FIRST_FRAME_WITHIN, frames.next()).await {
            Ok(true) => {}
            Ok(false) => return self.figures.malformed.increment(1),
            Err(_) => return self.figures.silent.increment(1),
        }
        // The answer to the check may leave before this thread goes on.
        let outlet = Outlet::open(&self.outlets, id);
        if !self.admit(frames.frame(), path) {
            self.outlets.close(id);
            return self.figures.unverified.increment(1);
        }
        place.make_known();
        let writing = outlet.write_to(write);
        tokio::pin!(writing);
        loop {
            tokio::select! {
                read = timeout(SILENT_FOR, frames.next()) => {
                    if !matches!(read, Ok(true)) || !self.admit(frames.frame(), path) {
                        break;
                    }
                }
                () = &mut writing => break,
            }
        }
        self.outlets.close(id);
        self.door.borrow_mut().forget(path);
    }

    /// Lets a frame through the door; whether it came by a path that a session of ours has verified.
    fn admit(&self, frame: &[u8], path: Path) -> bool {
        let mut door = self.door.borrow_mut();
        // Before the frame: its peer may be among the changes.
        door.take_updates();
        door.admit(frame, path);
        door.has_verified(path)
    }
}

/// A connection's place among the others.
struct Place {
    hall: Rc<Hall>,
    /// `None` once it is no stranger any more.
    stranger: Option<IpAddr>,
}

impl Place {
    fn take(hall: &Rc<Hall>, address: IpAddr) -> Option<Self> {
        let mut by_address = hall.strangers_by_address.borrow_mut();
        let of_address = by_address.get(&address).copied().unwrap_or(0);
        let is_full = hall.connections.get() >= CONNECTIONS_MAX
            || hall.strangers.get() >= STRANGERS_MAX
            || of_address >= STRANGERS_PER_ADDRESS_MAX;
        if is_full {
            return None;
        }
        by_address.insert(address, of_address + 1);
        hall.strangers.set(hall.strangers.get() + 1);
        hall.connections.set(hall.connections.get() + 1);
        hall.figures.open.increment(1.0);
        Some(Self { hall: Rc::clone(hall), stranger: Some(address) })
    }

    /// It has shown a check.
    fn make_known(&mut self) {
        let Some(address) = self.stranger.take() else { return };
        self.hall.strangers.set(self.hall.strangers.get() - 1);
        let mut by_address = self.hall.strangers_by_address.borrow_mut();
        match by_address.get_mut(&address) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                by_address.remove(&address);
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.make_known();
        self.hall.connections.set(self.hall.connections.get() - 1);
        self.hall.figures.open.decrement(1.0);
    }
}

/// Reads frames (RFC 4571 section 2): a length in 16 bits, and so many bytes.
struct Frames {
    read: BufReader<OwnedReadHalf>,
    buffer: Box<[u8; DATAGRAM_BYTES_MAX]>,
    length: usize,
    /// Bytes of the frame that are here, its length among them: a wait that is given up loses none.
    filled: usize,
}

impl Frames {
    fn new(read: OwnedReadHalf) -> Self {
        let read = BufReader::with_capacity(READ_BUFFER_BYTES, read);
        Self { read, buffer: Box::new([0; DATAGRAM_BYTES_MAX]), length: 0, filled: 0 }
    }

    /// Reads the next one; `false` at the end, and for a frame that nobody of ours would send. May be given up while it
    /// waits, and called again.
    async fn next(&mut self) -> bool {
        if self.filled == LENGTH_BYTES + self.length {
            (self.filled, self.length) = (0, 0);
        }
        while self.filled < LENGTH_BYTES {
            let Ok(byte) = self.read.read_u8().await else { return false };
            self.length = self.length << 8 | usize::from(byte);
            self.filled += 1;
        }
        if self.length == 0 || self.length > DATAGRAM_BYTES_MAX {
            return false;
        }
        while self.filled < LENGTH_BYTES + self.length {
            let rest = &mut self.buffer[self.filled - LENGTH_BYTES..self.length];
            match self.read.read(rest).await {
                Ok(0) | Err(_) => return false,
                Ok(count) => self.filled += count,
            }
        }
        true
    }

    fn frame(&self) -> &[u8] {
        &self.buffer[..self.length]
    }
}
