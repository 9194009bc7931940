//! Twin of `flow_heads.wgsl`.

use super::flow_stem::layer;
use crate::networks::FlowHeads;

/// The logits from channels and sums. `weights` as the pass takes them.
#[must_use]
pub fn flow_heads(size: &FlowHeads, weights: &[f32], x: &[f32], sums: &[f32]) -> Vec<f32> {
    let (channels, outputs) = (size.channels as usize, size.outputs as usize);
    let joined = [x, sums].concat();
    let (weight, rest) = weights.split_at(joined.len() * channels);
    let (bias, rest) = rest.split_at(channels);
    let (heads, heads_bias) = rest.split_at(channels * outputs);
    let hidden: Vec<f32> =
        (0..channels).map(|c| (layer(weight, &joined, channels, c) + bias[c]).max(0.0)).collect();
    (0..outputs).map(|o| layer(heads, &hidden, outputs, o) + heads_bias[o]).collect()
}
