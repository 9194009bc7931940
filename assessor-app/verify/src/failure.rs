//! The first thing wrong with a bundle.

use std::path::Path;

use thiserror::Error;

/// The first thing found wrong: in which file, on which line, and what.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{file}{}: {fault}", line.map(|line| format!(" line {line}")).unwrap_or_default())]
pub struct Failure {
    /// Path inside the bundle, with `/`.
    pub file: String,
    /// Line counted from 1, for files of lines.
    pub line: Option<u64>,
    /// What is wrong.
    pub fault: Fault,
}

/// What can be wrong with a file of a bundle.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Fault {
    /// The operating system refused to read it.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// A link, a device or another thing that is no plain file or folder.
    #[error("is neither a plain file nor a folder")]
    NotPlain,
    /// A name outside letters, digits, `.`, `_`, `-`, or one that leads out of the folder.
    #[error("has a name that a bundle does not allow")]
    BadName,
    /// The folder holds more, or deeper, than a bundle may.
    #[error("is beyond the limits of a bundle ({0})")]
    TooMuch(&'static str),
    /// No seal lists the file.
    #[error("is not sealed")]
    NotSealed,
    /// A seal lists the file, but it is not there.
    #[error("is sealed, but missing")]
    Missing,
    /// The bundle has no seal at all.
    #[error("is missing: the bundle is not sealed")]
    NoSeal,
    /// The length differs from the sealed one.
    #[error("length differs: sealed {sealed} bytes, found {found}")]
    Length {
        /// Bytes by the seal.
        sealed: u64,
        /// Bytes in the folder.
        found: u64,
    },
    /// The digest differs from the sealed one.
    #[error("sha256 differs: sealed {sealed}, found {found}")]
    Digest {
        /// Hex digest by the seal.
        sealed: String,
        /// Hex digest of what is in the folder.
        found: String,
    },
    /// Not JSON, not canonical JSON, or of another shape.
    #[error("is not what it should be: {0}")]
    Shape(String),
    /// The line's digest is not that of its content.
    #[error("hash is not that of the line")]
    LineHash,
    /// The line does not continue the chain.
    #[error("hash does not follow from {0}")]
    Broken(String),
    /// The chain ends elsewhere than sealed.
    #[error("chain ends at line {found}, sealed are {sealed} lines and another head")]
    Head {
        /// Lines by the seal.
        sealed: u64,
        /// Lines in the file.
        found: u64,
    },
    /// The signature does not verify.
    #[error("signature does not verify")]
    Signature,
    /// Signed by another key than expected.
    #[error("signed by {found}, expected {expected}")]
    Key {
        /// `did:key` expected.
        expected: String,
        /// `did:key` in the seal.
        found: String,
    },
    /// Seals do not follow from each other.
    #[error("{0}")]
    SealOrder(String),
    /// The content contradicts another file.
    #[error("{0}")]
    Content(String),
}

impl Failure {
    /// A fault of a whole file.
    pub(crate) fn file(file: impl Into<String>, fault: Fault) -> Self {
        Self { file: file.into(), line: None, fault }
    }

    /// A fault of one line, counted from 1.
    pub(crate) fn line(file: impl Into<String>, line: u64, fault: Fault) -> Self {
        Self { file: file.into(), line: Some(line), fault }
    }

    /// The operating system refused.
    pub(crate) fn unreadable(file: impl Into<String>, error: &std::io::Error) -> Self {
        Self::file(file, Fault::Unreadable(error.kind().to_string()))
    }
}

/// The name of a path inside a bundle for a message about it.
pub(crate) fn display(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}
