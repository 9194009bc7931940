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
    /// A stretch ends so long after its last voiced moment, however long the silence was after which it was closed; `None` keeps the
    /// silence. With a tail the samples of a stretch do not depend on when it was cut, so that a stretch that is looked at early
    /// ([`Segmenter::peek`]) is the stretch that is closed later, and has its words.
    pub tail: Option<TimeSpan>,
}

impl Default for SegmenterConfig {
    fn default() -> Self {
        Self {
            close_after: TimeSpan::from_millis(480),
            max_length: TimeSpan::from_millis(28_000),
            lead: TimeSpan::from_millis(300),
            // One frame of the voice activity network: the first in which it hears no voice. It runs on after the voice by 30 to 60 ms,
            // so that a last consonant is whole.
            tail: Some(TimeSpan::from_millis(32)),
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

    /// Capture time of the first sample that is kept.
    #[must_use]
    pub fn open_since(&self) -> Timestamp {
        self.audio_start
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

    /// A copy of the open stretch, sample for sample as it will be closed if nothing is voiced from now on; `None` while its tail
    /// has not been heard, and where nothing is open.
    #[must_use]
    pub fn peek(&self, voice: &VoiceFeatures) -> Option<Segment> {
        let speech_end = voice.speech_end.filter(|_| self.has_speech)?;
        let cut = self.cut(speech_end).filter(|cut| *cut <= self.audio.len())?;
        Some(Segment { start: self.audio_start, samples: self.audio[..cut].to_vec(), speech_end })
    }

    /// A copy of all that is open: an early look at words that will be looked at again.
    #[must_use]
    pub fn glance(&self, voice: &VoiceFeatures) -> Option<Segment> {
        let speech_end = voice.speech_end.filter(|_| self.has_speech)?;
        Some(Segment { start: self.audio_start, samples: self.audio.clone(), speech_end })
    }

    /// Forgets what is open.
    pub fn reset(&mut self) {
        self.audio.clear();
        self.has_speech = false;
    }

    /// How many of the open samples belong to a stretch whose last voiced moment is `speech_end`; it may be more than there are.
    fn cut(&self, speech_end: Timestamp) -> Option<usize> {
        self.config.tail.map(|tail| samples(speech_end + tail - self.audio_start))
    }

    fn close(&mut self, speech_end: Timestamp) -> Segment {
        self.has_speech = false;
        let cut = self.cut(speech_end).unwrap_or(self.audio.len()).min(self.audio.len());
        // What follows the tail is the lead of the next stretch.
        let rest = self.audio.split_off(cut);
        let start = self.audio_start;
        self.audio_start += TimeSpan::from_samples(cut as u64, SAMPLE_RATE);
        Segment { start, samples: std::mem::replace(&mut self.audio, rest), speech_end }
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

    /// Steps a segmenter over levels and hands each tick to `look`.
    fn walk(levels: &[(usize, f32)], mut look: impl FnMut(&mut Segmenter, &VoiceFeatures, Option<Segment>)) {
        let mut tracker = VoiceTracker::new(Box::new(LevelActivity), VoiceConfig::default());
        let mut segmenter = Segmenter::new(SegmenterConfig::default());
        let mut n = 0_u64;
        for &(blocks, amplitude) in levels {
            for _ in 0..blocks {
                let at = n * 320;
                let wave =
                    |k: u64| amplitude * ((at + k) as f32 * 0.05).sin() + 1e-4 * (k as f32 * 1.7).sin();
                let block =
                    AudioBlock::new(Timestamp::from_samples(at, 16_000), (0..320).map(wave).collect());
                let voice = tracker.step(&block);
                let closed = segmenter.step(&block, &voice);
                look(&mut segmenter, &voice, closed);
                n += 1;
            }
        }
    }

    #[test]
    fn a_stretch_that_is_looked_at_early_is_the_one_that_is_closed() {
        let (mut looks, mut closed) = (Vec::new(), None);
        walk(&[(50, 0.0), (50, 0.3), (30, 0.0)], |segmenter, voice, segment| {
            closed = closed.take().or(segment);
            looks.extend(segmenter.peek(voice).map(|segment| (voice.at - segment.speech_end, segment)));
        });
        let closed = closed.expect("480 ms of silence close it");
        // From the first moment at which the tail has been heard, whenever that is, and on every later tick.
        let end = closed.speech_end;
        let final_looks: Vec<_> = looks.iter().filter(|(_, segment)| segment.speech_end == end).collect();
        assert!(final_looks.len() > 15, "{}", final_looks.len());
        assert!(final_looks[0].0 < TimeSpan::from_millis(96), "{:?}", final_looks[0].0);
        assert!(final_looks.iter().all(|(_, segment)| *segment == closed));
    }

    #[test]
    fn a_stretch_closed_by_the_end_of_the_turn_is_the_one_closed_by_silence() {
        let after = |ticks: usize| {
            let (mut last, mut flushed, mut silent) = (None, None, 0);
            walk(&[(50, 0.0), (50, 0.3), (30, 0.0)], |segmenter, voice, segment| {
                silent += usize::from(segmenter.is_open() && !voice.speaking);
                if silent == ticks && flushed.is_none() {
                    flushed = segmenter.flush(voice);
                }
                last = last.take().or(segment);
            });
            flushed.or(last).expect("speech was heard")
        };
        let (early, late, by_silence) = (after(1), after(10), after(1000));
        assert_eq!(early, late);
        assert_eq!(late, by_silence);
    }

    #[test]
    fn long_answers_are_cut_on_the_way_and_only_the_last_stretch_is_open() {
        let phrases: Vec<(usize, f32)> = (0..5).flat_map(|_| [(75, 0.3), (30, 0.0)]).collect();
        let (mut closed, mut end) = (Vec::new(), None);
        walk(&[&phrases[..], &[(75, 0.3), (8, 0.0)]].concat(), |segmenter, voice, segment| {
            closed.extend(segment);
            end = segmenter.peek(voice);
        });
        assert_eq!(closed.len(), 5);
        let open = end.expect("the last phrase is open");
        let length = open.samples.len() as f64 / 16_000.0;
        assert!(open.start > closed[4].speech_end && (1.5..2.3).contains(&length), "{length}");
        // What follows a stretch is the lead of the next: no sample is in two stretches.
        let ends = closed.iter().map(|s| s.start + TimeSpan::from_samples(s.samples.len() as u64, 16_000));
        let starts = closed.iter().skip(1).map(|s| s.start).chain([open.start]);
        assert!(ends.zip(starts).all(|(end, start)| end <= start));
    }

    #[test]
    fn endless_speech_is_cut_at_the_limit() {
        let found = segments(&[(1500, 0.3)]);
        assert_eq!(found.len(), 1);
        assert!((found[0].1 - 28.0).abs() < 0.1);
    }
}
