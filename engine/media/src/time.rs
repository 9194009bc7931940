//! Time as a value: nobody asks a clock, everybody is handed a [`Timestamp`].

use std::ops::{Add, AddAssign, Sub};

use serde::{Deserialize, Serialize};

/// The tick of the engine: 20 ms, one [`AudioBlock`](crate::AudioBlock).
pub const TICK: TimeSpan = TimeSpan::from_millis(20);

/// A point on the capture clock of one session.
///
/// **Units and range**: nanoseconds since the session's first sample; negative before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

/// A signed distance between two [`Timestamp`]s, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TimeSpan(i64);

impl Timestamp {
    /// The session's first sample.
    pub const ZERO: Self = Self(0);

    /// From nanoseconds since the session's first sample.
    #[must_use]
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// From milliseconds since the session's first sample.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis * 1_000_000)
    }

    /// From seconds since the session's first sample; rounds to the nanosecond.
    #[must_use]
    pub fn from_secs(secs: f64) -> Self {
        Self((secs * 1e9).round() as i64)
    }

    /// The time of sample `index` of a stream of `rate` samples per second that began at zero.
    #[must_use]
    pub const fn from_samples(index: u64, rate: u32) -> Self {
        Self((index as i128 * 1_000_000_000 / rate as i128) as i64)
    }

    /// Nanoseconds since the session's first sample.
    #[must_use]
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// Whole milliseconds since the session's first sample, rounded down.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Seconds since the session's first sample.
    #[must_use]
    pub fn as_secs(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

impl TimeSpan {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// From nanoseconds.
    #[must_use]
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// From milliseconds.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis * 1_000_000)
    }

    /// From seconds; rounds to the nanosecond.
    #[must_use]
    pub fn from_secs(secs: f64) -> Self {
        Self((secs * 1e9).round() as i64)
    }

    /// The length of `count` samples at `rate` samples per second.
    #[must_use]
    pub const fn from_samples(count: u64, rate: u32) -> Self {
        Self((count as i128 * 1_000_000_000 / rate as i128) as i64)
    }

    /// Nanoseconds.
    #[must_use]
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// Whole milliseconds, rounded down.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Seconds.
    #[must_use]
    pub fn as_secs(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

impl Add<TimeSpan> for Timestamp {
    type Output = Self;
    fn add(self, span: TimeSpan) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl AddAssign<TimeSpan> for Timestamp {
    fn add_assign(&mut self, span: TimeSpan) {
        *self = *self + span;
    }
}

impl Sub<TimeSpan> for Timestamp {
    type Output = Self;
    fn sub(self, span: TimeSpan) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl Sub for Timestamp {
    type Output = TimeSpan;
    fn sub(self, earlier: Self) -> TimeSpan {
        TimeSpan(self.0.saturating_sub(earlier.0))
    }
}

impl Add for TimeSpan {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for TimeSpan {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sample_times_are_exact_at_block_borders() {
        assert_eq!(Timestamp::from_samples(320, 16_000), Timestamp::from_millis(20));
        assert_eq!(Timestamp::from_samples(16_000 * 3600, 16_000), Timestamp::from_secs(3600.0));
    }

    #[test]
    fn differences_are_signed() {
        let (a, b) = (Timestamp::from_millis(20), Timestamp::from_millis(60));
        assert_eq!(b - a, TimeSpan::from_millis(40));
        assert_eq!(a - b, TimeSpan::from_millis(-40));
        assert_eq!(a + (b - a), b);
    }
}
