//! One conversation with a Realtime server, without any I/O: events and commands go in, [`Action`]s come out, and all
//! times are milliseconds that the caller counts. It outlives connections: what was said is replayed to the next one.

mod agent;
mod history;
mod input;
mod say;
#[cfg(test)]
mod tests;
mod usage;

use crate::{
    domain::{
        id::ItemId,
        session::{ModelCommand, ModelEvent},
    },
    realtime::{
        ModelSetup, RealtimeConfig,
        failure::{self, Ending},
        timeline::Timeline,
    },
    wire::realtime::{
        AudioConfig, AudioFormat, AudioInputConfig, AudioOutputConfig, ClientEvent, ClientMessage, ErrorBody, Item,
        ServerEvent, SessionConfig, TranscriptionConfig, TurnDetection, dialect, dialect::Dialect,
    },
};
use agent::Agent;
use history::History;
use input::Listening;
use metrics::Histogram;
use say::Saying;
use serde_json::json;
use std::{collections::VecDeque, sync::Arc};
use usage::Counted;

/// How long `session.updated` may take before the conversation begins without it.
const UPDATED_MS: u64 = 5_000;
/// Commands that wait for a connection.
const HELD_MAX: usize = 64;
/// How often it is asked whether the connection can be replaced now.
const RECYCLE_CHECK_MS: u64 = 1_000;
/// Longest id that a server takes from a client.
const CLIENT_ID_MAX: usize = 32;

/// What the caller must do, in order.
#[derive(Debug, PartialEq)]
pub enum Action {
    /// Send this text message.
    Send(String),
    /// Tell the session.
    Emit(ModelEvent),
    /// Queue the interviewer's voice.
    Push { item_id: ItemId, pcm: Vec<i16> },
    /// The same as µ-law.
    PushMulaw { item_id: ItemId, bytes: Vec<u8> },
    /// No more voice of this item.
    Finish(ItemId),
    /// Drop all voice that is queued.
    Flush,
    /// The connection, or the conversation, is over.
    End(Ending),
}

/// How far the connection is.
#[derive(Debug, PartialEq)]
enum Phase {
    Closed,
    /// Waits for `session.created`.
    Opening {
        until_ms: u64,
    },
    /// Waits for `session.updated`.
    Configuring {
        event_id: String,
        minimal: bool,
        until_ms: u64,
    },
    Ready,
}

/// See the module.
pub struct Conversation {
    config: Arc<RealtimeConfig>,
    setup: ModelSetup,
    phase: Phase,
    actions: VecDeque<Action>,
    timeline: Timeline,
    listening: Listening,
    agent: Agent,
    saying: Saying,
    history: History,
    /// Commands that came before the session was ready.
    held: VecDeque<ModelCommand>,
    next_event: u64,
    /// Told once that it is ready.
    announced: bool,
    /// Told that it is in trouble, not yet that it recovered.
    troubled: bool,
    /// What the server's turn detection adds before and after speech, as far as it says so.
    padding_ms: u64,
    silence_ms: u64,
    /// The server said that it hears µ-law, and that it speaks it.
    hears_mulaw: bool,
    speaks_mulaw: bool,
    ready_since_ms: u64,
    recycle_check_ms: u64,
    /// Code of the last error event of this connection.
    last_error: Option<String>,
    counted: Counted,
    first_audio_seconds: Histogram,
}

impl Conversation {
    pub fn new(config: Arc<RealtimeConfig>, setup: ModelSetup) -> Self {
        let history = History::new(&setup.history);
        Self {
            listening: Listening::new(config.transcription_timeout.as_millis() as u64),
            config,
            setup,
            phase: Phase::Closed,
            actions: VecDeque::new(),
            timeline: Timeline::default(),
            agent: Agent::default(),
            saying: Saying::default(),
            history,
            held: VecDeque::new(),
            next_event: 0,
            announced: false,
            troubled: false,
            padding_ms: 0,
            silence_ms: 0,
            hears_mulaw: false,
            speaks_mulaw: false,
            ready_since_ms: 0,
            recycle_check_ms: 0,
            last_error: None,
            counted: Counted::default(),
            first_audio_seconds: metrics::histogram!("viva_upstream_first_audio_seconds"),
        }
    }

    /// Whether voice may be sent.
    pub fn is_ready(&self) -> bool {
        self.phase == Phase::Ready
    }

    /// Whether voice is to be sent as µ-law on this connection.
    pub fn hears_mulaw(&self) -> bool {
        self.hears_mulaw
    }

    /// How long this connection has been ready.
    pub fn ready_for_ms(&self, now_ms: u64) -> Option<u64> {
        self.is_ready().then(|| now_ms.saturating_sub(self.ready_since_ms))
    }

    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// The socket is open.
    pub fn on_open(&mut self, now_ms: u64) {
        self.timeline = Timeline::default();
        (self.padding_ms, self.silence_ms) = (0, 0);
        (self.hears_mulaw, self.speaks_mulaw) = (false, false);
        self.last_error = None;
        self.phase = Phase::Opening { until_ms: now_ms + self.config.connect_timeout.as_millis() as u64 };
    }

    /// The socket is gone: what was under way is settled, the rest waits for the next one.
    pub fn on_lost(&mut self) {
        self.phase = Phase::Closed;
        let heard_ms = self.timeline.end_ms();
        self.listening.on_lost(heard_ms, &mut self.actions);
        self.settle_response();
        self.agent.on_lost();
    }

    /// Tell the session, once, that the server is away.
    pub fn on_trouble(&mut self) {
        if !self.troubled {
            self.troubled = true;
            self.emit(ModelEvent::Trouble);
        }
    }

    /// Voice that starts at `audio_ms` was written to the socket.
    pub fn on_voice_sent(&mut self, audio_ms: u64, samples: usize) {
        self.timeline.on_sent(audio_ms, samples);
    }

    pub fn on_event(&mut self, now_ms: u64, event: ServerEvent) {
        match event {
            ServerEvent::SessionCreated(_) => self.on_created(now_ms),
            ServerEvent::SessionUpdated(updated) => self.on_updated(now_ms, &updated.session),
            ServerEvent::Error(error) => self.on_error(now_ms, error.error),
            ServerEvent::SpeechStarted(started) => self.on_speech_started(&started.item_id, started.audio_start_ms),
            ServerEvent::SpeechStopped(stopped) => {
                let audio_ms = self.timeline.session_ms(stopped.audio_end_ms.saturating_sub(self.silence_ms));
                self.listening.on_stopped(ItemId::new(&stopped.item_id), audio_ms, &mut self.actions);
            }
            ServerEvent::InputCommitted(committed) => {
                let item_id = ItemId::new(&committed.item_id);
                self.history.add(&item_id, true);
                self.listening.on_committed(now_ms, item_id, &mut self.actions);
            }
            ServerEvent::TranscriptionDelta(delta) => {
                let item_id = ItemId::new(&delta.item_id);
                self.emit(ModelEvent::UserTextDelta { item_id, delta: delta.delta });
            }
            ServerEvent::TranscriptionCompleted(done) => {
                self.count_transcription(&done.item_id, &done.usage);
                let item_id = ItemId::new(&done.item_id);
                if self.history.set_text(&item_id, true, &done.transcript) {
                    self.listening.on_settled(&item_id);
                    self.emit(ModelEvent::UserText { item_id, text: done.transcript });
                }
            }
            ServerEvent::TranscriptionFailed(failed) => {
                let code = failed.error.code.as_deref().unwrap_or("none");
                tracing::warn!(session = %self.setup.session_id, code, "transcription failed");
                self.listening.on_failed(ItemId::new(&failed.item_id), &mut self.actions);
            }
            other => self.on_response_event(now_ms, other),
        }
    }

    pub fn on_command(&mut self, now_ms: u64, command: ModelCommand) {
        match command {
            ModelCommand::Say(speech) => self.say(now_ms, speech),
            ModelCommand::Cancel => self.cancel(),
            ModelCommand::Close => self.actions.push_back(Action::End(Ending::Gone)),
            ModelCommand::Truncate { item_id, heard_ms } => self.truncate(&item_id, heard_ms),
            other if self.is_ready() => self.now(other),
            // The voice of a turn that is committed later is still in the backlog, in order.
            other if self.held.len() < HELD_MAX => self.held.push_back(other),
            _ => tracing::warn!(session = %self.setup.session_id, "a command was dropped: too many wait"),
        }
    }

    /// Commands that need a server.
    fn now(&mut self, command: ModelCommand) {
        match command {
            ModelCommand::CommitAudio => self.send(ClientEvent::InputAudioCommit {}),
            ModelCommand::AddUserText { item_id, text } => {
                self.history.add(&item_id, true);
                self.history.set_text(&item_id, true, &text);
                let item = Item::text_message("user", client_id(&item_id), text);
                self.send(ClientEvent::ItemCreate { previous_item_id: None, item });
            }
            _ => {}
        }
    }

    pub fn poll_timeout(&self) -> Option<u64> {
        let phase = match &self.phase {
            Phase::Closed => None,
            Phase::Opening { until_ms } | Phase::Configuring { until_ms, .. } => Some(*until_ms),
            Phase::Ready => Some(self.recycle_check_ms),
        };
        [phase, self.listening.poll_timeout(), self.saying.poll_timeout()].into_iter().flatten().min()
    }

    pub fn on_timeout(&mut self, now_ms: u64) {
        match &self.phase {
            Phase::Opening { until_ms } if now_ms >= *until_ms => self.end(Ending::Broken("no session".into())),
            Phase::Configuring { until_ms, .. } if now_ms >= *until_ms => {
                tracing::warn!(session = %self.setup.session_id, "session.updated did not come, going on without it");
                self.become_ready(now_ms);
            }
            Phase::Ready if now_ms >= self.recycle_check_ms => {
                self.recycle_check_ms = now_ms + RECYCLE_CHECK_MS;
                if self.is_idle(now_ms) {
                    self.end(Ending::Recycle);
                }
            }
            _ => {}
        }
        self.listening.on_timeout(now_ms, &mut self.actions);
        self.on_say_timeout(now_ms);
    }

    /// Nobody speaks, nothing is owed: the connection can be replaced without anyone noticing.
    fn is_idle(&self, now_ms: u64) -> bool {
        self.saying.is_idle() && self.listening.is_idle() && !self.agent.may_be_heard(now_ms)
    }

    fn on_created(&mut self, now_ms: u64) {
        if matches!(self.phase, Phase::Opening { .. }) {
            let session = self.full_session();
            self.configure(now_ms, session, false);
        }
    }

    fn configure(&mut self, now_ms: u64, session: SessionConfig, minimal: bool) {
        let event_id = self.send_tagged(ClientEvent::SessionUpdate { session: Box::new(session) });
        self.phase = Phase::Configuring { event_id, minimal, until_ms: now_ms + UPDATED_MS };
    }

    fn full_session(&self) -> SessionConfig {
        let language = self.setup.language.split('-').next().filter(|language| !language.is_empty());
        let mut session = self.minimal_session(true);
        session.output_modalities = Some(vec!["audio".into()]);
        let audio = session.audio.get_or_insert_default();
        let input = audio.input.get_or_insert_default();
        let format = if self.setup.mulaw { AudioFormat::pcmu() } else { AudioFormat::pcm_24k() };
        input.format = Some(format.clone());
        if let Some(Some(transcription)) = &mut input.transcription {
            transcription.language = language.map(str::to_ascii_lowercase);
        }
        if let Some(Some(turns)) = &mut input.turn_detection {
            turns.silence_duration_ms = Some(self.setup.silence_ms);
        }
        audio.output = Some(AudioOutputConfig {
            format: Some(format),
            voice: self.config.voice.as_ref().or(self.setup.voice.as_ref()).map(|voice| json!(voice)),
            speed: None,
        });
        session
    }

    /// What the conversation cannot do without: the server must not speak by itself.
    fn minimal_session(&self, transcribes: bool) -> SessionConfig {
        let transcription =
            TranscriptionConfig { model: Some(self.config.transcribe_model.clone()), ..TranscriptionConfig::default() };
        let turns = TurnDetection {
            kind: "server_vad".into(),
            create_response: Some(false),
            interrupt_response: Some(true),
            ..TurnDetection::default()
        };
        let input = AudioInputConfig {
            transcription: transcribes.then_some(Some(transcription)),
            turn_detection: Some(Some(turns)),
            ..AudioInputConfig::default()
        };
        SessionConfig {
            kind: Some("realtime".into()),
            instructions: Some(self.setup.instructions.clone()),
            audio: Some(AudioConfig { input: Some(input), output: None }),
            ..SessionConfig::default()
        }
    }

    fn on_updated(&mut self, now_ms: u64, session: &SessionConfig) {
        if !matches!(self.phase, Phase::Configuring { .. }) {
            return;
        }
        let input = session.audio.as_ref().and_then(|audio| audio.input.as_ref());
        let output = session.audio.as_ref().and_then(|audio| audio.output.as_ref());
        let is_mulaw = |format: Option<&AudioFormat>| self.setup.mulaw && format.is_some_and(AudioFormat::is_pcmu);
        // Only what the server says it does: one that knows no µ-law may keep quiet about it.
        self.hears_mulaw = is_mulaw(input.and_then(|input| input.format.as_ref()));
        self.speaks_mulaw = is_mulaw(output.and_then(|output| output.format.as_ref()));
        if let Some(Some(turns)) = input.and_then(|input| input.turn_detection.as_ref()) {
            self.padding_ms = turns.prefix_padding_ms.unwrap_or(0);
            self.silence_ms = turns.silence_duration_ms.unwrap_or(0);
            if turns.create_response != Some(false) {
                tracing::warn!(session = %self.setup.session_id, "the server did not take create_response: false");
            }
        }
        self.become_ready(now_ms);
    }

    fn become_ready(&mut self, now_ms: u64) {
        self.phase = Phase::Ready;
        self.ready_since_ms = now_ms;
        self.recycle_check_ms = now_ms + self.config.recycle_after.as_millis() as u64;
        for event in self.history.replay() {
            self.send(event);
        }
        if !self.announced {
            self.announced = true;
            self.emit(ModelEvent::Ready);
        }
        if std::mem::take(&mut self.troubled) {
            self.emit(ModelEvent::Recovered);
        }
        for command in std::mem::take(&mut self.held) {
            self.now(command);
        }
        self.create_response(now_ms);
    }

    fn on_error(&mut self, now_ms: u64, error: ErrorBody) {
        let code = error.code.as_deref();
        let shown = code.unwrap_or(&error.kind);
        if failure::is_exhausted(code, &error.kind) {
            return self.end(Ending::Fatal(shown.to_owned()));
        }
        if let Phase::Configuring { event_id, minimal, .. } = &self.phase
            && (error.event_id.as_ref() == Some(event_id) || (error.event_id.is_none() && !failure::is_benign(code)))
        {
            return self.on_update_rejected(now_ms, *minimal, &error);
        }
        self.last_error = error.code.clone();
        if self.on_create_rejected(now_ms, &error) || failure::is_benign(code) {
            tracing::debug!(session = %self.setup.session_id, code = shown, "the server declined");
        } else {
            tracing::warn!(session = %self.setup.session_id, code = shown, "the server reports an error");
        }
    }

    fn on_update_rejected(&mut self, now_ms: u64, minimal: bool, error: &ErrorBody) {
        let code = error.code.as_deref().unwrap_or(&error.kind);
        let param = error.param.as_deref().unwrap_or_default();
        tracing::warn!(session = %self.setup.session_id, code, param, minimal, "the server refused the configuration");
        self.last_error = error.code.clone();
        if failure::ends_connection(error.code.as_deref()) {
            // Its close follows, and says what it means.
            return;
        }
        if minimal {
            return self.end(Ending::Fatal(format!("configuration refused: {code}")));
        }
        let session = self.minimal_session(!param.contains("transcription"));
        self.configure(now_ms, session, true);
    }

    /// What the socket's close means, given what the server said before it.
    pub fn last_error(&self) -> Option<&str> {
        self.last_error.as_deref()
    }

    fn emit(&mut self, event: ModelEvent) {
        self.actions.push_back(Action::Emit(event));
    }

    fn end(&mut self, ending: Ending) {
        self.actions.push_back(Action::End(ending));
    }

    fn send(&mut self, event: ClientEvent) {
        self.send_tagged(event);
    }

    /// Sends with an id, which an error about it repeats.
    fn send_tagged(&mut self, event: ClientEvent) -> String {
        self.next_event += 1;
        let event_id = format!("viva_{}", self.next_event);
        let message = ClientMessage { event_id: Some(event_id.clone()), event, kind: String::new() };
        let text = match self.config.dialect {
            Dialect::Ga => serde_json::to_string(&message),
            Dialect::Beta => serde_json::to_value(&message).map(|event| dialect::client_to_beta(event).to_string()),
        };
        match text {
            Ok(text) => self.actions.push_back(Action::Send(text)),
            Err(error) => tracing::error!(%error, "an event could not be written"),
        }
        event_id
    }
}

/// The item's id as a server takes it; `None` lets the server choose.
fn client_id(item_id: &ItemId) -> Option<String> {
    (item_id.as_str().len() <= CLIENT_ID_MAX).then(|| item_id.as_str().to_owned())
}
