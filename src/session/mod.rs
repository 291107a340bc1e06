//! A session at run time: one task (the [`actor`]) around the pure `domain::session::Session`, reached through a
//! [`SessionHandle`], found in the [`Registry`].
//!
//! Invariant: a live session exists in exactly one actor, and audio never passes through it.

mod actor;
mod feed;
mod handle;
mod loopback;
mod preview;
mod recording;
mod registry;
mod rehearsal;
mod samples;
mod saving;

pub use feed::{WatchError, Watched, final_state};
pub use handle::{SessionClosed, SessionHandle, StatusView};
pub use preview::{Pcm, PreviewError, Previews};
pub use registry::{Admission, CreateError, Registry, SessionDeps};
pub use rehearsal::{Begun, Rehearsal, RehearsalError, Rehearsals};
