//! From the network's spectra to sound.
//!
//! Each 12.5 ms frame is `exp(lh) e^{i pi tanh(theta)} STFT(pulses) + exp(ln) noise + exp(lr) e^{i phi}`; the inverse
//! transforms are overlapped and added. In between, a [`Timbre`] changes pitch, resonances, breath and brightness.
//! **Source**: `hibari-tts` 0.2.1 (Apache-2.0), `dsp.py`; the timbre stage is ours.

mod noise;
mod pulses;
mod resample;
mod timbre;

pub(crate) use resample::Resampler;
pub use timbre::Timbre;

use std::sync::Arc;

use noise::Noise;
use pulses::{VOICING_HZ, pulse_train};
use realfft::num_complex::Complex32;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use timbre::BinMap;

use crate::{Acoustics, BINS, SpeechError};

/// Samples of the transform.
pub const FFT_SIZE: usize = 1200;
/// Samples from frame to frame: 12.5 ms.
pub const HOP: usize = 300;
/// Samples of one unit of duration: 25 ms.
pub const UNIT_SAMPLES: usize = 2 * HOP;
/// The rate of the vocoder in hertz.
pub const VOCODER_RATE: u32 = 24_000;

/// Natural log magnitudes above this are cut, as the network was trained.
const LOUDEST_LOG: f32 = 7.0;

/// Makes sound; holds the transforms and windows.
#[derive(Clone)]
pub struct Vocoder {
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    window: Vec<f32>,
}

impl std::fmt::Debug for Vocoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vocoder").finish_non_exhaustive()
    }
}

impl Default for Vocoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Vocoder {
    /// A vocoder.
    #[must_use]
    pub fn new() -> Self {
        let mut planner = RealFftPlanner::new();
        let step = std::f64::consts::TAU / FFT_SIZE as f64;
        let window = (0..FFT_SIZE).map(|n| (0.5 - 0.5 * (step * n as f64).cos()) as f32).collect();
        Self {
            forward: planner.plan_fft_forward(FFT_SIZE),
            inverse: planner.plan_fft_inverse(FFT_SIZE),
            window,
        }
    }

    /// The sound of `acoustics` in a timbre; the same seed gives the same samples.
    ///
    /// **Shape** `[600 * sum(durations)]` at 24 kHz.
    ///
    /// # Errors
    /// [`SpeechError::Acoustics`] where the arrays do not fit each other or hold values that are not finite.
    pub fn synthesise(
        &self,
        acoustics: &Acoustics,
        timbre: &Timbre,
        seed: u64,
    ) -> Result<Vec<f32>, SpeechError> {
        let frames = check(acoustics)?;
        if frames == 0 {
            return Ok(Vec::new());
        }
        let f0: Vec<f32> = acoustics.f0_hz.iter().map(|&f0| timbre.f0(f0)).collect();
        let is_natural = *timbre == Timbre::default();
        let pulses = pulse_train(&acoustics.f0_hz, if is_natural { &acoustics.f0_hz } else { &f0 });
        let mut noise = Noise::new(seed);
        let mut frame = FrameMaker::new(self, acoustics, timbre);
        let blocks = frames + FFT_SIZE / HOP - 1;
        let (mut sum, mut weight) = (vec![0.0_f32; blocks * HOP], vec![0.0_f32; blocks * HOP]);
        for index in 0..frames {
            let samples = frame.make(self, &pulses, index, &mut noise)?;
            let place = index * HOP..index * HOP + FFT_SIZE;
            for (((out, norm), sample), window) in
                sum[place.clone()].iter_mut().zip(&mut weight[place]).zip(samples).zip(&self.window)
            {
                *out += sample * window / FFT_SIZE as f32;
                *norm += window * window;
            }
        }
        let inside = FFT_SIZE / 2..FFT_SIZE / 2 + frames * HOP;
        Ok(sum[inside.clone()]
            .iter()
            .zip(&weight[inside])
            .map(|(sum, weight)| sum / weight.max(1e-11))
            .collect())
    }
}

/// Frames of the acoustics, if all arrays agree.
fn check(acoustics: &Acoustics) -> Result<usize, SpeechError> {
    let frames = acoustics.f0_hz.len();
    let units: u64 = acoustics.durations.iter().map(|&units| u64::from(units)).sum();
    if units * 2 != frames as u64 {
        return Err(SpeechError::Acoustics(format!(
            "{units} units of 25 ms, but {frames} frames of 12.5 ms"
        )));
    }
    for (name, spectrum) in [
        ("harmonic magnitude", &acoustics.harmonic_log_magnitude),
        ("harmonic phase", &acoustics.harmonic_phase),
        ("noise magnitude", &acoustics.noise_log_magnitude),
        ("residual magnitude", &acoustics.residual_log_magnitude),
        ("residual phase", &acoustics.residual_phase),
    ] {
        if spectrum.0.len() != frames * BINS {
            let length = spectrum.0.len();
            return Err(SpeechError::Acoustics(format!("{name} has {length} values, not {frames} x {BINS}")));
        }
        if spectrum.0.iter().any(|value| !value.is_finite()) {
            return Err(SpeechError::Acoustics(format!("{name} holds a value that is not finite")));
        }
    }
    if acoustics.f0_hz.iter().any(|f0| !f0.is_finite()) {
        return Err(SpeechError::Acoustics("the fundamental holds a value that is not finite".into()));
    }
    Ok(frames)
}

/// Makes one frame after the other.
struct FrameMaker<'a> {
    acoustics: &'a Acoustics,
    bins: Vec<BinMap>,
    voiced_residual: Vec<f32>,
    breath: Vec<f32>,
    /// Harmonics lie closer in a lower voice; so the envelope keeps its power.
    harmonic_gain: f32,
    excitation: Vec<f32>,
    spectrum: Vec<Complex32>,
    residual: Vec<Complex32>,
    samples: Vec<f32>,
}

impl<'a> FrameMaker<'a> {
    fn new(vocoder: &Vocoder, acoustics: &'a Acoustics, timbre: &Timbre) -> Self {
        Self {
            acoustics,
            bins: timbre.bins(),
            voiced_residual: (0..BINS).map(|bin| timbre.residual_gain(bin)).collect(),
            breath: (0..BINS).map(|bin| timbre.breath_gain(bin)).collect(),
            harmonic_gain: timbre.f0_scale.sqrt(),
            excitation: vec![0.0; FFT_SIZE],
            spectrum: vocoder.forward.make_output_vec(),
            residual: vec![Complex32::default(); BINS],
            samples: vocoder.inverse.make_output_vec(),
        }
    }

    fn make(
        &mut self,
        vocoder: &Vocoder,
        pulses: &[f32],
        frame: usize,
        noise: &mut Noise,
    ) -> Result<&[f32], SpeechError> {
        let fft_failed = |error: realfft::FftError| SpeechError::Acoustics(error.to_string());
        // A unit cosine then has the magnitude 1, so that exp(lh) is the magnitude of a harmonic.
        let scale = 4.0 / FFT_SIZE as f32;
        for (n, (sample, window)) in self.excitation.iter_mut().zip(&vocoder.window).enumerate() {
            *sample = pulses[mirrored(frame * HOP + n, pulses.len())] * window * scale;
        }
        vocoder.forward.process(&mut self.excitation, &mut self.spectrum).map_err(fft_failed)?;
        self.fill_residual(frame);
        let is_voiced = self.acoustics.f0_hz[frame] > VOICING_HZ;
        let magnitudes = self.acoustics.harmonic_log_magnitude.frame(frame);
        let phases = self.acoustics.harmonic_phase.frame(frame);
        let noises = self.acoustics.noise_log_magnitude.frame(frame);
        for (bin, (value, map)) in self.spectrum.iter_mut().zip(&self.bins).enumerate() {
            let gain = map.log_gain.exp();
            let magnitude = map.between(magnitudes).min(LOUDEST_LOG).exp() * gain;
            let angle = std::f32::consts::PI * map.between(phases).tanh();
            let (real, imaginary) = noise.pair();
            let breath = if is_voiced { self.breath[bin] * magnitude } else { 0.0 };
            let noise_magnitude = map.between(noises).min(LOUDEST_LOG).exp() * gain + breath;
            let (a, b) = (self.residual[map.lower], self.residual[map.lower + 1]);
            // Undo and redo the turn of each bin that puts the frame's time zero into its middle (see `fill_residual`).
            let turn = if bin % 2 == 0 { gain } else { -gain };
            let kept = if is_voiced { self.voiced_residual[bin] } else { 1.0 };
            *value = *value * Complex32::from_polar(magnitude * self.harmonic_gain, angle)
                + Complex32::new(real, imaginary) * noise_magnitude
                + (a + (b - a) * map.weight) * (turn * kept);
        }
        // A real signal has real ends of its spectrum.
        self.spectrum[0].im = 0.0;
        self.spectrum[BINS - 1].im = 0.0;
        vocoder.inverse.process(&mut self.spectrum, &mut self.samples).map_err(fft_failed)?;
        Ok(&self.samples)
    }

    /// The part with its own phase, turned so that its time zero is the frame's middle: neighbouring bins then have
    /// like phases, and values between them can be interpolated.
    fn fill_residual(&mut self, frame: usize) {
        let magnitudes = self.acoustics.residual_log_magnitude.frame(frame);
        let phases = self.acoustics.residual_phase.frame(frame);
        for (bin, (value, (magnitude, phase))) in
            self.residual.iter_mut().zip(magnitudes.iter().zip(phases)).enumerate()
        {
            let turn = if bin % 2 == 0 { 1.0 } else { -1.0 };
            *value = Complex32::from_polar(turn * magnitude.min(LOUDEST_LOG).exp(), *phase);
        }
    }
}

/// The sample at `index` of a signal with half a transform mirrored on either side.
fn mirrored(index: usize, length: usize) -> usize {
    let last = length as isize - 1;
    let mut at = index as isize - (FFT_SIZE / 2) as isize;
    if at < 0 {
        at = -at;
    }
    if at > last {
        at = 2 * last - at;
    }
    at.clamp(0, last) as usize
}
