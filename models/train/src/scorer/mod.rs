//! The short-answer scorer of `viva_assessment::short_answer`: heads of known questions, boosted trees, conformal intervals.

mod blend;
mod boost;
mod data;
mod fit;
mod heads;
mod random;
mod subjects;
mod vectors;

use std::path::PathBuf;

pub(crate) use data::training_rows;
pub use data::{Row, read_rows};
pub use fit::{LeftOut, Progress, Trained, train};
pub(crate) use random::Random;
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
    /// The network failed.
    #[error(transparent)]
    Network(#[from] viva_inference::InferenceError),
    /// The tensor library failed.
    #[error("tensor operation failed: {0}")]
    Tensor(#[from] candle_core::Error),
    /// An entailment network failed.
    #[error(transparent)]
    Entailment(#[from] viva_assessment::short_answer::EntailmentError),
    /// The embedding failed.
    #[error(transparent)]
    Embedding(#[from] viva_assessment::EmbedderError),
}
