//! Filled pauses ("um", "er") as sustained sounds of level pitch.
//!
//! Text cannot be used: recognisers drop fillers. This finds the long ones only and is uncertain: it gives intervals, not counts of words.

use viva_media::{TimeSpan, Timestamp};

/// A filler lasts at least this long.
const MIN_DURATION: TimeSpan = TimeSpan::from_millis(260);
/// The pitch of a filler stays within this band, in semitones.
const MAX_DRIFT_SEMITONES: f32 = 1.2;
/// The level of a filler stays within this band, in decibels.
const MAX_LEVEL_DRIFT_DB: f32 = 7.0;

/// Finds filled pauses in the stream of pitch and level. Bounded memory: one running sound.
#[derive(Clone, Debug, Default)]
pub struct FilledPauseDetector {
    run: Option<Run>,
}

#[derive(Clone, Copy, Debug)]
struct Run {
    start: Timestamp,
    end: Timestamp,
    low_hz: f32,
    high_hz: f32,
    low_db: f32,
    high_db: f32,
}

impl FilledPauseDetector {
    /// Takes the pitch and level of the tick from `start` to `end`; answers with a filled pause once it has ended.
    pub fn step(
        &mut self,
        start: Timestamp,
        end: Timestamp,
        pitch_hz: Option<f32>,
        level_db: f32,
    ) -> Option<(Timestamp, Timestamp)> {
        let Some(pitch_hz) = pitch_hz else { return self.finish() };
        let next = self.run.map(|run| Run {
            end,
            low_hz: run.low_hz.min(pitch_hz),
            high_hz: run.high_hz.max(pitch_hz),
            low_db: run.low_db.min(level_db),
            high_db: run.high_db.max(level_db),
            ..run
        });
        let level = |run: &Run| {
            12.0 * (run.high_hz / run.low_hz).log2() <= MAX_DRIFT_SEMITONES
                && run.high_db - run.low_db <= MAX_LEVEL_DRIFT_DB
        };
        if let Some(run) = next.filter(level) {
            self.run = Some(run);
            return None;
        }
        let found = self.finish();
        self.run = Some(Run {
            start,
            end,
            low_hz: pitch_hz,
            high_hz: pitch_hz,
            low_db: level_db,
            high_db: level_db,
        });
        found
    }

    /// Forgets the running sound.
    pub fn reset(&mut self) {
        self.run = None;
    }

    fn finish(&mut self) -> Option<(Timestamp, Timestamp)> {
        self.run.take().filter(|run| run.end - run.start >= MIN_DURATION).map(|run| (run.start, run.end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(pitches: &[Option<f32>]) -> Vec<i64> {
        let mut detector = FilledPauseDetector::default();
        let mut found = Vec::new();
        for (n, pitch) in pitches.iter().chain([&None]).enumerate() {
            let start = Timestamp::from_millis(20 * n as i64);
            if let Some((from, to)) = detector.step(start, start + viva_media::TICK, *pitch, -20.0) {
                found.push((to - from).as_millis());
            }
        }
        found
    }

    #[test]
    fn a_long_level_sound_is_one_and_a_melody_is_none() {
        assert_eq!(run(&[Some(120.0); 20]), vec![400]);
        assert_eq!(run(&[Some(120.0); 10]), Vec::<i64>::new());
        let melody: Vec<_> = (0..30).map(|n| Some(120.0 + 8.0 * n as f32)).collect();
        assert_eq!(run(&melody), Vec::<i64>::new());
    }
}
