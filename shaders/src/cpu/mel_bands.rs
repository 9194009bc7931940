//! Twin of `mel_bands.wgsl`.

use crate::networks::{MelBand, MelBands};

/// The logarithm to base 10 of each band's power, `[frames, bands]`.
#[must_use]
pub fn mel_bands(size: &MelBands, power: &[f32], bands: &[MelBand], weights: &[f32]) -> Vec<f32> {
    let (frames, count) = (size.frames as usize, size.bands as usize);
    (0..frames * count)
        .map(|id| {
            let band = bands[id % count];
            let first = id / count * size.bins as usize + band.first_bin as usize;
            let weights = &weights[band.first_weight as usize..][..band.weights as usize];
            let sum: f32 = weights.iter().zip(&power[first..]).map(|(weight, power)| weight * power).sum();
            sum.max(size.floor).log10()
        })
        .collect()
}
