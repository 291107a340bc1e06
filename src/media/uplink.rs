//! The candidate's voice: jitter buffer, decoder, and 20 ms frames to the model.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use metrics::Counter;

use super::{
    opus::{DECODED_SAMPLES_MAX, Decoder, OpusError},
    peer::ReceivedAudio,
    port::{FRAME_SAMPLES, FrameKind, UplinkFrame, UplinkSender},
    recorder::Tap,
};
use crate::{
    domain::{
        audio::{
            FRAME_TICKS, TICKS_PER_MS,
            clock_map::ClockMap,
            codec::Codec,
            g711,
            jitter::{Counters, JitterBuffer, Packet, Source, Stalls, Step},
            timeline::Timeline,
        },
        quality::{FrameCounts, voice_delay::VoiceDelay},
    },
    wire::red,
};

/// Mean square of a frame at −45 dBFS: above it, somebody speaks.
const VOICE_MEAN_SQUARE: u64 = 33_900;
/// Ticks of 48 kHz in a sample of 24 kHz.
const TICKS_PER_SAMPLE: u32 = 2;
/// Mean square of a frame at −55 dBFS: below it, it is silence.
const SILENT_MEAN_SQUARE: u64 = 3_364;
/// What the decoder conceals fades out within 10 ms where silence takes its place.
const FADE_SAMPLES: usize = FRAME_SAMPLES / 2;

/// Frames by kind, and what happened to packets.
struct Meters {
    kinds: [Counter; 5],
    /// Frames of which a redundant packet held a copy; they count as normal too.
    rebuilt: Counter,
    redundant: Counter,
    undecodable: Counter,
    dropped: Counter,
}

impl Meters {
    fn new() -> Self {
        let kinds = ["normal", "fec", "plc", "dtx", "silence"];
        Self {
            kinds: kinds.map(|kind| metrics::counter!("viva_uplink_frames_total", "kind" => kind)),
            rebuilt: metrics::counter!("viva_uplink_rebuilt_total"),
            redundant: metrics::counter!("viva_uplink_red_packets_total"),
            undecodable: metrics::counter!("viva_uplink_undecodable_total"),
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
    frames: UplinkSender,
    sent: Sent,
    buffer: JitterBuffer<Bytes>,
    /// When it was said, on the shard's clock.
    clock: ClockMap,
    decoder: Decoder,
    /// Where the candidate's side speaks µ-law.
    mulaw: Option<Box<g711::Decoder>>,
    /// As long as the longest packet so far.
    decoded: Vec<i16>,
    was_concealed: bool,
    /// Nothing comes, and nobody knows why.
    is_stalled: bool,
    /// The frame being filled: packets need not be 20 ms long.
    frame: [i16; FRAME_SAMPLES],
    filled: usize,
    frame_rtp_time: u64,
    frame_kind: FrameKind,
    /// Audio time less RTP time of the packets being recorded; `None`: the next one begins a run.
    run_base_ticks: Option<i64>,
    counts: FrameCounts,
    voice: VoiceDelay,
    meters: Meters,
}

impl Uplink {
    /// # Errors
    /// [`OpusError`] when no decoder can be had.
    pub(super) fn new(frames: UplinkSender) -> Result<Self, OpusError> {
        Ok(Self {
            frames,
            sent: Sent::default(),
            buffer: JitterBuffer::default(),
            clock: ClockMap::default(),
            decoder: Decoder::new()?,
            mulaw: None,
            decoded: vec![0; FRAME_SAMPLES],
            was_concealed: false,
            is_stalled: false,
            frame: [0; FRAME_SAMPLES],
            filled: 0,
            frame_rtp_time: 0,
            frame_kind: FrameKind::Normal,
            run_base_ticks: None,
            counts: FrameCounts::default(),
            voice: VoiceDelay::default(),
            meters: Meters::new(),
        })
    }

    /// Another peer speaks, in this codec.
    pub(super) fn speak(&mut self, codec: Codec) {
        self.buffer.set_codec(codec);
        self.mulaw = (codec == Codec::Pcmu).then(Box::default);
    }

    /// Takes a packet; [`advance`](Self::advance) follows.
    pub(super) fn push(&mut self, audio: ReceivedAudio, now_ms: u64) {
        let ReceivedAudio { packet, is_redundant } = audio;
        self.clock.note(packet.ssrc, packet.timestamp, now_ms);
        if is_redundant {
            self.push_redundant(&packet, now_ms);
        } else {
            self.buffer.push(packet, now_ms);
        }
    }

    /// What is in a redundant packet; one that cannot be read is as good as lost.
    fn push_redundant(&mut self, packet: &Packet<Bytes>, now_ms: u64) {
        let Some(redundant) = red::parse(&packet.payload) else { return };
        self.meters.redundant.increment(1);
        let payload = packet.payload.slice(redundant.bytes.clone());
        self.buffer.push(Packet { payload, ..packet.clone() }, now_ms);
        for (distance, copy) in redundant.copies() {
            let packet = Packet {
                ssrc: packet.ssrc,
                sequence: packet.sequence.wrapping_sub(distance),
                timestamp: packet.timestamp.wrapping_sub(u32::from(copy.earlier_ticks)),
                payload: packet.payload.slice(copy.bytes.clone()),
            };
            self.buffer.push_copy(packet, now_ms);
        }
    }

    /// The sender sends again what it is asked for; it comes after so long. `None`: it does not, or nobody knows when.
    pub(super) fn set_round_trip(&mut self, round_trip: Option<Duration>) {
        self.buffer.set_round_trip(round_trip.map(|round_trip| round_trip.as_millis() as u64));
    }

    /// Sends on whatever is due. `tap`: records the packets.
    pub(super) fn advance(&mut self, now_ms: u64, timeline: &Timeline, mut tap: Option<&mut Tap>) {
        while let Some(step) = self.buffer.poll(now_ms) {
            self.render(step, now_ms, timeline, tap.as_deref_mut());
        }
    }

    /// When something is due without a packet, on the caller's clock.
    pub(super) fn deadline_ms(&self) -> Option<u64> {
        self.buffer.poll_timeout()
    }

    /// The peer is gone or another one comes: nothing of the old stream is waited for. When the same sender is heard
    /// again, what it says keeps its place in time.
    pub(super) fn reset(&mut self) {
        self.buffer.reset();
        self.filled = 0;
        self.run_base_ticks = None;
    }

    /// What the buffer counted.
    pub(super) fn counters(&self) -> Counters {
        self.buffer.counters()
    }

    /// Frames made so far, by kind. Those of a stall count once it is known what it was.
    pub(super) fn frame_counts(&self) -> FrameCounts {
        let Stalls { lost_ticks, paused_ticks, late_ticks } = self.buffer.counters().stalls;
        let [lost, paused, late] = [lost_ticks, paused_ticks, late_ticks].map(|ticks| ticks / u64::from(FRAME_TICKS));
        FrameCounts {
            total: self.counts.total + lost + paused + late,
            silent: self.counts.silent + lost,
            dtx: self.counts.dtx + paused,
            inserted: late,
            ..self.counts
        }
    }

    /// The first packet of an item of the interviewer leaves: how long after the candidate's last packet with a voice,
    /// if it answers one.
    pub(super) fn note_answer(&mut self, now_ms: u64) -> Option<u64> {
        self.voice.note_answer(now_ms)
    }

    /// Interarrival jitter in milliseconds.
    pub(super) fn jitter_ms(&self) -> f64 {
        self.buffer.jitter_ms()
    }

    fn render(&mut self, step: Step<Bytes>, now_ms: u64, timeline: &Timeline, tap: Option<&mut Tap>) {
        let is_set = self.clock.take_step();
        if step.discontinuity || is_set {
            self.run_base_ticks = None;
        }
        if step.discontinuity {
            self.filled = 0;
            if let Err(error) = self.decoder.reset() {
                tracing::warn!(%error, "decoder did not reset");
            }
            if let Some(mulaw) = &mut self.mulaw {
                mulaw.reset();
            }
        }
        self.is_stalled = step.source == Source::Stall;
        let samples = ((step.ticks / TICKS_PER_SAMPLE) as usize).min(DECODED_SAMPLES_MAX);
        let kind = self.decode(&step.source, samples);
        if let (Source::Packet(payload) | Source::Rebuilt(payload), Some(tap)) = (&step.source, tap) {
            self.record(tap, payload, step.rtp_time, now_ms, timeline);
        }
        if kind == FrameKind::Normal {
            let loudness = self.mean_square(samples);
            if loudness >= VOICE_MEAN_SQUARE {
                self.voice.note_voice(now_ms, u64::from(step.ticks) / TICKS_PER_MS);
            }
            if loudness < SILENT_MEAN_SQUARE && step.ticks == FRAME_TICKS && self.may_leave_out() {
                return;
            }
        }
        self.cut_frames(samples, kind, step.rtp_time, timeline);
    }

    /// Recorded is what was said where it was said, whatever the model heard before it. Within a run RTP time decides,
    /// and the sender's drift is taken out of the whole recording later.
    fn record(&mut self, tap: &mut Tap, payload: &Bytes, rtp_time: u64, now_ms: u64, timeline: &Timeline) {
        let is_fresh = self.run_base_ticks.is_none();
        let said_ticks = timeline.ticks(self.clock.ticks(rtp_time));
        let base_ticks = *self.run_base_ticks.get_or_insert(said_ticks as i64 - rtp_time as i64);
        let place_ticks = (rtp_time as i64 + base_ticks).max(0) as u64;
        let now_ms = if is_fresh { said_ticks / TICKS_PER_MS } else { timeline.now(now_ms) };
        tap.received((rtp_time, place_ticks), payload, is_fresh, now_ms);
    }

    /// Fills `decoded[..samples]`.
    fn decode(&mut self, source: &Source<Bytes>, samples: usize) -> FrameKind {
        if self.decoded.len() < samples {
            self.decoded.resize(samples, 0);
        }
        let out = &mut self.decoded[..samples];
        if let Some(mulaw) = &mut self.mulaw {
            return decode_mulaw(mulaw, source, out);
        }
        let was_concealed = std::mem::replace(&mut self.was_concealed, matches!(source, Source::Conceal));
        let (result, kind) = match source {
            Source::Packet(payload) => (self.decoder.decode(payload, out), FrameKind::Normal),
            Source::Rebuilt(payload) => {
                self.meters.rebuilt.increment(1);
                self.counts.rebuilt += 1;
                (self.decoder.decode(payload, out), FrameKind::Normal)
            }
            Source::Fec(payload) => (self.decoder.decode_fec(payload, out), FrameKind::Fec),
            Source::Conceal => (self.decoder.conceal(out), FrameKind::Plc),
            Source::Silence | Source::Stall if was_concealed => (self.decoder.conceal(out), FrameKind::Silence),
            Source::Silence | Source::Stall => (Ok(0), FrameKind::Silence),
            Source::Dtx => (Ok(0), FrameKind::Dtx),
        };
        match result {
            Ok(count) => {
                out[count.min(samples)..].fill(0);
                if kind == FrameKind::Silence {
                    fade_out(out);
                }
                kind
            }
            // A packet that is none: time goes on without it.
            Err(_) => {
                self.meters.undecodable.increment(1);
                match self.decoder.conceal(out) {
                    Ok(_) => FrameKind::Plc,
                    Err(_) => {
                        out.fill(0);
                        FrameKind::Silence
                    }
                }
            }
        }
    }

    /// Whether a silent frame makes up for silence put in earlier.
    fn may_leave_out(&mut self) -> bool {
        self.filled == 0 && self.buffer.repay(FRAME_TICKS)
    }

    /// How loud `decoded[..samples]` is.
    fn mean_square(&self, samples: usize) -> u64 {
        let energy: u64 = self.decoded[..samples].iter().map(|&s| u64::from(s.unsigned_abs()).pow(2)).sum();
        energy / samples.max(1) as u64
    }

    fn cut_frames(&mut self, samples: usize, kind: FrameKind, rtp_time: u64, timeline: &Timeline) {
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
                self.send(timeline.ticks(self.clock.ticks(self.frame_rtp_time)) / TICKS_PER_MS);
            }
        }
    }

    fn send(&mut self, audio_ms: u64) {
        self.meters.count(self.frame_kind);
        self.counts.total += u64::from(!self.is_stalled);
        match self.frame_kind {
            _ if self.is_stalled => {}
            FrameKind::Normal => {}
            FrameKind::Fec => self.counts.fec += 1,
            FrameKind::Plc => self.counts.concealed += 1,
            FrameKind::Dtx => self.counts.dtx += 1,
            FrameKind::Silence => self.counts.silent += 1,
        }
        let mulaw = self.mulaw.is_some().then(|| g711::unwiden(&self.frame));
        let (rtp_time, kind) = (self.frame_rtp_time, self.frame_kind);
        let frame = UplinkFrame { pcm: self.frame, mulaw, rtp_time, audio_ms, kind };
        if self.frames.try_send(self.sent.share(frame)).is_err() {
            self.meters.dropped.increment(1);
        }
    }
}

/// The last frames that were sent. One that nobody holds any more is filled again: none is allocated for each packet
/// as long as the model keeps up.
#[derive(Default)]
struct Sent {
    frames: [Option<Arc<UplinkFrame>>; 2],
    next: usize,
}

impl Sent {
    fn share(&mut self, frame: UplinkFrame) -> Arc<UplinkFrame> {
        let slot = &mut self.frames[self.next];
        self.next = (self.next + 1) % 2;
        if let Some(shared) = slot
            && let Some(free) = Arc::get_mut(shared)
        {
            *free = frame;
            return Arc::clone(shared);
        }
        Arc::clone(slot.insert(Arc::new(frame)))
    }
}

/// Down to nothing within [`FADE_SAMPLES`].
fn fade_out(pcm: &mut [i16]) {
    for (n, sample) in pcm.iter_mut().enumerate() {
        let left = FADE_SAMPLES.saturating_sub(n) as i32;
        *sample = (i32::from(*sample) * left / FADE_SAMPLES as i32) as i16;
    }
}

/// Fills `out` from µ-law.
fn decode_mulaw(decoder: &mut g711::Decoder, source: &Source<Bytes>, out: &mut [i16]) -> FrameKind {
    match source {
        Source::Packet(payload) | Source::Rebuilt(payload) => {
            let count = decoder.decode(payload, out);
            out[count..].fill(0);
            FrameKind::Normal
        }
        Source::Fec(_) | Source::Conceal => {
            decoder.conceal(out);
            FrameKind::Plc
        }
        Source::Silence | Source::Stall | Source::Dtx => {
            out.fill(0);
            if matches!(source, Source::Dtx) { FrameKind::Dtx } else { FrameKind::Silence }
        }
    }
}
