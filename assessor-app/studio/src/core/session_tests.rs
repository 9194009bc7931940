use super::*;
use viva_behaviour::Event;
use viva_exchange::{TurnId, Word};
use viva_media::{Viseme, VisemeCue, VisemeTrack};

const SEED: u64 = 7;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// What the driver of a session would tell, with times on its grid of 20 ms.
fn events() -> Vec<(Timestamp, Event)> {
    let cue = |start, end, viseme| VisemeCue { start: at(start), end: at(end), viseme, stressed: true };
    let visemes = VisemeTrack {
        cues: vec![cue(220, 400, Viseme::Aa), cue(400, 500, Viseme::Pp), cue(500, 900, Viseme::O)],
    };
    let mut all = vec![(at(220), Event::StartSpeaking { visemes, until: at(900) })];
    all.extend((12..46).map(|tick| (at(tick * 20), Event::LoudnessRms(0.1 + tick as f32 / 1000.0))));
    all.push((at(920), Event::Listening));
    all.push((at(1500), Event::CandidateSpeaks));
    all.push((at(2340), Event::Backchannel));
    all.push((at(3980), Event::CandidatePauses));
    all
}

/// Digests as a session keeps them: a step per picture, every event pushed at its own tick.
fn digests(secs: i64) -> Vec<String> {
    let (mut face, mut hash, mut all) =
        (Behaviour::new(Profile::examiner(), SEED), Sha256::default(), vec![]);
    for tick in 1..=secs * 50 {
        let now = at(tick * 20);
        for (_, event) in events().into_iter().filter(|(at, _)| *at == now) {
            face.push(now, event);
        }
        if tick % 2 == 0 {
            hash.update(face.step(now).to_bytes());
        }
        if tick % 50 == 0 {
            let digest = std::mem::take(&mut hash).finalize();
            all.push(digest.iter().map(|byte| format!("{byte:02x}")).collect());
        }
    }
    all
}

fn word(text: &str, start: i64, end: i64) -> Word {
    Word { text: text.into(), start: at(start), end: at(end), confidence: 1.0 }
}

fn recording() -> Recording {
    let turn = |id, speaker, words: Vec<Word>| Turn {
        id: TurnId(id),
        speaker,
        start: words[0].start,
        end: words[words.len() - 1].end,
        words,
    };
    Recording {
        name: "x".into(),
        title: "y".into(),
        seed: SEED,
        profile: Profile::examiner(),
        end: at(6000),
        turns: vec![
            turn(0, Speaker::Examiner, vec![word("Why?", 220, 900)]),
            turn(
                1,
                Speaker::Candidate,
                vec![word("I", 1500, 1600), word("asked", 1700, 2200), word("her.", 3000, 3900)],
            ),
        ],
        floor: vec![TurnEvent {
            at: at(2340),
            kind: TurnEventKind::Backchannel,
            reason: "a short pause".into(),
        }],
        digests: digests(6),
        meter: vec![],
        film: None,
        sound: vec![],
        fault: None,
        remarks: vec![],
        face: None,
    }
}

fn told(mut session: Session) -> Session {
    for (at, event) in events() {
        session.hear(Told::Event(at, event));
    }
    session.hear(Told::Until(at(6000)));
    session
}

#[test]
fn the_face_of_a_session_is_had_again_bit_for_bit() {
    let mut session = told(Session::new(recording(), [Profile::examiner(); 2], true));
    assert_eq!(session.checked(), (6, None));
    // What is shown is what was compared.
    let mut face = Behaviour::new(Profile::examiner(), SEED);
    for (at, event) in events() {
        face.push(at, event);
    }
    for frame in [1, 2, 11, 12, 30, 60, 61, 100, 149] {
        let shown = session.pose(0, f64::from(frame) * 0.04);
        assert_eq!(shown, face.step(at(i64::from(frame) * 40)), "picture {frame}");
    }
}

#[test]
fn a_face_that_is_another_is_found_out() {
    let mut recording = recording();
    recording.digests[3] = "00".into();
    assert_eq!(told(Session::new(recording, [Profile::examiner(); 2], true)).checked(), (5, Some(3)));
}

#[test]
fn nothing_is_shown_that_was_not_told_yet() {
    let mut session = Session::new(recording(), [Profile::examiner(); 2], true);
    let rest = session.pose(0, 0.0);
    assert_eq!(session.pose(0, 5.0), rest);
    for (at, event) in events().into_iter().filter(|(time, _)| *time <= at(1000)) {
        session.hear(Told::Event(at, event));
    }
    session.hear(Told::Until(at(1000)));
    let known = session.pose(0, 5.0);
    assert_eq!((known.at, known), (session.pose(0, 1.0).at, session.pose(0, 1.0)));
    let done = told(Session::new(recording(), [Profile::examiner(); 2], true)).pose(0, 0.6);
    assert_eq!(session.pose(0, 0.6), done, "what was shown early is what is shown late");
}

#[test]
fn another_profile_performs_the_same_session() {
    let still = Profile::from_toml("liveliness = 0.0").expect("is a profile");
    let mut session = told(Session::new(recording(), [Profile::examiner(), still], true));
    let (a, b) = (session.pose(0, 3.0), session.pose(1, 3.0));
    assert_ne!(a.head_yaw, b.head_yaw);
    session.set_profile(1, &Profile::examiner());
    assert_eq!(session.pose(1, 3.0), a);
    assert_eq!(
        session.checked(),
        (6, None),
        "the comparison is with the examiner's numbers, whatever A shows"
    );
}

#[test]
fn why_it_nodded_has_the_floors_reason_and_the_words() {
    let mut session = told(Session::new(recording(), [Profile::examiner(); 2], true));
    session.pose(0, 6.0);
    let is_told =
        |block: &&Block| matches!(block.cause, Cause::Event { name: "backchannel opportunity", .. });
    let nod = session.blocks(0).iter().find(is_told);
    let behind = session.behind(nod.expect("a sign of listening")).expect("a floor's decision");
    assert_eq!(behind, "The floor: a short pause. The candidate had said: \"... I asked\".");
}

#[test]
fn turns_are_found_and_stepped_through() {
    let session = Session::new(recording(), [Profile::examiner(); 2], true);
    assert_eq!(session.turn_at(at(0)).map(|turn| turn.id), None);
    assert_eq!(session.turn_at(at(1600)).map(|turn| turn.id), Some(TurnId(1)));
    assert_eq!(session.turn_at(at(1400)).map(|turn| turn.id), Some(TurnId(0)));
    assert_eq!(session.next_turn(at(0), true), Some(at(220)));
    assert_eq!(session.next_turn(at(220), true), Some(at(1500)));
    assert_eq!(session.next_turn(at(5000), true), None);
    assert_eq!(session.next_turn(at(5000), false), Some(at(1500)));
    assert_eq!(session.next_turn(at(1500), false), Some(at(220)));
    assert_eq!(session.next_turn(at(220), false), None);
}
