//! What a conversation uses, read from what passes: each response and each transcription once. Audio is not looked at.

use super::{capture::Capture, client::Closing, names::is_retired_transcriber};
use crate::{
    domain::{
        interview::Interview,
        session::Change,
        usage::{Budget, Cost, Ledger, NanoUsd, Usage},
    },
    spending::Spending,
    wire::realtime::{ServerEvent, SessionConfig, serve::error_body},
};
use std::{collections::VecDeque, sync::Arc};

/// Responses and transcriptions that are remembered, so that none is counted twice.
const COUNTED_MAX: usize = 64;

/// The account of one connection; a session's earlier connections are on it too.
pub(super) struct Bill {
    spending: Arc<Spending>,
    budget: Option<Budget>,
    ledger: Ledger,
    model: String,
    transcriber: String,
    counted: VecDeque<String>,
    /// Counted, and on nobody's account yet.
    due: Vec<Usage>,
}

impl Bill {
    pub(super) fn new(
        spending: Arc<Spending>,
        plan: &Interview,
        capture: Option<&Capture>,
        model: String,
        transcriber: String,
    ) -> Self {
        let budget = spending.budget_of(plan);
        let ledger = capture.map(|capture| Ledger::of(capture.used_before())).unwrap_or_default();
        let (counted, due) = (VecDeque::new(), Vec::new());
        Self { spending, budget, ledger, model, transcriber, counted, due }
    }

    /// A provider's event.
    pub(super) fn on_event(&mut self, event: &ServerEvent) {
        match event {
            ServerEvent::SessionCreated(session) | ServerEvent::SessionUpdated(session) => {
                self.on_session(&session.session);
            }
            ServerEvent::ResponseDone(done) if self.is_new(&done.response.id) => {
                self.due.extend(done.response.usage.as_ref().map(|usage| usage.of_response(&self.model)));
            }
            ServerEvent::TranscriptionCompleted(done) if self.is_new(&done.item_id) => {
                self.due.push(done.usage.of_transcription(&self.transcriber));
            }
            _ => {}
        }
    }

    /// The transcriber that the client chose; a retired one was replaced by the configured one.
    fn on_session(&mut self, session: &SessionConfig) {
        let input = session.audio.as_ref().and_then(|audio| audio.input.as_ref());
        let Some(Some(transcription)) = input.and_then(|input| input.transcription.as_ref()) else { return };
        if let Some(model) = transcription.model.as_ref().filter(|model| !is_retired_transcriber(model)) {
            self.transcriber.clone_from(model);
        }
    }

    fn is_new(&mut self, id: &str) -> bool {
        if self.counted.iter().any(|counted| counted == id) {
            return false;
        }
        if self.counted.len() >= COUNTED_MAX {
            self.counted.pop_front();
        }
        self.counted.push_back(id.to_owned());
        true
    }

    /// What the built-in engine counted.
    pub(super) fn on_engine(&mut self, usages: impl IntoIterator<Item = Usage>) {
        self.due.extend(usages);
    }

    /// What was counted since, as changes to be kept.
    pub(super) fn settle(&mut self) -> Vec<Change> {
        let mut changes = Vec::new();
        for usage in std::mem::take(&mut self.due).into_iter().filter(|usage| !usage.is_empty()) {
            self.spending.note(&usage);
            changes.extend(self.ledger.add(&usage).into_iter().map(Change::Usage));
        }
        changes
    }

    /// Why it is over, if no more may be spent: by this session, or by all of them today.
    pub(super) fn spent(&self) -> Option<Closing> {
        let counted = || Cost::of(self.ledger.totals(), self.spending.prices()).known;
        // Where nothing costs anything, nothing is spent by going on.
        let costs = counted() > NanoUsd::ZERO;
        let session = self.budget.as_ref().is_some_and(|budget| counted() >= budget.limit);
        if !(session || costs && *self.spending.watch_day().borrow()) {
            return None;
        }
        let message = "What may be spent on this is spent. What was said is saved.";
        Some(Closing::because(4_000, error_body("insufficient_quota", Some("budget_used_up"), message, None)))
    }
}
