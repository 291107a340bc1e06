//! What the session used, and the polite end when what may be spent is spent.

use super::{Activity, EndReason, Floor, Life, Session, Time, phrases};
use crate::domain::{
    practice::Purpose,
    usage::{Budget, Kind, Ledger, Source, Usage},
};

/// Somebody who is in the middle of a sentence may finish it within this.
const POLITE_MS: u64 = 20_000;
/// Whose connection is counted: no provider charges for it.
const OWN_MODEL: &str = "viva";

/// The session's account.
#[derive(Debug, Default)]
pub(super) struct Spending {
    ledger: Ledger,
    budget: Option<Budget>,
    /// Audio since the speech model's last count.
    heard_ms: u64,
    spoken_ms: u64,
    /// Something was added since the budget was looked at.
    changed: bool,
    /// What may be spent is spent: nothing new is begun.
    over: bool,
    /// The end comes by then, whoever speaks.
    closes_by: Option<Time>,
    connected_since: Option<Time>,
}

impl Session {
    /// The same session, which ends politely when it has cost so much.
    #[must_use]
    pub fn with_budget(mut self, budget: Budget) -> Self {
        self.spending.budget = Some(budget);
        self.spending.changed = true;
        self
    }

    /// What was used so far.
    pub fn ledger(&self) -> &Ledger {
        &self.spending.ledger
    }

    pub(super) fn on_usage(&mut self, usage: &Usage) {
        if Budget::settles(usage.source) {
            (self.spending.heard_ms, self.spending.spoken_ms) = (0, 0);
        }
        self.spending.changed = true;
        for total in self.spending.ledger.add(usage) {
            self.record.usage(total);
        }
    }

    /// Audio of the candidate that nobody has counted yet.
    pub(super) fn note_heard(&mut self, ms: u64) {
        self.spending.heard_ms = self.spending.heard_ms.saturating_add(ms);
        self.spending.changed = true;
    }

    /// The same for the interviewer's.
    pub(super) fn note_spoken(&mut self, ms: u64) {
        self.spending.spoken_ms = self.spending.spoken_ms.saturating_add(ms);
        self.spending.changed = true;
    }

    pub(super) fn connection_began(&mut self, now: Time) {
        self.spending.connected_since.get_or_insert(now);
    }

    pub(super) fn connection_over(&mut self, now: Time) {
        let Some(since) = self.spending.connected_since.take() else { return };
        let connected_ms = now.0.saturating_sub(since.0);
        self.on_usage(&Usage::new(Source::Connection, OWN_MODEL).and(Kind::Connected, connected_ms));
    }

    /// Nothing may be spent any more, by this session or by all of them.
    pub(super) fn spend_no_more(&mut self) {
        self.spending.over = true;
    }

    /// Nothing new is to be said but the last words.
    pub(super) fn is_spent(&self) -> bool {
        self.spending.over && !matches!(self.life, Life::Closing { .. })
    }

    /// When the end comes at the latest, if it is due.
    pub(super) fn budget_due(&self) -> Option<Time> {
        self.spending.closes_by.filter(|_| matches!(self.life, Life::Active))
    }

    /// Ends when the budget is spent and nobody is in the middle of a sentence.
    pub(super) fn mind_budget(&mut self, now: Time) {
        let spending = &mut self.spending;
        if std::mem::take(&mut spending.changed) && !spending.over {
            let (heard_ms, spoken_ms) = (spending.heard_ms, spending.spoken_ms);
            let spent = |budget: &Budget| budget.is_spent(&spending.ledger, heard_ms, spoken_ms);
            spending.over = spending.budget.as_ref().is_some_and(spent);
        }
        if !self.spending.over || !matches!(self.life, Life::Active) {
            return;
        }
        let by = *self.spending.closes_by.get_or_insert(Time(now.0 + POLITE_MS));
        if now >= by || !self.is_mid_sentence() {
            let words = match self.setup.purpose {
                Purpose::Interview => phrases::GOODBYE_BUDGET,
                Purpose::Practice => phrases::GOODBYE_BUDGET_PRACTICE,
            };
            self.close(now, EndReason::Budget, Some(words.to_owned()));
        }
    }

    fn is_mid_sentence(&self) -> bool {
        match &self.floor {
            Floor::Nobody => false,
            Floor::Interviewer(utterance) => self.voice.is_heard(&utterance.items),
            // A pause may be the middle of an answer: the plan's patience decides.
            Floor::Candidate(answer) => !matches!(answer.activity, Activity::Quiet { .. }),
        }
    }
}
