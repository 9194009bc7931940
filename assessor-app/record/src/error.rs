//! What can go wrong while a record is written.

use thiserror::Error;
use viva_verify::Failure;

/// Why a record could not be written, sealed or read.
#[derive(Debug, Error)]
pub enum RecordError {
    /// The operating system refused; disk full is among these. What was written before stays valid.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: String,
        /// The system's answer.
        source: std::io::Error,
    },
    /// A value could not be written or read as JSON.
    #[error("{path}: {source}")]
    Json {
        /// The file.
        path: String,
        /// The reason.
        source: serde_json::Error,
    },
    /// A sound file could not be written.
    #[error("{path}: {source}")]
    Sound {
        /// The file.
        path: String,
        /// The reason.
        source: hound::Error,
    },
    /// The name of a file leads out of the bundle or holds other signs than letters, digits, `.`, `_`, `-`, `/`.
    #[error("{0:?} is no name for a file of a bundle")]
    BadName(String),
    /// A file of this name is there already; a record is never overwritten.
    #[error("{0} is in the bundle already")]
    Exists(String),
    /// The folder for a new bundle is not empty.
    #[error("{0} is not empty: a bundle begins in a folder of its own")]
    NotEmpty(String),
    /// An event is longer than a line may be, or its time is beyond the range of the format.
    #[error("event of kind {0:?} does not fit into a line of the record")]
    EventTooLarge(String),
    /// Samples came at a time that the track cannot hold.
    #[error("audio at {at_s:.3} s: {reason}")]
    AudioTime {
        /// Start of the block in seconds.
        at_s: f64,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The bundle has a seal already.
    #[error("the session is sealed already")]
    AlreadySealed,
    /// There is nothing new to seal.
    #[error("nothing was added since the last seal")]
    NothingToSeal,
    /// The last event was never finished; see [`recover`](crate::recover).
    #[error("events.jsonl ends inside a line ({0} bytes): recover it first")]
    Torn(u64),
    /// The bundle is not whole.
    #[error(transparent)]
    NotWhole(#[from] Failure),
    /// The bundle has a decision already.
    #[error("a decision is recorded already")]
    AlreadyReviewed,
    /// The bundle is of practice.
    #[error(
        "this is a record of practice, and nothing of it may lead to a decision: hold a session with --mode certify"
    )]
    Practice,
    /// The bundle has no recorded decision.
    #[error("no human decision is recorded")]
    NotReviewed,
    /// The record grew after it was read.
    #[error("the record has changed since it was opened: read it again, then act")]
    Changed,
    /// A decision lacks what makes it one.
    #[error("decision: {0}")]
    Decision(&'static str),
    /// A key file is not what it should be.
    #[error("{path}: {reason}")]
    Key {
        /// The key file.
        path: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A WebVTT file is not what this program writes.
    #[error("captions line {line}: {reason}")]
    Captions {
        /// Line counted from 1.
        line: usize,
        /// What is wrong.
        reason: &'static str,
    },
}

impl RecordError {
    pub(crate) fn io(path: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }

    pub(crate) fn json(path: impl Into<String>) -> impl FnOnce(serde_json::Error) -> Self {
        let path = path.into();
        move |source| Self::Json { path, source }
    }

    pub(crate) fn sound(path: impl Into<String>) -> impl FnOnce(hound::Error) -> Self {
        let path = path.into();
        move |source| Self::Sound { path, source }
    }
}
