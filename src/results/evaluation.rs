//! What the answers show, as results tell it: evidence for a person always, a proposal where there is one and who reads
//! has scored first, and people's scorecards with their authors.

use crate::{
    domain::{
        interview::Criterion,
        scorecard::{
            QuestionRubric,
            agreement::{CriterionAgreement, agreement},
            card::Score,
            evidence::{Answer, Insufficiency, TranscriptQuality},
            pins::{Pins, rubric_sha256},
            proposal::CriterionProposal,
            record::{Author, EvaluatorName, Proposal, ProposalState, QuestionProposal, Shortfall},
            rubric_of,
        },
    },
    store::{
        SessionRecord, SqlStore, StoreError,
        scorecards::{ProposalRecord, ScorecardRevision, heard, material},
    },
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// Who reads.
#[derive(Clone, Debug)]
pub struct Viewer {
    pub author: Author,
    /// A platform that asked for it sees proposals at once; everybody else when they have scored.
    pub sees_proposals: bool,
}

/// What the answers show.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Evaluation {
    pub status: ProposalState,
    /// Who was asked; null: nobody, and `reason` says why.
    #[schema(required)]
    pub evaluator: Option<EvaluatorName>,
    /// Why nothing, or not everything, is proposed.
    #[schema(required)]
    pub reason: Option<Shortfall>,
    /// There is a proposal, and the reader has to score first.
    pub hidden_until_scored: bool,
    /// For each question with a rubric: its criteria and the answers to judge by.
    pub evidence: Vec<QuestionEvidenceView>,
    #[schema(required)]
    pub proposal: Option<ProposalView>,
    /// The newest revision of each; one's own alone until one has scored.
    pub scorecards: Vec<ScorecardView>,
}

/// The evidence of one question.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct QuestionEvidenceView {
    /// From 1.
    pub question: u32,
    pub text: String,
    pub criteria: Vec<CriterionView>,
    /// The candidate's settled words, the same for every criterion of the question.
    pub answers: Vec<Answer>,
    pub quality: TranscriptQuality,
    /// Why a score would not be fair; null: it is enough.
    #[schema(required)]
    pub insufficiency: Option<Insufficiency>,
}

/// A criterion of the rubric.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CriterionView {
    pub id: String,
    pub name: String,
    pub description: String,
    pub levels: Vec<LevelView>,
}

/// One level and what an answer of it says.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LevelView {
    pub level: u32,
    pub anchor: String,
}

/// A proposal and what it rests on.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProposalView {
    /// Follows from the pins.
    pub proposal_id: String,
    pub status: ProposalState,
    #[schema(required)]
    pub evaluator: Option<EvaluatorName>,
    #[schema(required)]
    pub reason: Option<Shortfall>,
    pub pins: Pins,
    /// The transcript is still the one that it rests on.
    pub is_current: bool,
    /// It was made with the interview's own rubric.
    pub is_own_rubric: bool,
    /// How often the evaluator was asked.
    pub attempts: u32,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// Null while it is hidden.
    #[schema(required)]
    pub questions: Option<Vec<QuestionProposalView>>,
}

/// What is proposed for one question.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct QuestionProposalView {
    /// From 1.
    pub question: u32,
    /// The evaluator has answered.
    pub judged: bool,
    pub criteria: Vec<CriterionProposal>,
}

/// A person's scores.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ScorecardView {
    pub scorecard_id: String,
    /// From 1; earlier ones are kept.
    pub revision: u32,
    pub author: Author,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Its author could not have seen a proposal when it was written.
    pub before_proposal: bool,
    pub rubric_sha256: String,
    pub scores: Vec<Score>,
    pub note: String,
    /// Beside the proposal of the same rubric; null while that is hidden, or there is none.
    #[schema(required)]
    pub agreement: Option<Vec<CriterionAgreement>>,
}

/// All proposals and scorecards of a session, as one reader may see them.
pub struct Scores<'r> {
    record: &'r SessionRecord,
    rubric: Vec<QuestionRubric>,
    rubric_sha256: String,
    transcript_sha256: String,
    proposals: Vec<ProposalRecord>,
    cards: Vec<ScorecardRevision>,
    author: Author,
    sees_proposals: bool,
}

impl<'r> Scores<'r> {
    /// Reads them.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn read(database: &SqlStore, record: &'r SessionRecord, viewer: &Viewer) -> Result<Self, StoreError> {
        let proposals = database.proposals(&record.session_id).await?;
        let cards = database.scorecards(&record.session_id).await?;
        let rubric = rubric_of(&record.interview);
        let has_scored = cards.iter().any(|card| card.author.is(&viewer.author));
        let heard = heard(record);
        Ok(Self {
            record,
            rubric_sha256: rubric_sha256(&rubric),
            rubric,
            transcript_sha256: material(record, &heard).transcript_sha256(),
            proposals,
            cards,
            author: viewer.author.clone(),
            sees_proposals: viewer.sees_proposals || has_scored,
        })
    }

    /// For the results: nothing before there is a record, and nothing without a rubric.
    pub fn evaluation(&self) -> Option<Evaluation> {
        let shown = self.shown()?;
        let has_levels = shown.proposal.evaluator.is_some();
        Some(Evaluation {
            status: shown.state(),
            evaluator: shown.proposal.evaluator.clone(),
            reason: shown.proposal.shortfall,
            hidden_until_scored: has_levels && !self.sees_proposals,
            evidence: self.evidence(),
            proposal: (has_levels && self.sees_proposals).then(|| self.proposal_view(shown)),
            scorecards: self.newest_cards().map(|card| self.card_view(card)).collect(),
        })
    }

    /// Are there proposals that the reader may not see yet?
    pub fn hides_proposals(&self) -> bool {
        !self.sees_proposals && self.proposals.iter().any(|record| record.proposal.evaluator.is_some())
    }

    /// Every proposal, oldest first.
    pub fn proposals(&self) -> Vec<ProposalView> {
        self.proposals.iter().map(|record| self.proposal_view(record)).collect()
    }

    /// The newest revision of each scorecard that the reader may see.
    pub fn scorecards(&self) -> Vec<ScorecardView> {
        self.newest_cards().map(|card| self.card_view(card)).collect()
    }

    /// Every revision of one scorecard, oldest first; none of one that the reader may not see.
    pub fn revisions(&self, scorecard_id: &str) -> Vec<ScorecardView> {
        let of_it = self.cards.iter().filter(|card| card.scorecard_id == scorecard_id && self.may_see(card));
        of_it.map(|card| self.card_view(card)).collect()
    }

    /// The newest proposal of the interview's own rubric, one that did not fail before one that did.
    fn shown(&self) -> Option<&ProposalRecord> {
        let own = || self.proposals.iter().rev().filter(|record| self.is_own_rubric(&record.proposal));
        own().find(|record| record.state() != ProposalState::Failed).or_else(|| own().next())
    }

    fn is_own_rubric(&self, proposal: &Proposal) -> bool {
        proposal.pins.rubric_sha256 == self.rubric_sha256
    }

    fn may_see(&self, card: &ScorecardRevision) -> bool {
        self.sees_proposals || card.author.is(&self.author)
    }

    fn newest_cards(&self) -> impl Iterator<Item = &ScorecardRevision> {
        let is_newest = |card: &&ScorecardRevision| {
            let newer =
                |other: &ScorecardRevision| other.scorecard_id == card.scorecard_id && other.revision > card.revision;
            !self.cards.iter().any(newer)
        };
        self.cards.iter().filter(|card| self.may_see(card)).filter(is_newest)
    }

    fn evidence(&self) -> Vec<QuestionEvidenceView> {
        let heard = heard(self.record);
        let material = material(self.record, &heard);
        let questions = &self.record.interview.questions;
        let one = |rubric: &QuestionRubric| {
            let evidence = material.evidence(rubric.question);
            let index = usize::try_from(rubric.question).unwrap_or(0).wrapping_sub(1);
            QuestionEvidenceView {
                question: rubric.question,
                text: questions.get(index).map(|question| question.text.clone()).unwrap_or_default(),
                criteria: rubric.criteria.iter().map(CriterionView::from).collect(),
                answers: evidence.answers,
                quality: evidence.quality,
                insufficiency: evidence.insufficiency,
            }
        };
        self.rubric.iter().map(one).collect()
    }

    fn proposal_view(&self, record: &ProposalRecord) -> ProposalView {
        let proposal = &record.proposal;
        let question = |question: &QuestionProposal| QuestionProposalView {
            question: question.question,
            judged: question.judged,
            criteria: question.criteria.clone(),
        };
        let questions = || proposal.questions.iter().map(question).collect();
        ProposalView {
            proposal_id: record.proposal_id.clone(),
            status: record.state(),
            evaluator: proposal.evaluator.clone(),
            reason: proposal.shortfall,
            pins: proposal.pins.clone(),
            is_current: proposal.pins.transcript_sha256 == self.transcript_sha256,
            is_own_rubric: self.is_own_rubric(proposal),
            attempts: record.attempts,
            created_at: record.created_at,
            updated_at: record.updated_at,
            questions: self.sees_proposals.then(questions),
        }
    }

    fn card_view(&self, card: &ScorecardRevision) -> ScorecardView {
        let proposed = self.shown().filter(|shown| {
            let same_rubric = shown.proposal.pins.rubric_sha256 == card.rubric_sha256;
            self.sees_proposals && same_rubric && shown.state() == ProposalState::Proposed
        });
        let beside = |shown: &ProposalRecord| {
            agreement(&self.rubric, &card.body.scores, |number| shown.proposal.criteria_of(number))
        };
        ScorecardView {
            scorecard_id: card.scorecard_id.clone(),
            revision: card.revision,
            author: card.author.clone(),
            created_at: card.created_at,
            before_proposal: card.before_proposal,
            rubric_sha256: card.rubric_sha256.clone(),
            scores: card.body.scores.clone(),
            note: card.body.note.clone(),
            agreement: proposed.map(beside),
        }
    }
}

impl From<&Criterion> for CriterionView {
    fn from(criterion: &Criterion) -> Self {
        let levels = criterion.levels.iter();
        Self {
            id: criterion.id.clone(),
            name: criterion.name.clone(),
            description: criterion.description.clone(),
            levels: levels.map(|level| LevelView { level: level.level, anchor: level.anchor.clone() }).collect(),
        }
    }
}
