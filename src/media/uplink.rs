//! The candidate's voice: jitter buffer, decoder, and 20 ms frames to the model.

use bytes::Bytes;
use metrics::Counter;
use tokio::sync::mpsc;

use super::{
    opus::{DECODED_SAMPLES_MAX, Decoder, OpusError},
    port::{FRAME_SAMPLES, FrameKind, UplinkFrame},
    recorder::Tap,
};
use crate::domain::audio::{
    FRAME_TICKS,
    codec::Codec,
    g711,
    jitter::{Counters, JitterBuffer, Packet, Source, Step},
    timeline::Timeline,
};

/// Ticks of 48 kHz in a sample of 24 kHz.
const TICKS_PER_SAMPLE: u32 = 2;
/// Mean square of a frame at −55 dBFS: below it, it is silence.
const SILENT_MEAN_SQUARE: u64 = 3_364;

/// Frames by kind, and those that the model had no room for.
struct Meters {
    kinds: [Counter; 5],
    dropped: Counter,
}

impl Meters {
    fn new() -> Self {
        let kinds = ["normal", "fec", "plc", "dtx", "silence"];
        Self {
            kinds: kinds.map(|kind| metrics::counter!("viva_uplink_frames_total", "kind" => kind)),
            dropped: metrics::counter!("viva_uplink_dropped_total"),
        }
    }

    fn count(&self, kind: FrameKind) {
        let index = match kind {
            FrameKind::Normal => 0,
            FrameKind::Fec => 1,
            FrameKind::Plc => 2,
            FrameKind::Dtx => 3,
            FrameKind::Silence => 4,
        };
        self.kinds[index].increment(1);
    }
}

/// One session's uplink.
pub(super) struct Uplink {
    frames: mpsc::Sender<UplinkFrame>,
    buffer: JitterBuffer<Bytes>,
    decoder: Decoder,
    /// Where the candidate's side speaks µ-law.
    mulaw: Option<Box<g711::Decoder>>,
    decoded: Box<[i16; DECODED_SAMPLES_MAX]>,
    /// The frame being filled: packets need not be 20 ms long.
    frame: [i16; FRAME_SAMPLES],
    filled: usize,
    frame_rtp_time: u64,
    frame_kind: FrameKind,
    meters: Meters,
}

impl Uplink {
    /// # Errors
    /// [`OpusError`] when no decoder can be had.
    pub(super) fn new(frames: mpsc::Sender<UplinkFrame>) -> Result<Self, OpusError> {
        Ok(Self {
            frames,
            buffer: JitterBuffer::default(),
            decoder: Decoder::new()?,
            mulaw: None,
            decoded: Box::new([0; DECODED_SAMPLES_MAX]),
            frame: [0; FRAME_SAMPLES],
            filled: 0,
            frame_rtp_time: 0,
            frame_kind: FrameKind::Normal,
            meters: Meters::new(),
        })
    }

    /// Another peer speaks, in this codec.
    pub(super) fn speak(&mut self, codec: Codec) {
        self.buffer.set_codec(codec);
        self.mulaw = (codec == Codec::Pcmu).then(Box::default);
    }

    /// Takes a packet; [`advance`](Self::advance) follows.
    pub(super) fn push(&mut self, packet: Packet<Bytes>, now_ms: u64) {
        self.buffer.push(packet, now_ms);
    }

    /// Sends on whatever is due. `tap`: records the packets.
    pub(super) fn advance(&mut self, now_ms: u64, timeline: &mut Timeline, mut tap: Option<&mut Tap>) {
        while let Some(step) = self.buffer.poll(now_ms) {
            self.render(step, now_ms, timeline, tap.as_deref_mut());
        }
    }

    /// When something is due without a packet, on the caller's clock.
    pub(super) fn deadline_ms(&self) -> Option<u64> {
        self.buffer.poll_timeout()
    }

    /// The peer is gone or another one comes: nothing of the old stream is waited for.
    pub(super) fn reset(&mut self, timeline: &mut Timeline) {
        self.buffer.reset();
        self.filled = 0;
        timeline.reanchor();
    }

    /// What the buffer counted.
    pub(super) fn counters(&self) -> Counters {
        self.buffer.counters()
    }

    /// Interarrival jitter in milliseconds.
    pub(super) fn jitter_ms(&self) -> f64 {
        self.buffer.jitter_ms()
    }

    fn render(&mut self, step: Step<Bytes>, now_ms: u64, timeline: &mut Timeline, tap: Option<&mut Tap>) {
        if step.discontinuity {
            self.filled = 0;
            timeline.reanchor();
            if let Err(error) = self.decoder.reset() {
                tracing::warn!(%error, "decoder did not reset");
            }
            if let Some(mulaw) = &mut self.mulaw {
                mulaw.reset();
            }
        }
        let samples = ((step.ticks / TICKS_PER_SAMPLE) as usize).min(DECODED_SAMPLES_MAX);
        let kind = self.decode(&step.source, samples);
        if kind == FrameKind::Normal && step.ticks == FRAME_TICKS && self.may_leave_out(samples) {
            return;
        }
        if let (Source::Packet(payload), Some(tap)) = (&step.source, tap) {
            // Where the model hears it: the recording and the transcript have one clock, whatever RTP time did.
            let place_ticks = timeline.next_ticks(now_ms) + self.filled as u64 * u64::from(TICKS_PER_SAMPLE);
            tap.received((step.rtp_time, place_ticks), payload, step.discontinuity, timeline.now(now_ms));
        }
        self.cut_frames(samples, kind, step.rtp_time, now_ms, timeline);
    }

    /// Fills `decoded[..samples]`.
    fn decode(&mut self, source: &Source<Bytes>, samples: usize) -> FrameKind {
        let out = &mut self.decoded[..samples];
        if let Some(mulaw) = &mut self.mulaw {
            return decode_mulaw(mulaw, source, out);
        }
        let (result, kind) = match source {
            Source::Packet(payload) => (self.decoder.decode(payload, out), FrameKind::Normal),
            Source::Fec(payload) => (self.decoder.decode_fec(payload, out), FrameKind::Fec),
            Source::Conceal => (self.decoder.conceal(out), FrameKind::Plc),
            Source::Silence => (Ok(0), FrameKind::Silence),
            Source::Dtx => (Ok(0), FrameKind::Dtx),
        };
        match result {
            Ok(count) => {
                out[count.min(samples)..].fill(0);
                kind
            }
            // A packet that is none: time goes on without it.
            Err(_) => match self.decoder.conceal(out) {
                Ok(_) => FrameKind::Plc,
                Err(_) => {
                    out.fill(0);
                    FrameKind::Silence
                }
            },
        }
    }

    /// Whether a silent frame makes up for silence put in earlier.
    fn may_leave_out(&mut self, samples: usize) -> bool {
        if self.filled != 0 || !self.buffer.owes(FRAME_TICKS) {
            return false;
        }
        let energy: u64 = self.decoded[..samples].iter().map(|&s| u64::from(s.unsigned_abs()).pow(2)).sum();
        energy < SILENT_MEAN_SQUARE * samples as u64 && self.buffer.repay(FRAME_TICKS)
    }

    fn cut_frames(&mut self, samples: usize, kind: FrameKind, rtp_time: u64, now_ms: u64, timeline: &mut Timeline) {
        let mut taken = 0;
        while taken < samples {
            if self.filled == 0 {
                self.frame_rtp_time = rtp_time + taken as u64 * u64::from(TICKS_PER_SAMPLE);
                self.frame_kind = kind;
            } else if kind != FrameKind::Normal {
                self.frame_kind = kind;
            }
            let count = (FRAME_SAMPLES - self.filled).min(samples - taken);
            self.frame[self.filled..self.filled + count].copy_from_slice(&self.decoded[taken..taken + count]);
            taken += count;
            self.filled += count;
            if self.filled == FRAME_SAMPLES {
                self.filled = 0;
                self.send(timeline.place(now_ms, FRAME_TICKS));
            }
        }
    }

    fn send(&mut self, audio_ms: u64) {
        self.meters.count(self.frame_kind);
        let mulaw = self.mulaw.is_some().then(|| g711::unwiden(&self.frame));
        let (rtp_time, kind) = (self.frame_rtp_time, self.frame_kind);
        let frame = UplinkFrame { pcm: self.frame, mulaw, rtp_time, audio_ms, kind };
        if self.frames.try_send(frame).is_err() {
            self.meters.dropped.increment(1);
        }
    }
}

/// Fills `out` from µ-law.
fn decode_mulaw(decoder: &mut g711::Decoder, source: &Source<Bytes>, out: &mut [i16]) -> FrameKind {
    match source {
        Source::Packet(payload) => {
            let count = decoder.decode(payload, out);
            out[count..].fill(0);
            FrameKind::Normal
        }
        Source::Fec(_) | Source::Conceal => {
            decoder.conceal(out);
            FrameKind::Plc
        }
        Source::Silence | Source::Dtx => {
            out.fill(0);
            if matches!(source, Source::Dtx) { FrameKind::Dtx } else { FrameKind::Silence }
        }
    }
}
