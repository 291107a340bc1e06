//! What an interview is made of: read from `assets/interviews/*.yaml` or created over the API, then frozen into the
//! session that runs it.

use crate::domain::{load::CodecPolicy, scorecard::fairness::forbidden_in_criterion};
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
    /// Who invites, as the candidate is told.
    #[serde(default)]
    pub host: String,
    /// Where the candidate finds help: an e-mail address or a web address.
    #[serde(default)]
    pub contact: String,
    /// What happens after the interview, as the candidate is told at its end.
    #[serde(default)]
    pub next_steps: String,
    pub questions: Vec<Question>,
    #[serde(default)]
    pub limits: InterviewLimits,
    /// May the candidate read the results?
    #[serde(default)]
    pub candidate_may_read_results: bool,
    /// Is what both sides say recorded?
    #[serde(default)]
    pub recording: bool,
    /// What its sessions speak with the candidate's browser, where that has it.
    #[serde(default)]
    pub audio_codec: CodecPolicy,
    /// How long what came of it is kept.
    #[serde(default)]
    pub retention: Retention,
}

impl Default for Interview {
    /// Nameless, in English, without questions: something to build on, not yet valid.
    fn default() -> Self {
        Self {
            id: String::new(),
            kind: String::new(),
            title: String::new(),
            description: String::new(),
            language: english(),
            persona: String::new(),
            instructions: String::new(),
            host: String::new(),
            contact: String::new(),
            next_steps: String::new(),
            questions: Vec::new(),
            limits: InterviewLimits::default(),
            candidate_may_read_results: false,
            recording: false,
            audio_codec: CodecPolicy::default(),
            retention: Retention::default(),
        }
    }
}

/// How long each class of data is kept after the end of a session, in days. `None`: as the server is configured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Retention {
    pub audio_days: Option<u32>,
    pub transcript_days: Option<u32>,
    pub scores_days: Option<u32>,
}

/// One thing that an answer is judged by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Criterion {
    /// Unique in its question.
    pub id: String,
    pub name: String,
    #[serde(default)]
    pub description: String,
    /// From the lowest to the highest, each with what an answer of that level is like.
    pub levels: Vec<Level>,
}

/// One anchored level of a criterion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Level {
    pub level: u32,
    /// What an answer of this level says.
    pub anchor: String,
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
    /// How many follow-ups a model that phrases for itself may ask at most. `None`: as many as are written.
    #[serde(default)]
    pub probes_max: Option<u32>,
    /// What the answer is judged by; empty: it is not scored.
    #[serde(default)]
    pub rubric: Vec<Criterion>,
}

impl Default for Question {
    fn default() -> Self {
        Self {
            text: String::new(),
            follow_ups: Vec::new(),
            short_answer_words: 0,
            patience_ms: patience_ms(),
            time_box_ms: time_box_ms(),
            probes_max: None,
            rubric: Vec::new(),
        }
    }
}

/// Bounds of one interview.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InterviewLimits {
    /// The interview closes politely at this age of its first media.
    pub max_duration_ms: u64,
    /// The interviewer asks again after this long without a word, then moves on.
    pub silence_ms: u64,
    /// The interview ends politely when it has cost this much, in US dollars. `None`: as the server is configured.
    pub cost_usd_max: Option<f64>,
}

impl Default for InterviewLimits {
    fn default() -> Self {
        Self { max_duration_ms: 45 * 60_000, silence_ms: 20_000, cost_usd_max: None }
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
    pub const CONTACT_CHARS_MAX: usize = 254;
    pub const NEXT_STEPS_CHARS_MAX: usize = 2_000;
    pub const SHORT_ANSWER_WORDS_MAX: u32 = 200;
    pub const PATIENCE_MS: std::ops::RangeInclusive<u64> = 200..=30_000;
    pub const PATIENCE_MS_DEFAULT: u64 = 700;
    pub const TIME_BOX_MS_DEFAULT: u64 = 5 * 60_000;
    pub const TIME_BOX_MS: std::ops::RangeInclusive<u64> = 5_000..=3_600_000;
    pub const MAX_DURATION_MS: std::ops::RangeInclusive<u64> = 30_000..=14_400_000;
    pub const SILENCE_MS: std::ops::RangeInclusive<u64> = 3_000..=600_000;
    pub const COST_USD: std::ops::RangeInclusive<f64> = 0.01..=1_000.0;
    pub const RETENTION_DAYS: std::ops::RangeInclusive<u32> = 0..=3_650;
    pub const PROBES_MAX: u32 = 5;
    /// Criteria of one question.
    pub const CRITERIA_MAX: usize = 10;
    pub const LEVELS: std::ops::RangeInclusive<usize> = 2..=10;
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
        check_text(&mut errors, "/host", &self.host, 0, bounds::NAME_CHARS_MAX);
        check_contact(&mut errors, &self.contact);
        check_text(&mut errors, "/next_steps", &self.next_steps, 0, bounds::NEXT_STEPS_CHARS_MAX);
        if self.questions.is_empty() || self.questions.len() > bounds::QUESTIONS_MAX {
            push(&mut errors, "/questions", format!("must have 1 to {} questions", bounds::QUESTIONS_MAX));
        }
        for (index, question) in self.questions.iter().enumerate().take(bounds::QUESTIONS_MAX) {
            question.check(&format!("/questions/{index}"), &mut errors);
        }
        check_range(&mut errors, "/limits/max_duration_ms", self.limits.max_duration_ms, &bounds::MAX_DURATION_MS);
        check_range(&mut errors, "/limits/silence_ms", self.limits.silence_ms, &bounds::SILENCE_MS);
        if self.limits.cost_usd_max.is_some_and(|usd| !bounds::COST_USD.contains(&usd)) {
            push(&mut errors, "/limits/cost_usd_max", "is not between 0.01 and 1000");
        }
        self.retention.check(&mut errors);
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

impl Retention {
    fn check(&self, errors: &mut Vec<FieldError>) {
        let days = [
            ("/retention/audio_days", self.audio_days),
            ("/retention/transcript_days", self.transcript_days),
            ("/retention/scores_days", self.scores_days),
        ];
        for (pointer, days) in days {
            if days.is_some_and(|days| !bounds::RETENTION_DAYS.contains(&days)) {
                push(errors, pointer, "is not between 0 and 3650");
            }
        }
    }
}

impl Criterion {
    fn check(&self, at: &str, errors: &mut Vec<FieldError>) {
        check_text(errors, &format!("{at}/id"), &self.id, 1, bounds::NAME_CHARS_MAX);
        check_text(errors, &format!("{at}/name"), &self.name, 1, bounds::NAME_CHARS_MAX);
        check_text(errors, &format!("{at}/description"), &self.description, 0, bounds::TEXT_CHARS_MAX);
        if !bounds::LEVELS.contains(&self.levels.len()) {
            push(errors, &format!("{at}/levels"), "must have 2 to 10 levels");
        }
        if !self.levels.windows(2).all(|pair| pair[0].level < pair[1].level) {
            push(errors, &format!("{at}/levels"), "must go from the lowest level to the highest");
        }
        for (index, level) in self.levels.iter().enumerate().take(*bounds::LEVELS.end()) {
            check_text(errors, &format!("{at}/levels/{index}/anchor"), &level.anchor, 1, bounds::TEXT_CHARS_MAX);
            check_fair(errors, &format!("{at}/levels/{index}/anchor"), &level.anchor, false);
        }
        check_fair(errors, &format!("{at}/id"), &self.id, true);
        check_fair(errors, &format!("{at}/name"), &self.name, true);
        check_fair(errors, &format!("{at}/description"), &self.description, false);
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
        if self.probes_max.is_some_and(|probes| probes > bounds::PROBES_MAX) {
            push(errors, &format!("{at}/probes_max"), format!("is more than {}", bounds::PROBES_MAX));
        }
        check_rubric(&self.rubric, &format!("{at}/rubric"), errors);
    }
}

/// Everything that is wrong with the criteria of one question. `at`: where they stand.
pub fn check_rubric(rubric: &[Criterion], at: &str, errors: &mut Vec<FieldError>) {
    if rubric.len() > bounds::CRITERIA_MAX {
        push(errors, at, format!("has more than {} criteria", bounds::CRITERIA_MAX));
    }
    for (index, criterion) in rubric.iter().enumerate().take(bounds::CRITERIA_MAX) {
        criterion.check(&format!("{at}/{index}"), errors);
        if rubric[..index].iter().any(|other| other.id == criterion.id) {
            push(errors, &format!("{at}/{index}/id"), "is the id of another criterion");
        }
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

/// The page makes a link of it, so it has to be one that leads nowhere but to help.
fn check_contact(errors: &mut Vec<FieldError>, contact: &str) {
    check_text(errors, "/contact", contact, 0, bounds::CONTACT_CHARS_MAX);
    let is_mail = contact.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    let is_known = contact.is_empty() || contact.starts_with("https://") || is_mail;
    if !is_known || contact.contains(char::is_whitespace) || contact.contains(['<', '>', '"']) {
        push(errors, "/contact", "must be an e-mail address or begin with https://");
    }
}

/// Only what is said may be judged.
fn check_fair(errors: &mut Vec<FieldError>, pointer: &str, text: &str, is_name: bool) {
    if let Some(found) = forbidden_in_criterion(text, is_name) {
        let (phrase, ground) = (found.phrase, found.ground.as_str());
        let detail = format!("judges {ground} (\"{phrase}\"): ask for what an answer says, never for how it sounds");
        push(errors, pointer, detail);
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
