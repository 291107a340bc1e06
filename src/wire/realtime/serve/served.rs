//! One conversation with a client, on the server's side.

use super::{Formats, Items, Ladder, default_session, error_body, invalid, session::semantic_vad, update_session};
use crate::{
    domain::{
        session::{ModelEvent, Script},
        turns::{Detection, Turns},
    },
    wire::realtime::{
        ClientEvent, ClientMessage, Empty, ErrorBody, ErrorEvent, Item, ResponseConfig, ServerEvent, ServerMessage,
        SessionConfig, SessionEvent, TurnDetection, audio,
    },
};
use std::collections::VecDeque;

/// Samples of a millisecond.
pub(super) const SAMPLES_PER_MS: u64 = 24;
/// Least audio that a commit takes.
const COMMIT_MIN_MS: u64 = 100;
/// Words of the candidate that are kept to judge an answer by, in bytes.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Waits of the turn model after what sounds unfinished, by eagerness.
const UNFINISHED_MS: (u64, u64, u64) = (800, 1_200, 2_500);
/// Silence that the turn model weighs.
const SENSE_SILENCE_MS: u64 = 600;

/// What a conversation begins with.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Unique to this connection; every id of it contains it.
    pub connection: String,
    /// As the client named it.
    pub model: String,
    /// Unix seconds.
    pub expires_at: u64,
    /// What the session is before the client changes it; only what is present counts.
    pub session: SessionConfig,
    pub script: Script,
}

/// What is to be done.
#[derive(Debug, PartialEq)]
pub enum Output {
    /// Tell the client.
    Send(Box<ServerMessage>),
    /// Samples at 24 kHz for the engine to hear.
    Hear(Vec<i16>),
    /// The engine is to find turns by these rules, from what follows on.
    Turns(Turns),
    /// What was heard since the last turn is one; answered by `ModelEvent::Committed`.
    Commit,
    /// What was heard since the last turn is none.
    Clear,
    /// The engine is to say this; answered by `ModelEvent::ResponseStarted`.
    Speak(String),
    /// The engine is to say no more; answered by `ModelEvent::ResponseDone`.
    Stop,
    /// So much of an item was heard, and no more will be.
    Cut { item_id: String, heard_ms: u64 },
    /// The engine failed for good: nothing more will come.
    Fail,
}

/// A response that was asked for.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) config: ResponseConfig,
    /// The turn asked for it, not the client.
    pub(super) by_itself: bool,
}

/// Something that was heard and whose words are not known yet.
#[derive(Debug)]
pub(super) struct Unsettled {
    pub(super) item_id: String,
    /// How much was heard.
    pub(super) seconds: f64,
}

/// See the module.
#[derive(Debug)]
pub struct Served {
    pub(super) connection: String,
    pub(super) session: SessionConfig,
    pub(super) script: Script,
    pub(super) items: Items,
    /// Items that were heard and whose words are not known yet.
    pub(super) unsettled: Vec<Unsettled>,
    /// What the candidate said since the last response.
    pub(super) answer: String,
    /// Words of a turn that is not an item yet.
    pub(super) early_words: String,
    /// Waits for the words of an answer, or for the response under way.
    pub(super) wanted: Option<Wanted>,
    /// The engine was asked to speak and has not begun.
    pub(super) asked: Option<Wanted>,
    pub(super) active: Option<Ladder>,
    /// The response under way is part of the conversation.
    pub(super) in_conversation: bool,
    pub(super) stopped_by_client: bool,
    /// The assistant was heard: its voice stays.
    pub(super) spoke: bool,
    pub(super) uncommitted_samples: u64,
    pub(super) appended_samples: u64,
    decoder: audio::DeltaDecoder,
    next_id: u64,
    outputs: VecDeque<Output>,
}

impl Served {
    /// Begins: the rules of turns and `session.created` are its first outputs.
    pub fn new(setup: Setup) -> Self {
        let mut begun = SessionConfig {
            expires_at: Some(setup.expires_at),
            instructions: Some(setup.script.instructions()),
            ..default_session(&setup.model, format!("sess_{}", setup.connection))
        };
        // Answers have pauses: unless a client wants it otherwise, the turn model decides.
        if let Some(input) = begun.audio.as_mut().and_then(|audio| audio.input.as_mut()) {
            input.turn_detection = Some(Some(semantic_vad()));
        }
        let granted = SessionConfig { kind: Some("realtime".into()), ..setup.session };
        // What was granted was checked when it was; should it not fit this engine, the defaults hold.
        let session = update_session(&begun, &granted, Formats::PcmOnly).unwrap_or(begun);
        let mut this = Self {
            connection: setup.connection,
            session,
            script: setup.script,
            items: Items::default(),
            unsettled: Vec::new(),
            answer: String::new(),
            early_words: String::new(),
            wanted: None,
            asked: None,
            active: None,
            in_conversation: true,
            stopped_by_client: false,
            spoke: false,
            uncommitted_samples: 0,
            appended_samples: 0,
            decoder: audio::DeltaDecoder::default(),
            next_id: 0,
            outputs: VecDeque::new(),
        };
        this.emit(ServerEvent::SessionCreated(SessionEvent { session: Box::new(this.session.clone()) }));
        this
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Milliseconds of audio that the client appended.
    pub fn appended_ms(&self) -> u64 {
        self.appended_samples / SAMPLES_PER_MS
    }

    /// Where the interview is.
    pub fn script(&self) -> &Script {
        &self.script
    }

    /// A message of the client.
    pub fn on_client(&mut self, message: ClientMessage) {
        let event_id = message.event_id;
        let refused = match message.event {
            ClientEvent::InputAudioAppend { audio } => self.append(&audio),
            ClientEvent::SessionUpdate { session } => self.update(&session),
            ClientEvent::InputAudioCommit {} => self.commit(),
            ClientEvent::InputAudioClear {} => {
                self.clear();
                Ok(())
            }
            ClientEvent::ItemCreate { previous_item_id, item } => self.create(previous_item_id.as_deref(), item),
            ClientEvent::ItemRetrieve { item_id } => self.items.retrieve(&item_id).map(|event| self.emit(event)),
            ClientEvent::ItemDelete { item_id } => self.items.delete(&item_id).map(|event| self.emit(event)),
            ClientEvent::ItemTruncate { item_id, content_index, audio_end_ms } => {
                self.truncate(item_id, content_index, audio_end_ms)
            }
            ClientEvent::ResponseCreate { response, .. } => self.want(response.map(|r| *r).unwrap_or_default()),
            ClientEvent::ResponseCancel { response_id } => self.cancel(response_id.as_deref()),
            ClientEvent::OutputAudioClear {} | ClientEvent::Unknown => {
                let message = format!("Invalid value: '{}'.", clipped(&message.kind));
                Err(invalid("invalid_value", message, Some("type")))
            }
        };
        if let Err(error) = refused {
            self.refuse(ErrorBody { event_id, ..error });
        }
    }

    /// The audio of an `input_audio_buffer.append`, in base 64.
    ///
    /// # Errors
    /// The body of the `error` event.
    pub fn append(&mut self, base64: &str) -> Result<(), ErrorBody> {
        let mut pcm = Vec::with_capacity(base64.len() / 8 * 3 + 1);
        if self.decoder.decode(base64, &mut pcm).is_err() {
            let message = "Invalid 'audio'. Expected base64-encoded audio bytes.";
            return Err(invalid("invalid_value", message, Some("audio")));
        }
        self.appended_samples += pcm.len() as u64;
        self.uncommitted_samples += pcm.len() as u64;
        if !pcm.is_empty() {
            self.outputs.push_back(Output::Hear(pcm));
        }
        Ok(())
    }

    /// Tells the client what is wrong; never fatal by itself.
    pub fn refuse(&mut self, error: ErrorBody) {
        self.emit(ServerEvent::Error(ErrorEvent { error }));
    }

    fn update(&mut self, update: &SessionConfig) -> Result<(), ErrorBody> {
        let session = update_session(&self.session, update, Formats::PcmOnly)?;
        if self.spoke && voice_of(&session) != voice_of(&self.session) {
            let message = "Cannot update a conversation's voice if assistant audio is present.";
            return Err(invalid("cannot_update_voice", message, None));
        }
        let before = self.turns();
        self.session = session;
        if self.turns() != before {
            let turns = self.turns();
            self.outputs.push_back(Output::Turns(turns));
        }
        self.emit(ServerEvent::SessionUpdated(SessionEvent { session: Box::new(self.session.clone()) }));
        Ok(())
    }

    /// How turns are found now.
    pub fn turns(&self) -> Turns {
        let detection = match self.turn_detection() {
            None => Detection::Manual,
            Some(turns) if turns.kind == "semantic_vad" => {
                let unfinished_ms = match turns.eagerness.as_deref() {
                    Some("high") => UNFINISHED_MS.0,
                    Some("low") => UNFINISHED_MS.2,
                    _ => UNFINISHED_MS.1,
                };
                Detection::Sense { silence_ms: SENSE_SILENCE_MS, unfinished_ms }
            }
            Some(turns) => Detection::Silence { silence_ms: turns.silence_duration_ms.unwrap_or(500).min(60_000) },
        };
        let interrupts = self.turn_detection().is_none_or(|turns| turns.interrupt_response != Some(false));
        Turns { detection, interrupts }
    }

    pub(super) fn turn_detection(&self) -> Option<&TurnDetection> {
        self.session.audio.as_ref()?.input.as_ref()?.turn_detection.as_ref()?.as_ref()
    }

    /// Whether the client wants to know what was heard.
    pub(super) fn transcribes(&self) -> bool {
        let input = self.session.audio.as_ref().and_then(|audio| audio.input.as_ref());
        matches!(input.and_then(|input| input.transcription.as_ref()), Some(Some(_)))
    }

    fn commit(&mut self) -> Result<(), ErrorBody> {
        let waiting_ms = self.uncommitted_samples / SAMPLES_PER_MS;
        if waiting_ms < COMMIT_MIN_MS {
            let message = format!(
                "Error committing input audio buffer: buffer too small. \
                 Expected at least 100ms of audio, but buffer only has {waiting_ms}.00ms of audio."
            );
            return Err(invalid("input_audio_buffer_commit_empty", message, None));
        }
        self.outputs.push_back(Output::Commit);
        Ok(())
    }

    fn clear(&mut self) {
        self.uncommitted_samples = 0;
        self.early_words.clear();
        self.outputs.push_back(Output::Clear);
        self.emit(ServerEvent::InputCleared(Empty {}));
    }

    fn create(&mut self, previous: Option<&str>, item: Item) -> Result<(), ErrorBody> {
        let parts = item.content.as_deref().unwrap_or_default();
        let role = item.role.as_deref().unwrap_or_default();
        if role == "assistant" && parts.iter().any(|part| part.kind == "output_audio") {
            let message = "Audio items of the assistant cannot be created.";
            return Err(invalid("invalid_value", message, Some("item.content")));
        }
        if item.id.as_deref().is_some_and(|id| id.is_empty() || id.len() > 64) {
            return Err(invalid("invalid_value", "An item's id has 1 to 64 characters.", Some("item.id")));
        }
        let typed: Vec<&str> = parts.iter().filter_map(|part| part.text.as_deref()).collect();
        let answer = if role == "user" { typed.join(" ") } else { String::new() };
        let item_id = self.new_id("item");
        let events = self.items.create(previous, item, item_id)?;
        events.into_iter().for_each(|event| self.emit(event));
        self.on_answer(&answer);
        Ok(())
    }

    /// Words of the candidate, spoken or typed.
    pub(super) fn on_answer(&mut self, words: &str) {
        let room = ANSWER_BYTES_MAX.saturating_sub(self.answer.len());
        if words.len() < room {
            self.answer.push(' ');
            self.answer.push_str(words);
        }
    }

    fn truncate(&mut self, item_id: String, content_index: u32, audio_end_ms: u64) -> Result<(), ErrorBody> {
        let event = self.items.truncate(&item_id, content_index, audio_end_ms)?;
        self.emit(event);
        self.outputs.push_back(Output::Cut { item_id, heard_ms: audio_end_ms });
        Ok(())
    }

    /// The engine has news. Voice that it made before goes to [`Self::on_voice`] before.
    pub fn on_engine(&mut self, event: ModelEvent) {
        match event {
            ModelEvent::Failed => {
                let message = "The speech engine failed.";
                self.refuse(error_body("server_error", Some("engine_failed"), message, None));
                self.outputs.push_back(Output::Fail);
            }
            ModelEvent::Ready | ModelEvent::Trouble | ModelEvent::Recovered => {}
            event => self.on_speech_event(event),
        }
    }

    pub(super) fn output(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    /// An id that no other conversation has.
    pub(super) fn new_id(&mut self, prefix: &str) -> String {
        self.next_id += 1;
        format!("{prefix}_{}{:x}", self.connection, self.next_id)
    }

    pub(super) fn emit(&mut self, event: ServerEvent) {
        let event_id = self.new_id("event");
        self.outputs.push_back(Output::Send(Box::new(ServerMessage::new(event_id, event))));
    }
}

fn voice_of(session: &SessionConfig) -> Option<&serde_json::Value> {
    session.audio.as_ref()?.output.as_ref()?.voice.as_ref()
}

/// What a client wrote, short enough to be repeated to it.
fn clipped(text: &str) -> String {
    text.chars().take(80).collect()
}
