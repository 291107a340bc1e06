//! What a mock server says, hears and breaks, as JSON.

use serde::Deserialize;

/// A script. Everything has a default; an empty object is a well-behaved server.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Script {
    /// Words of responses whose instructions name none, in turn.
    pub replies: Vec<String>,
    /// Transcripts of the candidate's turns, in order; then `default_heard`.
    pub heard: Vec<Heard>,
    pub default_heard: Heard,
    pub audio: AudioScript,
    /// Repeat the metadata of `response.create`.
    pub echo_metadata: bool,
    /// Write `transcript: null` where the service does and published types forbid it.
    pub faithful_nulls: bool,
    /// A connection's time limit.
    pub expires_after_ms: u64,
    /// Between pings.
    pub ping_every_ms: u64,
    pub faults: Vec<Fault>,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            replies: Vec::new(),
            heard: Vec::new(),
            default_heard: Heard::default(),
            audio: AudioScript::default(),
            echo_metadata: true,
            faithful_nulls: false,
            expires_after_ms: 60 * 60 * 1_000,
            ping_every_ms: 20_000,
            faults: Vec::new(),
        }
    }
}

/// One transcript.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Heard {
    pub text: String,
    /// After the turn is committed.
    pub delay_ms: u64,
    pub outcome: HeardOutcome,
}

impl Default for Heard {
    fn default() -> Self {
        Self { text: "These are the words that I said.".into(), delay_ms: 0, outcome: HeardOutcome::Completed }
    }
}

/// What becomes of a transcription.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeardOutcome {
    #[default]
    Completed,
    Failed,
    /// Nothing ever comes.
    Missing,
    /// It comes twice, the second time with a word more.
    Duplicate,
}

/// How audio is sent.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AudioScript {
    /// Milliseconds of audio a second of time; 0 sends all at once. The service sends faster than real time.
    pub pace_percent: u64,
    /// Milliseconds of audio in one delta.
    pub delta_ms: u64,
    /// Deltas that end in the middle of a sample.
    pub odd_bytes: bool,
    /// Deltas still sent after a response was cancelled.
    pub late_deltas: u32,
    /// Milliseconds of voice for one word.
    pub word_ms: u64,
}

impl Default for AudioScript {
    fn default() -> Self {
        Self { pace_percent: 400, delta_ms: 100, odd_bytes: false, late_deltas: 0, word_ms: 360 }
    }
}

/// Something that goes wrong, once.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// `connect` (before the upgrade), `open` (after it) or the type of a client event.
    pub on: String,
    /// The how manieth of a connection, from 1.
    #[serde(default = "one")]
    pub nth: u32,
    /// On which connection, from 1; every one without it.
    #[serde(default)]
    pub connection: Option<u32>,
    #[serde(rename = "do")]
    pub action: FaultAction,
}

const fn one() -> u32 {
    1
}

/// What goes wrong. The event that sets it off is not handled, except with `Send`, `Huge` and `StopReading`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultAction {
    /// Answers the upgrade with this HTTP status (only `on: connect`).
    Refuse(u16),
    /// An `error` event.
    Error {
        code: Option<String>,
        kind: String,
        message: String,
        param: Option<String>,
    },
    /// An `error` event and a close, as the service refuses a key or a model.
    ErrorClose {
        code: String,
        close: u16,
    },
    Close {
        code: u16,
        reason: String,
    },
    /// The connection breaks without a goodbye.
    Drop,
    /// No answer to this event.
    Ignore,
    /// Neither reads nor writes any more, and stays open.
    Stall,
    /// The time limit was reached: close 1001.
    Expire,
    /// A response fails with this code.
    FailResponse(String),
    /// Sends this text as it is.
    Send(String),
    /// Sends an event of so many bytes.
    Huge(usize),
    /// Does not read for so long.
    StopReading {
        for_ms: u64,
    },
}

impl Script {
    /// The faults of a connection's `nth` event of a kind.
    pub(super) fn faults(&self, on: &str, nth: u32, connection: u32) -> Vec<FaultAction> {
        let here = |fault: &&Fault| {
            fault.on == on && fault.nth == nth && fault.connection.is_none_or(|number| number == connection)
        };
        self.faults.iter().filter(here).map(|fault| fault.action.clone()).collect()
    }
}
