//! What a proposal rests on, as hashes: the same inputs are the same proposal.

use super::{
    QuestionRubric,
    evidence::{
        CONCEALED_PERMILLE_MAX, CONVERSATION_CHARS_MAX, DISAGREEMENT_PERMILLE_MAX, Heard, UNSETTLED_PERMILLE_MAX,
        WORDS_MIN, WORDS_PER_MINUTE_MAX, WORDS_PER_MINUTE_MIN,
    },
};
use crate::domain::{
    id::SessionId,
    interview::{Interview, Question},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Hashes (SHA-256 in hexadecimal) over canonical JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Pins {
    /// What was asked: id, kind, language, questions and follow-ups as the session was frozen with them.
    pub interview_sha256: String,
    /// Criteria, levels and anchors.
    pub rubric_sha256: String,
    /// The session, and every item of its transcript in the version that is shown.
    pub transcript_sha256: String,
    /// The words to the evaluator, the form of its answer, and the thresholds of evidence.
    pub prompt_sha256: String,
    /// The evaluator and its model; null without one.
    #[cfg_attr(feature = "server", schema(required))]
    pub model: Option<String>,
}

impl Pins {
    /// The id of the proposal that rests on them.
    pub fn proposal_id(&self) -> String {
        let all = json!([
            self.interview_sha256,
            self.rubric_sha256,
            self.transcript_sha256,
            self.prompt_sha256,
            self.model.as_deref(),
        ]);
        format!("prop_{}", sha256(&canonical(&all)))
    }
}

/// Hash of what was asked. Titles, limits and retention change nothing about an answer and are left out, and so are
/// fields that a later Viva may add.
pub fn interview_sha256(interview: &Interview) -> String {
    let question = |asked: &Question| json!({"text": asked.text, "follow_ups": asked.follow_ups});
    let questions: Vec<Value> = interview.questions.iter().map(question).collect();
    let asked = json!({
        "id": interview.id, "kind": interview.kind, "language": interview.language, "questions": questions,
    });
    sha256(&canonical(&asked))
}

/// Hash of the criteria.
pub fn rubric_sha256(rubric: &[QuestionRubric]) -> String {
    let value = serde_json::to_value(rubric).unwrap_or_default();
    sha256(&canonical(&value))
}

/// Hash of a session's transcript: items in their order, in the versions that there are.
pub fn transcript_sha256(session_id: &SessionId, heard: &[Heard<'_>], concealed_ratio: Option<f64>) -> String {
    let mut ordered: Vec<&Heard<'_>> = heard.iter().collect();
    ordered.sort_by_key(|one| (one.item.start_ms, one.item.position));
    let item = |one: &&Heard<'_>| {
        json!([
            one.item.item_id.as_str(),
            one.item.role.as_str(),
            one.item.state.as_str(),
            one.item.question,
            one.item.start_ms,
            one.item.end_ms,
            one.words(),
            one.second_pass,
        ])
    };
    let items: Vec<Value> = ordered.iter().map(item).collect();
    let concealed = concealed_ratio.filter(|ratio| ratio.is_finite()).map(|ratio| (ratio * 1_000.0).round() as i64);
    sha256(&canonical(&json!([session_id.as_str(), items, concealed])))
}

/// Hash of everything of ours that shapes a proposal: `prompt` names the words to the evaluator.
pub fn prompt_sha256(prompt: &str) -> String {
    let thresholds = json!({
        "words_min": WORDS_MIN,
        "unsettled_permille_max": UNSETTLED_PERMILLE_MAX,
        "words_per_minute": [WORDS_PER_MINUTE_MIN, WORDS_PER_MINUTE_MAX],
        "concealed_permille_max": CONCEALED_PERMILLE_MAX,
        "disagreement_permille_max": DISAGREEMENT_PERMILLE_MAX,
        "conversation_chars_max": CONVERSATION_CHARS_MAX,
    });
    sha256(&canonical(&json!([prompt, thresholds])))
}

/// JSON in one form only: no spaces, the fields of objects in the order of their names (by code point).
pub fn canonical(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        Value::Object(fields) => {
            let mut names: Vec<&String> = fields.keys().collect();
            names.sort();
            let field =
                |name: &&String| format!("{}:{}", Value::from(name.as_str()), canonical(&fields[name.as_str()]));
            format!("{{{}}}", names.iter().map(field).collect::<Vec<_>>().join(","))
        }
        plain => plain.to_string(),
    }
}

fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
