//! Everything that a session asks its shell to do.

use crate::domain::{
    brief::Brief,
    event::Envelope,
    id::ItemId,
    proof::{PlanProof, QuestionProof},
    session::{EndReason, Status},
    transcript::Item,
    usage::UsageTotal,
};
use std::sync::Arc;

/// An output of [`Session`](super::Session).
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// To the speech model.
    Model(ModelCommand),
    /// Drop all queued agent audio now; the pacer answers with `Playout::Interrupted`.
    StopAudio,
    /// Say this with the server's own voice, whatever the model's state is: the model failed.
    SpeakLocally { item_id: ItemId, words: String },
    /// Make these changes durable in one transaction, then answer `Persisted { sequence }`.
    Persist { sequence: u64, changes: Vec<Change> },
    /// Tell everyone who watches.
    Publish(Envelope),
    /// Close the peer (say DTLS close_notify) and free its media.
    ClosePeer,
    /// The session is over and everything is durable; nothing follows.
    Ended(EndReason),
}

/// A command to the speech model.
#[derive(Clone, Debug, PartialEq)]
pub enum ModelCommand {
    /// Say something. Never sent while another response is active.
    Say(Speech),
    /// Stop the active response.
    Cancel,
    /// Forget what was not heard of this item.
    Truncate { item_id: ItemId, heard_ms: u64 },
    /// What was heard so far is the whole answer: do not wait for silence.
    CommitAudio,
    /// A typed answer.
    AddUserText { item_id: ItemId, text: String },
    /// Close politely.
    Close,
}

/// Something for the interviewer to say.
#[derive(Clone, Debug, PartialEq)]
pub struct Speech {
    pub tag: SpeechTag,
    /// The words. The built-in engine speaks them as they are.
    pub words: String,
    /// Exactly these words (disclosure, questions, closing), or may a phrasing model use its own (follow-ups)?
    pub verbatim: bool,
    /// What a phrasing model is told, where it may use its own words; `words` stand in when it fails.
    pub brief: Option<Arc<Brief>>,
}

/// What a speech is for; echoed by the model in `ResponseStarted`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SpeechTag {
    /// Greeting and the disclosure that this is an AI.
    Greeting,
    /// Question, from 1.
    Question(u32),
    /// Follow-up of a question.
    FollowUp { question: u32, follow_up: u32 },
    /// The same question once more: asked for, or after silence.
    Repeat(u32),
    /// "Are you still there?", "take your time", "welcome back".
    Remark,
    /// Takes note of the answer to this question before the next is asked, in a model's words. Nothing stands in for
    /// it: an engine that has no words says nothing, and is not in trouble.
    LeadIn(u32),
    /// Thanks and what happens next.
    Closing,
}

/// One durable change. Applying the same change twice leaves the same state.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Insert or replace by `item_id` when `revision` is newer.
    Item(Item),
    Status {
        status: Status,
        end_reason: Option<EndReason>,
    },
    /// Media flowed for the first time.
    Started,
    /// Progress of a question: `asked`, `answered`, `skipped`, with a reason and the follow-ups asked so far.
    Question {
        number: u32,
        status: &'static str,
        reason: Option<&'static str>,
        follow_ups: Vec<String>,
    },
    /// The proof of a question, as it is now; its `Question` comes before.
    Proof {
        number: u32,
        proof: QuestionProof,
    },
    /// What became of the words that every interview owes.
    Plan(PlanProof),
    /// Counters for the results, as they are now.
    Interruptions(u32),
    /// What was used so far of one kind of one model.
    Usage(UsageTotal),
}
