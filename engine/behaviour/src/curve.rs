//! Shapes of movement in time.

use crate::block::SyncPoints;

/// The minimum-jerk course from 0 to 1 over 0..=1, flat beyond.
pub(crate) fn minimum_jerk(x: f32) -> f32 {
    let x = x.clamp(0.0, 1.0);
    x * x * x * (10.0 + x * (-15.0 + 6.0 * x))
}

/// Bends the time of a fall so that it is quick at first and slow at its end; 1 would be the minimum-jerk course.
const EASE: f32 = 0.8;

/// A movement that rises, stays and falls.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Envelope {
    pub(crate) start: f64,
    pub(crate) onset: f32,
    pub(crate) hold: f32,
    pub(crate) offset: f32,
}

impl Envelope {
    /// One that is long over.
    pub(crate) const PAST: Self = Self { start: -10.0, onset: 0.1, hold: 0.0, offset: 0.1 };

    pub(crate) fn sync(&self) -> SyncPoints {
        SyncPoints::of(self.start, self.onset, self.hold, self.offset)
    }

    /// In 0..=1; rises and falls along the minimum-jerk course.
    pub(crate) fn at(&self, time: f64) -> f32 {
        let since = (time - self.start) as f32;
        if since < self.onset {
            minimum_jerk(since / self.onset)
        } else {
            1.0 - minimum_jerk(self.fallen(time))
        }
    }

    /// The same of an expression, which eases out slowly.
    pub(crate) fn eased_at(&self, time: f64) -> f32 {
        let fallen = self.fallen(time);
        if fallen > 0.0 { 1.0 - minimum_jerk(fallen.powf(EASE)) } else { self.at(time) }
    }

    /// How much of the time of the fall is over, in 0..=1.
    fn fallen(&self, time: f64) -> f32 {
        ((time - self.start) as f32 - self.onset - self.hold).max(0.0) / self.offset
    }

    pub(crate) fn end(&self) -> f64 {
        self.start + f64::from(self.onset + self.hold + self.offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_rises_stays_and_falls() {
        let envelope = Envelope { start: 1.0, onset: 0.1, hold: 0.1, offset: 0.2 };
        let table = [(0.9, 0.0), (1.05, 0.5), (1.1, 1.0), (1.15, 1.0), (1.3, 0.5), (1.5, 0.0)];
        for (time, expected) in table {
            assert!((envelope.at(time) - expected).abs() < 1e-3, "{time}: {}", envelope.at(time));
        }
        // An expression is as far as the course on its way up, and further on its way down.
        for time in [0.9, 1.05, 1.1, 1.2, 1.5] {
            assert!((envelope.eased_at(time) - envelope.at(time)).abs() < 1e-6, "{time}");
        }
        assert!(envelope.eased_at(1.3) < 0.4, "{}", envelope.eased_at(1.3));
    }
}
