//! Batches of cases of like length, and what is done to them so that the network learns speech and not recordings.

use std::ops::Range;

use candle_core::{Device, Result, Tensor};
use rand_core::RngCore;
use rand_pcg::Pcg64Mcg;
use viva_floor::forecast::shape::{HORIZONS_SECS, OVERLAP_NOISE};
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
    pub(crate) echo: Tensor,
    pub(crate) echo_weight: Tensor,
    pub(crate) ends_within: Tensor,
    pub(crate) ends_weight: Tensor,
    pub(crate) voice: Tensor,
    pub(crate) voice_weight: Tensor,
    pub(crate) teacher: Tensor,
    pub(crate) teacher_weight: Tensor,
}

/// The longest stretch of a case in which the voice is missing, in ticks: 2 s.
const VOICE_MISSING: usize = 100;

/// How strongly examples are varied; 0 leaves them as they are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Variation {
    /// Chance that a stream is missing: from the whole case; the voice, without which nothing can be foreseen, from a stretch of it.
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

/// Streams that are missing from a case, or from a stretch of its ticks.
type Missing = Vec<(FeatureGroup, Range<usize>)>;

/// Draws what is missing from a case of `ticks` ticks.
fn missing(ticks: usize, chance: f32, random: &mut Pcg64Mcg) -> Missing {
    let mut missing = Missing::new();
    for group in FeatureGroup::ALL {
        if uniform(random) >= chance {
            continue;
        }
        let stretch = if group == FeatureGroup::Voice {
            let from = (uniform(random) * ticks as f32) as usize;
            from..(from + 1 + (uniform(random) * VOICE_MISSING as f32) as usize).min(ticks)
        } else {
            0..ticks
        };
        missing.push((group, stretch));
    }
    missing
}

/// Zeros where a stream is missing.
fn leave_out(rows: &mut [f32], missing: &Missing) {
    for (group, ticks) in missing {
        let places = group.places();
        for row in rows.chunks_exact_mut(FEATURES).take(ticks.end).skip(ticks.start) {
            places.iter().for_each(|&i| row[i] = 0.0);
        }
    }
}

/// The rows of one example as numbers, varied, without the streams `off`.
fn rows(
    example: &Example,
    variation: Option<(&Variation, &mut Pcg64Mcg)>,
    off: &[FeatureGroup],
    out: &mut Vec<f32>,
) {
    let from = out.len();
    out.extend(example.features.iter().map(|v| v.to_f32()));
    let all = 0..example.ticks();
    let mut lacking: Missing = off.iter().map(|group| (*group, all.clone())).collect();
    if let Some((variation, random)) = variation {
        lacking.extend(missing(example.ticks(), variation.stream_dropout, random));
        vary_spectrum(&mut out[from..], variation.spectrum, random);
    }
    leave_out(&mut out[from..], &lacking);
}

/// Another loudness, another colour of the sound and another vocal tract.
fn vary_spectrum(rows: &mut [f32], strength: f32, random: &mut Pcg64Mcg) {
    let mut signed = |size: f32| strength * size * (2.0 * uniform(random) - 1.0);
    let (gain, tilt, warp) = (signed(0.35), signed(0.25), signed(2.0));
    let mut warped = [0.0; MEL_BANDS];
    for row in rows.chunks_exact_mut(FEATURES) {
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
    }
}

/// Builds a batch of `indices`, padded at the end with rows of weight 0, without the streams `off`.
pub(crate) fn build(
    examples: &[Example],
    indices: &[usize],
    mut variation: Option<(&Variation, &mut Pcg64Mcg)>,
    off: &[FeatureGroup],
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
    let (mut echo, mut echo_weight) = (Vec::new(), Vec::new());
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
            let noise = usize::from(target.overlap) == OVERLAP_NOISE;
            echo.push(f32::from(u8::from(target.echo)));
            echo_weight.push(if noise { target.overlap_weight } else { 0.0 });
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
            &mut echo,
            &mut echo_weight,
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
        echo: Tensor::from_vec(echo, all, &cpu)?,
        echo_weight: Tensor::from_vec(echo_weight, all, &cpu)?,
        ends_within: Tensor::from_vec(ends_within, (all, HORIZONS_SECS.len()), &cpu)?,
        ends_weight: Tensor::from_vec(ends_weight, all, &cpu)?,
        voice: Tensor::from_vec(voice, all, &cpu)?,
        voice_weight: Tensor::from_vec(voice_weight, all, &cpu)?,
        teacher: Tensor::from_vec(teacher, all, &cpu)?,
        teacher_weight: Tensor::from_vec(teacher_weight, all, &cpu)?,
    })
}

#[cfg(test)]
mod tests {
    use half::f16;

    use super::*;
    use crate::floor::examples::Target;

    /// An example whose every feature is 1.
    fn ones(ticks: usize) -> Example {
        let target = Target {
            outcome: 0,
            outcome_weight: 1.0,
            overlap: 0,
            overlap_weight: 0.0,
            echo: false,
            ends_within: [0; HORIZONS_SECS.len()],
            ends_weight: 0.0,
            voice: 0,
            teacher: None,
        };
        Example { features: vec![f16::ONE; ticks * FEATURES], targets: vec![target; ticks] }
    }

    #[test]
    fn every_stream_is_missing_from_its_share_of_the_cases() {
        const TICKS: usize = 300;
        let example = ones(TICKS);
        let variation = Variation { stream_dropout: 0.25, spectrum: 0.0 };
        let mut random = Pcg64Mcg::new(7);
        let groups = FeatureGroup::ALL.map(|group| (group, group.places()));
        let mut cases = [0; FeatureGroup::ALL.len()];
        for _ in 0..400 {
            let mut numbers = Vec::new();
            rows(&example, Some((&variation, &mut random)), &[], &mut numbers);
            for ((group, places), cases) in groups.iter().zip(&mut cases) {
                let lacks: Vec<bool> = numbers
                    .chunks_exact(FEATURES)
                    .map(|row| {
                        let zeros = places.iter().filter(|&&i| row[i] == 0.0).count();
                        assert!(zeros == 0 || zeros == places.len(), "a stream is whole or missing");
                        zeros > 0
                    })
                    .collect();
                let ticks = lacks.iter().filter(|lacks| **lacks).count();
                *cases += usize::from(ticks > 0);
                if *group == FeatureGroup::Voice {
                    let edges = lacks.windows(2).filter(|pair| pair[0] != pair[1]).count();
                    assert!(
                        ticks <= VOICE_MISSING && edges <= 2,
                        "one stretch of 2 s at most: {ticks}, {edges}"
                    );
                } else {
                    assert!(ticks == 0 || ticks == TICKS, "{group:?}: {ticks}");
                }
            }
        }
        assert!(cases.iter().all(|cases| (60..140).contains(cases)), "{cases:?}");
    }

    #[test]
    fn a_stream_that_is_off_is_zero_in_every_row_of_a_batch() -> Result<()> {
        let examples = [ones(20), ones(12)];
        let batch = build(&examples, &[0, 1], None, &[FeatureGroup::Face, FeatureGroup::Own])?;
        let numbers = batch.features.flatten_all()?.to_vec1::<f32>()?;
        for row in numbers.chunks_exact(FEATURES).take(20) {
            for ((_, group), value) in feature_names().zip(row) {
                let is_off = [FeatureGroup::Face, FeatureGroup::Own].contains(&group);
                assert_eq!(*value, if is_off { 0.0 } else { 1.0 });
            }
        }
        Ok(())
    }
}
