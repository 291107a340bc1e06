//! Everything that can happen to a session. Closed: what can wake it is on this page.

use crate::domain::{
    event::{ClientMessage, QualityData},
    id::{ItemId, ResponseId},
    proof::{StandIn, Wording},
    session::EndReason,
    usage::Usage,
};

/// An input of [`Session`](super::Session).
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The candidate agreed; the shell has stored the consent record before saying so.
    Consented,
    /// The candidate rehearses: nobody has to connect within this time from now.
    Preparing { for_ms: u64 },
    /// The media path.
    Peer(PeerEvent),
    /// The pacer's account of what was really sent.
    Playout(PlayoutEvent),
    /// The speech model.
    Model(ModelEvent),
    /// A message of the page, from the data channel or `POST …/actions`.
    Client(ClientMessage),
    /// How the candidate's microphone arrives; told to everyone who watches.
    Quality(QualityData),
    /// Stop now (closing words are not spoken for `CandidateEnded`; they are for `TimeLimit` and `PlatformEnded`).
    End(StopReason),
    /// The store made everything up to and with this sequence number durable.
    Persisted { sequence: u64 },
    /// The store could not make this sequence number durable; the shell retries, and says so once.
    PersistFailed { sequence: u64 },
}

/// What the media path says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerEvent {
    /// An offer was answered; ICE and DTLS are under way.
    Offered,
    /// DTLS is up and media may flow. `audio_ms`: now, on the session's audio clock (0 the first time).
    Connected { audio_ms: u64 },
    /// No consent check (RFC 7675) for some seconds; media may come back by itself.
    Disconnected,
    /// The peer is gone: closed by the page, or 30 s without consent. Its media is freed.
    Closed,
    /// The data channel opened: send it a snapshot.
    ChannelOpen,
}

/// What the pacer says. Times are on the session's audio clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlayoutEvent {
    /// The first frame of the item left.
    Started { item_id: ItemId, audio_ms: u64 },
    /// The last frame of the item left.
    Finished { item_id: ItemId, audio_ms: u64, played_ms: u64 },
    /// The queue was dropped. `heard_ms`: how much of this item the candidate can have heard (frames sent less network
    /// and playout delay, clamped to what was received).
    Interrupted { item_id: ItemId, audio_ms: u64, heard_ms: u64 },
}

/// How a response ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseStatus {
    Completed,
    Cancelled,
    Incomplete,
    Failed,
}

/// What the speech model says, without its audio. Times are on the session's audio clock.
#[derive(Clone, Debug, PartialEq)]
pub enum ModelEvent {
    /// It accepted the configuration and may be spoken to.
    Ready,
    SpeechStarted {
        item_id: ItemId,
        audio_ms: u64,
    },
    SpeechStopped {
        item_id: ItemId,
        audio_ms: u64,
    },
    /// What was heard is now an item of the conversation.
    Committed {
        item_id: ItemId,
    },
    /// More of the candidate's words (not settled).
    UserTextDelta {
        item_id: ItemId,
        delta: String,
    },
    /// The candidate's words, settled; a later one replaces an earlier one.
    UserText {
        item_id: ItemId,
        text: String,
    },
    /// The candidate's words could not be had.
    UserTextFailed {
        item_id: ItemId,
    },
    /// `tag`: what [`Speech::tag`](super::Speech) was asked for, when the model echoes it.
    ResponseStarted {
        response_id: ResponseId,
        tag: Option<super::SpeechTag>,
    },
    AgentItem {
        response_id: ResponseId,
        item_id: ItemId,
    },
    AgentTextDelta {
        item_id: ItemId,
        delta: String,
    },
    AgentText {
        item_id: ItemId,
        text: String,
    },
    /// Who worded an item that was not to be said word for word; comes before its settled text.
    Phrased {
        item_id: ItemId,
        worded_by: Wording,
        stand_in: Option<StandIn>,
    },
    /// All audio of the item was received: so many milliseconds of it.
    AgentAudioDone {
        item_id: ItemId,
        received_ms: u64,
    },
    ResponseDone {
        response_id: ResponseId,
        status: ResponseStatus,
    },
    /// It counted what something used of it: a response, a transcription, words of a chat endpoint.
    Usage(Usage),
    /// It is in trouble and is being tried again; the candidate is told after a while.
    Trouble,
    /// It answers again (after `Trouble`): the conversation so far was replayed to it.
    Recovered,
    /// It is gone for good.
    Failed,
}

/// Who or what asks for the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    Candidate,
    Platform,
    /// The server drains: say goodbye, keep everything.
    Drain,
    /// What may be spent is spent: say goodbye when nobody is in the middle of a sentence.
    Budget,
    /// A panic or an impossible state was caught.
    Internal,
}

impl StopReason {
    /// The reason to store.
    pub const fn end_reason(self) -> EndReason {
        match self {
            Self::Candidate => EndReason::CandidateEnded,
            Self::Platform => EndReason::PlatformEnded,
            Self::Drain => EndReason::Interrupted,
            Self::Budget => EndReason::Budget,
            Self::Internal => EndReason::Internal,
        }
    }
}
