//! Words end where their sound ends.
//!
//! Alignment leaves no gaps: the first word begins with the audio, and each pause belongs to the word before it.
//! The loudness of the audio tells the two apart.

use viva_media::audio::rms;

/// Samples of one loudness step: 20 ms at 16 kHz.
const STEP: usize = super::ROW_SAMPLES;
/// A step is sound when it is this much louder than the quiet steps of the stretch (6 dB) ...
const ABOVE_QUIET: f32 = 2.0;
/// ... and not this much quieter than the loud ones (30 dB).
const BELOW_LOUD: f32 = 0.0316;

/// Which 20 ms steps of a stretch hold sound.
pub(crate) struct Sound {
    loud: Vec<bool>,
}

impl Sound {
    pub(crate) fn new(samples: &[f32]) -> Self {
        let levels: Vec<f32> = samples.chunks(STEP).map(rms).collect();
        let mut sorted = levels.clone();
        sorted.sort_unstable_by(f32::total_cmp);
        let percentile = |p: usize| sorted.get(sorted.len() * p / 100).copied().unwrap_or(0.0);
        let threshold = (percentile(10) * ABOVE_QUIET).max(percentile(95) * BELOW_LOUD);
        // Where all is equally loud nothing stands out, and nothing is trimmed.
        let threshold = threshold.min(percentile(50));
        Self { loud: levels.into_iter().map(|level| level >= threshold).collect() }
    }

    /// The steps `from..to` without the quiet ones at either end; as they are when none of them is loud.
    pub(crate) fn trim(&self, from: usize, to: usize) -> (usize, usize) {
        let steps = self.loud.get(from..to.min(self.loud.len())).unwrap_or_default();
        match (steps.iter().position(|loud| *loud), steps.iter().rposition(|loud| *loud)) {
            (Some(first), Some(last)) => (from + first, from + last + 1),
            _ => (from, to),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(levels: &[(usize, f32)]) -> Vec<f32> {
        let alternating = |(steps, level): &(usize, f32)| {
            let level = *level;
            (0..steps * STEP).map(move |i| if i % 2 == 0 { level } else { -level })
        };
        levels.iter().flat_map(alternating).collect()
    }

    #[test]
    fn pauses_belong_to_no_word() {
        let sound = Sound::new(&stretch(&[(10, 0.001), (20, 0.3), (15, 0.001), (20, 0.2), (5, 0.001)]));
        for (word, expect) in
            [((0, 45), (10, 30)), ((30, 70), (45, 65)), ((12, 20), (12, 20)), ((32, 40), (32, 40))]
        {
            assert_eq!(sound.trim(word.0, word.1), expect, "{word:?}");
        }
    }

    #[test]
    fn even_sound_and_no_sound_are_left_alone() {
        assert_eq!(Sound::new(&stretch(&[(30, 0.1)])).trim(0, 30), (0, 30));
        assert_eq!(Sound::new(&[]).trim(0, 3), (0, 3));
    }
}
