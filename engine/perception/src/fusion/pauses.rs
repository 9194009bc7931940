//! How this speaker pauses.

use viva_media::TimeSpan;

/// Below this a silence is articulation, not a pause.
const SHORTEST: TimeSpan = TimeSpan::from_millis(200);
/// The pace of a speaker of whom nothing is known: the median pause of conversation, in seconds, and how many pauses it weighs.
const PRIOR_SECS: f64 = 0.5;
const PRIOR_WEIGHT: f64 = 2.0;

/// Pauses after which the same speaker went on. Constant memory.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PauseStatistics {
    /// Pauses of the running turn.
    pub in_turn: u32,
    /// The newest of them, in seconds; 0 where there is none.
    pub last_secs: f32,
    /// The longest of them, in seconds.
    pub longest_secs: f32,
    /// Pauses of this speaker since the statistics were reset.
    pub known: u32,
    log_sum: f64,
}

impl PauseStatistics {
    /// Learns from a silence that ended with the same speaker's voice.
    pub fn learn(&mut self, silence: TimeSpan) {
        if silence < SHORTEST {
            return;
        }
        let secs = silence.as_secs();
        self.in_turn += 1;
        self.last_secs = secs as f32;
        self.longest_secs = self.longest_secs.max(secs as f32);
        self.known += 1;
        self.log_sum += secs.ln();
    }

    /// Forgets the turn and keeps the speaker.
    pub fn next_turn(&mut self) {
        (self.in_turn, self.last_secs, self.longest_secs) = (0, 0.0, 0.0);
    }

    /// Natural logarithm of the speaker's typical pause in seconds, drawn towards 0.5 s while few pauses are known.
    #[must_use]
    pub fn pace(&self) -> f32 {
        ((self.log_sum + PRIOR_WEIGHT * PRIOR_SECS.ln()) / (f64::from(self.known) + PRIOR_WEIGHT)) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pace_moves_from_the_prior_to_the_speaker() {
        let mut pauses = PauseStatistics::default();
        assert!((f64::from(pauses.pace()) - PRIOR_SECS.ln()).abs() < 1e-6);
        pauses.learn(TimeSpan::from_millis(120));
        assert_eq!(pauses.known, 0, "a closure is no pause");
        for _ in 0..50 {
            pauses.learn(TimeSpan::from_millis(2000));
        }
        assert!((pauses.pace().exp() - 2.0).abs() < 0.15);
        pauses.next_turn();
        assert_eq!((pauses.in_turn, pauses.known), (0, 50));
    }
}
