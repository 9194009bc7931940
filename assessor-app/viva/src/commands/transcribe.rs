//! `viva transcribe`

use std::path::Path;

use anyhow::Result;
use serde_json::json;
use viva_devices::{FileSource, Media};
use viva_exchange::Word;
use viva_perception::voice::{VoiceConfig, VoiceTracker};
use viva_perception::words::{Recogniser as _, Segment, Segmenter, SegmenterConfig};

use super::{SessionBar, say, say_json};
use crate::cli::TranscribeArgs;
use crate::interview::Models;

/// The words of a sound or film file, with their times.
pub(crate) fn words_of(file: &Path) -> Result<Vec<Word>> {
    let models = Models::open()?;
    let mut source = FileSource::open(file)?.require_audio()?;
    let mut voice = VoiceTracker::new(Box::new(models.voice_activity()?), VoiceConfig::default());
    let mut segmenter = Segmenter::new(SegmenterConfig::default());
    let mut recogniser = models.recogniser()?;
    let mut bar = SessionBar::new("transcribe", source.duration().map(viva_media::TimeSpan::as_secs));
    let mut words = Vec::new();
    let mut recognise = |segment: Segment| -> Result<()> {
        words.extend(recogniser.transcribe(&segment.samples, segment.start)?);
        Ok(())
    };
    let mut last = None;
    while let Some(media) = source.next()? {
        let Media::Audio(block) = media else { continue };
        let features = voice.step(&block);
        bar.at(features.at);
        if let Some(segment) = segmenter.step(&block, &features) {
            recognise(segment)?;
        }
        last = Some(features);
    }
    if let Some(segment) = last.and_then(|features| segmenter.flush(&features)) {
        recognise(segment)?;
    }
    bar.finish();
    Ok(words)
}

pub(crate) fn run(args: &TranscribeArgs) -> Result<()> {
    let words = words_of(&args.file)?;
    if args.json {
        return say_json(&json!({"words": words.iter().map(|word| json!({
            "text": word.text, "start_s": word.start.as_secs(), "end_s": word.end.as_secs(), "confidence": word.confidence,
        })).collect::<Vec<_>>()}));
    }
    let text: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    say(if text.is_empty() { "(no speech)".to_owned() } else { text.join(" ") });
    Ok(())
}
