//! From a case to features and targets, one row per 20 ms tick.

use std::collections::BTreeMap;
use std::path::Path;

use half::f16;
use viva_floor::forecast::shape::{
    HORIZONS_SECS, OFFSET_AHEAD_SECS, OUTCOME_ENDED, OUTCOME_SPEAKS, OVERLAP_NOISE, resume_class,
};
use viva_floor::protocol::{Case, SoundKind, Task};
use viva_inference::voice_activity::SileroVoiceActivity;
use viva_media::{AudioBlock, BLOCK_SAMPLES, SAMPLE_RATE, Timestamp};
use viva_perception::fusion::{FEATURES, PauseStatistics};
use viva_perception::voice::VoiceConfig;
use viva_runtime::{Ears, Surroundings};

use super::corpus;
use super::teacher::Opinion;

/// What should have been foreseen at a tick. Weights are 0 where the truth is unknown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    pub(crate) outcome: u8,
    pub(crate) outcome_weight: f32,
    /// A class of the overlap head.
    pub(crate) overlap: u8,
    pub(crate) overlap_weight: f32,
    /// Whether a noise is the assessor's own echo.
    pub(crate) echo: bool,
    pub(crate) ends_within: [u8; HORIZONS_SECS.len()],
    pub(crate) ends_weight: f32,
    pub(crate) voice: u8,
    /// Probability of the end that the teacher gave, where it was asked.
    pub(crate) teacher: Option<f32>,
}

/// A case as the network sees it.
#[derive(Clone, Debug)]
pub(crate) struct Example {
    pub(crate) features: Vec<f16>,
    pub(crate) targets: Vec<Target>,
}

impl Example {
    pub(crate) fn ticks(&self) -> usize {
        self.targets.len()
    }

    /// For each tick of noise over the assessor's voice, whether it is the assessor's own echo.
    pub(crate) fn noises(&self) -> impl Iterator<Item = bool> {
        self.targets.iter().filter(|t| usize::from(t.overlap) == OVERLAP_NOISE).map(|t| t.echo)
    }

    /// Takes over what the teacher says of the pauses.
    pub(crate) fn teach(&mut self, opinions: &[Opinion]) {
        for (tick, target) in self.targets.iter_mut().enumerate() {
            let at = ((tick + 1) * BLOCK_SAMPLES) as f64 / f64::from(SAMPLE_RATE);
            let opinion = opinions.iter().find(|opinion| at > opinion.span[0] && at <= opinion.span[1]);
            target.teacher = opinion.map(|opinion| opinion.p_end);
        }
    }
}

/// Runs the real perception over cases.
pub(crate) struct Listener {
    ears: Ears,
    keep_pace: bool,
    known: BTreeMap<String, PauseStatistics>,
}

impl Listener {
    /// `keep_pace`: a speaker who comes again is known.
    pub(crate) fn new(silero: &Path, keep_pace: bool) -> anyhow::Result<Self> {
        let network = Box::new(SileroVoiceActivity::load(silero)?);
        Ok(Self { ears: Ears::new(network, VoiceConfig::default()), keep_pace, known: BTreeMap::new() })
    }

    pub(crate) fn listen(&mut self, case: &Case, folder: &Path) -> anyhow::Result<Example> {
        let (microphone, own_voice) = (corpus::microphone(case, folder)?, corpus::own_voice(case, folder)?);
        let known = self.known.get(&case.speaker).filter(|_| self.keep_pace);
        self.ears.reset(known.copied().unwrap_or_default());
        let ticks = microphone.len() / BLOCK_SAMPLES;
        let mut features = Vec::with_capacity(ticks * FEATURES);
        let mut row = [0.0; FEATURES];
        for (tick, samples) in microphone.chunks_exact(BLOCK_SAMPLES).enumerate() {
            let start = tick * BLOCK_SAMPLES;
            let block = AudioBlock::new(Timestamp::from_samples(start as u64, SAMPLE_RATE), samples.to_vec());
            let own = own_voice.get(start..start + BLOCK_SAMPLES).map(viva_media::audio::rms);
            let around = Surroundings::of_case(case, block.end(), own);
            self.ears.step(&block, &around).1.write_features(&mut row);
            features.extend(row.iter().map(|&v| f16::from_f32(v)));
        }
        self.known.insert(case.speaker.clone(), self.ears.pauses());
        Ok(Example { features, targets: targets(case, ticks) })
    }
}

fn targets(case: &Case, ticks: usize) -> Vec<Target> {
    (1..=ticks as u64)
        .map(|tick| target(case, Timestamp::from_samples(tick * BLOCK_SAMPLES as u64, SAMPLE_RATE)))
        .collect()
}

fn target(case: &Case, at: Timestamp) -> Target {
    let mut target = Target {
        outcome: OUTCOME_SPEAKS as u8,
        outcome_weight: 0.0,
        overlap: 0,
        overlap_weight: 0.0,
        echo: false,
        ends_within: [0; HORIZONS_SECS.len()],
        ends_weight: 0.0,
        voice: u8::from(case.candidate_speaks(at)),
        teacher: None,
    };
    match (case.task, case.end) {
        (Task::Floor, Some(end)) => outcome(case, at.as_secs(), end, &mut target),
        _ => overlap(case, at, &mut target),
    }
    target
}

fn outcome(case: &Case, at: f64, end: f64, target: &mut Target) {
    if case.assessor.iter().any(|span| at <= span[1]) {
        return;
    }
    if at < end {
        target.ends_weight = 1.0;
        for (slot, horizon) in target.ends_within.iter_mut().zip(HORIZONS_SECS) {
            *slot = u8::from(end - at <= f64::from(horizon));
        }
    }
    let ahead = f64::from(OFFSET_AHEAD_SECS);
    // The stretch of speech whose offset is behind us or just ahead.
    let behind = case.speech.iter().rposition(|span| at > span[1] - ahead && at > span[0]);
    let next = behind.map_or(0, |i| i + 1);
    let speaks = case.speech.get(next).is_some_and(|span| at > span[0]);
    match behind {
        Some(i) if !speaks => {
            let elapsed = at - case.speech[i][1];
            target.outcome_weight = if elapsed < 0.0 { 0.3 } else { (-elapsed / 1.2).exp().max(0.08) as f32 };
            target.outcome =
                case.speech.get(next).map_or(OUTCOME_ENDED, |span| resume_class((span[0] - at) as f32)) as u8;
        }
        _ => target.outcome_weight = 0.12,
    }
}

fn overlap(case: &Case, at: Timestamp, target: &mut Target) {
    if !case.assessor_speaks(at) {
        return;
    }
    let at = at.as_secs();
    target.overlap_weight = 0.08;
    for sound in &case.events {
        if at > sound.start && at <= sound.end + 0.2 {
            target.overlap = match sound.kind {
                SoundKind::Backchannel => 1,
                SoundKind::BargeIn => 2,
                SoundKind::Noise => OVERLAP_NOISE as u8,
            };
            target.echo = sound.is_echo();
            let elapsed = at - sound.start;
            target.overlap_weight = if elapsed < 1.2 { 1.0 } else { 0.2 };
        }
    }
}

/// The next example of a feature cache: ticks, then rows; `None` where the bytes do not fit the case.
pub(crate) fn from_cache(case: &Case, bytes: &[u8], offset: &mut usize) -> Option<Example> {
    let ticks = u32::from_le_bytes(bytes.get(*offset..*offset + 4)?.try_into().ok()?) as usize;
    let from = *offset + 4;
    let to = from.checked_add(ticks.checked_mul(2 * FEATURES)?)?;
    let features = bytes.get(from..to)?.chunks_exact(2).map(|b| f16::from_le_bytes([b[0], b[1]])).collect();
    *offset = to;
    Some(Example { features, targets: targets(case, ticks) })
}
