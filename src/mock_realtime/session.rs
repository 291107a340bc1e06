//! One conversation of the mock server, without sockets: client messages in, [`Output`]s out, times in milliseconds.

use super::{
    MockConfig, Mode,
    ladder::Active,
    script::{FaultAction, HeardOutcome, Script},
    turns::{Turn, Turns},
    voice::{self, SAMPLES_PER_MS},
};
use crate::wire::realtime::{
    ClientEvent, ClientMessage, ContentPart, Empty, ErrorBody, ErrorEvent, InputCommitted, InputSpeechStarted,
    InputSpeechStopped, ServerEvent, ServerMessage, SessionConfig, SessionEvent, TranscriptionDelta, TranscriptionDone,
    TranscriptionError, TranscriptionFailed, TranscriptionUsage, TurnDetection, audio,
    dialect::{self, Dialect},
    serve::{Formats, Items, default_session, error_body, message, update_session},
};
use serde_json::Value;
use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

/// Least audio that a commit takes.
const COMMIT_MIN_MS: u64 = 100;
/// How often a talking server looks whether more is due.
const TALK_TICK_MS: u64 = 20;

/// What the socket must do.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    Text(String),
    Close { code: u16, reason: String },
    Drop,
    Stall,
    StopReading { for_ms: u64 },
}

/// See the module.
pub(super) struct Session {
    pub(super) mode: Mode,
    pub(super) script: Arc<Script>,
    dialect: Dialect,
    connection: u32,
    pub(super) config: SessionConfig,
    pub(super) items: Items,
    turns: Turns,
    appended_samples: u64,
    uncommitted_samples: u64,
    /// Item that the speech in progress will become.
    speech_item: Option<String>,
    pub(super) active: Option<Active>,
    /// The next response fails with this code.
    pub(super) fail_next: Option<String>,
    heard: usize,
    pub(super) replied: usize,
    seen: HashMap<String, u32>,
    next_id: u64,
    scheduled: Vec<(u64, ServerEvent)>,
    endless: Arc<[String]>,
    expires_at_ms: u64,
    outputs: VecDeque<Output>,
}

impl Session {
    pub fn new(config: &MockConfig, connection: u32, model: &str, endless: Arc<[String]>, now_ms: u64) -> Self {
        Self {
            mode: config.mode,
            script: Arc::new(config.script.clone()),
            dialect: config.dialect,
            connection,
            config: default_session(model, format!("sess_{connection}")),
            items: Items::default(),
            turns: Turns::default(),
            appended_samples: 0,
            uncommitted_samples: 0,
            speech_item: None,
            active: None,
            fail_next: None,
            heard: 0,
            replied: 0,
            seen: HashMap::new(),
            next_id: 0,
            scheduled: Vec::new(),
            endless,
            expires_at_ms: now_ms + config.script.expires_after_ms,
            outputs: VecDeque::new(),
        }
    }

    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The connection is open.
    pub fn on_open(&mut self, now_ms: u64) {
        if self.fault(now_ms, "open") {
            self.emit(ServerEvent::SessionCreated(SessionEvent { session: Box::new(self.config.clone()) }));
        }
    }

    /// Refuses the connection as the service does: an error, and its close at once.
    pub fn refuse(&mut self, code: Option<&str>, message: &str, close: u16) {
        self.error(None, "invalid_request_error", code, message, None);
        let reason =
            code.map_or_else(|| "invalid_request_error".into(), |code| format!("invalid_request_error.{code}"));
        self.outputs.push_back(Output::Close { code: close, reason });
    }

    pub fn on_binary(&mut self) {
        let message = "Expected a text WebSocket message; binary frames are not supported.";
        self.error(None, "invalid_request_error", Some("invalid_event"), message, None);
    }

    /// A text message; returns it as an event, for the record.
    pub fn on_text(&mut self, now_ms: u64, text: &str) -> Option<ClientMessage> {
        let parsed = match self.dialect {
            Dialect::Ga => ClientMessage::parse(text).ok(),
            Dialect::Beta => serde_json::from_str(text)
                .ok()
                .and_then(|event: Value| ClientMessage::parse(&dialect::client_to_ga(event).to_string()).ok()),
        };
        let Some(message) = parsed else {
            let code = if serde_json::from_str::<Value>(text).is_ok() { "invalid_value" } else { "invalid_json" };
            self.error(None, "invalid_request_error", Some(code), "The message could not be read.", None);
            return None;
        };
        if self.fault(now_ms, &message.kind) {
            self.on_event(now_ms, &message);
        }
        Some(message)
    }

    fn on_event(&mut self, now_ms: u64, message: &ClientMessage) {
        let id = message.event_id.as_deref();
        match &message.event {
            ClientEvent::SessionUpdate { session } => self.on_update(now_ms, id, session),
            ClientEvent::InputAudioAppend { audio } => self.on_append(now_ms, id, audio),
            ClientEvent::InputAudioCommit {} => self.on_commit(now_ms, id),
            ClientEvent::InputAudioClear {} => {
                self.uncommitted_samples = 0;
                self.turns.reset();
                self.emit(ServerEvent::InputCleared(Empty {}));
            }
            ClientEvent::ItemCreate { previous_item_id, item } => {
                let item_id = self.new_id("item");
                match self.items.create(previous_item_id.as_deref(), item.clone(), item_id) {
                    Ok(events) => events.into_iter().for_each(|event| self.emit(event)),
                    Err(error) => self.refuse_event(id, error),
                }
            }
            ClientEvent::ItemRetrieve { item_id } => {
                let retrieved = self.items.retrieve(item_id);
                self.answer(id, retrieved);
            }
            ClientEvent::ItemDelete { item_id } => {
                let deleted = self.items.delete(item_id);
                self.answer(id, deleted);
            }
            ClientEvent::ItemTruncate { item_id, content_index, audio_end_ms } => {
                let truncated = self.items.truncate(item_id, *content_index, *audio_end_ms);
                self.answer(id, truncated);
            }
            ClientEvent::ResponseCreate { response, .. } => {
                self.on_response_create(now_ms, id, response.as_deref().cloned().unwrap_or_default());
            }
            ClientEvent::ResponseCancel { response_id } => self.on_cancel(id, response_id.as_deref()),
            ClientEvent::OutputAudioClear {} | ClientEvent::Unknown => {
                let message = format!("Invalid value: '{}'.", message.kind);
                self.error(id, "invalid_request_error", Some("invalid_value"), &message, Some("type"));
            }
        }
    }

    fn on_update(&mut self, now_ms: u64, id: Option<&str>, update: &SessionConfig) {
        match update_session(&self.config, update, Formats::Any) {
            Ok(config) => self.config = config,
            Err(error) => return self.refuse_event(id, error),
        }
        if let Some(turns) = self.turn_detection() {
            let (prefix_ms, silence_ms) = (turns.prefix_padding_ms, turns.silence_duration_ms);
            self.turns.prefix_ms = prefix_ms.unwrap_or(self.turns.prefix_ms);
            self.turns.silence_ms = silence_ms.unwrap_or(self.turns.silence_ms);
        }
        self.emit(ServerEvent::SessionUpdated(SessionEvent { session: Box::new(self.config.clone()) }));
        if self.mode == Mode::Talk && self.active.is_none() {
            self.start_endless(now_ms);
        }
    }

    fn turn_detection(&self) -> Option<&TurnDetection> {
        self.config.audio.as_ref()?.input.as_ref()?.turn_detection.as_ref()?.as_ref()
    }

    fn on_append(&mut self, now_ms: u64, id: Option<&str>, base64: &str) {
        if self.mode == Mode::Echo {
            return self.echo(now_ms, base64);
        }
        let Ok(pcm) = audio::decode_pcm(base64) else {
            let message = "Invalid 'audio'. Expected base64-encoded audio bytes.";
            return self.error(id, "invalid_request_error", Some("invalid_value"), message, Some("audio"));
        };
        self.appended_samples += pcm.len() as u64;
        self.uncommitted_samples += pcm.len() as u64;
        if self.mode != Mode::Turn || self.turn_detection().is_none() {
            return;
        }
        for turn in self.turns.push(&pcm) {
            match turn {
                Turn::Started { audio_start_ms } => self.on_speech_started(audio_start_ms),
                Turn::Stopped { audio_end_ms } => self.on_speech_stopped(now_ms, audio_end_ms),
            }
        }
    }

    fn on_speech_started(&mut self, audio_start_ms: u64) {
        let item_id = self.new_id("item");
        self.speech_item = Some(item_id.clone());
        self.emit(ServerEvent::SpeechStarted(InputSpeechStarted { item_id, audio_start_ms }));
        let interrupts = self.turn_detection().is_some_and(|turns| turns.interrupt_response != Some(false));
        if interrupts {
            self.cancel_active("turn_detected");
        }
    }

    fn on_speech_stopped(&mut self, now_ms: u64, audio_end_ms: u64) {
        let item_id = self.speech_item.clone().unwrap_or_default();
        self.emit(ServerEvent::SpeechStopped(InputSpeechStopped { item_id, audio_end_ms }));
        self.commit(now_ms);
    }

    fn on_commit(&mut self, now_ms: u64, id: Option<&str>) {
        let waiting_ms = self.uncommitted_samples / SAMPLES_PER_MS as u64;
        if waiting_ms < COMMIT_MIN_MS {
            let message = format!(
                "Error committing input audio buffer: buffer too small. \
                 Expected at least 100ms of audio, but buffer only has {waiting_ms}.00ms of audio."
            );
            return self.error(id, "invalid_request_error", Some("input_audio_buffer_commit_empty"), &message, None);
        }
        if self.turns.is_speaking() {
            self.turns.reset();
            let item_id = self.speech_item.clone().unwrap_or_default();
            let audio_end_ms = self.appended_samples / SAMPLES_PER_MS as u64;
            self.emit(ServerEvent::SpeechStopped(InputSpeechStopped { item_id, audio_end_ms }));
        }
        self.commit(now_ms);
    }

    /// What was heard becomes an item, its words follow, and an answer if the client wants one by itself.
    fn commit(&mut self, now_ms: u64) {
        let seconds = self.uncommitted_samples as f64 / (SAMPLES_PER_MS as f64 * 1_000.0);
        self.uncommitted_samples = 0;
        let item_id = self.speech_item.take().unwrap_or_else(|| self.new_id("item"));
        let committed = InputCommitted { previous_item_id: self.items.last_id(), item_id: item_id.clone() };
        self.emit(ServerEvent::InputCommitted(committed));
        let part = ContentPart { kind: "input_audio".into(), ..ContentPart::default() };
        let item = message(&item_id, "user", "completed", vec![part]);
        let events = self.items.add(item);
        events.into_iter().for_each(|event| self.emit(event));
        self.transcribe(now_ms, item_id, seconds);
        if self.turn_detection().is_some_and(|turns| turns.create_response != Some(false)) {
            self.on_response_create(now_ms, None, Default::default());
        }
    }

    fn transcribe(&mut self, now_ms: u64, item_id: String, seconds: f64) {
        let input = self.config.audio.as_ref().and_then(|audio| audio.input.as_ref());
        if !matches!(input.and_then(|input| input.transcription.as_ref()), Some(Some(_))) {
            return;
        }
        let heard = self.script.heard.get(self.heard).unwrap_or(&self.script.default_heard).clone();
        self.heard += 1;
        let at_ms = now_ms + heard.delay_ms;
        let usage = TranscriptionUsage { kind: "duration".into(), seconds: Some(seconds), ..Default::default() };
        let completed = |transcript: String| {
            let (item_id, usage) = (item_id.clone(), usage.clone());
            ServerEvent::TranscriptionCompleted(TranscriptionDone { item_id, content_index: 0, transcript, usage })
        };
        let events = match heard.outcome {
            HeardOutcome::Missing => vec![],
            HeardOutcome::Failed => {
                let error = TranscriptionError {
                    kind: Some("transcription_error".into()),
                    code: Some("audio_unintelligible".into()),
                    message: Some("The audio could not be transcribed.".into()),
                    param: None,
                };
                vec![ServerEvent::TranscriptionFailed(TranscriptionFailed {
                    item_id: item_id.clone(),
                    content_index: 0,
                    error,
                })]
            }
            outcome => {
                let delta =
                    TranscriptionDelta { item_id: item_id.clone(), content_index: 0, delta: heard.text.clone() };
                let mut events = vec![ServerEvent::TranscriptionDelta(delta), completed(heard.text.clone())];
                if outcome == HeardOutcome::Duplicate {
                    events.push(completed(heard.text.clone()));
                    events.push(completed(format!("{} Really.", heard.text)));
                }
                events
            }
        };
        self.scheduled.extend(events.into_iter().map(|event| (at_ms, event)));
        self.run_scheduled(now_ms);
    }

    /// What comes back is what came in, as one response without end.
    fn echo(&mut self, now_ms: u64, base64: &str) {
        if self.active.is_none() {
            self.start_endless(now_ms);
        }
        self.send_delta(base64.to_owned());
    }

    pub fn poll_timeout(&self, now_ms: u64) -> Option<u64> {
        let scheduled = self.scheduled.iter().map(|(at_ms, _)| *at_ms).min();
        let due = self.active.as_ref().and_then(|active| active.due_ms(&self.script.audio));
        let talk = (self.mode == Mode::Talk && self.active.is_some()).then_some(now_ms + TALK_TICK_MS);
        [scheduled, due, talk, Some(self.expires_at_ms)].into_iter().flatten().min()
    }

    pub fn on_timeout(&mut self, now_ms: u64) {
        if now_ms >= self.expires_at_ms {
            self.expires_at_ms = u64::MAX;
            self.expire();
        }
        self.run_scheduled(now_ms);
        match self.mode {
            Mode::Talk => self.talk(now_ms),
            _ => self.speak(now_ms),
        }
    }

    fn talk(&mut self, now_ms: u64) {
        let delta_ms = self.script.audio.delta_ms.max(1);
        loop {
            let Some(active) = &mut self.active else { return };
            let Some(at) = active.endless_due(now_ms, delta_ms) else { return };
            let delta = self.endless[at % self.endless.len()].clone();
            self.send_delta(delta);
        }
    }

    fn run_scheduled(&mut self, now_ms: u64) {
        let (due, later) = std::mem::take(&mut self.scheduled).into_iter().partition(|(at_ms, _)| *at_ms <= now_ms);
        self.scheduled = later;
        let due: Vec<(u64, ServerEvent)> = due;
        due.into_iter().for_each(|(_, event)| self.emit(event));
    }

    fn expire(&mut self) {
        let reason = "Your session hit the maximum duration of 60 minutes.".to_owned();
        self.outputs.push_back(Output::Close { code: 1_001, reason });
    }

    /// Carries out the faults of this event; says whether it is to be handled all the same.
    fn fault(&mut self, now_ms: u64, on: &str) -> bool {
        let seen = self.seen.entry(on.to_owned()).or_default();
        *seen += 1;
        let mut handled = true;
        for action in self.script.clone().faults(on, *seen, self.connection) {
            handled &= matches!(
                action,
                FaultAction::Send(_)
                    | FaultAction::Huge(_)
                    | FaultAction::StopReading { .. }
                    | FaultAction::FailResponse(_)
            );
            self.carry_out(now_ms, action);
        }
        handled
    }

    fn carry_out(&mut self, _now_ms: u64, action: FaultAction) {
        match action {
            // Only before the upgrade.
            FaultAction::Refuse(_) | FaultAction::Ignore => {}
            FaultAction::Error { code, kind, message, param } => {
                self.error(None, &kind, code.as_deref(), &message, param.as_deref());
            }
            FaultAction::ErrorClose { code, close } => self.refuse(Some(&code), "Refused by the script.", close),
            FaultAction::Close { code, reason } => self.outputs.push_back(Output::Close { code, reason }),
            FaultAction::Drop => self.outputs.push_back(Output::Drop),
            FaultAction::Stall => self.outputs.push_back(Output::Stall),
            FaultAction::Expire => self.expire(),
            FaultAction::FailResponse(code) => self.fail_next = Some(code),
            FaultAction::Send(text) => self.outputs.push_back(Output::Text(text)),
            FaultAction::Huge(bytes) => {
                let text = format!(r#"{{"type":"viva.huge","filler":"{}"}}"#, "x".repeat(bytes));
                self.outputs.push_back(Output::Text(text));
            }
            FaultAction::StopReading { for_ms } => self.outputs.push_back(Output::StopReading { for_ms }),
        }
    }

    fn answer(&mut self, id: Option<&str>, answer: Result<ServerEvent, ErrorBody>) {
        match answer {
            Ok(event) => self.emit(event),
            Err(error) => self.refuse_event(id, error),
        }
    }

    /// Tells the client that its event is wrong.
    pub(super) fn refuse_event(&mut self, id: Option<&str>, error: ErrorBody) {
        let error = ErrorBody { event_id: id.map(str::to_owned), ..error };
        self.emit(ServerEvent::Error(ErrorEvent { error }));
    }

    pub(super) fn error(
        &mut self,
        id: Option<&str>,
        kind: &str,
        code: Option<&str>,
        message: &str,
        param: Option<&str>,
    ) {
        self.refuse_event(id, error_body(kind, code, message, param));
    }

    pub(super) fn new_id(&mut self, prefix: &str) -> String {
        self.next_id += 1;
        format!("{prefix}_{}_{}", self.connection, self.next_id)
    }

    pub(super) fn emit(&mut self, event: ServerEvent) {
        let event_id = self.new_id("event");
        let message = ServerMessage::new(event_id, event);
        if self.dialect == Dialect::Ga && !self.script.faithful_nulls {
            if let Ok(text) = serde_json::to_string(&message) {
                self.outputs.push_back(Output::Text(text));
            }
            return;
        }
        let Ok(mut value) = serde_json::to_value(&message) else { return };
        if self.script.faithful_nulls {
            add_nulls(&mut value);
        }
        let value = if self.dialect == Dialect::Beta { dialect::server_to_beta(value) } else { Some(value) };
        self.outputs.extend(value.map(|value| Output::Text(value.to_string())));
    }
}

/// `transcript: null` in parts whose words are not known yet.
fn add_nulls(event: &mut Value) {
    let parts = event.pointer_mut("/item/content").and_then(Value::as_array_mut);
    for part in parts.into_iter().flatten().filter_map(Value::as_object_mut) {
        if part.get("type").is_some_and(|kind| kind == "input_audio") {
            part.entry("transcript").or_insert(Value::Null);
        }
    }
}

/// Deltas of a server that talks all the time.
pub(super) fn endless(config: &MockConfig) -> Arc<[String]> {
    voice::endless(config.script.audio.delta_ms).into()
}
