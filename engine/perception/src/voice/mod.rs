//! The voice: activity, features and pauses.

/// Samples of one frame of [`VoiceActivity`]: 32 ms at 16 kHz.
pub const VOICE_ACTIVITY_FRAME: usize = 512;

/// A network that tells speech from everything else. Its memory is carried from frame to frame.
pub trait VoiceActivity: Send {
    /// Probability in 0..=1 that `frame` (32 ms at 16 kHz, directly after the last one) holds speech.
    fn step(&mut self, frame: &[f32; VOICE_ACTIVITY_FRAME]) -> f32;

    /// Forgets everything heard so far.
    fn reset(&mut self);
}
