//! The short-answer scorer of `viva_assessment::short_answer`: heads of known questions, boosted trees, conformal intervals.

mod boost;
mod data;
mod fit;
mod heads;
mod random;
mod vectors;

use std::path::PathBuf;

pub use data::{Row, read_rows};
pub use fit::{Progress, train};
pub use vectors::StoredVectors;

/// Why training stopped.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A line of a data file is no graded row.
    #[error("{path}, line {line}: {reason}")]
    Line {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// There is nothing to fit.
    #[error(
        "no *.train.jsonl or *.train.jsonl.gz in {0}: set VIVA_DATA, or --data, to the folder of graded answers"
    )]
    NoData(PathBuf),
    /// The embedding failed.
    #[error(transparent)]
    Embedding(#[from] viva_assessment::EmbedderError),
}
