//! A shard: one thread that owns sessions, their timers and their codec state. Nothing in it is shared or locked. It
//! ticks once a millisecond while anyone is connected; its sessions are spread over 20 phases, so that their encoding
//! does not fall on the same instant.

use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender},
    },
    time::{Duration, Instant},
};

use metrics::Histogram;
use tokio::sync::oneshot;

use super::{
    call::{Call, Outbox},
    front_door::{Arrival, CallKey, PeerId, RouteUpdate},
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

/// A shard's thread state.
pub(super) struct Shard {
    index: usize,
    tasks: Receiver<Task>,
    /// One for each door.
    doors: Vec<SyncSender<RouteUpdate>>,
    out: Outbox,
    stop: Arc<AtomicBool>,
    calls: HashMap<CallKey, Box<Call>>,
    phases: [Vec<CallKey>; PHASES],
    /// Calls whose jitter buffer waits for something soon.
    waiting: Vec<CallKey>,
    lateness: Histogram,
}

impl Shard {
    pub(super) fn new(
        index: usize,
        tasks: Receiver<Task>,
        doors: Vec<SyncSender<RouteUpdate>>,
        out: Outbox,
        stop: Arc<AtomicBool>,
    ) -> Self {
        Self {
            index,
            tasks,
            doors,
            out,
            stop,
            calls: HashMap::new(),
            phases: std::array::from_fn(|_| Vec::new()),
            waiting: Vec::new(),
            lateness: metrics::histogram!("viva_pace_lateness_seconds"),
        }
    }

    /// Works until told to stop, then says goodbye to every peer.
    pub(super) fn run(mut self) {
        while !self.stop.load(Ordering::Relaxed) {
            if self.has_link() {
                self.run_live();
            } else if !self.run_idle() {
                break;
            }
        }
        let now = Instant::now();
        for call in self.calls.values_mut() {
            call.close_peer(now, &self.out);
        }
    }

    /// Nobody is connected: commands, and a look at every session now and then. `false` when nobody can command.
    fn run_idle(&mut self) -> bool {
        match self.tasks.recv_timeout(IDLE_WAIT) {
            Ok(task) => self.handle(task),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return false,
        }
        let now = Instant::now();
        for phase in 0..PHASES {
            self.step_phase(phase, now, false);
        }
        true
    }

    /// Ticks at absolute times while anyone is connected.
    fn run_live(&mut self) {
        let mut anchor = Instant::now();
        let mut tick = 0;
        let mut late_until = 0;
        while !self.stop.load(Ordering::Relaxed) {
            let due = anchor + Duration::from_millis(tick);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            self.take_tasks();
            self.release_waiting();
            let now = Instant::now();
            let late = now.saturating_duration_since(due);
            if late > STALL_MAX {
                // A stall is not made up for: the clock goes on from here, and speech is marked anew.
                self.lateness.record(late.as_secs_f64());
                anchor += late;
                late_until = tick + FRAME_MS;
            }
            // A late tick sends at once; none is left out.
            while anchor + Duration::from_millis(tick) <= now {
                let late = now - (anchor + Duration::from_millis(tick));
                let phase = (tick % FRAME_MS) as usize;
                if !self.phases[phase].is_empty() {
                    self.lateness.record(late.as_secs_f64());
                }
                self.step_phase(phase, now, tick < late_until);
                tick += 1;
            }
            if tick.is_multiple_of(FRAME_MS) && !self.has_link() {
                return;
            }
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
        let former = self.peers(key);
        let waits = self.guard(key, |call, out| {
            call.handle_arrival(arrival, out);
            call.is_waiting(now)
        });
        self.settle(key, former);
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
            self.guard(key, |call, out| call.step(now, is_late, out));
            self.settle(key, former);
            if self.calls.get(&key).is_some_and(|call| call.is_detached()) {
                self.guard(key, |call, out| call.close_peer(now, out));
                self.settle(key, former);
                self.calls.remove(&key);
            }
        }
        let calls = &self.calls;
        self.phases[phase].retain(|key| calls.contains_key(key));
    }

    fn handle_command(&mut self, command: Command) {
        let now = Instant::now();
        match command {
            Command::Attach { key, call } => {
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
            if door.send(update.clone()).is_err() {
                tracing::error!("front door is gone");
            }
        }
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
                self.calls.remove(&key);
                None
            }
        }
    }
}
