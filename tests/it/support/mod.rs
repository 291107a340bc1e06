//! What the tests of this binary share.

pub mod caller;
pub mod chat_server;
pub mod fake;
pub mod postgres;
pub mod server;
pub mod services;
pub mod signaling;
