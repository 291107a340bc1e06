//! The pure half, in virtual time, and the house rules.

#![allow(clippy::unwrap_used, reason = "a test asserts by it, in its helpers too")]

mod audio;
mod auth;
mod chat;
mod grpc_code;
mod guard;
mod ice;
mod impairment;
mod invitation;
mod key_ring;
mod limit;
mod load;
mod log;
mod metrics;
mod persona;
mod protos;
mod realtime;
mod recording;
mod result;
mod room;
mod scorecard;
mod sdp_fragment;
mod second_pass;
mod session;
mod sign_in;
mod signaling;
mod speech_text;
mod tidy;
mod twilio;
mod usage;
mod webhook;
