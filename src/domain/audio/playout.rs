//! What waits to be spoken to the candidate, and the exact account of what left: in frames sent, never in audio
//! received.

use std::collections::VecDeque;

use super::{FRAME_MS, FRAME_SAMPLES};
use crate::domain::{id::ItemId, session::PlayoutEvent};

/// Items whose late audio is still recognised and ignored.
const RETIRED_MAX: usize = 64;
/// Ticks without audio after which an unfinished item gives way to the one behind it: 1 s.
const STARVED_TICKS_MAX: u32 = 50;
/// Samples of a millisecond.
const SAMPLES_PER_MS: u64 = FRAME_SAMPLES as u64 / FRAME_MS;

/// What a 20 ms tick brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tick {
    /// A frame to send; `first` of its item.
    Frame { first: bool },
    /// An item is under way but its audio has not come yet.
    Starved,
    /// Nothing is queued.
    Idle,
}

#[derive(Debug)]
struct Item {
    item_id: ItemId,
    chunks: VecDeque<Vec<i16>>,
    /// Samples of the first chunk that have been sent.
    head: usize,
    queued: usize,
    received: u64,
    frames_sent: u64,
    finished: bool,
    starved_ticks: u32,
}

impl Item {
    fn new(item_id: ItemId) -> Self {
        Self {
            item_id,
            chunks: VecDeque::new(),
            head: 0,
            queued: 0,
            received: 0,
            frames_sent: 0,
            finished: false,
            starved_ticks: 0,
        }
    }

    fn received_ms(&self) -> u64 {
        self.received / SAMPLES_PER_MS
    }

    /// Moves up to one frame into `out`, pads with silence.
    fn take(&mut self, out: &mut [i16; FRAME_SAMPLES]) {
        let mut filled = 0;
        while filled < FRAME_SAMPLES {
            let Some(chunk) = self.chunks.front() else { break };
            let from = &chunk[self.head..];
            let count = from.len().min(FRAME_SAMPLES - filled);
            out[filled..filled + count].copy_from_slice(&from[..count]);
            filled += count;
            self.head += count;
            if self.head == chunk.len() {
                self.chunks.pop_front();
                self.head = 0;
            }
        }
        out[filled..].fill(0);
        self.queued -= filled;
        self.frames_sent += 1;
    }
}

/// The queue of one session, in order of the items' first audio.
#[derive(Debug, Default)]
pub struct Playout {
    items: VecDeque<Item>,
    /// Finished or dropped: more audio of these is ignored.
    retired: VecDeque<ItemId>,
    events: VecDeque<PlayoutEvent>,
    queued: usize,
}

impl Playout {
    /// Samples that wait.
    pub fn queued_samples(&self) -> usize {
        self.queued
    }

    /// Whether nothing is queued or under way.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// More audio of an item; the first of an unknown item puts it at the end of the queue.
    pub fn push(&mut self, item_id: &ItemId, pcm: Vec<i16>) {
        if pcm.is_empty() {
            return;
        }
        let Some(item) = self.entry(item_id) else { return };
        let count = pcm.len();
        item.queued += count;
        item.received += count as u64;
        item.starved_ticks = 0;
        item.chunks.push_back(pcm);
        self.queued += count;
    }

    /// No more audio of this item will come.
    pub fn finish(&mut self, item_id: &ItemId) {
        if let Some(item) = self.entry(item_id) {
            item.finished = true;
        }
    }

    /// More audio of this item is to be ignored: it was flushed before it came. Reported as interrupted, unheard.
    pub fn refuse(&mut self, item_id: &ItemId, audio_ms: u64) {
        if self.is_retired(item_id) || self.items.iter().any(|item| item.item_id == *item_id) {
            return;
        }
        self.retire(item_id.clone());
        self.events.push_back(PlayoutEvent::Interrupted { item_id: item_id.clone(), audio_ms, heard_ms: 0 });
    }

    /// Fills `out` with the next 20 ms if there are any. `audio_ms`: now, on the session's audio clock.
    pub fn tick(&mut self, audio_ms: u64, out: &mut [i16; FRAME_SAMPLES]) -> Tick {
        loop {
            let another_waits = self.items.len() > 1;
            let Some(item) = self.items.front_mut() else { return Tick::Idle };
            if item.finished && item.queued == 0 {
                self.complete(audio_ms);
                continue;
            }
            if item.queued < FRAME_SAMPLES && !item.finished {
                item.starved_ticks += 1;
                if another_waits && item.starved_ticks > STARVED_TICKS_MAX {
                    item.finished = true;
                    continue;
                }
                return Tick::Starved;
            }
            let first = item.frames_sent == 0;
            let before = item.queued;
            item.take(out);
            self.queued -= before - item.queued;
            if first {
                self.events.push_back(PlayoutEvent::Started { item_id: item.item_id.clone(), audio_ms });
            }
            if item.finished && item.queued == 0 {
                self.complete(audio_ms);
            }
            return Tick::Frame { first };
        }
    }

    /// Drops everything. `delay_ms`: how long a frame that leaves now takes to the candidate's ear.
    pub fn flush(&mut self, audio_ms: u64, delay_ms: u64) {
        while let Some(item) = self.items.pop_front() {
            let heard_ms = (item.frames_sent * FRAME_MS).saturating_sub(delay_ms).min(item.received_ms());
            self.retire(item.item_id.clone());
            self.events.push_back(PlayoutEvent::Interrupted { item_id: item.item_id, audio_ms, heard_ms });
        }
        self.queued = 0;
    }

    /// The next thing to report.
    pub fn poll_event(&mut self) -> Option<PlayoutEvent> {
        self.events.pop_front()
    }

    fn complete(&mut self, audio_ms: u64) {
        if let Some(item) = self.items.pop_front() {
            self.retire(item.item_id.clone());
            let played_ms = item.received_ms();
            self.events.push_back(PlayoutEvent::Finished { item_id: item.item_id, audio_ms, played_ms });
        }
    }

    fn entry(&mut self, item_id: &ItemId) -> Option<&mut Item> {
        if self.is_retired(item_id) {
            return None;
        }
        let index = match self.items.iter().position(|item| item.item_id == *item_id) {
            Some(index) => index,
            None => {
                self.items.push_back(Item::new(item_id.clone()));
                self.items.len() - 1
            }
        };
        self.items.get_mut(index)
    }

    fn is_retired(&self, item_id: &ItemId) -> bool {
        self.retired.contains(item_id)
    }

    fn retire(&mut self, item_id: ItemId) {
        if self.retired.len() == RETIRED_MAX {
            self.retired.pop_front();
        }
        self.retired.push_back(item_id);
    }
}
