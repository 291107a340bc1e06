//! A shard: one thread that owns sessions, their timers and their codec state. Nothing in it is shared or locked. It
//! ticks once a millisecond while anyone is connected; its sessions are spread over 20 phases, so that their encoding
//! does not fall on the same instant.
//!
//! The sockets to their speech models live on the same thread, as tasks of its runtime: voice goes from one to the
//! other without waking anyone.

use std::{
    collections::{HashMap, VecDeque},
    hash::{BuildHasherDefault, Hasher},
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::SyncSender,
    },
    time::{Duration, Instant},
};

use tokio::{
    runtime::{Builder, Runtime},
    sync::{mpsc::Receiver, oneshot},
    task::yield_now,
    time::{sleep_until, timeout, timeout_at},
};

use super::{
    call::Call,
    downlink::Hunger,
    front_door::{Arrival, Attendance, CallKey, FrontDoor, PeerId, RouteUpdate},
    gauge::Gauge,
    outbox::Outbox,
    peer::{Answer, Peer, PeerError},
    recorder::Tap,
    sdp::Offer,
};
use crate::domain::audio::FRAME_MS;

const PHASES: usize = FRAME_MS as usize;
/// How often an idle shard looks after its sessions.
const IDLE_WAIT: Duration = Duration::from_millis(FRAME_MS);
/// Datagrams and commands taken in one tick; the rest waits for the next.
const TASKS_PER_TICK: usize = 4_096;
/// A stall longer than this is not made up for.
const STALL_MAX: Duration = Duration::from_millis(100);
/// With so many calls or fewer, what comes in wakes the shard: the wakings cost less than a tick each millisecond.
const PROMPT_CALLS_MAX: usize = 8;
/// The runtime's timers are late by up to so much: it is left that long before a tick.
const TIMER_GRAIN: Duration = Duration::from_millis(2);
/// What encoding a few frames may take.
const ENCODE_TIME: Duration = Duration::from_micros(300);

/// What a shard is asked to do.
pub(super) enum Command {
    Attach {
        key: CallKey,
        call: Box<Call>,
    },
    Record {
        key: CallKey,
        tap: Box<Tap>,
    },
    Install {
        key: CallKey,
        peer: Box<dyn Peer>,
        id: PeerId,
        answer: Answer,
        /// What the peer hears that is there now.
        last_words: Option<String>,
        reply: oneshot::Sender<Reply>,
    },
    Reoffer {
        key: CallKey,
        offer: Offer,
        reply: oneshot::Sender<Reply>,
    },
    RestartOffer {
        key: CallKey,
        reply: oneshot::Sender<Reply>,
    },
    AcceptAnswer {
        key: CallKey,
        answer: Offer,
        reply: oneshot::Sender<Reply>,
    },
    Data {
        key: CallKey,
        message: String,
    },
    Close {
        key: CallKey,
        reply: oneshot::Sender<()>,
    },
}

/// What waits for a shard.
pub(super) enum Task {
    Arrival(Arrival),
    Command(Command),
}

/// The SDP of our description.
pub(super) type Reply = Result<String, PeerError>;

/// What a shard's thread runs on.
///
/// # Errors
/// As the system reports them.
pub(super) fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_io().enable_time().build()
}

/// Spreads keys, which we count out ourselves: nobody can choose them so that they collide.
#[derive(Default)]
struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(self.0 ^ u64::from(*byte)));
    }

    fn write_u64(&mut self, key: u64) {
        // Fibonacci hashing: the upper bits depend on all of the key.
        self.0 = key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

/// The shard's clock: a tick each millisecond, at absolute times.
struct Ticks {
    anchor: Instant,
    /// The next one to be done.
    next: u64,
    /// Ticks before this one follow a stall.
    late_until: u64,
}

impl Ticks {
    fn from(anchor: Instant) -> Self {
        Self { anchor, next: 0, late_until: 0 }
    }

    fn due(&self) -> Instant {
        self.anchor + Duration::from_millis(self.next)
    }

    /// Leaves out what a stall took.
    fn skip(&mut self, late: Duration) {
        self.anchor += late;
        self.late_until = self.next + FRAME_MS;
    }
}

fn phase_of(tick: u64) -> usize {
    (tick % FRAME_MS) as usize
}

/// A shard's thread state.
pub(super) struct Shard {
    index: usize,
    tasks: Receiver<Task>,
    /// One for each door.
    doors: Vec<SyncSender<RouteUpdate>>,
    out: Outbox,
    stop: Arc<AtomicBool>,
    calls: HashMap<CallKey, Box<Call>, BuildHasherDefault<KeyHasher>>,
    phases: [Vec<CallKey>; PHASES],
    /// Calls whose jitter buffer waits for something soon.
    waiting: Vec<CallKey>,
    /// Calls that have audio to be encoded ahead, each once.
    hungry: VecDeque<CallKey>,
    gauge: Gauge,
    front_door: Arc<FrontDoor>,
    /// While it looks at the UDP socket itself.
    attendance: Option<Attendance>,
}

impl Shard {
    pub(super) fn new(
        index: usize,
        tasks: Receiver<Task>,
        doors: Vec<SyncSender<RouteUpdate>>,
        front_door: Arc<FrontDoor>,
        out: Outbox,
        stop: Arc<AtomicBool>,
        gauge: Gauge,
    ) -> Self {
        Self {
            index,
            tasks,
            doors,
            out,
            stop,
            calls: HashMap::default(),
            phases: std::array::from_fn(|_| Vec::new()),
            waiting: Vec::new(),
            hungry: VecDeque::new(),
            gauge,
            front_door,
            attendance: None,
        }
    }

    /// Works until told to stop. Tasks of the runtime have their turn after each tick.
    pub(super) fn run(self, runtime: Runtime) {
        runtime.block_on(self.serve());
        // A name that is still being looked up for one of the tasks holds nobody up.
        runtime.shutdown_background();
    }

    /// At the end it says goodbye to every peer.
    async fn serve(mut self) {
        while !self.stop.load(Ordering::Relaxed) {
            if self.has_link() {
                self.run_live().await;
            } else if !self.run_idle().await {
                break;
            }
        }
        let now = Instant::now();
        for call in self.calls.values_mut() {
            call.close_peer(now, &self.out);
        }
    }

    /// Nobody is connected: commands, and a look at every session now and then. `false` when nobody can command.
    async fn run_idle(&mut self) -> bool {
        match timeout(IDLE_WAIT, self.tasks.recv()).await {
            Ok(Some(task)) => self.handle(task),
            Ok(None) => return false,
            Err(_) => {}
        }
        let now = Instant::now();
        for phase in 0..PHASES {
            self.step_phase(phase, now, false);
        }
        self.gauge.note_work(now.elapsed());
        // What was too much has gone: whoever comes must not be refused for it.
        self.settle_load();
        true
    }

    fn settle_load(&mut self) {
        if let Some(level) = self.gauge.settle(Instant::now()) {
            tracing::warn!(shard = self.index, ?level, "another load level");
            self.calls.values_mut().for_each(|call| call.set_level(level));
        }
    }

    /// Ticks at absolute times while anyone is connected.
    async fn run_live(&mut self) {
        let mut ticks = Ticks::from(Instant::now());
        let mut look_at = FRAME_MS;
        while !self.stop.load(Ordering::Relaxed) {
            self.wait(&ticks).await;
            let woken = Instant::now();
            // What speech models said, so that it is there for the frames of this tick.
            yield_now().await;
            if self.attendance.is_some() {
                self.front_door.look();
            }
            self.take_tasks();
            self.release_waiting();
            self.step_due(&mut ticks);
            // What candidates said leaves for their speech models.
            yield_now().await;
            self.gauge.note_work(woken.elapsed());
            self.encode_ahead(&ticks);
            self.settle_load();
            if ticks.next >= look_at {
                look_at = ticks.next + FRAME_MS;
                if !self.has_link() {
                    self.attendance = None;
                    return;
                }
            }
        }
    }

    /// Until the next tick that has anything to do. Where few are connected, what comes in wakes the thread at once;
    /// where many are, it waits for the next millisecond, so that one waking serves several.
    async fn wait(&mut self, ticks: &Ticks) {
        let is_crowded = self.calls.len() > PROMPT_CALLS_MAX;
        if is_crowded != self.attendance.is_some() {
            self.attendance = is_crowded.then(|| self.front_door.attend());
        }
        if is_crowded || !self.waiting.is_empty() {
            std::thread::sleep(ticks.due().saturating_duration_since(Instant::now()));
            return;
        }
        let idle_ticks = (0..FRAME_MS).find(|ahead| !self.phases[phase_of(ticks.next + ahead)].is_empty());
        let due = ticks.due() + Duration::from_millis(idle_ticks.unwrap_or(0));
        let about = (due - TIMER_GRAIN).into();
        match timeout_at(about, self.tasks.recv()).await {
            Ok(Some(task)) => return self.handle(task),
            // Nobody can ask for anything any more; what is under way goes on to its end.
            Ok(None) => sleep_until(about).await,
            Err(_) => {}
        }
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }

    /// Steps the calls of each tick that is due. A late tick sends at once; none is left out.
    fn step_due(&mut self, ticks: &mut Ticks) {
        let now = Instant::now();
        let late = now.saturating_duration_since(ticks.due());
        if late > STALL_MAX {
            // A stall is not made up for: the clock goes on from here, and speech is marked anew.
            self.gauge.note_lateness(late);
            ticks.skip(late);
        }
        while ticks.due() <= now {
            let phase = phase_of(ticks.next);
            if !self.phases[phase].is_empty() {
                self.gauge.note_lateness(now - ticks.due());
            }
            self.step_phase(phase, now, ticks.next < ticks.late_until);
            ticks.next += 1;
        }
    }

    /// Encodes what will be sent next, in the time that is left before the next tick.
    fn encode_ahead(&mut self, ticks: &Ticks) {
        while let Some(key) = self.hungry.pop_front() {
            let started = Instant::now();
            if started + ENCODE_TIME > ticks.due() {
                // No time is left: the tick encodes by itself whatever is not ready then.
                self.hungry.push_front(key);
                return;
            }
            let hunger = self.guard(key, |call, _| {
                call.encode_ahead();
                call.queue_up()
            });
            self.line_up(key, hunger.flatten());
            self.gauge.note_work(started.elapsed());
        }
    }

    fn line_up(&mut self, key: CallKey, hunger: Option<Hunger>) {
        match hunger {
            Some(Hunger::Urgent) => self.hungry.push_front(key),
            Some(Hunger::Leisurely) => self.hungry.push_back(key),
            None => {}
        }
    }

    fn has_link(&self) -> bool {
        self.calls.values().any(|call| call.has_link())
    }

    fn take_tasks(&mut self) {
        for _ in 0..TASKS_PER_TICK {
            let Ok(task) = self.tasks.try_recv() else { return };
            self.handle(task);
        }
    }

    fn handle(&mut self, task: Task) {
        match task {
            Task::Arrival(arrival) => self.handle_arrival(arrival),
            Task::Command(command) => self.handle_command(command),
        }
    }

    fn handle_arrival(&mut self, arrival: Arrival) {
        let (key, now) = (arrival.call, arrival.at);
        // Audio comes and goes with nobody: only what the stack hears can change who is there.
        let former = (!arrival.is_protected_media()).then(|| self.peers(key));
        let waits = self.guard(key, |call, out| {
            call.handle_arrival(arrival, out);
            call.is_waiting(now)
        });
        if let Some(former) = former {
            self.settle(key, former);
        }
        if waits == Some(true) && !self.waiting.contains(&key) {
            self.waiting.push(key);
        }
    }

    fn release_waiting(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let now = Instant::now();
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.retain(|key| self.guard(*key, |call, _| call.release_uplink(now)) == Some(true));
        self.waiting = waiting;
    }

    fn step_phase(&mut self, phase: usize, now: Instant, is_late: bool) {
        for index in 0..self.phases[phase].len() {
            let Some(&key) = self.phases[phase].get(index) else { return };
            let former = self.peers(key);
            let hunger = self.guard(key, |call, out| {
                call.step(now, is_late, out);
                call.queue_up()
            });
            self.settle(key, former);
            self.line_up(key, hunger.flatten());
            if self.calls.get(&key).is_some_and(|call| call.is_detached()) {
                self.guard(key, |call, out| call.close_peer(now, out));
                self.settle(key, former);
                self.forget(key);
            }
        }
        let calls = &self.calls;
        self.phases[phase].retain(|key| calls.contains_key(key));
    }

    fn handle_command(&mut self, command: Command) {
        let now = Instant::now();
        match command {
            Command::Attach { key, mut call } => {
                call.set_level(self.gauge.level());
                let phase = (0..PHASES).min_by_key(|phase| self.phases[*phase].len()).unwrap_or(0);
                self.phases[phase].push(key);
                self.calls.insert(key, call);
            }
            Command::Record { key, tap } => {
                self.guard(key, |call, _| call.record(tap));
            }
            Command::Install { key, peer, id, answer, last_words, reply } => {
                let former = self.peers(key);
                let installed = self.guard(key, |call, out| call.install(peer, id, last_words.as_deref(), now, out));
                self.settle(key, former);
                let result = installed.ok_or(PeerError::NotOpen).map(|()| self.open_route(key, id, answer));
                let _ = reply.send(result); // Nobody waits any more: nothing to tell.
            }
            Command::Reoffer { key, offer, reply } => {
                let result = self.guard(key, |call, out| call.reoffer(&offer, now, out));
                let result = result.unwrap_or(Err(PeerError::NotOpen));
                let _ = reply.send(result.map(|(id, answer)| self.open_route(key, id, answer)));
            }
            Command::RestartOffer { key, reply } => {
                let result = self.guard(key, |call, _| call.restart_offer());
                let _ = reply.send(result.unwrap_or(Err(PeerError::NotOpen)));
            }
            Command::AcceptAnswer { key, answer, reply } => {
                let result = self.guard(key, |call, out| call.accept_answer(&answer, now, out));
                let result = result.unwrap_or(Err(PeerError::NotOpen));
                let _ = reply.send(result.map(|(id, concluded)| self.open_route(key, id, concluded)));
            }
            Command::Data { key, message } => {
                let result = self.guard(key, |call, out| call.send_data(&message, now, out));
                if !matches!(result, Some(Ok(()))) {
                    metrics::counter!("viva_channel_dropped_total").increment(1);
                }
            }
            Command::Close { key, reply } => {
                let former = self.peers(key);
                self.guard(key, |call, out| call.close_peer(now, out));
                self.settle(key, former);
                let _ = reply.send(());
            }
        }
    }

    /// Lets the peer's checks in before our answer leaves; returns our description.
    fn open_route(&self, call: CallKey, peer: PeerId, answer: Answer) -> String {
        let Answer { sdp, credentials } = answer;
        self.update_routes(RouteUpdate::Open { shard: self.index, call, peer, credentials });
        sdp
    }

    fn peers(&self, key: CallKey) -> [Option<PeerId>; 2] {
        self.calls.get(&key).map_or([None; 2], |call| call.peers())
    }

    /// Closes the routes of peers that are no longer there.
    fn settle(&self, key: CallKey, former: [Option<PeerId>; 2]) {
        let current = self.peers(key);
        for peer in former.into_iter().flatten().filter(|peer| !current.contains(&Some(*peer))) {
            self.update_routes(RouteUpdate::Close { peer });
        }
    }

    fn update_routes(&self, update: RouteUpdate) {
        for door in &self.doors {
            // At the end the doors close first, and nobody comes in any more.
            if door.send(update.clone()).is_err() && !self.stop.load(Ordering::Relaxed) {
                tracing::error!("front door is gone");
            }
        }
    }

    fn forget(&mut self, key: CallKey) {
        self.calls.remove(&key);
        self.hungry.retain(|other| *other != key);
    }

    /// Runs a step of one call; a panic in it ends that call alone. `None` when there is no such call.
    fn guard<T>(&mut self, key: CallKey, step: impl FnOnce(&mut Call, &Outbox) -> T) -> Option<T> {
        let call = self.calls.get_mut(&key)?;
        let out = &self.out;
        // What a panic leaves half done is dropped with the call.
        match catch_unwind(AssertUnwindSafe(|| step(call, out))) {
            Ok(value) => Some(value),
            Err(_) => {
                tracing::error!("a media session panicked and was ended");
                metrics::counter!("viva_media_panics_total").increment(1);
                self.forget(key);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use tokio::sync::mpsc;

    use super::*;
    use crate::{
        domain::load::Level,
        media::{front_door::Door, gauge::ShardLoad},
    };

    #[test]
    fn a_shard_that_everybody_left_lets_people_in_again() {
        let load = Arc::new(ShardLoad::default());
        let gauge = Gauge::with_level(Level::Refusing, Arc::clone(&load));
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let (stop, (_tasks, receiver)) = (Arc::new(AtomicBool::new(false)), mpsc::channel(1));
        let out = Outbox::new(socket.try_clone().expect("a socket"), false, Arc::default());
        let (_updates, changes) = std::sync::mpsc::sync_channel(1);
        let front_door = FrontDoor::new(socket, Door::new(changes, Vec::new()), Arc::clone(&stop), None);
        let shard = Shard::new(0, receiver, Vec::new(), Arc::new(front_door), out, Arc::clone(&stop), gauge);
        assert!(!load.level().admits());
        let runtime = runtime().expect("a runtime");
        let (thread, began) = (std::thread::spawn(move || shard.run(runtime)), Instant::now());
        while !load.level().admits() {
            assert!(began.elapsed() < Duration::from_secs(20), "it refuses for ever");
            std::thread::park_timeout(Duration::from_millis(50));
        }
        stop.store(true, Ordering::Relaxed);
        thread.join().expect("it ends");
    }
}
