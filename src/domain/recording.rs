//! The arithmetic of recordings: where a packet stands in its file, what stands in a hole, how the candidate's clock
//! runs against the server's, and the peaks of a wave.
//!
//! Positions are ticks of 48 kHz on the session's audio clock, which begins at 0 when media first flows. The two files
//! of a recording both begin there.

mod clock;
mod filling;
mod peaks;
mod placement;

pub use clock::{ClockFit, ClockSample, Warp};
pub use filling::{Filler, Filling};
pub use peaks::{PEAK_SAMPLES, Peaks};
pub use placement::{Left, Placed, Placement};

/// Ticks of 48 kHz to be cut from the start of what is decoded: an encoder's look-ahead (RFC 7845 section 4.2).
pub const PRE_SKIP_TICKS: u16 = 312;

/// Whose voice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// The candidate.
    User,
    /// The interviewer.
    Assistant,
}

impl Side {
    /// Left channel first.
    pub const ALL: [Self; 2] = [Self::User, Self::Assistant];

    /// As transcripts say it, and the name of its file without the ending.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }

    /// The side of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|side| side.as_str() == name)
    }

    /// 0 or 1.
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// The identification header of a mono file (RFC 7845 section 5.1).
pub fn opus_head() -> Vec<u8> {
    let mut head = b"OpusHead\x01\x01".to_vec();
    head.extend_from_slice(&PRE_SKIP_TICKS.to_le_bytes());
    head.extend_from_slice(&48_000_u32.to_le_bytes());
    head.extend_from_slice(&[0, 0, 0]); // No gain; one stream of one or two channels.
    head
}

/// The comment header (RFC 7845 section 5.2). It names the software and nobody else.
pub fn opus_tags() -> Vec<u8> {
    let vendor = b"viva";
    let mut tags = b"OpusTags".to_vec();
    tags.extend_from_slice(&(vendor.len() as u32).to_le_bytes());
    tags.extend_from_slice(vendor);
    tags.extend_from_slice(&0_u32.to_le_bytes());
    tags
}
