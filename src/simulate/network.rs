//! A bad network in front of a server: a UDP relay that any client works through unchanged.
//!
//! Every client address gets a socket of its own towards the server, so that the server sees as many 5-tuples as there
//! are; what becomes of the packets is decided by `domain::impairment`. Timers are tokio's: a packet leaves up to a
//! millisecond or two later than its script says.

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde::Serialize;
use tokio::{
    net::UdpSocket,
    sync::{mpsc, watch},
    task::JoinSet,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use crate::domain::impairment::{Counts, Direction, Output, Path, Script};

/// Largest UDP payload.
const DATAGRAM_BYTES_MAX: usize = 65_535;
/// Packets of one client that may wait for its task.
const WAITING_MAX: usize = 1_024;
/// A client that sends nothing for so long is forgotten: longer than any consent (RFC 7675).
const IDLE_FOR: Duration = Duration::from_secs(120);

/// What to relay, and how badly.
#[derive(Clone, Debug)]
pub struct NetworkConfig {
    /// Where clients send to.
    pub listen: SocketAddr,
    /// Where the server is.
    pub to: SocketAddr,
    /// What happens, from the start on.
    pub script: Script,
    /// The same seed, the same fate of the same packets.
    pub seed: u64,
    /// Client addresses at a time; packets of more are dropped and counted.
    pub clients_max: usize,
}

/// What became of the packets of all clients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Client addresses that were served.
    pub clients: u64,
    /// Packets of clients that there was no room for, or that came faster than they were taken.
    pub refused: u64,
    /// New addresses given to clients.
    pub rebinds: u64,
    /// From clients to the server.
    pub up: Counts,
    /// From the server to clients.
    pub down: Counts,
}

/// What holds for all clients now.
#[derive(Clone, Debug)]
struct Orders {
    script: Arc<Script>,
    /// When the script started.
    since: Instant,
    /// Scripts so far.
    scripts: u64,
    is_dark: bool,
    /// Rebindings ordered so far.
    rebinds: u64,
}

/// What the tasks of a relay share.
struct Shared {
    front: UdpSocket,
    config: NetworkConfig,
    epoch: Instant,
    orders: watch::Receiver<Orders>,
    report: Mutex<Report>,
    cancel: CancellationToken,
}

impl Shared {
    fn note(&self, change: impl FnOnce(&mut Report)) {
        change(&mut self.report.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn now_us(&self) -> u64 {
        self.epoch.elapsed().as_micros() as u64
    }
}

/// A running relay. Dropping it ends it.
pub struct Network {
    local_addr: SocketAddr,
    orders: watch::Sender<Orders>,
    shared: Arc<Shared>,
    front: tokio::task::JoinHandle<()>,
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Network").field("local_addr", &self.local_addr).finish_non_exhaustive()
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.shared.cancel.cancel();
    }
}

impl Network {
    /// Listens and relays.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn start(config: NetworkConfig) -> io::Result<Self> {
        let front = UdpSocket::bind(config.listen).await?;
        let local_addr = front.local_addr()?;
        let epoch = Instant::now();
        let script = Arc::new(config.script.clone());
        let (orders, receiver) =
            watch::channel(Orders { script, since: epoch, scripts: 1, is_dark: false, rebinds: 0 });
        let shared = Arc::new(Shared {
            front,
            config,
            epoch,
            orders: receiver,
            report: Mutex::default(),
            cancel: CancellationToken::new(),
        });
        let front = tokio::spawn(serve(Arc::clone(&shared)));
        Ok(Self { local_addr, orders, shared, front })
    }

    /// Where clients send to.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// This script holds from now on, for clients that are there and for those to come.
    pub fn follow(&self, script: Script) {
        self.orders.send_modify(|orders| {
            *orders = Orders {
                script: Arc::new(script),
                since: Instant::now(),
                scripts: orders.scripts + 1,
                ..orders.clone()
            };
        });
    }

    /// Whatever the script says, nothing passes while it is dark.
    pub fn set_dark(&self, is_dark: bool) {
        self.orders.send_modify(|orders| orders.is_dark = is_dark);
    }

    /// Every client has another address from now on, as the server sees it; what is sent to the old one is lost.
    pub fn rebind(&self) {
        self.orders.send_modify(|orders| orders.rebinds += 1);
    }

    /// What became of the packets so far.
    pub fn report(&self) -> Report {
        *self.shared.report.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends it. What is on its way is lost.
    pub async fn stop(mut self) -> Report {
        self.shared.cancel.cancel();
        if (&mut self.front).await.is_err() {
            tracing::error!("the relay had panicked");
        }
        self.report()
    }
}

/// Takes what clients send and gives each client's packets to its task.
async fn serve(shared: Arc<Shared>) {
    let mut clients: HashMap<SocketAddr, mpsc::Sender<Vec<u8>>> = HashMap::new();
    let mut tasks = JoinSet::new();
    let mut served = 0;
    let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
    loop {
        let received = tokio::select! {
            () = shared.cancel.cancelled() => break,
            received = shared.front.recv_from(&mut buffer) => received,
        };
        // ICMP errors of what was sent before come up here.
        let Ok((length, source)) = received else { continue };
        while tasks.try_join_next().is_some() {}
        if clients.get(&source).is_none_or(mpsc::Sender::is_closed) {
            clients.retain(|_, packets| !packets.is_closed());
            if clients.len() >= shared.config.clients_max {
                shared.note(|report| report.refused += 1);
                continue;
            }
            let Ok(socket) = socket_to(shared.config.to).await else {
                shared.note(|report| report.refused += 1);
                continue;
            };
            let (packets, receiver) = mpsc::channel(WAITING_MAX);
            tasks.spawn(Client::new(Arc::clone(&shared), source, socket, served).run(receiver));
            clients.insert(source, packets);
            served += 1;
            shared.note(|report| report.clients += 1);
        }
        let is_taken = clients.get(&source).is_some_and(|packets| packets.try_send(buffer[..length].to_vec()).is_ok());
        if !is_taken {
            shared.note(|report| report.refused += 1);
        }
    }
    drop(clients);
    while tasks.join_next().await.is_some() {}
}

async fn socket_to(server: SocketAddr) -> io::Result<UdpSocket> {
    let any: IpAddr = if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind(SocketAddr::new(any, 0)).await?;
    socket.connect(server).await?;
    Ok(socket)
}

/// One client address.
struct Client {
    shared: Arc<Shared>,
    address: SocketAddr,
    /// Its address as the server sees it.
    socket: UdpSocket,
    /// The one before, still open: a NAT that forgot an address does not answer for it.
    former: Option<UdpSocket>,
    path: Path<Vec<u8>>,
    /// What the report has of this client.
    reported: [Counts; 2],
    scripts: u64,
    rebinds: u64,
}

impl Client {
    fn new(shared: Arc<Shared>, address: SocketAddr, socket: UdpSocket, number: u64) -> Self {
        let path = Path::new(shared.config.seed.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        let rebinds = shared.orders.borrow().rebinds;
        Self { shared, address, socket, former: None, path, reported: [Counts::default(); 2], scripts: 0, rebinds }
    }

    async fn run(mut self, mut packets: mpsc::Receiver<Vec<u8>>) {
        let mut orders = self.shared.orders.clone();
        let cancel = self.shared.cancel.clone();
        let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
        let mut idle_at = Instant::now() + IDLE_FOR;
        let current = orders.borrow_and_update().clone();
        self.obey(&current).await;
        loop {
            let due = self.path.poll_timeout().map(|due_us| self.shared.epoch + Duration::from_micros(due_us));
            tokio::select! {
                () = cancel.cancelled() => break,
                changed = orders.changed() => {
                    if changed.is_err() {
                        break;
                    }
                    let current = orders.borrow_and_update().clone();
                    self.obey(&current).await;
                }
                packet = packets.recv() => {
                    let Some(packet) = packet else { break };
                    idle_at = Instant::now() + IDLE_FOR;
                    self.push(Direction::Up, packet);
                }
                received = self.socket.recv(&mut buffer) => {
                    // The server's port may be closed for a while: ICMP says so here.
                    if let Ok(length) = received {
                        self.push(Direction::Down, buffer[..length].to_vec());
                    }
                }
                () = sleep_until(due.unwrap_or(idle_at).min(idle_at)) => {
                    if Instant::now() >= idle_at {
                        break;
                    }
                }
            }
            self.forward().await;
        }
        self.tell();
    }

    async fn obey(&mut self, orders: &Orders) {
        if self.scripts != orders.scripts {
            self.scripts = orders.scripts;
            let since_us = orders.since.saturating_duration_since(self.shared.epoch).as_micros() as u64;
            self.path.follow(since_us, &orders.script);
        }
        self.path.set_dark(orders.is_dark);
        if self.rebinds != orders.rebinds {
            self.rebinds = orders.rebinds;
            self.rebind().await;
        }
    }

    async fn rebind(&mut self) {
        if let Ok(socket) = socket_to(self.shared.config.to).await {
            self.former = Some(std::mem::replace(&mut self.socket, socket));
            self.shared.note(|report| report.rebinds += 1);
        }
    }

    fn push(&mut self, direction: Direction, packet: Vec<u8>) {
        let bytes = packet.len();
        self.path.push(self.shared.now_us(), direction, packet, bytes);
    }

    /// Sends what is due. A socket that takes nothing now loses a packet, as any other on the way.
    async fn forward(&mut self) {
        while let Some(output) = self.path.poll(self.shared.now_us()) {
            match output {
                Output::Up(packet) => drop(self.socket.send(&packet).await),
                Output::Down(packet) => drop(self.shared.front.send_to(&packet, self.address).await),
                Output::Rebind => self.rebind().await,
            }
        }
        self.tell();
    }

    /// Adds what is new to the report.
    fn tell(&mut self) {
        let now = [self.path.counts(Direction::Up), self.path.counts(Direction::Down)];
        let then = std::mem::replace(&mut self.reported, now);
        self.shared.note(|report| {
            report.up = report.up.plus(now[0].since(then[0]));
            report.down = report.down.plus(now[1].since(then[1]));
        });
    }
}
