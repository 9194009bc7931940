//! Twin of `mel_power.wgsl`.

use crate::networks::MelPower;

/// The power of each frequency of each frame, `[frames, points / 2 + 1]`. `circle` holds cosine and sine of i / points turns.
#[must_use]
pub fn mel_power(size: &MelPower, samples: &[f32], window: &[f32], circle: &[[f32; 2]]) -> Vec<f32> {
    let (frames, hop) = (size.frames as usize, size.hop as usize);
    let (points, length) = (size.points as usize, size.window as usize);
    let bins = points / 2 + 1;
    (0..frames * bins)
        .map(|id| {
            let (bin, first) = (id % bins, id / bins * hop);
            let (mut real, mut imaginary) = (0.0, 0.0);
            for i in 0..length {
                let [cos, sin] = circle[i * bin % points];
                let sample = samples[first + i] * window[i];
                real += cos * sample;
                imaginary += sin * sample;
            }
            real * real + imaginary * imaginary
        })
        .collect()
}
