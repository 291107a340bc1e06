//! What an interview is made of: read from `assets/interviews/*.yaml` or created over the API, then frozen into the
//! session that runs it.

use serde::{Deserialize, Serialize};

/// An interview as its author wrote it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interview {
    /// `tryout` for a built-in kind, a random id for one made over the API.
    pub id: String,
    /// The built-in kind that it is or came from.
    pub kind: String,
    pub title: String,
    pub description: String,
    /// BCP 47 tag. The built-in engine speaks `en`.
    #[serde(default = "english")]
    pub language: String,
    /// The interviewer's name as it is spoken.
    #[serde(default)]
    pub persona: String,
    /// What the model is told beside the questions (manner, subject).
    #[serde(default)]
    pub instructions: String,
    pub questions: Vec<Question>,
    #[serde(default)]
    pub limits: InterviewLimits,
    /// May the candidate read the results?
    #[serde(default)]
    pub candidate_may_read_results: bool,
}

/// One question of the plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// Spoken word for word.
    pub text: String,
    /// Spoken in order, at most one each time an answer is short.
    #[serde(default)]
    pub follow_ups: Vec<String>,
    /// An answer with fewer words than this is short. 0 never asks a follow-up.
    #[serde(default)]
    pub short_answer_words: u32,
    /// How long after the candidate fell silent the answer still counts as unfinished.
    #[serde(default = "patience_ms")]
    pub patience_ms: u64,
    /// After this long on one question the interview moves on at the next pause.
    #[serde(default = "time_box_ms")]
    pub time_box_ms: u64,
}

/// Bounds of one interview.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InterviewLimits {
    /// The interview closes politely at this age of its first media.
    pub max_duration_ms: u64,
    /// The interviewer asks again after this long without a word, then moves on.
    pub silence_ms: u64,
}

impl Default for InterviewLimits {
    fn default() -> Self {
        Self { max_duration_ms: 45 * 60_000, silence_ms: 20_000 }
    }
}

fn english() -> String {
    "en".to_owned()
}

fn patience_ms() -> u64 {
    700
}

fn time_box_ms() -> u64 {
    5 * 60_000
}
