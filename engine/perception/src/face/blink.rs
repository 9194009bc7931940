//! Blinks: eyes that close and open again.

use viva_media::{TimeSpan, Timestamp};

/// What counts as a blink.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BlinkConfig {
    /// `eyeBlink` above this closes the eyes.
    pub close_above: f32,
    /// `eyeBlink` below this opens them again; the gap keeps a half-closed eye from flickering.
    pub open_below: f32,
    /// Shorter closures are measuring errors.
    pub shortest: TimeSpan,
    /// Longer closures are closed eyes, no blinks.
    pub longest: TimeSpan,
}

impl Default for BlinkConfig {
    fn default() -> Self {
        Self {
            close_above: 0.5,
            open_below: 0.4,
            shortest: TimeSpan::from_millis(50),
            longest: TimeSpan::from_millis(400),
        }
    }
}

/// Follows `eyeBlink` over time; unsmoothed, for smoothing would swallow blinks.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct BlinkDetector {
    closed_since: Option<Timestamp>,
}

impl BlinkDetector {
    /// Whether the eyes are closed, and the length of a blink that ended just now.
    pub(crate) fn step(
        &mut self,
        at: Timestamp,
        eye_blink: f32,
        config: &BlinkConfig,
    ) -> (bool, Option<TimeSpan>) {
        match self.closed_since {
            None if eye_blink > config.close_above => {
                self.closed_since = Some(at);
                (true, None)
            }
            Some(since) if eye_blink < config.open_below => {
                self.closed_since = None;
                let length = at - since;
                (false, (config.shortest..=config.longest).contains(&length).then_some(length))
            }
            state => (state.is_some(), None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closures_by_length() {
        // Each table row: eyeBlink every 20 ms, and the blinks found in milliseconds.
        let closure = |frames: usize| [vec![0.1; 3], vec![0.9; frames], vec![0.1; 3]].concat();
        for (name, series, expect) in [
            ("open", vec![0.1; 9], vec![]),
            ("one frame is too short", closure(1), vec![]),
            ("usual", closure(8), vec![160]),
            ("longest", closure(20), vec![400]),
            ("eyes shut", closure(21), vec![]),
            ("no release between the thresholds", vec![0.1, 0.6, 0.45, 0.45, 0.45, 0.1], vec![80]),
            ("never closed", vec![0.1, 0.5, 0.45, 0.5, 0.1], vec![]),
            ("two", [closure(5), closure(6)].concat(), vec![100, 120]),
        ] {
            let mut detector = BlinkDetector::default();
            let found: Vec<i64> = series
                .iter()
                .enumerate()
                .filter_map(|(i, v)| {
                    detector.step(Timestamp::from_millis(i as i64 * 20), *v, &BlinkConfig::default()).1
                })
                .map(TimeSpan::as_millis)
                .collect();
            assert_eq!(found, expect, "{name}");
        }
    }
}
