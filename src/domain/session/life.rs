//! The slow part of the state: where the session, the plan and the model are.

use crate::domain::{
    proof::{Step, StepKind},
    session::{EndReason, Status, Time, Utterance},
};

/// Where a session is in its life, and what it waits for there.
#[derive(Clone, Debug)]
pub(super) enum Life {
    Created {
        expires: Time,
    },
    Connecting {
        expires: Time,
    },
    Active,
    /// The candidate is gone; these words are said first on return.
    Reconnecting {
        until: Time,
        first_words: Box<Utterance>,
    },
    Closing {
        reason: EndReason,
        stage: Farewell,
        until: Time,
    },
    Ended {
        reason: EndReason,
    },
}

/// Stages of the ending, each with a bound in `Life::Closing::until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Farewell {
    /// The apology may say that the answers are saved once they are.
    BeforeApology,
    /// Last words; `cut`: how often the candidate spoke over them.
    Speaking { cut: u32 },
    /// The words of the last answer are still being written down.
    Transcribing,
    /// The store has the last changes.
    Saving,
}

/// Where the plan is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Greeting,
    Asking {
        index: usize,
    },
    /// All is asked; what is still being said belongs to the last question.
    Farewell {
        index: Option<usize>,
    },
}

/// Does the candidate know that an AI speaks?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Disclosure {
    /// `cut`: how often it was spoken and cut short.
    Owed {
        cut: u32,
    },
    Given,
}

/// What the model is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ModelHealth {
    Starting,
    Up,
    Troubled { until: Time },
    Gone,
}

/// One question's way through the interview.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress {
    pub coverage: Coverage,
    pub reason: Option<&'static str>,
    /// What was done with it, in order.
    pub steps: Vec<Noted>,
    /// Milliseconds from the ask to the decision to leave it, without the candidate's absence.
    pub spent_ms: Option<u64>,
    /// Note was taken of the answer; once is enough.
    pub acknowledged: bool,
    /// When the question was heard to its end for the first time, or at least begun.
    pub asked_at: Option<Time>,
    /// How often the candidate was reminded since the last ask.
    pub reminders: u32,
    /// How often the question was said again because it had been cut short.
    pub repeats: u32,
}

/// A step of the proof, with what only the session needs.
#[derive(Clone, Debug)]
pub(super) struct Noted {
    pub step: Step,
    /// The script's words for it.
    pub script: String,
    /// A model words it; its words are known bit by bit.
    pub phrased: bool,
}

/// How far a question came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Coverage {
    #[default]
    Pending,
    Asked,
    Answered,
    Skipped,
}

impl Progress {
    /// The follow-ups that were asked, in order.
    pub fn probes(&self) -> impl DoubleEndedIterator<Item = &Noted> {
        self.steps.iter().filter(|noted| noted.step.kind == StepKind::Probed)
    }
}

impl Noted {
    /// The words to say it again with: a model's, if they were a whole question.
    pub fn words(&self) -> &str {
        if self.phrased && !self.step.words.contains('?') { &self.script } else { &self.step.words }
    }
}

impl Life {
    pub const fn status(&self) -> Status {
        match self {
            Self::Created { .. } => Status::Created,
            Self::Connecting { .. } => Status::Connecting,
            Self::Active => Status::Active,
            Self::Reconnecting { .. } => Status::Reconnecting,
            Self::Closing { .. } => Status::Closing,
            Self::Ended { .. } => Status::Ended,
        }
    }

    pub const fn end_reason(&self) -> Option<EndReason> {
        match self {
            Self::Closing { reason, .. } | Self::Ended { reason } => Some(*reason),
            _ => None,
        }
    }
}
