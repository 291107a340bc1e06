//! What a session, a day or an interview used and what it cost, as it is served.

use crate::domain::usage::{Cost, Kind, PriceBook, Source, Unit, UsageTotal};
use serde::Serialize;
use utoipa::ToSchema;

/// What was used and what it cost. An unknown price is null, never 0.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct UsageView {
    /// One for each kind of each model.
    pub lines: Vec<UsageLine>,
    /// US dollars of all lines; null if the price of one is unknown.
    #[schema(required)]
    pub cost_usd: Option<f64>,
    /// US dollars of the lines whose price is known.
    pub known_usd: f64,
    /// The day for which the prices were looked up.
    #[schema(format = Date, example = "2026-11-21")]
    pub price_file_date: String,
}

/// So much of one kind of one model.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct UsageLine {
    #[schema(value_type = Source)]
    pub source: &'static str,
    pub model: String,
    #[schema(value_type = Kind)]
    pub kind: &'static str,
    pub quantity: f64,
    /// `token` or `second`.
    pub unit: &'static str,
    /// US dollars; null if the price is unknown.
    #[schema(required)]
    pub usd: Option<f64>,
}

impl UsageView {
    /// These totals at these prices.
    pub fn new(totals: impl IntoIterator<Item = UsageTotal>, prices: &PriceBook) -> Self {
        let cost = Cost::of(totals, prices);
        let (cost_usd, known_usd) = (cost.total().map(|total| total.usd()), cost.known.usd());
        let line = |line: crate::domain::usage::CostLine| {
            let (quantity, unit) = match line.total.kind.unit() {
                Unit::Token => (line.total.quantity as f64, "token"),
                Unit::Millisecond => (line.total.quantity as f64 / 1_000.0, "second"),
            };
            UsageLine {
                source: line.total.source.as_str(),
                model: line.total.model,
                kind: line.total.kind.as_str(),
                quantity,
                unit,
                usd: line.cost.map(|cost| cost.usd()),
            }
        };
        let lines = cost.lines.into_iter().map(line).collect();
        Self { lines, cost_usd, known_usd, price_file_date: prices.date().to_string() }
    }
}
