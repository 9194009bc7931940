//! What can be wrong with a learner's files, or with what is to be added to them.

use thiserror::Error;

/// Why something about a learner cannot be read or kept.
#[derive(Debug, Error)]
pub enum LearnerError {
    /// A file is not what it should be.
    #[error("{file}: {reason}")]
    File {
        /// Which file.
        file: &'static str,
        /// What is wrong, with line and column where a part can be named.
        reason: String,
    },
    /// Something to be kept is missing, too long or of another shape.
    #[error("{0}")]
    Refused(String),
    /// There is no such entry.
    #[error("there is no {what} {id:?}; there are: {known}")]
    Unknown {
        /// What was looked for.
        what: &'static str,
        /// By which name.
        id: String,
        /// What there is.
        known: String,
    },
}
