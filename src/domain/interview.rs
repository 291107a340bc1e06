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

/// What is wrong with one field, by its JSON Pointer (RFC 6901).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    pub pointer: String,
    pub detail: String,
}

/// Bounds of what an author may write.
pub mod bounds {
    pub const QUESTIONS_MAX: usize = 50;
    pub const FOLLOW_UPS_MAX: usize = 5;
    /// Characters of a question or follow-up.
    pub const TEXT_CHARS_MAX: usize = 1_000;
    /// Characters of id, kind, title, persona and language.
    pub const NAME_CHARS_MAX: usize = 120;
    /// Characters of description and instructions.
    pub const PROSE_CHARS_MAX: usize = 8_000;
    pub const SHORT_ANSWER_WORDS_MAX: u32 = 200;
    pub const PATIENCE_MS: std::ops::RangeInclusive<u64> = 200..=30_000;
    pub const PATIENCE_MS_DEFAULT: u64 = 700;
    pub const TIME_BOX_MS_DEFAULT: u64 = 5 * 60_000;
    pub const TIME_BOX_MS: std::ops::RangeInclusive<u64> = 5_000..=3_600_000;
    pub const MAX_DURATION_MS: std::ops::RangeInclusive<u64> = 30_000..=14_400_000;
    pub const SILENCE_MS: std::ops::RangeInclusive<u64> = 3_000..=600_000;
}

impl Interview {
    /// Everything that is wrong with it, at once.
    pub fn validate(&self) -> Result<(), Vec<FieldError>> {
        let mut errors = Vec::new();
        let names = [("/id", &self.id), ("/kind", &self.kind), ("/title", &self.title), ("/language", &self.language)];
        for (pointer, text) in names {
            check_text(&mut errors, pointer, text, 1, bounds::NAME_CHARS_MAX);
        }
        if !is_language_tag(&self.language) {
            push(&mut errors, "/language", "is not a BCP 47 language tag such as en or de-CH");
        }
        check_text(&mut errors, "/persona", &self.persona, 0, bounds::NAME_CHARS_MAX);
        check_text(&mut errors, "/description", &self.description, 0, bounds::PROSE_CHARS_MAX);
        check_text(&mut errors, "/instructions", &self.instructions, 0, bounds::PROSE_CHARS_MAX);
        if self.questions.is_empty() || self.questions.len() > bounds::QUESTIONS_MAX {
            push(&mut errors, "/questions", format!("must have 1 to {} questions", bounds::QUESTIONS_MAX));
        }
        for (index, question) in self.questions.iter().enumerate().take(bounds::QUESTIONS_MAX) {
            question.check(&format!("/questions/{index}"), &mut errors);
        }
        check_range(&mut errors, "/limits/max_duration_ms", self.limits.max_duration_ms, &bounds::MAX_DURATION_MS);
        check_range(&mut errors, "/limits/silence_ms", self.limits.silence_ms, &bounds::SILENCE_MS);
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

impl Question {
    fn check(&self, at: &str, errors: &mut Vec<FieldError>) {
        check_text(errors, &format!("{at}/text"), &self.text, 1, bounds::TEXT_CHARS_MAX);
        if self.follow_ups.len() > bounds::FOLLOW_UPS_MAX {
            push(errors, &format!("{at}/follow_ups"), format!("has more than {}", bounds::FOLLOW_UPS_MAX));
        }
        for (index, text) in self.follow_ups.iter().enumerate().take(bounds::FOLLOW_UPS_MAX) {
            check_text(errors, &format!("{at}/follow_ups/{index}"), text, 1, bounds::TEXT_CHARS_MAX);
        }
        if self.short_answer_words > bounds::SHORT_ANSWER_WORDS_MAX {
            let detail = format!("is more than {}", bounds::SHORT_ANSWER_WORDS_MAX);
            push(errors, &format!("{at}/short_answer_words"), detail);
        }
        check_range(errors, &format!("{at}/patience_ms"), self.patience_ms, &bounds::PATIENCE_MS);
        check_range(errors, &format!("{at}/time_box_ms"), self.time_box_ms, &bounds::TIME_BOX_MS);
    }
}

fn push(errors: &mut Vec<FieldError>, pointer: &str, detail: impl Into<String>) {
    errors.push(FieldError { pointer: pointer.to_owned(), detail: detail.into() });
}

fn check_text(errors: &mut Vec<FieldError>, pointer: &str, text: &str, chars_min: usize, chars_max: usize) {
    let chars = text.trim().chars().count();
    if chars < chars_min {
        push(errors, pointer, "must not be empty");
    } else if text.chars().count() > chars_max {
        push(errors, pointer, format!("is longer than {chars_max} characters"));
    } else if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        push(errors, pointer, "contains control characters");
    }
}

fn check_range(errors: &mut Vec<FieldError>, pointer: &str, value: u64, range: &std::ops::RangeInclusive<u64>) {
    if !range.contains(&value) {
        push(errors, pointer, format!("is not between {} and {}", range.start(), range.end()));
    }
}

/// The form of a language tag: letters first, then letters and digits, in parts of at most eight.
fn is_language_tag(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let first = parts.next().unwrap_or_default();
    (2..=8).contains(&first.len())
        && first.bytes().all(|byte| byte.is_ascii_alphabetic())
        && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

fn english() -> String {
    "en".to_owned()
}

fn patience_ms() -> u64 {
    bounds::PATIENCE_MS_DEFAULT
}

fn time_box_ms() -> u64 {
    bounds::TIME_BOX_MS_DEFAULT
}
