//! How a listener finds out whose turn it is.

/// The rules of one conversation; they may change while it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turns {
    pub detection: Detection,
    /// A voice stops what is being said.
    pub interrupts: bool,
}

/// What ends a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detection {
    /// Only the other side's word.
    Manual,
    /// So much silence after speech.
    Silence { silence_ms: u64 },
    /// Silence, weighed by what the voice sounds like.
    Sense {
        /// After a turn that sounds finished, about half of it is enough.
        silence_ms: u64,
        /// After one that sounds unfinished.
        unfinished_ms: u64,
    },
}
