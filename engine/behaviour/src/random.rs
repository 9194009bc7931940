//! Random numbers of one scheduler.

use rand_core::{RngCore as _, SeedableRng as _};
use rand_pcg::Pcg32;

use crate::profile::Span;

/// A seeded stream; streams of one seed do not disturb each other.
#[derive(Clone, Debug)]
pub(crate) struct Random(Pcg32);

impl Random {
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        Self(Pcg32::seed_from_u64(seed ^ stream.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
    }

    /// In 0..1.
    pub(crate) fn unit(&mut self) -> f32 {
        (self.0.next_u32() >> 8) as f32 / 16_777_216.0
    }

    pub(crate) fn within(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    pub(crate) fn of(&mut self, span: Span) -> f32 {
        self.within(span.low, span.high)
    }

    pub(crate) fn chance(&mut self, p: f32) -> bool {
        self.unit() < p
    }

    /// Mean 0, standard deviation 1.
    pub(crate) fn normal(&mut self) -> f32 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f32::consts::TAU * self.unit()).cos()
    }

    /// Log-normal by its mean and the standard deviation of its logarithm.
    pub(crate) fn log_normal(&mut self, mean: f32, sigma: f32) -> f32 {
        (mean.ln() - sigma * sigma / 2.0 + sigma * self.normal()).exp()
    }
}
