//! The audio encoder of the Whisper family, at any length.

use candle_core::{Result, Tensor};

use super::silence::{Places, Remembered};
use crate::dense::LayerNorm;
use crate::layers::{AttentionNames, Linear, SelfAttention, matrix, normalise};
use crate::log_mel::{LogMel, MEL_BANDS};
use crate::weights::Weights;

/// Names of the attentions of the Whisper family.
pub(crate) const ATTENTION_NAMES: AttentionNames<'_> =
    AttentionNames { query: "q_proj", key: "k_proj", value: "v_proj", out: "out_proj", key_bias: false };

pub(crate) const EPSILON: f32 = 1e-5;
const KERNEL: usize = 3;

/// The numbers that make one encoder of the family.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EncoderShape {
    /// Channels of every row.
    pub(crate) width: usize,
    /// Attention heads per layer.
    pub(crate) heads: usize,
    /// Transformer layers.
    pub(crate) layers: usize,
    /// Rows at most; one is 20 ms.
    pub(crate) positions: usize,
}

/// Two convolutions over time, then transformer layers.
///
/// Positions are absolute and sinusoidal or learned, so that a shorter window simply takes the first of them.
pub(crate) struct AudioEncoder {
    shape: EncoderShape,
    convolutions: [Linear; 2],
    positions: Tensor,
    layers: Vec<EncoderLayer>,
    norm: LayerNorm,
}

/// The full window of an encoder in which nothing is heard.
pub(crate) struct Silence {
    /// Keys and values of each layer.
    offered: Vec<Remembered>,
    /// The output. **Shape** `[positions, width]`.
    pub(crate) rows: Tensor,
}

struct EncoderLayer {
    attention_norm: LayerNorm,
    attention: SelfAttention,
    forward_norm: LayerNorm,
    expand: Linear,
    contract: Linear,
}

impl AudioEncoder {
    /// Takes the tensors whose names begin with `prefix`.
    pub(crate) fn load(weights: &mut Weights, prefix: &str, shape: EncoderShape) -> Result<Self> {
        let EncoderShape { width, heads, layers, positions } = shape;
        let convolutions = [
            convolution(weights, &format!("{prefix}conv1"), MEL_BANDS, width)?,
            convolution(weights, &format!("{prefix}conv2"), width, width)?,
        ];
        let rows = weights.take(&format!("{prefix}embed_positions.weight"), &[positions, width]);
        let positions = matrix(rows, positions, width)?;
        let norm = |weights: &mut Weights, name: &str| LayerNorm::load(weights, name, width, EPSILON);
        let layers = (0..layers)
            .map(|i| {
                let layer = format!("{prefix}layers.{i}.");
                let attention = format!("{layer}self_attn.");
                Ok(EncoderLayer {
                    attention_norm: norm(weights, &format!("{layer}self_attn_layer_norm")),
                    attention: SelfAttention::load(weights, &attention, &ATTENTION_NAMES, width, heads)?,
                    forward_norm: norm(weights, &format!("{layer}final_layer_norm")),
                    expand: Linear::load(weights, &format!("{layer}fc1"), width, 4 * width)?,
                    contract: Linear::load(weights, &format!("{layer}fc2"), 4 * width, width)?,
                })
            })
            .collect::<Result<_>>()?;
        let norm = norm(weights, &format!("{prefix}layer_norm"));
        Ok(Self { shape, convolutions, positions, layers, norm })
    }

    /// One row per 20 ms. **Shape** `[frames / 2, width]`; `frames` is at most twice the positions.
    pub(crate) fn forward(&self, mel: &LogMel) -> Result<Tensor> {
        let rows = mel.frames().div_ceil(2);
        let places = Places { first: rows, behind: Vec::new() };
        self.run(mel, &places, |layer, x| self.layers[layer].attention.forward(x, &[rows]))
    }

    /// What the rows of the full window are where nothing but `value` is heard, in every band.
    pub(crate) fn silence(&self, value: f32) -> Result<Silence> {
        let positions = self.shape.positions;
        let mel = LogMel::even(value, 2 * positions);
        let places = Places { first: positions, behind: Vec::new() };
        let mut offered = Vec::with_capacity(self.layers.len());
        let rows = self.run(&mel, &places, |layer, x| {
            let (attended, offer) = self.layers[layer].attention.forward_and_offer(x)?;
            offered.push(Remembered::new(&offer)?);
            Ok(attended)
        })?;
        Ok(Silence { offered, rows })
    }

    /// The rows at `places` of the full window, where `mel` is heard and then silence; what is not computed is filled in from `silence`.
    /// `mel` goes on for two rows behind the first of them.
    pub(crate) fn forward_before(&self, mel: &LogMel, places: &Places, silence: &Silence) -> Result<Tensor> {
        self.run(mel, places, |layer, x| {
            let fill = |computed: &Tensor| silence.offered[layer].fill(computed, places);
            self.layers[layer].attention.forward_within(x, fill)
        })
    }

    /// The layers over some rows, each with an attention of its own.
    fn run(
        &self,
        mel: &LogMel,
        places: &Places,
        mut attend: impl FnMut(usize, &Tensor) -> Result<Tensor>,
    ) -> Result<Tensor> {
        let x = self.convolutions[0].forward_gelu(&mel_taps(mel)?)?;
        let x = self.convolutions[1].forward_gelu(&stride_two_taps(&x, self.shape.width)?)?;
        let x = x.index_select(&places.heard()?, 0)?;
        let mut x = (x + self.positions.index_select(&places.all()?, 0)?)?;
        for (i, layer) in self.layers.iter().enumerate() {
            let attended = attend(i, &normalise(&layer.attention_norm, &x)?)?;
            x = (x + attended)?;
            let expanded = layer.expand.forward_gelu(&normalise(&layer.forward_norm, &x)?)?;
            x = (x + layer.contract.forward(&expanded)?)?;
        }
        normalise(&self.norm, &x)
    }
}

/// A convolution of width 3 as a fully connected layer over three neighbouring rows, `[taps, inputs]` side by side.
fn convolution(weights: &mut Weights, name: &str, inputs: usize, outputs: usize) -> Result<Linear> {
    let stored = weights.take(&format!("{name}.weight"), &[outputs, inputs, KERNEL]);
    let mut weight = vec![0.0; stored.len()];
    for (stored, row) in stored.chunks_exact(inputs * KERNEL).zip(weight.chunks_exact_mut(inputs * KERNEL)) {
        for (i, value) in stored.iter().enumerate() {
            row[(i % KERNEL) * inputs + i / KERNEL] = *value;
        }
    }
    let bias = weights.take(&format!("{name}.bias"), &[outputs]);
    Linear::new(weight, bias, inputs * KERNEL, outputs)
}

/// Each frame with its two neighbours, zeros beyond the ends. **Shape** `[frames, 3 · 80]`.
fn mel_taps(mel: &LogMel) -> Result<Tensor> {
    let frames = mel.frames();
    let mut taps = vec![0.0; frames * KERNEL * MEL_BANDS];
    for (band, values) in mel.values().chunks_exact(frames).enumerate() {
        for (frame, value) in values.iter().enumerate() {
            // The frame is the last tap of the next frame's row, the middle of its own, the first of the one before.
            for tap in 0..KERNEL {
                if let Some(row) = (frame + 1).checked_sub(tap).filter(|row| *row < frames) {
                    taps[(row * KERNEL + tap) * MEL_BANDS + band] = *value;
                }
            }
        }
    }
    matrix(taps, frames, KERNEL * MEL_BANDS)
}

/// Every second row with its two neighbours, zeros beyond the ends. **Shape** `[ceil(rows / 2), 3 · width]`.
fn stride_two_taps(x: &Tensor, width: usize) -> Result<Tensor> {
    let values = x.flatten_all()?.to_vec1::<f32>()?;
    let rows = values.len() / width;
    let produced = rows.div_ceil(2);
    let mut taps = vec![0.0; produced * KERNEL * width];
    for (i, taps) in taps.chunks_exact_mut(KERNEL * width).enumerate() {
        for (tap, out) in taps.chunks_exact_mut(width).enumerate() {
            if let Some(row) = (2 * i + tap).checked_sub(1).filter(|row| *row < rows) {
                out.copy_from_slice(&values[row * width..][..width]);
            }
        }
    }
    matrix(taps, produced, KERNEL * width)
}
