//! The uplink's jitter buffer: driven by packets, not by a playout clock. In order, a packet passes at once; only a gap
//! waits. Codec-free: it says what to decode, and the caller decodes.
//!
//! Contract: after each [`JitterBuffer::push`], and whenever [`JitterBuffer::poll_timeout`] is due, call
//! [`JitterBuffer::poll`] until it returns `None`.

use super::{FRAME_TICKS, TICKS_PER_MS, codec::Codec};

/// Packets that the ring can hold.
const SLOTS: usize = 64;
/// How long a gap waits for its packet.
const GAP_WAIT_MS: u64 = 40;
/// Frames that the decoder conceals in one gap; the rest is silence.
const CONCEALED_FRAMES_MAX: u64 = 5;
/// Nothing came and the sender had said "silence": fill from here on.
const DTX_FILL_AFTER_MS: u64 = 60;
/// Nothing came and nobody knows why: fill from here on.
const STALL_FILL_AFTER_MS: u64 = 200;
/// Length of one fill.
const FILL_MS: u64 = 20;
/// Silence put in for late packets that is remembered, to be taken out again: 500 ms.
const DEBT_TICKS_MAX: u64 = 500 * TICKS_PER_MS;
/// A jump of sequence numbers beyond this is another stream.
const SEQUENCE_JUMP_MAX: u64 = 3_000;
/// A jump of time beyond this is another stream: 10 s.
const TIME_JUMP_MAX_TICKS: u64 = 10_000 * TICKS_PER_MS;
/// Duration steps that a decoder can conceal: 2.5 ms.
const CONCEAL_STEP_TICKS: u32 = 120;

/// A packet of one Opus stream. RED (RFC 2198) would be unpacked into several of these by the depacketiser.
#[derive(Clone, Debug)]
pub struct Packet<P> {
    pub ssrc: u32,
    pub sequence: u16,
    pub timestamp: u32,
    pub payload: P,
}

/// Where a piece of audio comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source<P> {
    /// Decode this packet.
    Packet(P),
    /// Decode the copy of the lost frame that this packet holds.
    Fec(P),
    /// Let the decoder conceal.
    Conceal,
    /// Silence: nothing came.
    Silence,
    /// Silence: the sender was silent on purpose.
    Dtx,
}

/// A piece of audio to make, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step<P> {
    /// RTP time of its first sample, unwrapped.
    pub rtp_time: u64,
    /// Its length at 48 kHz.
    pub ticks: u32,
    pub source: Source<P>,
    /// It does not follow what came before: a new stream, or a jump of its clock.
    pub discontinuity: bool,
}

/// Counters since the start; they only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Packets that were taken.
    pub received: u64,
    /// Packets that came after their place had been filled.
    pub late: u64,
    pub duplicate: u64,
    /// Not an Opus packet.
    pub malformed: u64,
    /// Sequence numbers that never came in time.
    pub lost: u64,
    /// Streams begun anew.
    pub resets: u64,
    /// Ticks of silence put in beyond RTP time, and not taken out of a later hole.
    pub inserted_ticks: u64,
    /// Ticks of silence left out to repay them.
    pub repaid_ticks: u64,
}

#[derive(Clone, Debug)]
struct Slot<P> {
    sequence: u64,
    rtp_time: u64,
    arrived_ms: u64,
    ticks: u32,
    payload: P,
}

/// What is left to put in before the packet after a hole.
#[derive(Clone, Copy, Debug, Default)]
struct Hole {
    conceal_frames: u64,
    silence_ticks: u64,
    dtx_ticks: u64,
    fec_ticks: u32,
}

#[derive(Debug)]
struct Stream {
    ssrc: u32,
    /// The next sequence number to release.
    next: u64,
    /// The highest one seen, with its time: the reference for unwrapping.
    highest: u64,
    highest_time: u64,
    /// RTP time that the next released audio should have.
    next_time: u64,
    /// Length of the last packet.
    frame_ticks: u32,
    last_was_dtx: bool,
    last_arrival_ms: u64,
    /// Fills made since the last arrival.
    fills: u64,
    /// Silence already put in ahead of `next_time`.
    credit_ticks: u64,
    hole: Hole,
    /// Gaps below this sequence number do not wait.
    rush_to: u64,
    discontinuity: bool,
    /// Interarrival jitter in ticks (RFC 3550 section 6.4.1), and the transit time it compares with.
    jitter_ticks: f64,
    transit: Option<i64>,
}

/// The buffer of one session. Allocates nothing after it is made.
#[derive(Debug)]
pub struct JitterBuffer<P> {
    codec: Codec,
    slots: Box<[Option<Slot<P>>; SLOTS]>,
    /// A packet beyond the ring, while the gap before it is closed in a hurry.
    overflow: Option<Slot<P>>,
    stream: Option<Stream>,
    debt_ticks: u64,
    counters: Counters,
}

impl<P: Clone + AsRef<[u8]>> Default for JitterBuffer<P> {
    fn default() -> Self {
        Self {
            codec: Codec::Opus,
            slots: Box::new(std::array::from_fn(|_| None)),
            overflow: None,
            stream: None,
            debt_ticks: 0,
            counters: Counters::default(),
        }
    }
}

impl<P: Clone + AsRef<[u8]>> JitterBuffer<P> {
    /// Counters since the buffer was made.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Interarrival jitter in milliseconds (RFC 3550 section 6.4.1).
    pub fn jitter_ms(&self) -> f64 {
        self.stream.as_ref().map_or(0.0, |stream| stream.jitter_ticks / TICKS_PER_MS as f64)
    }

    /// What packets are from now on; [`reset`](Self::reset) goes before.
    pub fn set_codec(&mut self, codec: Codec) {
        self.codec = codec;
    }

    /// Forgets the stream: the next packet begins another.
    pub fn reset(&mut self) {
        self.slots.iter_mut().for_each(|slot| *slot = None);
        self.overflow = None;
        self.stream = None;
        self.debt_ticks = 0;
    }

    /// Takes a packet that arrived at `now_ms`.
    pub fn push(&mut self, packet: Packet<P>, now_ms: u64) {
        let Some(ticks) = self.codec.packet_ticks(packet.payload.as_ref()) else {
            self.counters.malformed += 1;
            return;
        };
        let (sequence, rtp_time) = self.unwrap(&packet, now_ms);
        let Some(stream) = self.stream.as_mut() else { return };
        if sequence < stream.next {
            self.counters.late += 1;
            return;
        }
        stream.note_arrival(sequence, rtp_time, now_ms);
        let slot = Slot { sequence, rtp_time, arrived_ms: now_ms, ticks, payload: packet.payload };
        if sequence >= stream.next + SLOTS as u64 {
            stream.rush_to = sequence - SLOTS as u64 + 1;
            if self.overflow.replace(slot).is_some() {
                self.counters.late += 1;
            }
            self.counters.received += 1;
            return;
        }
        self.store(slot);
    }

    /// The next piece of audio that is due, or `None`.
    pub fn poll(&mut self, now_ms: u64) -> Option<Step<P>> {
        loop {
            let stream = self.stream.as_mut()?;
            if let Some(piece) = stream.hole.next_piece(stream.frame_ticks) {
                if let Some(step) = self.fill_hole(piece) {
                    return Some(step);
                }
                continue;
            }
            let next = stream.next;
            if let Some(overflow) = self.overflow.take_if(|slot| slot.sequence < next + SLOTS as u64) {
                self.counters.received -= 1; // `store` counts it.
                self.store(overflow);
                continue;
            }
            if self.slot(next).is_some() {
                if let Some(step) = self.release() {
                    return Some(step);
                }
                continue;
            }
            if let Some(deadline_ms) = self.gap_deadline() {
                if now_ms < deadline_ms && next >= stream_rush(&self.stream) {
                    return None;
                }
                self.open_hole();
                continue;
            }
            return self.fill_stall(now_ms);
        }
    }

    /// When [`poll`](Self::poll) has something to do without a packet.
    pub fn poll_timeout(&self) -> Option<u64> {
        let stream = self.stream.as_ref()?;
        Some(self.gap_deadline().unwrap_or_else(|| stream.fill_due_ms()))
    }

    /// Whether silence of this length was put in beyond what the sender sent, and not taken out again.
    pub fn owes(&self, ticks: u32) -> bool {
        self.debt_ticks >= u64::from(ticks)
    }

    /// Whether a frame that turned out silent may be left out, to repay silence put in earlier. Takes it off the debt.
    pub fn repay(&mut self, ticks: u32) -> bool {
        let due = self.owes(ticks);
        if due {
            self.debt_ticks -= u64::from(ticks);
            self.counters.repaid_ticks += u64::from(ticks);
        }
        due
    }

    /// Extended sequence number and time of a packet; begins a new stream where it must.
    fn unwrap(&mut self, packet: &Packet<P>, now_ms: u64) -> (u64, u64) {
        if let Some(stream) = self.stream.as_ref().filter(|stream| stream.ssrc == packet.ssrc) {
            let step = packet.sequence.wrapping_sub(stream.highest as u16) as i16;
            let sequence = stream.highest.saturating_add_signed(i64::from(step));
            let time_step = packet.timestamp.wrapping_sub(stream.highest_time as u32) as i32;
            let rtp_time = stream.highest_time.saturating_add_signed(i64::from(time_step));
            let is_same = u64::from(step.unsigned_abs()) <= SEQUENCE_JUMP_MAX
                && u64::from(time_step.unsigned_abs()) <= TIME_JUMP_MAX_TICKS;
            if is_same {
                return (sequence, rtp_time);
            }
        }
        if self.stream.is_some() {
            self.counters.resets += 1;
            self.reset();
        }
        // One wrap ahead, so that nothing before the first packet falls below zero.
        let sequence = u64::from(packet.sequence) + (1 << 16);
        let rtp_time = u64::from(packet.timestamp) + (1 << 32);
        self.stream = Some(Stream::begin(packet.ssrc, sequence, rtp_time, now_ms));
        (sequence, rtp_time)
    }

    fn slot(&self, sequence: u64) -> Option<&Slot<P>> {
        self.slots[index(sequence)].as_ref().filter(|slot| slot.sequence == sequence)
    }

    fn store(&mut self, slot: Slot<P>) {
        if self.slot(slot.sequence).is_some() {
            self.counters.duplicate += 1;
            return;
        }
        self.counters.received += 1;
        let index = index(slot.sequence);
        self.slots[index] = Some(slot);
    }

    /// Releases `slot[next]`, or opens the hole in time before it.
    fn release(&mut self) -> Option<Step<P>> {
        let stream = self.stream.as_mut()?;
        let entry = &mut self.slots[index(stream.next)];
        let rtp_time = entry.as_ref()?.rtp_time;
        if rtp_time > stream.next_time {
            // A hole in time without a lost packet: the sender was silent on purpose.
            let ticks = stream.absorb_credit(rtp_time - stream.next_time);
            stream.hole = Hole { dtx_ticks: ticks, ..Hole::default() };
            if ticks > 0 {
                return None;
            }
        }
        let slot = entry.take()?;
        if rtp_time < stream.next_time {
            stream.discontinuity = true; // Its clock stepped back.
        }
        if stream.credit_ticks > 0 {
            // The silence was put in for nothing: this packet was late, not absent.
            self.counters.inserted_ticks += stream.credit_ticks;
            self.debt_ticks = (self.debt_ticks + stream.credit_ticks).min(DEBT_TICKS_MAX);
            stream.credit_ticks = 0;
        }
        stream.next += 1;
        stream.next_time = rtp_time + u64::from(slot.ticks);
        stream.frame_ticks = slot.ticks;
        stream.last_was_dtx = self.codec.is_dtx(slot.payload.as_ref());
        let discontinuity = std::mem::take(&mut stream.discontinuity);
        let source = if stream.last_was_dtx { Source::Dtx } else { Source::Packet(slot.payload) };
        Some(Step { rtp_time, ticks: slot.ticks, source, discontinuity })
    }

    /// The first stored packet after the gap at `next`.
    fn after_gap(&self) -> Option<&Slot<P>> {
        let next = self.stream.as_ref()?.next;
        (next + 1..next + SLOTS as u64).find_map(|sequence| self.slot(sequence)).or(self.overflow.as_ref())
    }

    fn gap_deadline(&self) -> Option<u64> {
        let stream = self.stream.as_ref()?;
        if stream.highest < stream.next || self.slot(stream.next).is_some() {
            return None;
        }
        let stored = self.slots.iter().flatten().chain(self.overflow.as_ref());
        stored.map(|slot| slot.arrived_ms).min().map(|arrived_ms| arrived_ms + GAP_WAIT_MS)
    }

    /// Gives up on the packets missing at `next`, and plans what takes their place.
    fn open_hole(&mut self) {
        let Some(after) = self.after_gap() else { return };
        let (sequence, rtp_time) = (after.sequence, after.rtp_time);
        let has_fec = self.codec.has_fec(after.payload.as_ref());
        let Some(stream) = self.stream.as_mut() else { return };
        let lost = sequence - stream.next;
        self.counters.lost += lost;
        stream.next = sequence;
        let frame = u64::from(stream.frame_ticks);
        let mut left = stream.absorb_credit(rtp_time.saturating_sub(stream.next_time));
        let fec_ticks = if has_fec && left >= frame { stream.frame_ticks } else { 0 };
        left -= u64::from(fec_ticks);
        if stream.last_was_dtx {
            stream.hole = Hole { dtx_ticks: left, fec_ticks, ..Hole::default() };
            return;
        }
        let lost_frames = (left / frame).min(lost.saturating_sub(u64::from(fec_ticks > 0)));
        let conceal_frames = lost_frames.min(CONCEALED_FRAMES_MAX);
        let silence_ticks = (lost_frames - conceal_frames) * frame;
        let dtx_ticks = left - lost_frames * frame;
        stream.hole = Hole { conceal_frames, silence_ticks, dtx_ticks, fec_ticks };
    }

    /// Turns the next piece of a hole into a step; `None` when it repaid a debt instead.
    fn fill_hole(&mut self, piece: Piece) -> Option<Step<P>> {
        let (kind, ticks) = piece;
        let repays = matches!(kind, PieceKind::Silence | PieceKind::Dtx) && self.repay(ticks);
        let fec = match kind {
            PieceKind::Fec => self.stream.as_ref().and_then(|stream| self.slot(stream.next)).map(|s| s.payload.clone()),
            _ => None,
        };
        let stream = self.stream.as_mut()?;
        let rtp_time = stream.next_time;
        stream.next_time += u64::from(ticks);
        if repays {
            return None;
        }
        let source = match (kind, fec) {
            (PieceKind::Fec, Some(payload)) => Source::Fec(payload),
            (PieceKind::Fec | PieceKind::Conceal, _) => Source::Conceal,
            (PieceKind::Silence, _) => Source::Silence,
            (PieceKind::Dtx, _) => Source::Dtx,
        };
        let discontinuity = std::mem::take(&mut stream.discontinuity);
        Some(Step { rtp_time, ticks, source, discontinuity })
    }

    /// Nothing is stored: lets time pass for the listener once the silence is long enough.
    fn fill_stall(&mut self, now_ms: u64) -> Option<Step<P>> {
        loop {
            let stream = self.stream.as_mut()?;
            if now_ms < stream.fill_due_ms() {
                return None;
            }
            stream.fills += 1;
            let rtp_time = stream.next_time + stream.credit_ticks;
            stream.credit_ticks += u64::from(FRAME_TICKS);
            let source = if stream.last_was_dtx { Source::Dtx } else { Source::Silence };
            if self.repay(FRAME_TICKS) {
                continue;
            }
            return Some(Step { rtp_time, ticks: FRAME_TICKS, source, discontinuity: false });
        }
    }
}

impl Stream {
    fn begin(ssrc: u32, sequence: u64, rtp_time: u64, now_ms: u64) -> Self {
        Self {
            ssrc,
            next: sequence,
            highest: sequence,
            highest_time: rtp_time,
            next_time: rtp_time,
            frame_ticks: FRAME_TICKS,
            last_was_dtx: false,
            last_arrival_ms: now_ms,
            fills: 0,
            credit_ticks: 0,
            hole: Hole::default(),
            rush_to: 0,
            discontinuity: true,
            jitter_ticks: 0.0,
            transit: None,
        }
    }

    fn note_arrival(&mut self, sequence: u64, rtp_time: u64, now_ms: u64) {
        self.last_arrival_ms = now_ms;
        self.fills = 0;
        if sequence < self.highest {
            return;
        }
        let transit = (now_ms * TICKS_PER_MS) as i64 - rtp_time as i64;
        if let Some(last) = self.transit.replace(transit) {
            self.jitter_ticks += ((transit - last).unsigned_abs() as f64 - self.jitter_ticks) / 16.0;
        }
        self.highest = sequence;
        self.highest_time = rtp_time;
    }

    fn fill_due_ms(&self) -> u64 {
        let after_ms = if self.last_was_dtx { DTX_FILL_AFTER_MS } else { STALL_FILL_AFTER_MS };
        self.last_arrival_ms + after_ms + self.fills * FILL_MS
    }

    /// Counts silence that was already put in against a hole; returns what of the hole is left.
    fn absorb_credit(&mut self, hole_ticks: u64) -> u64 {
        let absorbed = hole_ticks.min(self.credit_ticks);
        self.credit_ticks -= absorbed;
        self.next_time += absorbed;
        hole_ticks - absorbed
    }
}

#[derive(Clone, Copy, Debug)]
enum PieceKind {
    Conceal,
    Silence,
    Dtx,
    Fec,
}

type Piece = (PieceKind, u32);

impl Hole {
    /// In order: conceal what follows the last packet, then silence, and the FEC copy just before the next packet.
    fn next_piece(&mut self, frame_ticks: u32) -> Option<Piece> {
        if self.conceal_frames > 0 {
            self.conceal_frames -= 1;
            let is_concealable = frame_ticks.is_multiple_of(CONCEAL_STEP_TICKS);
            return Some((if is_concealable { PieceKind::Conceal } else { PieceKind::Silence }, frame_ticks));
        }
        for (ticks, kind) in [(&mut self.silence_ticks, PieceKind::Silence), (&mut self.dtx_ticks, PieceKind::Dtx)] {
            if *ticks > 0 {
                let piece = (*ticks).min(u64::from(FRAME_TICKS)) as u32;
                *ticks -= u64::from(piece);
                return Some((kind, piece));
            }
        }
        let ticks = std::mem::take(&mut self.fec_ticks);
        (ticks > 0).then_some((PieceKind::Fec, ticks))
    }
}

fn index(sequence: u64) -> usize {
    (sequence % SLOTS as u64) as usize
}

fn stream_rush(stream: &Option<Stream>) -> u64 {
    stream.as_ref().map_or(0, |stream| stream.rush_to)
}
