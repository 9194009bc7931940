//! What is remembered, from where, until when; and who may alter it.

use viva_learner::{Memories, MemoryKind, Moment, Remembered};
use viva_record::wire::{CriterionResult, QuoteRef, ScoreSheet, SessionHeader, SessionMode};

fn at(text: &str) -> Moment {
    text.parse().expect("a date")
}

fn header(session: &str) -> SessionHeader {
    SessionHeader {
        session_id: session.to_owned(),
        exam_id: "ward".to_owned(),
        mode: SessionMode::Practice,
        ..SessionHeader::default()
    }
}

fn sheet(level: Option<u8>, shown: &[&str], missing: &[&str]) -> ScoreSheet {
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let quote = |sign: &&str| QuoteRef {
        turn: 4,
        text: format!("words for {sign}"),
        indicator: Some((*sign).to_owned()),
        ..QuoteRef::default()
    };
    let criterion = CriterionResult {
        id: "safety".to_owned(),
        level,
        quotes: shown.iter().map(quote).collect(),
        shown: texts(shown),
        missing: texts(missing),
        ..CriterionResult::default()
    };
    let json = r#"{"criteria":[],"overall":null,"cut":0.5,"recommendation":"practice","explanation":[],"validation_status":"not calibrated"}"#;
    ScoreSheet { criteria: vec![criterion], ..serde_json::from_str(json).expect("a sheet") }
}

#[test]
fn what_was_missing_is_open_until_it_is_shown() {
    let mut memories = Memories::new("Ana");
    let now = at("2026-03-02T10:00:00Z");
    let first = sheet(Some(2), &["keeps a distance"], &["gets help early"]);
    let told = memories.remember(&header("one"), &first, now).expect("is taken in");
    assert_eq!(told, Remembered { opened: 1, closed: 0 });
    assert_eq!(memories.remember(&header("one"), &first, now).expect("again"), Remembered::default());
    let open = memories.alive(now).next().expect("one is open").clone();
    assert_eq!(
        (open.kind, open.text.as_str(), open.id.as_str()),
        (MemoryKind::OpenPoint, "gets help early", "m1")
    );
    assert_eq!(open.source.quote.as_deref(), Some("words for keeps a distance"), "what was said instead");
    assert_eq!((open.expires.date().as_str(), open.source.turn), ("2026-08-29", Some(4)));
    // A criterion without a level was not asked about: nothing is missed.
    let unasked = sheet(None, &[], &["steps back"]);
    assert_eq!(memories.remember(&header("two"), &unasked, now).expect("is taken in").opened, 0);

    let second = sheet(Some(3), &["gets help early"], &[]);
    let told = memories.remember(&header("three"), &second, now.plus_days(9)).expect("is taken in");
    assert_eq!(told, Remembered { opened: 0, closed: 1 });
    let shown = memories.get("m1").expect("is kept");
    assert_eq!((shown.kind, shown.source.session.as_deref()), (MemoryKind::Shown, Some("three")));
    assert_eq!(shown.source.quote.as_deref(), Some("words for gets help early"));
    assert_eq!(Memories::parse(&memories.to_toml()).expect("reads what it writes"), memories);
}

#[test]
fn memories_end_and_people_alter_them() {
    let now = at("2026-03-02T10:00:00Z");
    let mut memories = Memories::new("Ana");
    memories.note("Works nights", "R. Okafor", None, now, Some(10)).expect("a note");
    memories
        .note("gets help early", "R. Okafor", Some(("ward", "safety")), now, None)
        .expect("an open point");
    assert_eq!(memories.alive(now.plus_days(9)).count(), 2);
    assert_eq!(memories.alive(now.plus_days(10)).count(), 1, "a note of ten days has ended");
    memories.edit("m1", "Works days", "Ana", now).expect("is altered");
    assert_eq!(memories.get("m1").expect("is there").edits[0].was, "Works nights");
    let before = memories.clone();
    let error = memories.edit("m2", "gets help at once", "Ana", now).expect_err("practice would lose it");
    assert!(error.to_string().contains("an open point keeps the rubric's words"), "{error}");
    assert_eq!(memories, before, "nothing is lost");
    memories.forget("m1").expect("is forgotten");
    let file = memories.to_toml();
    assert!(!file.contains("Works") && !file.contains("id = \"m1\""), "no trace: {file}");
    // A name is never given twice.
    assert_eq!(memories.note("Again", "Ana", None, now, None).expect("a note").id, "m3");
    memories.forget_all();
    assert_eq!(memories.alive(now).count(), 0);
    for (id, says) in [("m1", "there is no memory"), ("", "there is no memory")] {
        let error = memories.edit(id, "x", "Ana", now).expect_err("nothing is there").to_string();
        assert!(error.contains(says), "{error}");
    }
    for (text, by) in [("", "Ana"), ("two\nlines", "Ana"), ("x", " "), (&"x".repeat(601), "Ana")] {
        memories.note(text, by, None, now, None).expect_err("is refused");
    }
}

#[test]
fn a_file_that_somebody_spoilt_is_refused_with_the_reason() {
    let now = at("2026-03-02T10:00:00Z");
    let mut memories = Memories::new("Ana");
    memories.note("Works nights", "R. Okafor", None, now, None).expect("a note");
    let file = memories.to_toml();
    for (from, to, says) in [
        ("format = 1", "format = 2", "format 2 is not known"),
        ("\"note\"", "\"score\"", "unknown variant `score`"),
        ("2026-03-02T10:00:00Z", "yesterday", "no date and time"),
        ("by = \"R. Okafor\"", "", "a source is needed"),
        ("\"note\"", "\"open_point\"", "belongs to an `exam`"),
        ("id = \"m1\"", "id = \"m7\"", "lower than `next`"),
        ("id = \"m1\"", "id = \"m1\"\nlevel = 4", "unknown field `level`"),
        ("Works nights", "Works\\u0007", "one line"),
    ] {
        assert!(file.contains(from), "{from} in {file}");
        let error = Memories::parse(&file.replacen(from, to, 1)).expect_err(says).to_string();
        assert!(error.contains(says) && error.starts_with("memories.toml"), "{error}");
    }
}
