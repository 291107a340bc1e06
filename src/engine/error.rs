//! What can go wrong inside the built-in engine.

/// An error of the engine. Cheap to clone: a model that cannot be loaded answers everyone with the same error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// A model file is not there.
    #[error("model file {file} is missing")]
    Missing { file: &'static str },
    /// A model file is not the one that `SHA256SUMS` names, or is not named there.
    #[error("model file {file} does not match its checksum")]
    Corrupt { file: &'static str },
    /// A model file has the right bytes, but cannot be understood.
    #[error("model file {file} cannot be loaded: {reason}")]
    Unreadable { file: &'static str, reason: String },
    /// A network refused its input.
    #[error("model {model} failed: {reason}")]
    Run { model: &'static str, reason: String },
    /// A job panicked; the worker lives on.
    #[error("speech work panicked")]
    Panicked,
    /// Too much work waits already.
    #[error("speech work queue is full")]
    Overloaded,
    /// The workers are gone.
    #[error("speech workers are shut down")]
    Closed,
    /// The work was not done in time.
    #[error("speech work took too long")]
    TimedOut,
}

impl EngineError {
    /// For `map_err` around a run of `model`.
    pub(super) fn run<E: std::fmt::Display>(model: &'static str) -> impl Fn(E) -> Self {
        move |error| Self::Run { model, reason: error.to_string() }
    }

    /// For `map_err` around loading `file`.
    pub(super) fn unreadable<E: std::fmt::Display>(file: &'static str) -> impl Fn(E) -> Self {
        move |error| Self::Unreadable { file, reason: error.to_string() }
    }
}
