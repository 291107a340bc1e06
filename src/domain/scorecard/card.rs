//! A person's own score.

use super::QuestionRubric;
use crate::domain::interview::{FieldError, bounds};
use serde::{Deserialize, Serialize};

/// Characters of a note.
pub const NOTE_CHARS_MAX: usize = 2_000;

/// A person's score of one criterion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Score {
    /// Number of the question, from 1.
    #[cfg_attr(feature = "server", schema(minimum = 1, maximum = 50, example = 1))]
    pub question: u32,
    /// Id of the criterion.
    #[cfg_attr(feature = "server", schema(min_length = 1, max_length = 120, example = "ownership"))]
    pub criterion: String,
    /// A level of the rubric; null: the evidence is not enough.
    #[cfg_attr(feature = "server", schema(required = false, example = 2))]
    pub level: Option<u32>,
    #[serde(default)]
    #[cfg_attr(feature = "server", schema(max_length = 2000))]
    pub note: String,
}

/// Everything that is wrong with a person's scores: each criterion of the rubric is scored once, with one of its levels
/// or with none.
pub fn check(scores: &[Score], rubric: &[QuestionRubric]) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut push = |pointer: String, detail: String| errors.push(FieldError { pointer, detail });
    let scores_max = bounds::QUESTIONS_MAX * bounds::CRITERIA_MAX;
    if scores.len() > scores_max {
        push("/scores".to_owned(), format!("has more than {scores_max}"));
    }
    for (at, score) in scores.iter().enumerate().take(scores_max) {
        let of_question = rubric.iter().find(|one| one.question == score.question);
        let criterion = of_question.and_then(|one| one.criteria.iter().find(|known| known.id == score.criterion));
        match criterion {
            None => push(format!("/scores/{at}/criterion"), "is not in the rubric of that question".to_owned()),
            Some(criterion) => {
                let levels: Vec<u32> = criterion.levels.iter().map(|level| level.level).collect();
                if score.level.is_some_and(|level| !levels.contains(&level)) {
                    push(format!("/scores/{at}/level"), format!("must be one of {levels:?}, or null"));
                }
            }
        }
        if scores[..at].iter().any(|other| is_same_place(other, score)) {
            push(format!("/scores/{at}/criterion"), "is scored already".to_owned());
        }
        if !is_note(&score.note) {
            push(format!("/scores/{at}/note"), format!("must have at most {NOTE_CHARS_MAX} printable characters"));
        }
    }
    for question in rubric {
        for criterion in &question.criteria {
            let is_it = |score: &Score| score.question == question.question && score.criterion == criterion.id;
            if !scores.iter().any(is_it) {
                let detail =
                    format!("lacks \"{}\" of question {}; null is a score too", criterion.id, question.question);
                push("/scores".to_owned(), detail);
            }
        }
    }
    errors
}

/// Printable, and not too long.
pub fn is_note(note: &str) -> bool {
    note.chars().count() <= NOTE_CHARS_MAX && !note.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

fn is_same_place(one: &Score, other: &Score) -> bool {
    (one.question, &one.criterion) == (other.question, &other.criterion)
}
