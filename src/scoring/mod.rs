//! Proposes scores: asks an evaluator about each question that has a rubric and enough evidence, and keeps what stands.
//!
//! A proposal is begun (its id follows from its inputs), asked about, and completed once. Whatever the evaluator does,
//! the evidence stays, and the record says how far it came.

mod evaluator;
mod work;

pub use evaluator::Evaluator;
pub use work::{EVALUATE_JOB, Evaluation, ScoringStage};

use crate::{
    config::Config,
    domain::{
        interview::Question,
        scorecard::{
            QuestionRubric,
            evidence::QuestionEvidence,
            proposal::propose,
            record::{Material, Proposal, ProposalState, Shortfall},
            rubric_of,
        },
        session::Status,
        usage::{Kind, Source, Usage, UsageTotal},
    },
    store::{
        SessionRecord, SqlStore, Store, StoreError,
        scorecards::{ProposalRecord, heard, material},
    },
    wire::evaluation,
};
use jiff::Timestamp;
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
    time::Duration,
};
use tokio::{sync::Mutex, time::Instant};

/// How long evaluators may take.
#[derive(Clone, Copy, Debug)]
pub struct ScoringLimits {
    /// One question, tries of the chat client included. A model on a laptop's processor needs its time.
    pub question: Duration,
    /// All questions of a proposal; what is not judged by then is left for the next try.
    pub proposal: Duration,
}

impl Default for ScoringLimits {
    fn default() -> Self {
        Self { question: Duration::from_secs(120), proposal: Duration::from_secs(20 * 60) }
    }
}

/// Locks over proposals: two that share one only wait for each other.
const LOCKS: usize = 16;

/// Makes proposals.
pub struct Scoring {
    store: Arc<SqlStore>,
    evaluator: Evaluator,
    limits: ScoringLimits,
    /// Nobody asks twice at the same time about the same.
    locks: [Mutex<()>; LOCKS],
}

impl Scoring {
    /// With the evaluator that is configured.
    ///
    /// # Errors
    /// When no client can be built: the system has no trusted roots.
    pub fn new(config: &Config, store: Arc<SqlStore>) -> Result<Self, reqwest::Error> {
        Ok(Self::with(Evaluator::configured(config)?, ScoringLimits::default(), store))
    }

    /// With this evaluator.
    pub fn with(evaluator: Evaluator, limits: ScoringLimits, store: Arc<SqlStore>) -> Self {
        Self { store, evaluator, limits, locks: Default::default() }
    }

    /// Begins a proposal about an ended session, or finds the one with the same inputs. `rubric`: another than the
    /// interview's own. `None`: there is nothing to judge by.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Unknown`] when the session was erased meanwhile.
    pub async fn begin(
        &self,
        record: &SessionRecord,
        rubric: Option<Vec<QuestionRubric>>,
    ) -> Result<Option<ProposalRecord>, StoreError> {
        let rubric = rubric.unwrap_or_else(|| rubric_of(&record.interview));
        if rubric.is_empty() || record.status != Status::Ended {
            return Ok(None);
        }
        let heard = heard(record);
        let material = material(record, &heard);
        let proposal = Proposal::begin(&material, rubric, self.evaluator.name(), &evaluation::identity());
        let at = Timestamp::now();
        let proposal_id = proposal.pins.proposal_id();
        let session_id = record.session_id.clone();
        let new = ProposalRecord { proposal_id, session_id, proposal, attempts: 0, created_at: at, updated_at: at };
        self.store.begin_proposal(new).await.map(Some)
    }

    /// Asks the evaluator what it has not answered yet, and keeps what stands. A proposal that is complete is left as
    /// it is. `None`: it was erased, or its transcript is not the one that it rests on any more.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn evaluate(&self, proposal_id: &str) -> Result<Option<ProposalRecord>, StoreError> {
        let _alone = self.lock_of(proposal_id).lock().await;
        let Some(before) = self.store.proposal(proposal_id).await? else { return Ok(None) };
        if !matches!(before.state(), ProposalState::Pending | ProposalState::Failed) {
            return Ok(Some(before));
        }
        let Some(record) = self.store.load_session(&before.session_id).await? else { return Ok(None) };
        let heard = heard(&record);
        let material = material(&record, &heard);
        if material.transcript_sha256() != before.proposal.pins.transcript_sha256 {
            return Ok(None);
        }
        let mut proposal = before.proposal;
        self.judge(&mut proposal, &material).await;
        let outcome = proposal.state().as_str();
        metrics::counter!("viva_proposals_total", "state" => outcome).increment(1);
        let totals = tokens_used(&proposal);
        let kept = self.store.advance_proposal(proposal_id, proposal, Timestamp::now()).await?;
        if let Some(kept) = kept.as_ref().filter(|_| !totals.is_empty()) {
            self.store.put_usage(&kept.session_id, proposal_id, Timestamp::now(), totals).await?;
        }
        Ok(kept)
    }

    /// Asks about each open question, one after the other. The first failure of the endpoint ends it: the next question
    /// would meet the same. An answer that cannot be read is about its question alone.
    async fn judge(&self, proposal: &mut Proposal, material: &Material<'_>) {
        let until = Instant::now() + self.limits.proposal;
        proposal.shortfall = None;
        for number in proposal.open_questions() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                proposal.shortfall = Some(Shortfall::EvaluatorTimedOut);
                return;
            }
            let deadline = left.min(self.limits.question);
            match self.judge_question(proposal, material, number, deadline).await {
                Ok(()) => {}
                Err(Shortfall::AnswerUnreadable) => proposal.shortfall = Some(Shortfall::AnswerUnreadable),
                Err(shortfall) => {
                    proposal.shortfall = Some(shortfall);
                    return;
                }
            }
        }
    }

    async fn judge_question(
        &self,
        proposal: &mut Proposal,
        material: &Material<'_>,
        number: u32,
        deadline: Duration,
    ) -> Result<(), Shortfall> {
        let index = usize::try_from(number).unwrap_or(0).wrapping_sub(1);
        let asked = material.interview.questions.get(index);
        let rubric = proposal.rubric.iter().find(|rubric| rubric.question == number);
        let (Some(question), Some(rubric)) = (asked, rubric) else {
            return Ok(()); // No such question: it has no evidence either.
        };
        let evidence = material.evidence(number);
        let answer = self.ask(question, rubric, &evidence, &material.interview.language, deadline).await?;
        if let Some(usage) = answer.usage {
            proposal.tokens.input = proposal.tokens.input.saturating_add(usage.input_tokens);
            proposal.tokens.cached = proposal.tokens.cached.saturating_add(usage.cached_tokens);
            proposal.tokens.output = proposal.tokens.output.saturating_add(usage.output_tokens);
        }
        let judgements = evaluation::parse(&answer.text).map_err(|error| {
            let session = material.session_id;
            tracing::warn!(%session, question = number, %error, "an evaluator's answer is no use");
            Shortfall::AnswerUnreadable
        })?;
        let criteria = propose(question, &rubric.criteria, &evidence, &judgements);
        let dropped: u32 = criteria.iter().map(|one| one.quotes_dropped).sum();
        metrics::counter!("viva_evaluator_quotes_dropped_total").increment(u64::from(dropped));
        proposal.settle(number, criteria);
        Ok(())
    }

    async fn ask(
        &self,
        question: &Question,
        rubric: &QuestionRubric,
        evidence: &QuestionEvidence,
        language: &str,
        deadline: Duration,
    ) -> Result<crate::chat::ChatAnswer, Shortfall> {
        let words = evaluation::user_message(question, &rubric.criteria, evidence, language);
        self.evaluator.ask(words, evaluation::schema(&rubric.criteria), deadline).await
    }

    fn lock_of(&self, proposal_id: &str) -> &Mutex<()> {
        let mut hasher = DefaultHasher::new();
        proposal_id.hash(&mut hasher);
        &self.locks[(hasher.finish() % LOCKS as u64) as usize]
    }
}

/// All that a proposal took so far, for the session's usage.
fn tokens_used(proposal: &Proposal) -> Vec<UsageTotal> {
    let Some(evaluator) = &proposal.evaluator else { return Vec::new() };
    let tokens = proposal.tokens;
    let usage = Usage::new(Source::Evaluation, &evaluator.model)
        .and(Kind::InputText, tokens.input.saturating_sub(tokens.cached))
        .and(Kind::CachedText, tokens.cached)
        .and(Kind::OutputText, tokens.output);
    crate::domain::usage::Ledger::default().add(&usage)
}
