//! Candidates without a browser: what `viva simulate` and the tests use to hold an interview.
//!
//! They stand outside of the server: they know its REST API and WebRTC, and measure its process from outside.

pub mod candidate;
pub mod cost;
pub mod network;
pub mod peer;
pub mod speech;
