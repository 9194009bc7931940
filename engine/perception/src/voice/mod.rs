//! The voice: activity, level, pitch and pauses on the 20 ms tick.

mod activity;
mod fillers;
pub mod mel;
mod pitch;
mod syllables;
mod tracker;

pub use activity::{LevelActivity, VOICE_ACTIVITY_FRAME, VoiceActivity};
pub use fillers::FilledPauseDetector;
pub use mel::{MEL_BANDS, MEL_FRAMES, MelStream};
pub use pitch::{PITCH_MAX_HZ, PITCH_MIN_HZ, PitchTracker};
pub use syllables::count_syllable_nuclei;
pub use tracker::{VoiceConfig, VoiceFeatures, VoiceTracker};
