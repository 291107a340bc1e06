//! WebRTC media: one UDP port for all sessions, shards that own them, Opus in and out.

pub mod port;
