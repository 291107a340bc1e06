//! The overload ladder: from how busy the media threads are, what is given up, in which order, and when it comes back.
//! Pure: the caller measures and passes its clock.

use super::audio::codec::Codec;
use serde::{Deserialize, Serialize};

/// What has been given up. Each level keeps what the levels below it gave up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Nothing.
    #[default]
    Full,
    /// The encoders work at their lowest useful complexity.
    LightEncoder,
    /// The candidate's voice is no longer looked at by a voice activity detection of ours, where a model has its own.
    NoVad,
    /// Two frames go into one append.
    LongAppends,
    /// New sessions speak G.711 from end to end, where their model takes it.
    CodecFree,
    /// New sessions are refused.
    Refusing,
}

/// All levels, from nothing given up to no more taken in.
pub const LEVELS: [Level; 6] =
    [Level::Full, Level::LightEncoder, Level::NoVad, Level::LongAppends, Level::CodecFree, Level::Refusing];

/// Load from which on a level holds: the busy share of the busiest media thread, or the 99th percentile of how late
/// frames left it, whichever asks for more.
struct Threshold {
    busy_ratio: f64,
    lateness_ms: f64,
}

/// For the levels from [`Level::LightEncoder`] on.
const ENTER: [Threshold; LEVELS.len() - 1] = [
    Threshold { busy_ratio: 0.65, lateness_ms: 10.0 },
    Threshold { busy_ratio: 0.72, lateness_ms: 15.0 },
    Threshold { busy_ratio: 0.78, lateness_ms: 20.0 },
    Threshold { busy_ratio: 0.84, lateness_ms: 30.0 },
    Threshold { busy_ratio: 0.90, lateness_ms: 40.0 },
];
/// A level is kept until the load is below its threshold by so much.
const LEAVE_BUSY_RATIO: f64 = 0.12;
const LEAVE_LATENESS: f64 = 0.5;
/// A load counts once it has lasted so long, in milliseconds.
const RISE_AFTER_MS: u64 = 1_000;
/// One level is left after so long a time of less load, in milliseconds; the next one after as long again.
const FALL_AFTER_MS: u64 = 10_000;
/// Nobody measured for so long: what was measured before proves nothing, in milliseconds.
const GAP_MAX_MS: u64 = 5_000;

impl Level {
    /// As a figure for metrics: 0 is nothing given up.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The level of a figure; beyond the last one, the last.
    pub const fn of_number(number: u8) -> Self {
        match number {
            0 => Self::Full,
            1 => Self::LightEncoder,
            2 => Self::NoVad,
            3 => Self::LongAppends,
            4 => Self::CodecFree,
            _ => Self::Refusing,
        }
    }

    /// Complexity of the encoders, as libopus counts it (0 to 10).
    pub const fn encoder_complexity(self) -> u8 {
        match self {
            Self::Full => 5,
            _ => 1,
        }
    }

    /// Whether a detector of ours may look at voice that the model looks at too.
    pub fn spares_vad(self) -> bool {
        self >= Self::NoVad
    }

    /// Frames of 20 ms that an append should hold at least.
    pub fn frames_per_append(self) -> usize {
        if self >= Self::LongAppends { 2 } else { 1 }
    }

    /// Whether new sessions are to speak G.711, where their model takes it.
    pub fn prefers_codec_free(self) -> bool {
        self >= Self::CodecFree
    }

    /// Whether new sessions are taken in.
    pub fn admits(self) -> bool {
        self < Self::Refusing
    }

    fn below(self) -> Self {
        Self::of_number(self.number().saturating_sub(1))
    }
}

/// What new sessions speak with the candidate's browser: an operator's word for all of them, or the wish of whoever
/// makes one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema), schema(as = AudioCodec))]
pub enum CodecPolicy {
    /// Opus; G.711 when there is too much to do, and the model takes it too.
    #[default]
    Auto,
    /// Opus, with every browser that has it.
    Opus,
    /// G.711 (µ-law), with every browser that has it.
    Pcmu,
}

impl CodecPolicy {
    /// What a session that begins now is to speak under this policy of the server's. `wish`: the session's own, which
    /// goes before it unless it is [`CodecPolicy::Auto`]. `model_takes_it`: the model takes µ-law as it is.
    pub fn codec(self, wish: Self, level: Level, model_takes_it: bool) -> Codec {
        let policy = if wish == Self::Auto { self } else { wish };
        let is_free = match policy {
            Self::Auto => level.prefers_codec_free() && model_takes_it,
            Self::Opus => false,
            Self::Pcmu => true,
        };
        if is_free { Codec::Pcmu } else { Codec::Opus }
    }
}

/// A load that lasts: since when, and the level that was asked for throughout.
#[derive(Clone, Copy, Debug)]
struct Lasting {
    since_ms: u64,
    level: Level,
}

/// Turns measurements into a level: quick to give up, slow to take back.
#[derive(Clone, Debug, Default)]
pub struct Load {
    level: Level,
    rising: Option<Lasting>,
    falling: Option<Lasting>,
    observed_ms: Option<u64>,
}

impl Load {
    /// Takes one measurement; to be called every 100 to 1,000 ms. `busy_ratio`: the share of the time since the last
    /// call that the busiest media thread worked, 0 to 1. `lateness_ms`: the 99th percentile of how late frames left in
    /// that time. A figure that is none counts as no load. Returns the level that holds now.
    pub fn observe(&mut self, now_ms: u64, busy_ratio: f64, lateness_ms: f64) -> Level {
        if self.observed_ms.is_some_and(|last_ms| now_ms.saturating_sub(last_ms) > GAP_MAX_MS) {
            (self.rising, self.falling) = (None, None);
        }
        self.observed_ms = Some(now_ms);
        let asked = level_of(busy_ratio, lateness_ms, |threshold| (threshold.busy_ratio, threshold.lateness_ms));
        let kept = level_of(busy_ratio, lateness_ms, |threshold| {
            (threshold.busy_ratio - LEAVE_BUSY_RATIO, threshold.lateness_ms * LEAVE_LATENESS)
        });
        if asked > self.level {
            self.rise(now_ms, asked);
        } else if kept < self.level {
            self.fall(now_ms, kept);
        } else {
            (self.rising, self.falling) = (None, None);
        }
        self.level
    }

    /// The level that holds.
    pub fn level(&self) -> Level {
        self.level
    }

    /// In how many milliseconds a client that was refused may try again: not before a level can have been left.
    pub fn retry_after_ms(&self) -> u64 {
        if self.level.admits() { 0 } else { FALL_AFTER_MS }
    }

    /// To the lowest level that was asked for all the while.
    fn rise(&mut self, now_ms: u64, asked: Level) {
        self.falling = None;
        let rising = self.rising.get_or_insert(Lasting { since_ms: now_ms, level: asked });
        rising.level = rising.level.min(asked);
        if now_ms.saturating_sub(rising.since_ms) >= RISE_AFTER_MS {
            self.level = rising.level;
            self.rising = None;
        }
    }

    /// One level at a time: what comes back costs something, and it shows only then how much.
    fn fall(&mut self, now_ms: u64, kept: Level) {
        self.rising = None;
        let falling = self.falling.get_or_insert(Lasting { since_ms: now_ms, level: kept });
        if now_ms.saturating_sub(falling.since_ms) >= FALL_AFTER_MS {
            self.level = self.level.below();
            self.falling = None;
        }
    }
}

/// The highest level whose threshold is reached.
fn level_of(busy_ratio: f64, lateness_ms: f64, limits: impl Fn(&Threshold) -> (f64, f64)) -> Level {
    let reached = ENTER.iter().rposition(|threshold| {
        let (busy_limit, lateness_limit) = limits(threshold);
        busy_ratio >= busy_limit || lateness_ms >= lateness_limit
    });
    reached.map_or(Level::Full, |index| LEVELS[index + 1])
}
