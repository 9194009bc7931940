//! The assessor's face in a session: the behaviour, who wants to know what it is told, and the cues that no picture has shown yet.

use std::collections::VecDeque;

use viva_behaviour::{Behaviour, Event};
use viva_media::{FacePose, Timestamp};

/// Cues that may wait for a picture; a further one is not measured.
const MOST_CUES: usize = 256;

/// Is told whatever the face is told.
pub(crate) type Listener = Box<dyn FnMut(Timestamp, &Event)>;

/// A behaviour with its witnesses.
pub(crate) struct Face {
    behaviour: Behaviour,
    listener: Option<Listener>,
    /// Stamps of cues that no pose has carried yet, in order.
    cues: VecDeque<Timestamp>,
}

impl Face {
    pub(crate) fn new(behaviour: Behaviour) -> Self {
        Self { behaviour, listener: None, cues: VecDeque::new() }
    }

    /// Tells `listener` of every event before the face obeys it.
    pub(crate) fn heard_by(mut self, listener: Option<Listener>) -> Self {
        self.listener = listener;
        self
    }

    pub(crate) fn push(&mut self, at: Timestamp, event: Event) {
        if let Some(listener) = &mut self.listener {
            listener(at, &event);
        }
        if is_cue(&event) && self.cues.len() < MOST_CUES {
            self.cues.push_back(at);
        }
        self.behaviour.push(at, event);
    }

    pub(crate) fn step(&mut self, now: Timestamp) -> FacePose {
        self.behaviour.step(now)
    }

    /// The stamp of the oldest cue that `pose` is the first to carry.
    ///
    /// An event takes effect on the first pose whose own time is not before it.
    pub(crate) fn carried_by(&mut self, pose: &FacePose) -> Option<Timestamp> {
        let oldest = self.cues.front().copied().filter(|cue| *cue <= pose.at);
        while self.cues.front().is_some_and(|cue| *cue <= pose.at) {
            self.cues.pop_front();
        }
        oldest
    }
}

/// What the candidate does, and to which the face answers. What it does of its own accord, such as to begin to speak, is planned ahead.
fn is_cue(event: &Event) -> bool {
    matches!(
        event,
        Event::CandidateSpeaks
            | Event::CandidatePauses
            | Event::Backchannel
            | Event::Thinking
            | Event::StopSpeaking
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use viva_behaviour::Profile;

    #[test]
    fn a_cue_is_carried_by_the_first_pose_that_is_not_before_it() {
        let mut face = Face::new(Behaviour::new(Profile::examiner(), 1));
        let at = Timestamp::from_millis;
        face.push(at(20), Event::CandidateSpeaks);
        face.push(at(20), Event::LoudnessRms(0.1));
        face.push(at(40), Event::Backchannel);
        let mut carried = |millis| {
            let pose = face.step(at(millis));
            face.carried_by(&pose)
        };
        // The grid has points at 16.7, 33.3, 58.3 and 75 ms.
        assert_eq!([20, 40, 60, 80].map(&mut carried), [None, Some(at(20)), Some(at(40)), None]);
    }

    #[test]
    fn a_listener_hears_all_and_changes_nothing() {
        let (sender, heard) = std::sync::mpsc::sync_channel(8);
        let listener =
            move |at: Timestamp, event: &Event| sender.send((at, event.name())).expect("there is room");
        let face = || Face::new(Behaviour::new(Profile::examiner(), 4));
        let (mut watched, mut alone) = (face().heard_by(Some(Box::new(listener))), face());
        for (millis, event) in [(100, Event::CandidateSpeaks), (900, Event::LoudnessRms(0.2))] {
            watched.push(Timestamp::from_millis(millis), event.clone());
            alone.push(Timestamp::from_millis(millis), event);
        }
        let at = Timestamp::from_millis(2000);
        assert_eq!(watched.step(at), alone.step(at));
        let names: Vec<_> = heard.try_iter().map(|(_, name)| name).collect();
        assert_eq!(names, ["candidate speaks", "loudness"]);
    }
}
