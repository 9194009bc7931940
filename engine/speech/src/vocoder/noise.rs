//! Seeded Gaussian noise.

/// A small generator: the same seed gives the same noise on every machine.
///
/// **Source**: `SplitMix64` (Steele, Lea, Flood 2014) with the Box-Muller transform.
#[derive(Clone, Debug)]
pub(crate) struct Noise {
    state: u64,
}

impl Noise {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in 0..1, never 0.
    fn uniform(&mut self) -> f32 {
        ((self.next() >> 40) as f32 + 0.5) / (1_u64 << 24) as f32
    }

    /// Two independent normal values of unit variance.
    pub(crate) fn pair(&mut self) -> (f32, f32) {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        let (sin, cos) = (std::f32::consts::TAU * self.uniform()).sin_cos();
        (radius * cos, radius * sin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_normal_and_repeats() {
        let draw = |seed| {
            let mut noise = Noise::new(seed);
            (0..20_000).map(|_| noise.pair()).collect::<Vec<_>>()
        };
        let values = draw(7);
        let count = 2.0 * values.len() as f32;
        let mean = values.iter().map(|(a, b)| a + b).sum::<f32>() / count;
        let variance = values.iter().map(|(a, b)| a * a + b * b).sum::<f32>() / count;
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.03, "{mean} {variance}");
        assert_eq!(values, draw(7));
        assert_ne!(values, draw(8));
    }
}
