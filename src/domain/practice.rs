//! Practice before an interview: one question, of which nothing is kept.

use crate::domain::interview::{Interview, InterviewLimits, Question};

/// What a run of the session core is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Purpose {
    #[default]
    Interview,
    /// Nothing of it is kept, and everybody is told so.
    Practice,
}

/// What is asked: nothing that could belong to the interview, and nothing that anybody minds to talk about.
const QUESTION: &str = "Please tell me about a place that you like to be, and what you like about it.";
/// Polite end of the practice, in milliseconds from its first media.
const DURATION_MAX_MS: u64 = 150_000;
/// Long enough to see how an answer is taken, not longer.
const TIME_BOX_MS: u64 = 60_000;
const SILENCE_MS: u64 = 15_000;
const PATIENCE_MS: u64 = 1_500;

/// The practice that goes before this interview: its language, interviewer and codec, one question, no follow-up.
pub fn practice_of(interview: &Interview) -> Interview {
    let question = Question {
        text: QUESTION.to_owned(),
        patience_ms: PATIENCE_MS,
        time_box_ms: TIME_BOX_MS,
        probes_max: Some(0),
        ..Question::default()
    };
    let limits =
        InterviewLimits { max_duration_ms: DURATION_MAX_MS, silence_ms: SILENCE_MS, ..InterviewLimits::default() };
    Interview {
        id: "practice".to_owned(),
        kind: "practice".to_owned(),
        title: "Practice".to_owned(),
        language: interview.language.clone(),
        persona: interview.persona.clone(),
        questions: vec![question],
        limits,
        audio_codec: interview.audio_codec,
        ..Interview::default()
    }
}
