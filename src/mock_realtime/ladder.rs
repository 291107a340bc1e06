//! A response from its creation to its end, in the order in which the service writes its events.

use super::{
    script::AudioScript,
    session::{Known, Session, message},
    voice,
};
use crate::wire::realtime::{
    AudioDelta, AudioFormat, AudioOutputConfig, ContentPart, ErrorBody, InputTokenDetails, ItemEvent, OutputItemEvent,
    OutputTokenDetails, PartEvent, PartRef, RateLimit, RateLimitsUpdated, Response, ResponseAudio, ResponseConfig,
    ResponseError, ResponseEvent, ServerEvent, StatusDetails, TextDelta, TextDone, TranscriptDone, Usage, audio,
};
use serde_json::{Value, json};

/// Bytes of a millisecond of audio.
const BYTES_PER_MS: u64 = 48;

/// A response under way.
#[derive(Debug)]
pub(super) struct Active {
    response_id: String,
    item_id: String,
    words: Vec<String>,
    /// Little-endian samples; empty for text, and for a response without end.
    voice: Vec<u8>,
    sent_bytes: usize,
    sent_words: usize,
    sent_deltas: usize,
    begun_ms: u64,
    metadata: Option<Value>,
    text_only: bool,
    endless: bool,
}

impl Active {
    /// When the next delta is due.
    pub fn due_ms(&self, script: &AudioScript) -> Option<u64> {
        let sent_ms = self.sent_bytes as u64 / BYTES_PER_MS;
        let after_ms = (sent_ms * 100).checked_div(script.pace_percent).unwrap_or(0);
        (!self.endless).then_some(self.begun_ms + after_ms)
    }

    /// Number of the next delta of an endless response, if it is due.
    pub fn endless_due(&mut self, now_ms: u64, delta_ms: u64) -> Option<usize> {
        let next = self.sent_deltas;
        let due = self.endless && now_ms >= self.begun_ms + next as u64 * delta_ms;
        due.then_some(next)
    }
}

pub(super) fn error_body(kind: &str, code: Option<&str>, message: &str, param: Option<&str>) -> ErrorBody {
    ErrorBody {
        kind: kind.to_owned(),
        code: code.map(str::to_owned),
        message: message.to_owned(),
        param: param.map(str::to_owned),
        event_id: None,
    }
}

/// The words that instructions ask for: between the last triple quotes.
fn asked_words(instructions: &str) -> Option<&str> {
    let end = instructions.rfind("\"\"\"")?;
    let start = instructions[..end].rfind("\"\"\"")? + 3;
    Some(instructions[start..end].trim()).filter(|words| !words.is_empty())
}

impl Session {
    pub(super) fn on_response_create(&mut self, now_ms: u64, id: Option<&str>, config: ResponseConfig) {
        if let Some(active) = &self.active {
            let message = format!(
                "Conversation already has an active response in progress: {}. \
                 Wait until the response is finished before creating a new one.",
                active.response_id
            );
            let code = Some("conversation_already_has_active_response");
            return self.error(id, "invalid_request_error", code, &message, None);
        }
        let modalities = config.output_modalities.as_ref().or(self.config.output_modalities.as_ref());
        let text_only = modalities.is_some_and(|list| list.iter().all(|modality| modality == "text"));
        let words = self.words(config.instructions.as_deref().unwrap_or_default());
        let voice = if text_only { Vec::new() } else { voice::speak(words.len(), self.script.audio.word_ms) };
        let metadata = config.metadata.filter(|_| self.script.echo_metadata);
        self.begin(now_ms, words, voice, metadata, text_only, false);
        if let Some(code) = self.fail_next.take() {
            return self.fail(&code);
        }
        self.speak(now_ms);
    }

    /// A response that goes on until the connection ends.
    pub(super) fn start_endless(&mut self, now_ms: u64) {
        self.begin(now_ms, Vec::new(), Vec::new(), None, false, true);
    }

    fn words(&mut self, instructions: &str) -> Vec<String> {
        let scripted = self.script.replies.get(self.replied % self.script.replies.len().max(1));
        let reply = scripted.map_or("I heard you. Please go on.", String::as_str);
        let words = asked_words(instructions).unwrap_or(reply);
        let words = words.split_whitespace().map(str::to_owned).collect();
        self.replied += 1;
        words
    }

    fn begin(
        &mut self,
        now_ms: u64,
        words: Vec<String>,
        pcm: Vec<i16>,
        metadata: Option<Value>,
        text_only: bool,
        endless: bool,
    ) {
        let active = Active {
            response_id: self.new_id("resp"),
            item_id: self.new_id("item"),
            words,
            voice: pcm.iter().flat_map(|sample| sample.to_le_bytes()).collect(),
            sent_bytes: 0,
            sent_words: 0,
            sent_deltas: 0,
            begun_ms: now_ms,
            metadata,
            text_only,
            endless,
        };
        let (response_id, item_id) = (active.response_id.clone(), active.item_id.clone());
        self.active = Some(active);
        let response = self.response("in_progress", None);
        self.emit(ServerEvent::ResponseCreated(ResponseEvent { response: Box::new(response) }));
        let item = message(&item_id, "assistant", "in_progress", Vec::new());
        let previous_item_id = self.last_item();
        self.items.push(Known { item: item.clone(), audio_ms: 0 });
        let added = OutputItemEvent { response_id: response_id.clone(), output_index: 0, item: item.clone() };
        self.emit(ServerEvent::OutputItemAdded(added));
        self.emit(ServerEvent::ItemAdded(ItemEvent { previous_item_id, item }));
        let part = part(text_only, "");
        self.emit(ServerEvent::ContentPartAdded(PartEvent { response_id, item_id, part, ..PartEvent::default() }));
    }

    /// Sends what is due of the response under way.
    pub(super) fn speak(&mut self, now_ms: u64) {
        loop {
            let Some(active) = &self.active else { return };
            if active.endless || active.due_ms(&self.script.audio).is_none_or(|due_ms| due_ms > now_ms) {
                return;
            }
            if active.sent_bytes >= active.voice.len() {
                self.send_words(usize::MAX);
                return self.finish("completed", None);
            }
            self.send_next_delta();
        }
    }

    fn send_next_delta(&mut self) {
        let script = &self.script.audio;
        let odd = usize::from(script.odd_bytes);
        let length = (script.delta_ms.max(1) * BYTES_PER_MS) as usize - odd;
        let Some(active) = &mut self.active else { return };
        let end = (active.sent_bytes + length).min(active.voice.len());
        let delta = audio::encode_bytes(&active.voice[active.sent_bytes..end]);
        active.sent_bytes = end;
        let words = (active.words.len() * end).div_ceil(active.voice.len().max(1));
        self.send_words(words);
        self.send_delta(delta);
    }

    pub(super) fn send_delta(&mut self, delta: String) {
        let Some(active) = &mut self.active else { return };
        active.sent_deltas += 1;
        let (response_id, item_id) = (active.response_id.clone(), active.item_id.clone());
        let sent_ms = active.sent_bytes as u64 / BYTES_PER_MS;
        if let Some(known) = self.find(&item_id) {
            known.audio_ms = sent_ms;
        }
        let delta = AudioDelta { response_id, item_id, delta, ..AudioDelta::default() };
        self.emit(ServerEvent::OutputAudioDelta(delta));
    }

    /// Sends words up to so many of the response.
    fn send_words(&mut self, up_to: usize) {
        let Some(active) = &mut self.active else { return };
        let up_to = up_to.min(active.words.len());
        if up_to <= active.sent_words {
            return;
        }
        let mut delta = active.words[active.sent_words..up_to].join(" ");
        if active.sent_words > 0 {
            delta.insert(0, ' ');
        }
        active.sent_words = up_to;
        let (response_id, item_id) = (active.response_id.clone(), active.item_id.clone());
        let text_only = active.text_only;
        let delta = TextDelta { response_id, item_id, delta, ..TextDelta::default() };
        self.emit(if text_only {
            ServerEvent::OutputTextDelta(delta)
        } else {
            ServerEvent::OutputTranscriptDelta(delta)
        });
    }

    pub(super) fn on_cancel(&mut self, id: Option<&str>, response_id: Option<&str>) {
        let here = self.active.as_ref().is_some_and(|active| response_id.is_none_or(|id| id == active.response_id));
        if here {
            self.cancel_active("client_cancelled");
        } else {
            let message = "Cancellation failed: no active response found";
            self.error(id, "invalid_request_error", Some("response_cancel_not_active"), message, None);
        }
    }

    /// Ends the response under way; some deltas may still be on their way.
    pub(super) fn cancel_active(&mut self, reason: &str) {
        for _ in 0..self.script.audio.late_deltas {
            self.send_next_delta();
        }
        let reason = Some(reason.to_owned());
        self.finish("cancelled", Some(StatusDetails { kind: "cancelled".into(), reason, error: None }));
    }

    fn fail(&mut self, code: &str) {
        let error = ResponseError {
            kind: "server_error".into(),
            code: Some(code.to_owned()),
            message: Some("The response failed by its script.".into()),
        };
        self.finish("failed", Some(StatusDetails { kind: "failed".into(), reason: None, error: Some(error) }));
    }

    fn finish(&mut self, status: &str, details: Option<StatusDetails>) {
        let Some(active) = &self.active else { return };
        let (response_id, item_id) = (active.response_id.clone(), active.item_id.clone());
        let text = active.words[..active.sent_words].join(" ");
        let text_only = active.text_only;
        let at = PartRef { response_id: response_id.clone(), item_id: item_id.clone(), ..PartRef::default() };
        if text_only {
            let (response_id, item_id) = (response_id.clone(), item_id.clone());
            let done = TextDone { response_id, item_id, text: text.clone(), ..TextDone::default() };
            self.emit(ServerEvent::OutputTextDone(done));
        } else {
            self.emit(ServerEvent::OutputAudioDone(at.clone()));
            let (response_id, item_id) = (response_id.clone(), item_id.clone());
            let done = TranscriptDone { response_id, item_id, transcript: text.clone(), ..TranscriptDone::default() };
            self.emit(ServerEvent::OutputTranscriptDone(done));
        }
        let done = PartEvent {
            response_id: at.response_id,
            item_id: at.item_id,
            part: part(text_only, &text),
            ..PartEvent::default()
        };
        self.emit(ServerEvent::ContentPartDone(done));
        let item_status = if status == "completed" { "completed" } else { "incomplete" };
        let item = message(&item_id, "assistant", item_status, vec![content(text_only, &text)]);
        let index = self.items.iter().position(|known| known.item.id.as_deref() == Some(item_id.as_str()));
        let previous = index.and_then(|index| index.checked_sub(1)).and_then(|index| self.items[index].item.id.clone());
        if let Some(known) = self.find(&item_id) {
            known.item = item.clone();
        }
        self.emit(ServerEvent::ItemDone(ItemEvent { previous_item_id: previous, item: item.clone() }));
        self.emit(ServerEvent::OutputItemDone(OutputItemEvent { response_id, output_index: 0, item: item.clone() }));
        let response = Response { output: vec![item], ..self.response(status, details) };
        self.active = None;
        self.emit(ServerEvent::ResponseDone(ResponseEvent { response: Box::new(response) }));
        self.emit(rate_limits());
    }

    /// The response under way, as it is.
    fn response(&self, status: &str, status_details: Option<StatusDetails>) -> Response {
        let active = self.active.as_ref();
        let done = status != "in_progress";
        let voice =
            self.config.audio.as_ref().and_then(|audio| audio.output.as_ref()).and_then(|out| out.voice.clone());
        let output = AudioOutputConfig { format: Some(AudioFormat::pcm_24k()), voice, speed: None };
        Response {
            object: "realtime.response".into(),
            id: active.map(|active| active.response_id.clone()).unwrap_or_default(),
            status: status.to_owned(),
            status_details,
            output: Vec::new(),
            conversation_id: Some("conv_mock".into()),
            output_modalities: Some(vec![if active.is_some_and(|a| a.text_only) { "text" } else { "audio" }.into()]),
            max_output_tokens: Some(json!("inf")),
            audio: Some(ResponseAudio { output }),
            usage: active.filter(|_| done).map(usage),
            metadata: active.and_then(|active| active.metadata.clone()),
        }
    }
}

/// About 20 tokens a second of voice, and one a word.
fn usage(active: &Active) -> Usage {
    let audio_tokens = active.sent_bytes as u64 / BYTES_PER_MS / 50;
    let text_tokens = active.sent_words as u64;
    let output_tokens = audio_tokens + text_tokens;
    let input = InputTokenDetails { text_tokens: 40, audio_tokens: 20, ..InputTokenDetails::default() };
    let none = InputTokenDetails { image_tokens: Some(0), ..InputTokenDetails::default() };
    Usage {
        total_tokens: 60 + output_tokens,
        input_tokens: 60,
        output_tokens,
        input_token_details: InputTokenDetails {
            image_tokens: Some(0),
            cached_tokens: Some(0),
            cached_tokens_details: Some(Box::new(none)),
            ..input
        },
        output_token_details: OutputTokenDetails { text_tokens, audio_tokens },
    }
}

fn rate_limits() -> ServerEvent {
    let tokens = RateLimit { name: "tokens".into(), limit: 40_000, remaining: 39_000, reset_seconds: 1.5 };
    ServerEvent::RateLimitsUpdated(RateLimitsUpdated { rate_limits: vec![tokens] })
}

/// A part as `response.content_part.*` name it.
fn part(text_only: bool, text: &str) -> ContentPart {
    let kind = if text_only { "text" } else { "audio" };
    worded(kind, text_only, text)
}

/// The same part as items name it.
fn content(text_only: bool, text: &str) -> ContentPart {
    let kind = if text_only { "output_text" } else { "output_audio" };
    worded(kind, text_only, text)
}

fn worded(kind: &str, text_only: bool, text: &str) -> ContentPart {
    let text = Some(text.to_owned());
    let (text, transcript) = if text_only { (text, None) } else { (None, text) };
    ContentPart { kind: kind.into(), text, transcript, audio: None }
}
