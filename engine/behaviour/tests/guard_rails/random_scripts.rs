//! Scripts that nobody would write.

use proptest::prelude::*;
use viva_behaviour::{Behaviour, Event, Profile, Role};
use viva_exchange::Affect;
use viva_media::{Blendshape as B, FacePose, TimeSpan};

use crate::head_speed;
use crate::script::{at, run, utterance};

fn check_ranges(poses: &[FacePose]) {
    for pose in poses {
        assert!(pose.weights.0.iter().all(|weight| (0.0..=1.0).contains(weight)), "{pose:?}");
        let angles = [pose.head_yaw, pose.head_pitch, pose.head_roll, pose.gaze_yaw, pose.gaze_pitch];
        assert!(angles.iter().all(|angle| angle.to_degrees().abs() <= 36.0), "{pose:?}");
        assert!((2.0..=8.0).contains(&pose.pupil_mm) && (0.0..=1.0).contains(&pose.breath));
        assert!(pose.weights[B::MouthClose] <= pose.weights[B::JawOpen], "G4 at {:?}", pose.at);
    }
}

fn check_speeds(poses: &[FacePose]) {
    for pair in poses.windows(2) {
        for shape in B::ALL {
            let step = (pair[1].weights[shape] - pair[0].weights[shape]).abs();
            let name = shape.name();
            let limit = match shape {
                B::JawOpen => 6.0,
                _ if name.starts_with("eyeBlink") || name.starts_with("mouth") => 14.0,
                _ => 7.2,
            };
            assert!(step <= limit / 120.0 + 1e-4, "G1: {name} moves by {step} at {:?}", pair[1].at);
        }
        assert!(head_speed(pair) <= 80.0, "G14 at {:?}", pair[1].at);
    }
}

fn event() -> impl Strategy<Value = Event> {
    let affects = prop::sample::select(vec![
        Affect::Neutral,
        Affect::Warm,
        Affect::Angry,
        Affect::Afraid,
        Affect::Contemptuous,
    ]);
    let roles = prop::sample::select(vec![Role::Examiner, Role::Character]);
    prop_oneof![
        (0.0..30.0_f64, 0..60_usize, 1..14_usize).prop_map(|(start, count, stride)| Event::StartSpeaking {
            visemes: utterance(start, count, stride),
            until: at(start + count as f64 * 0.09),
        }),
        Just(Event::StopSpeaking),
        Just(Event::CandidateSpeaks),
        Just(Event::CandidatePauses),
        Just(Event::Backchannel),
        Just(Event::Thinking),
        Just(Event::Listening),
        Just(Event::Topic),
        Just(Event::CandidateLooksAway),
        Just(Event::CandidateLooksBack),
        roles.prop_map(Event::Role),
        (affects, -1.0..2.0_f32).prop_map(|(affect, level)| Event::Affect { affect, level }),
        any::<f32>().prop_map(Event::LoudnessRms),
        any::<f32>().prop_map(|width| Event::PartnerSmile { width }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_script_stays_in_range(seed in any::<u64>(), script in prop::collection::vec((0.0..30.0_f64, event()), 0..40)) {
        let mut face = Behaviour::new(Profile::character(), seed);
        for (time, event) in script {
            face.push(at(time), event);
        }
        let poses = run(&mut face, 0.0, 32.0);
        check_ranges(&poses);
        check_speeds(&poses);
        prop_assert!(poses.windows(2).all(|pair| pair[0].at < pair[1].at));
        prop_assert_eq!(face.step(at(1.0)), face.step(at(32.0) - TimeSpan::from_secs(20.0)));
        prop_assert!(face.blocks().all(|block| block.sync.named().is_sorted_by_key(|(_, at)| *at)));
    }
}

#[test]
fn the_same_input_gives_the_same_poses_however_often_it_is_asked() {
    let made = |seed| {
        let mut face = Behaviour::new(Profile::character(), seed);
        for round in 0..3 {
            let start = f64::from(round) * 20.0 + 1.0;
            face.push(
                at(start),
                Event::StartSpeaking { visemes: utterance(start, 50, 4), until: at(start + 4.5) },
            );
            face.push(at(start + 6.0), Event::CandidateSpeaks);
            face.push(at(start + 9.0), Event::Backchannel);
            face.push(at(start + 15.0), Event::CandidatePauses);
            face.push(at(start + 15.3), Event::Thinking);
        }
        face
    };
    let (mut fine, mut coarse, mut other) = (made(9), made(9), made(10));
    let each = run(&mut fine, 0.0, 60.0);
    let mut differs = false;
    for step in 0..90 {
        let now = at(f64::from(step) * 0.66);
        let pose = coarse.step(now);
        let same = each.iter().rev().find(|pose| pose.at <= now).expect("the grid begins at zero");
        assert_eq!(pose, *same, "G16 at {now:?}");
        differs |= other.step(now) != pose;
    }
    assert!(differs, "another seed is another face");
    assert_eq!(run(&mut made(9), 0.0, 60.0), each, "G16");
    let (mut again, untouched) = (made(9), Behaviour::new(Profile::character(), 9));
    again.step(at(30.0));
    again.reset();
    assert_eq!(run(&mut again, 0.0, 20.0), run(&mut untouched.clone(), 0.0, 20.0), "reset forgets all");
}
