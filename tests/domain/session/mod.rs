//! The session core against a small world in virtual time.

mod behaviour;
mod simulation;
mod world;
