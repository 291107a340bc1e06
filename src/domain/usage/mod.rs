//! What an interview used of models and machines, and what that cost. Quantities are whole tokens and milliseconds,
//! money is whole billionths of a dollar: sums do not depend on their order. An unknown price is no price, never 0.

mod cost;
mod price;

pub use cost::{BUDGET_RATES, Budget, Cost, CostLine, NanoUsd};
pub use price::{PriceBook, PriceError, PriceFile};

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema), schema(rename_all = "snake_case"))]
pub enum Source {
    /// The speech model of a Realtime server.
    Realtime,
    /// The transcriber of a Realtime server.
    Transcription,
    /// The chat endpoint that phrases.
    Chat,
    /// The model that proposes scores.
    Evaluation,
    /// The built-in engine.
    Engine,
    /// The built-in engine, once more over the recording.
    SecondPass,
    /// This server: the candidate's connection.
    Connection,
}

/// A kind of token or second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    InputText,
    InputAudio,
    InputImage,
    /// Tokens in of which the server does not say what they are.
    Input,
    CachedText,
    CachedAudio,
    CachedImage,
    OutputText,
    OutputAudio,
    /// The same for tokens out.
    Output,
    /// Audio that was listened to.
    Heard,
    /// Audio that was made.
    Spoken,
    Connected,
}

/// What a quantity counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Token,
    Millisecond,
}

impl Source {
    /// The public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Realtime => "realtime",
            Self::Transcription => "transcription",
            Self::Chat => "chat",
            Self::Evaluation => "evaluation",
            Self::Engine => "engine",
            Self::SecondPass => "second_pass",
            Self::Connection => "connection",
        }
    }

    /// Every source, for parsing a stored name.
    pub const ALL: [Self; 7] = [
        Self::Realtime,
        Self::Transcription,
        Self::Chat,
        Self::Evaluation,
        Self::Engine,
        Self::SecondPass,
        Self::Connection,
    ];
}

impl Kind {
    /// The public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InputText => "input_text",
            Self::InputAudio => "input_audio",
            Self::InputImage => "input_image",
            Self::Input => "input",
            Self::CachedText => "cached_text",
            Self::CachedAudio => "cached_audio",
            Self::CachedImage => "cached_image",
            Self::OutputText => "output_text",
            Self::OutputAudio => "output_audio",
            Self::Output => "output",
            Self::Heard => "heard",
            Self::Spoken => "spoken",
            Self::Connected => "connected",
        }
    }

    /// What a quantity of it counts.
    pub const fn unit(self) -> Unit {
        match self {
            Self::Heard | Self::Spoken | Self::Connected => Unit::Millisecond,
            _ => Unit::Token,
        }
    }

    /// Every kind, for parsing a stored name.
    pub const ALL: [Self; 13] = [
        Self::InputText,
        Self::InputAudio,
        Self::InputImage,
        Self::Input,
        Self::CachedText,
        Self::CachedAudio,
        Self::CachedImage,
        Self::OutputText,
        Self::OutputAudio,
        Self::Output,
        Self::Heard,
        Self::Spoken,
        Self::Connected,
    ];
}

/// No line is longer, whatever a server says: 30,000 years of milliseconds, and sums of them fit into any database.
const QUANTITY_MAX: u64 = 1_000_000_000_000_000;
/// Characters of a model's name that are kept.
const MODEL_CHARS_MAX: usize = 120;

/// One report of a use, such as one response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    pub source: Source,
    pub model: String,
    /// Tokens or milliseconds, each kind at most once; none of them 0.
    pub counts: BTreeMap<Kind, u64>,
}

impl Usage {
    /// Nothing yet.
    pub fn new(source: Source, model: &str) -> Self {
        Self { source, model: model.chars().take(MODEL_CHARS_MAX).collect(), counts: BTreeMap::new() }
    }

    /// And so many tokens or milliseconds of a kind.
    #[must_use]
    pub fn and(mut self, kind: Kind, quantity: u64) -> Self {
        if quantity > 0 {
            let count = self.counts.entry(kind).or_default();
            *count = count.saturating_add(quantity).min(QUANTITY_MAX);
        }
        self
    }

    /// Whether nothing was used.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }
}

/// What was used of one kind of one model, so far.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UsageTotal {
    pub source: Source,
    pub model: String,
    pub kind: Kind,
    /// Tokens or milliseconds; it only grows.
    pub quantity: u64,
}

/// Lines of one ledger; what comes after is counted for [`OTHER_MODELS`].
const LINES_MAX: usize = 64;
/// Stands for the models that have no line of their own.
const OTHER_MODELS: &str = "other";

/// All that was used, one line for each kind of each model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    lines: BTreeMap<(Source, String, Kind), u64>,
}

impl Ledger {
    /// Adds what was used; the lines that changed, as they are now.
    pub fn add(&mut self, usage: &Usage) -> Vec<UsageTotal> {
        let line = |(&kind, &quantity): (&Kind, &u64)| {
            let mut key = (usage.source, usage.model.clone(), kind);
            // A line for each source and kind stays free, whatever the models are called.
            if self.lines.len() >= LINES_MAX && !self.lines.contains_key(&key) {
                key.1 = OTHER_MODELS.to_owned();
            }
            let total = self.lines.entry(key.clone()).or_default();
            *total = total.saturating_add(quantity).min(QUANTITY_MAX);
            UsageTotal { source: key.0, model: key.1, kind, quantity: *total }
        };
        usage.counts.iter().map(line).collect()
    }

    /// A ledger that goes on from these totals.
    pub fn of(totals: &[UsageTotal]) -> Self {
        let lines = totals.iter().map(|total| ((total.source, total.model.clone(), total.kind), total.quantity));
        Self { lines: lines.collect() }
    }

    /// Every line, in order.
    pub fn totals(&self) -> impl Iterator<Item = UsageTotal> + '_ {
        self.lines.iter().map(|((source, model, kind), quantity)| UsageTotal {
            source: *source,
            model: model.clone(),
            kind: *kind,
            quantity: *quantity,
        })
    }
}
