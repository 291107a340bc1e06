//! The bridge: one task a session, which opens the socket at once, pumps audio and events both ways, and replaces the
//! connection when it is lost or old. What to do is decided by [`Conversation`]; here are the channels and the tries,
//! in `pump` the socket.

use crate::{
    domain::{
        audio::playout::Sound,
        id::ItemId,
        persona::Voices,
        session::{ModelCommand, ModelEvent},
    },
    media::port::{DownlinkError, UplinkFrame, Voice},
    realtime::{
        ConfigError, KeyInUse, Model, ModelPorts, ModelSetup, RealtimeConfig,
        connect::{Connect, Socket},
        conversation::{Action, Conversation},
        failure::Ending,
        outbox::Outbox,
        reconnect::Reconnect,
    },
};
use metrics::Histogram;
use std::{
    collections::VecDeque,
    future::Future,
    hash::{DefaultHasher, Hash, Hasher},
    pin::pin,
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until, timeout, timeout_at},
};
use tokio_util::task::TaskTracker;

/// A connection that lived this long and met the service's time limit did nothing wrong.
const EXPIRED_AFTER_MS: u64 = 60_000;
/// For what is still to be told and the close handshake.
pub(super) const CLOSE_WITHIN: Duration = Duration::from_secs(1);
/// Events that wait for the session. One that takes none of so many is stuck, and words in progress are skipped.
const EVENTS_SOFT_MAX: usize = 1_024;
const EVENTS_HARD_MAX: usize = 4_096;

/// Name of OpenAI's own service.
const OPENAI: &str = "openai";

/// A Realtime server as a [`Model`].
pub struct RealtimeModel {
    config: Arc<RealtimeConfig>,
    connect: Arc<Connect>,
}

impl RealtimeModel {
    /// # Errors
    /// [`ConfigError`] for what cannot work: nothing is opened yet.
    pub fn new(config: RealtimeConfig) -> Result<Self, ConfigError> {
        let connect = Arc::new(Connect::new(&config)?);
        Ok(Self { config: Arc::new(config), connect })
    }
}

impl Model for RealtimeModel {
    fn name(&self) -> &str {
        &self.config.name
    }

    fn languages(&self) -> Option<&[&str]> {
        None
    }

    /// Only OpenAI is known to have the voices of the personas; another server may refuse a name that it does not know.
    fn voice<'v>(&'v self, voices: &'v Voices) -> Option<&'v str> {
        let own = (self.config.name == OPENAI).then_some(voices.openai.as_str());
        self.config.voice.as_deref().or(own)
    }

    /// Any server is asked; what it does not confirm is turned into samples and back.
    fn takes_mulaw(&self) -> bool {
        true
    }

    fn is_socket(&self) -> bool {
        true
    }

    fn converse(&self, setup: ModelSetup, ports: ModelPorts, tasks: &TaskTracker) {
        let bridge = Bridge::new(self.config.clone(), self.connect.clone(), setup, ports);
        tasks.spawn(bridge.run());
    }
}

/// Voice that the pacer had no room for; the socket is not read until it has.
enum Stalled {
    Push(ItemId, Voice),
    Finish(ItemId),
}

/// One session's task.
pub(super) struct Bridge {
    pub(super) config: Arc<RealtimeConfig>,
    pub(super) session: String,
    pub(super) conversation: Conversation,
    pub(super) ports: ModelPorts,
    pub(super) uplink_open: bool,
    pub(super) outbox: Outbox,
    pub(super) events: VecDeque<ModelEvent>,
    stalled: VecDeque<Stalled>,
    reconnect: Reconnect,
    begun: Instant,
    connect: Arc<Connect>,
    connect_seconds: Histogram,
    /// What the connection was opened with, until it is known to work.
    key: Option<KeyInUse>,
    key_works: bool,
    /// How the connection, or everything, ended.
    pub(super) ending: Option<Ending>,
}

impl Bridge {
    fn new(config: Arc<RealtimeConfig>, connect: Arc<Connect>, setup: ModelSetup, ports: ModelPorts) -> Self {
        let mut hasher = DefaultHasher::new();
        setup.session_id.hash(&mut hasher);
        let seed = config.seed ^ hasher.finish();
        Self {
            session: setup.session_id.to_string(),
            reconnect: Reconnect::new(seed, config.give_up_after.as_millis() as u64),
            conversation: Conversation::new(config.clone(), setup),
            config,
            ports,
            uplink_open: true,
            outbox: Outbox::default(),
            events: VecDeque::new(),
            stalled: VecDeque::new(),
            begun: Instant::now(),
            connect,
            connect_seconds: metrics::histogram!("viva_upstream_connect_seconds"),
            key: None,
            key_works: false,
            ending: None,
        }
    }

    /// Connections, one after the other, until the session or the server ends it.
    async fn run(mut self) {
        loop {
            // On the heap, and only while it lasts: its state is many times that of an open socket.
            let ending = match Box::pin(self.open()).await {
                Ok(socket) => self.pump(socket).await,
                Err(ending) => ending,
            };
            let ready_for_ms = self.conversation.ready_for_ms(self.now_ms());
            self.conversation.on_lost();
            self.apply();
            self.outbox.clear_texts();
            let ending = self.ending.take().filter(|other| *other == Ending::Gone).unwrap_or(ending);
            let ending = self.connect.judge(self.key.take().as_ref(), ending, None);
            let retry_ms = match self.weigh(ending, ready_for_ms) {
                Ok(retry_ms) => retry_ms,
                Err(failed) => return self.leave(failed).await,
            };
            let until = self.instant(retry_ms);
            if let Err(ending) = self.meanwhile(sleep_until(until)).await {
                return self.leave(ending != Ending::Gone).await;
            }
        }
    }

    /// When to connect again, or whether it is over: `Err(true)` is a failure.
    fn weigh(&mut self, ending: Ending, ready_for_ms: Option<u64>) -> Result<u64, bool> {
        let now_ms = self.now_ms();
        match ending {
            Ending::Gone => Err(false),
            Ending::Fatal(reason) => {
                tracing::error!(session = %self.session, reason, "the realtime server refuses for good");
                Err(true)
            }
            Ending::Recycle => Ok(now_ms),
            Ending::Expired if ready_for_ms.is_some_and(|ms| ms >= EXPIRED_AFTER_MS) => Ok(now_ms),
            Ending::Expired => self.retry(now_ms, "expired at once"),
            Ending::Broken(reason) => self.retry(now_ms, &reason),
        }
    }

    fn retry(&mut self, now_ms: u64, reason: &str) -> Result<u64, bool> {
        tracing::warn!(session = %self.session, reason, "the realtime connection is lost");
        let retry_ms = self.reconnect.on_failure(now_ms).ok_or(true)?;
        self.conversation.on_trouble();
        self.apply();
        Ok(retry_ms)
    }

    /// Tells the session what is left to tell, and that it failed if it did.
    async fn leave(mut self, failed: bool) {
        if failed {
            self.events.push_back(ModelEvent::Failed);
        }
        if self.outbox.dropped > 0 {
            let frames = self.outbox.dropped;
            tracing::warn!(session = %self.session, frames, "voice was dropped while the server was away");
        }
        let (events, sender) = (self.events, self.ports.events);
        let tell = async {
            for event in events {
                if sender.send(event).await.is_err() {
                    break;
                }
            }
        };
        if timeout(CLOSE_WITHIN, tell).await.is_err() {
            tracing::debug!(session = %self.session, "the session no longer listens");
        }
    }

    async fn open(&mut self) -> Result<Socket, Ending> {
        let now_ms = self.now_ms();
        let patience = self.reconnect.patience_ms(now_ms).map(|ms| Duration::from_millis(ms.max(1)));
        let limit = Instant::now() + patience.unwrap_or(self.config.connect_timeout).min(self.config.connect_timeout);
        let connect = self.connect.clone();
        let began = Instant::now();
        let opened = self.meanwhile(timeout_at(limit, connect.open())).await?;
        if matches!(opened, Ok(Ok(_))) {
            self.connect_seconds.record(began.elapsed());
        }
        let (socket, key) = opened.unwrap_or_else(|_| Err(Ending::Broken("connect: timed out".into())))?;
        (self.key, self.key_works) = (key, false);
        Ok(socket)
    }

    pub(super) fn now_ms(&self) -> u64 {
        self.begun.elapsed().as_millis() as u64
    }

    /// When `ms` on this session's clock is.
    pub(super) fn instant(&self, ms: u64) -> Instant {
        self.begun + Duration::from_millis(ms)
    }

    /// Waits for `what` without letting the session's channels fill up.
    async fn meanwhile<T>(&mut self, what: impl Future<Output = T>) -> Result<T, Ending> {
        let cancel = self.ports.cancel.clone();
        let mut what = pin!(what);
        let mut cancelled = pin!(cancel.cancelled());
        loop {
            self.apply();
            if let Some(ending) = self.ending.take() {
                return Err(ending);
            }
            tokio::select! {
                biased;
                () = &mut cancelled => return Err(Ending::Gone),
                command = self.ports.commands.recv() => self.on_command(command),
                frame = self.ports.uplink.recv(), if self.uplink_open => self.on_frame(frame),
                told = tell(&self.ports.events, &mut self.events), if !self.events.is_empty() => self.on_told(told),
                room = self.ports.downlink.room(), if self.is_held_back() => self.on_room(room),
                done = &mut what => return Ok(done),
            }
        }
    }

    pub(super) fn on_command(&mut self, command: Option<ModelCommand>) {
        let now_ms = self.now_ms();
        if command == Some(ModelCommand::CommitAudio) {
            // What was spoken before the command belongs to it.
            while let Ok(frame) = self.ports.uplink.try_recv() {
                self.outbox.push_frame(frame);
            }
        }
        match command {
            Some(command) => self.conversation.on_command(now_ms, command),
            // Nobody can ever speak to this conversation again.
            None => self.ending = Some(Ending::Gone),
        }
    }

    /// The session took an event, or will take none any more.
    pub(super) fn on_told(&mut self, told: bool) {
        if !told {
            self.ending = Some(Ending::Gone);
        }
    }

    pub(super) fn on_frame(&mut self, frame: Option<Arc<UplinkFrame>>) {
        match frame {
            Some(frame) => self.outbox.push_frame(frame),
            None => self.uplink_open = false,
        }
    }

    /// Whether the pacer is full: then the socket is not read.
    pub(super) fn is_held_back(&self) -> bool {
        !self.stalled.is_empty()
    }

    /// The pacer may take more.
    pub(super) fn on_room(&mut self, room: Result<(), DownlinkError>) {
        if room.is_err() {
            self.ending = Some(Ending::Gone);
            return;
        }
        for stalled in std::mem::take(&mut self.stalled) {
            self.voice(stalled);
        }
    }

    /// Does what the conversation decided.
    pub(super) fn apply(&mut self) {
        while let Some(action) = self.conversation.poll_action() {
            match action {
                Action::Send(text) => {
                    if self.outbox.push_text(text).is_err() {
                        self.ending.get_or_insert(Ending::Broken("the server does not read".into()));
                    }
                }
                Action::Emit(event) => self.emit(event),
                Action::Push { item_id, pcm } => self.voice(Stalled::Push(item_id, Sound::Pcm(pcm))),
                Action::PushMulaw { item_id, bytes } => self.voice(Stalled::Push(item_id, Sound::Mulaw(bytes))),
                Action::Finish(item_id) => self.voice(Stalled::Finish(item_id)),
                Action::Flush => {
                    self.stalled.clear();
                    if self.ports.downlink.flush().is_err() {
                        self.ending = Some(Ending::Gone);
                    }
                }
                Action::End(ending) => {
                    self.ending.get_or_insert(ending);
                }
            }
        }
        if self.conversation.is_ready() {
            self.reconnect.on_ready();
            if let Some(key) = self.key.as_ref().filter(|_| !self.key_works) {
                self.connect.accepted(key);
                self.key_works = true;
            }
        }
    }

    fn emit(&mut self, event: ModelEvent) {
        let words = matches!(event, ModelEvent::UserTextDelta { .. } | ModelEvent::AgentTextDelta { .. });
        if self.events.len() >= EVENTS_HARD_MAX {
            self.ending = Some(Ending::Gone);
        } else if !(words && self.events.len() >= EVENTS_SOFT_MAX) {
            self.events.push_back(event);
        }
    }

    fn voice(&mut self, voice: Stalled) {
        if !self.stalled.is_empty() {
            return self.stalled.push_back(voice);
        }
        match voice {
            Stalled::Push(item_id, voice) => {
                if let Err((DownlinkError::Full, Some(voice))) = self.ports.downlink.offer(&item_id, voice) {
                    self.stalled.push_back(Stalled::Push(item_id, voice));
                }
            }
            Stalled::Finish(item_id) => {
                if self.ports.downlink.finish(&item_id) == Err(DownlinkError::Full) {
                    self.stalled.push_back(Stalled::Finish(item_id));
                }
            }
        }
    }
}

/// Tells the session one event when it has room; says whether it is there.
pub(super) async fn tell(session: &mpsc::Sender<ModelEvent>, events: &mut VecDeque<ModelEvent>) -> bool {
    let Ok(permit) = session.reserve().await else { return false };
    if let Some(event) = events.pop_front() {
        permit.send(event);
    }
    true
}
