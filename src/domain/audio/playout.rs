//! What waits to be spoken to the candidate, and the exact account of what left: in samples sent, never in audio
//! received, and never in audio that was only made ready to be sent.

use std::collections::VecDeque;

use super::{FRAME_MS, FRAME_SAMPLES, g711};
use crate::domain::{id::ItemId, session::PlayoutEvent};

/// Items whose late audio is still recognised and ignored.
const RETIRED_MAX: usize = 64;
/// Ticks without audio after which an unfinished item gives way to the one behind it: 1 s.
const STARVED_TICKS_MAX: u32 = 50;
/// Samples of a millisecond.
const SAMPLES_PER_MS: u64 = FRAME_SAMPLES as u64 / FRAME_MS;
/// Frames that may be taken before their time, to be encoded: 1.28 s. Encoded they need a tenth of the memory, and a
/// burst of work does not make them late; of what a barge-in drops, no more than that was encoded in vain.
pub const AHEAD_MAX: usize = 64;

/// Audio of an item, as it is handed over. `S`: speech that was encoded before, opaque to the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sound<S> {
    /// 24 kHz, mono.
    Pcm(Vec<i16>),
    /// µ-law at 8 kHz (ITU-T G.711).
    Mulaw(Vec<u8>),
    /// Frames of 20 ms that are there already; they stand for so many samples of 24 kHz.
    Prepared { speech: S, samples: usize },
}

impl<S> Sound<S> {
    /// Its length in samples of 24 kHz.
    pub fn samples(&self) -> usize {
        match self {
            Self::Pcm(pcm) => pcm.len(),
            Self::Mulaw(bytes) => bytes.len() * g711::RATIO,
            Self::Prepared { samples, .. } => *samples,
        }
    }

    /// Whether frames may reach from one into the other.
    fn joins(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Pcm(_), Self::Pcm(_)) | (Self::Mulaw(_), Self::Mulaw(_)))
    }
}

/// Where a frame is put that was taken; only the part that its [`Source`] names is meant.
#[derive(Clone, Debug)]
pub struct Frame {
    pub pcm: [i16; FRAME_SAMPLES],
    pub mulaw: [u8; g711::FRAME_BYTES],
}

impl Default for Frame {
    fn default() -> Self {
        Self { pcm: [0; FRAME_SAMPLES], mulaw: [g711::SILENCE; g711::FRAME_BYTES] }
    }
}

/// What a frame is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source<S> {
    /// [`Frame::pcm`], padded with silence.
    Pcm,
    /// [`Frame::mulaw`], padded with silence.
    Mulaw,
    /// This frame of that speech, from 0.
    Prepared { speech: S, frame: usize },
}

/// What a 20 ms tick brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tick<S> {
    /// A frame to send; `first` of its item.
    Frame { first: bool, source: Source<S> },
    /// The oldest of the frames that were taken ahead is to be sent.
    Ahead,
    /// An item is under way but its audio has not come yet.
    Starved,
    /// Nothing is queued.
    Idle,
}

#[derive(Debug)]
struct Item<S> {
    item_id: ItemId,
    sounds: VecDeque<Sound<S>>,
    /// Samples of the first sound that have been taken.
    head: usize,
    /// Samples that have not been taken.
    queued: usize,
    received: u64,
    sent: u64,
    /// Samples of each frame that was taken and not sent yet, oldest first.
    ahead: VecDeque<u16>,
    /// A frame was taken; a frame was sent.
    is_begun: bool,
    is_started: bool,
    finished: bool,
    starved_ticks: u32,
}

impl<S: Clone> Item<S> {
    fn new(item_id: ItemId) -> Self {
        Self {
            item_id,
            sounds: VecDeque::new(),
            head: 0,
            queued: 0,
            received: 0,
            sent: 0,
            ahead: VecDeque::new(),
            is_begun: false,
            is_started: false,
            finished: false,
            starved_ticks: 0,
        }
    }

    fn received_ms(&self) -> u64 {
        self.received / SAMPLES_PER_MS
    }

    /// Everything has been sent, and no more will come.
    fn is_over(&self) -> bool {
        self.finished && self.queued == 0 && self.ahead.is_empty()
    }

    /// Whether a frame can be taken: a whole one, or one that nothing can be added to.
    fn has_frame(&self) -> bool {
        let Some(first) = self.sounds.front() else { return false };
        if self.finished || matches!(first, Sound::Prepared { .. }) {
            return true;
        }
        let mut there = first.samples() - self.head;
        for sound in self.sounds.iter().skip(1) {
            if there >= FRAME_SAMPLES || !first.joins(sound) {
                return true;
            }
            there += sound.samples();
        }
        there >= FRAME_SAMPLES
    }

    /// Whether a frame can be taken before its time, and is worth it.
    fn has_ahead(&self) -> bool {
        let is_prepared = matches!(self.sounds.front(), Some(Sound::Prepared { .. }));
        self.ahead.len() < AHEAD_MAX && !is_prepared && self.has_frame()
    }

    /// Moves up to one frame into `out`; returns what it is and how many samples it holds.
    fn take(&mut self, out: &mut Frame) -> Option<(Source<S>, usize)> {
        let source = match self.sounds.front()? {
            Sound::Pcm(_) => Source::Pcm,
            Sound::Mulaw(_) => Source::Mulaw,
            Sound::Prepared { speech, .. } => {
                Source::Prepared { speech: speech.clone(), frame: self.head / FRAME_SAMPLES }
            }
        };
        let mut filled = 0;
        while filled < FRAME_SAMPLES {
            let Some(sound) = self.sounds.front() else { break };
            let count = (sound.samples() - self.head).min(FRAME_SAMPLES - filled);
            match (&source, sound) {
                (Source::Pcm, Sound::Pcm(pcm)) => {
                    out.pcm[filled..filled + count].copy_from_slice(&pcm[self.head..self.head + count]);
                }
                (Source::Mulaw, Sound::Mulaw(bytes)) => {
                    let (to, from, count) = (filled / g711::RATIO, self.head / g711::RATIO, count / g711::RATIO);
                    out.mulaw[to..to + count].copy_from_slice(&bytes[from..from + count]);
                }
                (Source::Prepared { .. }, Sound::Prepared { .. }) if filled == 0 => {}
                _ => break,
            }
            filled += count;
            self.head += count;
            if self.head == sound.samples() {
                self.sounds.pop_front();
                self.head = 0;
                if matches!(source, Source::Prepared { .. }) {
                    break;
                }
            }
        }
        out.pcm[filled..].fill(0);
        out.mulaw[filled / g711::RATIO..].fill(g711::SILENCE);
        self.queued -= filled;
        self.is_begun = true;
        Some((source, filled))
    }
}

/// The queue of one session, in order of the items' first audio.
#[derive(Debug)]
pub struct Playout<S> {
    items: VecDeque<Item<S>>,
    /// Finished or dropped: more audio of these is ignored.
    retired: VecDeque<ItemId>,
    events: VecDeque<PlayoutEvent>,
    queued: usize,
}

impl<S> Default for Playout<S> {
    fn default() -> Self {
        Self { items: VecDeque::new(), retired: VecDeque::new(), events: VecDeque::new(), queued: 0 }
    }
}

impl<S: Clone> Playout<S> {
    /// Samples that have not been sent, those of frames taken ahead included.
    pub fn queued_samples(&self) -> usize {
        self.queued
    }

    /// Whether nothing is queued or under way.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// More audio of an item; the first of an unknown item puts it at the end of the queue.
    pub fn push(&mut self, item_id: &ItemId, sound: Sound<S>) {
        let count = sound.samples();
        if count == 0 {
            return;
        }
        let Some(item) = self.entry(item_id) else { return };
        item.queued += count;
        item.received += count as u64;
        item.starved_ticks = 0;
        item.sounds.push_back(sound);
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

    /// Whether [`take_ahead`](Self::take_ahead) would take one.
    pub fn has_ahead(&self) -> bool {
        self.items.front().is_some_and(Item::has_ahead)
    }

    /// Takes the next frame of the item under way before its time, so that it can be encoded; it is sent, and counts,
    /// when [`tick`](Self::tick) says [`Tick::Ahead`]. `None`: there is none, enough were taken, or the next one needs
    /// no encoding. With it: whether it is the first of its item.
    pub fn take_ahead(&mut self, out: &mut Frame) -> Option<(bool, Source<S>)> {
        let item = self.items.front_mut().filter(|item| item.has_ahead())?;
        let first = !item.is_begun;
        let (source, samples) = item.take(out)?;
        item.ahead.push_back(samples as u16);
        Some((first, source))
    }

    /// Says what the next 20 ms are, and fills `out` with them if they were not taken ahead. `audio_ms`: now, on the
    /// session's audio clock.
    pub fn tick(&mut self, audio_ms: u64, out: &mut Frame) -> Tick<S> {
        loop {
            let another_waits = self.items.len() > 1;
            let Some(item) = self.items.front_mut() else { return Tick::Idle };
            if item.is_over() {
                self.complete(audio_ms);
                continue;
            }
            if let Some(samples) = item.ahead.pop_front() {
                self.count_sent(usize::from(samples), audio_ms);
                return Tick::Ahead;
            }
            if !item.has_frame() {
                item.starved_ticks += 1;
                if another_waits && item.starved_ticks > STARVED_TICKS_MAX {
                    item.finished = true;
                    continue;
                }
                return Tick::Starved;
            }
            let first = !item.is_begun;
            let Some((source, samples)) = item.take(out) else { return Tick::Idle };
            self.count_sent(samples, audio_ms);
            return Tick::Frame { first, source };
        }
    }

    /// Drops everything, what was taken ahead included: its encoded frames are not to be sent. `delay_ms`: how long a
    /// frame that leaves now takes to the candidate's ear.
    pub fn flush(&mut self, audio_ms: u64, delay_ms: u64) {
        while let Some(item) = self.items.pop_front() {
            let heard_ms = (item.sent / SAMPLES_PER_MS).saturating_sub(delay_ms).min(item.received_ms());
            self.retire(item.item_id.clone());
            self.events.push_back(PlayoutEvent::Interrupted { item_id: item.item_id, audio_ms, heard_ms });
        }
        self.queued = 0;
    }

    /// The next thing to report.
    pub fn poll_event(&mut self) -> Option<PlayoutEvent> {
        self.events.pop_front()
    }

    /// A frame of the item under way leaves.
    fn count_sent(&mut self, samples: usize, audio_ms: u64) {
        let Some(item) = self.items.front_mut() else { return };
        item.sent += samples as u64;
        self.queued -= samples;
        if !std::mem::replace(&mut item.is_started, true) {
            self.events.push_back(PlayoutEvent::Started { item_id: item.item_id.clone(), audio_ms });
        }
        if item.is_over() {
            self.complete(audio_ms);
        }
    }

    fn complete(&mut self, audio_ms: u64) {
        if let Some(item) = self.items.pop_front() {
            self.retire(item.item_id.clone());
            let played_ms = item.received_ms();
            self.events.push_back(PlayoutEvent::Finished { item_id: item.item_id, audio_ms, played_ms });
        }
    }

    fn entry(&mut self, item_id: &ItemId) -> Option<&mut Item<S>> {
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
