//! The Realtime wire: every event survives a trip, nonsense never panics, and both dialects say the same.

mod audio;
mod corpus;
mod dialect;
mod events;
mod serve;
