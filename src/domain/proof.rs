//! The plan with proof: for each question what was done with it, why, and by which items of the transcript it is shown.

use serde::{Deserialize, Serialize};

/// Steps that are kept of one question; an interview needs a fraction of them.
pub const STEPS_MAX: usize = 64;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub enum StepKind {
    /// The question was asked, word for word.
    Asked,
    /// A follow-up was asked.
    Probed,
    /// The question or the follow-up was said again.
    Repeated,
    /// Nothing had been said; the candidate was reminded.
    Reminded,
    /// A word that took note of the answer, before the next question.
    Acknowledged,
}

/// Why it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub enum StepReason {
    /// The plan comes to it.
    Plan,
    /// The answer had fewer words than the question's `short_answer_words`, and the depth allowed a follow-up.
    ShortAnswer,
    /// The candidate asked for it.
    AskedFor,
    /// Nothing was said for the interview's `silence_ms`.
    Silence,
    /// It had been cut short before enough of it was heard.
    Interrupted,
    /// The candidate was gone and came back.
    Reconnected,
    /// The engine had failed over it.
    EngineTrouble,
    /// The answer is over, and another question follows.
    AnswerOver,
}

/// Why the plan left a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema), schema(rename_all = "snake_case"))]
pub enum QuestionReason {
    /// The candidate fell silent for as long as the question's `patience_ms`.
    Pause,
    /// The candidate said that the answer is complete, or typed it.
    Finished,
    /// The question's `time_box_ms` was over.
    TimeBox,
    /// No word came, after a reminder.
    NoAnswer,
    /// The interview ended there, or before it: the session's end reason.
    Completed,
    CandidateEnded,
    PlatformEnded,
    TimeLimit,
    NetworkLost,
    Expired,
    Interrupted,
    Budget,
    EngineFailed,
    Internal,
}

/// Who worded something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub enum Wording {
    /// The interview's author, or the interviewer's own fixed sentences.
    #[default]
    Script,
    /// The chat endpoint's model.
    Model,
}

/// Why the script's words stood in for a model's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub enum StandIn {
    /// No sentence came in time.
    Slow,
    /// The endpoint failed or refused.
    Failed,
    /// The answer broke off before it had come to a question.
    CutOff,
    /// What came must not be spoken.
    Guard,
    /// Nothing came that asks anything.
    Empty,
}

impl StandIn {
    /// The public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Slow => "slow",
            Self::Failed => "failed",
            Self::CutOff => "cut_off",
            Self::Guard => "guard",
            Self::Empty => "empty",
        }
    }
}

/// One thing that was done with a question. It counts once the candidate heard its first frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub kind: StepKind,
    pub reason: StepReason,
    /// First frame, on the session's audio clock.
    pub at_ms: u64,
    /// The words, as they were made.
    pub words: String,
    /// The interviewer's items.
    pub item_ids: Vec<String>,
    #[serde(default)]
    pub worded_by: Wording,
    #[serde(default)]
    pub stand_in: Option<StandIn>,
}

/// Everything about one question.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct QuestionProof {
    pub steps: Vec<Step>,
    /// From its first frame to the decision to leave it, without the time that the candidate was gone. `None`: it was
    /// not asked, or is still open.
    pub time_spent_ms: Option<u64>,
    /// What was applied: the question's own, where the interview has it so.
    pub time_box_ms: u64,
    pub patience_ms: u64,
    pub probes_max: u32,
}

/// What became of words that every interview owes its candidate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub enum Owed {
    /// Not yet.
    #[default]
    Pending,
    /// Heard.
    Spoken,
    /// The candidate spoke over it more than once; it was shown on the page instead, or heard for the most part.
    CutShort,
    /// Not said: nobody was there to hear it.
    CandidateGone,
    /// Not said: the candidate ended the interview, and wants to hear no more.
    CandidateEnded,
    /// Not said: the engine failed, and what could be said was said by the server's own voice.
    EngineFailed,
    /// Not said: the server had no time left.
    Stopped,
}

/// What is owed by the interview as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct PlanProof {
    /// That an AI speaks.
    pub disclosure: Owed,
    /// Thanks, and what happens next.
    pub closing: Owed,
}
