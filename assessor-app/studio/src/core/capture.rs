//! What the head does while it is captured, whatever moves it: sliders, a take, a session, a performer.

use viva_avatar::FaceTake;
use viva_avatar::take::MAX_POSES;
use viva_media::{FacePose, Timestamp};

/// Poses per second of what is written: the usual rate of Live Link Face.
pub(crate) const RATE_HZ: f64 = 60.0;

/// Poses with the time since the begin.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Capture {
    poses: Vec<FacePose>,
    secs: f64,
}

impl Capture {
    /// The head has shown `pose` and does so for `secs`; false where the capture is full.
    pub(crate) fn push(&mut self, pose: FacePose, secs: f64) -> bool {
        if self.poses.len() == MAX_POSES {
            return false;
        }
        self.poses.push(FacePose { at: Timestamp::from_secs(self.secs), ..pose });
        self.secs += secs.max(0.0);
        true
    }

    pub(crate) fn secs(&self) -> f64 {
        self.secs
    }

    /// Evenly spaced; `None` where nothing was captured.
    pub(crate) fn finish(self) -> Option<FaceTake> {
        FaceTake::new(self.poses)?.resampled(RATE_HZ)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use viva_media::Blendshape;

    #[test]
    fn what_was_shown_is_what_is_written() {
        let mut capture = Capture::default();
        for (jaw, secs) in [(0.0, 0.5), (0.5, 0.5), (1.0, 0.1)] {
            let mut pose = FacePose::neutral(Timestamp::from_secs(77.0));
            pose.weights[Blendshape::JawOpen] = jaw;
            assert!(capture.push(pose, secs));
        }
        assert!((capture.secs() - 1.1).abs() < 1e-9);
        let take = capture.finish().expect("poses");
        let jaw = |secs| take.at(Timestamp::from_secs(secs)).weights[Blendshape::JawOpen];
        assert_eq!((take.start(), take.poses().len()), (Timestamp::ZERO, 61));
        assert!(
            jaw(0.0) == 0.0 && (jaw(0.5) - 0.5).abs() < 0.02 && jaw(1.0) == 1.0,
            "{} {}",
            jaw(0.5),
            jaw(1.0)
        );
        assert_eq!(Capture::default().finish(), None);
    }
}
