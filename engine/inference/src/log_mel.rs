//! The spectrogram that the Whisper family hears.

use std::f64::consts::TAU;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

/// Mel bands of the Whisper family.
pub const MEL_BANDS: usize = 80;
/// Samples between two frames: 10 ms at 16 kHz.
pub const HOP: usize = 160;

const WINDOW: usize = 400;
const BINS: usize = WINDOW / 2 + 1;
const HALF_WINDOW: usize = WINDOW / 2;
const POWER_FLOOR: f64 = 1e-10;
/// Decades below the loudest band at which quieter ones are cut.
const DYNAMIC_RANGE: f64 = 8.0;

/// A log-mel spectrogram.
///
/// **Shape** `[80, frames]`, row-major. **Units and range** (log10 power + 4) / 4, spanning at most 2.
#[derive(Clone, Debug, PartialEq)]
pub struct LogMel {
    frames: usize,
    values: Vec<f32>,
}

impl LogMel {
    /// From values `[80, frames]`, row-major; `None` if their count is no multiple of 80.
    #[must_use]
    pub fn from_values(values: Vec<f32>) -> Option<Self> {
        values.len().is_multiple_of(MEL_BANDS).then_some(Self { frames: values.len() / MEL_BANDS, values })
    }

    /// The same value in every band of `frames` frames.
    #[must_use]
    pub(crate) fn even(value: f32, frames: usize) -> Self {
        Self { frames, values: vec![value; MEL_BANDS * frames] }
    }

    /// Frames of 10 ms.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// The values `[80, frames]`, row-major.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.values
    }
}

/// Makes [`LogMel`]s: |STFT|² (periodic Hann 400, hop 160, mirrored edges), 80 Slaney mel bands, log10, cut 8 decades below the maximum.
///
/// Computed in `f64`: bands far below the loudest one lose their digits in `f32`.
pub struct LogMelExtractor {
    fft: Arc<dyn RealToComplex<f64>>,
    hann: Vec<f64>,
    filters: Vec<MelFilter>,
    frame: Vec<f64>,
    spectrum: Vec<Complex<f64>>,
    fft_scratch: Vec<Complex<f64>>,
}

impl std::fmt::Debug for LogMelExtractor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogMelExtractor").finish_non_exhaustive()
    }
}

/// The bins of one triangular band that are not zero.
struct MelFilter {
    first_bin: usize,
    weights: Vec<f64>,
}

impl Default for LogMelExtractor {
    fn default() -> Self {
        Self::new()
    }
}

impl LogMelExtractor {
    /// Plans the transform and the bands.
    #[must_use]
    pub fn new() -> Self {
        let fft = RealFftPlanner::new().plan_fft_forward(WINDOW);
        Self {
            hann: (0..WINDOW).map(|i| 0.5 - 0.5 * (TAU * i as f64 / WINDOW as f64).cos()).collect(),
            filters: mel_filters(),
            frame: fft.make_input_vec(),
            spectrum: fft.make_output_vec(),
            fft_scratch: fft.make_scratch_vec(),
            fft,
        }
    }

    /// The spectrogram of `samples` (16 kHz) followed by zeros up to `window` samples; what is longer is cut.
    ///
    /// **Shape** `[80, window / 160]`.
    pub fn extract(&mut self, samples: &[f32], window: usize) -> LogMel {
        let samples = &samples[..samples.len().min(window)];
        let frames = window / HOP;
        let mut log_power = vec![POWER_FLOOR.log10(); MEL_BANDS * frames];
        let mut highest = POWER_FLOOR.log10();
        for frame in 0..frames {
            if !self.window_frame(samples, window, frame) {
                continue;
            }
            self.fft
                .process_with_scratch(&mut self.frame, &mut self.spectrum, &mut self.fft_scratch)
                .expect("the buffers were made by the plan");
            for (band, filter) in self.filters.iter().enumerate() {
                let bins = &self.spectrum[filter.first_bin..];
                let power: f64 = filter.weights.iter().zip(bins).map(|(w, bin)| w * bin.norm_sqr()).sum();
                let log = power.max(POWER_FLOOR).log10();
                highest = highest.max(log);
                log_power[band * frames + frame] = log;
            }
        }
        let floor = highest - DYNAMIC_RANGE;
        let values = log_power.iter().map(|log| ((log.max(floor) + 4.0) / 4.0) as f32).collect();
        LogMel { frames, values }
    }

    /// Fills the FFT input with a frame centred on its hop; false where it holds zeros only.
    fn window_frame(&mut self, samples: &[f32], window: usize, frame: usize) -> bool {
        let mut any = false;
        for (i, (slot, hann)) in self.frame.iter_mut().zip(&self.hann).enumerate() {
            let centred = frame * HOP + i;
            let at = if centred < HALF_WINDOW {
                HALF_WINDOW - centred
            } else {
                let at = centred - HALF_WINDOW;
                if at < window { at } else { 2 * (window - 1) - at }
            };
            let sample = samples.get(at).copied().unwrap_or(0.0);
            any |= sample != 0.0;
            *slot = f64::from(sample) * hann;
        }
        any
    }
}

/// Slaney's mel scale: linear to 1 kHz (15 mel), logarithmic above; triangles of equal area from 0 to 8 kHz.
fn mel_filters() -> Vec<MelFilter> {
    let step = 6.4_f64.ln() / 27.0;
    let top = 15.0 + 8.0_f64.ln() / step;
    let corner_hz = |i: usize| {
        let mel = top * i as f64 / (MEL_BANDS + 1) as f64;
        if mel < 15.0 { mel * 200.0 / 3.0 } else { 1000.0 * (step * (mel - 15.0)).exp() }
    };
    let bin_hz = |bin: usize| 8000.0 * bin as f64 / (BINS - 1) as f64;
    let band = |band: usize| {
        let (low, centre, high) = (corner_hz(band), corner_hz(band + 1), corner_hz(band + 2));
        let weight = |bin: usize| {
            let rise = (bin_hz(bin) - low) / (centre - low);
            let fall = (high - bin_hz(bin)) / (high - centre);
            rise.min(fall).max(0.0) * 2.0 / (high - low)
        };
        let first_bin = (0..BINS).find(|bin| weight(*bin) > 0.0).unwrap_or(0);
        let weights = (first_bin..BINS).map(weight).take_while(|weight| *weight > 0.0).collect();
        MelFilter { first_bin, weights }
    };
    (0..MEL_BANDS).map(band).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_lights_its_band() {
        let samples: Vec<f32> = (0..16_000).map(|i| (i as f32 * 0.25 * std::f32::consts::PI).sin()).collect();
        let mel = LogMelExtractor::new().extract(&samples, 16_000);
        let column = |frame: usize| (0..MEL_BANDS).map(move |band| (band, band * 100 + frame));
        let loudest = column(50).max_by(|a, b| mel.values()[a.1].total_cmp(&mel.values()[b.1])).unwrap().0;
        // 2 kHz is 15 + ln 2 / step = 25.1 mel of 45.2 mel in 81 steps: band 44 (its centre is corner 45).
        assert_eq!(loudest, 44);
    }

    #[test]
    fn silence_is_flat_and_padding_does_not_change_what_was_said() {
        let mut extractor = LogMelExtractor::new();
        assert!(extractor.extract(&[], 16_000).values().iter().all(|value| *value == -1.5));
        let samples: Vec<f32> = (0..8_000).map(|i| ((i * i) as f32 * 1e-3).sin() * 0.3).collect();
        let (short, long) = (extractor.extract(&samples, 16_000), extractor.extract(&samples, 32_000));
        assert_eq!((short.frames(), long.frames()), (100, 200));
        for band in 0..MEL_BANDS {
            assert_eq!(short.values()[band * 100..][..60], long.values()[band * 200..][..60]);
        }
    }
}
