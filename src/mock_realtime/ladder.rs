//! A response from its creation to its end, in the order in which the service writes its events.

use super::{script::AudioScript, session::Session, voice};
use crate::wire::realtime::{
    AudioFormat, AudioOutputConfig, InputTokenDetails, OutputTokenDetails, RateLimit, RateLimitsUpdated, Response,
    ResponseAudio, ResponseConfig, ResponseError, ServerEvent, StatusDetails, Usage, audio,
    serve::{Ladder, Manner, invalid, words_asked_for},
};
use serde_json::{Value, json};

/// Bytes of a millisecond of audio.
const BYTES_PER_MS: u64 = 48;

/// A response under way.
#[derive(Debug)]
pub(super) struct Active {
    ladder: Ladder,
    words: Vec<String>,
    /// Little-endian samples; empty for text, and for a response without end.
    voice: Vec<u8>,
    sent_bytes: usize,
    sent_words: usize,
    sent_deltas: usize,
    begun_ms: u64,
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

impl Session {
    pub(super) fn on_response_create(&mut self, now_ms: u64, id: Option<&str>, config: ResponseConfig) {
        if let Some(active) = &self.active {
            let message = format!(
                "Conversation already has an active response in progress: {}. \
                 Wait until the response is finished before creating a new one.",
                active.ladder.response_id()
            );
            return self.refuse_event(id, invalid("conversation_already_has_active_response", message, None));
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
        let words = words_asked_for(instructions).unwrap_or(reply);
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
        let manner = if text_only { Manner::Text } else { Manner::Voice };
        let (response_id, item_id) = (self.new_id("resp"), self.new_id("item"));
        let response = self.response(response_id, manner, metadata);
        let previous = self.items.last_id();
        let (ladder, events) = Ladder::open(response, item_id, manner, previous);
        self.items.push(ladder.item("in_progress"), 0);
        self.active = Some(Active {
            ladder,
            words,
            voice: pcm.iter().flat_map(|sample| sample.to_le_bytes()).collect(),
            sent_bytes: 0,
            sent_words: 0,
            sent_deltas: 0,
            begun_ms: now_ms,
            endless,
        });
        events.into_iter().for_each(|event| self.emit(event));
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
        let sent_ms = active.sent_bytes as u64 / BYTES_PER_MS;
        let event = active.ladder.voice(delta);
        if let Some(known) = self.items.find(active.ladder.item_id()) {
            known.audio_ms = sent_ms;
        }
        self.emit(event);
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
        let event = active.ladder.words(delta);
        self.emit(event);
    }

    pub(super) fn on_cancel(&mut self, id: Option<&str>, response_id: Option<&str>) {
        let here =
            self.active.as_ref().is_some_and(|active| response_id.is_none_or(|id| id == active.ladder.response_id()));
        if here {
            self.cancel_active("client_cancelled");
        } else {
            let message = "Cancellation failed: no active response found";
            self.refuse_event(id, invalid("response_cancel_not_active", message, None));
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
        let Some(active) = self.active.take() else { return };
        let item_id = active.ladder.item_id().to_owned();
        let item = active.ladder.item(if status == "completed" { "completed" } else { "incomplete" });
        let previous = self.items.before(&item_id);
        if let Some(known) = self.items.find(&item_id) {
            known.item = item;
        }
        let usage = usage(&active);
        let events = active.ladder.close(status, details, Some(usage), previous);
        events.into_iter().for_each(|event| self.emit(event));
        self.emit(rate_limits());
    }

    /// A response that begins.
    fn response(&self, response_id: String, manner: Manner, metadata: Option<Value>) -> Response {
        let voice =
            self.config.audio.as_ref().and_then(|audio| audio.output.as_ref()).and_then(|out| out.voice.clone());
        let output = AudioOutputConfig { format: Some(AudioFormat::pcm_24k()), voice, speed: None };
        Response {
            object: "realtime.response".into(),
            id: response_id,
            status: "in_progress".into(),
            status_details: None,
            output: Vec::new(),
            conversation_id: Some("conv_mock".into()),
            output_modalities: Some(vec![if manner == Manner::Text { "text" } else { "audio" }.into()]),
            max_output_tokens: Some(json!("inf")),
            audio: Some(ResponseAudio { output }),
            usage: None,
            metadata,
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
