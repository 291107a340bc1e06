//! Handlers, one file per resource.

pub mod health;
pub mod interviews;
pub mod live;
pub mod sessions;
