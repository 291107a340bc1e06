//! When packets come that skip nothing: what came before its turn does not show that those before it are late.

use crate::domain::audio::TICKS_PER_MS;

/// Packets in their turn that are remembered.
const REMEMBERED: usize = 32;
/// A packet that is faster than all of them by so much skipped the queue; less is within what a gap waits anyway.
const EARLY_MIN_MS: i64 = 80;
/// Nothing is waited for longer, in milliseconds.
const TURN_MAX_MS: i64 = 500;

/// Transit times of the last packets that were the next to be released when they came.
#[derive(Debug)]
pub(super) struct Turns {
    transits: [i64; REMEMBERED],
    noted: usize,
}

impl Turns {
    pub(super) fn new() -> Self {
        Self { transits: [i64::MAX; REMEMBERED], noted: 0 }
    }

    /// A packet came in its turn.
    pub(super) fn note(&mut self, rtp_time: u64, now_ms: u64) {
        self.transits[self.noted % REMEMBERED] = transit(rtp_time, now_ms);
        self.noted += 1;
    }

    /// Until when those before a packet that came at `arrived_ms` are on their way, even if they are as slow as the
    /// slowest.
    pub(super) fn due_ms(&self, rtp_time: u64, arrived_ms: u64) -> u64 {
        let took = transit(rtp_time, arrived_ms);
        let (fastest, slowest) = self
            .transits
            .iter()
            .fold((i64::MAX, i64::MIN), |(fastest, slowest), transit| (fastest.min(*transit), slowest.max(*transit)));
        let is_early = self.noted >= REMEMBERED && fastest - took >= EARLY_MIN_MS * TICKS_PER_MS as i64;
        let early_ms = if is_early { (slowest - took) / TICKS_PER_MS as i64 } else { 0 };
        arrived_ms + early_ms.min(TURN_MAX_MS) as u64
    }
}

/// On the way, in ticks, but for a constant.
fn transit(rtp_time: u64, now_ms: u64) -> i64 {
    (now_ms * TICKS_PER_MS) as i64 - rtp_time as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_skips_the_queue_is_due_when_its_turn_comes() {
        let mut turns = Turns::new();
        assert_eq!(turns.due_ms(960, 20), 20, "nothing is known");
        // 250 ms each, and one of them 290.
        (0..32u64).for_each(|n| turns.note(n * 960, n * 20 + if n == 5 { 290 } else { 250 }));
        assert_eq!(turns.due_ms(40 * 960, 820), 1_090, "20 ms on its way");
        assert_eq!(turns.due_ms(40 * 960, 1_000), 1_000, "200 ms: that is jitter");
        assert_eq!(turns.due_ms(100 * 960, 820), 1_320, "before it was sent: another clock");
        assert_eq!(turns.due_ms(40 * 960, 1_100), 1_100, "late");
    }
}
