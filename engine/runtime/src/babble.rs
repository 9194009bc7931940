//! Others talk around the candidate: told by sound that never gets quiet between syllables, and heard by who is loudest.
//!
//! The constants were measured on the dev cases of the floor protocol, as they are and with six other readers 10 dB under the speaker
//! (`benches/baselines.md`).

use viva_media::{Decibels, Timestamp};
use viva_perception::voice::VoiceFeatures;

/// Ticks over which the range of loudness is taken: 3 s.
const WINDOW: usize = 150;
/// Share of them that must pass for speech, or there is nothing to tell.
const LEAST_SPEECH: f32 = 0.6;
/// Loud and quiet moments, as shares of the ticks that are quieter.
const LOUD: f32 = 0.85;
const QUIET: f32 = 0.05;
/// Between them lie at least 14 dB in a voice alone; in babble less than 12 at some time in every case, and 20 hardly ever.
const BABBLE_BELOW_DB: f32 = 12.5;
const BABBLE_UNTIL_DB: f32 = 20.0;
/// Levels are counted in steps of half a decibel from here.
const LOWEST_DB: f32 = -100.0;
const STEPS_PER_DB: f32 = 2.0;
const STEPS: usize = 201;
/// Weight of a tick in the loudness of now: about 0.2 s.
const NOW_WEIGHT: f32 = 0.1;
/// The loudest talker is at most this far below his loudest, which is forgotten by 1 dB per second.
const NEAR_DB: f32 = 7.0;
const FORGET_DB: f32 = 0.02;

/// Watches how loud it is. Constant memory.
#[derive(Debug)]
pub(crate) struct Babble {
    pub(crate) is_heard: bool,
    /// Level of each tick in steps, and whether it passes for speech.
    ring: [(u8, bool); WINDOW],
    heard: usize,
    speech: usize,
    /// How many ticks of the ring lie on each step.
    steps: [u16; STEPS],
    power: f32,
    loudest_db: f32,
    nearest: Nearest,
}

/// The loudest talker's speech.
#[derive(Clone, Copy, Debug, Default)]
struct Nearest {
    speaking: bool,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
}

impl Default for Babble {
    fn default() -> Self {
        Self {
            is_heard: false,
            ring: [(0, false); WINDOW],
            heard: 0,
            speech: 0,
            steps: [0; STEPS],
            power: 0.0,
            loudest_db: LOWEST_DB,
            nearest: Nearest::default(),
        }
    }
}

impl Babble {
    /// Takes one tick. What is heard while the assessor speaks may be its echo and tells nothing about the room.
    pub(crate) fn step(&mut self, voice: &VoiceFeatures, assessor_speaks: bool) {
        self.follow(voice, assessor_speaks);
        if assessor_speaks || voice.gap {
            return;
        }
        let step = (STEPS_PER_DB * (voice.level.0 - LOWEST_DB)).clamp(0.0, (STEPS - 1) as f32) as u8;
        let slot = &mut self.ring[self.heard % WINDOW];
        if self.heard >= WINDOW {
            self.steps[usize::from(slot.0)] -= 1;
            self.speech -= usize::from(slot.1);
        }
        *slot = (step, voice.speaking);
        self.steps[usize::from(step)] += 1;
        self.speech += usize::from(voice.speaking);
        self.heard += 1;
        if self.heard >= WINDOW && self.speech as f32 >= LEAST_SPEECH * WINDOW as f32 {
            let range = (self.quieter(LOUD) - self.quieter(QUIET)) as f32 / STEPS_PER_DB;
            self.is_heard = range < if self.is_heard { BABBLE_UNTIL_DB } else { BABBLE_BELOW_DB };
        }
    }

    /// The step at or under which this share of the ticks lies.
    fn quieter(&self, share: f32) -> usize {
        let mut left = (share * WINDOW as f32).ceil() as usize;
        self.steps
            .iter()
            .position(|&ticks| {
                left = left.saturating_sub(usize::from(ticks));
                left == 0
            })
            .unwrap_or(STEPS - 1)
    }

    /// Who is loudest speaks.
    fn follow(&mut self, voice: &VoiceFeatures, assessor_speaks: bool) {
        // One poisoned tick would otherwise stay in the mean for ever.
        let amplitude = if voice.level.0.is_finite() { voice.level.to_amplitude() } else { 0.0 };
        self.power += NOW_WEIGHT * (amplitude * amplitude - self.power);
        let now = Decibels::from_amplitude(self.power.sqrt()).0;
        if !assessor_speaks {
            self.loudest_db = (self.loudest_db - FORGET_DB).max(now);
        }
        let speaks = voice.speaking && now >= self.loudest_db - NEAR_DB;
        if speaks {
            if !self.nearest.speaking {
                self.nearest.start = Some(voice.at - viva_media::TICK);
            }
            self.nearest.end = Some(voice.at);
        }
        self.nearest.speaking = speaks;
    }

    /// The voice as that of the loudest talker alone.
    pub(crate) fn nearest(&self, voice: &VoiceFeatures) -> VoiceFeatures {
        let Nearest { speaking, start, end } = self.nearest;
        VoiceFeatures { speaking, speech_start: start, speech_end: end, ..voice.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tick at this level.
    fn tick(n: i64, level: f32, speaking: bool) -> VoiceFeatures {
        let at = Timestamp::from_millis(20 * (n + 1));
        VoiceFeatures {
            at,
            p_speech: 0.9,
            speaking,
            speech_start: Some(Timestamp::ZERO),
            speech_end: Some(at),
            level: Decibels(level),
            noise_floor: Decibels(-70.0),
            pitch_hz: None,
            filled_pause: None,
            gap: false,
        }
    }

    /// Syllables at -25 dB over a floor that is so loud.
    fn syllables(n: i64, floor: f32) -> f32 {
        if n % 15 < 11 { -25.0 } else { floor }
    }

    #[test]
    fn babble_is_sound_that_never_gets_quiet_between_syllables() {
        let heard = |floor: f32, speaking: bool, assessor: bool| {
            let mut babble = Babble::default();
            (0..400).for_each(|n| babble.step(&tick(n, syllables(n, floor), speaking), assessor));
            babble.is_heard
        };
        assert!(heard(-35.0, true, false), "others 10 dB under the speaker");
        assert!(!heard(-55.0, true, false), "a voice alone");
        assert!(!heard(-35.0, false, false), "a fan is no speech");
        assert!(!heard(-35.0, true, true), "the assessor's echo");
        assert!(!heard(f32::NAN, true, false), "no number");
    }

    #[test]
    fn what_was_found_holds_until_the_room_is_quiet_again() {
        let mut babble = Babble::default();
        let mut heard = |ticks: std::ops::Range<i64>, floor: f32| {
            ticks.for_each(|n| babble.step(&tick(n, syllables(n, floor), true), false));
            babble.is_heard
        };
        assert!(!heard(0..100, -35.0), "3 s are needed");
        assert!(heard(100..300, -35.0));
        assert!(heard(300..500, -42.0), "a little quieter is not quiet");
        assert!(!heard(500..700, -60.0));
    }

    #[test]
    fn who_is_loudest_speaks() {
        let mut babble = Babble::default();
        let level = |n: i64| if n < 200 { -25.0 } else { -36.0 };
        let voices: Vec<VoiceFeatures> = (0..300)
            .map(|n| {
                let voice = tick(n, if n == 50 { f32::NAN } else { level(n) }, true);
                babble.step(&voice, false);
                babble.nearest(&voice)
            })
            .collect();
        assert!(voices[199].speaking && voices[199].speech_end == Some(voices[199].at));
        let silent = voices.iter().position(|voice| voice.at.as_millis() > 4020 && !voice.speaking);
        let silent = silent.expect("the others are not the candidate");
        assert!((210..230).contains(&silent), "0.4 s are taken for a dip: {silent}");
        let silence = voices[299].silence().expect("somebody has spoken");
        assert!((1.4..1.8).contains(&silence.as_secs()), "{silence:?}");
        assert_eq!(voices[299].speech_start, Some(Timestamp::ZERO));
    }
}
