//! The uplink's jitter buffer: driven by packets, not by a playout clock. In order, a packet passes at once; only a gap
//! waits. Codec-free: it says what to decode, and the caller decodes.
//!
//! Contract: after each [`JitterBuffer::push`], and whenever [`JitterBuffer::poll_timeout`] is due, call
//! [`JitterBuffer::poll`] until it returns `None`.

mod hole;
mod ledger;
mod pace;
mod reorder;
mod turn;

use std::collections::VecDeque;

use self::{
    hole::{Hole, PieceKind},
    ledger::{Fate, Ledger},
    pace::Pace,
    reorder::Reordering,
    turn::Turns,
};
use super::{FRAME_TICKS, TICKS_PER_MS, codec::Codec};

/// Packets that the ring can hold.
const SLOTS: usize = 64;
/// Packets that may wait behind a full ring, while what came late is let through at its pace: half a minute.
const BACKLOG_MAX: usize = 1_500;
/// A gap of more packets, and of more time than they would take, is no reordering: what is missing is lost.
const OVERTAKEN_PACKETS_MAX: u64 = 3;
/// So many packets in a row behind a gap show that the network grew faster, and that none of them skipped its queue.
const FASTER_PACKETS: u64 = 3;
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
/// A packet asked for again is waited for as long as the round trip and this.
const REQUEST_SLACK_MS: u64 = 10;
/// A packet that would come again later than this is not waited for.
const REQUEST_WAIT_MAX_MS: u64 = 80;

/// A packet of one Opus stream, or the copy of one that a later packet carried (RFC 2198).
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
    /// Decode this packet: it was lost, and a later one carried a copy of it.
    Rebuilt(P),
    /// Decode the copy of the lost frame that this packet holds.
    Fec(P),
    /// Let the decoder conceal.
    Conceal,
    /// Silence: what should be here was lost.
    Silence,
    /// Silence: nothing came, and nobody knows why yet. [`Stalls`] says later.
    Stall,
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
    /// Packets that came after their place had been filled with something else, or found everything full.
    pub late: u64,
    /// Packets that had come before, or whose place a copy had filled.
    pub duplicate: u64,
    /// Not an Opus packet.
    pub malformed: u64,
    /// Sequence numbers that never came in time, nor a copy of them.
    pub lost: u64,
    /// Sequence numbers that only came as a copy.
    pub rebuilt: u64,
    /// Packets that came in time because they had been asked for.
    pub retransmitted: u64,
    /// Streams begun anew.
    pub resets: u64,
    /// Ticks of silence put in beyond RTP time, and not taken out of a later hole.
    pub inserted_ticks: u64,
    /// Ticks of silence left out to repay them.
    pub repaid_ticks: u64,
    /// What became of each [`Source::Stall`].
    pub stalls: Stalls,
}

/// Why nothing came, known from the packet that ended the stall. A stall that nothing ended is in none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stalls {
    /// Ticks for packets that were lost.
    pub lost_ticks: u64,
    /// Ticks in which the sender sent nothing: its numbers go on, and its clock had gone on too.
    pub paused_ticks: u64,
    /// Ticks beyond the sender's time: what should have been here came later, or the sender's clock had stood still.
    pub late_ticks: u64,
}

#[derive(Clone, Debug)]
struct Slot<P> {
    sequence: u64,
    rtp_time: u64,
    arrived_ms: u64,
    ticks: u32,
    payload: P,
    is_copy: bool,
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
    /// The last packet that came, or what was last made of those that had come.
    last_heard_ms: u64,
    /// Fills made since then.
    fills: u64,
    /// Silence already put in ahead of `next_time`.
    credit_ticks: u64,
    /// How much of it the listener hears as a stall.
    stalled_ticks: u64,
    hole: Hole,
    discontinuity: bool,
    reordering: Reordering,
    turns: Turns,
    /// Interarrival jitter in ticks (RFC 3550 section 6.4.1), and the transit time it compares with.
    jitter_ticks: f64,
    transit: Option<i64>,
}

/// The buffer of one session. Allocates nothing after it is made, but for packets of a stall that come all at once.
#[derive(Debug)]
pub struct JitterBuffer<P> {
    codec: Codec,
    slots: Box<[Option<Slot<P>>; SLOTS]>,
    /// Packets beyond the ring, in the order of their arrival.
    backlog: VecDeque<Slot<P>>,
    ledger: Ledger,
    stream: Option<Stream>,
    pace: Pace,
    /// Set where packets can be asked for again.
    round_trip_ms: Option<u64>,
    debt_ticks: u64,
    counters: Counters,
}

impl<P: Clone + AsRef<[u8]>> Default for JitterBuffer<P> {
    fn default() -> Self {
        Self {
            codec: Codec::Opus,
            slots: Box::new(std::array::from_fn(|_| None)),
            backlog: VecDeque::new(),
            ledger: Ledger::new(),
            stream: None,
            pace: Pace::default(),
            round_trip_ms: None,
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

    /// How long a gap waits for its packet now, in milliseconds.
    pub fn gap_wait_ms(&self, now_ms: u64) -> u64 {
        self.stream.as_ref().map_or(0, |stream| stream.reordering.wait_ms(now_ms))
    }

    /// What packets are from now on; [`reset`](Self::reset) goes before.
    pub fn set_codec(&mut self, codec: Codec) {
        self.codec = codec;
    }

    /// The sender is asked at once for packets that are missing, and sends them again; they come after `round_trip_ms`.
    /// `None`: it does not, or the time is not known.
    pub fn set_round_trip(&mut self, round_trip_ms: Option<u64>) {
        self.round_trip_ms = round_trip_ms;
    }

    /// Forgets the stream: the next packet begins another.
    pub fn reset(&mut self) {
        self.slots.iter_mut().for_each(|slot| *slot = None);
        self.counters.late += self.backlog.len() as u64;
        self.backlog = VecDeque::new();
        self.ledger = Ledger::new();
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
        let is_first = stream.note_arrival(sequence, rtp_time, now_ms, &mut self.ledger);
        if is_first && sequence < stream.highest {
            self.note_overtaken(sequence, now_ms);
        }
        if !self.is_passed(sequence) {
            let payload = packet.payload;
            self.admit(Slot { sequence, rtp_time, arrived_ms: now_ms, ticks, payload, is_copy: false });
        }
    }

    /// Takes a copy of a packet that came inside a later one, after that has been [pushed](Self::push). It is used if
    /// its original is missing.
    pub fn push_copy(&mut self, copy: Packet<P>, now_ms: u64) {
        let Some(ticks) = self.codec.packet_ticks(copy.payload.as_ref()) else { return };
        let Some(stream) = self.stream.as_ref().filter(|stream| stream.ssrc == copy.ssrc) else { return };
        let Some((sequence, rtp_time)) = stream.place(&copy) else { return };
        let is_whole = sequence < stream.next || self.slot(sequence).is_some();
        if is_whole || self.backlog.iter().rev().take(SLOTS).any(|slot| slot.sequence == sequence) {
            return;
        }
        // A copy says when it was, not which number it had: it must fit between its neighbours.
        let fits_before = self.slot(sequence + 1).is_none_or(|after| rtp_time + u64::from(ticks) <= after.rtp_time);
        if fits_before && (sequence > stream.next || rtp_time >= stream.next_time) {
            self.admit(Slot { sequence, rtp_time, arrived_ms: now_ms, ticks, payload: copy.payload, is_copy: true });
        }
    }

    /// The next piece of audio that is due, or `None`.
    pub fn poll(&mut self, now_ms: u64) -> Option<Step<P>> {
        self.pace.refill(now_ms);
        loop {
            self.feed();
            let stream = self.stream.as_mut().filter(|_| !self.pace.is_spent())?;
            let next = stream.next;
            let step = if let Some(piece) = stream.hole.next_piece(stream.frame_ticks) {
                self.fill_hole(piece)
            } else if self.slot(next).is_some() {
                self.release()
            } else if let Some(deadline_ms) = self.gap_deadline() {
                if now_ms < deadline_ms {
                    return None;
                }
                self.open_hole();
                None
            } else {
                return self.fill_stall(now_ms);
            };
            if let Some(step) = step {
                self.pace.take(step.ticks, is_silent(&step.source));
                self.note_release(now_ms);
                return Some(step);
            }
        }
    }

    /// When [`poll`](Self::poll) has something to do without a packet.
    pub fn poll_timeout(&self) -> Option<u64> {
        let stream = self.stream.as_ref()?;
        if !stream.hole.is_filled() || self.slot(stream.next).is_some() {
            return Some(self.pace.due_ms());
        }
        let due_ms = self.gap_deadline().unwrap_or_else(|| stream.fill_due_ms());
        Some(if self.pace.is_spent() { due_ms.max(self.pace.due_ms()) } else { due_ms })
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
        let same = self.stream.as_ref().filter(|stream| stream.ssrc == packet.ssrc);
        if let Some(place) = same.and_then(|stream| stream.place(packet)) {
            return place;
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

    /// The listener hears something: a stall begins after it, however long ago it arrived.
    fn note_release(&mut self, now_ms: u64) {
        if let Some(stream) = &mut self.stream {
            stream.last_heard_ms = stream.last_heard_ms.max(now_ms);
        }
    }

    /// A packet came after one that was sent after it: overtaken, or sent again.
    fn note_overtaken(&mut self, sequence: u64, now_ms: u64) {
        let Some(stream) = self.stream.as_mut() else { return };
        let Some(since_ms) = self.ledger.overtaken_ms(sequence, stream.highest) else { return };
        let depth_ms = now_ms - since_ms;
        // What comes sooner than a round trip allows was on its way already; a quarter for the round trip's own jitter.
        let is_again = self.round_trip_ms.is_some_and(|round_trip_ms| depth_ms.max(1) >= round_trip_ms * 3 / 4);
        match is_again {
            true => self.counters.retransmitted += u64::from(sequence >= stream.next),
            false => stream.reordering.note(depth_ms, now_ms),
        }
    }

    /// Whether the place of a packet has been filled; it is counted then.
    fn is_passed(&mut self, sequence: u64) -> bool {
        let is_passed = self.stream.as_ref().is_some_and(|stream| sequence < stream.next);
        if is_passed {
            match self.ledger.fate(sequence) {
                Fate::Played | Fate::Rebuilt => self.counters.duplicate += 1,
                Fate::Open | Fate::GivenUp => self.counters.late += 1,
            }
        }
        is_passed
    }

    fn slot(&self, sequence: u64) -> Option<&Slot<P>> {
        self.slots[index(sequence)].as_ref().filter(|slot| slot.sequence == sequence)
    }

    /// Into the ring, or behind what waits for it.
    fn admit(&mut self, slot: Slot<P>) {
        let next = self.stream.as_ref().map_or(0, |stream| stream.next);
        if self.backlog.is_empty() && slot.sequence < next + SLOTS as u64 {
            self.store(slot);
        } else if self.backlog.len() < BACKLOG_MAX {
            self.backlog.push_back(slot);
        } else {
            self.counters.late += 1;
        }
    }

    fn store(&mut self, slot: Slot<P>) {
        let entry = &mut self.slots[index(slot.sequence)];
        match entry.as_ref().filter(|stored| stored.sequence == slot.sequence) {
            Some(stored) if slot.is_copy || !stored.is_copy => self.counters.duplicate += u64::from(!slot.is_copy),
            _ => {
                self.counters.received += u64::from(!slot.is_copy);
                *entry = Some(slot);
            }
        }
    }

    /// Moves what fits from the backlog into the ring.
    fn feed(&mut self) {
        let Some(next) = self.stream.as_ref().map(|stream| stream.next) else { return };
        while let Some(slot) = self.backlog.pop_front_if(|slot| slot.sequence < next + SLOTS as u64) {
            if !self.is_passed(slot.sequence) {
                self.store(slot);
            }
            if self.backlog.is_empty() {
                self.backlog = VecDeque::new(); // Its memory was for one stall.
            }
        }
    }

    /// Releases `slot[next]`, or opens the hole in time before it.
    fn release(&mut self) -> Option<Step<P>> {
        let stream = self.stream.as_mut()?;
        let entry = &mut self.slots[index(stream.next)];
        let rtp_time = entry.as_ref()?.rtp_time;
        if rtp_time > stream.next_time {
            // A hole in time without a lost packet: the sender was silent on purpose.
            let hole_ticks = rtp_time - stream.next_time;
            self.counters.stalls.paused_ticks += stream.explain_stall(hole_ticks);
            let ticks = stream.absorb_credit(hole_ticks);
            stream.hole = Hole::silent(ticks, 0);
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
        self.counters.stalls.late_ticks += std::mem::take(&mut stream.stalled_ticks);
        stream.next += 1;
        stream.next_time = rtp_time + u64::from(slot.ticks);
        stream.frame_ticks = slot.ticks;
        stream.last_was_dtx = self.codec.is_dtx(slot.payload.as_ref());
        let discontinuity = std::mem::take(&mut stream.discontinuity);
        self.ledger.close(slot.sequence, if slot.is_copy { Fate::Rebuilt } else { Fate::Played });
        self.counters.rebuilt += u64::from(slot.is_copy);
        let source = match (stream.last_was_dtx, slot.is_copy) {
            (true, _) => Source::Dtx,
            (false, true) => Source::Rebuilt(slot.payload),
            (false, false) => Source::Packet(slot.payload),
        };
        Some(Step { rtp_time, ticks: slot.ticks, source, discontinuity })
    }

    /// The first stored packet after the gap at `next`.
    fn after_gap(&self) -> Option<&Slot<P>> {
        let next = self.stream.as_ref()?.next;
        (next + 1..next + SLOTS as u64).find_map(|sequence| self.slot(sequence)).or(self.backlog.front())
    }

    /// Until when the gap at `next` waits; `None` when there is no gap. May be past.
    fn gap_deadline(&self) -> Option<u64> {
        let stream = self.stream.as_ref()?;
        if stream.highest < stream.next || self.slot(stream.next).is_some() {
            return None;
        }
        let after = self.after_gap()?;
        let stored = self.slots.iter().flatten().chain(self.backlog.front());
        let first_ms = stored.map(|slot| slot.arrived_ms).min()?;
        // What waits behind a full ring cannot come in before this gap is closed.
        if !self.backlog.is_empty() {
            return Some(first_ms);
        }
        let since_ms = first_ms.max(self.turn_ms(stream, after));
        if stream.gap_is_hopeless(after) {
            return Some(since_ms);
        }
        let reordering = &stream.reordering;
        let has_fec = after.sequence == stream.next + 1 && self.codec.has_fec(after.payload.as_ref());
        if has_fec && reordering.is_calm(since_ms) {
            return Some(since_ms);
        }
        let mut wait_ms = reordering.wait_ms(since_ms);
        let again_ms = self.round_trip_ms.map(|round_trip_ms| round_trip_ms + REQUEST_SLACK_MS);
        if let Some(again_ms) = again_ms.filter(|again_ms| *again_ms <= REQUEST_WAIT_MAX_MS) {
            wait_ms = wait_ms.max(again_ms);
        }
        Some(since_ms + wait_ms)
    }

    /// When the first packet after a gap came, or would have come in its turn: before then nothing is missing.
    fn turn_ms(&self, stream: &Stream, after: &Slot<P>) -> u64 {
        let mut behind = (0..FASTER_PACKETS).map(|place| self.slot(after.sequence + place));
        match behind.all(|slot| slot.is_some_and(|slot| !slot.is_copy)) {
            true => after.arrived_ms,
            false => stream.turns.due_ms(after.rtp_time, after.arrived_ms),
        }
    }

    /// Gives up on the packets missing at `next`, and plans what takes their place.
    fn open_hole(&mut self) {
        let Some(after) = self.after_gap() else { return };
        let (sequence, rtp_time) = (after.sequence, after.rtp_time);
        let has_fec = self.codec.has_fec(after.payload.as_ref());
        let Some(stream) = self.stream.as_mut() else { return };
        let lost = sequence - stream.next;
        self.counters.lost += lost;
        for missing in stream.next.max(sequence.saturating_sub(SLOTS as u64))..sequence {
            self.ledger.close(missing, Fate::GivenUp);
        }
        stream.next = sequence;
        let frame = u64::from(stream.frame_ticks);
        let hole_ticks = rtp_time.saturating_sub(stream.next_time);
        self.counters.stalls.lost_ticks += stream.explain_stall(hole_ticks);
        let mut left = stream.absorb_credit(hole_ticks);
        let fec_ticks = if has_fec && left >= frame { stream.frame_ticks } else { 0 };
        left -= u64::from(fec_ticks);
        stream.hole = match stream.last_was_dtx {
            true => Hole::silent(left, fec_ticks),
            false => Hole::of_lost(left, lost, stream.frame_ticks, fec_ticks),
        };
    }

    /// Turns the next piece of a hole into a step; `None` when it repaid a debt instead.
    fn fill_hole(&mut self, piece: (PieceKind, u32)) -> Option<Step<P>> {
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
            let source = if stream.last_was_dtx { Source::Dtx } else { Source::Stall };
            if self.repay(FRAME_TICKS) {
                continue;
            }
            if let (Source::Stall, Some(stream)) = (&source, self.stream.as_mut()) {
                stream.stalled_ticks += u64::from(FRAME_TICKS);
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
            last_heard_ms: now_ms,
            fills: 0,
            credit_ticks: 0,
            stalled_ticks: 0,
            hole: Hole::default(),
            discontinuity: true,
            reordering: Reordering::begin(now_ms),
            turns: Turns::new(),
            jitter_ticks: 0.0,
            transit: None,
        }
    }

    /// Extended sequence number and time of a packet; `None` when it cannot belong to this stream.
    fn place<P>(&self, packet: &Packet<P>) -> Option<(u64, u64)> {
        let step = packet.sequence.wrapping_sub(self.highest as u16) as i16;
        let time_step = packet.timestamp.wrapping_sub(self.highest_time as u32) as i32;
        let is_near = u64::from(step.unsigned_abs()) <= SEQUENCE_JUMP_MAX
            && u64::from(time_step.unsigned_abs()) <= TIME_JUMP_MAX_TICKS;
        let sequence = self.highest.saturating_add_signed(i64::from(step));
        is_near.then(|| (sequence, self.highest_time.saturating_add_signed(i64::from(time_step))))
    }

    /// `false`: it had come before.
    fn note_arrival(&mut self, sequence: u64, rtp_time: u64, now_ms: u64, ledger: &mut Ledger) -> bool {
        let is_first = ledger.note_arrival(sequence, now_ms);
        if sequence >= self.next {
            self.last_heard_ms = now_ms;
            self.fills = 0;
        }
        if sequence == self.next {
            self.turns.note(rtp_time, now_ms);
        }
        if sequence < self.highest {
            return is_first;
        }
        let transit = (now_ms * TICKS_PER_MS) as i64 - rtp_time as i64;
        if let Some(last) = self.transit.replace(transit) {
            self.jitter_ticks += ((transit - last).unsigned_abs() as f64 - self.jitter_ticks) / 16.0;
        }
        self.highest = sequence;
        self.highest_time = rtp_time;
        is_first
    }

    /// Whether more is missing before `after` than may have been overtaken.
    fn gap_is_hopeless<P>(&self, after: &Slot<P>) -> bool {
        let missing = after.sequence.saturating_sub(self.next);
        let missing_ticks = after.rtp_time.saturating_sub(self.next_time);
        missing > OVERTAKEN_PACKETS_MAX && missing_ticks > OVERTAKEN_PACKETS_MAX * u64::from(FRAME_TICKS)
    }

    fn fill_due_ms(&self) -> u64 {
        let after_ms = if self.last_was_dtx { DTX_FILL_AFTER_MS } else { STALL_FILL_AFTER_MS };
        self.last_heard_ms + after_ms + self.fills * FILL_MS
    }

    /// How much of the stall a hole of so many ticks explains; that is off it then.
    fn explain_stall(&mut self, hole_ticks: u64) -> u64 {
        let explained = hole_ticks.min(self.stalled_ticks);
        self.stalled_ticks -= explained;
        explained
    }

    /// Counts silence that was already put in against a hole; returns what of the hole is left.
    fn absorb_credit(&mut self, hole_ticks: u64) -> u64 {
        let absorbed = hole_ticks.min(self.credit_ticks);
        self.credit_ticks -= absorbed;
        self.next_time += absorbed;
        hole_ticks - absorbed
    }
}

fn is_silent<P>(source: &Source<P>) -> bool {
    matches!(source, Source::Silence | Source::Stall | Source::Dtx)
}

fn index(sequence: u64) -> usize {
    (sequence % SLOTS as u64) as usize
}
