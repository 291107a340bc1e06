//! Who holds the floor, and what the holder is doing.

use crate::domain::{
    id::{ItemId, ResponseId},
    proof::{StepKind, StepReason},
    session::{Speech, Time},
};

/// The floor: exactly one side has it.
#[derive(Clone, Debug)]
pub(super) enum Floor {
    /// Nobody is to speak: the candidate is away, or all is said.
    Nobody,
    Interviewer(Utterance),
    Candidate(Answer),
}

/// One thing that the interviewer says, from the decision to the last frame.
#[derive(Clone, Debug)]
pub(super) struct Utterance {
    pub speech: Speech,
    pub effect: Effect,
    pub stage: Stage,
    /// How often the model has failed to say it.
    pub failures: u32,
    /// Items of the response, in order.
    pub items: Vec<ItemId>,
    /// How it counts in the proof of its question, until its first frame was heard.
    pub note: Option<(StepKind, StepReason)>,
    /// What is said after it, or in its place when it cannot be had.
    pub next: Option<Box<Utterance>>,
    /// The answer that this follows; the candidate who goes on talking before a word was heard has it back.
    pub resume: Option<Box<Answer>>,
}

/// What becomes true when the candidate hears the first frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Nothing,
    /// The question with this index is asked; the one before it is done, for this reason.
    Ask {
        index: usize,
        closes: Option<&'static str>,
    },
    /// The next follow-up of the current question is asked.
    FollowUp,
}

/// How far an utterance is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Waits for the model to be free, and for this time.
    Queued { not_before: Time },
    /// The model makes it.
    Sent,
    /// All of it was made; the pacer must be done by then.
    Made { played_by: Time },
}

/// The one response that a model may have under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Flight {
    Clear,
    Requested { give_up_at: Time },
    Active { response_id: ResponseId, give_up_at: Time },
    Cancelling { give_up_at: Time },
}

/// The candidate's answer, as it is being given.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// When the floor was given.
    pub since: Time,
    pub activity: Activity,
    pub pace: Pace,
    /// What the candidate said since the ask.
    pub items: Vec<ItemId>,
    /// What the candidate cut short by speaking.
    pub cut: Option<Box<Utterance>>,
}

/// What is heard of the candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Activity {
    /// No word yet.
    Quiet {
        since: Time,
    },
    Speaking,
    /// Fell silent at this time; perhaps to go on.
    Pausing {
        since: Time,
    },
}

/// How long a pause may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// As the question says.
    Plan,
    /// The candidate asked for a moment, until then.
    Wait { until: Time },
    /// The candidate said that the answer is complete.
    Finished,
}

impl Utterance {
    pub fn new(speech: Speech, effect: Effect, now: Time) -> Self {
        Self {
            speech,
            effect,
            stage: Stage::Queued { not_before: now },
            failures: 0,
            items: Vec::new(),
            note: None,
            next: None,
            resume: None,
        }
    }

    /// The same, to be noted so in the proof.
    pub fn noted(self, kind: StepKind, reason: StepReason) -> Self {
        Self { note: Some((kind, reason)), ..self }
    }

    /// The same words once more, from the start.
    pub fn afresh(self, now: Time) -> Self {
        let again = Self::new(self.speech, self.effect, now);
        Self { failures: self.failures, note: self.note, next: self.next, resume: self.resume, ..again }
    }
}

impl Answer {
    pub fn new(now: Time) -> Self {
        Self { since: now, activity: Activity::Quiet { since: now }, pace: Pace::Plan, items: Vec::new(), cut: None }
    }

    /// The same answer, with the floor given back now.
    pub fn resumed(self, now: Time) -> Self {
        Self { items: self.items, ..Self::new(now) }
    }

    /// The same answer, because the candidate goes on with it before the next words were heard.
    pub fn reopened(mut self, now: Time) -> Self {
        self.activity = match self.activity {
            Activity::Quiet { .. } => Activity::Quiet { since: now },
            Activity::Speaking | Activity::Pausing { .. } => Activity::Pausing { since: now },
        };
        self.pace = Pace::Plan;
        self
    }

    pub fn hold(&mut self, item_id: &ItemId) {
        if !self.items.contains(item_id) {
            self.items.push(item_id.clone());
        }
    }
}
