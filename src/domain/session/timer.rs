//! Everything that a session waits for.

/// What [`Session::poll_timeout`](super::Session::poll_timeout) is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// No peer connected.
    Connect,
    /// A lost peer did not come back.
    Return,
    /// The interview is at its longest.
    MaxDuration,
    /// The candidate says nothing.
    Silence,
    /// The candidate's pause is long enough to be the end of the answer, and its words are known or waited for enough.
    Patience,
    /// One question took its share of the time.
    TimeBox,
    /// The interviewer's next words wait a little before they are tried again.
    Retry,
    /// The model makes no progress.
    Response,
    /// The pacer should be through by now.
    Playout,
    /// The model has been in trouble for too long.
    Trouble,
    /// The budget is spent, and whoever speaks had time to finish a sentence.
    Budget,
    /// A stage of the ending takes too long.
    Closing,
}
