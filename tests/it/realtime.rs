//! The bridge against the mock server, over real sockets.

mod conversation;
mod faults;
mod rig;
mod tls;
