//! The pure half, in virtual time, and the house rules.

mod audio;
mod protos;
mod realtime;
mod session;
mod speech_text;
mod tidy;
