//! The sound of composed cases.

use std::path::Path;

use anyhow::{Context, bail};
use viva_floor::protocol::{Case, read_cases};
use viva_media::SAMPLE_RATE;

/// The cases of a folder, in file order.
pub(crate) fn cases(folder: &Path) -> anyhow::Result<Vec<Case>> {
    let path = folder.join("labels.jsonl");
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("{} cannot be read: compose a set of cases first", path.display()))?;
    read_cases(&text).with_context(|| path.display().to_string())
}

/// The candidate's microphone.
pub(crate) fn microphone(case: &Case, folder: &Path) -> anyhow::Result<Vec<f32>> {
    wav(&folder.join(&case.audio))
}

/// The assessor's own voice; empty where the case has none.
pub(crate) fn own_voice(case: &Case, folder: &Path) -> anyhow::Result<Vec<f32>> {
    case.agent_audio.as_ref().map_or(Ok(Vec::new()), |path| wav(&folder.join(path)))
}

fn wav(path: &Path) -> anyhow::Result<Vec<f32>> {
    let mut reader = hound::WavReader::open(path)
        .with_context(|| format!("{}: training reads WAV; compose with --format wav", path.display()))?;
    let spec = reader.spec();
    if spec.sample_rate != SAMPLE_RATE || spec.channels != 1 || spec.bits_per_sample != 16 {
        bail!("{}: expected 16 bit mono at {SAMPLE_RATE} Hz", path.display());
    }
    let samples: Result<Vec<_>, _> =
        reader.samples::<i16>().map(|s| s.map(|s| f32::from(s) / 32_768.0)).collect();
    Ok(samples?)
}
