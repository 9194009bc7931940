//! An utterance on its way to the loudspeaker, cut on barge-in.

use viva_media::{AudioBlock, BLOCK_SAMPLES, SAMPLE_RATE, TICK, TimeSpan, Timestamp};

use crate::Spoken;

/// Samples of the fade when the utterance is cut: 10 ms.
const FADE_SAMPLES: usize = 160;

/// Hands out a [`Spoken`] in blocks of 20 ms.
#[derive(Clone, Debug)]
pub struct Playback {
    spoken: Spoken,
    start: Timestamp,
    /// Samples handed out so far.
    position: usize,
    /// Samples that will ever be handed out at full level; the fade follows.
    end: usize,
    is_cut: bool,
}

impl Playback {
    /// The utterance, with its first sample at `start`.
    #[must_use]
    pub fn new(spoken: Spoken, start: Timestamp) -> Self {
        let end = spoken.samples.len();
        Self { spoken, start, position: 0, end, is_cut: false }
    }

    /// The next 20 ms once they are due at `now`; `None` before that and after the end.
    ///
    /// The last block is filled with silence. A late caller gets the blocks it missed one by one, without loss.
    pub fn next_block(&mut self, now: Timestamp) -> Option<AudioBlock> {
        let start = self.start + TimeSpan::from_samples(self.position as u64, SAMPLE_RATE);
        if self.is_finished() || start > now {
            return None;
        }
        let sample = |index: usize| {
            let level = if index < self.end {
                1.0
            } else if self.is_cut && index < self.end + FADE_SAMPLES {
                1.0 - (index - self.end + 1) as f32 / FADE_SAMPLES as f32
            } else {
                0.0
            };
            self.spoken.samples.get(index).copied().unwrap_or(0.0) * level
        };
        let samples = (self.position..self.position + BLOCK_SAMPLES).map(sample).collect();
        self.position += BLOCK_SAMPLES;
        Some(AudioBlock::new(start, samples))
    }

    /// Stops: what is out is out, the next 10 ms fade, then nothing more comes.
    pub fn stop(&mut self, now: Timestamp) {
        if self.is_cut || self.is_finished() {
            return;
        }
        self.is_cut = true;
        // Before the first sample there is nothing to fade.
        let begun = self.position > 0 || now > self.start;
        self.end = if begun { self.position.min(self.spoken.samples.len()) } else { 0 };
        if !begun {
            self.position = FADE_SAMPLES;
        }
    }

    /// True when no block will come any more.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        let fade = if self.is_cut { FADE_SAMPLES } else { 0 };
        self.position >= (self.end + fade).min(self.spoken.samples.len())
    }

    /// When the last sample sounds: of the whole utterance, or of the part before the cut.
    #[must_use]
    pub fn end(&self) -> Timestamp {
        self.start + TimeSpan::from_samples(self.end as u64, SAMPLE_RATE)
    }

    /// The utterance.
    #[must_use]
    pub const fn spoken(&self) -> &Spoken {
        &self.spoken
    }

    /// Bytes of the text up to the end of the last word that had been heard whole at `at`; 0 before the first.
    #[must_use]
    pub fn heard_text_bytes(&self, at: Timestamp) -> usize {
        let until = if self.is_cut { at.min(self.end()) } else { at };
        let heard = self.spoken.words.iter().take_while(|word| self.start + word.end <= until);
        heard.map(|word| word.text_range.end).max().unwrap_or(0)
    }

    /// When the block after those handed out is due.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        let blocks = (self.position / BLOCK_SAMPLES) as i64;
        (!self.is_finished()).then(|| self.start + TimeSpan::from_nanos(blocks * TICK.as_nanos()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SpokenWord;

    fn spoken() -> Spoken {
        let word = |text_range, start, end| SpokenWord {
            text_range,
            start: TimeSpan::from_millis(start),
            end: TimeSpan::from_millis(end),
        };
        Spoken {
            samples: vec![0.5; 16_000 + 100],
            words: vec![word(0..5, 0, 300), word(6..11, 320, 700), word(12..17, 750, 1000)],
            ..Spoken::default()
        }
    }

    #[test]
    fn blocks_come_when_due_and_hold_every_sample() {
        let start = Timestamp::from_millis(40);
        let mut playback = Playback::new(spoken(), start);
        assert_eq!(playback.next_block(Timestamp::from_millis(39)), None);
        let mut blocks = Vec::new();
        let mut now = start;
        while let Some(due) = playback.next_due() {
            assert_eq!(due, now);
            blocks.extend(playback.next_block(now));
            assert_eq!(playback.next_block(now), None);
            now += TICK;
        }
        assert_eq!(blocks.len(), 51);
        let sum: f32 = blocks.iter().flat_map(|block| &block.samples).sum();
        assert!((sum - 0.5 * 16_100.0).abs() < 0.1);
        assert_eq!(playback.heard_text_bytes(start), 0);
        assert_eq!(playback.heard_text_bytes(start + TimeSpan::from_millis(700)), 11);
        assert_eq!(playback.heard_text_bytes(now), 17);
    }

    #[test]
    fn a_cut_fades_and_says_what_was_heard() {
        let mut playback = Playback::new(spoken(), Timestamp::ZERO);
        let mut now = Timestamp::ZERO;
        for _ in 0..20 {
            assert!(playback.next_block(now).is_some());
            now += TICK;
        }
        playback.stop(now);
        let fade = playback.next_block(now).expect("the fade comes");
        assert!(fade.samples[0] > 0.49 && fade.samples[80] < 0.26 && fade.samples[159] == 0.0);
        assert!(fade.samples[160..].iter().all(|&sample| sample == 0.0));
        assert_eq!(playback.next_block(Timestamp::from_secs(9.0)), None);
        assert!(playback.is_finished());
        assert_eq!(playback.heard_text_bytes(Timestamp::from_secs(9.0)), 5);
        let mut unheard = Playback::new(spoken(), Timestamp::from_millis(100));
        unheard.stop(Timestamp::ZERO);
        assert!(unheard.is_finished() && unheard.next_block(Timestamp::from_secs(1.0)).is_none());
        assert_eq!(unheard.heard_text_bytes(Timestamp::from_secs(9.0)), 0);
    }

    #[test]
    fn an_empty_utterance_is_over_at_once() {
        let mut playback = Playback::new(Spoken::default(), Timestamp::ZERO);
        assert!(playback.is_finished() && playback.next_block(Timestamp::ZERO).is_none());
    }
}
