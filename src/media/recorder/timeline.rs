//! The lines of `timeline.jsonl`, which says how RTP time, arrival and place in the file belong together.

use crate::domain::recording::{ClockSample, Side};
use serde::{Deserialize, Serialize};

/// Its name.
pub const TIMELINE: &str = "timeline.jsonl";

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Line {
    /// The first one. `ticks_per_s`: unit of all positions and RTP times.
    Begin { version: u32, ticks_per_s: u32 },
    /// A packet that begins a run of its own on the audio clock.
    Anchor(Point),
    /// About once a second: the packet of the page that came earliest for its place.
    Clock(Point),
    /// A sender report of the candidate's. `ntp`: seconds since 1900 in 32.32 bits; `rtp`: as on the wire.
    Report { rtp: u32, ntp: u64, audio_ms: u64 },
    /// The last one: the recording was ended, not cut off.
    End(Ended),
}

/// A packet's place in time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    /// `user` or `assistant`.
    pub side: String,
    /// Unwrapped.
    pub rtp: u64,
    /// Place in the side's file.
    pub position: u64,
    /// When it came (or left) on the audio clock, minus its place.
    pub late: i64,
}

/// What is known at the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// Packets that found the writer busy.
    pub dropped: u64,
    /// Packets without a place of their own in time.
    pub left_out: u64,
}

impl Line {
    /// What the line says of a side's clock.
    pub fn clock_sample(&self, side: Side) -> Option<ClockSample> {
        let (point, is_anchor) = match self {
            Self::Anchor(point) => (point, true),
            Self::Clock(point) => (point, false),
            _ => return None,
        };
        let sample = ClockSample { position: point.position, late_ticks: point.late, is_anchor };
        (point.side == side.as_str()).then_some(sample)
    }
}
