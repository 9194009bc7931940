//! `viva say`

use anyhow::{Context as _, Result};
use viva_exchange::Affect;
use viva_speech::VoiceProfile;

use super::say;
use crate::cli::SayArgs;
use crate::interview::Models;

pub(crate) fn run(args: &SayArgs) -> Result<()> {
    let voice = VoiceProfile::built_in(&args.voice).with_context(|| {
        format!("no voice is called {:?}; there are {:?}", args.voice, VoiceProfile::NAMES)
    })?;
    let affect: Affect = serde_json::from_value(serde_json::Value::String(args.affect.clone()))
        .with_context(|| format!("no affect is called {:?}", args.affect))?;
    anyhow::ensure!((0.0..=1.0).contains(&args.level), "--level is a number from 0 to 1, not {}", args.level);
    let spoken = Models::open()?.synthesiser()?.speak(&args.text, &voice, affect, args.level, 1)?;
    write_wav(&args.out, &spoken.samples)?;
    let secs = spoken.samples.len() as f64 / f64::from(viva_media::SAMPLE_RATE);
    say(format!("{}: {secs:.2} s, {} words", args.out.display(), spoken.words.len()));
    Ok(())
}

/// 16-bit mono WAV at the engine's rate.
pub(crate) fn write_wav(path: &std::path::Path, samples: &[f32]) -> Result<()> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: viva_media::SAMPLE_RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer =
        hound::WavWriter::create(path, spec).with_context(|| format!("cannot write {}", path.display()))?;
    for sample in samples {
        writer.write_sample((sample.clamp(-1.0, 1.0) * 32_767.0).round() as i16)?;
    }
    writer.finalize().with_context(|| format!("cannot finish {}", path.display()))
}
