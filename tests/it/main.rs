//! The whole server over real sockets, and its parts with their real models.

mod http;
#![allow(clippy::unwrap_used, reason = "a test asserts by it, in its helpers too")]

mod engine;
mod media;
mod support;
mod store;
