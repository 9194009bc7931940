//! A take: the poses of a face in the order of time, however they were captured.

use viva_media::{FacePose, Radians, TimeSpan, Timestamp};

/// Most poses that a take may hold: two hours at 60 Hz.
pub const MAX_POSES: usize = 432_000;

/// Poses in strictly ascending time; never empty.
#[derive(Clone, Debug, PartialEq)]
pub struct FaceTake {
    poses: Vec<FacePose>,
}

impl FaceTake {
    /// From poses in any order; of several with one time the last is kept.
    ///
    /// `None` without poses, beyond [`MAX_POSES`] or where a number is not finite.
    #[must_use]
    pub fn new(mut poses: Vec<FacePose>) -> Option<Self> {
        if poses.is_empty() || poses.len() > MAX_POSES || !poses.iter().all(is_finite) {
            return None;
        }
        poses.sort_by_key(|pose| pose.at);
        poses.reverse();
        poses.dedup_by_key(|pose| pose.at);
        poses.reverse();
        Some(Self { poses })
    }

    /// All poses.
    #[must_use]
    pub fn poses(&self) -> &[FacePose] {
        &self.poses
    }

    /// Time of the first pose.
    #[must_use]
    pub fn start(&self) -> Timestamp {
        self.poses[0].at
    }

    /// From the first pose to the last.
    #[must_use]
    pub fn duration(&self) -> TimeSpan {
        self.poses[self.poses.len() - 1].at - self.start()
    }

    /// Poses per second: the mean where poses follow each other, gaps of more than three usual steps left out; `None` for one
    /// pose.
    #[must_use]
    pub fn rate_hz(&self) -> Option<f64> {
        let mut steps: Vec<i64> =
            self.poses.windows(2).map(|pair| (pair[1].at - pair[0].at).as_nanos()).collect();
        steps.sort_unstable();
        let usual = *steps.get(steps.len() / 2)?;
        let within = steps.iter().filter(|step| **step <= usual.saturating_mul(3));
        let (count, sum) = within.fold((0.0, 0.0), |(count, sum), step| (count + 1.0, sum + *step as f64));
        Some(count * 1e9 / sum)
    }

    /// The pose at an instant, interpolated between its neighbours; before the first and after the last it stands still.
    #[must_use]
    pub fn at(&self, at: Timestamp) -> FacePose {
        let after = self.poses.partition_point(|pose| pose.at <= at);
        let Some(before) = after.checked_sub(1).map(|index| &self.poses[index]) else {
            return FacePose { at, ..self.poses[0] };
        };
        let Some(next) = self.poses.get(after) else { return FacePose { at, ..*before } };
        let share = (at - before.at).as_nanos() as f64 / (next.at - before.at).as_nanos() as f64;
        FacePose { at, ..between(before, next, share as f32) }
    }

    /// The same movement, with one pose per step of `rate_hz` from the first to the last, and the time beginning at zero.
    ///
    /// `None` where the rate is not within 1..=240 or the result would be too long.
    #[must_use]
    pub fn resampled(&self, rate_hz: f64) -> Option<Self> {
        if !(1.0..=240.0).contains(&rate_hz) {
            return None;
        }
        let count = (self.duration().as_secs() * rate_hz + 1e-6).floor() as usize + 1;
        if count > MAX_POSES {
            return None;
        }
        let pose = |index: usize| {
            let since = TimeSpan::from_secs(index as f64 / rate_hz);
            FacePose { at: Timestamp::ZERO + since, ..self.at(self.start() + since) }
        };
        Self::new((0..count).map(pose).collect())
    }
}

fn between(a: &FacePose, b: &FacePose, share: f32) -> FacePose {
    let mix = |x: f32, y: f32| x + (y - x) * share;
    let angle = |x: Radians, y: Radians| Radians(mix(x.0, y.0));
    let mut pose = *a;
    for (own, (x, y)) in pose.weights.0.iter_mut().zip(a.weights.0.iter().zip(&b.weights.0)) {
        *own = mix(*x, *y);
    }
    pose.head_yaw = angle(a.head_yaw, b.head_yaw);
    pose.head_pitch = angle(a.head_pitch, b.head_pitch);
    pose.head_roll = angle(a.head_roll, b.head_roll);
    pose.gaze_yaw = angle(a.gaze_yaw, b.gaze_yaw);
    pose.gaze_pitch = angle(a.gaze_pitch, b.gaze_pitch);
    pose.pupil_mm = mix(a.pupil_mm, b.pupil_mm);
    pose.breath = mix(a.breath, b.breath);
    pose
}

fn is_finite(pose: &FacePose) -> bool {
    let angles =
        [pose.head_yaw, pose.head_pitch, pose.head_roll, pose.gaze_yaw, pose.gaze_pitch].map(|a| a.0);
    pose.weights.0.iter().chain(&angles).chain(&[pose.pupil_mm, pose.breath]).all(|x| x.is_finite())
}

#[cfg(test)]
mod tests {
    use viva_media::Blendshape;

    use super::*;

    fn opened(millis: i64, jaw: f32) -> FacePose {
        let mut pose = FacePose::neutral(Timestamp::from_millis(millis));
        pose.weights[Blendshape::JawOpen] = jaw;
        pose
    }

    #[test]
    fn a_take_is_sorted_and_interpolates() {
        let take = FaceTake::new(vec![opened(140, 1.0), opened(100, 0.0), opened(140, 0.8)]).expect("poses");
        assert_eq!(take.poses().len(), 2);
        for (millis, jaw) in [(0, 0.0), (100, 0.0), (110, 0.2), (120, 0.4), (140, 0.8), (900, 0.8)] {
            let pose = take.at(Timestamp::from_millis(millis));
            assert!((pose.weights[Blendshape::JawOpen] - jaw).abs() < 1e-6, "{millis}");
            assert_eq!(pose.at, Timestamp::from_millis(millis));
        }
        assert_eq!(take.rate_hz(), Some(25.0));
    }

    #[test]
    fn the_rate_is_that_of_uneven_steps_without_gaps() {
        // 25 per second on a grid of 120, and a gap of two seconds.
        let on_grid = |n: i64| (n * 40 * 120 / 1000) * 1000 / 120 + if n > 50 { 2000 } else { 0 };
        let take = FaceTake::new((0..100).map(|n| opened(on_grid(n), 0.0)).collect()).expect("poses");
        assert!(take.rate_hz().is_some_and(|rate| (rate - 25.0).abs() < 0.2), "{:?}", take.rate_hz());
    }

    #[test]
    fn resampling_keeps_the_length_and_begins_at_zero() {
        let take = FaceTake::new(vec![opened(1000, 0.0), opened(2000, 1.0)]).expect("poses");
        let fine = take.resampled(50.0).expect("a rate within range");
        assert_eq!(
            (fine.poses().len(), fine.start(), fine.duration().as_millis()),
            (51, Timestamp::ZERO, 1000)
        );
        assert!((fine.poses()[25].weights[Blendshape::JawOpen] - 0.5).abs() < 1e-5);
        assert!(take.resampled(0.0).is_none() && take.resampled(f64::NAN).is_none());
    }

    #[test]
    fn nothing_and_nonsense_are_no_take() {
        assert!(FaceTake::new(vec![]).is_none());
        assert!(FaceTake::new(vec![opened(0, f32::NAN)]).is_none());
        let one = FaceTake::new(vec![opened(0, 0.5)]).expect("one pose");
        assert_eq!((one.rate_hz(), one.resampled(30.0).map(|t| t.poses().len())), (None, Some(1)));
    }
}
