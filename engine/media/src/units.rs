//! Quantities that cross a door carry their unit in their type.

use serde::{Deserialize, Serialize};

/// A frequency in cycles per second.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Hertz(pub f32);

/// A level in decibels; 0 dB is full scale for audio.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Decibels(pub f32);

/// An angle in radians.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Radians(pub f32);

impl Decibels {
    /// What digital silence is called: -120 dB.
    pub const SILENCE: Self = Self(-120.0);

    /// The level of a linear amplitude; 1.0 is 0 dB, and nothing is below [`Self::SILENCE`].
    #[must_use]
    pub fn from_amplitude(amplitude: f32) -> Self {
        Self((20.0 * amplitude.max(1e-6).log10()).max(Self::SILENCE.0))
    }

    /// The linear amplitude of this level.
    #[must_use]
    pub fn to_amplitude(self) -> f32 {
        10.0_f32.powf(self.0 / 20.0)
    }
}

impl Radians {
    /// From degrees.
    #[must_use]
    pub fn from_degrees(degrees: f32) -> Self {
        Self(degrees.to_radians())
    }

    /// In degrees.
    #[must_use]
    pub fn to_degrees(self) -> f32 {
        self.0.to_degrees()
    }
}
