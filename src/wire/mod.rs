//! Pure codecs: bytes to types and back.

pub mod realtime;
