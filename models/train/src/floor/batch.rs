//! Batches of cases of like length, and what is done to them so that the network learns speech and not recordings.

use candle_core::{Device, Result, Tensor};
use rand_core::RngCore;
use rand_pcg::Pcg64Mcg;
use viva_floor::forecast::shape::HORIZONS_SECS;
use viva_perception::fusion::{FEATURES, FeatureGroup, feature_names};
use viva_perception::voice::{MEL_BANDS, MEL_FRAMES};

use super::examples::Example;

const MEL: usize = MEL_FRAMES * MEL_BANDS;

/// Tensors of one batch; targets are flat over `batch * ticks`.
pub(crate) struct Batch {
    pub(crate) features: Tensor,
    pub(crate) in_turn: Tensor,
    pub(crate) outcome: Tensor,
    pub(crate) outcome_weight: Tensor,
    pub(crate) overlap: Tensor,
    pub(crate) overlap_weight: Tensor,
    pub(crate) ends_within: Tensor,
    pub(crate) ends_weight: Tensor,
    pub(crate) voice: Tensor,
    pub(crate) voice_weight: Tensor,
    pub(crate) teacher: Tensor,
    pub(crate) teacher_weight: Tensor,
}

/// How strongly examples are varied; 0 leaves them as they are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Variation {
    /// Chance that a stream is missing from a case.
    pub(crate) stream_dropout: f32,
    /// Gain, tilt and warp of the spectrum.
    pub(crate) spectrum: f32,
}

pub(crate) fn uniform(random: &mut Pcg64Mcg) -> f32 {
    (random.next_u32() >> 8) as f32 / (1_u32 << 24) as f32
}

/// Indices of examples in batches of at most `ticks` ticks (with padding), like lengths together, in random order.
pub(crate) fn plan(examples: &[Example], ticks: usize, random: &mut Pcg64Mcg) -> Vec<Vec<usize>> {
    let mut order: Vec<(usize, usize)> = examples
        .iter()
        .enumerate()
        .map(|(i, example)| (example.ticks() + (uniform(random) * 100.0) as usize, i))
        .collect();
    order.sort_unstable();
    let mut batches: Vec<Vec<usize>> = Vec::new();
    for (_, i) in order {
        let longest = examples[i].ticks();
        match batches.last_mut() {
            Some(batch) if (batch.len() + 1) * longest <= ticks => batch.push(i),
            _ => batches.push(vec![i]),
        }
    }
    for i in (1..batches.len()).rev() {
        batches.swap(i, (uniform(random) * (i + 1) as f32) as usize % (i + 1));
    }
    batches
}

/// Places of the features of a stream.
pub(crate) fn places(group: FeatureGroup) -> Vec<usize> {
    feature_names().enumerate().filter(|(_, (_, of))| *of == group).map(|(i, _)| i).collect()
}

/// The rows `start..start + ticks` of one example as numbers, varied.
fn rows(
    example: &Example,
    variation: Option<(&Variation, &mut Pcg64Mcg)>,
    off: &[usize],
    out: &mut Vec<f32>,
) {
    let from = out.len();
    out.extend(example.features.iter().map(|v| v.to_f32()));
    let Some((variation, random)) = variation else {
        for row in out[from..].chunks_exact_mut(FEATURES) {
            off.iter().for_each(|&i| row[i] = 0.0);
        }
        return;
    };
    let mut missing = off.to_vec();
    for group in [FeatureGroup::Question, FeatureGroup::Own, FeatureGroup::Turn] {
        if uniform(random) < variation.stream_dropout {
            missing.extend(places(group));
        }
    }
    let mut signed = |size: f32| variation.spectrum * size * (2.0 * uniform(random) - 1.0);
    let (gain, tilt, warp) = (signed(0.35), signed(0.25), signed(2.0));
    let mut warped = [0.0; MEL_BANDS];
    for row in out[from..].chunks_exact_mut(FEATURES) {
        for frame in row[..MEL].chunks_exact_mut(MEL_BANDS) {
            // Another vocal tract: bands slide towards one side, more so at the top.
            for (band, slot) in warped.iter_mut().enumerate() {
                let at =
                    (band as f32 + warp * band as f32 / MEL_BANDS as f32).clamp(0.0, (MEL_BANDS - 1) as f32);
                let (low, part) = (at as usize, at.fract());
                let high = (low + 1).min(MEL_BANDS - 1);
                *slot = frame[low] * (1.0 - part) + frame[high] * part;
            }
            for (band, (slot, value)) in frame.iter_mut().zip(&warped).enumerate() {
                *slot = value + gain + tilt * (band as f32 / MEL_BANDS as f32 - 0.5);
            }
        }
        missing.iter().for_each(|&i| row[i] = 0.0);
    }
}

/// Builds a batch of `indices`, padded at the end with rows of weight 0; features at `off` are zeroed.
pub(crate) fn build(
    examples: &[Example],
    indices: &[usize],
    mut variation: Option<(&Variation, &mut Pcg64Mcg)>,
    off: &[usize],
) -> Result<Batch> {
    let ticks = indices.iter().map(|&i| examples[i].ticks()).max().unwrap_or(0);
    let count = indices.len();
    let turn = feature_names().position(|(name, _)| name == "turn_log").expect("the turn is a feature");
    let mut features = Vec::with_capacity(count * ticks * FEATURES);
    let mut in_turn = Vec::with_capacity(count * ticks);
    let (mut outcome, mut overlap) = (Vec::new(), Vec::new());
    let (mut outcome_weight, mut overlap_weight, mut ends_weight) = (Vec::new(), Vec::new(), Vec::new());
    let (mut ends_within, mut voice, mut voice_weight) = (Vec::new(), Vec::new(), Vec::new());
    let (mut teacher, mut teacher_weight) = (Vec::new(), Vec::new());
    for (n, &i) in indices.iter().enumerate() {
        let example = &examples[i];
        let varied = variation.as_mut().map(|(variation, random)| (*variation, &mut **random));
        rows(example, varied, off, &mut features);
        features.resize((n + 1) * ticks * FEATURES, 0.0);
        in_turn.extend(
            example.features.chunks_exact(FEATURES).map(|row| f32::from(u8::from(row[turn].to_f32() > 0.0))),
        );
        in_turn.resize((n + 1) * ticks, 0.0);
        for target in &example.targets {
            outcome.push(u32::from(target.outcome));
            outcome_weight.push(target.outcome_weight);
            overlap.push(u32::from(target.overlap));
            overlap_weight.push(target.overlap_weight);
            ends_within.extend(target.ends_within.map(f32::from));
            ends_weight.push(target.ends_weight);
            voice.push(f32::from(target.voice));
            voice_weight.push(1.0);
            teacher.push(target.teacher.unwrap_or(0.0));
            teacher_weight.push(f32::from(u8::from(target.teacher.is_some())));
        }
        let rows = (n + 1) * ticks;
        outcome.resize(rows, 0);
        overlap.resize(rows, 0);
        for weights in [
            &mut outcome_weight,
            &mut overlap_weight,
            &mut ends_weight,
            &mut voice,
            &mut voice_weight,
            &mut teacher,
            &mut teacher_weight,
        ] {
            weights.resize(rows, 0.0);
        }
        ends_within.resize(rows * HORIZONS_SECS.len(), 0.0);
    }
    let cpu = Device::Cpu;
    let all = count * ticks;
    Ok(Batch {
        features: Tensor::from_vec(features, (count, ticks, FEATURES), &cpu)?,
        in_turn: Tensor::from_vec(in_turn, (count, ticks, 1), &cpu)?,
        outcome: Tensor::from_vec(outcome, all, &cpu)?,
        outcome_weight: Tensor::from_vec(outcome_weight, all, &cpu)?,
        overlap: Tensor::from_vec(overlap, all, &cpu)?,
        overlap_weight: Tensor::from_vec(overlap_weight, all, &cpu)?,
        ends_within: Tensor::from_vec(ends_within, (all, HORIZONS_SECS.len()), &cpu)?,
        ends_weight: Tensor::from_vec(ends_weight, all, &cpu)?,
        voice: Tensor::from_vec(voice, all, &cpu)?,
        voice_weight: Tensor::from_vec(voice_weight, all, &cpu)?,
        teacher: Tensor::from_vec(teacher, all, &cpu)?,
        teacher_weight: Tensor::from_vec(teacher_weight, all, &cpu)?,
    })
}
