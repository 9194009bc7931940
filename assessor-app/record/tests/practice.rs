//! Practice leads nowhere: no decision, no step of oversight, no letter, whoever tries and whichever key they hold.

#![expect(clippy::unwrap_used, reason = "a test program")]

#[expect(dead_code, reason = "the sample serves several test programs")]
mod common;

use std::path::Path;

use ed25519_dalek::SigningKey;
use viva_media::Timestamp;
use viva_record::{
    BundleWriter, Decision, Outcome, RecordError, RecordedDecision, add_file, append_seal,
    oversight::{self, BlindScore, Step},
    report::{Report, write_letters, write_report},
    review::review,
    seal,
    wire::{Recommendation, ScoreSheet, SessionHeader, SessionMode},
};
use viva_verify::verify_bundle;

fn practised(dir: &Path) -> SigningKey {
    let key = SigningKey::from_bytes(&[3; 32]);
    let header = SessionHeader { mode: SessionMode::Practice, ..common::header() };
    let mut writer = BundleWriter::create(dir, &header).unwrap();
    for turn in &common::transcript().turns {
        writer.append_turn(turn).unwrap();
    }
    writer.write_transcript(&common::transcript()).unwrap();
    // Even a sheet that says "meets" does not help.
    writer.write_scores(&ScoreSheet { recommendation: Recommendation::Meets, ..common::scores() }).unwrap();
    writer.finish(Timestamp::from_secs(80.0)).unwrap();
    write_report(dir).unwrap();
    write_letters(dir).unwrap();
    seal(dir, &key, common::SEALED_AT).unwrap();
    key
}

fn decision(outcome: Outcome) -> Decision {
    let at = "2026-03-03T09:00:00Z".to_owned();
    Decision { outcome, by: "R. Viewer".to_owned(), reason: "Good.".to_owned(), at }
}

#[test]
fn nobody_decides_on_practice() {
    let dir = tempfile::tempdir().unwrap();
    let key = practised(dir.path());
    let whole = verify_bundle(dir.path(), None).unwrap();
    assert!(whole.seals[0].statement.contains("practice session"), "{}", whole.seals[0].statement);
    assert!(!dir.path().join("letter.en.html").exists(), "there is nothing to write a letter about");
    for outcome in [Outcome::Award, Outcome::Deny] {
        let error = review(dir.path(), &decision(outcome), &key).unwrap_err();
        assert!(matches!(error, RecordError::Practice), "{error}");
        assert!(error.to_string().contains("--mode certify"), "{error}");
    }
    assert!(matches!(RecordedDecision::load(dir.path(), None), Err(RecordError::Practice)));
    let step = Step::BlindScore(BlindScore {
        by: "Ada".to_owned(),
        levels: std::collections::BTreeMap::new(),
        routed: Vec::new(),
        note: String::new(),
        at: "2026-03-03T09:00:00Z".to_owned(),
    });
    let error = oversight::append(dir.path(), &[step], &whole.record_root, "A step.", &key).unwrap_err();
    assert!(matches!(error, RecordError::Practice), "{error}");
    assert_eq!(
        verify_bundle(dir.path(), None).unwrap().record_root,
        whole.record_root,
        "nothing was written"
    );
}

#[test]
fn a_credential_that_somebody_seals_in_is_a_fault() {
    for forged in ["credential/good/eddsa-rdfc-2022.json", "review.json"] {
        let dir = tempfile::tempdir().unwrap();
        let key = practised(dir.path());
        add_file(dir.path(), forged, b"{}\n").unwrap();
        let error = append_seal(dir.path(), &key, "Forged.", "2026-03-03T09:00:00Z", None).unwrap_err();
        assert!(error.to_string().contains("practice session"), "{forged}: {error}");
    }
}

#[test]
fn practice_cannot_be_called_an_exam_afterwards() {
    let dir = tempfile::tempdir().unwrap();
    practised(dir.path());
    let manifest = dir.path().join("manifest.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    assert!(text.contains("\"mode\": \"practice\""));
    std::fs::write(&manifest, text.replace("\"mode\": \"practice\"", "\"mode\": \"certify\"")).unwrap();
    let error = verify_bundle(dir.path(), None).unwrap_err().to_string();
    assert!(error.contains("manifest.json"), "{error}");
}

#[test]
fn the_page_says_that_it_is_practice() {
    let dir = tempfile::tempdir().unwrap();
    practised(dir.path());
    let page = Report::load(dir.path()).unwrap().render();
    for part in ["Practice record", "The levels are feedback for the learner", "Two hours without any news"] {
        assert!(page.contains(part), "{part}");
    }
    for part in ["Human decision", "a human decides", "How to contest this"] {
        assert!(!page.contains(part), "{part}");
    }
}
