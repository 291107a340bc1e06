//! What the candidate's side speaks, and what its packets say of themselves.

use super::{g711, opus_packet};
use serde::{Deserialize, Serialize};

/// Longest µ-law packet that is taken: 120 ms, as of Opus.
const MULAW_BYTES_MAX: usize = 6 * g711::FRAME_BYTES;

/// A codec of the candidate's side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub enum Codec {
    /// RFC 6716.
    #[default]
    Opus,
    /// µ-law, 8 kHz (RFC 3551 section 4.5.14).
    Pcmu,
}

/// Between a codec's RTP time on the wire and the 48 kHz that everything else counts in.
#[derive(Clone, Copy, Debug, Default)]
pub struct RtpClock {
    codec: Codec,
    /// Where what is sent began; a wire that counts slower wraps at another time.
    base: Option<u32>,
}

impl RtpClock {
    /// The clock of a stream that begins.
    pub fn new(codec: Codec) -> Self {
        Self { codec, base: None }
    }

    /// RTP time of the wire in ticks of 48 kHz; both wrap at 32 bits.
    pub fn ticks(&self, wire: u32) -> u32 {
        wire.wrapping_mul(self.codec.ticks_per_step())
    }

    /// RTP time on the wire of what is sent at so many ticks; right for a day from the first one on.
    pub fn wire(&mut self, ticks: u32) -> u32 {
        let base = *self.base.get_or_insert(ticks);
        base.wrapping_add(self.steps(ticks.wrapping_sub(base)))
    }

    /// A span of ticks as the wire counts it.
    pub fn steps(&self, ticks: u32) -> u32 {
        ticks / self.codec.ticks_per_step()
    }
}

impl Codec {
    /// Its name in a session description.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opus => "opus",
            Self::Pcmu => "PCMU",
        }
    }

    /// Ticks of 48 kHz in one of its RTP clock.
    pub const fn ticks_per_step(self) -> u32 {
        match self {
            Self::Opus => 1,
            Self::Pcmu => 6,
        }
    }

    /// Ticks (48 kHz) of a whole packet, or `None` when it cannot be one.
    pub fn packet_ticks(self, payload: &[u8]) -> Option<u32> {
        match self {
            Self::Opus => opus_packet::packet_ticks(payload),
            // Whole milliseconds, so that 20 ms frames can be cut.
            Self::Pcmu => {
                let is_whole = !payload.is_empty() && payload.len().is_multiple_of(8);
                (is_whole && payload.len() <= MULAW_BYTES_MAX).then(|| payload.len() as u32 * 6)
            }
        }
    }

    /// Whether a packet holds a copy of the frame before it.
    pub fn has_fec(self, payload: &[u8]) -> bool {
        self == Self::Opus && opus_packet::has_fec(payload)
    }

    /// Whether a packet only says "silence".
    pub fn is_dtx(self, payload: &[u8]) -> bool {
        self == Self::Opus && opus_packet::is_dtx(payload)
    }
}
