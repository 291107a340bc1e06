//! How fast late audio is let through: one stalled phone must not take a core when all of it comes at once.

use crate::domain::audio::{FRAME_TICKS, TICKS_PER_MS};

/// Audio let through in a millisecond: five times real time.
const REFILL_TICKS_PER_MS: i64 = 5 * TICKS_PER_MS as i64;
/// Audio let through at once: half a second, which a network without a stall never holds back.
const BURST_TICKS: i64 = 25 * FRAME_TICKS as i64;

/// Silence that fills a hole is let through so much faster: what comes after it is wanted now.
const SILENCE_IS_CHEAPER: u32 = 5;

/// A bucket of time that may be released.
#[derive(Debug)]
pub(super) struct Pace {
    allowance_ticks: i64,
    at_ms: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { allowance_ticks: BURST_TICKS, at_ms: 0 }
    }
}

impl Pace {
    /// Time has passed.
    pub(super) fn refill(&mut self, now_ms: u64) {
        // More than fills the bucket is not counted, so that nothing overflows.
        let passed_ms = now_ms.saturating_sub(self.at_ms).min(1_000) as i64;
        self.allowance_ticks = (self.allowance_ticks + passed_ms * REFILL_TICKS_PER_MS).min(BURST_TICKS);
        self.at_ms = self.at_ms.max(now_ms);
    }

    /// Whether nothing may pass now.
    pub(super) fn is_spent(&self) -> bool {
        self.allowance_ticks <= 0
    }

    /// So much has passed. `is_silence`: nothing had to be decoded for it.
    pub(super) fn take(&mut self, ticks: u32, is_silence: bool) {
        self.allowance_ticks -= i64::from(if is_silence { ticks / SILENCE_IS_CHEAPER } else { ticks });
    }

    /// From when on something may pass.
    pub(super) fn due_ms(&self) -> u64 {
        match self.is_spent() {
            true => self.at_ms + ((1 - self.allowance_ticks) as u64).div_ceil(REFILL_TICKS_PER_MS as u64),
            false => self.at_ms,
        }
    }
}
