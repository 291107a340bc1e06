//! Scorecards: what an answer shows, criterion by criterion, tied to the candidate's own words.
//!
//! A person scores; a model may propose. [`evidence`] gathers the answers of a question and says whether its transcript
//! is good enough to judge; [`proposal`] takes what an evaluator says and keeps only what [`quote`] finds word for word
//! in those answers; [`fairness`] knows what must never be judged; [`pins`] makes a proposal the same record whenever
//! its inputs are the same; [`card`] is a person's own score and [`agreement`] sets both side by side.

pub mod agreement;
pub mod card;
pub mod evidence;
pub mod fairness;
pub mod pins;
pub mod proposal;
pub mod quote;
pub mod record;
pub mod words;

use crate::domain::interview::{Criterion, Interview};
use serde::{Deserialize, Serialize};

/// The criteria of one question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuestionRubric {
    /// Number of the question, from 1.
    pub question: u32,
    pub criteria: Vec<Criterion>,
}

/// The rubric that an interview was frozen with: the questions that have criteria, in order.
pub fn rubric_of(interview: &Interview) -> Vec<QuestionRubric> {
    let numbered = interview.questions.iter().zip(1_u32..);
    let with_criteria = numbered.filter(|(question, _)| !question.rubric.is_empty());
    with_criteria
        .map(|(question, number)| QuestionRubric { question: number, criteria: question.rubric.clone() })
        .collect()
}
