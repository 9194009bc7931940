//! An objective that only a human can confirm stands before an award, and own levels before the machine's.

#![expect(clippy::unwrap_used, reason = "a test program")]

#[expect(dead_code, reason = "the sample serves several test programs")]
mod common;

use std::path::Path;

use ed25519_dalek::SigningKey;
use viva_record::{
    Decision, Outcome, RecordedDecision,
    oversight::{
        self, Appeal, AppealDecision, BlindScore, Confirmation, Step, routing::Reason, told_before_levels,
    },
    review::review,
    seal,
    wire::{Objective, ObjectiveState, ScoreSheet},
};
use viva_verify::verify_bundle;

const AT: &str = "2026-03-03T09:00:00Z";

/// A sealed session with an objective that waits for a human.
fn waiting(dir: &Path) -> SigningKey {
    let key = SigningKey::from_bytes(&[3; 32]);
    let objective = Objective {
        id: "reasons-given".into(),
        text: "Reasons were given.".into(),
        state: ObjectiveState::ToConfirm,
        open_because: None,
        outputs: Vec::new(),
    };
    let sheet = ScoreSheet { objectives: vec![objective], ..common::scores() };
    common::write_scored_bundle(dir, 0, &sheet);
    seal(dir, &key, common::SEALED_AT).unwrap();
    key
}

fn append(dir: &Path, key: &SigningKey, steps: &[Step]) -> Result<(), String> {
    let root = verify_bundle(dir, None).unwrap().record_root;
    oversight::append(dir, steps, &root, "A step.", key).map(drop).map_err(|error| error.to_string())
}

fn blind(by: &str, level: Option<u8>, note: &str) -> Step {
    let levels = [("acknowledge".to_owned(), level)].into();
    Step::BlindScore(BlindScore { by: by.into(), levels, routed: vec![], note: note.into(), at: AT.into() })
}

fn confirmation(by: &str) -> Step {
    let (objective, reason) = ("reasons-given".into(), "Turn 7 says why.".into());
    Step::Confirmation(Confirmation { by: by.into(), objective, is_met: true, reason, at: AT.into() })
}

fn decision(outcome: Outcome) -> Decision {
    Decision { outcome, by: "Ada".into(), reason: "Good.".into(), at: AT.into() }
}

#[test]
fn nothing_is_awarded_before_the_confirmation() {
    let dir = tempfile::tempdir().unwrap();
    let (dir, key) = (dir.path(), waiting(dir.path()));
    append(dir, &key, &[blind("Ada", Some(3), "")]).unwrap();
    let root = verify_bundle(dir, None).unwrap().record_root;
    let refused = review(dir, &decision(Outcome::Award), &key).unwrap_err().to_string();
    assert!(refused.contains("waits for a human's confirmation"), "{refused}");
    assert_eq!(verify_bundle(dir, None).unwrap().record_root, root, "nothing was written");
    append(dir, &key, &[confirmation("Ada")]).unwrap();
    review(dir, &decision(Outcome::Award), &key).unwrap();

    // A decision stands: levels that are given now would not be blind any more.
    for late in [blind("Ben", Some(2), ""), confirmation("Ada")] {
        let refused = append(dir, &key, &[late]).unwrap_err();
        assert!(refused.contains("a decision stands already"), "{refused}");
    }
}

#[test]
fn an_appeal_is_no_way_around_it() {
    let dir = tempfile::tempdir().unwrap();
    let (dir, key) = (dir.path(), waiting(dir.path()));
    review(dir, &decision(Outcome::Deny), &key).unwrap();
    let (text, at) = ("I said why.".into(), AT.into());
    append(dir, &key, &[Step::Appeal(Appeal { by: "Cy".into(), text, at })]).unwrap();
    append(dir, &key, &[blind("Ben", Some(3), "")]).unwrap();
    let (by, reason, at) = ("Ben".into(), "Turn 7.".into(), AT.into());
    let award = Step::AppealDecision(AppealDecision { by, outcome: Outcome::Award, reason, at });
    let refused = append(dir, &key, std::slice::from_ref(&award)).unwrap_err();
    assert!(refused.contains("waits for a human's confirmation"), "{refused}");
    append(dir, &key, &[confirmation("Ben"), award]).unwrap();
    assert_eq!(RecordedDecision::load(dir, None).unwrap().decision().outcome, Outcome::Award);
}

#[test]
fn a_blind_score_without_a_level_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let (dir, key) = (dir.path(), waiting(dir.path()));
    let refused = append(dir, &key, &[blind("Ada", None, " ")]).unwrap_err();
    assert!(refused.contains("need a note"), "{refused}");
    append(dir, &key, &[blind("Ada", None, "The sound is broken.")]).unwrap();
}

#[test]
fn reasons_told_before_own_levels_say_nothing_of_the_machines() {
    let all = [Reason::ToConfirm(1), Reason::Abstained(2), Reason::NearCut(0.01), Reason::WideInterval(1)];
    assert_eq!(told_before_levels(&all), [Reason::ToConfirm(1)]);
    assert_eq!(told_before_levels(&all[1..]), [Reason::DecisionDue], "it waits all the same");
    assert_eq!(told_before_levels(&[]), []);
}
