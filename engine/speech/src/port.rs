//! The two networks that speech needs, as ports; `inference` implements them.

use crate::PortError;

/// Bins of each spectrum: half of [`crate::vocoder::FFT_SIZE`] and one.
pub const BINS: usize = 601;

/// One spectrum per frame.
///
/// **Shape** `[frames, 601]`, row-major. Frames follow each other by 12.5 ms.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spectrum(pub Vec<f32>);

impl Spectrum {
    /// The bins of one frame.
    #[must_use]
    pub fn frame(&self, frame: usize) -> &[f32] {
        &self.0[frame * BINS..(frame + 1) * BINS]
    }
}

/// What the acoustic network says of one string of symbols.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Acoustics {
    /// Duration of each symbol in units of 25 ms (two frames), at least 1.
    pub durations: Vec<u32>,
    /// Fundamental frequency per frame in hertz; below 40 the frame is unvoiced.
    pub f0_hz: Vec<f32>,
    /// Natural log magnitude of the filter on the pulse train.
    pub harmonic_log_magnitude: Spectrum,
    /// Phase of that filter as the argument of `pi * tanh`.
    pub harmonic_phase: Spectrum,
    /// Natural log magnitude of the noise.
    pub noise_log_magnitude: Spectrum,
    /// Natural log magnitude of the part with its own phase: bursts, hiss.
    pub residual_log_magnitude: Spectrum,
    /// Phase of that part in radians.
    pub residual_phase: Spectrum,
}

/// From symbols to what the vocoder needs.
pub trait AcousticModel: Send {
    /// The acoustics of `ids` (symbol ids with a 0 before and behind) at `speed` (1 is natural, 2 twice as fast).
    ///
    /// # Errors
    /// Where the network cannot run, or an id is outside its alphabet.
    fn predict(&mut self, ids: &[u32], speed: f32) -> Result<Acoustics, PortError>;
}

/// Reads words that stand in no dictionary.
pub trait OutOfVocabulary: Send {
    /// The phonemes of `word`, letters with inner apostrophes; `None` where it cannot be read.
    ///
    /// # Errors
    /// Where the network cannot run.
    fn pronounce(&mut self, word: &str) -> Result<Option<String>, PortError>;
}
