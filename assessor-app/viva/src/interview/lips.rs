//! The mouth moves with what sounds.

use std::collections::VecDeque;

use viva_media::{Blendshape, FacePose, Timestamp};

/// Poses that are kept: more than a loudspeaker holds back.
const KEPT: usize = 40;

/// The shapes that speech moves.
const SPEECH: std::ops::RangeInclusive<usize> =
    Blendshape::JawForward as usize..=Blendshape::MouthUpperUpRight as usize;

/// A device plays what it is given a little later. Everything else of a face answers at once; its mouth waits for the sound.
#[derive(Debug, Default)]
pub(crate) struct Lips {
    recent: VecDeque<FacePose>,
}

impl Lips {
    /// The pose with the mouth of the moment that sounds; `None` where nothing does.
    pub(crate) fn wait(&mut self, pose: FacePose, sounding: Option<Timestamp>) -> FacePose {
        if self.recent.len() == KEPT {
            self.recent.pop_front();
        }
        self.recent.push_back(pose);
        let Some(sounding) = sounding else { return pose };
        // What sounds is older than all that is kept only before the first sample of an utterance, when the mouth was still.
        let earlier = self.recent.iter().rev().find(|earlier| earlier.at <= sounding);
        let Some(earlier) = earlier.or(self.recent.front()) else { return pose };
        let mut waiting = pose;
        for shape in SPEECH.chain([Blendshape::TongueOut as usize]) {
            waiting.weights.0[shape] = earlier.weights.0[shape];
        }
        waiting
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mouth_waits_for_its_sound_and_the_rest_does_not() {
        let mut lips = Lips::default();
        let at = |tick: i64| Timestamp::from_millis(tick * 20);
        let pose = |tick: i64| {
            let mut pose = FacePose::neutral(at(tick));
            for shape in [Blendshape::JawOpen, Blendshape::TongueOut, Blendshape::BrowInnerUp] {
                pose.weights[shape] = tick as f32 / 100.0;
            }
            pose
        };
        for tick in 0..60 {
            assert_eq!(lips.wait(pose(tick), None), pose(tick), "where nothing sounds nothing waits");
        }
        for (sounding, mouth) in [(55, 0.55), (60, 0.60), (99, 0.60), (-9, 0.21)] {
            let mut lips = Lips { recent: lips.recent.clone() };
            let shown = lips.wait(pose(60), Some(at(sounding)));
            assert_eq!(shown.weights[Blendshape::JawOpen], mouth, "{sounding}");
            assert_eq!(shown.weights[Blendshape::TongueOut], mouth);
            assert_eq!(shown.weights[Blendshape::BrowInnerUp], 0.60);
            assert_eq!(shown.at, at(60));
        }
    }
}
