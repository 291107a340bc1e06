//! Audio in the pure half: the jitter buffer, the playout account and the session's audio clock.
//!
//! Nothing here knows a socket, or a codec that takes more than a table. Times are milliseconds of the caller's
//! monotonic clock; RTP time is counted in ticks of 48 kHz (RFC 7587), unwrapped to 64 bit.

pub mod bit_rate;
pub mod clock_map;
pub mod codec;
pub mod g711;
pub mod jitter;
pub mod opus_packet;
pub mod playout;
pub mod reception;
pub mod timeline;

/// Ticks of the RTP clock in a millisecond (RFC 7587: 48 kHz whatever the audio bandwidth).
pub const TICKS_PER_MS: u64 = 48;
/// Ticks of one 20 ms frame.
pub const FRAME_TICKS: u32 = 960;
/// Samples of one 20 ms frame at 24 kHz.
pub const FRAME_SAMPLES: usize = 480;
/// Milliseconds of one frame.
pub const FRAME_MS: u64 = 20;
