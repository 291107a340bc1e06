//! The networks that RingRTC's `call_sim` measures calls with, and their names. A client is connected first: what a
//! profile says holds from the moment that it is chosen.

use super::{Conditions, Gilbert, Phase, Script, Spread};

/// Queue of a narrow link, in packets.
const NARROW_HELD_MAX: usize = 16;
/// When [`spiky_loss`](Profile::SpikyLoss) turns bad, and good again.
const SPIKE_FROM_MS: u64 = 8_000;
const SPIKE_TO_MS: u64 = 18_000;

/// A network with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// Nothing happens.
    Clean,
    /// 100 ms, ±25 ms with a heavy tail, 5 % lost.
    Moderate,
    /// 250 ms, ±100 ms with a heavy tail, 11 % lost in bursts of 4, 2 % twice, 5 % too early, 300 kbit/s.
    International,
    /// 50 ms; for 10 s, 100 ms and 31 % lost in bursts of 4.
    SpikyLoss,
    /// So many percent lost, each packet for itself.
    Loss(u8),
    /// So many percent lost, in bursts of 4 packets.
    BurstLoss(u8),
    /// So many kbit/s, with a queue of 16 packets.
    Rate(u32),
}

/// All of the matrix, mildest first.
pub const ALL: [Profile; 16] = [
    Profile::Clean,
    Profile::Moderate,
    Profile::International,
    Profile::SpikyLoss,
    Profile::Loss(10),
    Profile::Loss(20),
    Profile::Loss(30),
    Profile::Loss(40),
    Profile::Loss(50),
    Profile::BurstLoss(10),
    Profile::BurstLoss(20),
    Profile::BurstLoss(30),
    Profile::Rate(300),
    Profile::Rate(100),
    Profile::Rate(50),
    Profile::Rate(25),
];

impl Profile {
    /// `clean`, `moderate`, `international`, `spiky-loss`, `loss-10`, `burst-loss-10`, `rate-300`, …: any percentage up
    /// to 99 (80 in bursts), any rate in kbit/s.
    pub fn from_name(name: &str) -> Option<Self> {
        let percent = |text: &str, max| text.parse().ok().filter(|percent| (1..=max).contains(percent));
        match name {
            "clean" => Some(Self::Clean),
            "moderate" => Some(Self::Moderate),
            "international" => Some(Self::International),
            "spiky-loss" => Some(Self::SpikyLoss),
            _ => None,
        }
        .or_else(|| name.strip_prefix("loss-").and_then(|text| percent(text, 99)).map(Self::Loss))
        .or_else(|| name.strip_prefix("burst-loss-").and_then(|text| percent(text, 80)).map(Self::BurstLoss))
        .or_else(|| {
            let rate = name.strip_prefix("rate-")?.parse().ok()?;
            (rate > 0).then_some(Self::Rate(rate))
        })
    }

    /// As [`Profile::from_name`] reads it.
    pub fn name(self) -> String {
        match self {
            Self::Clean => "clean".to_owned(),
            Self::Moderate => "moderate".to_owned(),
            Self::International => "international".to_owned(),
            Self::SpikyLoss => "spiky-loss".to_owned(),
            Self::Loss(percent) => format!("loss-{percent}"),
            Self::BurstLoss(percent) => format!("burst-loss-{percent}"),
            Self::Rate(rate) => format!("rate-{rate}"),
        }
    }

    /// What it does, both ways.
    pub fn script(self) -> Script {
        match self {
            Self::Clean => Script::default(),
            Self::Moderate => Script::both(Conditions { delay_ms: 100, jitter_ms: 25, loss: 0.05, ..clean() }),
            Self::International => Script::both(international()),
            Self::SpikyLoss => spiky_loss(),
            Self::Loss(percent) => Script::both(Conditions { loss: f64::from(percent) / 100.0, ..clean() }),
            Self::BurstLoss(percent) => Script::both(Conditions { gilbert: Some(bursts(percent)), ..clean() }),
            Self::Rate(rate) => {
                Script::both(Conditions { rate_kbit_s: Some(rate), held_max: NARROW_HELD_MAX, ..clean() })
            }
        }
    }
}

fn clean() -> Conditions {
    Conditions::default()
}

/// A rate makes a queue, and a queue keeps its order.
fn international() -> Conditions {
    Conditions {
        delay_ms: 250,
        jitter_ms: 100,
        in_order: true,
        gilbert: Some(Gilbert { p: 0.03, r: 0.25 }),
        duplicate: 0.02,
        reorder: 0.05,
        rate_kbit_s: Some(300),
        held_max: 250,
        ..clean()
    }
}

fn spiky_loss() -> Script {
    let good = Conditions { delay_ms: 50, jitter_ms: 10, spread: Spread::Uniform, ..clean() };
    let gilbert = Some(Gilbert { p: 0.11, r: 0.25 });
    let bad = Conditions { delay_ms: 100, jitter_ms: 20, spread: Spread::Uniform, gilbert, ..clean() };
    let phase = |from_ms, conditions: &Conditions| Phase { from_ms, conditions: conditions.clone() };
    Script::phases(vec![phase(0, &good), phase(SPIKE_FROM_MS, &bad), phase(SPIKE_TO_MS, &good)])
}

/// Bursts of four packets, as many as lose this share of all: p / (p + r).
fn bursts(percent: u8) -> Gilbert {
    let (share, r) = (f64::from(percent) / 100.0, 0.25);
    Gilbert { p: (r * share / (1.0 - share)).min(1.0), r }
}
