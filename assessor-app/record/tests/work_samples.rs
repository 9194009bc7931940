//! Work samples in a sealed record: who hands in what, what the verifier finds changed, and what people see.

#![expect(clippy::unwrap_used, reason = "a test program")]

mod common;

use std::path::Path;

use ed25519_dalek::SigningKey;
use viva_record::{
    Decision, Outcome,
    oversight::{
        self, Appeal, Step,
        work_samples::{HandedIn, SampleKind, SamplePassage, SampleSign, SampleWords, hand_in},
    },
    review::review,
    seal,
};
use viva_verify::{seal::SealBody, verify_bundle};

const PHOTO: &[u8] = b"\x89PNG\r\n\x1a\nnot really";
const REPORT: &str = "# Night shift\n\nI kept the door <b>free</b>.\n\nThen I called the nurse in charge.";

fn report() -> HandedIn {
    let passage = |text: &str, page| SamplePassage { text: text.into(), page: Some(page), span_ms: None };
    HandedIn {
        title: "Report of a <night> shift".into(),
        context: "volunteering, first aid".into(),
        kind: SampleKind::Document,
        ending: "md".into(),
        bytes: REPORT.into(),
        words: Some(SampleWords {
            passages: vec![
                passage("# Night shift", 1),
                passage("I kept the door <b>free</b>.", 1),
                passage("Then I called the nurse in charge.", 2),
            ],
        }),
        signs: vec![SampleSign {
            criterion: "safety".into(),
            sign: "keeps a way out".into(),
            against: false,
            quote: "I kept the door <b>free</b>.".into(),
            passage: 1,
            page: Some(1),
            span_ms: None,
        }],
    }
}

fn photo() -> HandedIn {
    let (title, context, ending) = ("The poster".into(), "ward 3".into(), "png".into());
    let (kind, bytes) = (SampleKind::Photo, PHOTO.to_vec());
    HandedIn { title, context, kind, ending, bytes, words: None, signs: Vec::new() }
}

fn sealed() -> (tempfile::TempDir, SigningKey) {
    let (dir, key) = (tempfile::tempdir().unwrap(), SigningKey::from_bytes(&[3; 32]));
    common::write_bundle(dir.path(), 0);
    seal(dir.path(), &key, common::SEALED_AT).unwrap();
    (dir, key)
}

fn give(dir: &Path, key: &SigningKey, samples: Vec<HandedIn>) -> Result<Vec<SealBody>, String> {
    let given = hand_in(dir, "Cy", "Made in March.", "2026-03-02T12:00:00Z", samples, key);
    given.map(|verified| verified.seals).map_err(|error| error.to_string())
}

fn decide(dir: &Path, key: &SigningKey) {
    let (by, reason, at) = ("Ada".into(), "The report shows it.".into(), "2026-03-03T09:00:00Z".into());
    review(dir, &Decision { outcome: Outcome::Award, by, reason, at }, key).unwrap();
}

#[test]
fn samples_stand_under_a_seal_and_a_change_is_found() {
    let (dir, key) = sealed();
    let dir = dir.path();
    let scores = std::fs::read(dir.join("scores.json")).unwrap();
    let seals = give(dir, &key, vec![report(), photo()]).unwrap();
    let paths: Vec<&str> = seals[1].files.iter().map(|file| file.path.as_str()).collect();
    let expect = [
        "oversight/0002.jsonl",
        "work-samples/0002/1.md",
        "work-samples/0002/1.words.json",
        "work-samples/0002/2.png",
    ];
    assert_eq!(paths, expect);
    let verified = verify_bundle(dir, None).unwrap();
    assert_eq!(
        (verified.oversight[0].kind.as_str(), verified.oversight[0].by.as_str()),
        ("work_samples", "Cy")
    );
    assert_eq!(std::fs::read(dir.join("scores.json")).unwrap(), scores, "no level rests on samples");

    for file in &expect[1..] {
        let whole = std::fs::read(dir.join(file)).unwrap();
        let mut changed = whole.clone();
        changed[3] ^= 1;
        std::fs::write(dir.join(file), changed).unwrap();
        let found = verify_bundle(dir, None).unwrap_err().to_string();
        assert!(found.starts_with(file) && found.contains("sha256 differs"), "{found}");
        std::fs::remove_file(dir.join(file)).unwrap();
        assert!(verify_bundle(dir, None).unwrap_err().to_string().contains("missing"));
        std::fs::write(dir.join(file), whole).unwrap();
    }
    std::fs::write(dir.join("work-samples/0002/3.md"), "slipped in").unwrap();
    assert!(verify_bundle(dir, None).unwrap_err().to_string().contains("not sealed"));
}

#[test]
fn what_is_not_in_a_file_cannot_be_quoted_and_nothing_of_it_stays() {
    let (dir, key) = sealed();
    let dir = dir.path();
    let altered = |change: &dyn Fn(&mut HandedIn)| {
        let mut sample = report();
        change(&mut sample);
        give(dir, &key, vec![sample]).unwrap_err()
    };
    for (error, says) in [
        (altered(&|one| one.signs[0].quote = "I kept the door free.".into()), "is not in passage 1"),
        (altered(&|one| one.signs[0].passage = 2), "is not in passage 2"),
        (altered(&|one| one.signs[0].passage = 9), "is not in passage 9"),
        (altered(&|one| one.signs[0].quote = " ".into()), "is not in passage 1"),
        (altered(&|one| one.words = None), "documents and recordings have words"),
        (altered(&|one| one.kind = SampleKind::Photo), "photos have none"),
        (altered(&|one| one.ending = "../x".into()), "is no name for a file"),
        (altered(&|one| one.bytes = vec![0; 33 << 20]), "may have 32 MiB"),
        (give(dir, &key, Vec::new()).unwrap_err(), "one to twenty"),
    ] {
        assert!(error.contains(says), "{error}");
        assert_eq!(verify_bundle(dir, None).unwrap().seals.len(), 1, "{says}");
    }
    let other = SigningKey::from_bytes(&[4; 32]);
    assert!(give(dir, &other, vec![photo()]).unwrap_err().contains("expected"));
}

#[test]
fn after_a_decision_samples_belong_to_an_appeal() {
    let (dir, key) = sealed();
    let dir = dir.path();
    give(dir, &key, vec![report(), photo()]).unwrap();
    decide(dir, &key);
    assert!(give(dir, &key, vec![photo()]).unwrap_err().contains("with an appeal"));
    let root = verify_bundle(dir, None).unwrap().record_root;
    let (by, text, at) = ("Cy".into(), "See my other report.".into(), "2026-03-08T09:00:00Z".into());
    oversight::append(dir, &[Step::Appeal(Appeal { by, text, at })], &root, "A step.", &key).unwrap();
    give(dir, &key, vec![report()]).unwrap();
    assert!(dir.join("work-samples/0005/1.md").is_file());
}

#[test]
fn the_report_and_the_letter_show_them_as_text() {
    let (dir, key) = sealed();
    let dir = dir.path();
    give(dir, &key, vec![report(), photo()]).unwrap();
    decide(dir, &key);
    let page = std::fs::read_to_string(dir.join("report-reviewed.html")).unwrap();
    for part in [
        "<h2 id=\"work-samples-title\">Work samples</h2>",
        "Report of a &lt;night&gt; shift",
        "I kept the door &lt;b&gt;free&lt;/b&gt;.",
        "href=\"#sample-0-0\"",
        ", page 1",
        "<img class=\"photo\" src=\"work-samples/0002/2.png\" alt=\"The poster\">",
        "img-src 'self' file:",
        "Cy handed in 2 work samples",
    ] {
        assert!(page.contains(part), "{part} is not in the report");
    }
    assert!(!page.contains("<b>free</b>") && !page.contains("<night>"));
    let card = page.split("Keeps everybody safe").nth(1).unwrap();
    assert!(!card.is_empty() && page.matches("id=\"sample-0-0\"").count() == 1);
    for (file, says) in
        [("letter-reviewed.en.html", "no level of the program"), ("letter-reviewed.de.html", "Arbeitsproben")]
    {
        let letter = std::fs::read_to_string(dir.join(file)).unwrap();
        assert!(letter.contains(says) && letter.contains("The poster"), "{file}");
    }
}
