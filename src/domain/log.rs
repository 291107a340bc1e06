//! The log of a session: what became of it, in order, each entry bound to all before it by its hash.
//!
//! An entry never holds anybody's words. It holds digests of the columns of a row as it was stored, keyed with a salt
//! of that session alone: whoever has the rows can check them, and once salt and rows are gone the log says no more
//! than that something happened, and still holds together. [`verify`] says where log and rows differ.

mod chain;
mod seal;
mod verify;

pub use chain::{Digest, Entry, Head, canonical, entry_hash, genesis};
pub use seal::{Cell, Row, Salt};
pub use verify::{Evidence, Finding, Report, Verdict, check_file, verify};

/// Kinds that mean something to [`verify`]; others are only read by people.
pub mod kind {
    /// The first entry: commits to the salt.
    pub const OPENED: &str = "log.opened";
    /// The session's row as it began. A log without it began later than its session.
    pub const CREATED: &str = "session.created";
    /// All rows of some tables are gone: `{"gone": [table]}`.
    pub const RETENTION: &str = "retention";
    /// The session was erased, with its salt.
    pub const ERASED: &str = "erased";
}
