//! How long what came of an interview is kept, by class.

use jiff::{SignedDuration, Timestamp};

/// What is deleted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DataClass {
    /// Recordings.
    Audio,
    /// What was said, in words, by whoever wrote it down.
    Transcript,
    /// Scorecards, with the quotes in them.
    Scores,
}

impl DataClass {
    /// In the order in which they are looked at.
    pub const ALL: [Self; 3] = [Self::Audio, Self::Transcript, Self::Scores];

    /// The public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Audio => "audio",
            Self::Transcript => "transcript",
            Self::Scores => "scores",
        }
    }
}

/// When something is due that is kept for `days` after `ended_at`; `None` beyond the end of time.
pub fn due_at(ended_at: Timestamp, days: u32) -> Option<Timestamp> {
    ended_at.checked_add(SignedDuration::from_hours(i64::from(days) * 24)).ok()
}
