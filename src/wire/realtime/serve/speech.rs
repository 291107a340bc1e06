//! Turns and responses of a conversation: what was heard becomes items, what is wanted becomes a ladder of events.

use super::{
    Ladder, Manner, Output, Served, invalid, message,
    served::{SAMPLES_PER_MS, Unsettled, Wanted},
    words_asked_for,
};
use crate::{
    domain::session::{ModelEvent, ResponseStatus},
    wire::realtime::{
        AudioFormat, AudioOutputConfig, ContentPart, ErrorBody, InputCommitted, InputSpeechStarted, InputSpeechStopped,
        InputTokenDetails, Response, ResponseAudio, ResponseConfig, ResponseError, ServerEvent, StatusDetails,
        TranscriptionDelta, TranscriptionDone, TranscriptionError, TranscriptionFailed, TranscriptionUsage, Usage,
        audio,
    },
};

/// Samples of one delta: 200 ms.
const DELTA_SAMPLES: usize = 4_800;

impl Served {
    pub(super) fn on_speech_event(&mut self, event: ModelEvent) {
        match event {
            ModelEvent::SpeechStarted { item_id, audio_ms } => {
                // An answer that goes on is not answered yet.
                if self.turns().interrupts {
                    self.wanted.take_if(|wanted| wanted.by_itself);
                }
                let item_id = item_id.as_str().to_owned();
                self.emit(ServerEvent::SpeechStarted(InputSpeechStarted { item_id, audio_start_ms: audio_ms }));
            }
            ModelEvent::SpeechStopped { item_id, audio_ms } if self.turn_detection().is_some() => {
                let item_id = item_id.as_str().to_owned();
                self.emit(ServerEvent::SpeechStopped(InputSpeechStopped { item_id, audio_end_ms: audio_ms }));
            }
            ModelEvent::Committed { item_id } => self.on_committed(item_id.as_str()),
            ModelEvent::UserTextDelta { item_id, delta } => self.on_heard_delta(item_id.as_str(), delta),
            ModelEvent::UserText { item_id, text } => self.on_heard(item_id.as_str(), Some(text)),
            ModelEvent::UserTextFailed { item_id } => self.on_heard(item_id.as_str(), None),
            ModelEvent::AgentItem { response_id, item_id } => {
                let asked = self.asked.take().unwrap_or(Wanted { config: ResponseConfig::default(), by_itself: true });
                self.open(response_id.as_str(), item_id.as_str(), Manner::Voice, &asked.config);
            }
            ModelEvent::AgentTextDelta { item_id, delta } => {
                let event = self.active_of(item_id.as_str()).map(|ladder| ladder.words(delta));
                event.into_iter().for_each(|event| self.emit(event));
            }
            ModelEvent::ResponseDone { response_id, status } => self.on_spoken(response_id.as_str(), status),
            _ => {}
        }
    }

    fn on_committed(&mut self, item_id: &str) {
        let samples = std::mem::take(&mut self.uncommitted_samples);
        let seconds = samples as f64 / (SAMPLES_PER_MS * 1_000) as f64;
        let previous_item_id = self.items.last_id();
        let committed = InputCommitted { previous_item_id, item_id: item_id.to_owned() };
        self.emit(ServerEvent::InputCommitted(committed));
        let part = ContentPart { kind: "input_audio".into(), ..ContentPart::default() };
        let events = self.items.add(message(item_id, "user", "completed", vec![part]));
        events.into_iter().for_each(|event| self.emit(event));
        self.unsettled.push(Unsettled { item_id: item_id.to_owned(), seconds });
        let early = std::mem::take(&mut self.early_words);
        if !early.is_empty() {
            self.on_heard_delta(item_id, early);
        }
        let answers = self.turn_detection().is_some_and(|turns| turns.create_response != Some(false));
        if answers && self.session.kind.as_deref() != Some("transcription") && self.wanted.is_none() {
            self.wanted = Some(Wanted { config: ResponseConfig::default(), by_itself: true });
        }
        self.proceed();
    }

    /// Words that are not settled. Before their item is there nobody could place them.
    fn on_heard_delta(&mut self, item_id: &str, delta: String) {
        if !self.transcribes() {
            return;
        }
        if self.items.find(item_id).is_none() {
            return self.early_words.push_str(&delta);
        }
        let item_id = item_id.to_owned();
        self.emit(ServerEvent::TranscriptionDelta(TranscriptionDelta { item_id, content_index: 0, delta }));
    }

    fn on_heard(&mut self, item_id: &str, text: Option<String>) {
        let Some(at) = self.unsettled.iter().position(|unsettled| unsettled.item_id == item_id) else { return };
        let Unsettled { item_id, seconds } = self.unsettled.remove(at);
        if let Some(text) = &text {
            self.on_answer(text);
            let parts = self.items.find(&item_id).and_then(|known| known.item.content.as_mut());
            if let Some(part) = parts.and_then(|parts| parts.first_mut()) {
                part.transcript = Some(text.clone());
            }
        }
        if self.transcribes() {
            let event = match text {
                Some(transcript) => {
                    let kind = "duration".to_owned();
                    let usage = TranscriptionUsage { kind, seconds: Some(seconds), ..TranscriptionUsage::default() };
                    let done = TranscriptionDone { item_id, content_index: 0, transcript, usage };
                    ServerEvent::TranscriptionCompleted(done)
                }
                None => ServerEvent::TranscriptionFailed(TranscriptionFailed {
                    item_id,
                    content_index: 0,
                    error: TranscriptionError {
                        kind: Some("transcription_error".into()),
                        code: Some("transcription_failed".into()),
                        message: Some("The words could not be had.".into()),
                        param: None,
                    },
                }),
            };
            self.emit(event);
        }
        self.proceed();
    }

    /// `response.create`
    pub(super) fn want(&mut self, config: ResponseConfig) -> Result<(), ErrorBody> {
        let busy = self.active.as_ref().map(|ladder| ladder.response_id().to_owned());
        let waits = self.asked.is_some() || self.wanted.as_ref().is_some_and(|wanted| !wanted.by_itself);
        if busy.is_some() || waits {
            let response_id = busy.unwrap_or_else(|| "one that was asked for".to_owned());
            let message = format!(
                "Conversation already has an active response in progress: {response_id}. \
                 Wait until the response is finished before creating a new one."
            );
            return Err(invalid("conversation_already_has_active_response", message, None));
        }
        // It takes the place of the one that the turn would have brought.
        self.wanted = Some(Wanted { config, by_itself: false });
        self.proceed();
        Ok(())
    }

    /// Begins the response that waits, if nothing stands before it: an answer is judged by its words, so they come
    /// first.
    pub(super) fn proceed(&mut self) {
        if self.active.is_some() || self.asked.is_some() {
            return;
        }
        let exact = |wanted: &Wanted| wanted.config.instructions.as_deref().is_some_and(has_words);
        let Some(wanted) = self.wanted.take_if(|wanted| self.unsettled.is_empty() || exact(wanted)) else { return };
        let instructions = wanted.config.instructions.as_deref().unwrap_or_default();
        let words = match words_asked_for(instructions) {
            Some(words) => words.to_owned(),
            None => {
                let answer = std::mem::take(&mut self.answer);
                self.script.next(&answer)
            }
        };
        self.stopped_by_client = false;
        let modalities = wanted.config.output_modalities.as_ref().or(self.session.output_modalities.as_ref());
        let text_only = modalities.is_some_and(|list| !list.is_empty() && list.iter().all(|name| name == "text"));
        if text_only {
            return self.write(&wanted.config, words);
        }
        self.asked = Some(wanted);
        self.output(Output::Speak(words));
    }

    /// A response in writing: nobody has to speak, so it is there at once.
    fn write(&mut self, config: &ResponseConfig, words: String) {
        let (response_id, item_id) = (self.new_id("resp"), self.new_id("item"));
        self.open(&response_id, &item_id, Manner::Text, config);
        if let Some(event) = self.active.as_mut().map(|ladder| ladder.words(words)) {
            self.emit(event);
        }
        self.close("completed", None);
    }

    fn open(&mut self, response_id: &str, item_id: &str, manner: Manner, config: &ResponseConfig) {
        self.in_conversation = config.conversation.as_deref() != Some("none");
        let voice = self.session.audio.as_ref().and_then(|audio| audio.output.as_ref()).and_then(|o| o.voice.clone());
        let output = AudioOutputConfig { format: Some(AudioFormat::pcm_24k()), voice, speed: None };
        let modality = if manner == Manner::Text { "text" } else { "audio" };
        let response = Response {
            object: "realtime.response".into(),
            id: response_id.to_owned(),
            status: "in_progress".into(),
            status_details: None,
            output: Vec::new(),
            conversation_id: self.in_conversation.then(|| format!("conv_{}", self.connection)),
            output_modalities: Some(vec![modality.into()]),
            max_output_tokens: config.max_output_tokens.clone().or(self.session.max_output_tokens.clone()),
            audio: Some(ResponseAudio { output }),
            usage: None,
            metadata: config.metadata.clone(),
        };
        let previous = if self.in_conversation { self.items.last_id() } else { None };
        let (ladder, events) = Ladder::open(response, item_id.to_owned(), manner, previous);
        if self.in_conversation {
            self.items.push(ladder.item("in_progress"), 0);
        }
        self.active = Some(ladder);
        let added = self.in_conversation;
        let kept = |event: &ServerEvent| added || !matches!(event, ServerEvent::ItemAdded(_));
        events.into_iter().filter(kept).for_each(|event| self.emit(event));
    }

    fn active_of(&mut self, item_id: &str) -> Option<&mut Ladder> {
        self.active.as_mut().filter(|ladder| ladder.item_id() == item_id)
    }

    /// Voice of an item, 24 kHz.
    pub fn on_voice(&mut self, item_id: &str, pcm: &[i16]) {
        if self.active_of(item_id).is_none() {
            return;
        }
        self.spoke = true;
        for piece in pcm.chunks(DELTA_SAMPLES) {
            let delta = audio::encode_pcm(piece);
            if let Some(event) = self.active_of(item_id).map(|ladder| ladder.voice(delta)) {
                self.emit(event);
            }
        }
        if let Some(known) = self.items.find(item_id) {
            known.audio_ms += pcm.len() as u64 / SAMPLES_PER_MS;
        }
    }

    /// `response.cancel`
    pub(super) fn cancel(&mut self, response_id: Option<&str>) -> Result<(), ErrorBody> {
        let active = self.active.as_ref().map(Ladder::response_id);
        let meant = match (active, response_id) {
            (Some(active), Some(id)) => active == id,
            (Some(_), None) => true,
            (None, id) => self.asked.is_some() && id.is_none(),
        };
        if meant {
            self.stopped_by_client = true;
            self.output(Output::Stop);
            return Ok(());
        }
        if response_id.is_none() && self.wanted.take().is_some() {
            return Ok(());
        }
        let message = "Cancellation failed: no active response found";
        Err(invalid("response_cancel_not_active", message, None))
    }

    fn on_spoken(&mut self, response_id: &str, status: ResponseStatus) {
        if self.active.as_ref().is_none_or(|ladder| ladder.response_id() != response_id) {
            return;
        }
        match status {
            ResponseStatus::Completed => self.close("completed", None),
            ResponseStatus::Cancelled | ResponseStatus::Incomplete => {
                let reason = if self.stopped_by_client { "client_cancelled" } else { "turn_detected" };
                let reason = Some(reason.to_owned());
                self.close("cancelled", Some(StatusDetails { kind: "cancelled".into(), reason, error: None }));
            }
            ResponseStatus::Failed => {
                let error = ResponseError {
                    kind: "server_error".into(),
                    code: Some("speech_failed".into()),
                    message: Some("The voice could not speak.".into()),
                };
                self.close("failed", Some(StatusDetails { kind: "failed".into(), reason: None, error: Some(error) }));
            }
        }
        self.proceed();
    }

    fn close(&mut self, status: &str, details: Option<StatusDetails>) {
        let Some(ladder) = self.active.take() else { return };
        let item_id = ladder.item_id().to_owned();
        let item = ladder.item(if status == "completed" { "completed" } else { "incomplete" });
        let previous = self.items.before(&item_id);
        if let Some(known) = self.items.find(&item_id) {
            known.item = item;
        }
        let added = self.in_conversation;
        let kept = |event: &ServerEvent| added || !matches!(event, ServerEvent::ItemDone(_));
        let events = ladder.close(status, details, Some(no_tokens()), previous);
        events.into_iter().filter(kept).for_each(|event| self.emit(event));
    }
}

fn has_words(instructions: &str) -> bool {
    words_asked_for(instructions).is_some()
}

/// An engine without tokens uses none.
fn no_tokens() -> Usage {
    let none = || InputTokenDetails { image_tokens: Some(0), ..InputTokenDetails::default() };
    let input = InputTokenDetails { cached_tokens: Some(0), cached_tokens_details: Some(Box::new(none())), ..none() };
    Usage { input_token_details: input, ..Usage::default() }
}
