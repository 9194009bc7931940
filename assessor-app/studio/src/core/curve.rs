//! A recorded take as a source of poses, like a performance.

use viva_avatar::FaceTake;
use viva_media::{FacePose, TimeSpan, Timestamp};

/// A take that begins at zero.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Curve {
    take: FaceTake,
    start: Timestamp,
}

impl Curve {
    /// Whenever the take was recorded, the playhead goes from its begin to its end.
    pub(crate) fn new(take: FaceTake) -> Self {
        Self { start: take.start(), take }
    }

    pub(crate) fn end_secs(&self) -> f64 {
        self.take.duration().as_secs()
    }

    /// The pose at a time; before the begin and after the end the face stands still.
    pub(crate) fn pose(&self, secs: f64) -> FacePose {
        FacePose { at: Timestamp::from_secs(secs), ..self.take.at(self.at(secs)) }
    }

    /// The time of the pose so many places before or after the one at a time.
    pub(crate) fn step(&self, secs: f64, by: isize) -> f64 {
        let (poses, at) = (self.take.poses(), self.at(secs));
        let now = poses.partition_point(|pose| pose.at <= at).saturating_sub(1);
        let next = now.saturating_add_signed(by).min(poses.len() - 1);
        (poses[next].at - self.start).as_secs()
    }

    fn at(&self, secs: f64) -> Timestamp {
        self.start + TimeSpan::from_secs(secs.clamp(0.0, self.end_secs()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::performance::Performance;
    use crate::core::take::Take;
    use viva_behaviour::Profile;

    #[test]
    fn a_take_is_played_from_its_begin_and_stepped_by_its_poses() {
        let mut performance = Performance::new(Profile::examiner(), Take::new(3));
        let late = TimeSpan::from_secs(3600.0);
        let poses: Vec<FacePose> = (0..50)
            .map(|frame| {
                let pose = performance.pose(f64::from(frame) / 25.0);
                FacePose { at: Timestamp::from_millis(i64::from(frame) * 40) + late, ..pose }
            })
            .collect();
        let curve = Curve::new(FaceTake::new(poses.clone()).expect("poses"));
        assert!((curve.end_secs() - 1.96).abs() < 1e-9);
        for (frame, pose) in poses.iter().enumerate() {
            assert_eq!(curve.pose(frame as f64 * 0.04).weights, pose.weights, "picture {frame}");
        }
        assert!((curve.step(0.0, 3) - 0.12).abs() < 1e-9 && curve.step(0.0, -3) == 0.0);
        assert!((curve.step(0.05, 1) - 0.08).abs() < 1e-9 && (curve.step(9.0, 1) - 1.96).abs() < 1e-9);
        assert_eq!(curve.pose(-1.0).weights, poses[0].weights);
        assert_eq!(curve.pose(1e6).weights, poses[49].weights);
    }
}
