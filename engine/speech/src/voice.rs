//! The voices: who speaks, and how an affect colours it.

use viva_exchange::Affect;
use viva_media::Decibels;

use crate::vocoder::Timbre;

/// A voice, as a change of the network's own.
#[derive(Clone, Debug, PartialEq)]
pub struct VoiceProfile {
    /// Name under which utterances ask for it.
    pub name: String,
    /// Factor on the fundamental frequency; the network's own voice lies at 190 Hz.
    pub f0_scale: f32,
    /// Factor on the liveliness of the melody; 0 is monotonous.
    pub f0_range: f32,
    /// Factor on the resonances; below 1 sounds larger, above 1 smaller.
    pub formant_scale: f32,
    /// Factor on the speaking rate.
    pub speed: f32,
    /// Noise in voiced sounds against the harmonics; 0 for none, 0.3 for much.
    pub breath: f32,
    /// Level against the network's own.
    pub gain_db: f32,
}

impl VoiceProfile {
    /// Names of the built-in voices.
    pub const NAMES: [&'static str; 5] =
        ["examiner", "character", "character_b", "candidate_a", "candidate_b"];

    /// A built-in voice; `None` for a name that is none.
    #[must_use]
    pub fn built_in(name: &str) -> Option<Self> {
        let voice = |f0_scale, f0_range, formant_scale, speed, breath, gain_db| {
            Some(Self { name: name.into(), f0_scale, f0_range, formant_scale, speed, breath, gain_db })
        };
        match name {
            // A calm woman.
            "examiner" => voice(0.95, 0.9, 0.99, 0.95, 0.0, 6.0),
            // An older man.
            "character" => voice(0.55, 1.0, 0.85, 0.92, 0.05, 6.0),
            // A woman who is no longer young.
            "character_b" => voice(0.84, 1.1, 0.95, 0.97, 0.05, 6.0),
            // A younger woman.
            "candidate_a" => voice(1.2, 1.1, 1.1, 1.05, 0.04, 6.0),
            // A young man.
            "candidate_b" => voice(0.68, 1.05, 0.93, 1.08, 0.0, 6.0),
            _ => None,
        }
    }

    /// How this voice sounds in an affect of strength `level` in 0..=1.
    #[must_use]
    pub fn with_affect(&self, affect: Affect, level: f32) -> Delivery {
        let level = if level.is_finite() { level.clamp(0.0, 1.0) } else { 0.0 };
        let change = AffectChange::of(affect);
        let factor = |full: f32| 1.0 + (full - 1.0) * level;
        Delivery {
            timbre: Timbre {
                f0_scale: bounded(self.f0_scale, 0.4, 2.0) * factor(change.f0_scale),
                f0_range: bounded(self.f0_range, 0.0, 2.0) * factor(change.f0_range),
                formant_scale: bounded(self.formant_scale, 0.7, 1.4) * factor(change.formant_scale),
                breath: bounded(self.breath, 0.0, 1.0) + change.breath * level,
                tilt_db: change.tilt_db * level,
            },
            speed: bounded(self.speed, 0.5, 2.0) * factor(change.speed),
            gain: Decibels(bounded(self.gain_db, -40.0, 12.0) + change.gain_db * level),
        }
    }
}

/// A voice in an affect, ready for the vocoder.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Delivery {
    /// Pitch, resonances, breath and brightness.
    pub timbre: Timbre,
    /// Factor on the speaking rate.
    pub speed: f32,
    /// Level against the network's own.
    pub gain: Decibels,
}

fn bounded(value: f32, least: f32, most: f32) -> f32 {
    if value.is_finite() { value.clamp(least, most) } else { least.max(1.0).min(most) }
}

/// What an affect at full strength changes.
///
/// **Source**: directions of change after Scherer, "Vocal communication of emotion" (Speech Communication 40, 2003),
/// table 4; the amounts were set by measure and ear.
struct AffectChange {
    f0_scale: f32,
    f0_range: f32,
    formant_scale: f32,
    speed: f32,
    breath: f32,
    tilt_db: f32,
    gain_db: f32,
}

impl AffectChange {
    fn of(affect: Affect) -> Self {
        let change = |f0_scale, f0_range, formant_scale, speed, breath, tilt_db, gain_db| Self {
            f0_scale,
            f0_range,
            formant_scale,
            speed,
            breath,
            tilt_db,
            gain_db,
        };
        match affect {
            Affect::Neutral => change(1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0),
            Affect::Warm => change(1.03, 1.15, 1.02, 0.97, 0.03, -0.5, 0.0),
            Affect::Worried => change(1.08, 1.1, 1.0, 1.06, 0.05, 0.5, 0.0),
            Affect::Sad => change(0.93, 0.65, 0.98, 0.84, 0.1, -2.5, -4.0),
            Affect::Afraid => change(1.22, 1.15, 1.02, 1.16, 0.12, 1.0, 0.5),
            Affect::Angry => change(1.18, 1.4, 1.0, 1.12, 0.0, 2.5, 5.0),
            Affect::Contemptuous => change(0.94, 0.75, 0.99, 0.88, 0.02, 0.5, 0.0),
            Affect::Relieved => change(0.96, 1.1, 1.01, 0.93, 0.12, -1.0, -1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn affects_grow_with_their_level() {
        let voice = VoiceProfile::built_in("character").unwrap();
        let neutral = voice.with_affect(Affect::Neutral, 1.0);
        assert_eq!(voice.with_affect(Affect::Angry, 0.0), neutral);
        let (half, full) = (voice.with_affect(Affect::Angry, 0.5), voice.with_affect(Affect::Angry, 1.0));
        assert!(neutral.gain < half.gain && half.gain < full.gain);
        assert!(neutral.speed < half.speed && half.speed < full.speed);
        assert!(
            neutral.timbre.f0_scale < half.timbre.f0_scale && half.timbre.f0_range < full.timbre.f0_range
        );
        assert!(voice.with_affect(Affect::Sad, 1.0).speed < neutral.speed);
        assert_eq!(voice.with_affect(Affect::Angry, f32::NAN), neutral);
        assert_eq!(voice.with_affect(Affect::Angry, 7.0), full);
    }

    #[test]
    fn built_in_voices_have_their_names() {
        for name in VoiceProfile::NAMES {
            assert_eq!(VoiceProfile::built_in(name).unwrap().name, name);
        }
        assert_eq!(VoiceProfile::built_in("nobody"), None);
    }
}
