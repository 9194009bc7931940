//! The second opinion on pauses.

/// Samples that [`EndOfTurn`] looks back over: 8 s at 16 kHz.
pub const END_OF_TURN_WINDOW: usize = 8 * 16_000;

/// A network that hears whether a turn sounds finished.
pub trait EndOfTurn: Send {
    /// Probability in 0..=1 that the speaker has finished, from the last (at most 8 s) of `samples`: mono, 16 kHz, ending now.
    fn p_end(&mut self, samples: &[f32]) -> f32;
}
