//! What a receiver of RTP knows of a stream beside its audio: what its reports say (RFC 3550 section 6.4.1 and
//! appendix A), and which packets it asks for again (RFC 4585 section 6.2.1).

use super::TICKS_PER_MS;

/// Packets that may be asked for at a time.
const MISSING_MAX: usize = 32;
/// A longer gap is no loss that sending again could mend in time.
const GAP_MAX: u16 = 16;
/// A packet is asked for so often.
const TRIES_MAX: u8 = 2;
/// Later than this a packet is of no use: no gap waits so long.
const ASKED_FOR_MS: u64 = 100;
/// Asked for again no sooner than this, however near the sender is.
const RETRY_MIN_MS: u64 = 20;

/// One block of a receiver report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportBlock {
    pub ssrc: u32,
    /// Packets lost since the last block, in 1/256 of those expected.
    pub fraction_lost: u8,
    /// Packets lost since the start, 24 bits, never below zero.
    pub lost: u32,
    /// The highest sequence number, extended by its cycles.
    pub highest: u32,
    /// Interarrival jitter in ticks of 48 kHz.
    pub jitter_ticks: u32,
    /// Middle 32 bits of the NTP time of the last sender report; 0 before one came.
    pub last_sender_report: u32,
    /// How long ago that was, in 1/65536 s.
    pub delay: u32,
}

#[derive(Clone, Copy, Debug)]
struct Missing {
    sequence: u16,
    since_ms: u64,
    asked_ms: u64,
    tries: u8,
}

/// The account of one stream. `now_ms` is a monotonic clock; a call never goes back in it.
#[derive(Debug)]
pub struct Reception {
    ssrc: u32,
    first: u32,
    highest: u32,
    received: u32,
    expected_before: u32,
    received_before: u32,
    jitter_ticks: f64,
    transit: Option<i64>,
    sender_report: Option<(u32, u64)>,
    missing: Vec<Missing>,
}

impl Reception {
    /// A stream begins with this packet; [`note_packet`](Self::note_packet) follows.
    pub fn new(ssrc: u32, sequence: u16) -> Self {
        // One cycle ahead, so that what was sent before the first packet does not fall below zero.
        let first = u32::from(sequence) + (1 << 16);
        Self {
            ssrc,
            first,
            highest: first.wrapping_sub(1),
            received: 0,
            expected_before: 0,
            received_before: 0,
            jitter_ticks: 0.0,
            transit: None,
            sender_report: None,
            missing: Vec::with_capacity(MISSING_MAX),
        }
    }

    /// The stream that this is the account of.
    pub fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// Takes note of a packet; whether some before it are missing that were not known to be.
    pub fn note_packet(&mut self, sequence: u16, rtp_time: u32, now_ms: u64) -> bool {
        self.received = self.received.wrapping_add(1);
        let step = sequence.wrapping_sub(self.highest as u16) as i16;
        if step <= 0 {
            self.missing.retain(|missing| missing.sequence != sequence);
            return false;
        }
        let gap = (step - 1) as u16;
        let next = (self.highest as u16).wrapping_add(1);
        self.highest = self.highest.wrapping_add(step as u32);
        self.note_transit(rtp_time, now_ms);
        let is_new = (1..=GAP_MAX).contains(&gap);
        if is_new {
            self.missing.retain(|missing| now_ms.saturating_sub(missing.since_ms) < ASKED_FOR_MS);
            for offset in 0..gap.min((MISSING_MAX - self.missing.len()) as u16) {
                let sequence = next.wrapping_add(offset);
                self.missing.push(Missing { sequence, since_ms: now_ms, asked_ms: 0, tries: 0 });
            }
        }
        is_new
    }

    /// RFC 3550 appendix A.8.
    fn note_transit(&mut self, rtp_time: u32, now_ms: u64) {
        let transit = i64::from((now_ms * TICKS_PER_MS) as u32) - i64::from(rtp_time);
        if let Some(before) = self.transit.replace(transit) {
            // Both clocks wrap at 32 bits: so does their difference.
            let step = f64::from((transit.wrapping_sub(before) as i32).unsigned_abs());
            self.jitter_ticks += (step - self.jitter_ticks) / 16.0;
        }
    }

    /// Takes note of a sender report, by its NTP time in 32.32 bits.
    pub fn note_sender_report(&mut self, ntp_time: u64, now_ms: u64) {
        self.sender_report = Some(((ntp_time >> 16) as u32, now_ms));
    }

    /// The block of a report that leaves now; the next one counts from here.
    pub fn report(&mut self, now_ms: u64) -> ReportBlock {
        let expected = self.highest.wrapping_sub(self.first).wrapping_add(1);
        let expected_since = expected.wrapping_sub(self.expected_before);
        let received_since = self.received.wrapping_sub(self.received_before);
        self.expected_before = expected;
        self.received_before = self.received;
        let lost_since = expected_since.saturating_sub(received_since);
        let fraction_lost = (u64::from(lost_since) * 256).checked_div(u64::from(expected_since)).unwrap_or(0).min(255);
        let (last_sender_report, delay) = self.sender_report.map_or((0, 0), |(ntp, at_ms)| {
            let ago_ms = now_ms.saturating_sub(at_ms);
            (ntp, (ago_ms * 65_536 / 1_000).min(u64::from(u32::MAX)) as u32)
        });
        ReportBlock {
            ssrc: self.ssrc,
            fraction_lost: fraction_lost as u8,
            lost: expected.saturating_sub(self.received).min(0xff_ffff),
            highest: self.highest,
            jitter_ticks: self.jitter_ticks as u32,
            last_sender_report,
            delay,
        }
    }

    /// Whether anything is missing that may be worth asking for.
    pub fn has_missing(&self) -> bool {
        !self.missing.is_empty()
    }

    /// The packets to ask for now, at once when they are found missing and once more after a round trip.
    pub fn ask(&mut self, now_ms: u64, round_trip_ms: u64) -> Vec<u16> {
        let retry_ms = round_trip_ms.max(RETRY_MIN_MS);
        self.missing.retain(|missing| {
            let is_late = now_ms.saturating_sub(missing.since_ms) >= ASKED_FOR_MS;
            !is_late && (missing.tries < TRIES_MAX || now_ms < missing.asked_ms + retry_ms)
        });
        let due = |missing: &&mut Missing| {
            missing.tries == 0 || (missing.tries < TRIES_MAX && now_ms >= missing.asked_ms + retry_ms)
        };
        let ask = |missing: &mut Missing| {
            missing.tries += 1;
            missing.asked_ms = now_ms;
            missing.sequence
        };
        self.missing.iter_mut().filter(due).map(ask).collect()
    }
}
