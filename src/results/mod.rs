//! The results of an interview as they are served (DESIGN 6.3): everything that is known, null where something is not.

use crate::{
    domain::{
        interview::Question,
        result::{Metrics, is_worth_showing},
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
    pub metrics: ResultMetrics,
    #[schema(required)]
    pub audio_quality: Option<AudioQuality>,
    #[schema(required)]
    pub usage: Option<serde_json::Value>,
    #[schema(required)]
    pub evaluation: Option<serde_json::Value>,
    #[schema(required)]
    pub recording: Option<serde_json::Value>,
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
}

/// One question of the plan; every one has a status and, once it is done, a reason.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ResultQuestion {
    pub number: u32,
    pub text: String,
    /// `answered`, `asked`, `skipped`; null while it is to come.
    #[schema(required)]
    pub status: Option<String>,
    #[schema(required)]
    pub reason: Option<String>,
    pub follow_ups: Vec<String>,
    pub item_ids: Vec<String>,
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
            transcript: record.items.iter().filter(|item| is_worth_showing(item)).map(ResultItem::from).collect(),
            session_id: record.session_id.to_string(),
            interview_id: record.interview.id,
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
            usage: None,
            evaluation: None,
            recording: None,
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
        }
    }
}

fn questions(record: &SessionRecord) -> Vec<ResultQuestion> {
    let ended = record.status == Status::Ended;
    let one = |(index, question): (usize, &Question)| {
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let kept = record.questions.iter().find(|kept| kept.number == number);
        let of_it = record.items.iter().filter(|item| item.question == Some(number) && is_worth_showing(item));
        ResultQuestion {
            number,
            text: question.text.clone(),
            status: kept.map(|kept| kept.status.clone()).or_else(|| ended.then(|| "skipped".to_owned())),
            reason: kept
                .and_then(|kept| kept.reason.clone())
                .or_else(|| record.end_reason.filter(|_| ended).map(|reason| reason.as_str().to_owned())),
            follow_ups: kept.map(|kept| kept.follow_ups.clone()).unwrap_or_default(),
            item_ids: of_it.map(|item| item.item_id.to_string()).collect(),
        }
    };
    record.interview.questions.iter().enumerate().map(one).collect()
}

fn duration_ms(started_at: Option<Timestamp>, ended_at: Option<Timestamp>) -> Option<u64> {
    let ms = ended_at?.as_millisecond() - started_at?.as_millisecond();
    u64::try_from(ms).ok()
}
