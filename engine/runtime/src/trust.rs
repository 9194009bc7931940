//! Whether the sound is such that a forecast may be believed.
//!
//! The flow-net has heard clean, whole sound only. Where the sound is anything else the rules judge, and the record says why.

use serde::Serialize;
use viva_floor::forecast::failover::MEMORY_TICKS;
use viva_media::{AudioBlock, TICK, TimeSpan, Timestamp};
use viva_perception::voice::VoiceFeatures;

use crate::babble::Babble;

/// So long the network's memory holds what it should not have heard: its own ticks and the one that is heard.
const MEMORY: TimeSpan = TimeSpan::from_nanos((MEMORY_TICKS as i64 + 1) * TICK.as_nanos());
/// A sample this near to full scale has been cut off ...
const FULL_SCALE: f32 = 0.995;
/// ... and so have three equal ones that are as loud as this: voices have no flat tops.
const FLAT_FROM: f32 = 0.25;
/// Share of such samples, over about half a second, from which sound counts as clipped.
const CLIPPED_SHARE: f32 = 0.005;
/// Weight of a tick in that share.
const CLIPPED_WEIGHT: f32 = 0.04;
/// Speech is this loud over the noise floor, in dB, or the sound counts as noisy.
const LEAST_OVER_NOISE_DB: f32 = 12.0;
/// The mains and their first harmonics, in Hz, and the weight of a tick in their mean: about half a second.
const MAINS_HZ: [f64; 4] = [50.0, 60.0, 100.0, 120.0];
const HUM_WEIGHT: f32 = 0.04;
/// Between words hum is this much of all sound, and at least this loud (-56 dB), or it does not matter.
const HUM_SHARE: f32 = 0.5;
const HUM_POWER: f32 = 2.5e-6;
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
    /// The mains hum through the microphone.
    Hum,
    /// Speech hardly stands out of the noise.
    Noisy,
    /// Others talk around the candidate.
    Babble,
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
    hum: Hum,
    babble: Babble,
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
        let cut = cut_off(&audio.samples) as f32;
        self.clipped += CLIPPED_WEIGHT * (cut / audio.samples.len().max(1) as f32 - self.clipped);
        if voice.speaking && !assessor_speaks {
            self.loudness(voice);
        }
        self.hum.step(audio, voice.speaking);
        self.babble.step(voice, assessor_speaks);
        let why = if voice.gap {
            Some(Mistrust::SoundLost)
        } else if !followed {
            Some(Mistrust::ClockJumped)
        } else if self.clipped >= CLIPPED_SHARE {
            Some(Mistrust::Clipped)
        } else if self.hum.is_heard {
            Some(Mistrust::Hum)
        } else if self.babble.is_heard {
            Some(Mistrust::Babble)
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

    /// The voice as the floor should hear it: in babble, which passes for speech, that of the loudest talker alone.
    #[must_use]
    pub fn heard(&self, voice: &VoiceFeatures) -> VoiceFeatures {
        match self.until {
            Some((_, Mistrust::Babble)) => self.babble.nearest(voice),
            _ => voice.clone(),
        }
    }

    fn loudness(&mut self, voice: &VoiceFeatures) {
        let over = (voice.level.0 - voice.noise_floor.0).clamp(0.0, 60.0);
        self.speech_ticks = self.speech_ticks.saturating_add(1);
        let weight = LOUDNESS_WEIGHT.max(1.0 / self.speech_ticks as f32);
        self.over_noise_db += weight * (over - self.over_noise_db);
    }
}

/// How many samples have been cut off.
fn cut_off(samples: &[f32]) -> usize {
    let full = samples.iter().filter(|s| s.abs() >= FULL_SCALE).count();
    let is_flat = |w: &&[f32]| w[0].abs() >= FLAT_FROM && w[0] == w[1] && w[1] == w[2];
    full.max(samples.windows(3).filter(is_flat).count())
}

/// What of the sound goes in step with the mains.
#[derive(Debug, Default)]
struct Hum {
    is_heard: bool,
    /// Mean of the sound times a wave of each of [`MAINS_HZ`]: real and imaginary part.
    waves: [[f32; 2]; MAINS_HZ.len()],
    power: f32,
}

impl Hum {
    /// What was found between words holds while words are said.
    fn step(&mut self, audio: &AudioBlock, speaking: bool) {
        let count = audio.samples.len().max(1) as f32;
        let power = audio.samples.iter().map(|s| s * s).sum::<f32>() / count;
        self.power += HUM_WEIGHT * (power - self.power);
        let mut tones = 0.0;
        for (wave, hz) in self.waves.iter_mut().zip(MAINS_HZ) {
            let turn = std::f64::consts::TAU * hz;
            let (mut real, mut imaginary) = (0.0, 0.0);
            // The phase goes on from tick to tick; one step turns it by the same angle.
            let begin = turn * (audio.start.as_secs() % 1.0);
            let (mut sine, mut cosine) = (begin.sin() as f32, begin.cos() as f32);
            let (step_sine, step_cosine) = (turn / f64::from(viva_media::SAMPLE_RATE)).sin_cos();
            let (step_sine, step_cosine) = (step_sine as f32, step_cosine as f32);
            for sample in &audio.samples {
                real += sample * cosine;
                imaginary += sample * sine;
                (sine, cosine) =
                    (sine * step_cosine + cosine * step_sine, cosine * step_cosine - sine * step_sine);
            }
            for (mean, part) in wave.iter_mut().zip([real, imaginary]) {
                *mean += HUM_WEIGHT * (part / count - *mean);
            }
            // A wave of amplitude a has a mean of a / 2 here and a power of a² / 2.
            tones += 2.0 * (wave[0] * wave[0] + wave[1] * wave[1]);
        }
        if !speaking {
            self.is_heard = self.power >= HUM_POWER && tones >= HUM_SHARE * self.power;
        }
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
                    // Between syllables it is quiet.
                    level: Decibels(if number % 10 == 9 { -60.0 } else { over - 60.0 }),
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
    fn flat_tops_are_clipped_below_full_scale_too() {
        let wave = |n: usize| 1.5 * (n as f32 * 0.09).sin();
        let cut: Vec<f32> = (0..320).map(|n| wave(n).clamp(-0.9, 0.9)).collect();
        let whole: Vec<f32> = (0..320).map(|n| wave(n) * 0.6).collect();
        assert!(cut_off(&cut) > 100 && cut_off(&whole) == 0, "{} {}", cut_off(&cut), cut_off(&whole));
        assert_eq!(cut_off(&[0.0; 320]), 0, "silence is whole");
    }

    #[test]
    fn mains_hum_is_heard_between_words_and_stays_known_while_they_are_said() {
        let heard = |hz: f32, level: f32, noise: f32, speaks_from: i64| -> Vec<bool> {
            let mut hum = Hum::default();
            (0..150)
                .map(|tick| {
                    let samples = (0..BLOCK_SAMPLES).map(|i| {
                        let n = tick as usize * BLOCK_SAMPLES + i;
                        let hiss = ((n.wrapping_mul(2_654_435_761) >> 7) % 2001) as f32 / 1000.0 - 1.0;
                        level * (std::f32::consts::TAU * hz * n as f32 / 16_000.0 + 0.7).sin() + noise * hiss
                    });
                    let block = AudioBlock::new(Timestamp::from_millis(tick * 20), samples.collect());
                    hum.step(&block, tick >= speaks_from);
                    hum.is_heard
                })
                .collect()
        };
        for hz in [50.0, 60.0, 100.0] {
            assert!(heard(hz, 0.05, 0.005, 150)[149], "{hz} Hz");
        }
        assert!(!heard(50.0, 0.05, 0.3, 150)[149], "a hiss that drowns it");
        assert!(!heard(50.0, 0.0005, 0.0, 150)[149], "too soft to matter");
        assert!(!heard(130.0, 0.05, 0.005, 150)[149], "a low voice is none");
        let spoken = heard(50.0, 0.05, 0.0, 100);
        assert!(spoken[99] && spoken[149]);
    }

    #[test]
    fn speech_that_hardly_stands_out_is_mistrusted_once_it_is_known() {
        let noisy = watch((0..100).map(|n| (0.1, true, 8.0, false, n)));
        assert_eq!((noisy[30], noisy[80]), (None, Some(Mistrust::Noisy)));
        assert!(watch((0..100).map(|n| (0.1, true, 20.0, false, n))).iter().all(Option::is_none));
        assert!(watch((0..100).map(|n| (0.1, false, 0.0, false, n))).iter().all(Option::is_none));
    }
}
