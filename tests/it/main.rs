//! The whole server over real sockets, and its parts with their real models.

#![allow(clippy::unwrap_used, reason = "a test asserts by it, in its helpers too")]

mod auth;
mod authorisation;
mod bench;
mod cache;
mod cascade;
mod catalogue;
mod codec;
mod crash;
mod desk;
mod docs;
mod engine;
mod erasure;
mod events;
mod exports;
mod fuzz;
mod grpc;
mod http;
mod interview;
mod media;
mod offers;
mod openapi;
mod operators;
mod personas;
mod realtime;
mod recording;
mod rehearsal;
mod relay;
mod rooms;
mod scoring;
mod second_pass;
mod sign_in;
mod sign_in_time;
mod signaling;
mod store;
mod support;
mod usage;
mod verify;
mod voice;
mod webhooks;
mod webrtc;
mod whip;
