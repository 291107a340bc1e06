//! Pure codecs: bytes to types and back.

pub mod chat;
pub mod error_code;
pub mod evaluation;
pub mod realtime;
pub mod red;
pub mod sdp;
pub mod sdp_fragment;
pub mod signaling;
pub mod stun;
pub mod twilio;
