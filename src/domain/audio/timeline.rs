//! The session's audio clock: milliseconds since media first flowed. It goes on across peers.

use super::TICKS_PER_MS;

/// Maps the caller's clock to one monotonic audio clock. What the candidate said is placed on it by a
/// [`ClockMap`](super::clock_map::ClockMap): where it was said, not where it was heard.
#[derive(Debug, Default)]
pub struct Timeline {
    /// The caller's time at audio time 0.
    origin_ms: Option<u64>,
}

impl Timeline {
    /// Media flows from now on; the first call fixes audio time 0. Returns the audio time now, in milliseconds.
    pub fn start(&mut self, now_ms: u64) -> u64 {
        self.origin_ms.get_or_insert(now_ms);
        self.now(now_ms)
    }

    /// The audio time now, in milliseconds; 0 before media first flowed.
    pub fn now(&self, now_ms: u64) -> u64 {
        self.origin_ms.map_or(0, |origin_ms| now_ms.saturating_sub(origin_ms))
    }

    /// Whether media has flowed.
    pub fn is_started(&self) -> bool {
        self.origin_ms.is_some()
    }

    /// The audio time at `clock_ticks` of the caller's clock, in ticks; 0 before media first flowed.
    pub fn ticks(&self, clock_ticks: u64) -> u64 {
        self.origin_ms.map_or(0, |origin_ms| clock_ticks.saturating_sub(origin_ms * TICKS_PER_MS))
    }
}
