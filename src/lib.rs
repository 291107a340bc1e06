//! Viva: a self-hosted voice interview server. One binary terminates WebRTC, turns Opus into PCM, bridges it to a
//! speech model and keeps what both sides said.
//!
//! Reading order: [`domain`] decides, [`wire`] names things on the wire, and everything below the `server` feature
//! moves bytes. `ARCHITECTURE.md` has the map.

#![forbid(unsafe_code)]

pub mod domain;
pub mod wire;

#[cfg(feature = "server")]
pub mod app;
#[cfg(feature = "server")]
pub mod auth;
#[cfg(feature = "server")]
pub mod bench;
#[cfg(feature = "server")]
pub mod cache;
#[cfg(feature = "server")]
pub mod chat;
#[cfg(feature = "server")]
pub mod commands;
#[cfg(feature = "server")]
pub mod config;
#[cfg(feature = "server")]
pub mod email;
#[cfg(feature = "server")]
pub mod engine;
#[cfg(feature = "server")]
pub mod grpc;
#[cfg(feature = "server")]
pub mod http;
#[cfg(feature = "server")]
pub mod ice;
#[cfg(feature = "server")]
pub mod jobs;
#[cfg(feature = "server")]
pub mod media;
#[cfg(feature = "server")]
pub mod mock_realtime;
#[cfg(feature = "server")]
pub mod outgoing;
#[cfg(feature = "server")]
pub mod random;
#[cfg(feature = "server")]
pub mod realtime;
#[cfg(feature = "server")]
pub mod recording;
#[cfg(feature = "server")]
pub mod relay;
#[cfg(feature = "server")]
pub mod results;
#[cfg(feature = "server")]
pub mod room;
#[cfg(feature = "server")]
pub mod scoring;
#[cfg(feature = "server")]
pub mod session;
#[cfg(feature = "server")]
pub mod shutdown;
#[cfg(feature = "server")]
pub mod simulate;
#[cfg(feature = "server")]
pub mod spending;
#[cfg(feature = "server")]
pub mod store;
#[cfg(feature = "server")]
pub mod telemetry;
#[cfg(feature = "server")]
pub mod webhooks;
