//! Between the REST API's bodies and the messages of `proto/`. No wildcards: a new event does not compile until it is
//! here.

use super::{Problem, v1};
use crate::{
    domain::event::{Envelope, ItemData, LiveEvent},
    session::Watched,
    wire::error_code::ErrorCode,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A message from a REST body of the same field names.
///
/// # Errors
/// `internal`, when the two no longer agree.
pub fn message<T: DeserializeOwned>(body: Value) -> Result<T, Problem> {
    serde_json::from_value(without_nulls(body)).map_err(|error| {
        tracing::error!(%error, "an answer has no message");
        let detail = "The answer cannot be expressed over gRPC".to_owned();
        Problem { code: ErrorCode::Internal, detail, retry_after_s: None }
    })
}

/// A JSON null is an unset field.
pub fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(name, value)| (name, without_nulls(value))).collect())
        }
        Value::Array(entries) => Value::Array(entries.into_iter().map(without_nulls).collect()),
        other => other,
    }
}

impl From<&Watched> for v1::WatchResponse {
    fn from(watched: &Watched) -> Self {
        let resume_after = watched.resumable.then_some(watched.event.id);
        Self { event: Some(event(&watched.event)), resume_after }
    }
}

fn event(envelope: &Envelope) -> v1::Event {
    use v1::event::Data;
    let owned = |text: Option<&'static str>| text.map(str::to_owned);
    let data = match &envelope.event {
        LiveEvent::State(state) => {
            let question = v1::QuestionNumber { number: state.question.number, total: state.question.total };
            Data::SessionState(v1::SessionState {
                status: state.status.to_owned(),
                end_reason: owned(state.end_reason),
                engine: state.engine.clone(),
                question: Some(question),
                speaker: owned(state.speaker),
                time_limit_ms: state.time_limit_ms,
            })
        }
        LiveEvent::Turn(turn) => Data::Turn(v1::Turn { speaker: owned(turn.speaker), state: turn.state.to_owned() }),
        LiveEvent::Question(question) => {
            let text = question.text.clone();
            Data::Question(v1::Question { number: question.number, total: question.total, text })
        }
        LiveEvent::Item(item) => Data::TranscriptItem(transcript_item(item)),
        LiveEvent::Quality(quality) => Data::Quality(v1::Quality {
            loss_ratio: quality.loss_ratio,
            jitter_ms: quality.jitter_ms,
            rtt_ms: quality.rtt_ms,
            concealed_ratio: quality.concealed_ratio,
            mos: quality.mos,
            agent_mos: quality.agent_mos,
            voice_to_voice_ms: quality.voice_to_voice_ms,
            codec: quality.codec.name().to_ascii_lowercase(),
        }),
        LiveEvent::Notice(notice) => Data::Notice(v1::Notice {
            code: notice.code.to_owned(),
            text: notice.text.clone(),
            level: notice.level.to_owned(),
        }),
        LiveEvent::Ended(ended) => Data::SessionEnded(v1::SessionEnded {
            end_reason: ended.end_reason.to_owned(),
            saved: ended.saved,
            results_url: ended.results_url.clone(),
        }),
    };
    v1::Event { id: envelope.id, at_ms: envelope.at_ms, data: Some(data) }
}

fn transcript_item(item: &ItemData) -> v1::TranscriptItem {
    v1::TranscriptItem {
        item_id: item.item_id.clone(),
        role: item.role.to_owned(),
        content: item.content.clone(),
        generated_content: item.generated_content.clone(),
        start_ms: item.start_ms,
        end_ms: item.end_ms,
        state: item.state.to_owned(),
        question: item.question,
        revision: item.revision,
    }
}
