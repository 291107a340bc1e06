//! Interviews as they are sent and answered, as the API's description shows them.

use crate::domain::{
    interview::{Criterion, Interview, Level, Question, Retention, bounds},
    load::CodecPolicy,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An interview, or the part of one that is to change.
#[derive(Deserialize, ToSchema)]
pub struct InterviewBody {
    /// A built-in kind to begin with, or a word of your own beside `questions`.
    #[schema(example = "general")]
    pub kind: Option<String>,
    #[schema(min_length = 1, max_length = 120, example = "Backend engineer, first round")]
    pub title: Option<String>,
    #[schema(max_length = 8000)]
    pub description: Option<String>,
    /// BCP 47. The built-in engine speaks `en`.
    #[schema(example = "en")]
    pub language: Option<String>,
    /// The interviewer's name as it is spoken.
    #[schema(max_length = 120, example = "Vera")]
    pub persona: Option<String>,
    /// What a Realtime model is told beside the questions.
    #[schema(max_length = 8000)]
    pub instructions: Option<String>,
    /// Who invites, as the candidate is told.
    #[schema(max_length = 120, example = "Bakery Ltd.")]
    pub host: Option<String>,
    /// Where the candidate finds help: an e-mail address or an https address.
    #[schema(max_length = 254, example = "jobs@example.com")]
    pub contact: Option<String>,
    /// What happens after the interview, as the candidate is told at its end.
    #[schema(max_length = 2000, example = "We write to you within a week.")]
    pub next_steps: Option<String>,
    #[schema(min_items = 1, max_items = 50)]
    pub questions: Option<Vec<QuestionBody>>,
    pub limits: Option<LimitsBody>,
    pub candidate_may_read_results: Option<bool>,
    /// Is what both sides say recorded? The candidate is told before.
    pub recording: Option<bool>,
    /// What its sessions speak with the candidate's browser: `pcmu` (G.711, which costs the server less and sounds like
    /// a telephone), `opus`, or `auto`, as the server decides. A browser without it gets the other one.
    pub audio_codec: Option<CodecPolicy>,
    pub retention: Option<RetentionBody>,
}

/// A question of the plan.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct QuestionBody {
    /// Its place, from 1; ignored when sent: the order of the list counts.
    #[serde(default)]
    pub number: u32,
    /// Spoken word for word.
    #[schema(min_length = 1, max_length = 1000, example = "Which project are you proud of, and why?")]
    pub text: String,
    /// Asked in order, at most one each time an answer is short.
    #[serde(default)]
    #[schema(max_items = 5)]
    pub follow_ups: Vec<String>,
    /// An answer with fewer words than this is short; 0 never asks a follow-up.
    #[schema(maximum = 200, example = 12)]
    pub short_answer_words: Option<u32>,
    /// How long after the candidate fell silent the answer still counts as unfinished.
    #[schema(minimum = 200, maximum = 30000, example = 700)]
    pub patience_ms: Option<u64>,
    /// After this long the interview moves on at the next pause.
    #[schema(minimum = 5000, maximum = 3600000, example = 300000)]
    pub time_box_ms: Option<u64>,
    /// Follow-ups that a model which phrases for itself may ask at most; null: as many as are written.
    #[schema(maximum = 5, example = 2)]
    pub probes_max: Option<u32>,
    /// What the answer is judged by; empty: it is not scored.
    #[serde(default)]
    #[schema(max_items = 10)]
    pub rubric: Vec<CriterionBody>,
}

/// One thing that an answer is judged by.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct CriterionBody {
    /// Unique in its question.
    #[schema(min_length = 1, max_length = 120, example = "ownership")]
    pub id: String,
    #[schema(min_length = 1, max_length = 120, example = "Ownership")]
    pub name: String,
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub description: String,
    /// From the lowest to the highest.
    #[schema(min_items = 2, max_items = 10, example = json!([
        {"level": 1, "anchor": "Names no own part."}, {"level": 2, "anchor": "Says what was decided, and why."}
    ]))]
    pub levels: Vec<LevelBody>,
}

/// One anchored level.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct LevelBody {
    #[schema(example = 1)]
    pub level: u32,
    /// What an answer of this level says.
    #[schema(min_length = 1, max_length = 1000, example = "Names no own part.")]
    pub anchor: String,
}

/// How long each class of data is kept after the end, in days; null: as the server is configured.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct RetentionBody {
    #[schema(maximum = 3650, example = 30)]
    pub audio_days: Option<u32>,
    #[schema(maximum = 3650, example = 180)]
    pub transcript_days: Option<u32>,
    #[schema(maximum = 3650, example = 730)]
    pub scores_days: Option<u32>,
}

/// Bounds of one interview.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct LimitsBody {
    /// It closes politely at this age.
    #[schema(minimum = 30000, maximum = 14400000, example = 2700000)]
    pub max_duration_ms: Option<u64>,
    /// The interviewer asks again after this long without a word.
    #[schema(minimum = 3000, maximum = 600000, example = 20000)]
    pub silence_ms: Option<u64>,
    /// It ends politely when it has cost this much; null: as the server is configured.
    #[schema(minimum = 0.01, maximum = 1000.0, example = 2.5)]
    pub cost_usd_max: Option<f64>,
}

/// An interview as it is.
#[derive(Serialize, ToSchema)]
pub struct InterviewView {
    #[schema(example = "general")]
    pub interview_id: String,
    /// The user that it belongs to; null for a platform's and for built-in ones.
    pub owner_id: Option<String>,
    /// Comes with Viva and cannot be changed.
    pub built_in: bool,
    pub kind: String,
    pub title: String,
    pub description: String,
    pub language: String,
    pub persona: String,
    pub instructions: String,
    /// Who invites, as the candidate is told.
    pub host: String,
    /// Where the candidate finds help.
    pub contact: String,
    /// What happens after the interview.
    pub next_steps: String,
    pub questions: Vec<QuestionBody>,
    pub limits: LimitsBody,
    /// What both sides say is recorded, and the candidate is told so.
    pub recording: bool,
    /// What its sessions speak with the candidate's browser, where that has it.
    pub audio_codec: CodecPolicy,
    pub retention: RetentionBody,
    pub candidate_may_read_results: bool,
    /// The `ETag`; null for built-in ones.
    pub version: Option<u64>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub created_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub updated_at: Option<Timestamp>,
}

/// A page of interviews.
#[derive(Serialize, ToSchema)]
pub struct InterviewList {
    pub interviews: Vec<InterviewView>,
    /// For the query of the next page; null on the last one.
    pub next_cursor: Option<String>,
}

impl QuestionBody {
    /// The question, with defaults for what was left out.
    pub fn into_question(self) -> Question {
        Question {
            text: self.text,
            follow_ups: self.follow_ups,
            short_answer_words: self.short_answer_words.unwrap_or(0),
            patience_ms: self.patience_ms.unwrap_or(bounds::PATIENCE_MS_DEFAULT),
            time_box_ms: self.time_box_ms.unwrap_or(bounds::TIME_BOX_MS_DEFAULT),
            probes_max: self.probes_max,
            rubric: self.rubric.into_iter().map(Criterion::from).collect(),
        }
    }
}

impl From<CriterionBody> for Criterion {
    fn from(body: CriterionBody) -> Self {
        let levels = body.levels.into_iter().map(|LevelBody { level, anchor }| Level { level, anchor }).collect();
        Self { id: body.id, name: body.name, description: body.description, levels }
    }
}

impl From<&Criterion> for CriterionBody {
    fn from(criterion: &Criterion) -> Self {
        let level = |level: &Level| LevelBody { level: level.level, anchor: level.anchor.clone() };
        Self {
            id: criterion.id.clone(),
            name: criterion.name.clone(),
            description: criterion.description.clone(),
            levels: criterion.levels.iter().map(level).collect(),
        }
    }
}

impl RetentionBody {
    /// What is named here, and the rest as it was.
    pub fn over(self, before: Retention) -> Retention {
        Retention {
            audio_days: self.audio_days.or(before.audio_days),
            transcript_days: self.transcript_days.or(before.transcript_days),
            scores_days: self.scores_days.or(before.scores_days),
        }
    }
}

impl From<Retention> for RetentionBody {
    fn from(retention: Retention) -> Self {
        let Retention { audio_days, transcript_days, scores_days } = retention;
        Self { audio_days, transcript_days, scores_days }
    }
}

impl InterviewView {
    /// One that comes with Viva.
    pub fn built_in(interview: &Interview) -> Self {
        let question = |(at, question): (usize, &Question)| QuestionBody {
            number: u32::try_from(at + 1).unwrap_or(u32::MAX),
            text: question.text.clone(),
            follow_ups: question.follow_ups.clone(),
            short_answer_words: Some(question.short_answer_words),
            patience_ms: Some(question.patience_ms),
            time_box_ms: Some(question.time_box_ms),
            probes_max: question.probes_max,
            rubric: question.rubric.iter().map(CriterionBody::from).collect(),
        };
        Self {
            interview_id: interview.id.clone(),
            owner_id: None,
            built_in: true,
            kind: interview.kind.clone(),
            title: interview.title.clone(),
            description: interview.description.clone(),
            language: interview.language.clone(),
            persona: interview.persona.clone(),
            instructions: interview.instructions.clone(),
            host: interview.host.clone(),
            contact: interview.contact.clone(),
            next_steps: interview.next_steps.clone(),
            questions: interview.questions.iter().enumerate().map(question).collect(),
            limits: LimitsBody {
                max_duration_ms: Some(interview.limits.max_duration_ms),
                silence_ms: Some(interview.limits.silence_ms),
                cost_usd_max: interview.limits.cost_usd_max,
            },
            recording: interview.recording,
            audio_codec: interview.audio_codec,
            retention: interview.retention.into(),
            candidate_may_read_results: interview.candidate_may_read_results,
            version: None,
            created_at: None,
            updated_at: None,
        }
    }
}
