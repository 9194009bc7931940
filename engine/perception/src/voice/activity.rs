//! The port for voice activity.

/// Samples of one frame of [`VoiceActivity`]: 32 ms at 16 kHz.
pub const VOICE_ACTIVITY_FRAME: usize = 512;

/// A network that tells speech from everything else. Its memory is carried from frame to frame.
pub trait VoiceActivity: Send {
    /// Probability in 0..=1 that `frame` (32 ms at 16 kHz, directly after the last one) holds speech.
    fn step(&mut self, frame: &[f32; VOICE_ACTIVITY_FRAME]) -> f32;

    /// Forgets everything heard so far.
    fn reset(&mut self);
}

/// A voice activity by level alone, for tests of the rooms behind it: speech is what is louder than -46 dB.
#[derive(Debug, Default)]
pub struct LevelActivity;

impl VoiceActivity for LevelActivity {
    fn step(&mut self, frame: &[f32; VOICE_ACTIVITY_FRAME]) -> f32 {
        if viva_media::audio::rms(frame) > 0.005 { 0.98 } else { 0.02 }
    }

    fn reset(&mut self) {}
}
