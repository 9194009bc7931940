//! What can go wrong with a base.

use std::path::{Path, PathBuf};

use viva_assessment::EmbedderError;

use crate::search::SearchError;
use crate::words::IndexError;

/// A base could not be used or changed.
#[derive(Debug, thiserror::Error)]
pub enum BaseError {
    /// Nothing there.
    #[error("{} is no knowledge base; `viva kb add FILE --kb {}` begins one", .0.display(), .0.display())]
    None(PathBuf),
    /// Something else there.
    #[error("{} holds other files and no knowledge base: choose an empty or a new folder", .0.display())]
    Occupied(PathBuf),
    /// In use.
    #[error("{} is being changed by another program: try again when it has ended", .0.display())]
    Locked(PathBuf),
    /// Of another version.
    #[error("the base has layout {found}, this program knows {known}: make a new base with `viva kb add`")]
    Version {
        /// Found.
        found: u32,
        /// Known.
        known: u32,
    },
    /// Made with another network.
    #[error(
        "the base was made with the sentence network {base}, here is {here}: make a new base with `viva kb add`"
    )]
    Embedder {
        /// The base's.
        base: String,
        /// This program's.
        here: String,
    },
    /// Not as it was written.
    #[error("damaged: {0}")]
    Damaged(String),
    /// Headings at most.
    #[error("holds headings at most, and no text below them")]
    NoPassage,
    /// None or several are meant.
    #[error("{}", which(asked, matching))]
    Which {
        /// What was asked for.
        asked: String,
        /// The paths that fit.
        matching: Vec<String>,
    },
    /// The sentence network failed.
    #[error(transparent)]
    Embedding(#[from] EmbedderError),
    /// The index failed.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// A search failed.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// The disk failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// How.
        source: std::io::Error,
    },
}

fn which(asked: &str, matching: &[String]) -> String {
    if matching.is_empty() {
        format!(
            "no document {asked:?}: give a path, a name or the first 8 digits of a hash; `viva kb list` shows them"
        )
    } else {
        format!("{asked:?} means {}: give the whole path or hash", matching.join(" and "))
    }
}

pub(super) fn io(path: &Path, source: std::io::Error) -> BaseError {
    BaseError::Io { path: path.to_owned(), source }
}
