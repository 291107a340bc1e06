//! The whole server over real sockets.

mod http;
mod media;
mod support;
mod store;
