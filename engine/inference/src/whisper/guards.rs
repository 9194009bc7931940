//! When the recogniser must not be believed, and when it must be stopped.

/// Chance of "no speech" above which an unsure transcript is dropped.
const NO_SPEECH: f32 = 0.6;
/// Mean log probability per token below which a transcript is unsure.
const UNSURE: f32 = -1.0;
/// Root mean square below which there is nothing to recognise: -70 dB, under the noise of a quiet room on any microphone.
const SILENCE_RMS: f32 = 3.16e-4;
/// Tokens per second of audio that nobody exceeds: fast speech is six words or about eight tokens.
const TOKENS_PER_SEC: f32 = 12.0;
/// Tokens allowed on top, for the shortest stretches.
const TOKENS_SPARE: usize = 8;
/// The longest phrase whose repetition is watched, in tokens.
const LONGEST_LOOP: usize = 24;
/// The tokens that a phrase of one token, and of more, may fill by repetition before it counts as a loop.
const LOOP_REPEATS: usize = 4;
const LOOP_TOKENS: usize = 10;

/// True where the audio is too quiet to hold speech.
pub(crate) fn silent(samples: &[f32]) -> bool {
    viva_media::audio::rms(samples) < SILENCE_RMS
}

/// True where the network itself doubts that anybody spoke.
pub(crate) fn nobody_spoke(p_no_speech: f32, mean_log_probability: f32) -> bool {
    p_no_speech > NO_SPEECH && mean_log_probability < UNSURE
}

/// How many tokens a stretch of audio may give.
pub(crate) fn token_cap(samples: usize) -> usize {
    let secs = samples as f32 / viva_media::SAMPLE_RATE as f32;
    TOKENS_SPARE + (secs * TOKENS_PER_SEC) as usize
}

/// How many tokens to keep when the end of `tokens` runs in a circle: up to the end of the first round. `None` while it does not.
///
/// A phrase counts as a circle after four rounds, and after as many as fill ten tokens ("no, no, no, no" is said by people).
pub(crate) fn end_before_loop(tokens: &[u32]) -> Option<usize> {
    for period in 1..=LONGEST_LOOP.min(tokens.len() / LOOP_REPEATS) {
        let matching =
            tokens.iter().rev().zip(tokens.iter().rev().skip(period)).take_while(|(a, b)| a == b).count();
        let repeated = matching + period;
        if repeated >= (LOOP_REPEATS * period).max(LOOP_TOKENS) {
            return Some(tokens.len() - repeated + period);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_are_cut_after_their_first_round() {
        for (tokens, expect) in [
            (vec![1, 2, 3], None),
            (vec![7, 7, 7, 7, 7], None),
            ([vec![1, 2], vec![9; 10]].concat(), Some(3)),
            ([vec![5], [3, 4].repeat(5)].concat(), Some(3)),
            ([vec![5], [3, 4].repeat(4)].concat(), None),
            ([1, 2, 3, 4, 5].repeat(4), Some(5)),
            ([1, 2, 3, 4, 5].repeat(3), None),
            (vec![], None),
        ] {
            assert_eq!(end_before_loop(&tokens), expect, "{tokens:?}");
        }
    }

    #[test]
    fn doubt_needs_both_signs() {
        assert!(nobody_spoke(0.9, -1.5));
        assert!(!nobody_spoke(0.9, -0.3));
        assert!(!nobody_spoke(0.1, -1.5));
    }

    #[test]
    fn quiet_is_silent_and_soft_speech_is_not() {
        assert!(silent(&[]) && silent(&[1e-4; 100]));
        assert!(!silent(&[1e-3; 100]));
    }

    #[test]
    fn the_cap_grows_with_the_audio() {
        assert_eq!(token_cap(0), 8);
        assert_eq!(token_cap(16_000 * 30), 368);
    }
}
