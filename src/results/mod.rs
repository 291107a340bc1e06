//! The results of an interview as they are served (DESIGN 6.3): everything that is known, null where something is not.

pub mod evaluation;
pub mod export;
pub mod files;
pub mod printable;
mod recording;
pub mod retention;
mod usage;

pub use recording::{ClockView, RecordingView, TrackView};
pub use usage::{UsageLine, UsageView};

use self::{
    evaluation::Evaluation,
    retention::{LogView, RetentionView},
};
use crate::{
    domain::{
        interview::Question,
        proof::{PlanProof, QuestionProof, QuestionReason, StandIn, Step, StepKind, StepReason, Wording},
        quality::QualitySample,
        result::{Metrics, is_worth_showing},
        second_pass::Version,
        session::{EndReason, Status},
        transcript::{Item, ItemState, Role},
    },
    store::{AudioQuality, ClientMessage, SessionRecord},
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// Body of `GET …/results`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Results {
    pub session_id: String,
    pub interview_id: String,
    /// The interview's title and its kind, for a page that shows this.
    pub title: String,
    pub kind: String,
    #[schema(required)]
    pub user_id: Option<String>,
    #[schema(value_type = Status)]
    pub status: &'static str,
    #[schema(value_type = Option<EndReason>, required)]
    pub end_reason: Option<&'static str>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub started_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub ended_at: Option<Timestamp>,
    /// From the first media to the end.
    #[schema(required)]
    pub duration_ms: Option<u64>,
    pub transcript: Vec<ResultItem>,
    #[schema(required)]
    pub client_transcript: Option<Vec<ClientMessage>>,
    pub questions: Vec<ResultQuestion>,
    /// What became of the words that every candidate is owed; null before any was said.
    #[schema(required)]
    pub plan: Option<PlanProof>,
    pub metrics: ResultMetrics,
    #[schema(required)]
    pub audio_quality: Option<AudioQuality>,
    /// How the candidate's microphone arrived, at most every 5 s, on the transcript's clock.
    pub quality_samples: Vec<QualitySample>,
    #[schema(required)]
    pub usage: Option<UsageView>,
    #[schema(required)]
    pub evaluation: Option<Evaluation>,
    #[schema(required)]
    pub recording: Option<RecordingView>,
    /// How long each class of this is kept, and what was deleted when.
    #[schema(required)]
    pub retention: Option<RetentionView>,
    #[schema(required)]
    pub log: Option<LogView>,
}

/// One thing said.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ResultItem {
    pub item_id: String,
    #[schema(value_type = Role)]
    pub role: &'static str,
    /// What was heard.
    pub content: String,
    /// What was said by the model, heard or not.
    pub generated_content: String,
    pub start_ms: u64,
    #[schema(required)]
    pub end_ms: Option<u64>,
    #[schema(value_type = ItemState)]
    pub state: &'static str,
    #[schema(required)]
    pub question: Option<u32>,
    /// The same answer, heard once more after the interview.
    #[schema(required)]
    pub second_pass: Option<SecondPassView>,
    /// The version to show: `content`, or that of the second pass.
    #[schema(value_type = Version)]
    pub shown: &'static str,
}

/// An answer as it was heard after the interview, in the recording.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SecondPassView {
    pub content: String,
    pub engine: String,
    pub model: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// One question of the plan; every one has a status and, once it is done, a reason.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ResultQuestion {
    pub number: u32,
    pub text: String,
    /// `answered`, `asked`, `skipped`; null while it is to come.
    #[schema(required)]
    pub status: Option<String>,
    /// Why the plan left it; null while it is open or to come.
    #[schema(value_type = Option<QuestionReason>, required)]
    pub reason: Option<String>,
    /// The follow-ups that were asked, in their words.
    pub follow_ups: Vec<String>,
    /// Everything that was said to it, by both sides.
    pub item_ids: Vec<String>,
    /// The candidate's items that answer it; empty unless something was said.
    pub answer_item_ids: Vec<String>,
    /// What was done with it, in order; empty when it was not come to.
    pub steps: Vec<ResultStep>,
    /// From its first frame to the decision to leave it, without the time that the candidate was gone. Null: it was not
    /// asked, or is open.
    #[schema(required)]
    pub time_spent_ms: Option<u64>,
    /// The time box, patience and depth that were applied.
    pub time_box_ms: u64,
    pub patience_ms: u64,
    pub probes_max: u32,
}

/// One thing that was done with a question; it counts from the first frame that the candidate heard.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ResultStep {
    pub kind: StepKind,
    pub reason: StepReason,
    pub at_ms: u64,
    /// The words, as they were made; what was heard of them is in the items.
    pub text: String,
    /// The interviewer's items.
    pub item_ids: Vec<String>,
    /// The candidate's items from here to the next step.
    pub answer_item_ids: Vec<String>,
    pub worded_by: Wording,
    /// The script's words stood in for a model's.
    pub stand_in: bool,
    #[schema(required)]
    pub stand_in_reason: Option<StandIn>,
}

/// Numbers; null where unknown.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct ResultMetrics {
    pub talk_ms: TalkTime,
    pub response_delay_ms: Delay,
    pub interruptions: u32,
    #[schema(required)]
    pub words_per_minute: Option<u64>,
}

/// Milliseconds of speech; null for a session whose media never flowed.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct TalkTime {
    #[schema(required)]
    pub user: Option<u64>,
    #[schema(required)]
    pub assistant: Option<u64>,
}

/// Milliseconds from the candidate's last word to the interviewer's first.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Delay {
    #[schema(required)]
    pub p50: Option<u64>,
    #[schema(required)]
    pub p95: Option<u64>,
}

impl From<SessionRecord> for Results {
    fn from(record: SessionRecord) -> Self {
        let metrics = Metrics::of(&record.items);
        let known = record.started_at.is_some();
        Self {
            questions: questions(&record),
            metrics: ResultMetrics {
                talk_ms: TalkTime {
                    user: known.then_some(metrics.user_talk_ms),
                    assistant: known.then_some(metrics.assistant_talk_ms),
                },
                response_delay_ms: Delay { p50: metrics.response_delay_p50_ms, p95: metrics.response_delay_p95_ms },
                interruptions: record.interruptions,
                words_per_minute: metrics.words_per_minute,
            },
            duration_ms: duration_ms(record.started_at, record.ended_at),
            transcript: transcript(&record),
            session_id: record.session_id.to_string(),
            interview_id: record.interview.id,
            plan: record.plan,
            title: record.interview.title,
            kind: record.interview.kind,
            user_id: record.user_id,
            status: record.status.as_str(),
            end_reason: record.end_reason.map(EndReason::as_str),
            created_at: record.created_at,
            started_at: record.started_at,
            ended_at: record.ended_at,
            client_transcript: record.client_transcript,
            audio_quality: record.audio_quality,
            quality_samples: Vec::new(),
            usage: None,
            evaluation: None,
            recording: None,
            retention: None,
            log: None,
        }
    }
}

impl From<&Item> for ResultItem {
    fn from(item: &Item) -> Self {
        Self {
            item_id: item.item_id.to_string(),
            role: item.role.as_str(),
            content: item.content.clone(),
            generated_content: item.generated_content.clone(),
            start_ms: item.start_ms,
            end_ms: item.end_ms,
            state: item.state.as_str(),
            question: item.question,
            second_pass: None,
            shown: Version::Live.as_str(),
        }
    }
}

/// Everything that was said, with what was heard once more.
fn transcript(record: &SessionRecord) -> Vec<ResultItem> {
    let item = |item: &Item| {
        let pass = record.second_pass.iter().find(|pass| pass.item_id == item.item_id);
        ResultItem {
            shown: pass.map_or(Version::Live, |pass| pass.shown).as_str(),
            second_pass: pass.map(|pass| SecondPassView {
                content: pass.content.clone(),
                engine: pass.engine.clone(),
                model: pass.model.clone(),
                at: pass.at,
            }),
            ..ResultItem::from(item)
        }
    };
    record.items.iter().filter(|item| is_worth_showing(item)).map(item).collect()
}

fn questions(record: &SessionRecord) -> Vec<ResultQuestion> {
    let ended = record.status == Status::Ended;
    let one = |(index, question): (usize, &Question)| {
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let kept = record.questions.iter().find(|kept| kept.number == number);
        let proof = kept.and_then(|kept| kept.proof.as_ref());
        let of_it = || record.items.iter().filter(move |item| item.question == Some(number) && is_worth_showing(item));
        let answers: Vec<&Item> = of_it().filter(|item| item.role == Role::User).collect();
        ResultQuestion {
            number,
            text: question.text.clone(),
            status: kept.map(|kept| kept.status.clone()).or_else(|| ended.then(|| "skipped".to_owned())),
            reason: kept
                .and_then(|kept| kept.reason.clone())
                .or_else(|| record.end_reason.filter(|_| ended).map(|reason| reason.as_str().to_owned())),
            follow_ups: kept.map(|kept| kept.follow_ups.clone()).unwrap_or_default(),
            item_ids: of_it().map(|item| item.item_id.to_string()).collect(),
            answer_item_ids: answers.iter().map(|item| item.item_id.to_string()).collect(),
            steps: proof.map(|proof| steps(proof, &answers)).unwrap_or_default(),
            time_spent_ms: proof.and_then(|proof| proof.time_spent_ms),
            time_box_ms: proof.map_or(question.time_box_ms, |proof| proof.time_box_ms),
            patience_ms: proof.map_or(question.patience_ms, |proof| proof.patience_ms),
            probes_max: proof.map_or(written(question), |proof| proof.probes_max),
        }
    };
    record.interview.questions.iter().enumerate().map(one).collect()
}

/// Follow-ups that the author wrote: the depth of a question that was not come to.
fn written(question: &Question) -> u32 {
    let written = u32::try_from(question.follow_ups.len()).unwrap_or(u32::MAX);
    question.probes_max.map_or(written, |probes| probes.min(written))
}

fn steps(proof: &QuestionProof, answers: &[&Item]) -> Vec<ResultStep> {
    let starts: Vec<u64> = proof.steps.iter().map(|step| step.at_ms).collect();
    let one = |(at, step): (usize, &Step)| {
        // Whoever answers before the first frame of the first step answers that one too.
        let from_ms = if at == 0 { 0 } else { step.at_ms };
        let to_ms = starts.get(at + 1).copied().unwrap_or(u64::MAX);
        let given = answers.iter().filter(|item| (from_ms..to_ms).contains(&item.start_ms));
        ResultStep {
            kind: step.kind,
            reason: step.reason,
            at_ms: step.at_ms,
            text: step.words.clone(),
            item_ids: step.item_ids.clone(),
            answer_item_ids: given.map(|item| item.item_id.to_string()).collect(),
            worded_by: step.worded_by,
            stand_in: step.stand_in.is_some(),
            stand_in_reason: step.stand_in,
        }
    };
    proof.steps.iter().enumerate().map(one).collect()
}

fn duration_ms(started_at: Option<Timestamp>, ended_at: Option<Timestamp>) -> Option<u64> {
    let ms = ended_at?.as_millisecond() - started_at?.as_millisecond();
    u64::try_from(ms).ok()
}
