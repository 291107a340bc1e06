//! One response at a time: asked for, started, done; and the words that wait for their turn.

use crate::{
    domain::{
        id::ResponseId,
        session::{ModelEvent, ResponseStatus, Speech, SpeechTag},
    },
    realtime::{
        conversation::Conversation,
        failure::{self, Ending},
    },
    wire::realtime::{ClientEvent, ErrorBody, Response, ResponseConfig, ServerEvent},
};
use serde_json::{Value, json};
use std::{collections::VecDeque, time::Duration};

/// How long a server may take to start a response.
const CREATE_MS: u64 = 10_000;
/// When a server is busy with a response that we do not know of: ask again after this.
const BUSY_MS: u64 = 500;
/// Speeches that wait; the session sends one at a time.
const QUEUE_MAX: usize = 8;
/// Responses of which it is known that they ended.
const ENDED_MAX: usize = 16;
const TAG: &str = "viva_tag";

/// A `response.create` without its `response.created`.
#[derive(Debug)]
struct Asked {
    event_id: String,
    speech: Speech,
    until_ms: u64,
    /// Cancel it as soon as its id is known.
    unwanted: bool,
}

/// What is being said and what waits.
#[derive(Debug, Default)]
pub struct Saying {
    queue: VecDeque<Speech>,
    asked: Option<Asked>,
    active: Option<ResponseId>,
    ended: VecDeque<ResponseId>,
    /// Ask again at this time.
    busy_until_ms: Option<u64>,
    /// When the response was asked for whose voice has not been heard yet.
    unheard_since_ms: Option<u64>,
    /// This server repeats our metadata: a response without it is not ours.
    echoes: bool,
    invented: u64,
}

impl Saying {
    pub fn active(&self) -> Option<&ResponseId> {
        self.active.as_ref()
    }

    pub fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.asked.is_none() && self.active.is_none()
    }

    /// How long the first voice after a response was asked for took.
    pub fn on_voice(&mut self, now_ms: u64) -> Option<Duration> {
        let since_ms = self.unheard_since_ms.take()?;
        Some(Duration::from_millis(now_ms.saturating_sub(since_ms)))
    }

    pub fn poll_timeout(&self) -> Option<u64> {
        let asked = self.asked.as_ref().map(|asked| asked.until_ms);
        asked.into_iter().chain(self.busy_until_ms).min()
    }
}

impl Conversation {
    pub(super) fn say(&mut self, now_ms: u64, speech: Speech) {
        if self.saying.queue.len() >= QUEUE_MAX {
            tracing::warn!(session = %self.setup.session_id, "too many speeches wait, one is dropped");
            return self.give_up(speech.tag, ResponseStatus::Failed);
        }
        self.saying.queue.push_back(speech);
        self.create_response(now_ms);
    }

    /// Asks for the next response if nothing stands before it.
    pub(super) fn create_response(&mut self, now_ms: u64) {
        let saying = &mut self.saying;
        let blocked = saying.asked.is_some() || saying.active.is_some() || saying.busy_until_ms.is_some();
        if blocked || !self.is_ready() {
            return;
        }
        let Some(speech) = self.saying.queue.pop_front() else { return };
        let response = ResponseConfig {
            instructions: Some(instructions(&self.setup.instructions, &speech)),
            metadata: Some(json!({ TAG: tag_text(speech.tag) })),
            ..ResponseConfig::default()
        };
        let event_id =
            self.send_tagged(ClientEvent::ResponseCreate { response: Some(Box::new(response)), script: None });
        self.saying.unheard_since_ms = Some(now_ms);
        self.saying.asked = Some(Asked { event_id, speech, until_ms: now_ms + CREATE_MS, unwanted: false });
    }

    pub(super) fn cancel(&mut self) {
        for speech in std::mem::take(&mut self.saying.queue) {
            self.give_up(speech.tag, ResponseStatus::Cancelled);
        }
        if let Some(asked) = &mut self.saying.asked {
            asked.unwanted = true;
        }
        if let Some(response_id) = self.saying.active.clone() {
            self.cancel_response(response_id);
        }
    }

    fn cancel_response(&mut self, response_id: ResponseId) {
        self.send(ClientEvent::ResponseCancel { response_id: Some(response_id.as_str().to_owned()) });
        self.agent.mute(response_id);
    }

    /// A speech that never reached a server still starts and ends for the session.
    fn give_up(&mut self, tag: SpeechTag, status: ResponseStatus) {
        self.saying.invented += 1;
        let response_id = ResponseId::new(format!("viva_unsaid_{}", self.saying.invented));
        self.emit(ModelEvent::ResponseStarted { response_id: response_id.clone(), tag: Some(tag) });
        self.emit(ModelEvent::ResponseDone { response_id, status });
    }

    pub(super) fn on_response_event(&mut self, now_ms: u64, event: ServerEvent) {
        match event {
            ServerEvent::ResponseCreated(created) => self.on_response_created(&created.response),
            ServerEvent::ResponseDone(done) => self.on_response_done(now_ms, &done.response),
            ServerEvent::OutputItemAdded(added) if is_message(&added.item.kind) => {
                self.begin_item(&added.response_id, added.item.id.as_deref().unwrap_or_default());
            }
            ServerEvent::OutputTranscriptDelta(delta) | ServerEvent::OutputTextDelta(delta) => {
                self.begin_item(&delta.response_id, &delta.item_id);
                self.on_text_delta(&delta.item_id, delta.content_index, delta.delta);
            }
            ServerEvent::OutputTranscriptDone(done) => {
                self.begin_item(&done.response_id, &done.item_id);
                self.on_text_done(&done.item_id, done.content_index, done.transcript);
            }
            ServerEvent::OutputTextDone(done) => {
                self.begin_item(&done.response_id, &done.item_id);
                self.on_text_done(&done.item_id, done.content_index, done.text);
            }
            ServerEvent::OutputAudioDone(done) => self.on_audio_done(&done.item_id),
            _ => {}
        }
    }

    fn on_response_created(&mut self, response: &Response) {
        let echoed = response.metadata.as_ref().and_then(|metadata| metadata.get(TAG)).and_then(Value::as_str);
        self.start(&response.id, echoed.and_then(parse_tag));
    }

    /// Some servers forget `response.created`; what they say later names the response all the same.
    pub(super) fn ensure_started(&mut self, response_id: &str) {
        self.start(response_id, None);
    }

    /// A response begins, once.
    fn start(&mut self, response_id: &str, echoed: Option<SpeechTag>) {
        let saying = &mut self.saying;
        let known = saying.active.iter().chain(&saying.ended).any(|known| known.as_str() == response_id);
        if known || response_id.is_empty() {
            return;
        }
        saying.echoes |= echoed.is_some();
        let ours = echoed.is_some() || !saying.echoes;
        let asked = if ours { saying.asked.take() } else { None };
        let tag = echoed.or(asked.as_ref().map(|asked| asked.speech.tag));
        let response_id = ResponseId::new(response_id);
        saying.active = Some(response_id.clone());
        self.emit(ModelEvent::ResponseStarted { response_id: response_id.clone(), tag });
        if asked.is_some_and(|asked| asked.unwanted) {
            self.cancel_response(response_id);
        }
    }

    fn on_response_done(&mut self, now_ms: u64, response: &Response) {
        if self.saying.ended.iter().any(|ended| ended.as_str() == response.id) {
            return;
        }
        self.on_response_created(response);
        let details = response.status_details.as_ref();
        if let Some(error) = details.and_then(|details| details.error.as_ref()) {
            let code = error.code.as_deref();
            tracing::warn!(session = %self.setup.session_id, code = code.unwrap_or(&error.kind), "a response failed");
            if failure::is_exhausted(code, &error.kind) {
                self.count_response(response);
                return self.end(Ending::Fatal(code.unwrap_or(&error.kind).to_owned()));
            }
        }
        let status = match response.status.as_str() {
            "cancelled" => ResponseStatus::Cancelled,
            "incomplete" => ResponseStatus::Incomplete,
            "failed" => ResponseStatus::Failed,
            _ => ResponseStatus::Completed,
        };
        self.finish(&response.id, status);
        self.count_response(response);
        self.saying.busy_until_ms = None;
        self.create_response(now_ms);
    }

    fn finish(&mut self, response_id: &str, status: ResponseStatus) {
        self.finish_items(response_id);
        let saying = &mut self.saying;
        let response_id = ResponseId::new(response_id);
        if saying.active.as_ref() == Some(&response_id) {
            saying.active = None;
        }
        if saying.ended.len() >= ENDED_MAX {
            saying.ended.pop_front();
        }
        saying.ended.push_back(response_id.clone());
        self.emit(ModelEvent::ResponseDone { response_id, status });
    }

    /// The connection broke: what was being said is over, what was only asked for is asked again.
    pub(super) fn settle_response(&mut self) {
        if let Some(response_id) = self.saying.active.clone() {
            self.finish(response_id.as_str(), ResponseStatus::Failed);
        }
        self.saying.active = None;
        self.saying.busy_until_ms = None;
        match self.saying.asked.take() {
            Some(asked) if asked.unwanted => self.give_up(asked.speech.tag, ResponseStatus::Cancelled),
            Some(asked) => self.saying.queue.push_front(asked.speech),
            None => {}
        }
    }

    /// Whether the error was about our `response.create`.
    pub(super) fn on_create_rejected(&mut self, now_ms: u64, error: &ErrorBody) -> bool {
        let busy = error.code.as_deref() == Some("conversation_already_has_active_response");
        let about =
            |asked: &mut Asked| error.event_id.as_ref() == Some(&asked.event_id) || (error.event_id.is_none() && busy);
        let Some(asked) = self.saying.asked.take_if(about) else { return false };
        if asked.unwanted {
            self.give_up(asked.speech.tag, ResponseStatus::Cancelled);
        } else if busy {
            self.saying.queue.push_front(asked.speech);
            self.saying.busy_until_ms = Some(now_ms + BUSY_MS);
        } else {
            self.give_up(asked.speech.tag, ResponseStatus::Failed);
            self.create_response(now_ms);
        }
        true
    }

    pub(super) fn on_say_timeout(&mut self, now_ms: u64) {
        if self.saying.busy_until_ms.take_if(|until_ms| now_ms >= *until_ms).is_some() {
            self.create_response(now_ms);
        }
        if let Some(asked) = self.saying.asked.take_if(|asked| now_ms >= asked.until_ms) {
            tracing::warn!(session = %self.setup.session_id, "the server did not start a response");
            let status = if asked.unwanted { ResponseStatus::Cancelled } else { ResponseStatus::Failed };
            self.give_up(asked.speech.tag, status);
            self.create_response(now_ms);
        }
    }
}

/// Only messages are spoken; function calls have items too.
fn is_message(kind: &str) -> bool {
    kind.is_empty() || kind == "message"
}

/// A response's instructions replace the session's: hence both.
fn instructions(session: &str, speech: &Speech) -> String {
    let how = if speech.verbatim {
        "Say exactly the words between the triple quotes, all of them, in this order and in their language, \
         and nothing else: no greeting, no comment, no answer."
    } else {
        "Say what is between the triple quotes in your own words, in one or two short sentences, and nothing else."
    };
    format!("{session}\n\n{how}\n\"\"\"{}\"\"\"", speech.words)
}

/// The tag as metadata (at most 512 characters a value).
fn tag_text(tag: SpeechTag) -> String {
    match tag {
        SpeechTag::Greeting => "greeting".into(),
        SpeechTag::Question(number) => format!("question:{number}"),
        SpeechTag::FollowUp { question, follow_up } => format!("follow_up:{question}:{follow_up}"),
        SpeechTag::Repeat(number) => format!("repeat:{number}"),
        SpeechTag::Remark => "remark".into(),
        SpeechTag::LeadIn(number) => format!("lead_in:{number}"),
        SpeechTag::Closing => "closing".into(),
    }
}

fn parse_tag(text: &str) -> Option<SpeechTag> {
    let mut parts = text.split(':');
    let name = parts.next()?;
    let mut number = || parts.next()?.parse().ok();
    Some(match name {
        "greeting" => SpeechTag::Greeting,
        "question" => SpeechTag::Question(number()?),
        "follow_up" => SpeechTag::FollowUp { question: number()?, follow_up: number()? },
        "repeat" => SpeechTag::Repeat(number()?),
        "remark" => SpeechTag::Remark,
        "lead_in" => SpeechTag::LeadIn(number()?),
        "closing" => SpeechTag::Closing,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tag_survives_the_trip() {
        let follow_up = SpeechTag::FollowUp { question: 3, follow_up: 2 };
        let tags = [SpeechTag::Greeting, SpeechTag::Question(7), follow_up, SpeechTag::Repeat(1)];
        for tag in tags.into_iter().chain([SpeechTag::Remark, SpeechTag::Closing]) {
            assert_eq!(parse_tag(&tag_text(tag)), Some(tag));
        }
        for text in ["", "question", "question:x", "follow_up:1", "other"] {
            assert_eq!(parse_tag(text), None);
        }
    }
}
