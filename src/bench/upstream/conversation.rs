//! One conversation of the upstream, without sockets: messages in, messages out, times in milliseconds of its own.
//!
//! What it says was made before; what it hears is searched for bursts. Turns go by the clock, not by loudness: the
//! candidate's voice is there all the time.

use super::{Mode, Shared};
use crate::{
    bench::{
        journal::{Act, Entry},
        tone::{Detector, TONES},
    },
    domain::audio::{
        FRAME_SAMPLES,
        codec::Codec,
        g711::{self, Decoder},
    },
    wire::realtime::{
        AudioFormat, AudioOutputConfig, ClientEvent, ClientMessage, Empty, InputCommitted, InputSpeechStarted,
        InputSpeechStopped, Response, ResponseAudio, ServerEvent, ServerMessage, SessionConfig, SessionEvent,
        TranscriptionDone, audio,
        serve::{
            Formats, Items, Ladder, Manner, default_session, error_body, message, update_session, words_asked_for,
        },
    },
};
use std::{
    collections::VecDeque,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

/// Length of a delta: ten frames, as the service sends about five a second.
pub const DELTA_MS: u64 = 200;
/// How far ahead of real time it speaks.
const AHEAD_MS: u64 = 1_000;
/// Length of one answer in turns; with the rest of the cycle below the agent speaks 40 % of the time.
const ANSWER_MS: u64 = 4_000;
/// From the end of an answer to the candidate's first word: the last frames are on their way, and people think.
const THINKING_MS: u64 = 400;
/// What the candidate says in turns.
const SPEECH_MS: u64 = 5_000;
/// From the end of speech to its words.
const TRANSCRIPT_MS: u64 = 200;
/// One word a second, so that the response is seen to make progress.
const WORD_MS: u64 = 1_000;
const WORD: &str = " and";
/// Where the number of a session stands in its instructions.
pub const MARK: &str = "bench-session-";
const SAMPLES_PER_MS: u64 = 24;

/// A response under way.
struct Active {
    ladder: Ladder,
    /// An audio delta up to its base 64.
    head: String,
    begun_ms: u64,
    deltas: u64,
    words: u64,
    /// `None`: it goes on until it is cancelled.
    length_ms: Option<u64>,
}

impl Active {
    /// When the next delta is due: the first second at once, then on the clock.
    fn due_ms(&self) -> u64 {
        self.begun_ms + (self.deltas * DELTA_MS).saturating_sub(AHEAD_MS)
    }

    fn is_said(&self) -> bool {
        self.length_ms.is_some_and(|length_ms| self.deltas * DELTA_MS >= length_ms)
    }

    fn word_due_ms(&self) -> u64 {
        self.begun_ms + (self.words + 1) * WORD_MS
    }
}

/// Where the candidate's turn is, by the clock.
enum Turn {
    Agent,
    Thinking { until_ms: u64 },
    Speaking { until_ms: u64, item_id: String },
    Transcribing { until_ms: u64, item_id: String },
}

/// See the module.
pub struct Conversation {
    shared: Arc<Shared>,
    number: Option<usize>,
    config: SessionConfig,
    items: Items,
    active: Option<Active>,
    turn: Turn,
    detector: Detector<Instant>,
    decoder: audio::DeltaDecoder,
    /// For appends in µ-law, which it takes where its own audio is such.
    mulaw: Decoder,
    bytes: Vec<u8>,
    pcm: Vec<i16>,
    appended_samples: u64,
    next_id: u64,
    next_tone: u8,
    outputs: VecDeque<String>,
    connection: u64,
}

impl Conversation {
    pub fn new(shared: Arc<Shared>, connection: u64) -> Self {
        let mut new = Self {
            shared,
            number: None,
            config: default_session("bench", format!("sess_{connection}")),
            items: Items::default(),
            active: None,
            turn: Turn::Agent,
            detector: Detector::default(),
            decoder: audio::DeltaDecoder::default(),
            mulaw: Decoder::default(),
            bytes: Vec::new(),
            pcm: Vec::with_capacity(2 * FRAME_SAMPLES),
            appended_samples: 0,
            next_id: 0,
            next_tone: 0,
            outputs: VecDeque::new(),
            connection,
        };
        new.emit(ServerEvent::SessionCreated(SessionEvent { session: Box::new(new.config.clone()) }));
        new
    }

    pub fn poll_output(&mut self) -> Option<String> {
        self.outputs.pop_front()
    }

    /// A text message that came at `at`.
    pub fn on_text(&mut self, now_ms: u64, at: Instant, text: &str) {
        if let Some(append) = audio::parse_append(text) {
            return self.on_append(at, &append.audio);
        }
        let Ok(message) = ClientMessage::parse(text) else {
            let body = error_body("invalid_request_error", Some("invalid_json"), "It could not be read.", None);
            return self.emit(ServerEvent::Error(crate::wire::realtime::ErrorEvent { error: body }));
        };
        let answer = match message.event {
            ClientEvent::SessionUpdate { session } => return self.on_update(&session),
            ClientEvent::ResponseCreate { response, .. } => {
                let config = response.map(|config| *config).unwrap_or_default();
                return self.on_response_create(now_ms, &config);
            }
            ClientEvent::ResponseCancel { .. } => return self.finish("cancelled"),
            ClientEvent::InputAudioCommit {} => return self.stop_speech(now_ms),
            ClientEvent::InputAudioClear {} => Ok(ServerEvent::InputCleared(Empty {})),
            ClientEvent::ItemTruncate { item_id, content_index, audio_end_ms } => {
                self.items.truncate(&item_id, content_index, audio_end_ms)
            }
            ClientEvent::ItemDelete { item_id } => self.items.delete(&item_id),
            ClientEvent::ItemCreate { previous_item_id, item } => {
                let item_id = self.new_id("item");
                match self.items.create(previous_item_id.as_deref(), item, item_id) {
                    Ok(events) => return events.into_iter().for_each(|event| self.emit(event)),
                    Err(error) => Err(error),
                }
            }
            _ => return,
        };
        match answer {
            Ok(event) => self.emit(event),
            Err(error) => self.emit(ServerEvent::Error(crate::wire::realtime::ErrorEvent { error })),
        }
    }

    /// When [`Self::on_timeout`] is due.
    pub fn poll_timeout(&self) -> Option<u64> {
        let turn = match &self.turn {
            Turn::Agent => None,
            Turn::Thinking { until_ms } | Turn::Speaking { until_ms, .. } | Turn::Transcribing { until_ms, .. } => {
                Some(*until_ms)
            }
        };
        let active = self.active.as_ref().map(|active| match self.shared.mode {
            Mode::Echo => active.word_due_ms(),
            Mode::Talk | Mode::Turn => active.due_ms().min(active.word_due_ms()),
        });
        [turn, active].into_iter().flatten().min()
    }

    pub fn on_timeout(&mut self, now_ms: u64) {
        self.speak(now_ms);
        self.turn_on(now_ms);
    }

    fn on_append(&mut self, at: Instant, base64: &str) {
        self.pcm.clear();
        if !self.decode(base64) {
            return;
        }
        let samples = self.pcm.len() as u64;
        self.appended_samples += samples;
        self.shared.counters.appends.fetch_add(1, Ordering::Relaxed);
        self.shared.counters.appended_samples.fetch_add(samples, Ordering::Relaxed);
        let heard = self.detector.push(&self.pcm, at);
        if self.shared.mode == Mode::Echo && self.active.is_some() && !self.shared.is_withholding() {
            self.send_delta(base64, samples);
        }
        let (Some(burst), Some(session)) = (heard, self.number) else { return };
        let entry = |act, at| Entry { session, tone: burst.tone, act, at, place: Duration::ZERO };
        self.shared.journal.note(entry(Act::UpstreamHeard, burst.stamp));
        if self.shared.mode == Mode::Echo {
            // What came went out in the same step.
            self.shared.journal.note(entry(Act::UpstreamSent, burst.stamp));
        }
    }

    /// Fills `pcm`; `false` when it is no audio.
    fn decode(&mut self, base64: &str) -> bool {
        if self.shared.codec == Codec::Opus {
            return self.decoder.decode(base64, &mut self.pcm).is_ok();
        }
        self.bytes.clear();
        if audio::decode_bytes(base64, &mut self.bytes).is_err() {
            return false;
        }
        self.pcm.resize(self.bytes.len() * g711::RATIO, 0);
        self.mulaw.decode(&self.bytes, &mut self.pcm);
        true
    }

    fn on_update(&mut self, update: &SessionConfig) {
        // What it says was made before, in one format.
        let formats = if self.shared.codec == Codec::Pcmu { Formats::Any } else { Formats::PcmOnly };
        if let Ok(config) = update_session(&self.config, update, formats) {
            self.config = config;
        }
        if let Some(instructions) = &update.instructions {
            self.number = number_in(instructions).or(self.number);
        }
        self.emit(ServerEvent::SessionUpdated(SessionEvent { session: Box::new(self.config.clone()) }));
    }

    fn on_response_create(&mut self, now_ms: u64, config: &crate::wire::realtime::ResponseConfig) {
        self.finish("completed");
        let response = Response {
            object: "realtime.response".into(),
            id: self.new_id("resp"),
            status: "in_progress".into(),
            output_modalities: Some(vec!["audio".into()]),
            audio: Some(ResponseAudio {
                output: AudioOutputConfig { format: Some(AudioFormat::pcm_24k()), voice: None, speed: None },
            }),
            metadata: config.metadata.clone(),
            ..Response::default()
        };
        let item_id = self.new_id("item");
        let kind = r#""type":"response.output_audio.delta","event_id":"event_d","output_index":0,"content_index":0"#;
        let response_id = &response.id;
        let head = format!(r#"{{{kind},"response_id":"{response_id}","item_id":"{item_id}","delta":""#);
        let (mut ladder, events) = Ladder::open(response, item_id, Manner::Voice, self.items.last_id());
        self.items.push(ladder.item("in_progress"), 0);
        events.into_iter().for_each(|event| self.emit(event));
        let asked = words_asked_for(config.instructions.as_deref().unwrap_or_default()).unwrap_or("Well");
        let words = ladder.words(asked.to_owned());
        self.emit(words);
        let length_ms = (self.shared.mode == Mode::Turn).then_some(ANSWER_MS);
        self.active = Some(Active { ladder, head, begun_ms: now_ms, deltas: 0, words: 0, length_ms });
        self.turn = Turn::Agent;
        self.speak(now_ms);
    }

    /// Says what is due of the response under way.
    fn speak(&mut self, now_ms: u64) {
        if let Some(active) = self.active.as_mut().filter(|active| now_ms >= active.word_due_ms()) {
            active.words += 1;
            let event = active.ladder.words(WORD.to_owned());
            self.emit(event);
        }
        while self.shared.mode != Mode::Echo {
            let Some(active) = &self.active else { return };
            if active.is_said() {
                let said_ms = active.begun_ms + active.deltas * DELTA_MS;
                self.finish("completed");
                self.turn = Turn::Thinking { until_ms: said_ms + THINKING_MS };
                return;
            }
            if now_ms < active.due_ms() {
                return;
            }
            if self.shared.is_withholding() {
                // Skipped, not put off: what is withheld is never heard.
                if let Some(active) = &mut self.active {
                    active.deltas += 1;
                }
                continue;
            }
            self.say_next();
        }
    }

    /// The next delta of what was made before; an answer begins with a burst.
    fn say_next(&mut self) {
        let Some(number) = self.active.as_ref().map(|active| active.deltas) else { return };
        let shared = Arc::clone(&self.shared);
        let is_first = self.shared.mode == Mode::Turn && number == 0;
        let base64 = match is_first {
            true => &shared.bursts[usize::from(self.next_tone)],
            false => &shared.voice[(self.connection + number) as usize % shared.voice.len()],
        };
        self.send_delta(base64, DELTA_MS * SAMPLES_PER_MS);
        if is_first {
            if let Some(session) = self.number {
                let (tone, place) = (self.next_tone, Duration::ZERO);
                let at = Instant::now();
                self.shared.journal.note(Entry { session, tone, act: Act::UpstreamSent, at, place });
            }
            self.next_tone = (self.next_tone + 1) % TONES;
        }
    }

    fn send_delta(&mut self, base64: &str, samples: u64) {
        let Some(active) = &mut self.active else { return };
        let mut text = String::with_capacity(active.head.len() + base64.len() + 2);
        text.push_str(&active.head);
        text.push_str(base64);
        text.push_str("\"}");
        active.deltas += 1;
        if let Some(known) = self.items.find(active.ladder.item_id()) {
            known.audio_ms += samples / SAMPLES_PER_MS;
        }
        self.outputs.push_back(text);
        self.shared.counters.said_samples.fetch_add(samples, Ordering::Relaxed);
    }

    fn finish(&mut self, status: &str) {
        let Some(active) = self.active.take() else { return };
        let item = active.ladder.item(if status == "completed" { "completed" } else { "incomplete" });
        let previous = self.items.before(active.ladder.item_id());
        if let Some(known) = self.items.find(active.ladder.item_id()) {
            known.item = item;
        }
        active.ladder.close(status, None, None, previous).into_iter().for_each(|event| self.emit(event));
    }

    /// Goes on with the candidate's turn where its time has come.
    fn turn_on(&mut self, now_ms: u64) {
        if self.shared.mode != Mode::Turn {
            return;
        }
        match std::mem::replace(&mut self.turn, Turn::Agent) {
            Turn::Thinking { until_ms } if now_ms >= until_ms => {
                let item_id = self.new_id("item");
                let audio_start_ms = self.appended_samples / SAMPLES_PER_MS;
                let started = InputSpeechStarted { item_id: item_id.clone(), audio_start_ms };
                self.emit(ServerEvent::SpeechStarted(started));
                self.turn = Turn::Speaking { until_ms: until_ms + SPEECH_MS, item_id };
            }
            turn @ Turn::Speaking { until_ms, .. } if now_ms >= until_ms => {
                self.turn = turn;
                self.stop_speech(now_ms);
            }
            Turn::Transcribing { until_ms, item_id } if now_ms >= until_ms => {
                let transcript = "This is what the candidate said in so many words.".to_owned();
                let done = TranscriptionDone { item_id, content_index: 0, transcript, ..TranscriptionDone::default() };
                self.emit(ServerEvent::TranscriptionCompleted(done));
            }
            waiting => self.turn = waiting,
        }
    }

    fn stop_speech(&mut self, now_ms: u64) {
        let Turn::Speaking { item_id, .. } = std::mem::replace(&mut self.turn, Turn::Agent) else { return };
        let audio_end_ms = self.appended_samples / SAMPLES_PER_MS;
        self.emit(ServerEvent::SpeechStopped(InputSpeechStopped { item_id: item_id.clone(), audio_end_ms }));
        let previous_item_id = self.items.last_id();
        self.emit(ServerEvent::InputCommitted(InputCommitted { previous_item_id, item_id: item_id.clone() }));
        let events = self.items.add(message(&item_id, "user", "completed", Vec::new()));
        events.into_iter().for_each(|event| self.emit(event));
        self.turn = Turn::Transcribing { until_ms: now_ms + TRANSCRIPT_MS, item_id };
    }

    fn new_id(&mut self, prefix: &str) -> String {
        self.next_id += 1;
        format!("{prefix}_{}_{}", self.connection, self.next_id)
    }

    fn emit(&mut self, event: ServerEvent) {
        let event_id = self.new_id("event");
        if let Ok(text) = serde_json::to_string(&ServerMessage::new(event_id, event)) {
            self.outputs.push_back(text);
        }
    }
}

/// The number after [`MARK`].
fn number_in(instructions: &str) -> Option<usize> {
    let (_, rest) = instructions.split_once(MARK)?;
    rest.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}
