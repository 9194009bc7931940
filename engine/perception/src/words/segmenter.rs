//! Cuts the candidate's audio at pauses into stretches for the recogniser.

use viva_media::{AudioBlock, SAMPLE_RATE, TimeSpan, Timestamp};

use crate::voice::VoiceFeatures;

/// Where to cut.
#[derive(Clone, Copy, Debug)]
pub struct SegmenterConfig {
    /// Silence after which a stretch is closed. Shorter cuts give earlier words and worse ones.
    pub close_after: TimeSpan,
    /// A stretch is closed at this length even without a pause: the recogniser hears at most 30 s.
    pub max_length: TimeSpan,
    /// Audio kept before the first voiced moment, so that soft onsets are not cut off.
    pub lead: TimeSpan,
}

impl Default for SegmenterConfig {
    fn default() -> Self {
        Self {
            close_after: TimeSpan::from_millis(480),
            max_length: TimeSpan::from_millis(28_000),
            lead: TimeSpan::from_millis(300),
        }
    }
}

/// A stretch of speech that is ready to be recognised.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// Capture time of the first sample.
    pub start: Timestamp,
    /// Mono samples at 16 kHz.
    pub samples: Vec<f32>,
    /// Last voiced moment.
    pub speech_end: Timestamp,
}

/// Collects speech into [`Segment`]s. Memory: at most `max_length` of audio.
#[derive(Clone, Debug)]
pub struct Segmenter {
    config: SegmenterConfig,
    audio: Vec<f32>,
    audio_start: Timestamp,
    has_speech: bool,
}

impl Segmenter {
    /// A segmenter that has heard nothing.
    #[must_use]
    pub fn new(config: SegmenterConfig) -> Self {
        Self { config, audio: Vec::new(), audio_start: Timestamp::ZERO, has_speech: false }
    }

    /// True while speech has been heard that is not yet in a segment.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.has_speech
    }

    /// Takes a block with its features; answers with a segment when one is complete.
    pub fn step(&mut self, block: &AudioBlock, voice: &VoiceFeatures) -> Option<Segment> {
        if self.audio.is_empty() {
            self.audio_start = block.start;
        }
        self.audio.extend_from_slice(&block.samples);
        if voice.speaking {
            self.has_speech = true;
        }
        if !self.has_speech {
            // Only the lead is kept; `min_speech` and the frame delay come on top, hence the extra 160 ms.
            let keep = samples(self.config.lead + TimeSpan::from_millis(160));
            if self.audio.len() > keep {
                let cut = self.audio.len() - keep;
                self.audio.drain(..cut);
                self.audio_start += TimeSpan::from_samples(cut as u64, SAMPLE_RATE);
            }
            return None;
        }
        let paused = voice.silence().is_some_and(|silence| silence >= self.config.close_after);
        let full = self.audio.len() >= samples(self.config.max_length);
        (paused || full).then(|| self.close(voice.speech_end.unwrap_or(block.end())))
    }

    /// Closes what is open at once, at the end of a recording or of the turn.
    pub fn flush(&mut self, voice: &VoiceFeatures) -> Option<Segment> {
        self.has_speech.then(|| self.close(voice.speech_end.unwrap_or(voice.at)))
    }

    /// Forgets what is open.
    pub fn reset(&mut self) {
        self.audio.clear();
        self.has_speech = false;
    }

    fn close(&mut self, speech_end: Timestamp) -> Segment {
        self.has_speech = false;
        Segment { start: self.audio_start, samples: std::mem::take(&mut self.audio), speech_end }
    }
}

fn samples(span: TimeSpan) -> usize {
    usize::try_from(span.as_nanos() * i64::from(SAMPLE_RATE) / 1_000_000_000).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::voice::{LevelActivity, VoiceConfig, VoiceTracker};

    fn segments(levels: &[(usize, f32)]) -> Vec<(f64, f64)> {
        let mut tracker = VoiceTracker::new(Box::new(LevelActivity), VoiceConfig::default());
        let mut segmenter = Segmenter::new(SegmenterConfig::default());
        let (mut out, mut n) = (Vec::new(), 0_u64);
        for &(blocks, amplitude) in levels {
            for _ in 0..blocks {
                let samples = (0..320).map(|k| amplitude * (k as f32 * 0.05).sin()).collect();
                let block = AudioBlock::new(Timestamp::from_samples(n * 320, 16_000), samples);
                let voice = tracker.step(&block);
                out.extend(segmenter.step(&block, &voice));
                n += 1;
            }
        }
        out.iter().map(|s| (s.start.as_secs(), s.samples.len() as f64 / 16_000.0)).collect()
    }

    #[test]
    fn two_phrases_give_two_segments_with_their_lead() {
        let found = segments(&[(100, 0.0), (50, 0.3), (50, 0.0), (50, 0.3), (50, 0.0)]);
        assert_eq!(found.len(), 2);
        assert!(found[0].0 < 2.0 && found[0].0 > 1.4, "{found:?}");
        assert!(found[0].1 > 1.4 && found[0].1 < 2.4, "{found:?}");
    }

    #[test]
    fn endless_speech_is_cut_at_the_limit() {
        let found = segments(&[(1500, 0.3)]);
        assert_eq!(found.len(), 1);
        assert!((found[0].1 - 28.0).abs() < 0.1);
    }
}
