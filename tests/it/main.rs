//! The whole server over real sockets.

mod http;
#![allow(clippy::unwrap_used, reason = "a test asserts by it, in its helpers too")]

mod media;
mod support;
mod store;
