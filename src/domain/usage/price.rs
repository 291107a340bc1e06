//! Prices as a file gives them, dated and with their source.

use super::{Kind, NanoUsd, Unit};
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, de::Error as _};
use std::collections::{BTreeMap, HashMap};

/// A price file. What it does not name has no price.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceFile {
    /// The day for which the prices were looked up.
    pub date: Date,
    pub prices: Vec<PriceEntry>,
}

/// The prices of one or several models.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceEntry {
    /// Names as they are asked for; a snapshot (`name-2026-01-31`) costs what its model costs.
    pub models: Vec<String>,
    /// Where the prices are published.
    pub source: String,
    pub date: Date,
    #[serde(default)]
    pub usd_per_million_tokens: BTreeMap<Kind, UsdAmount>,
    #[serde(default)]
    pub usd_per_minute: BTreeMap<Kind, UsdAmount>,
}

/// US dollars, read exactly: at most nine decimals, not negative, at most a million.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsdAmount(NanoUsd);

impl<'de> Deserialize<'de> for UsdAmount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let usd = f64::deserialize(deserializer)?;
        // The shortest text that reads back as this number is what was written, at these sizes.
        let amount = NanoUsd::parse(&usd.to_string()).filter(|_| usd <= 1_000_000.0);
        amount.map(Self).ok_or_else(|| D::Error::custom("a price must be 0 to 1000000 with at most nine decimals"))
    }
}

/// What is wrong with a price file that can be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {problem}")]
pub struct PriceError {
    /// Such as `prices[2].models[0]`.
    pub field: String,
    pub problem: &'static str,
}

/// What each kind of each model costs.
#[derive(Clone, Debug)]
pub struct PriceBook {
    date: Date,
    prices: HashMap<String, BTreeMap<Kind, NanoUsd>>,
}

const TOKENS_PRICED: u128 = 1_000_000;
const MS_PRICED: u128 = 60_000;
/// Models of one file.
const MODELS_MAX: usize = 2_000;

impl PriceBook {
    /// A book of a file.
    ///
    /// # Errors
    /// [`PriceError`]: the first thing that makes no sense.
    pub fn new(file: PriceFile) -> Result<Self, PriceError> {
        let mut prices: HashMap<String, BTreeMap<Kind, NanoUsd>> = HashMap::new();
        for (at, entry) in file.prices.into_iter().enumerate() {
            let wrong = |field: &str, problem| PriceError { field: format!("prices[{at}].{field}"), problem };
            if entry.models.is_empty() {
                return Err(wrong("models", "must name a model"));
            }
            if entry.source.trim().is_empty() {
                return Err(wrong("source", "must say where the prices are from"));
            }
            let groups = [
                ("usd_per_million_tokens", entry.usd_per_million_tokens, Unit::Token),
                ("usd_per_minute", entry.usd_per_minute, Unit::Millisecond),
            ];
            let mut kinds = BTreeMap::new();
            for (group, amounts, unit) in groups {
                for (kind, UsdAmount(amount)) in amounts {
                    if kind.unit() != unit {
                        return Err(wrong(&format!("{group}.{}", kind.as_str()), "is of the other unit"));
                    }
                    kinds.insert(kind, amount);
                }
            }
            for (index, model) in entry.models.into_iter().enumerate() {
                let field = format!("models[{index}]");
                if model.trim().is_empty() {
                    return Err(wrong(&field, "must not be empty"));
                }
                if prices.insert(model, kinds.clone()).is_some() {
                    return Err(wrong(&field, "has its prices already"));
                }
            }
            if prices.len() > MODELS_MAX {
                return Err(wrong("models", "are too many"));
            }
        }
        Ok(Self { date: file.date, prices })
    }

    /// The day of the file.
    pub fn date(&self) -> Date {
        self.date
    }

    /// What so much of a kind costs, rounded to a billionth of a dollar; `None` if nobody knows.
    pub fn cost(&self, model: &str, kind: Kind, quantity: u64) -> Option<NanoUsd> {
        let prices = self.prices.get(model).or_else(|| self.prices.get(without_snapshot(model)?))?;
        let price = prices.get(&kind)?;
        let priced = match kind.unit() {
            Unit::Token => TOKENS_PRICED,
            Unit::Millisecond => MS_PRICED,
        };
        let nano = (u128::from(quantity) * u128::from(price.0) + priced / 2) / priced;
        Some(NanoUsd(u64::try_from(nano).unwrap_or(u64::MAX)))
    }
}

/// `name` of `name-2026-01-31`.
fn without_snapshot(model: &str) -> Option<&str> {
    let (name, date) = model.split_at_checked(model.len().checked_sub(11)?)?;
    date.strip_prefix('-')?.parse::<Date>().ok()?;
    Some(name)
}
