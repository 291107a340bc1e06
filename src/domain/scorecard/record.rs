//! A proposal as it is kept: what it rests on, who was asked, and what stands of the answers.

use super::{
    QuestionRubric,
    evidence::{Heard, Insufficiency, QuestionEvidence, TranscriptQuality},
    pins::{Pins, interview_sha256, prompt_sha256, rubric_sha256, transcript_sha256},
    proposal::{CriterionProposal, unjudged},
};
use crate::domain::{id::SessionId, interview::Interview};
use serde::{Deserialize, Serialize};

/// How far a proposal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProposalState {
    /// The evaluator is still to be asked.
    Pending,
    /// There is no evaluator: the evidence is laid out for a person.
    EvidenceOnly,
    /// Every question is judged, or cannot be.
    Proposed,
    /// The evaluator failed for a question; what it said about others stands. Asking again may complete it.
    Failed,
}

impl ProposalState {
    /// The public name, which is the stored one.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::EvidenceOnly => "evidence_only",
            Self::Proposed => "proposed",
            Self::Failed => "failed",
        }
    }

    /// Every state, for parsing a stored name.
    pub const ALL: [Self; 4] = [Self::Pending, Self::EvidenceOnly, Self::Proposed, Self::Failed];
}

/// Why nothing, or not everything, is proposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Shortfall {
    /// None is configured.
    NoEvaluator,
    /// `VIVA_EVALUATION` is `off`.
    SwitchedOff,
    EvaluatorUnreachable,
    EvaluatorTimedOut,
    EvaluatorThrottled,
    /// A wrong key, model or address.
    EvaluatorRefused,
    EvaluatorFailed,
    /// What it said cannot be read.
    AnswerUnreadable,
}

/// Who is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct EvaluatorName {
    pub kind: EvaluatorKind,
    pub model: String,
}

/// Where an evaluator is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EvaluatorKind {
    /// `VIVA_CHAT_URL`.
    Chat,
    /// `OPENAI_API_KEY` with `VIVA_EVALUATION_MODEL`.
    Openai,
}

/// Tokens that a proposal took so far, by the evaluator's own account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// All of the prompts, the cached ones included.
    pub input: u64,
    pub cached: u64,
    pub output: u64,
}

/// One question of a proposal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuestionProposal {
    /// Number of the question, from 1.
    pub question: u32,
    pub quality: TranscriptQuality,
    /// Why it is not judged, where its transcript is the reason.
    pub insufficiency: Option<Insufficiency>,
    /// The evaluator has answered.
    pub judged: bool,
    /// One for each criterion.
    pub criteria: Vec<CriterionProposal>,
}

/// A proposal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    pub pins: Pins,
    pub evaluator: Option<EvaluatorName>,
    pub shortfall: Option<Shortfall>,
    /// The rubric in force.
    pub rubric: Vec<QuestionRubric>,
    pub questions: Vec<QuestionProposal>,
    #[serde(default)]
    pub tokens: Tokens,
}

/// What a proposal is made of.
#[derive(Clone, Copy, Debug)]
pub struct Material<'a> {
    pub session_id: &'a SessionId,
    pub interview: &'a Interview,
    pub heard: &'a [Heard<'a>],
    /// Of the session's incoming audio, 0 to 1.
    pub concealed_ratio: Option<f64>,
}

impl Material<'_> {
    /// What question `number` has to offer.
    pub fn evidence(&self, number: u32) -> QuestionEvidence {
        QuestionEvidence::gather(number, self.heard, self.concealed_ratio)
    }

    /// The hash of the transcript as it is now.
    pub fn transcript_sha256(&self) -> String {
        transcript_sha256(self.session_id, self.heard, self.concealed_ratio)
    }
}

impl Proposal {
    /// A proposal that nobody has been asked about. `evaluator`: whom to ask, or why nobody; `prompt`: what makes the
    /// request besides the question.
    pub fn begin(
        material: &Material<'_>,
        rubric: Vec<QuestionRubric>,
        evaluator: Result<EvaluatorName, Shortfall>,
        prompt: &str,
    ) -> Self {
        let question = |rubric: &QuestionRubric| {
            let evidence = material.evidence(rubric.question);
            QuestionProposal {
                question: rubric.question,
                quality: evidence.quality,
                insufficiency: evidence.insufficiency,
                judged: false,
                criteria: unjudged(&rubric.criteria, &evidence),
            }
        };
        let model = evaluator.as_ref().ok().map(|name| match name.kind {
            EvaluatorKind::Chat => format!("chat:{}", name.model),
            EvaluatorKind::Openai => format!("openai:{}", name.model),
        });
        Self {
            pins: Pins {
                interview_sha256: interview_sha256(material.interview),
                rubric_sha256: rubric_sha256(&rubric),
                transcript_sha256: material.transcript_sha256(),
                prompt_sha256: prompt_sha256(prompt),
                model,
            },
            questions: rubric.iter().map(question).collect(),
            shortfall: evaluator.as_ref().err().copied(),
            evaluator: evaluator.ok(),
            rubric,
            tokens: Tokens::default(),
        }
    }

    /// How far it is.
    pub fn state(&self) -> ProposalState {
        if self.evaluator.is_none() {
            return ProposalState::EvidenceOnly;
        }
        match (self.open_questions().is_empty(), self.shortfall) {
            (true, _) => ProposalState::Proposed,
            (false, Some(_)) => ProposalState::Failed,
            (false, None) => ProposalState::Pending,
        }
    }

    /// Numbers of the questions that the evaluator has still to judge.
    pub fn open_questions(&self) -> Vec<u32> {
        let open = |question: &&QuestionProposal| !question.judged && question.insufficiency.is_none();
        self.questions.iter().filter(open).map(|question| question.question).collect()
    }

    /// What stands of the evaluator's answer about a question.
    pub fn settle(&mut self, number: u32, criteria: Vec<CriterionProposal>) {
        if let Some(question) = self.questions.iter_mut().find(|question| question.question == number) {
            question.judged = true;
            question.criteria = criteria;
        }
    }

    /// The entries of one question.
    pub fn criteria_of(&self, number: u32) -> &[CriterionProposal] {
        let question = self.questions.iter().find(|question| question.question == number);
        question.map(|question| question.criteria.as_slice()).unwrap_or_default()
    }
}

/// Who scored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Author {
    pub kind: AuthorKind,
    /// The user's id; of a platform's interviewer, what the platform calls them; empty otherwise.
    pub id: String,
    /// The user's name; the same as `id` where there is none.
    pub name: String,
}

/// What kind of principal an author is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AuthorKind {
    Local,
    Platform,
    User,
}

impl AuthorKind {
    /// The public name, which is the stored one.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Platform => "platform",
            Self::User => "user",
        }
    }

    /// Every kind, for parsing a stored name.
    pub const ALL: [Self; 3] = [Self::Local, Self::Platform, Self::User];
}

impl Author {
    /// Is it the same author? A name may change.
    pub fn is(&self, other: &Self) -> bool {
        (self.kind, &self.id) == (other.kind, &other.id)
    }
}
