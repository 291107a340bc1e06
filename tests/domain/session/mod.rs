//! The session core against a small world in virtual time.

mod behaviour;
mod budget;
mod practice;
mod simulation;
mod world;
