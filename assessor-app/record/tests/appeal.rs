//! After an appeal was decided the person concerned gets a letter again, and the first one stays.

#![expect(clippy::unwrap_used, reason = "a test program")]

mod common;

use std::path::Path;

use ed25519_dalek::SigningKey;
use viva_record::{
    Decision, Outcome,
    oversight::{self, Appeal, AppealDecision, BlindScore, Override, OverrideCode, Step},
    review::review,
    seal,
};
use viva_verify::verify_bundle;

fn append(dir: &Path, key: &SigningKey, steps: &[Step]) -> Result<(), String> {
    let root = verify_bundle(dir, None).unwrap().record_root;
    oversight::append(dir, steps, &root, "A step.", key).map(drop).map_err(|error| error.to_string())
}

fn blind(by: &str) -> Step {
    let levels = [("acknowledge", Some(3)), ("commit", Some(4)), ("safety", Some(3))];
    Step::BlindScore(BlindScore {
        by: by.into(),
        levels: levels.map(|(id, level)| (id.to_owned(), level)).into(),
        routed: vec!["appeal".into()],
        note: String::new(),
        at: "2026-03-09T09:00:00Z".into(),
    })
}

fn decided(by: &str, outcome: Outcome) -> Step {
    let (reason, at) = ("The way out is named <twice>.".into(), "2026-03-09T10:00:00Z".into());
    Step::AppealDecision(AppealDecision { by: by.into(), outcome, reason, at })
}

#[test]
fn a_decided_appeal_writes_letters_and_a_report() {
    let (dir, key) = (tempfile::tempdir().unwrap(), SigningKey::from_bytes(&[3; 32]));
    let dir = dir.path();
    common::write_bundle(dir, 0);
    seal(dir, &key, common::SEALED_AT).unwrap();
    let (by, reason, at) = ("Ada".into(), "The way out is missing.".into(), "2026-03-03T09:00:00Z".into());
    review(dir, &Decision { outcome: Outcome::Deny, by, reason, at }, &key).unwrap();
    let first = std::fs::read(dir.join("letter-reviewed.en.html")).unwrap();
    let (by, text, at) = ("Cy".into(), "I named it in turn 9.".into(), "2026-03-08T09:00:00Z".into());
    append(dir, &key, &[Step::Appeal(Appeal { by, text, at })]).unwrap();
    assert!(!dir.join("letter-appeal-1.en.html").exists(), "not before it is decided");
    append(dir, &key, &[blind("Ben")]).unwrap();
    let set = Step::Override(Override {
        by: "Ben".into(),
        criterion: "safety".into(),
        machine: None,
        level: Some(3),
        code: OverrideCode::MissedEvidence,
        reason: "Turn 9 names the door.".into(),
        at: "2026-03-09T10:00:00Z".into(),
    });
    // Who decided before cannot decide again, and leaves no letter behind.
    append(dir, &key, &[decided("ada", Outcome::Award)]).unwrap_err();
    assert!(!dir.join("letter-appeal-1.en.html").exists() && !dir.join("report-appeal-1.html").exists());
    append(dir, &key, &[set, decided("Ben", Outcome::Award)]).unwrap();
    verify_bundle(dir, Some(&key.verifying_key())).unwrap();
    let read = |name: &str| std::fs::read_to_string(dir.join(name)).unwrap();
    for (name, parts) in [
        (
            "letter-appeal-1.en.html",
            [
                "the credential is awarded",
                "Your appeal",
                "I named it in turn 9.",
                "Your credential is issued.",
                "named &lt;twice&gt;",
                "Level 3 of 4, set by Ben; the machine had none",
            ],
        ),
        (
            "letter-appeal-1.de.html",
            [
                "Das Zertifikat wird erteilt",
                "Ihr Widerspruch",
                "I named it in turn 9.",
                "Ihr Zertifikat wird ausgestellt.",
                "named &lt;twice&gt;",
                "Stufe 3 von 4, gesetzt von Ben; das Programm hatte keine",
            ],
        ),
    ] {
        let page = read(name);
        for part in parts {
            assert!(page.contains(part), "{name} lacks {part}");
        }
    }
    assert!(read("report-appeal-1.html").contains("Ben decided on the appeal"));
    assert_eq!(std::fs::read(dir.join("letter-reviewed.en.html")).unwrap(), first, "the first letter stays");
    // A second round has its own letter.
    let (by, text, at) = ("Ada".into(), "The door was closed.".into(), "2026-03-10T09:00:00Z".into());
    append(dir, &key, &[Step::Appeal(Appeal { by, text, at })]).unwrap();
    append(dir, &key, &[blind("Dee"), decided("Dee", Outcome::Deny)]).unwrap();
    assert!(read("letter-appeal-2.en.html").contains("Your credential is revoked."));
}
