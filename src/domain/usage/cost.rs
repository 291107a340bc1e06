//! Money: exact amounts, the cost of a ledger, and what may still be spent.

use super::{Kind, Ledger, PriceBook, Source, UsageTotal};
use std::{fmt, sync::Arc};

/// Billionths of a US dollar. Sums stop at the largest amount, 18 milliards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NanoUsd(pub u64);

/// Billionths in a dollar.
const NANO: u64 = 1_000_000_000;
const NANO_DIGITS: usize = 9;

impl NanoUsd {
    pub const ZERO: Self = Self(0);

    /// Reads `12`, `12.5`, `0.000000001`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(part) || part.len() > NANO_DIGITS || text.ends_with('.') {
            return None;
        }
        let part: u64 = format!("{part:0<NANO_DIGITS$}").parse().ok()?;
        whole.parse::<u64>().ok()?.checked_mul(NANO)?.checked_add(part).map(Self)
    }

    /// The nearest amount of a configured number; what is no amount is 0.
    pub fn from_usd(usd: f64) -> Self {
        // A cast of a float stops at the bounds of the integer.
        Self((usd * NANO as f64).round() as u64)
    }

    /// For JSON and metrics.
    pub fn usd(self) -> f64 {
        self.0 as f64 / NANO as f64
    }

    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, at least 0.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for NanoUsd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = format!("{:09}", self.0 % NANO);
        write!(f, "{}.{:0<2}", self.0 / NANO, part.trim_end_matches('0'))
    }
}

/// A line of a bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostLine {
    pub total: UsageTotal,
    /// `None`: nobody knows the price.
    pub cost: Option<NanoUsd>,
}

/// A bill.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    pub lines: Vec<CostLine>,
    /// The sum of what has a price.
    pub known: NanoUsd,
    /// Every line has a price.
    pub complete: bool,
}

impl Cost {
    /// What these totals cost.
    pub fn of(totals: impl IntoIterator<Item = UsageTotal>, prices: &PriceBook) -> Self {
        let lines: Vec<CostLine> = totals
            .into_iter()
            .map(|total| CostLine { cost: prices.cost(&total.model, total.kind, total.quantity), total })
            .collect();
        let known = lines.iter().filter_map(|line| line.cost).fold(NanoUsd::ZERO, NanoUsd::plus);
        Self { known, complete: lines.iter().all(|line| line.cost.is_some()), lines }
    }

    /// The whole sum; `None` if a price is missing.
    pub fn total(&self) -> Option<NanoUsd> {
        self.complete.then_some(self.known)
    }
}

/// How many tokens a second of audio is, for what no server has counted yet: (heard, spoken).
pub const BUDGET_RATES: (u64, u64) = (10, 20);

/// The most that a session may cost.
#[derive(Clone, Debug)]
pub struct Budget {
    pub limit: NanoUsd,
    pub prices: Arc<PriceBook>,
    /// The speech model, whose prices are taken for audio that is not counted yet.
    pub model: String,
}

impl Budget {
    /// Whether it is spent: by what is counted, and by so much audio that is not counted yet.
    pub fn is_spent(&self, ledger: &Ledger, heard_ms: u64, spoken_ms: u64) -> bool {
        let counted = Cost::of(ledger.totals(), &self.prices).known;
        let estimate = |kind, ms: u64, rate| {
            let tokens = ms.saturating_mul(rate) / 1_000;
            self.prices.cost(&self.model, kind, tokens).unwrap_or_default()
        };
        let heard = estimate(Kind::InputAudio, heard_ms, BUDGET_RATES.0);
        let spoken = estimate(Kind::OutputAudio, spoken_ms, BUDGET_RATES.1);
        counted.plus(heard).plus(spoken) >= self.limit
    }

    /// Whether a report of this source counts the audio that was only estimated before.
    pub fn settles(source: Source) -> bool {
        source == Source::Realtime
    }
}
