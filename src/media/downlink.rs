//! The interviewer's voice: the queue, the pacer and the encoder of one session.
//!
//! A frame is encoded ahead, when its thread has time, so that a tick only sends; a tick that comes first encodes for
//! itself. What was prepared for many sessions is sent as it is.

use std::{collections::VecDeque, sync::Arc};

use bytes::{Bytes, BytesMut};
use metrics::Counter;

use super::{
    opus::{COMPLEXITY, Encoder, Mode, OpusError, PACKET_BYTES_MAX},
    peer::{AudioPacket, PeerStatistics},
    port::{DOWNLINK_SAMPLES_MAX, DownlinkReceiver, Order, PreparedSpeech, Taken},
};
use crate::domain::{
    audio::{
        FRAME_SAMPLES, FRAME_TICKS,
        bit_rate::{BitRate, Step},
        codec::Codec,
        g711::{self, Narrower, Widener},
        playout::{AHEAD_MAX, Frame, Playout, Source, Tick},
    },
    load::Level,
    session::PlayoutEvent,
};

/// Ticks of 20 ms for which an idle line still sends every frame: 1 s.
const IDLE_DENSE_TICKS: u32 = 50;
/// After that it says "silence" at once, and again every so many ticks: 400 ms, as discontinuous transmission does.
const IDLE_SPARSE_TICKS: u32 = 20;
/// Loss reported by the receiver from which on packets carry FEC, and below which they no longer do.
const LOSSY_FROM: f64 = 0.01;
const CLEAN_BELOW: f64 = 0.005;
/// Frames that are encoded in one go before their time.
const AHEAD_BATCH: usize = 4;
/// Encoded packets are cut out of blocks of this size.
const ARENA_BYTES: usize = 4 * 1024;
/// A frame of silence in µ-law.
const MULAW_SILENCE: [u8; g711::FRAME_BYTES] = [g711::SILENCE; g711::FRAME_BYTES];

/// Frames by where they came from.
struct Meters {
    encoded: Counter,
    encoded_ahead: Counter,
    prepared: Counter,
    mulaw: Counter,
    silence: Counter,
    full: Counter,
}

impl Meters {
    fn new() -> Self {
        let of = |source| metrics::counter!("viva_downlink_frames_total", "source" => source);
        Self {
            encoded: of("encoded"),
            encoded_ahead: of("encoded_ahead"),
            prepared: of("prepared"),
            mulaw: of("mulaw"),
            silence: of("silence"),
            full: metrics::counter!("viva_downlink_full_total"),
        }
    }
}

/// How much a line wants to encode ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hunger {
    /// Its next frame is not ready.
    Urgent,
    /// It could have more ready.
    Leisurely,
}

/// One session's downlink.
pub(super) struct Pacer {
    receiver: DownlinkReceiver,
    playout: Playout<Arc<PreparedSpeech>>,
    codec: Codec,
    encoders: Encoders,
    /// What the link carries.
    rate: BitRate,
    /// µ-law to and from it, where the candidate's side and the model differ; made when first needed.
    widener: Option<Box<Widener>>,
    narrower: Option<Box<Narrower>>,
    /// What was encoded ahead, oldest first.
    ready: VecDeque<Bytes>,
    /// The prepared speech under way is encoded here, because nobody has prepared it for this link.
    is_live: bool,
    silence: Bytes,
    sequence: u16,
    timestamp: u32,
    /// Ticks since the last frame of speech.
    idle_ticks: u32,
    /// The next packet begins a talk spurt, or follows a stall.
    marker: bool,
    frame: Box<Frame>,
    arena: BytesMut,
    meters: Meters,
}

impl Pacer {
    /// `silence`: what an idle line sends. `random`: where sequence numbers and RTP time start (RFC 3550 section 5.1).
    pub(super) fn new(receiver: DownlinkReceiver, silence: Bytes, random: u64) -> Self {
        Self {
            receiver,
            playout: Playout::default(),
            codec: Codec::Opus,
            encoders: Encoders::default(),
            rate: BitRate::default(),
            widener: None,
            narrower: None,
            ready: VecDeque::new(),
            is_live: false,
            silence,
            sequence: random as u16,
            timestamp: (random >> 16) as u32,
            idle_ticks: 0,
            marker: true,
            frame: Box::default(),
            arena: BytesMut::new(),
            meters: Meters::new(),
        }
    }

    /// Takes the commands that came. `delay_ms`: from here to the candidate's ear.
    pub(super) fn take_commands(&mut self, audio_ms: u64, delay_ms: u64) {
        if self.receiver.take_flush() {
            self.flush(audio_ms, delay_ms);
        }
        loop {
            if self.playout.queued_samples() >= DOWNLINK_SAMPLES_MAX {
                // What waits in the mailbox holds the sender back.
                self.meters.full.increment(1);
                break;
            }
            let Some(taken) = self.receiver.take() else { break };
            match taken {
                Taken::Fresh(Order::Speak { item_id, voice }) => self.playout.push(&item_id, voice),
                Taken::Fresh(Order::Finish { item_id }) => self.playout.finish(&item_id),
                Taken::Fresh(Order::Flush) => self.flush(audio_ms, delay_ms),
                Taken::Stale(Order::Speak { item_id, .. } | Order::Finish { item_id }) => {
                    self.playout.refuse(&item_id, audio_ms);
                }
                Taken::Stale(Order::Flush) => {}
            }
        }
        self.receiver.note_queued(self.playout.queued_samples());
    }

    /// Encodes a few frames before their time, for when there is time: they share what the first one loads into the
    /// cache. A frame that could not be encoded is silent.
    pub(super) fn encode_ahead(&mut self) {
        if self.codec == Codec::Pcmu {
            return; // What costs next to nothing can wait for its tick.
        }
        for _ in 0..AHEAD_BATCH.min(self.ahead_max().saturating_sub(self.ready.len())) {
            let Some((first, source)) = self.playout.take_ahead(&mut self.frame) else { return };
            let payload = self.payload(first, source).unwrap_or_else(|error| {
                tracing::warn!(%error, "audio was not encoded");
                self.silence.clone()
            });
            self.meters.encoded_ahead.increment(1);
            self.ready.push_back(payload);
        }
    }

    /// The packet of this 20 ms, if one is to be sent. RTP time goes on whether or not.
    ///
    /// # Errors
    /// [`OpusError`] when a frame could not be encoded; it is lost.
    pub(super) fn tick(&mut self, audio_ms: u64) -> Result<Option<AudioPacket>, OpusError> {
        let spoken = match self.playout.tick(audio_ms, &mut self.frame) {
            Tick::Frame { first, source } => Some(self.payload(first, source)),
            Tick::Ahead => self.ready.pop_front().map(Ok),
            Tick::Starved | Tick::Idle => None,
        };
        let timestamp = self.timestamp;
        self.timestamp = self.timestamp.wrapping_add(FRAME_TICKS);
        let payload = match spoken {
            Some(payload) => {
                self.idle_ticks = 0;
                payload?
            }
            None => match self.idle() {
                Some(silence) => silence,
                None => return Ok(None),
            },
        };
        let sequence = self.sequence;
        self.sequence = self.sequence.wrapping_add(1);
        let marker = self.idle_ticks == 0 && std::mem::take(&mut self.marker);
        Ok(Some(AudioPacket { sequence, timestamp, marker, payload }))
    }

    /// The clock jumped, or another peer listens: the next speech is marked as a new talk spurt.
    pub(super) fn reanchor(&mut self) {
        self.marker = true;
        self.encoders.is_apart = true;
    }

    /// Another peer listens, which speaks this. What was encoded ahead for the one before is not heard.
    pub(super) fn speak(&mut self, codec: Codec) {
        if std::mem::replace(&mut self.codec, codec) == codec {
            return;
        }
        let silence = self.silence();
        self.ready.iter_mut().for_each(|packet| *packet = silence.clone());
        self.encoders.is_fresh = true;
        (self.widener, self.narrower) = (None, None);
    }

    /// What the peer speaks.
    pub(super) fn codec(&self) -> Codec {
        self.codec
    }

    /// Whether [`encode_ahead`](Self::encode_ahead) has enough to do to be worth it.
    pub(super) fn hunger(&self) -> Option<Hunger> {
        let has_room = self.ready.len() + AHEAD_BATCH <= self.ahead_max();
        if self.codec != Codec::Opus || !has_room || !self.playout.has_ahead() {
            return None;
        }
        Some(if self.ready.is_empty() { Hunger::Urgent } else { Hunger::Leisurely })
    }

    /// Frames that may be ready: a link that may have to do with less soon gets what it can carry then.
    fn ahead_max(&self) -> usize {
        if self.rate.is_wary() { AHEAD_BATCH } else { AHEAD_MAX }
    }

    /// What is given up because there is too much to do.
    pub(super) fn set_level(&mut self, level: Level) {
        self.encoders.complexity = level.encoder_complexity();
        self.receiver.note_level(level);
    }

    /// What the receiver reported. Takes effect with the next item, but for a lower rate, which holds for all that is
    /// not encoded yet: a queue that fills delays what is still to be said.
    pub(super) fn note_statistics(&mut self, now_ms: u64, statistics: &PeerStatistics) {
        if let Some(ratio) = statistics.remote_loss_ratio {
            self.note_loss(ratio);
        }
        let before = self.rate.step();
        let report = statistics.report.filter(|_| self.codec == Codec::Opus);
        let Some(step) = report.and_then(|report| self.rate.note(now_ms, &report)) else { return };
        metrics::counter!("viva_downlink_rate_steps_total", "to" => step.name()).increment(1);
        self.encoders.step = step;
        if step > before {
            self.encoders.swap();
            self.is_live = true; // Packets from the middle of another encoder's follow from what was never sent.
        }
    }

    /// What the receiver lost of ours, 0 to 1.
    fn note_loss(&mut self, ratio: f64) {
        if ratio >= LOSSY_FROM {
            self.encoders.is_lossy = true;
        } else if ratio < CLEAN_BELOW {
            self.encoders.is_lossy = false;
        }
    }

    /// The next thing to report.
    pub(super) fn poll_event(&mut self) -> Option<PlayoutEvent> {
        self.playout.poll_event()
    }

    /// Drops what is queued and what was encoded ahead.
    fn flush(&mut self, audio_ms: u64, delay_ms: u64) {
        self.playout.flush(audio_ms, delay_ms);
        // The decoder will never hear what the encoder made last.
        self.encoders.is_fresh |= !self.ready.is_empty();
        self.ready.clear();
    }

    fn payload(&mut self, first: bool, source: Source<Arc<PreparedSpeech>>) -> Result<Bytes, OpusError> {
        if first {
            self.encoders.begin();
        }
        match (self.codec, source) {
            (Codec::Opus, Source::Pcm) => self.encode(),
            (Codec::Opus, Source::Mulaw) => {
                let narrow = self.frame.mulaw.map(g711::decode);
                self.widener.get_or_insert_default().widen(&narrow, &mut self.frame.pcm);
                self.encode()
            }
            (Codec::Opus, Source::Prepared { speech, frame }) => self.prepared(&speech, frame),
            (Codec::Pcmu, Source::Mulaw) => Ok(self.mulaw()),
            (Codec::Pcmu, Source::Pcm) => Ok(self.narrow()),
            (Codec::Pcmu, Source::Prepared { speech, frame }) => {
                speech.copy_frame(frame, &mut self.frame.pcm);
                Ok(self.narrow())
            }
        }
    }

    /// Encodes [`Frame::pcm`].
    fn encode(&mut self) -> Result<Bytes, OpusError> {
        let mut packet = [0; PACKET_BYTES_MAX];
        let length = self.encoders.encode(&self.frame.pcm, &mut packet)?;
        self.meters.encoded.increment(1);
        Ok(self.cut(&packet[..length]))
    }

    /// A frame of prepared speech: one and the same encoder makes all of it.
    fn prepared(&mut self, speech: &PreparedSpeech, frame: usize) -> Result<Bytes, OpusError> {
        let mode = self.encoders.active;
        if frame == 0 {
            self.is_live = !speech.is_ready(mode);
        }
        if !self.is_live
            && let Some(packet) = speech.packet(mode, frame)
        {
            self.encoders.is_fresh = true; // What follows it follows another encoder.
            self.meters.prepared.increment(1);
            return Ok(packet);
        }
        speech.copy_frame(frame, &mut self.frame.pcm);
        self.encode()
    }

    fn narrow(&mut self) -> Bytes {
        self.frame.mulaw = self.narrower.get_or_insert_default().narrow(&self.frame.pcm);
        self.mulaw()
    }

    fn mulaw(&mut self) -> Bytes {
        self.meters.mulaw.increment(1);
        let bytes = self.frame.mulaw;
        self.cut(&bytes)
    }

    /// A copy out of the arena.
    fn cut(&mut self, packet: &[u8]) -> Bytes {
        if self.arena.capacity() < packet.len() {
            self.arena.reserve(ARENA_BYTES);
        }
        self.arena.extend_from_slice(packet);
        self.arena.split().freeze()
    }

    fn silence(&self) -> Bytes {
        match self.codec {
            Codec::Opus => self.silence.clone(),
            Codec::Pcmu => Bytes::from_static(&MULAW_SILENCE),
        }
    }

    fn idle(&mut self) -> Option<Bytes> {
        self.idle_ticks = self.idle_ticks.saturating_add(1);
        self.marker = true;
        self.encoders.is_fresh = true;
        let is_dense = self.idle_ticks <= IDLE_DENSE_TICKS;
        let is_first_sparse = self.idle_ticks == IDLE_DENSE_TICKS + 1;
        if is_first_sparse {
            self.encoders.rest();
        }
        let is_sent = is_dense || is_first_sparse || self.idle_ticks.is_multiple_of(IDLE_SPARSE_TICKS);
        is_sent.then(|| {
            self.meters.silence.increment(1);
            if is_dense { self.silence() } else { self.pause() }
        })
    }

    /// What says that nothing follows for a while. An Opus packet without a frame (RFC 6716 section 3.2.1): a receiver
    /// that gets it makes quiet noise until the next packet, where it would take what is missing for lost.
    fn pause(&self) -> Bytes {
        match self.codec {
            Codec::Opus => self.silence.slice(..1),
            Codec::Pcmu => self.silence(),
        }
    }
}

/// The two encoders, each made when first needed.
struct Encoders {
    clean: Option<Encoder>,
    /// For all modes but the clean one.
    voice: Option<Encoder>,
    active: Mode,
    /// What the link asks for.
    is_lossy: bool,
    step: Step,
    complexity: u8,
    /// What is encoded next follows silence, or what this encoder did not make: it begins anew.
    is_fresh: bool,
    /// The decoder may be another one.
    is_apart: bool,
}

impl Default for Encoders {
    fn default() -> Self {
        Self {
            clean: None,
            voice: None,
            active: Mode::Clean,
            is_lossy: false,
            step: Step::Usual,
            complexity: COMPLEXITY,
            is_fresh: true,
            is_apart: false,
        }
    }
}

impl Encoders {
    fn wanted(&self) -> Mode {
        match self.step {
            Step::Usual if self.is_lossy => Mode::Lossy,
            Step::Usual => Mode::Clean,
            Step::Low => Mode::Low,
            Step::Lowest => Mode::Lowest,
        }
    }

    /// An item begins: in the mode that the link asks for.
    fn begin(&mut self) {
        // In another mode an encoder would go on from another item.
        self.is_fresh |= self.active != self.wanted();
        self.swap();
    }

    /// Takes the mode that the link asks for, in the midst of an item too: an encoder that can goes on with it.
    fn swap(&mut self) {
        let wanted = self.wanted();
        self.is_fresh |= !self.active.is_akin(wanted);
        self.active = wanted;
    }

    /// Nothing is said for a while: what is fresh remembers nothing, and is made anew as fast as it is reset.
    fn rest(&mut self) {
        (self.clean, self.voice) = (None, None);
    }

    fn current(&mut self) -> Result<&mut Encoder, OpusError> {
        let slot = if self.active == Mode::Clean { &mut self.clean } else { &mut self.voice };
        let encoder = match slot {
            Some(encoder) => encoder,
            None => slot.insert(Encoder::new(self.active)?),
        };
        encoder.set_mode(self.active)?;
        Ok(encoder)
    }

    fn encode(&mut self, pcm: &[i16; FRAME_SAMPLES], out: &mut [u8]) -> Result<usize, OpusError> {
        let (complexity, is_fresh) = (self.complexity, std::mem::take(&mut self.is_fresh));
        let is_apart = std::mem::take(&mut self.is_apart);
        let encoder = self.current()?;
        encoder.set_complexity(complexity)?;
        if is_fresh {
            encoder.reset()?;
        } else if is_apart {
            encoder.stand_apart()?;
        }
        encoder.encode(pcm, out)
    }
}

#[cfg(test)]
mod tests;
