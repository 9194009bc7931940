//! A streaming log-mel spectrum, for networks that hear the newest 10 ms.

use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};
use viva_media::BLOCK_SAMPLES;

/// Mel bands of one frame.
pub const MEL_BANDS: usize = 40;
/// Frames of one 20 ms tick.
pub const MEL_FRAMES: usize = BLOCK_SAMPLES / HOP;

/// Samples between two frames.
pub const HOP: usize = 160;
/// Samples of a frame.
pub const WINDOW: usize = 400;
/// Points of the transform; the frame is filled with zeros.
pub const FFT: usize = 512;
/// The first hop of a tick looks back over one hop less than the second.
pub const HISTORY: usize = WINDOW - HOP;
/// Power below this counts as this.
pub const POWER_FLOOR: f32 = 1e-7;

/// Log-mel energies of the newest tick. No look-ahead: the last window ends with the last sample.
///
/// **Shape** two frames of 40 bands, 10 ms apart. **Units** log10 of power, floored at -7 (digital silence).
/// **Source** Slaney's mel scale from 0 to 8 kHz with triangles of unit height; Hann window of 25 ms.
pub struct MelStream {
    fft: Arc<dyn RealToComplex<f32>>,
    hann: Vec<f32>,
    filters: Vec<(usize, Vec<f32>)>,
    samples: [f32; HISTORY + BLOCK_SAMPLES],
    frame: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
}

impl std::fmt::Debug for MelStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MelStream").finish_non_exhaustive()
    }
}

impl Default for MelStream {
    fn default() -> Self {
        let fft = RealFftPlanner::new().plan_fft_forward(FFT);
        Self {
            hann: hann(),
            filters: filters(),
            samples: [0.0; HISTORY + BLOCK_SAMPLES],
            frame: fft.make_input_vec(),
            spectrum: fft.make_output_vec(),
            scratch: fft.make_scratch_vec(),
            fft,
        }
    }
}

impl MelStream {
    /// Takes the 320 samples of a tick and writes its frames. What is no number counts as silence; a short block is filled with it.
    pub fn step(&mut self, block: &[f32], out: &mut [f32; MEL_FRAMES * MEL_BANDS]) {
        self.samples.copy_within(BLOCK_SAMPLES.., 0);
        for (i, slot) in self.samples[HISTORY..].iter_mut().enumerate() {
            let sample = block.get(i).copied().unwrap_or(0.0);
            *slot = if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 };
        }
        for (hop, bands) in out.chunks_exact_mut(MEL_BANDS).enumerate() {
            self.frame.fill(0.0);
            let window = &self.samples[hop * HOP..][..WINDOW];
            for ((slot, sample), hann) in self.frame.iter_mut().zip(window).zip(&self.hann) {
                *slot = sample * hann;
            }
            self.fft
                .process_with_scratch(&mut self.frame, &mut self.spectrum, &mut self.scratch)
                .expect("the buffers were made by the plan");
            for (band, (first, weights)) in bands.iter_mut().zip(&self.filters) {
                let power: f32 =
                    self.spectrum[*first..].iter().zip(weights).map(|(bin, w)| w * bin.norm_sqr()).sum();
                *band = power.max(POWER_FLOOR).log10();
            }
        }
    }

    /// Forgets the samples of the last tick.
    pub fn reset(&mut self) {
        self.samples.fill(0.0);
    }
}

/// The window of a frame.
#[must_use]
pub fn hann() -> Vec<f32> {
    (0..WINDOW).map(|i| 0.5 - 0.5 * (std::f32::consts::TAU * i as f32 / WINDOW as f32).cos()).collect()
}

/// First bin and weights of each triangle.
#[must_use]
pub fn filters() -> Vec<(usize, Vec<f32>)> {
    let step = 6.4_f32.ln() / 27.0;
    let top = 15.0 + 8.0_f32.ln() / step;
    let corner_hz = |i: usize| {
        let mel = top * i as f32 / (MEL_BANDS + 1) as f32;
        if mel < 15.0 { mel * 200.0 / 3.0 } else { 1000.0 * (step * (mel - 15.0)).exp() }
    };
    let bins = FFT / 2 + 1;
    let bin_hz = |bin: usize| 8000.0 * bin as f32 / (bins - 1) as f32;
    (0..MEL_BANDS)
        .map(|band| {
            let (low, centre, high) = (corner_hz(band), corner_hz(band + 1), corner_hz(band + 2));
            let weight = |bin: usize| {
                let (rise, fall) =
                    ((bin_hz(bin) - low) / (centre - low), (high - bin_hz(bin)) / (high - centre));
                rise.min(fall).max(0.0)
            };
            let first = (0..bins).find(|&bin| weight(bin) > 0.0).unwrap_or(0);
            (first, (first..bins).map(weight).take_while(|&w| w > 0.0).collect())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f32, samples: usize) -> Vec<f32> {
        (0..samples).map(|i| 0.5 * (std::f32::consts::TAU * hz * i as f32 / 16_000.0).sin()).collect()
    }

    #[test]
    fn a_tone_lights_its_band_and_every_band_has_bins() {
        assert!(filters().iter().all(|(_, weights)| !weights.is_empty()));
        for (hz, band) in [(200.0, 2), (1000.0, 13), (4000.0, 30)] {
            let (mut stream, mut out) = (MelStream::default(), [0.0; 80]);
            for block in tone(hz, 3200).chunks(BLOCK_SAMPLES) {
                stream.step(block, &mut out);
            }
            let loudest = (0..MEL_BANDS).max_by(|&a, &b| out[a].total_cmp(&out[b])).expect("bands");
            assert!(loudest.abs_diff(band) <= 1, "{hz} Hz lit band {loudest}");
        }
    }

    #[test]
    fn silence_and_rubbish_lie_on_the_floor() {
        let (mut stream, mut out) = (MelStream::default(), [0.0; 80]);
        stream.step(&[f32::NAN; 320], &mut out);
        assert!(out.iter().all(|&v| v == POWER_FLOOR.log10()));
        stream.step(&[], &mut out);
        assert!(out.iter().all(|&v| v == POWER_FLOOR.log10()));
    }
}
