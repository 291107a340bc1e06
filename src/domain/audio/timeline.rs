//! The session's audio clock: milliseconds since media first flowed. It goes on across peers.

use super::TICKS_PER_MS;

/// Maps the caller's clock and the uplink's samples to one monotonic audio clock.
///
/// Within one stream of packets it counts samples, so that frames join without gap or overlap; after a new peer or a
/// break in the stream it takes the wall clock again, but never steps back.
#[derive(Debug, Default)]
pub struct Timeline {
    /// The caller's time at audio time 0.
    origin_ms: Option<u64>,
    /// End of the last uplink frame, in ticks of audio time.
    end_ticks: u64,
    /// Whether the next frame follows the last one.
    anchored: bool,
}

impl Timeline {
    /// Media flows from now on; the first call fixes audio time 0. Returns the audio time now, in milliseconds.
    pub fn start(&mut self, now_ms: u64) -> u64 {
        self.origin_ms.get_or_insert(now_ms);
        self.anchored = false;
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

    /// The stream broke: the next frame takes its place from the wall clock.
    pub fn reanchor(&mut self) {
        self.anchored = false;
    }

    /// Where the next frame begins, in ticks of audio time.
    pub fn next_ticks(&self, now_ms: u64) -> u64 {
        if self.anchored { self.end_ticks } else { self.end_ticks.max(self.now(now_ms) * TICKS_PER_MS) }
    }

    /// Places a frame of `ticks` on the clock; returns its start in milliseconds.
    pub fn place(&mut self, now_ms: u64, ticks: u32) -> u64 {
        if !self.anchored {
            self.end_ticks = self.next_ticks(now_ms);
            self.anchored = true;
        }
        let start_ms = self.end_ticks / TICKS_PER_MS;
        self.end_ticks += u64::from(ticks);
        start_ms
    }
}
