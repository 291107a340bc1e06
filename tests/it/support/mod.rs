//! What the tests of this binary share.

pub mod server;
