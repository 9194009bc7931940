//! The transformer encoder of the MiniLM family: tokens in, one row per token out.

use std::path::Path;

use candle_core::Tensor;
use serde::Deserialize;
use tokenizers::{Tokenizer, TruncationParams};

use crate::dense::LayerNorm;
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

/// The part of `config.json` that this network reads.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Config {
    pub(crate) hidden_size: usize,
    intermediate_size: usize,
    layer_norm_eps: f32,
    pub(crate) max_position_embeddings: usize,
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

/// Token numbers with their marks, and from where on they are of the second type.
#[derive(Clone, Copy)]
pub(crate) struct Text<'a> {
    pub(crate) tokens: &'a [u32],
    pub(crate) second_from: usize,
}

/// The encoder.
///
/// Texts of one batch stand below each other in one matrix, and attention runs inside each text: nothing is padded, so a text gets the
/// same rows alone and in company.
pub(crate) struct Encoder {
    pub(crate) config: Config,
    words: Vec<f32>,
    /// Position plus token type, for the first and the second type.
    places: [Vec<f32>; 2],
    norm: LayerNorm,
    layers: Vec<Layer>,
}

impl Encoder {
    /// Takes the encoder's weights; the pooler of the file is left out.
    pub(crate) fn load(folder: &Path, weights: &mut Weights) -> Result<Self, InferenceError> {
        let config: Config = crate::files::json(&folder.join("config.json"))?;
        let invalid = |reason: &str| InferenceError::Config {
            path: folder.join("config.json"),
            reason: reason.to_owned(),
        };
        if config.num_attention_heads == 0 || !config.hidden_size.is_multiple_of(config.num_attention_heads) {
            return Err(invalid("hidden_size is no multiple of num_attention_heads"));
        }
        if config.type_vocab_size < 2 {
            return Err(invalid("type_vocab_size is less than 2"));
        }
        let Config { hidden_size: width, num_attention_heads: heads, layer_norm_eps: epsilon, .. } = config;
        let words = weights.take("embeddings.word_embeddings.weight", &[config.vocab_size, width]);
        let positions =
            weights.take("embeddings.position_embeddings.weight", &[config.max_position_embeddings, width]);
        let types = weights.take("embeddings.token_type_embeddings.weight", &[config.type_vocab_size, width]);
        let places = [&types[..width], &types[width..2 * width]].map(|kind| {
            let mut places = positions.clone();
            for row in places.chunks_exact_mut(width) {
                row.iter_mut().zip(kind).for_each(|(place, kind)| *place += kind);
            }
            places
        });
        let norm = LayerNorm::load(weights, "embeddings.LayerNorm", width, epsilon);
        let layers = (0..config.num_hidden_layers)
            .map(|i| {
                let layer = format!("encoder.layer.{i}.");
                let hidden = config.intermediate_size;
                let attention = format!("{layer}attention.");
                let norm = |weights: &mut Weights, name: &str| {
                    LayerNorm::load(weights, &format!("{layer}{name}.LayerNorm"), width, epsilon)
                };
                Ok(Layer {
                    attention: SelfAttention::load(weights, &attention, &NAMES, width, heads)?,
                    attention_norm: norm(weights, "attention.output"),
                    expand: Linear::load(weights, &format!("{layer}intermediate.dense"), width, hidden)?,
                    contract: Linear::load(weights, &format!("{layer}output.dense"), hidden, width)?,
                    norm: norm(weights, "output"),
                })
            })
            .collect::<candle_core::Result<_>>()?;
        for unused in ["embeddings.position_ids", "pooler.dense.weight", "pooler.dense.bias"] {
            weights.ignore(unused);
        }
        Ok(Self { config, words, places, norm, layers })
    }

    /// Calls `each` with the rows `[tokens, width]` of every text, in order.
    ///
    /// # Errors
    /// When a text is empty or too long, a number is not in the vocabulary, or the tensor library fails.
    pub(crate) fn encode(
        &self,
        texts: &[Text<'_>],
        mut each: impl FnMut(&[f32]),
    ) -> Result<(), InferenceError> {
        for Text { tokens, .. } in texts {
            if tokens.is_empty() || tokens.len() > self.config.max_position_embeddings {
                return Err(InferenceError::Input(format!("a text of {} tokens", tokens.len())));
            }
            if let Some(token) = tokens.iter().find(|token| **token as usize >= self.config.vocab_size) {
                return Err(InferenceError::Input(format!("token {token} is not in the vocabulary")));
            }
        }
        let mut rest = texts;
        while !rest.is_empty() {
            let mut total = 0;
            let fitting = rest.iter().take_while(|text| {
                total += text.tokens.len();
                total <= BATCH_TOKENS
            });
            let (batch, later) = rest.split_at(fitting.count().max(1));
            let all = self.rows(batch)?;
            let mut rows = all.as_slice();
            for text in batch {
                let (own, others) = rows.split_at(text.tokens.len() * self.config.hidden_size);
                each(own);
                rows = others;
            }
            rest = later;
        }
        Ok(())
    }

    fn rows(&self, texts: &[Text<'_>]) -> candle_core::Result<Vec<f32>> {
        let lengths: Vec<usize> = texts.iter().map(|text| text.tokens.len()).collect();
        let mut x = normalise(&self.norm, &self.token_rows(texts)?)?;
        for layer in &self.layers {
            let attended = layer.attention.forward(&x, &lengths)?;
            x = normalise(&layer.attention_norm, &(x + attended)?)?;
            let expanded = layer.expand.forward_gelu(&x)?;
            x = normalise(&layer.norm, &(x + layer.contract.forward(&expanded)?)?)?;
        }
        x.flatten_all()?.to_vec1::<f32>()
    }

    fn token_rows(&self, texts: &[Text<'_>]) -> candle_core::Result<Tensor> {
        let width = self.config.hidden_size;
        let mut rows = Vec::new();
        for text in texts {
            for (at, token) in text.tokens.iter().enumerate() {
                let word = &self.words[*token as usize * width..][..width];
                let place = &self.places[usize::from(at >= text.second_from)][at * width..][..width];
                rows.extend(word.iter().zip(place).map(|(word, place)| word + place));
            }
        }
        let count = rows.len() / width;
        matrix(rows, count, width)
    }
}

/// The tokenizer of the asset, without the padding and the cut that its file asks for.
pub(crate) fn tokenizer(folder: &Path, most_tokens: usize) -> Result<Tokenizer, InferenceError> {
    let mut tokenizer = crate::files::tokenizer(folder)?;
    tokenizer.with_padding(None);
    let truncation = TruncationParams { max_length: most_tokens, ..TruncationParams::default() };
    tokenizer
        .with_truncation(Some(truncation))
        .map_err(|error| InferenceError::Tokenizer(error.to_string()))?;
    Ok(tokenizer)
}
