//! Nods and shakes: the head swings there and back.

use viva_media::{TimeSpan, Timestamp};

/// What counts as a swing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GestureConfig {
    /// Least angle of the way there and of the way back, in radians.
    pub least_angle: f32,
    /// Longest time there and back: the period of the slowest nod.
    pub longest: TimeSpan,
    /// Shortest time there and back: the period of the fastest nod.
    pub shortest: TimeSpan,
}

impl Default for GestureConfig {
    fn default() -> Self {
        // 2 degrees; 0.8 to 4 Hz.
        Self {
            least_angle: 2.0_f32.to_radians(),
            longest: TimeSpan::from_millis(1250),
            shortest: TimeSpan::from_millis(250),
        }
    }
}

/// Frames that are looked back at; at 60 frames per second more than the longest swing.
const DEPTH: usize = 96;

/// Looks for one full swing of an angle within the last moments.
#[derive(Clone, Debug)]
pub(crate) struct SwingDetector {
    samples: [(Timestamp, f32); DEPTH],
    count: usize,
}

impl Default for SwingDetector {
    fn default() -> Self {
        Self { samples: [(Timestamp::ZERO, 0.0); DEPTH], count: 0 }
    }
}

impl SwingDetector {
    pub(crate) fn reset(&mut self) {
        self.count = 0;
    }

    /// The size in radians of a swing that was completed just now; the same swing is reported once.
    pub(crate) fn step(&mut self, at: Timestamp, angle: f32, config: &GestureConfig) -> Option<f32> {
        let old = self.samples[..self.count].iter().take_while(|(t, _)| at - *t > config.longest).count();
        let old = if self.count - old == DEPTH { old + 1 } else { old };
        self.samples.copy_within(old..self.count, 0);
        self.count -= old;
        self.samples[self.count] = (at, angle);
        self.count += 1;
        let swing = self.swing(1.0, config).or_else(|| self.swing(-1.0, config));
        if swing.is_some() {
            self.reset();
        }
        swing
    }

    /// The least of the way there and the way back around the peak (`sign` 1) or the valley (`sign` -1).
    fn swing(&self, sign: f32, config: &GestureConfig) -> Option<f32> {
        let samples = &self.samples[..self.count];
        let value = |i: usize| sign * samples[i].1;
        let peak = (0..samples.len()).max_by(|&a, &b| value(a).total_cmp(&value(b)))?;
        // Back from the peak to the valley before it: until the way leads up again.
        let mut low = value(peak);
        let way = (0..peak).rev().take_while(|&i| {
            low = low.min(value(i));
            value(i) <= low + config.least_angle / 2.0
        });
        let first = way.last()?;
        // The last low point there: a head that was held still starts when it begins to move.
        let start = (first..peak).rev().find(|&i| value(i) <= low + config.least_angle / 8.0)?;
        let end = (peak + 1..samples.len()).map(value).min_by(f32::total_cmp)?;
        let size = value(peak) - low.max(end);
        // A start at the edge of what is remembered is no turning point: the movement is slower than a nod.
        let from_rest = start >= 3;
        let period = TimeSpan::from_nanos(2 * (samples[peak].0 - samples[start].0).as_nanos());
        let in_time = (config.shortest..=config.longest).contains(&period);
        (size >= config.least_angle && from_rest && in_time).then_some(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many swings are found in `secs` of an angle in degrees, at 30 frames per second.
    fn swings(secs: f64, degrees: impl Fn(f64) -> f64) -> usize {
        let mut detector = SwingDetector::default();
        (0..(secs * 30.0) as i64)
            .filter(|&i| {
                let at = i as f64 / 30.0;
                let angle = degrees(at).to_radians() as f32;
                detector.step(Timestamp::from_secs(at), angle, &GestureConfig::default()).is_some()
            })
            .count()
    }

    #[test]
    fn swings_by_size_and_rate() {
        let wave = |hz: f64, size: f64| move |t: f64| size * (t * hz * std::f64::consts::TAU).sin();
        let once = |t: f64| {
            if (1.0..1.5).contains(&t) { 6.0 * ((t - 1.0) * std::f64::consts::TAU).sin() } else { 0.0 }
        };
        assert_eq!(swings(5.0, |_| 3.0), 0, "still");
        assert_eq!(swings(5.0, |t| 10.0 * t), 0, "a steady turn");
        assert_eq!(swings(5.0, |t| if t > 2.0 { 20.0 } else { 0.0 }), 0, "looking elsewhere");
        assert_eq!(swings(5.0, wave(2.0, 0.8)), 0, "too small");
        assert_eq!(swings(5.0, wave(0.2, 9.0)), 0, "too slow");
        assert_eq!(swings(5.0, wave(8.0, 6.0)), 0, "too fast");
        assert_eq!(swings(3.0, once), 1, "one nod");
        assert!((3..=10).contains(&swings(4.0, wave(2.0, 5.0))), "{}", swings(4.0, wave(2.0, 5.0)));
    }

    #[test]
    fn a_high_frame_rate_keeps_memory_bounded() {
        let mut detector = SwingDetector::default();
        for i in 0..1000 {
            detector.step(Timestamp::from_millis(i), 0.0, &GestureConfig::default());
        }
        assert!(detector.count <= DEPTH);
    }
}
