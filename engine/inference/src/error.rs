//! What can go wrong between a folder of weights and an answer.

use std::path::PathBuf;

use crate::weights::WeightsError;

/// Why a network could not be loaded or run.
#[derive(Debug, thiserror::Error)]
pub enum InferenceError {
    /// The weights file is not the one this network was written for.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// A file of the asset could not be read.
    #[error("cannot read {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A configuration file of the asset does not say what is needed.
    #[error("{} is not usable: {reason}", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The tokenizer file of the asset is not usable, or it refused a text.
    #[error("tokenizer: {0}")]
    Tokenizer(String),
    /// An input whose shape the network cannot take.
    #[error("input does not fit the network: {0}")]
    Input(String),
    /// The tensor library failed.
    #[error("tensor operation failed")]
    Tensor(#[from] candle_core::Error),
}
