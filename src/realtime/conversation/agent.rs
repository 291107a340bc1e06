//! The interviewer's side: items, their audio and their words.

use crate::{
    domain::{
        audio::g711,
        id::{ItemId, ResponseId},
        session::ModelEvent,
    },
    media::port::SAMPLE_RATE_HZ,
    realtime::conversation::{Action, Conversation},
    wire::realtime::{
        ClientEvent,
        audio::{self, DeltaDecoder, DeltaRef, NotBase64},
    },
};
use std::collections::VecDeque;

const SAMPLES_PER_MS: u64 = SAMPLE_RATE_HZ as u64 / 1_000;
/// Longest piece that is queued at once, 200 ms: the pacer's queue counts pieces.
const PIECE_SAMPLES: usize = 4_800;
/// Items of which audio and words are still known: a late truncate concerns the last one or two.
const ITEMS_MAX: usize = 32;
/// Responses whose late audio is dropped.
const MUTED_MAX: usize = 16;
/// Parts of an item with words of their own.
const PARTS_MAX: usize = 16;

/// One item that the interviewer says.
#[derive(Debug)]
pub(super) struct Speaking {
    item_id: ItemId,
    response_id: ResponseId,
    /// The part that holds the audio.
    content_index: u32,
    decoder: DeltaDecoder,
    received_samples: u64,
    first_audio_ms: Option<u64>,
    /// Words by part.
    texts: Vec<String>,
    /// The words were given as settled.
    text_settled: bool,
    /// No more audio: told.
    audio_done: bool,
}

impl Speaking {
    fn received_ms(&self) -> u64 {
        self.received_samples / SAMPLES_PER_MS
    }

    fn decode(&mut self, delta: &str, is_mulaw: bool) -> Result<Decoded, NotBase64> {
        if is_mulaw {
            let mut bytes = Vec::with_capacity(delta.len() * 3 / 4 + 2);
            return audio::decode_bytes(delta, &mut bytes).map(|()| Decoded::Mulaw(bytes));
        }
        let mut pcm = Vec::with_capacity(delta.len() * 3 / 8 + 2);
        self.decoder.decode(delta, &mut pcm).map(|()| Decoded::Pcm(pcm))
    }

    fn part(&mut self, content_index: u32) -> &mut String {
        let index = (content_index as usize).min(PARTS_MAX - 1);
        if self.texts.len() <= index {
            self.texts.resize(index + 1, String::new());
        }
        &mut self.texts[index]
    }

    fn text(&self) -> String {
        let parts: Vec<&str> = self.texts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        parts.join(" ")
    }
}

/// The audio of a delta.
enum Decoded {
    Pcm(Vec<i16>),
    Mulaw(Vec<u8>),
}

impl Decoded {
    /// Its length at 24 kHz.
    fn samples(&self) -> usize {
        match self {
            Self::Pcm(pcm) => pcm.len(),
            Self::Mulaw(bytes) => bytes.len() * g711::RATIO,
        }
    }
}

/// Cuts audio into pieces, without copying what is short enough.
fn pieces<T>(audio: Vec<T>, length: usize) -> impl Iterator<Item = Vec<T>> {
    let mut rest = Some(audio).filter(|audio| !audio.is_empty());
    std::iter::from_fn(move || {
        let mut piece = rest.take()?;
        if piece.len() > length {
            rest = Some(piece.split_off(length));
        }
        Some(piece)
    })
}

/// Everything that the interviewer says on this connection.
#[derive(Debug, Default)]
pub struct Agent {
    items: VecDeque<Speaking>,
    muted: VecDeque<ResponseId>,
}

impl Agent {
    /// Later audio of this response is dropped: the candidate interrupted it.
    pub fn mute(&mut self, response_id: ResponseId) {
        if self.muted.contains(&response_id) {
            return;
        }
        if self.muted.len() >= MUTED_MAX {
            self.muted.pop_front();
        }
        self.muted.push_back(response_id);
    }

    pub fn on_lost(&mut self) {
        self.items.clear();
        self.muted.clear();
    }

    /// Whether audio received may still be playing: it plays no faster than the clock.
    pub fn may_be_heard(&self, now_ms: u64) -> bool {
        const SLACK_MS: u64 = 2_000;
        self.items.iter().any(|item| {
            let begun_ms = item.first_audio_ms.unwrap_or(0);
            item.first_audio_ms.is_some() && now_ms < begun_ms + item.received_ms() + SLACK_MS
        })
    }

    fn find(&mut self, item_id: &str) -> Option<&mut Speaking> {
        self.items.iter_mut().rev().find(|item| item.item_id.as_str() == item_id)
    }

    fn is_muted(&self, response_id: &str) -> bool {
        self.muted.iter().any(|muted| muted.as_str() == response_id)
    }
}

impl Conversation {
    /// Audio: the hot path, which [`crate::wire::realtime::audio`] has parsed.
    pub fn on_delta(&mut self, now_ms: u64, delta: &DeltaRef<'_>) {
        if self.agent.is_muted(&delta.response_id) {
            return;
        }
        if self.agent.find(&delta.item_id).is_none() {
            self.begin_item(&delta.response_id, &delta.item_id);
        }
        let Some(item) = self.agent.find(&delta.item_id) else { return };
        if item.audio_done {
            return;
        }
        item.content_index = delta.content_index;
        let item_id = item.item_id.clone();
        let Ok(decoded) = item.decode(&delta.delta, self.speaks_mulaw) else {
            tracing::warn!(session = %self.setup.session_id, "an audio delta is not base 64");
            return;
        };
        let samples = decoded.samples();
        if samples == 0 {
            return;
        }
        item.received_samples += samples as u64;
        if item.first_audio_ms.replace(item.first_audio_ms.unwrap_or(now_ms)).is_none()
            && let Some(waited) = self.saying.on_voice(now_ms)
        {
            self.first_audio_seconds.record(waited);
        }
        match decoded {
            Decoded::Pcm(pcm) => {
                let push = |pcm| Action::Push { item_id: item_id.clone(), pcm };
                self.actions.extend(pieces(pcm, PIECE_SAMPLES).map(push));
            }
            Decoded::Mulaw(bytes) => {
                let push = |bytes| Action::PushMulaw { item_id: item_id.clone(), bytes };
                self.actions.extend(pieces(bytes, PIECE_SAMPLES / g711::RATIO).map(push));
            }
        }
    }

    /// The interviewer begins an item, once.
    pub(super) fn begin_item(&mut self, response_id: &str, item_id: &str) {
        if item_id.is_empty() || self.agent.find(item_id).is_some() {
            return;
        }
        self.ensure_started(response_id);
        if self.agent.items.len() >= ITEMS_MAX {
            self.agent.items.pop_front();
        }
        let item_id = ItemId::new(item_id);
        let response_id = ResponseId::new(response_id);
        self.history.add(&item_id, false);
        self.agent.items.push_back(Speaking {
            item_id: item_id.clone(),
            response_id: response_id.clone(),
            content_index: 0,
            decoder: DeltaDecoder::default(),
            received_samples: 0,
            first_audio_ms: None,
            texts: Vec::new(),
            text_settled: false,
            audio_done: false,
        });
        self.emit(ModelEvent::AgentItem { response_id, item_id });
    }

    pub(super) fn on_text_delta(&mut self, item_id: &str, content_index: u32, delta: String) {
        let Some(item) = self.agent.find(item_id) else { return };
        item.part(content_index).push_str(&delta);
        let item_id = item.item_id.clone();
        self.emit(ModelEvent::AgentTextDelta { item_id, delta });
    }

    pub(super) fn on_text_done(&mut self, item_id: &str, content_index: u32, text: String) {
        let Some(item) = self.agent.find(item_id) else { return };
        *item.part(content_index) = text;
        item.text_settled = true;
        let (item_id, text) = (item.item_id.clone(), item.text());
        self.history.set_text(&item_id, false, &text);
        self.emit(ModelEvent::AgentText { item_id, text });
    }

    /// All audio of an item is here, or none will come.
    pub(super) fn on_audio_done(&mut self, item_id: &str) {
        let muted = match self.agent.find(item_id) {
            Some(item) if !item.audio_done => item.response_id.clone(),
            _ => return,
        };
        let muted = self.agent.is_muted(muted.as_str());
        let Some(item) = self.agent.find(item_id) else { return };
        item.audio_done = true;
        let (item_id, received_ms) = (item.item_id.clone(), item.received_ms());
        if received_ms > 0 && !muted {
            self.actions.push_back(Action::Finish(item_id.clone()));
        }
        self.emit(ModelEvent::AgentAudioDone { item_id, received_ms });
    }

    /// Settles what a response left open: servers forget `done` events, and connections break.
    pub(super) fn finish_items(&mut self, response_id: &str) {
        let open: Vec<(ItemId, Option<String>)> = self
            .agent
            .items
            .iter_mut()
            .filter(|item| item.response_id.as_str() == response_id && !(item.audio_done && item.text_settled))
            .map(|item| {
                let owed = !std::mem::replace(&mut item.text_settled, true);
                (item.item_id.clone(), owed.then(|| item.text()).filter(|text| !text.is_empty()))
            })
            .collect();
        for (item_id, text) in open {
            if let Some(text) = text {
                self.history.set_text(&item_id, false, &text);
                self.emit(ModelEvent::AgentText { item_id: item_id.clone(), text });
            }
            self.on_audio_done(item_id.as_str());
        }
    }

    /// Makes the server forget what was not heard. It refuses a length beyond the audio that it sent, and some fall
    /// silent after such an error: hence the clamp.
    pub(super) fn truncate(&mut self, item_id: &ItemId, heard_ms: u64) {
        let Some(item) = self.agent.find(item_id.as_str()) else { return };
        let (received_ms, content_index) = (item.received_ms(), item.content_index);
        if received_ms == 0 || (item.audio_done && heard_ms >= received_ms) {
            return;
        }
        let muted = item.response_id.clone();
        let text = item.text();
        self.agent.mute(muted);
        self.history.set_text(item_id, false, &text);
        self.history.truncate(item_id, heard_ms, received_ms);
        if !self.is_ready() {
            return;
        }
        let item_id = item_id.as_str().to_owned();
        self.send(if heard_ms == 0 {
            ClientEvent::ItemDelete { item_id }
        } else {
            ClientEvent::ItemTruncate { item_id, content_index, audio_end_ms: heard_ms.min(received_ms) }
        });
    }
}
