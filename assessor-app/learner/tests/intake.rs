//! Sessions come in whatever order their records are named in.

use viva_learner::{Memories, MemoryKind, Moment, Profile, Remembered, Sealed, take_in};
use viva_record::wire::{CriterionResult, ScoreSheet, SessionHeader, SessionMode};

const SIGN: &str = "gets help early";

fn now() -> Moment {
    "2026-05-01T10:00:00Z".parse().expect("a date")
}

/// A session of a month that showed the sign of this criterion, or missed it.
fn sealed(month: u32, criterion: &str, shows: bool) -> Sealed {
    let (shown, missing) =
        if shows { (vec![SIGN.to_owned()], vec![]) } else { (vec![], vec![SIGN.to_owned()]) };
    let result = CriterionResult {
        id: criterion.to_owned(),
        level: Some(if shows { 3 } else { 1 }),
        max_level: 4,
        shown,
        missing,
        ..CriterionResult::default()
    };
    let header = SessionHeader {
        session_id: format!("{criterion} in {month}"),
        started_at: format!("2026-{month:02}-02T10:00:00Z"),
        exam_id: "ward".to_owned(),
        mode: SessionMode::Practice,
        ..SessionHeader::default()
    };
    let json = r#"{"criteria":[],"overall":null,"cut":0.5,"recommendation":"practice","explanation":[],"validation_status":"not calibrated"}"#;
    let sheet = ScoreSheet { criteria: vec![result], ..serde_json::from_str(json).expect("a sheet") };
    Sealed { header, sheet, record_root: "root".to_owned() }
}

/// What is known after these were added, one call for each list; and what the last call altered.
fn added(calls: &[&[Sealed]]) -> (Profile, Memories, Vec<Remembered>) {
    let (mut profile, mut memories) = (Profile::new("Ana"), Memories::new("Ana"));
    let mut told = Vec::new();
    for sealed in calls {
        told = take_in(&mut profile, &mut memories, sealed, now()).expect("is taken in");
    }
    (profile, memories, told)
}

#[test]
fn the_order_of_records_means_nothing() {
    let (weak, strong) = (sealed(2, "safety", false), sealed(3, "safety", true));
    let (profile, memories, told) = added(&[&[strong.clone(), weak.clone()]]);
    let (closed, opened) = (Remembered { opened: 0, closed: 1 }, Remembered { opened: 1, closed: 0 });
    assert_eq!(told, [closed, opened], "told in the order given");
    assert_eq!(memories.get("m1").expect("is known").kind, MemoryKind::Shown);
    let (same_profile, same_memories, _) = added(&[&[weak, strong]]);
    assert_eq!((same_profile, same_memories), (profile, memories));
}

#[test]
fn an_older_record_does_not_undo_what_newer_sessions_settled() {
    let nothing = [Remembered::default()];
    let (_, memories, told) = added(&[&[sealed(3, "safety", true)], &[sealed(2, "safety", false)]]);
    assert_eq!((told, memories.alive(now()).count()), (nothing.to_vec(), 0), "reopens nothing");
    let (_, memories, told) = added(&[&[sealed(3, "safety", false)], &[sealed(2, "safety", true)]]);
    assert_eq!(told, nothing, "closes nothing");
    assert_eq!(memories.get("m1").expect("is known").kind, MemoryKind::OpenPoint);

    // A newer session of another criterion, or of another exam, settles nothing of this one.
    let (_, memories, _) = added(&[&[sealed(3, "contact", true)], &[sealed(2, "safety", false)]]);
    assert_eq!(memories.alive(now()).count(), 1);
    let mut other = sealed(3, "safety", true);
    other.header.exam_id = "desk".to_owned();
    let (profile, memories, _) = added(&[&[other], &[sealed(2, "safety", false)]]);
    assert_eq!((profile.sessions().len(), memories.alive(now()).count()), (2, 1));
}
