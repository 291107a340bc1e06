//! Bad networks, in the pure half: what becomes of each packet of a link under scripted conditions.
//!
//! Sans-IO: packets go in by `push`, come out by `poll` when they are due, and `poll_timeout` says when to ask again.
//! Times are microseconds of the caller's monotonic clock; chance comes from a seed, so that a run can be had again.

mod link;
mod path;
pub mod profile;
mod random;

use serde::Deserialize;

pub use self::{
    link::{Counts, Link},
    path::{Direction, Output, Path},
};

/// Bytes of IPv4 and UDP headers in front of each datagram: they take their part of a rate.
pub const HEADER_BYTES: usize = 28;
/// Packets that a link holds unless told otherwise, as `tc netem` does.
const HELD_DEFAULT: usize = 1_000;
/// The longest delay, standard deviation included, that a script may ask for, in milliseconds.
const DELAY_MAX_MS: u32 = 60_000;
/// Phases and rebindings that a script may have.
const SCRIPT_MAX: usize = 1_000;

/// How delays are spread around their mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spread {
    /// A heavy tail: most packets are a little early, a few come very late.
    #[default]
    Pareto,
    /// As likely early as late, and never by more than √3 standard deviations.
    Uniform,
}

/// Loss in bursts: a link that is good or bad, and loses everything while it is bad (Gilbert 1960).
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gilbert {
    /// Chance, at each packet, that a good link turns bad: 0 to 1.
    pub p: f64,
    /// Chance, at each packet, that a bad link turns good: 0 to 1. A burst has 1/r packets on average.
    pub r: f64,
}

/// What a link does to its packets. The default does nothing.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Conditions {
    /// One way, in milliseconds.
    pub delay_ms: u32,
    /// Standard deviation of the delay, in milliseconds.
    pub jitter_ms: u32,
    /// The shape of the jitter.
    pub spread: Spread,
    /// Jitter alone never makes a packet overtake another one: a queue's jitter, not that of several ways.
    pub in_order: bool,
    /// Share of packets lost, each for itself: 0 to 1.
    pub loss: f64,
    /// Loss in bursts, beside the above.
    pub gilbert: Option<Gilbert>,
    /// Share of packets that come twice: 0 to 1.
    pub duplicate: f64,
    /// Share of packets that skip the delay, and so overtake those before them: 0 to 1.
    pub reorder: f64,
    /// What the link carries, headers included, in kbit/s.
    pub rate_kbit_s: Option<u32>,
    /// Packets on their way at a time; one more is dropped (tail drop).
    pub held_max: usize,
    /// Nothing passes.
    pub dark: bool,
}

impl Default for Conditions {
    fn default() -> Self {
        Self {
            delay_ms: 0,
            jitter_ms: 0,
            spread: Spread::default(),
            in_order: false,
            loss: 0.0,
            gilbert: None,
            duplicate: 0.0,
            reorder: 0.0,
            rate_kbit_s: None,
            held_max: HELD_DEFAULT,
            dark: false,
        }
    }
}

/// Conditions, and from when on they hold.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    /// Milliseconds from the script's start.
    pub from_ms: u64,
    pub conditions: Conditions,
}

/// What happens to both directions of a path, and when. Before its first phase a direction is clean.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Script {
    /// From the client to the server.
    pub up: Vec<Phase>,
    /// From the server to the client.
    pub down: Vec<Phase>,
    /// When the NAT gives the client another address, in milliseconds from the script's start.
    pub rebinds_ms: Vec<u64>,
}

/// A script that makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScriptError {
    #[error("phases and rebindings must be in order of time")]
    Order,
    #[error("loss, duplicate, reorder, p and r go from 0 to 1")]
    Share,
    #[error("delay and jitter are at most 60 s")]
    Delay,
    #[error("a link carries at least 1 kbit/s and one packet")]
    Capacity,
    #[error("at most 1,000 phases and rebindings")]
    Length,
}

impl Script {
    /// The same conditions both ways, for ever.
    pub fn both(conditions: Conditions) -> Self {
        Self::phases(vec![Phase { from_ms: 0, conditions }])
    }

    /// The same phases both ways.
    pub fn phases(phases: Vec<Phase>) -> Self {
        Self { up: phases.clone(), down: phases, rebinds_ms: Vec::new() }
    }

    /// # Errors
    /// [`ScriptError`], saying what makes no sense.
    pub fn check(&self) -> Result<(), ScriptError> {
        for phases in [&self.up, &self.down] {
            if phases.len() > SCRIPT_MAX {
                return Err(ScriptError::Length);
            }
            if !phases.is_sorted_by_key(|phase| phase.from_ms) {
                return Err(ScriptError::Order);
            }
            phases.iter().try_for_each(|phase| phase.conditions.check())?;
        }
        if self.rebinds_ms.len() > SCRIPT_MAX {
            return Err(ScriptError::Length);
        }
        if self.rebinds_ms.is_sorted() { Ok(()) } else { Err(ScriptError::Order) }
    }
}

impl Conditions {
    fn check(&self) -> Result<(), ScriptError> {
        let Gilbert { p, r } = self.gilbert.unwrap_or(Gilbert { p: 0.0, r: 1.0 });
        if ![self.loss, self.duplicate, self.reorder, p, r].iter().all(|share| (0.0..=1.0).contains(share)) {
            return Err(ScriptError::Share);
        }
        if self.delay_ms > DELAY_MAX_MS || self.jitter_ms > DELAY_MAX_MS {
            return Err(ScriptError::Delay);
        }
        if self.rate_kbit_s == Some(0) || self.held_max == 0 {
            return Err(ScriptError::Capacity);
        }
        Ok(())
    }
}
