//! Draining and shutting down.
