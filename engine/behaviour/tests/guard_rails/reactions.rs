//! How the face answers to single events.

use viva_behaviour::{Behaviour, BlockKind, Cause, Event, Profile, Role};
use viva_exchange::Affect;
use viva_media::{Blendshape as B, FacePose, Viseme, VisemeCue, VisemeTrack};

use crate::script::{at, run, utterance};
use crate::{aperture, is_on_partner, world};

#[test]
fn g11_a_listening_face_within_150_ms_of_being_cut_off() {
    for (preset, affect) in [(Profile::examiner(), Affect::Neutral), (Profile::character(), Affect::Angry)] {
        let mut face = Behaviour::new(preset, 11);
        face.push(at(0.0), Event::Affect { affect, level: 1.0 });
        // a p a p ... of 120 ms each.
        let cues = (0..40).map(|index| VisemeCue {
            start: at(2.0 + f64::from(index) * 0.12),
            end: at(2.0 + f64::from(index + 1) * 0.12),
            viseme: if index % 2 == 0 { Viseme::Aa } else { Viseme::Pp },
            stressed: false,
        });
        let visemes = VisemeTrack { cues: cues.collect() };
        face.push(at(1.9), Event::StartSpeaking { visemes, until: at(8.0) });
        face.push(at(5.02), Event::StopSpeaking);
        let poses = run(&mut face, 0.0, 6.0);
        // The mouth opens between its closures: they are no frozen mouth.
        for index in (2..24).step_by(2) {
            let middle = 2.0 + f64::from(index) * 0.12 + 0.06;
            let mut near = poses.iter().filter(|pose| (pose.at.as_secs() - middle).abs() < 0.05);
            assert!(near.any(|pose| aperture(pose) > 0.2), "the mouth opens at {middle}");
        }
        for pose in poses.iter().filter(|pose| pose.at.as_secs() > 5.17) {
            assert!(aperture(pose) < 0.05, "G11: {} at {:?}", aperture(pose), pose.at);
        }
    }
    // Whatever the eyes did, they are on the partner soon after; brows often rise.
    let (mut was_away, mut brows) = (0, 0);
    for seed in 0..40 {
        let mut face = Behaviour::new(Profile::examiner(), seed);
        let visemes = utterance(0.6, 80, 4);
        face.push(at(0.5), Event::StartSpeaking { visemes, until: at(8.0) });
        face.push(at(4.0), Event::StopSpeaking);
        was_away += i32::from(!is_on_partner(&face.step(at(4.0))));
        assert!(is_on_partner(&face.step(at(4.17))), "seed {seed} still looks away");
        face.step(at(5.0));
        let flash = face.blocks().find(|block| {
            block.kind == BlockKind::BrowFlash
                && matches!(block.cause, Cause::Event { name: "stop speaking", .. })
        });
        if let Some(flash) = flash {
            let delay = (flash.sync.start - at(4.0)).as_secs();
            assert!((0.149..0.25).contains(&delay), "a reflex after {delay} s");
            brows += 1;
        }
    }
    assert!(was_away >= 5 && brows >= 15, "{was_away} were away, {brows} raised brows");
}

#[test]
fn a_sign_of_listening_follows_its_cue_and_says_why() {
    let mut profile = Profile::examiner();
    profile.liveliness = 0.0;
    for (speaks, expected) in [(true, true), (false, false)] {
        let (mut nods, mut flashes) = (0, 0);
        for seed in 0..30 {
            let mut face = Behaviour::new(profile, seed);
            if speaks {
                face.push(at(1.0), Event::CandidateSpeaks);
            }
            face.push(at(2.0), Event::Backchannel);
            let poses = run(&mut face, 0.0, 5.0);
            let why = Cause::Event { name: "backchannel opportunity", at: at(2.0) };
            let sign = face.blocks().find(|block| block.cause == why);
            assert_eq!(sign.is_some(), expected, "seed {seed}");
            let Some(sign) = sign else { continue };
            assert_eq!(sign.cause.to_string(), "backchannel opportunity at 2.000 s");
            let delay = (sign.sync.start - at(2.0)).as_secs();
            assert!((0.25..0.61).contains(&delay), "{delay}");
            let raised = poses.iter().any(|pose| pose.weights[B::BrowInnerUp] > 0.2);
            if sign.kind == BlockKind::Nod {
                nods += 1;
                let begins = poses.iter().find(|pose| pose.head_pitch.to_degrees().abs() > 0.3);
                let begins = begins.map_or(0.0, |pose| (pose.at - at(2.0)).as_secs());
                assert!((0.25..0.75).contains(&begins), "{begins}");
            } else {
                flashes += 1;
                assert!(raised, "seed {seed} raises the brows");
            }
        }
        assert!(!speaks || (nods > 15 && flashes > 0), "{nods} nods, {flashes} flashes");
    }
}

#[test]
fn a_thinker_looks_up_aside_draws_breath_and_blinks_at_the_end() {
    let (mut blinks, mut gathered) = (0, 0);
    for seed in 0..20 {
        let mut face = Behaviour::new(Profile::examiner(), seed);
        face.push(at(0.5), Event::CandidateSpeaks);
        face.push(at(3.0), Event::CandidatePauses);
        face.push(at(3.2), Event::Thinking);
        let visemes = utterance(5.0, 30, 4);
        face.push(at(4.9), Event::StartSpeaking { visemes, until: at(7.7) });
        let poses = run(&mut face, 0.0, 8.0);
        let during: Vec<_> = poses.iter().filter(|p| (3.6..4.4).contains(&p.at.as_secs())).collect();
        let away = during.iter().filter(|pose| world(pose)[1] < -1.5 && world(pose)[0].abs() > 2.0);
        gathered += usize::from(away.count() * 2 > during.len());
        assert!(during.iter().any(|pose| pose.weights[B::BrowDownLeft] > 0.08));
        let inhale = face.blocks().find(|block| block.kind == BlockKind::Inhale).expect("draws breath");
        let delay = (inhale.sync.start - at(3.2)).as_secs();
        assert!((0.19..0.31).contains(&delay), "{delay}");
        let full = poses.iter().find(|pose| pose.at >= inhale.sync.end).expect("is in the log");
        assert!(full.breath > 0.95 && full.at < at(4.9), "the chest is full before the first word");
        let cause = Cause::Block(BlockKind::Thought);
        blinks += face.blocks().filter(|b| b.kind == BlockKind::Blink && b.cause == cause).count();
    }
    assert!(gathered >= 17, "{gathered} of 20 look up and aside");
    assert!(blinks > 8, "{blinks}");
}

#[test]
fn a_smile_is_answered_once_and_nothing_else_is_mirrored() {
    let mut profile = Profile::examiner();
    profile.micro_expression.per_minute.listening = 0.0;
    let mut face = Behaviour::new(profile, 4);
    face.push(at(1.0), Event::PartnerSmile { width: 0.6 });
    face.push(at(2.0), Event::PartnerSmile { width: 0.9 });
    face.push(at(2.0), Event::PartnerSmile { width: f32::NAN });
    let poses = run(&mut face, 0.0, 12.0);
    let rest = poses[60].weights[B::MouthSmileLeft];
    let widest = poses.iter().map(|pose| pose.weights[B::MouthSmileLeft]).fold(0.0, f32::max);
    assert!((0.2..0.4).contains(&(widest - rest)), "{rest} to {widest}");
    let answers: Vec<_> = face.blocks().filter(|block| block.kind == BlockKind::SmileReturn).collect();
    assert_eq!(answers.len(), 1);
    let delay = (answers[0].sync.start - at(1.0)).as_secs();
    assert!((0.499..0.901).contains(&delay), "{delay}");
    assert!(
        (answers[0].sync.ready - answers[0].sync.start).as_secs() >= 0.25,
        "slow, as spontaneous smiles are"
    );
}

#[test]
fn only_a_character_is_angry() {
    for (role, furious) in [(Role::Examiner, false), (Role::Character, true)] {
        let mut face = Behaviour::new(Profile::examiner(), 2);
        face.push(at(0.1), Event::Role(role));
        face.push(at(0.2), Event::Affect { affect: Affect::Angry, level: 1.0 });
        let pose = face.step(at(4.0));
        let brow = pose.weights[B::BrowDownLeft].min(pose.weights[B::BrowDownRight]);
        assert_eq!(brow > 0.8, furious, "{role:?}: {brow}");
        assert!(furious || brow <= 0.1, "G12: {brow}");
    }
}

/// What ten seconds of an affect look like: shapes, head pitch, share of looking at the partner, blinks, head movement.
fn manner_of(affect: Affect) -> (FacePose, f32, f32, usize, f32) {
    let (mut on, mut all, mut blinks, mut motion) = (0.0, 0.0, 0, 0.0);
    let (mut last, mut pitch) = (FacePose::neutral(at(0.0)), 0.0);
    for seed in 0..12 {
        let mut face = Behaviour::new(Profile::character(), seed);
        face.push(at(0.1), Event::Affect { affect, level: 1.0 });
        face.step(at(2.0));
        let poses = run(&mut face, 2.0, 32.0);
        for pair in poses.windows(2) {
            on += f32::from(u8::from(is_on_partner(&pair[1])));
            all += 1.0;
            pitch += pair[1].head_pitch.to_degrees();
            motion += (pair[1].head_yaw.0 - pair[0].head_yaw.0).abs();
        }
        blinks += face.blocks().filter(|block| block.kind == BlockKind::Blink).count();
        last = *poses.last().expect("there are poses");
    }
    (last, pitch / all, on / all, blinks, motion)
}

#[test]
fn an_affect_takes_face_head_gaze_and_lids_together() {
    let [neutral, sad, afraid, angry] =
        [Affect::Neutral, Affect::Sad, Affect::Afraid, Affect::Angry].map(manner_of);
    assert!(sad.0.weights[B::BrowInnerUp] > 0.6 && sad.0.weights[B::MouthFrownLeft] > 0.5);
    assert!(sad.1 > neutral.1 + 3.0 && sad.2 < neutral.2 - 0.1 && sad.4 < neutral.4, "bows and looks away");
    assert!(afraid.0.weights[B::EyeWideLeft] > 0.6 || afraid.0.weights[B::EyeBlinkLeft] > 0.1);
    assert!(afraid.3 > neutral.3 && afraid.2 < neutral.2, "blinks and looks away");
    assert!(angry.0.weights[B::BrowDownLeft] > 0.8);
    assert!(angry.2 > neutral.2 && angry.3 < neutral.3 && angry.4 > neutral.4, "stares");
}

#[test]
fn a_level_changes_over_seconds_and_the_examiner_comes_back_at_once() {
    let mut face = Behaviour::new(Profile::examiner(), 6);
    face.push(at(0.5), Event::Role(Role::Character));
    face.push(at(1.0), Event::Affect { affect: Affect::Sad, level: 0.3 });
    face.push(at(4.0), Event::Affect { affect: Affect::Sad, level: 1.0 });
    face.push(at(8.0), Event::Role(Role::Examiner));
    face.push(at(8.0), Event::Affect { affect: Affect::Neutral, level: 0.0 });
    let poses = run(&mut face, 0.0, 12.0);
    let frown = |secs: f64| poses[(secs * 120.0) as usize].weights[B::MouthFrownLeft];
    assert!(frown(3.5) > 0.1 && frown(3.5) < 0.3, "{}", frown(3.5));
    let course = [4.2, 4.9, 5.6, 7.0].map(frown);
    assert!(course.is_sorted() && course[1] < 0.8 * course[3] && course[3] > 0.5, "{course:?}");
    assert!(frown(8.1) > 0.4 && frown(9.0) < 0.01, "{} {}", frown(8.1), frown(9.0));
    // The change of person is marked by a blink and a new posture.
    let marks = |kind| {
        face.blocks().any(|block| {
            let near = (block.sync.start - at(8.0)).as_secs().abs() < 0.6;
            block.kind == kind && near && matches!(block.cause, Cause::Event { name: "role", .. })
        })
    };
    assert!(marks(BlockKind::Posture) && marks(BlockKind::Affect));
}

#[test]
fn eyes_meet_those_that_look_back_and_stay_for_longer_on_those_that_do_not() {
    let (mut were_away, mut seen_on, mut unseen_on) = (0, 0, 0);
    for seed in 0..40 {
        let mut face = Behaviour::new(Profile::examiner(), seed);
        face.push(at(0.5), Event::CandidateSpeaks);
        let mut seen = face.clone();
        face.push(at(1.0), Event::CandidateLooksAway);
        face.push(at(40.0), Event::CandidateLooksBack);
        let on = |poses: Vec<FacePose>| poses.iter().filter(|pose| is_on_partner(pose)).count();
        unseen_on += on(run(&mut face, 0.0, 39.0));
        seen_on += on(run(&mut seen, 0.0, 39.0));
        were_away += i32::from(!is_on_partner(&face.step(at(40.0))));
        // 150 ms are the time that a correction of eye contact may take.
        assert!(is_on_partner(&face.step(at(40.15))), "seed {seed} does not look back");
    }
    assert!(were_away >= 3, "{were_away} of 40 looked away");
    assert!(unseen_on > seen_on + seen_on / 20, "{unseen_on} unseen, {seen_on} seen");
}

#[test]
fn who_looks_up_and_down_is_not_stared_at() {
    for seed in 0..10 {
        let mut face = Behaviour::new(Profile::examiner(), seed);
        face.push(at(0.5), Event::CandidateSpeaks);
        let (mut longest, mut now) = (0_u32, 0_u32);
        for second in 1..120 {
            let secs = f64::from(second);
            face.push(at(secs), Event::CandidateLooksAway);
            face.push(at(secs + 0.5), Event::CandidateLooksBack);
            for pose in run(&mut face, secs, secs + 1.0) {
                now = if is_on_partner(&pose) { now + 1 } else { 0 };
                longest = longest.max(now);
            }
        }
        let secs = longest / 120;
        assert!(secs <= 30, "seed {seed}: one look of {secs} s");
    }
}
