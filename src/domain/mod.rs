//! The pure half: what Viva decides. No clock, randomness, sockets, files or async here; `now` and seeds are arguments.

pub mod audio;
pub mod auth;
pub mod brief;
pub mod draft;
pub mod event;
pub mod guard;
pub mod ice;
pub mod id;
pub mod interview;
pub mod key_ring;
pub mod limit;
pub mod log;
pub mod persona;
pub mod proof;
pub mod result;
pub mod retention;
pub mod room;
pub mod scorecard;
pub mod session;
pub mod sign_in;
pub mod special_address;
pub mod speech_text;
pub mod transcript;
pub mod turns;
pub mod usage;
pub mod webhook;
