//! The subcommands of `viva` beside serving.

pub mod bench;
pub mod healthcheck;
pub mod mock_realtime;
pub mod netem;
pub mod simulate;
pub mod verify;

/// What a command may fail with; it is printed and the process exits with 1.
pub type CommandError = Box<dyn std::error::Error + Send + Sync>;
