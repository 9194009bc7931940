//! Whether the sound is such that a forecast may be believed.
//!
//! The flow-net has heard clean, whole sound only. Where the sound is anything else the rules judge, and the record says why.

use serde::Serialize;
use viva_floor::forecast::failover::MEMORY_TICKS;
use viva_media::{AudioBlock, TICK, TimeSpan, Timestamp};
use viva_perception::voice::VoiceFeatures;

/// So long the network's memory holds what it should not have heard: its own ticks and the one that is heard.
const MEMORY: TimeSpan = TimeSpan::from_nanos((MEMORY_TICKS as i64 + 1) * TICK.as_nanos());
/// A sample this near to full scale has been cut off.
const FULL_SCALE: f32 = 0.995;
/// Share of such samples, over about half a second, from which sound counts as clipped.
const CLIPPED_SHARE: f32 = 0.005;
/// Weight of a tick in that share.
const CLIPPED_WEIGHT: f32 = 0.04;
/// Speech is this loud over the noise floor, in dB, or the sound counts as noisy.
const LEAST_OVER_NOISE_DB: f32 = 12.0;
/// Ticks of speech over which loudness is taken, and how many it takes to know.
const LOUDNESS_WEIGHT: f32 = 0.02;
const LOUDNESS_TICKS: u32 = 50;

/// Why no forecast is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mistrust {
    /// The device lost sound.
    SoundLost,
    /// The stamps of two blocks do not follow one another.
    ClockJumped,
    /// The microphone is driven beyond its range.
    Clipped,
    /// Speech hardly stands out of the noise.
    Noisy,
    /// There is no network, or its outputs are no numbers.
    NoForecast,
}

/// Watches the sound. Constant memory.
#[derive(Debug, Default)]
pub struct Trust {
    /// Mistrusted until then, and why.
    until: Option<(Timestamp, Mistrust)>,
    last_end: Option<Timestamp>,
    clipped: f32,
    /// Mean level of speech over the noise floor, in dB, and the ticks that it is taken from.
    over_noise_db: f32,
    speech_ticks: u32,
}

impl Trust {
    /// Takes one tick; `None` where a forecast may be believed. While the assessor speaks, what is heard may be its echo and says
    /// nothing about how the candidate's voice stands out.
    pub fn step(
        &mut self,
        audio: &AudioBlock,
        voice: &VoiceFeatures,
        assessor_speaks: bool,
    ) -> Option<Mistrust> {
        let followed = self.last_end.replace(audio.end()).is_none_or(|end| end == audio.start);
        let cut = audio.samples.iter().filter(|s| s.abs() >= FULL_SCALE).count() as f32;
        self.clipped += CLIPPED_WEIGHT * (cut / audio.samples.len().max(1) as f32 - self.clipped);
        if voice.speaking && !assessor_speaks {
            self.loudness(voice);
        }
        let why = if voice.gap {
            Some(Mistrust::SoundLost)
        } else if !followed {
            Some(Mistrust::ClockJumped)
        } else if self.clipped >= CLIPPED_SHARE {
            Some(Mistrust::Clipped)
        } else if self.speech_ticks >= LOUDNESS_TICKS && self.over_noise_db < LEAST_OVER_NOISE_DB {
            Some(Mistrust::Noisy)
        } else {
            None
        };
        if let Some(why) = why {
            self.until = Some((voice.at + MEMORY, why));
        }
        // A clock that jumped back must not make the mistrust last.
        self.until = self.until.filter(|(until, _)| *until > voice.at && *until - voice.at <= MEMORY + TICK);
        self.until.map(|(_, why)| why)
    }

    fn loudness(&mut self, voice: &VoiceFeatures) {
        let over = (voice.level.0 - voice.noise_floor.0).clamp(0.0, 60.0);
        self.speech_ticks = self.speech_ticks.saturating_add(1);
        let weight = LOUDNESS_WEIGHT.max(1.0 / self.speech_ticks as f32);
        self.over_noise_db += weight * (over - self.over_noise_db);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use viva_media::{BLOCK_SAMPLES, Decibels};

    /// What is mistrusted on each tick of `(sample, speaking, level over the noise in dB, gap, number of the block)`.
    fn watch(ticks: impl Iterator<Item = (f32, bool, f32, bool, i64)>) -> Vec<Option<Mistrust>> {
        let mut trust = Trust::default();
        ticks
            .map(|(sample, speaking, over, gap, number)| {
                let start = Timestamp::from_millis(20 * number);
                let audio = AudioBlock { gap, ..AudioBlock::new(start, vec![sample; BLOCK_SAMPLES]) };
                let voice = VoiceFeatures {
                    at: audio.end(),
                    p_speech: 0.5,
                    speaking,
                    speech_start: None,
                    speech_end: None,
                    level: Decibels(over - 60.0),
                    noise_floor: Decibels(-60.0),
                    pitch_hz: None,
                    filled_pause: None,
                    gap,
                };
                trust.step(&audio, &voice, false)
            })
            .collect()
    }

    #[test]
    fn each_fault_is_named_and_forgotten_with_the_memory() {
        let lost = watch((0..300).map(|n| (0.1, true, 30.0, n == 50, n)));
        assert!(lost[..50].iter().all(Option::is_none));
        assert!(lost[50..177].iter().all(|m| *m == Some(Mistrust::SoundLost)) && lost[177].is_none());
        let jumped = watch((0..300).map(|n| (0.1, true, 30.0, false, if n < 50 { n } else { n + 9000 })));
        assert_eq!((jumped[49], jumped[50], jumped[177]), (None, Some(Mistrust::ClockJumped), None));
        let back = watch((0..300).map(|n| (0.1, true, 30.0, false, if n < 150 { n + 9000 } else { n })));
        assert_eq!(
            (back[150], back[277]),
            (Some(Mistrust::ClockJumped), None),
            "a mistrust does not outlive a jump back"
        );
        let cut = watch((0..400).map(|n| (if n < 100 { 1.0 } else { 0.1 }, true, 30.0, false, n)));
        assert!(cut[99] == Some(Mistrust::Clipped) && cut[399].is_none());
    }

    #[test]
    fn speech_that_hardly_stands_out_is_mistrusted_once_it_is_known() {
        let noisy = watch((0..100).map(|n| (0.1, true, 8.0, false, n)));
        assert_eq!((noisy[30], noisy[80]), (None, Some(Mistrust::Noisy)));
        assert!(watch((0..100).map(|n| (0.1, true, 20.0, false, n))).iter().all(Option::is_none));
        assert!(watch((0..100).map(|n| (0.1, false, 0.0, false, n))).iter().all(Option::is_none));
    }
}
