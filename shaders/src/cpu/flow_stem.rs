//! Twin of `flow_stem.wgsl`.

use crate::networks::FlowStem;

/// The features of a tick through the first layer. `weights` as the pass takes them.
#[must_use]
pub fn flow_stem(size: &FlowStem, features: &[f32], weights: &[f32]) -> Vec<f32> {
    let (inputs, channels) = (size.features as usize, size.channels as usize);
    let (mean, rest) = weights.split_at(inputs);
    let (scale, rest) = rest.split_at(inputs);
    let (weight, bias) = rest.split_at(inputs * channels);
    let row: Vec<f32> = (0..inputs).map(|i| (features[i] - mean[i]) * scale[i]).collect();
    (0..channels).map(|c| (layer(weight, &row, channels, c) + bias[c]).max(0.0)).collect()
}

/// One output of a layer whose weight is `[inputs, outputs]`.
pub(super) fn layer(weight: &[f32], row: &[f32], outputs: usize, output: usize) -> f32 {
    row.iter().enumerate().map(|(i, x)| weight[i * outputs + output] * x).sum()
}
