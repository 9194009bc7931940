//! What one voice changes in the spectra of the network.

use super::{FFT_SIZE, VOCODER_RATE};
use crate::BINS;

/// How a rendering differs from the network's own voice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timbre {
    /// Factor on the fundamental frequency.
    pub f0_scale: f32,
    /// Factor on the excursions of the fundamental around its centre, in log frequency.
    pub f0_range: f32,
    /// Factor on the resonances of the vocal tract; below 1 for a longer one.
    pub formant_scale: f32,
    /// Breath in voiced sounds: noise amplitude against the harmonics, 0 for none.
    pub breath: f32,
    /// Brightness in decibels per octave above 1 kHz.
    pub tilt_db: f32,
}

impl Default for Timbre {
    fn default() -> Self {
        Self { f0_scale: 1.0, f0_range: 1.0, formant_scale: 1.0, breath: 0.0, tilt_db: 0.0 }
    }
}

/// The centre that the network's own voice speaks around, in hertz; its measured median.
const NATURAL_F0_HZ: f32 = 190.0;

impl Timbre {
    /// The fundamental that this voice has where the network has `f0_hz`.
    pub(crate) fn f0(&self, f0_hz: f32) -> f32 {
        let excursion = (f0_hz.max(super::pulses::VOICING_HZ) / NATURAL_F0_HZ).powf(self.f0_range);
        (NATURAL_F0_HZ * self.f0_scale * excursion).clamp(45.0, 700.0)
    }

    /// Per bin: where the network's spectrum is read, and natural log gain.
    pub(crate) fn bins(&self) -> Vec<BinMap> {
        let hertz_per_bin = VOCODER_RATE as f32 / FFT_SIZE as f32;
        (0..BINS)
            .map(|bin| {
                let source = bin as f32 / self.formant_scale;
                let lower = (source as usize).min(BINS - 2);
                let octaves = (bin as f32 * hertz_per_bin / 1000.0).max(1.0).log2();
                // What lies beyond the network's spectrum is not there.
                let beyond = (source - (BINS - 1) as f32).max(0.0);
                BinMap {
                    lower,
                    weight: (source - lower as f32).min(1.0),
                    log_gain: octaves * self.tilt_db * std::f32::consts::LN_10 / 20.0 - 0.05 * beyond,
                }
            })
            .collect()
    }

    /// How much of the network's own-phase part stays in voiced frames, per bin: its low bands hold traces of the
    /// network's own pitch, which would sound beside ours.
    pub(crate) fn residual_gain(&self, bin: usize) -> f32 {
        let shift = (self.f0_scale.log2().abs() / 0.25).min(1.0);
        let hertz = bin as f32 * VOCODER_RATE as f32 / FFT_SIZE as f32;
        let place = ((hertz - 1_000.0) / 2_500.0).clamp(0.0, 1.0);
        1.0 - shift * (1.0 - place * place * (3.0 - 2.0 * place))
    }

    /// Breath amplitude per bin; breath is hiss, so it grows towards 3 kHz.
    pub(crate) fn breath_gain(&self, bin: usize) -> f32 {
        let hertz = bin as f32 * VOCODER_RATE as f32 / FFT_SIZE as f32;
        self.breath * ((hertz - 500.0) / 2_500.0).clamp(0.0, 1.0)
    }
}

/// Where a bin of the voice lies in the network's spectrum.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BinMap {
    pub(crate) lower: usize,
    pub(crate) weight: f32,
    pub(crate) log_gain: f32,
}

impl BinMap {
    pub(crate) fn between(&self, spectrum: &[f32]) -> f32 {
        let (a, b) = (spectrum[self.lower], spectrum[self.lower + 1]);
        a + (b - a) * self.weight
    }
}
