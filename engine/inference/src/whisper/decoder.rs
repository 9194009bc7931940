//! The text decoder: some tokens per step, with memory, and with its cross-attention laid open.

use std::ops::Range;

use candle_core::{Result, Tensor};
use pulp::{Simd, WithSimd};

use super::config::{AlignmentHead, WhisperConfig};
use super::encoder::{ATTENTION_NAMES, EPSILON};
use super::halves::{StoredDense, product};
use super::silence::{Places, Remembered};
use crate::dense::{LayerNorm, dispatch, gelu, softmax};
use crate::layers::{Linear, projections};
use crate::weights::Weights;

/// Transformer layers over tokens, each looking at the audio.
///
/// A step reads every weight once and multiplies it with one row or a few, so plain loops do as well as a matrix library, and give the same
/// bits on any number of cores and however many tokens are taken in at once.
pub(crate) struct TextDecoder {
    width: usize,
    heads: usize,
    vocabulary: usize,
    longest: usize,
    tokens: StoredDense,
    positions: Vec<f32>,
    layers: Vec<DecoderLayer>,
    norm: LayerNorm,
    alignment_heads: Vec<AlignmentHead>,
}

struct DecoderLayer {
    self_norm: LayerNorm,
    self_projections: StoredDense,
    self_out: StoredDense,
    cross_norm: LayerNorm,
    cross_query: StoredDense,
    cross_keys: Linear,
    cross_values: Linear,
    cross_out: StoredDense,
    forward_norm: LayerNorm,
    expand: StoredDense,
    contract: StoredDense,
}

/// What the decoder remembers of one stretch of audio and of the tokens so far.
pub(crate) struct DecoderMemory {
    layers: Vec<LayerMemory>,
    /// Tokens taken in.
    length: usize,
    /// Rows of the alignment that belong to audio, not padding.
    audio_rows: usize,
    /// Attention of the alignment heads, one block `[heads, audio_rows]` per token taken in.
    alignment: Vec<f32>,
    /// From here on one row for each token of the last step.
    x: Vec<f32>,
    normalised: Vec<f32>,
    projected: Vec<f32>,
    mixed: Vec<f32>,
    expanded: Vec<f32>,
    scores: Vec<f32>,
    logits: Vec<f32>,
}

/// What each layer's cross-attention sees in a window in which nothing is heard: keys and values.
pub(crate) struct CrossSilence(Vec<[Remembered; 2]>);

struct LayerMemory {
    keys: Vec<f32>,
    values: Vec<f32>,
    cross_keys: Vec<f32>,
    cross_values: Vec<f32>,
}

impl TextDecoder {
    /// Takes the tensors whose names begin with `prefix`.
    pub(crate) fn load(weights: &mut Weights, prefix: &str, config: &WhisperConfig) -> Result<Self> {
        let (width, heads) = (config.d_model, config.decoder_attention_heads);
        let (vocabulary, longest) = (config.vocab_size, config.max_target_positions);
        let tokens = weights.take(&format!("{prefix}embed_tokens.weight"), &[vocabulary, width]);
        let positions = weights.take(&format!("{prefix}embed_positions.weight"), &[longest, width]);
        let layers = (0..config.decoder_layers)
            .map(|i| DecoderLayer::load(weights, &format!("{prefix}layers.{i}."), width, heads))
            .collect::<Result<_>>()?;
        Ok(Self {
            width,
            heads,
            vocabulary,
            longest,
            tokens: StoredDense::new(tokens, vec![0.0; vocabulary]),
            positions,
            layers,
            norm: LayerNorm::load(weights, &format!("{prefix}layer_norm"), width, EPSILON),
            alignment_heads: config.alignment_heads.clone(),
        })
    }

    /// Tokens that fit in one stretch, prompt and end mark included.
    pub(crate) fn longest(&self) -> usize {
        self.longest
    }

    /// What cross-attention sees in the encoder rows of a window in which nothing is heard.
    pub(crate) fn silence(&self, encoded: &Tensor) -> Result<CrossSilence> {
        let layer = |layer: &DecoderLayer| {
            let [keys, values] = layer.cross(encoded)?;
            Ok([Remembered::new(&keys)?, Remembered::new(&values)?])
        };
        Ok(CrossSilence(self.layers.iter().map(layer).collect::<Result<_>>()?))
    }

    /// Listens to encoder rows, of which the first `audio_rows` are audio and the rest padding. Where not all rows of the window are
    /// among them, the others are filled in from the silence.
    pub(crate) fn begin(
        &self,
        encoded: &Tensor,
        audio_rows: usize,
        silence: Option<(&CrossSilence, &Places)>,
    ) -> Result<DecoderMemory> {
        let layers = self.layers.iter().enumerate().map(|(i, layer)| {
            let [keys, values] = layer.cross(encoded)?;
            let flat = |computed: &Tensor, part: usize| -> Result<Vec<f32>> {
                let computed = computed.flatten_all()?.to_vec1::<f32>()?;
                Ok(match silence {
                    Some((CrossSilence(silence), places)) => silence[i][part].fill_rows(&computed, places),
                    None => computed,
                })
            };
            Ok(LayerMemory {
                keys: Vec::with_capacity(self.longest * self.width),
                values: Vec::with_capacity(self.longest * self.width),
                cross_keys: flat(&keys, 0)?,
                cross_values: flat(&values, 1)?,
            })
        });
        let layers = layers.collect::<Result<Vec<LayerMemory>>>()?;
        let rows = layers.first().map_or(0, |layer| layer.cross_keys.len() / self.width);
        Ok(DecoderMemory {
            layers,
            length: 0,
            audio_rows: audio_rows.min(rows),
            alignment: Vec::new(),
            x: Vec::new(),
            normalised: Vec::new(),
            projected: Vec::new(),
            mixed: Vec::new(),
            expanded: Vec::new(),
            scores: vec![0.0; rows.max(self.longest)],
            logits: Vec::new(),
        })
    }

    /// Takes in tokens, at least one. They must be in the vocabulary and no more than fit in [`Self::longest`].
    pub(crate) fn step(&self, memory: &mut DecoderMemory, tokens: &[u32]) {
        let (width, before, count) = (self.width, memory.length, tokens.len());
        memory.make_rows(count, width, self.vocabulary);
        let DecoderMemory {
            layers,
            length,
            audio_rows,
            alignment,
            x,
            normalised,
            projected,
            mixed,
            expanded,
            scores,
            logits,
        } = memory;
        let positions = self.positions[before * width..].chunks_exact(width);
        for ((x, token), position) in x.chunks_exact_mut(width).zip(tokens).zip(positions) {
            self.tokens.copy_row(*token as usize, x);
            for (x, position) in x.iter_mut().zip(position) {
                *x += position;
            }
        }
        let block = self.alignment_heads.len() * *audio_rows;
        let first_weight = alignment.len();
        alignment.resize(first_weight + count * block, 0.0);
        for (i, (layer, memory)) in self.layers.iter().zip(layers).enumerate() {
            layer.self_norm.apply_rows(x, normalised);
            layer.self_projections.apply(normalised, projected);
            for row in projected.chunks_exact(3 * width) {
                memory.keys.extend_from_slice(&row[width..2 * width]);
                memory.values.extend_from_slice(&row[2 * width..]);
            }
            for head in 0..self.heads {
                let rows = projected.chunks_exact(3 * width).zip(mixed.chunks_exact_mut(width));
                for (row, (query, mixed)) in rows.enumerate() {
                    // A token sees those before it and itself.
                    let seen = (before + row + 1) * width;
                    self.attend(head, query, &memory.keys[..seen], &memory.values[..seen], scores, mixed);
                }
            }
            layer.self_out.add(mixed, x);

            layer.cross_norm.apply_rows(x, normalised);
            let queries = &mut projected[..count * width];
            layer.cross_query.apply(normalised, queries);
            for head in 0..self.heads {
                let chosen = AlignmentHead { layer: i, head };
                let slot = self.alignment_heads.iter().position(|known| *known == chosen);
                let rows = queries.chunks_exact(width).zip(mixed.chunks_exact_mut(width));
                for (row, (query, mixed)) in rows.enumerate() {
                    self.attend(head, query, &memory.cross_keys, &memory.cross_values, scores, mixed);
                    if let Some(slot) = slot {
                        let at = first_weight + row * block + slot * *audio_rows;
                        alignment[at..][..*audio_rows].copy_from_slice(&scores[..*audio_rows]);
                    }
                }
            }
            layer.cross_out.add(mixed, x);

            layer.forward_norm.apply_rows(x, normalised);
            layer.expand.apply(normalised, expanded);
            expanded.iter_mut().for_each(|x| *x = gelu(*x));
            layer.contract.add(expanded, x);
        }
        *length += count;
        self.norm.apply_rows(x, normalised);
        self.tokens.apply(normalised, logits);
    }

    /// Scores of all tokens as the next one, behind the `row`th token of the last step.
    pub(crate) fn logits<'a>(&self, memory: &'a mut DecoderMemory, row: usize) -> &'a mut [f32] {
        &mut memory.logits[row * self.vocabulary..][..self.vocabulary]
    }

    /// Whether there is such a token.
    pub(crate) fn knows(&self, token: u32) -> bool {
        (token as usize) < self.vocabulary
    }

    /// Forgets all tokens but the first `kept`.
    pub(crate) fn forget_from(&self, memory: &mut DecoderMemory, kept: usize) {
        for layer in &mut memory.layers {
            layer.keys.truncate(kept * self.width);
            layer.values.truncate(kept * self.width);
        }
        memory.alignment.truncate(kept * self.alignment_heads.len() * memory.audio_rows);
        memory.length = memory.length.min(kept);
    }

    /// One head: its part of `mixed` becomes the mean of the values, weighted by the agreement of query and keys, which stays in `scores`.
    fn attend(
        &self,
        head: usize,
        query: &[f32],
        keys: &[f32],
        values: &[f32],
        scores: &mut [f32],
        mixed: &mut [f32],
    ) {
        let head_width = self.width / self.heads;
        let part = head * head_width..(head + 1) * head_width;
        let scores = &mut scores[..keys.len() / self.width];
        let (query, mixed) = (&query[part.clone()], &mut mixed[part.clone()]);
        dispatch(Attend { width: self.width, part, query, keys, values, scores, mixed });
    }
}

/// See [`TextDecoder::attend`].
struct Attend<'a> {
    width: usize,
    part: Range<usize>,
    query: &'a [f32],
    keys: &'a [f32],
    values: &'a [f32],
    scores: &'a mut [f32],
    mixed: &'a mut [f32],
}

impl WithSimd for Attend<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { width, part, query, keys, values, scores, mixed } = self;
        for (score, key) in scores.iter_mut().zip(keys.chunks_exact(width)) {
            *score = product(&key[part.clone()], &|key| key, query);
        }
        softmax(scores);
        mixed.fill(0.0);
        for (score, value) in scores.iter().zip(values.chunks_exact(width)) {
            for (sum, value) in mixed.iter_mut().zip(&value[part.clone()]) {
                *sum += score * value;
            }
        }
    }
}

impl DecoderMemory {
    /// Makes one row per token of a step.
    fn make_rows(&mut self, count: usize, width: usize, vocabulary: usize) {
        let Self { x, normalised, projected, mixed, expanded, logits, .. } = self;
        let rows = [(x, width), (normalised, width), (mixed, width), (projected, 3 * width)];
        for (buffer, width) in rows.into_iter().chain([(expanded, 4 * width), (logits, vocabulary)]) {
            buffer.resize(count * width, 0.0);
        }
    }

    /// Tokens taken in so far.
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// Where the alignment heads looked, from token `first` on. **Shape** `[tokens, heads, audio rows]`.
    pub(crate) fn alignment_from(&self, first: usize) -> &[f32] {
        let block = self.alignment.len() / self.length.max(1);
        &self.alignment[first * block..]
    }

    /// Rows of audio that the alignment speaks of; one is 20 ms.
    pub(crate) fn audio_rows(&self) -> usize {
        self.audio_rows
    }
}

impl DecoderLayer {
    /// Keys and values of encoder rows.
    fn cross(&self, encoded: &Tensor) -> Result<[Tensor; 2]> {
        Ok([self.cross_keys.forward(encoded)?, self.cross_values.forward(encoded)?])
    }

    fn load(weights: &mut Weights, layer: &str, width: usize, heads: usize) -> Result<Self> {
        let norm = |weights: &mut Weights, name: &str| {
            LayerNorm::load(weights, &format!("{layer}{name}"), width, EPSILON)
        };
        let dense = |weights: &mut Weights, name: &str, inputs: usize, outputs: usize| {
            StoredDense::load(weights, &format!("{layer}{name}"), inputs, outputs)
        };
        let own = projections(weights, &format!("{layer}self_attn."), &ATTENTION_NAMES, width, heads);
        let (weight, bias) =
            projections(weights, &format!("{layer}encoder_attn."), &ATTENTION_NAMES, width, heads);
        let square = width * width;
        let part = |i: usize| (weight[i * square..][..square].to_vec(), bias[i * width..][..width].to_vec());
        let ((query, query_bias), (key, key_bias), (value, value_bias)) = (part(0), part(1), part(2));
        Ok(Self {
            self_norm: norm(weights, "self_attn_layer_norm"),
            self_projections: StoredDense::new(own.0, own.1),
            self_out: dense(weights, "self_attn.out_proj", width, width),
            cross_norm: norm(weights, "encoder_attn_layer_norm"),
            cross_query: StoredDense::new(query, query_bias),
            cross_keys: Linear::new(key, key_bias, width, width)?,
            cross_values: Linear::new(value, value_bias, width, width)?,
            cross_out: dense(weights, "encoder_attn.out_proj", width, width),
            forward_norm: norm(weights, "final_layer_norm"),
            expand: dense(weights, "fc1", width, 4 * width),
            contract: dense(weights, "fc2", 4 * width, width),
        })
    }
}
