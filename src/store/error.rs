//! Why a step of the store did not happen.

/// Why a step of the store did not happen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The id is taken.
    #[error("already exists")]
    Exists,
    /// There is no such session.
    #[error("does not exist")]
    Unknown,
    /// More writes wait than the queue holds; try again later.
    #[error("store is overloaded")]
    Overloaded,
    /// The database did not do it: disk full, input or output error, closed. Nothing is saved of the step.
    #[error("store is unavailable: {0}")]
    Unavailable(String),
    /// What is stored cannot be understood; the detail names the column, not its content.
    #[error("stored data is damaged: {0}")]
    Damaged(&'static str),
}
