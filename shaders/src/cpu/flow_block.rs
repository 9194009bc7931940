//! Twin of `flow_block.wgsl`.

use super::flow_stem::layer;
use crate::networks::{FlowBlock, FlowTick};

/// One causal block on `x`, in place; the oldest row of `past` is replaced. `weights` as the pass takes them.
pub fn flow_block(size: &FlowBlock, tick: &FlowTick, weights: &[f32], past: &mut [f32], x: &mut [f32]) {
    let (channels, slots) = (size.channels as usize, 2 * size.dilation);
    let now = (tick.index % slots) as usize * channels;
    let half = (tick.index.wrapping_add(size.dilation) % slots) as usize * channels;
    let mut taps = x.to_vec();
    taps.extend_from_slice(&past[half..][..channels]);
    taps.extend_from_slice(&past[now..][..channels]);
    past[now..][..channels].copy_from_slice(x);
    let (weight, rest) = weights.split_at(3 * channels * channels);
    let (bias, rest) = rest.split_at(channels);
    let (out, out_bias) = rest.split_at(channels * channels);
    let inner: Vec<f32> =
        (0..channels).map(|c| (layer(weight, &taps, channels, c) + bias[c]).max(0.0)).collect();
    for c in 0..channels {
        x[c] += layer(out, &inner, channels, c) + out_bias[c];
    }
}
