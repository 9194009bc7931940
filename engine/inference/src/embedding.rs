//! all-MiniLM-L6-v2: sentences as vectors, near where they mean alike.

use std::path::Path;

use tokenizers::Tokenizer;

use crate::dense::dot;
use crate::encoder::{Encoder, Text, tokenizer};
use crate::error::InferenceError;
use crate::weights::Weights;

/// The sentence encoder. A text gets the same vector alone and in company.
pub struct MiniLm {
    tokenizer: Tokenizer,
    encoder: Encoder,
}

impl std::fmt::Debug for MiniLm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MiniLm").field("config", &self.encoder.config).finish_non_exhaustive()
    }
}

impl MiniLm {
    /// Loads the network from the folder of asset `embed-minilm-l6-v2`.
    ///
    /// # Errors
    /// When a file is missing or holds something else than this network.
    pub fn load(folder: &Path) -> Result<Self, InferenceError> {
        let mut weights = Weights::open_folder(folder)?;
        let encoder = Encoder::load(folder, &mut weights)?;
        weights.finish()?;
        Ok(Self { tokenizer: tokenizer(folder, encoder.config.max_position_embeddings)?, encoder })
    }

    /// Length of a vector: 384.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        self.encoder.config.hidden_size
    }

    /// One vector per text. Texts beyond 512 tokens are cut there.
    ///
    /// **Shape** `[texts, 384]`. **Units and range** unit length, so that a dot product is the cosine.
    ///
    /// # Errors
    /// When the tokenizer or the tensor library fails.
    pub fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, InferenceError> {
        let encodings = self
            .tokenizer
            .encode_batch(texts.to_vec(), true)
            .map_err(|error| InferenceError::Tokenizer(error.to_string()))?;
        let tokens: Vec<&[u32]> = encodings.iter().map(|encoding| encoding.get_ids()).collect();
        self.embed_tokens(&tokens)
    }

    /// One vector per list of token numbers, which hold their start and end marks already.
    ///
    /// # Errors
    /// When a list is empty or longer than 512, a number is not in the vocabulary, or the tensor library fails.
    pub fn embed_tokens(&self, texts: &[&[u32]]) -> Result<Vec<Vec<f32>>, InferenceError> {
        let width = self.dimensions();
        let texts: Vec<Text<'_>> =
            texts.iter().map(|tokens| Text { tokens, second_from: tokens.len() }).collect();
        let mut vectors = Vec::with_capacity(texts.len());
        self.encoder.encode(&texts, |rows| {
            let mut mean = vec![0.0; width];
            for row in rows.chunks_exact(width) {
                mean.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
            }
            let norm = dot(&mean, &mean).sqrt().max(f32::MIN_POSITIVE);
            mean.iter_mut().for_each(|x| *x /= norm);
            vectors.push(mean);
        })?;
        Ok(vectors)
    }
}
