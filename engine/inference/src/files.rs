//! The small files that stand beside weights.

use std::path::Path;

use serde::de::DeserializeOwned;
use tokenizers::Tokenizer;

use crate::error::InferenceError;

/// Reads a JSON file into `T`.
pub(crate) fn json<T: DeserializeOwned>(path: &Path) -> Result<T, InferenceError> {
    let text =
        std::fs::read(path).map_err(|source| InferenceError::File { path: path.to_owned(), source })?;
    serde_json::from_slice(&text)
        .map_err(|error| InferenceError::Config { path: path.to_owned(), reason: error.to_string() })
}

/// Reads `tokenizer.json` of an asset folder.
pub(crate) fn tokenizer(folder: &Path) -> Result<Tokenizer, InferenceError> {
    let path = folder.join("tokenizer.json");
    let text = std::fs::read(&path).map_err(|source| InferenceError::File { path, source })?;
    Tokenizer::from_bytes(text).map_err(|error| InferenceError::Tokenizer(error.to_string()))
}
