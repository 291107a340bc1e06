//! What all sessions of this server spend: prices, the day's budget, and the figures for operators.

use crate::{
    config::Budgets,
    domain::{
        interview::Interview,
        usage::{Budget, Cost, Kind, NanoUsd, PriceBook, Unit, Usage},
    },
    store::{SqlStore, StoreError, usage::day_of},
};
use jiff::Timestamp;
use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How often the day's sum is read again: other nodes spend too, and the day ends.
const READ_EVERY: Duration = Duration::from_secs(15);
/// Models and kinds without a price that were logged.
const UNPRICED_MAX: usize = 256;

/// The day's budget is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the day's budget is spent until {resets_at}")]
pub struct DaySpent {
    /// The next midnight (UTC).
    pub resets_at: Timestamp,
}

/// Why nobody may begin to spend.
#[derive(Debug, thiserror::Error)]
pub enum NotAdmitted {
    #[error(transparent)]
    DaySpent(#[from] DaySpent),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The day as it is known here.
#[derive(Clone, Copy, Debug)]
struct Day {
    /// Days since 1970 (UTC).
    number: i64,
    spent: NanoUsd,
}

/// See the module.
pub struct Spending {
    store: Arc<SqlStore>,
    prices: Arc<PriceBook>,
    /// The speech model, for what is not counted yet.
    model: String,
    session_limit: Option<NanoUsd>,
    day_limit: Option<NanoUsd>,
    day: Mutex<Day>,
    day_spent: watch::Sender<bool>,
    /// Somebody has a budget.
    has_budget: AtomicBool,
    unpriced: Mutex<HashSet<(String, Kind)>>,
}

impl Spending {
    /// `model`: the speech model that is configured.
    pub fn new(store: Arc<SqlStore>, prices: PriceBook, budgets: Budgets, model: String) -> Self {
        let day_limit = budgets.day_usd.map(NanoUsd::from_usd);
        let session_limit = budgets.session_usd.map(NanoUsd::from_usd);
        Self {
            store,
            prices: Arc::new(prices),
            model,
            session_limit,
            day_limit,
            day: Mutex::new(Day { number: day_of(Timestamp::now()), spent: NanoUsd::ZERO }),
            day_spent: watch::Sender::new(false),
            has_budget: AtomicBool::new(day_limit.is_some() || session_limit.is_some()),
            unpriced: Mutex::default(),
        }
    }

    /// What everything costs.
    pub fn prices(&self) -> &PriceBook {
        &self.prices
    }

    /// What a session of this interview may cost: as the interview says, or as the server is configured.
    pub fn budget_of(&self, interview: &Interview) -> Option<Budget> {
        let limit = interview.limits.cost_usd_max.map(NanoUsd::from_usd).or(self.session_limit)?;
        self.has_budget.store(true, Ordering::Relaxed);
        Some(Budget { limit, prices: self.prices.clone(), model: self.model.clone() })
    }

    /// May somebody begin to spend?
    ///
    /// # Errors
    /// [`NotAdmitted`]
    pub async fn admit(&self) -> Result<(), NotAdmitted> {
        if self.day_limit.is_none() {
            return Ok(());
        }
        self.read_day().await?;
        if !*self.day_spent.borrow() {
            return Ok(());
        }
        let tomorrow = (day_of(Timestamp::now()) + 1) * 86_400;
        Err(DaySpent { resets_at: Timestamp::from_second(tomorrow).unwrap_or(Timestamp::MAX) }.into())
    }

    /// Something was used: for the figures and the day.
    pub fn note(&self, usage: &Usage) {
        let mut known = NanoUsd::ZERO;
        for (&kind, &quantity) in &usage.counts {
            let unit = match kind.unit() {
                Unit::Token => "token",
                Unit::Millisecond => "millisecond",
            };
            metrics::counter!("viva_usage_total", "kind" => kind.as_str(), "unit" => unit).increment(quantity);
            match self.prices.cost(&usage.model, kind, quantity) {
                Some(cost) => known = known.plus(cost),
                None => self.note_unpriced(&usage.model, kind),
            }
        }
        // A counter of this library holds whole numbers only.
        metrics::gauge!("viva_cost_usd_total").increment(known.usd());
        let mut day = self.lock_day();
        self.turn(&mut day);
        day.spent = day.spent.plus(known);
        self.judge(&day);
    }

    /// Whether the day's budget is spent; changes when that does.
    pub fn watch_day(&self) -> watch::Receiver<bool> {
        self.day_spent.subscribe()
    }

    /// Reads the day's sum again and again, until `stop`; returns at once when there is no budget for a day.
    pub async fn keep_watch(self: Arc<Self>, stop: CancellationToken) {
        while self.day_limit.is_some() {
            if let Err(error) = self.read_day().await {
                tracing::warn!(%error, "what was spent today cannot be read");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(READ_EVERY) => {}
            }
        }
    }

    async fn read_day(&self) -> Result<(), StoreError> {
        let number = day_of(Timestamp::now());
        let kept = Cost::of(self.store.usage_of_day(number).await?, &self.prices).known;
        let mut day = self.lock_day();
        self.turn(&mut day);
        if day.number == number {
            // What was noted here may not be kept yet; what others spent was not noted here.
            day.spent = day.spent.max(kept);
        }
        self.judge(&day);
        Ok(())
    }

    /// A new day begins with nothing spent.
    fn turn(&self, day: &mut Day) {
        let number = day_of(Timestamp::now());
        if number != day.number {
            *day = Day { number, spent: NanoUsd::ZERO };
        }
    }

    fn judge(&self, day: &Day) {
        let spent = self.day_limit.is_some_and(|limit| day.spent >= limit);
        let news = self.day_spent.send_if_modified(|known| std::mem::replace(known, spent) != spent);
        if news && spent {
            tracing::warn!(spent_usd = %day.spent, "the day's budget is spent: interviews end, and none begins");
        }
    }

    /// Budgets do not see what has no price: that is said once.
    fn note_unpriced(&self, model: &str, kind: Kind) {
        if !self.has_budget.load(Ordering::Relaxed) {
            return;
        }
        let mut unpriced = self.unpriced.lock().unwrap_or_else(PoisonError::into_inner);
        if unpriced.len() < UNPRICED_MAX && unpriced.insert((model.to_owned(), kind)) {
            tracing::warn!(model, kind = kind.as_str(), "no price is known: budgets cannot see it; see VIVA_PRICES");
        }
    }

    /// The day is never left half changed, so a poisoned lock is still good.
    fn lock_day(&self) -> MutexGuard<'_, Day> {
        self.day.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
