//! A bundle from its first event to the decision, and everything that may be done to it in between.

#![expect(clippy::unwrap_used, reason = "a test program")]

mod common;

use std::{fs, path::Path};

use ed25519_dalek::SigningKey;
use proptest::prelude::*;
use viva_media::Timestamp;
use viva_record::{
    BundleWriter, Decision, Outcome, RecordError, RecordedDecision, Track, append_seal, keys, recover,
    review::review, seal, vtt,
};
use viva_verify::{Fault, verify_bundle};

fn sealed(audio_secs: i64) -> (tempfile::TempDir, SigningKey) {
    let (dir, key) = (tempfile::tempdir().unwrap(), SigningKey::from_bytes(&[3; 32]));
    common::write_bundle(dir.path(), audio_secs);
    seal(dir.path(), &key, common::SEALED_AT).unwrap();
    (dir, key)
}

fn decision(outcome: Outcome) -> Decision {
    Decision {
        outcome,
        by: "R. Viewer".into(),
        reason: "Quotes read and heard.".into(),
        at: "2026-03-03T09:00:00Z".into(),
    }
}

fn files(dir: &Path, prefix: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir.join(prefix)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(dir, &format!("{path}/")));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn a_session_is_sealed_reviewed_and_verified() {
    let (dir, key) = sealed(80);
    let whole = verify_bundle(dir.path(), Some(&key.verifying_key())).unwrap();
    assert_eq!((whole.seals.len(), whole.session.as_str()), (1, common::header().session_id.as_str()));
    let before: Vec<Vec<u8>> =
        files(dir.path(), "").iter().map(|path| fs::read(dir.path().join(path)).unwrap()).collect();
    let names = files(dir.path(), "");

    let recorded = review(dir.path(), &decision(Outcome::Award), &key).unwrap();
    assert!(recorded.is_demonstration());
    for (path, bytes) in names.iter().zip(before) {
        assert_eq!(fs::read(dir.path().join(path)).unwrap(), bytes, "{path} was touched by the review");
    }
    let again = verify_bundle(dir.path(), None).unwrap();
    assert_eq!((again.seals.len(), &again.session_root), (2, &whole.record_root));
    assert_eq!(again.seals[1].previous.as_ref(), Some(&whole.record_root));
    assert!(matches!(review(dir.path(), &decision(Outcome::Deny), &key), Err(RecordError::AlreadyReviewed)));

    fs::create_dir(dir.path().join("credential")).unwrap();
    fs::write(dir.path().join("credential/vc.jwt"), "x").unwrap();
    assert_eq!(verify_bundle(dir.path(), None).unwrap_err().to_string(), "credential/vc.jwt: is not sealed");
    let third = append_seal(dir.path(), &key, "The credential.", "2026-03-03T09:01:00Z", None).unwrap();
    assert_eq!(third.seals.len(), 3);
    assert_eq!(RecordedDecision::load(dir.path(), None).unwrap().decision(), &decision(Outcome::Award));
}

#[test]
fn what_was_written_reads_back() {
    let (dir, _) = sealed(80);
    let captions = fs::read_to_string(dir.path().join("transcript.vtt")).unwrap();
    assert_eq!(vtt::read(&captions).unwrap(), vtt::cues(&common::transcript()));
    for (path, secs) in [("audio/candidate.wav", 72.0), ("audio/assessor.wav", 62.0)] {
        let wav = hound::WavReader::open(dir.path().join(path)).unwrap();
        assert!(f64::from(wav.duration()) / 16_000.0 > secs, "{path}: {}", wav.duration());
    }
    let read: viva_record::wire::ScoreSheet =
        serde_json::from_slice(&fs::read(dir.path().join("scores.json")).unwrap()).unwrap();
    assert_eq!(read, common::scores());
    let stamps = fs::read_to_string(dir.path().join("events.jsonl")).unwrap();
    assert!(stamps.lines().any(|line| line.contains(r#""kind":"audio_stamps""#)));
}

#[test]
fn a_decision_needs_a_name_a_reason_and_a_whole_bundle() {
    let (dir, key) = sealed(0);
    for bad in [
        Decision { by: " ".into(), ..decision(Outcome::Award) },
        Decision { reason: String::new(), ..decision(Outcome::Award) },
    ] {
        assert!(matches!(review(dir.path(), &bad, &key), Err(RecordError::Decision(_))));
    }
    assert!(matches!(RecordedDecision::load(dir.path(), None), Err(RecordError::NotReviewed)));
    let other = SigningKey::from_bytes(&[4; 32]);
    assert!(matches!(review(dir.path(), &decision(Outcome::Award), &other), Err(RecordError::NotWhole(_))));
    // A review.json that somebody laid beside the record is not a recorded decision.
    fs::write(dir.path().join("review.json"), serde_json::to_vec(&decision(Outcome::Award)).unwrap())
        .unwrap();
    assert!(RecordedDecision::load(dir.path(), None).is_err());
    // Nor does sealing it without its event make it one.
    let sealed_anyway = append_seal(dir.path(), &key, "x", common::SEALED_AT, None).unwrap_err();
    assert_eq!(sealed_anyway.to_string(), "review.json: the decision is not the one in the review's events");
}

#[test]
fn a_crash_leaves_a_prefix_that_can_be_sealed() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = BundleWriter::create(dir.path(), &common::header()).unwrap();
    for turn in &common::transcript().turns {
        writer.append_turn(turn).unwrap();
    }
    // The process dies here: nothing is finished. Half a line is on the disk.
    std::mem::forget(writer);
    let path = dir.path().join("events.jsonl");
    let mut bytes = fs::read(&path).unwrap();
    bytes.extend(b"{\"body\":{\"half");
    fs::write(&path, &bytes).unwrap();
    let key = keys::demo_key();
    assert!(matches!(seal(dir.path(), &key, common::SEALED_AT), Err(RecordError::Torn(14))));
    assert_eq!(recover(dir.path()).unwrap().events, 11);
    assert_eq!(seal(dir.path(), &key, common::SEALED_AT).unwrap().events, 11);
    assert!(matches!(seal(dir.path(), &key, common::SEALED_AT), Err(RecordError::AlreadySealed)));
}

#[test]
fn a_refused_sound_file_is_told_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = BundleWriter::create(dir.path(), &common::header()).unwrap();
    fs::write(dir.path().join("audio"), "a file where the folder should be").unwrap();
    let mut push =
        |block: i64| writer.audio(Track::Candidate, Timestamp::from_millis(block * 20), 16_000, &[0.1; 320]);
    assert!(matches!(push(0), Err(RecordError::Io { .. })));
    assert!((1..200).all(|block| push(block).is_ok()));
    assert_eq!(writer.finish(Timestamp::ZERO).unwrap().dropped_events, 0);
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let writer = BundleWriter::create(&dir.path().join("bundle"), &common::header()).unwrap();
    for name in ["../x", "/x", "a/../x", "", ".", "a//b", "a b", "é", ".hidden", "a\\b"] {
        assert!(matches!(writer.write_file(name, b"x"), Err(RecordError::BadName(_))), "{name}");
    }
    writer.write_file("work/sample-1.txt", b"x").unwrap();
    assert!(matches!(writer.write_file("work/sample-1.txt", b"y"), Err(RecordError::Exists(_))));
    writer.finish(Timestamp::ZERO).unwrap();
    assert!(matches!(
        BundleWriter::create(&dir.path().join("bundle"), &common::header()),
        Err(RecordError::NotEmpty(_))
    ));
}

/// Each forgery with the first thing that the verifier must name.
#[test]
fn forgeries_are_named() {
    type Forgery = fn(&Path);
    let edit = |dir: &Path, file: &str, from: &str, to: &str| {
        let text = fs::read_to_string(dir.join(file)).unwrap();
        assert!(text.contains(from), "{file} has no {from}");
        fs::write(dir.join(file), text.replacen(from, to, 1)).unwrap();
    };
    let cases: [(Forgery, &str); 7] = [
        (|dir| fs::write(dir.join("extra.txt"), "x").unwrap(), "extra.txt: is not sealed"),
        (|dir| fs::remove_file(dir.join("scores.json")).unwrap(), "scores.json: is sealed, but missing"),
        (
            |dir| fs::remove_dir_all(dir.join("seals")).unwrap(),
            "seals/0001.json: is missing: the bundle is not sealed",
        ),
        (
            |dir| {
                let text = fs::read_to_string(dir.join("events.jsonl")).unwrap();
                let lines: Vec<&str> = text.lines().collect();
                fs::write(dir.join("events.jsonl"), [lines[0], lines[1], lines[3]].join("\n") + "\n")
                    .unwrap();
            },
            "events.jsonl line 3: hash does not follow from line 2",
        ),
        (
            |dir| {
                let text = fs::read_to_string(dir.join("events.jsonl")).unwrap();
                let keep = text.lines().count() - 1;
                fs::write(
                    dir.join("events.jsonl"),
                    text.lines().take(keep).map(|line| format!("{line}\n")).collect::<String>(),
                )
                .unwrap();
            },
            "events.jsonl: chain ends at line 19, sealed are 20 lines and another head",
        ),
        (
            |dir| fs::rename(dir.join("timing.json"), dir.join("time .json")).unwrap(),
            "time .json: has a name that a bundle does not allow",
        ),
        (
            |dir| fs::create_dir_all(dir.join("a/b/c/d/e")).unwrap(),
            "a/b/c/d/e: is beyond the limits of a bundle (depth of folders)",
        ),
    ];
    for (forge, expected) in cases {
        let (dir, _) = sealed(0);
        forge(dir.path());
        assert_eq!(verify_bundle(dir.path(), None).unwrap_err().to_string(), expected);
    }
    let (dir, _) = sealed(0);
    edit(
        dir.path(),
        "scores.json",
        "Two hours without any news is a long time.",
        "Two hours without any news is a short time",
    );
    let failure = verify_bundle(dir.path(), None).unwrap_err();
    assert!(failure.to_string().starts_with("scores.json: sha256 differs: sealed "), "{failure}");
    let (dir, _) = sealed(0);
    let failure = verify_bundle(dir.path(), Some(&keys::demo_key().verifying_key())).unwrap_err();
    assert!(matches!(failure.fault, Fault::Key { .. }));
}

/// Whoever holds the key can seal anything; what contradicts itself is refused all the same.
#[test]
fn a_sealed_contradiction_is_refused() {
    let cases: [(&str, &str, &str, &str); 4] = [
        (
            "scores.json",
            "is a long time.\"",
            "is a short time\"",
            "scores.json: quote “Two hours without any news is a short time” is not in turn 3",
        ),
        (
            "scores.json",
            "\"turn\": 3",
            "\"turn\": 99",
            "scores.json: quote of turn 99, which is not in the transcript",
        ),
        (
            "transcript.json",
            "\"text\": \"hours\"",
            "\"text\": \"days\"",
            "transcript.json: turn 3 is not the one in the events",
        ),
        ("manifest.json", "7f3c2a10", "00000000", "manifest.json: is not the one in the first event"),
    ];
    for (file, from, to, expected) in cases {
        let dir = tempfile::tempdir().unwrap();
        common::write_bundle(dir.path(), 0);
        let path = dir.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no {from}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
        let result = seal(dir.path(), &keys::demo_key(), common::SEALED_AT);
        assert_eq!(result.unwrap_err().to_string(), expected);
        assert!(!dir.path().join("seals").exists(), "no seal may stay over a bundle that is not whole");
    }
}

#[cfg(unix)]
#[test]
fn links_are_refused() {
    let (dir, _) = sealed(0);
    let outside = tempfile::NamedTempFile::new().unwrap();
    fs::copy(dir.path().join("timing.json"), outside.path()).unwrap();
    fs::remove_file(dir.path().join("timing.json")).unwrap();
    std::os::unix::fs::symlink(outside.path(), dir.path().join("timing.json")).unwrap();
    let failure = verify_bundle(dir.path(), None).unwrap_err();
    assert_eq!(failure.to_string(), "timing.json: is neither a plain file nor a folder");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn any_flipped_byte_fails_and_names_its_file(file in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), flip in 1_u8..) {
        thread_local!(static BUNDLE: (tempfile::TempDir, Vec<String>) = {
            let (dir, key) = sealed(1);
            review(dir.path(), &decision(Outcome::Award), &key).unwrap();
            let files = files(dir.path(), "");
            (dir, files)
        });
        BUNDLE.with(|(dir, files)| {
            let name = file.get(files);
            let path = dir.path().join(name);
            let good = fs::read(&path).unwrap();
            let mut bad = good.clone();
            *at.get_mut(&mut bad) ^= flip;
            fs::write(&path, &bad).unwrap();
            let failure = verify_bundle(dir.path(), None);
            fs::write(&path, &good).unwrap();
            prop_assert_eq!(&failure.unwrap_err().file, name);
            Ok(())
        })?;
    }

    #[test]
    fn garbage_in_a_seal_or_the_events_is_a_failure_and_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), json in "[\\[\\]{}\":,a-z0-9 ]{0,200}") {
        for garbage in [bytes, json.into_bytes()] {
            for name in ["events.jsonl", "seals/0001.json"] {
                let dir = tempfile::tempdir().unwrap();
                fs::create_dir(dir.path().join("seals")).unwrap();
                fs::write(dir.path().join(name), &garbage).unwrap();
                prop_assert!(verify_bundle(dir.path(), None).is_err());
            }
        }
    }
}
