//! all-MiniLM-L6-v2: sentences as vectors, near where they mean alike.

use std::path::Path;

use candle_core::Tensor;
use serde::Deserialize;
use tokenizers::{Tokenizer, TruncationParams};

use crate::dense::{LayerNorm, dot};
use crate::error::InferenceError;
use crate::layers::{AttentionNames, Linear, SelfAttention, matrix, normalise};
use crate::weights::Weights;

const NAMES: AttentionNames<'_> = AttentionNames {
    query: "self.query",
    key: "self.key",
    value: "self.value",
    out: "output.dense",
    key_bias: true,
};

/// Rows of one matrix at most: bounds the memory of a long list of texts.
const BATCH_TOKENS: usize = 2048;

/// The sentence encoder.
///
/// Texts of one batch stand below each other in one matrix, and attention runs inside each text: nothing is padded, so a text gets the
/// same vector alone and in company.
pub struct MiniLm {
    tokenizer: Tokenizer,
    config: Config,
    words: Vec<f32>,
    /// Position plus the one token type in use.
    positions: Vec<f32>,
    norm: LayerNorm,
    layers: Vec<Layer>,
}

/// The part of `config.json` that this network reads.
#[derive(Debug, Deserialize)]
struct Config {
    hidden_size: usize,
    intermediate_size: usize,
    layer_norm_eps: f32,
    max_position_embeddings: usize,
    num_attention_heads: usize,
    num_hidden_layers: usize,
    type_vocab_size: usize,
    vocab_size: usize,
}

struct Layer {
    attention: SelfAttention,
    attention_norm: LayerNorm,
    expand: Linear,
    contract: Linear,
    norm: LayerNorm,
}

impl std::fmt::Debug for MiniLm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MiniLm").field("config", &self.config).finish_non_exhaustive()
    }
}

impl MiniLm {
    /// Loads the network from the folder of asset `embed-minilm-l6-v2`.
    ///
    /// # Errors
    /// When a file is missing or holds something else than this network.
    pub fn load(folder: &Path) -> Result<Self, InferenceError> {
        let config: Config = crate::files::json(&folder.join("config.json"))?;
        if config.num_attention_heads == 0 || !config.hidden_size.is_multiple_of(config.num_attention_heads) {
            let reason = "hidden_size is no multiple of num_attention_heads".to_owned();
            return Err(InferenceError::Config { path: folder.join("config.json"), reason });
        }
        let mut tokenizer = crate::files::tokenizer(folder)?;
        // The file asks for padding to 128 and a cut there; neither is wanted.
        tokenizer.with_padding(None);
        let truncation =
            TruncationParams { max_length: config.max_position_embeddings, ..TruncationParams::default() };
        tokenizer
            .with_truncation(Some(truncation))
            .map_err(|error| InferenceError::Tokenizer(error.to_string()))?;

        let mut weights = Weights::open_folder(folder)?;
        let Config { hidden_size: width, num_attention_heads: heads, layer_norm_eps: epsilon, .. } = config;
        let words = weights.take("embeddings.word_embeddings.weight", &[config.vocab_size, width]);
        let mut positions =
            weights.take("embeddings.position_embeddings.weight", &[config.max_position_embeddings, width]);
        let types = weights.take("embeddings.token_type_embeddings.weight", &[config.type_vocab_size, width]);
        for row in positions.chunks_exact_mut(width) {
            row.iter_mut().zip(&types).for_each(|(position, first_type)| *position += first_type);
        }
        let norm = LayerNorm::load(&mut weights, "embeddings.LayerNorm", width, epsilon);
        let layers = (0..config.num_hidden_layers)
            .map(|i| {
                let layer = format!("encoder.layer.{i}.");
                let hidden = config.intermediate_size;
                let attention = format!("{layer}attention.");
                let norm = |weights: &mut Weights, name: &str| {
                    LayerNorm::load(weights, &format!("{layer}{name}.LayerNorm"), width, epsilon)
                };
                Ok(Layer {
                    attention: SelfAttention::load(&mut weights, &attention, &NAMES, width, heads)?,
                    attention_norm: norm(&mut weights, "attention.output"),
                    expand: Linear::load(&mut weights, &format!("{layer}intermediate.dense"), width, hidden)?,
                    contract: Linear::load(&mut weights, &format!("{layer}output.dense"), hidden, width)?,
                    norm: norm(&mut weights, "output"),
                })
            })
            .collect::<candle_core::Result<_>>()?;
        for unused in ["embeddings.position_ids", "pooler.dense.weight", "pooler.dense.bias"] {
            weights.ignore(unused);
        }
        weights.finish()?;
        Ok(Self { tokenizer, config, words, positions, norm, layers })
    }

    /// Length of a vector: 384.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        self.config.hidden_size
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
        for tokens in texts {
            if tokens.is_empty() || tokens.len() > self.config.max_position_embeddings {
                return Err(InferenceError::Input(format!("a text of {} tokens", tokens.len())));
            }
            if let Some(token) = tokens.iter().find(|token| **token as usize >= self.config.vocab_size) {
                return Err(InferenceError::Input(format!("token {token} is not in the vocabulary")));
            }
        }
        let mut vectors = Vec::with_capacity(texts.len());
        let mut rest = texts;
        while !rest.is_empty() {
            let mut total = 0;
            let fitting = rest.iter().take_while(|tokens| {
                total += tokens.len();
                total <= BATCH_TOKENS
            });
            let (batch, later) = rest.split_at(fitting.count().max(1));
            self.embed_batch(batch, &mut vectors)?;
            rest = later;
        }
        Ok(vectors)
    }

    fn embed_batch(&self, texts: &[&[u32]], vectors: &mut Vec<Vec<f32>>) -> candle_core::Result<()> {
        let width = self.config.hidden_size;
        let lengths: Vec<usize> = texts.iter().map(|tokens| tokens.len()).collect();
        let mut x = normalise(&self.norm, &self.token_rows(texts)?)?;
        for layer in &self.layers {
            let attended = layer.attention.forward(&x, &lengths)?;
            x = normalise(&layer.attention_norm, &(x + attended)?)?;
            let expanded = layer.expand.forward_gelu(&x)?;
            x = normalise(&layer.norm, &(x + layer.contract.forward(&expanded)?)?)?;
        }
        let rows = x.flatten_all()?.to_vec1::<f32>()?;
        let mut first = 0;
        for length in lengths {
            let mut mean = vec![0.0; width];
            for row in rows[first * width..(first + length) * width].chunks_exact(width) {
                mean.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
            }
            let norm = dot(&mean, &mean).sqrt().max(f32::MIN_POSITIVE);
            mean.iter_mut().for_each(|x| *x /= norm);
            vectors.push(mean);
            first += length;
        }
        Ok(())
    }

    fn token_rows(&self, texts: &[&[u32]]) -> candle_core::Result<Tensor> {
        let width = self.config.hidden_size;
        let mut rows = Vec::new();
        for tokens in texts {
            for (token, position) in tokens.iter().zip(self.positions.chunks_exact(width)) {
                let word = &self.words[*token as usize * width..][..width];
                rows.extend(word.iter().zip(position).map(|(word, position)| word + position));
            }
        }
        let count = rows.len() / width;
        matrix(rows, count, width)
    }
}
