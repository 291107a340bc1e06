//! The interviewer's voice: the queue, the pacer and the encoder of one session.

use bytes::{Bytes, BytesMut};

use super::{
    opus::{Encoder, Mode, OpusError, PACKET_BYTES_MAX},
    peer::AudioPacket,
    port::{DOWNLINK_SAMPLES_MAX, DownlinkCommand, DownlinkReceiver, FRAME_SAMPLES, Taken},
};
use crate::domain::{
    audio::{
        FRAME_TICKS,
        playout::{Playout, Tick},
    },
    session::PlayoutEvent,
};

/// Ticks of 20 ms for which an idle line still sends every frame: 1 s.
const IDLE_DENSE_TICKS: u32 = 50;
/// After that it sends one in so many: every 400 ms, as discontinuous transmission does.
const IDLE_SPARSE_TICKS: u32 = 20;
/// Loss reported by the receiver from which on packets carry FEC, and below which they no longer do.
const LOSSY_FROM: f64 = 0.01;
const CLEAN_BELOW: f64 = 0.005;
/// Encoded packets are cut out of blocks of this size.
const ARENA_BYTES: usize = 8 * 1024;

/// One session's downlink.
pub(super) struct Pacer {
    receiver: DownlinkReceiver,
    playout: Playout,
    encoders: Encoders,
    silence: Bytes,
    sequence: u16,
    timestamp: u32,
    /// Ticks since the last frame of speech.
    idle_ticks: u32,
    /// The next packet begins a talk spurt, or follows a stall.
    marker: bool,
    pcm: [i16; FRAME_SAMPLES],
    arena: BytesMut,
    full: metrics::Counter,
}

impl Pacer {
    /// `silence`: what an idle line sends. `random`: where sequence numbers and RTP time start (RFC 3550 section 5.1).
    pub(super) fn new(receiver: DownlinkReceiver, silence: Bytes, random: u64) -> Self {
        Self {
            receiver,
            playout: Playout::default(),
            encoders: Encoders::default(),
            silence,
            sequence: random as u16,
            timestamp: (random >> 16) as u32,
            idle_ticks: 0,
            marker: true,
            pcm: [0; FRAME_SAMPLES],
            arena: BytesMut::new(),
            full: metrics::counter!("viva_downlink_full_total"),
        }
    }

    /// Takes the commands that came. `delay_ms`: from here to the candidate's ear.
    pub(super) fn take_commands(&mut self, audio_ms: u64, delay_ms: u64) {
        if self.receiver.take_flush() {
            self.playout.flush(audio_ms, delay_ms);
        }
        loop {
            if self.playout.queued_samples() >= DOWNLINK_SAMPLES_MAX {
                // What waits in the mailbox holds the sender back.
                self.full.increment(1);
                break;
            }
            let Some(taken) = self.receiver.take() else { break };
            match taken {
                Taken::Fresh(DownlinkCommand::Audio { item_id, pcm }) => self.playout.push(&item_id, pcm),
                Taken::Fresh(DownlinkCommand::Finish { item_id }) => self.playout.finish(&item_id),
                Taken::Fresh(DownlinkCommand::Flush) => self.playout.flush(audio_ms, delay_ms),
                Taken::Stale(DownlinkCommand::Audio { item_id, .. } | DownlinkCommand::Finish { item_id }) => {
                    self.playout.refuse(&item_id, audio_ms);
                }
                Taken::Stale(DownlinkCommand::Flush) => {}
            }
        }
        self.receiver.note_queued(self.playout.queued_samples());
    }

    /// The packet of this 20 ms, if one is to be sent. RTP time goes on whether or not.
    ///
    /// # Errors
    /// [`OpusError`] when a frame could not be encoded; it is lost.
    pub(super) fn tick(&mut self, audio_ms: u64) -> Result<Option<AudioPacket>, OpusError> {
        let payload = match self.playout.tick(audio_ms, &mut self.pcm) {
            Tick::Frame { first } => Some(self.encode(first)?),
            Tick::Starved | Tick::Idle => self.idle(),
        };
        let timestamp = self.timestamp;
        self.timestamp = self.timestamp.wrapping_add(FRAME_TICKS);
        let Some(payload) = payload else { return Ok(None) };
        let sequence = self.sequence;
        self.sequence = self.sequence.wrapping_add(1);
        let marker = self.idle_ticks == 0 && std::mem::take(&mut self.marker);
        Ok(Some(AudioPacket { sequence, timestamp, marker, payload }))
    }

    /// The clock jumped, or another peer listens: the next speech is marked as a new talk spurt.
    pub(super) fn reanchor(&mut self) {
        self.marker = true;
    }

    /// The receiver's report of what it lost of ours, 0 to 1. Takes effect with the next item.
    pub(super) fn note_loss(&mut self, ratio: f64) {
        if ratio >= LOSSY_FROM {
            self.encoders.wanted = Mode::Lossy;
        } else if ratio < CLEAN_BELOW {
            self.encoders.wanted = Mode::Clean;
        }
    }

    /// The next thing to report.
    pub(super) fn poll_event(&mut self) -> Option<PlayoutEvent> {
        self.playout.poll_event()
    }

    fn encode(&mut self, first: bool) -> Result<Bytes, OpusError> {
        let idle_ticks = std::mem::take(&mut self.idle_ticks);
        let encoder = self.encoders.select(first)?;
        if idle_ticks >= IDLE_DENSE_TICKS {
            encoder.reset()?;
        }
        let mut packet = [0; PACKET_BYTES_MAX];
        let length = encoder.encode(&self.pcm, &mut packet)?;
        if self.arena.capacity() < length {
            self.arena.reserve(ARENA_BYTES);
        }
        self.arena.extend_from_slice(&packet[..length]);
        Ok(self.arena.split().freeze())
    }

    fn idle(&mut self) -> Option<Bytes> {
        self.idle_ticks = self.idle_ticks.saturating_add(1);
        self.marker = true;
        let is_sent = self.idle_ticks <= IDLE_DENSE_TICKS || self.idle_ticks.is_multiple_of(IDLE_SPARSE_TICKS);
        is_sent.then(|| self.silence.clone())
    }
}

/// The two encoders, each made when first needed.
struct Encoders {
    clean: Option<Encoder>,
    lossy: Option<Encoder>,
    active: Mode,
    wanted: Mode,
}

impl Default for Encoders {
    fn default() -> Self {
        Self { clean: None, lossy: None, active: Mode::Clean, wanted: Mode::Clean }
    }
}

impl Encoders {
    /// The encoder to use; swapped only where an item begins.
    fn select(&mut self, first: bool) -> Result<&mut Encoder, OpusError> {
        if first && self.active != self.wanted {
            self.active = self.wanted;
            let fresh = match self.active {
                Mode::Clean => &mut self.clean,
                Mode::Lossy => &mut self.lossy,
            };
            if let Some(encoder) = fresh {
                encoder.reset()?; // It remembers another item.
            }
        }
        let (slot, mode) = match self.active {
            Mode::Clean => (&mut self.clean, Mode::Clean),
            Mode::Lossy => (&mut self.lossy, Mode::Lossy),
        };
        match slot {
            Some(encoder) => Ok(encoder),
            None => Ok(slot.insert(Encoder::new(mode)?)),
        }
    }
}
