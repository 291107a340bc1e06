//! The bridge against the mock server, over real sockets.

mod conversation;
mod faults;
pub mod rig;
mod tls;
