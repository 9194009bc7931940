//! Whole sessions through every room but the pictures: voice, ears, mind, conversation, scores, record.
//!
//! The networks must be in the cache: `cargo xtask test` fetches them.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn viva(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_viva")).args(args).output().expect("the program starts");
    let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "viva {args:?} failed: {out}{error}");
    out.into_owned()
}

fn json(path: PathBuf) -> Value {
    serde_json::from_slice(&std::fs::read(&path).expect("written by the program")).expect("JSON")
}

/// Holds an interview with a simulated candidate and gives back the bundle and its scores.
fn interview(exam: &Path, name: &str, folder: &Path) -> (PathBuf, Value) {
    let out = folder.join(name);
    let (exam, out_text) = (exam.to_str().expect("plain"), out.to_str().expect("plain"));
    let candidate = format!("sim:{name}");
    viva(&[
        "interview",
        "--exam",
        exam,
        "--candidate",
        &candidate,
        "--out",
        out_text,
        "--headless",
        "--no-video",
    ]);
    viva(&["verify", out_text]);
    let scores = json(out.join("scores.json"));
    (out, scores)
}

/// Every level rests on at least one quote, and the session replays bit for bit.
fn holds_together(dir: &Path, scores: &Value) {
    let criteria = scores["criteria"].as_array().expect("a list");
    let mut levels = criteria.iter().filter(|criterion| !criterion["level"].is_null());
    assert!(levels.all(|criterion| criterion["quotes"].as_array().is_some_and(|quotes| !quotes.is_empty())));
    let replayed = viva(&["replay", dir.to_str().expect("plain"), "--json"]);
    let replayed: Value = serde_json::from_str(&replayed).expect("JSON");
    assert_eq!(replayed["first_difference"], Value::Null);
    assert_eq!(
        (&replayed["with_media"], &replayed["scores_equal"]),
        (&Value::Bool(true), &Value::Bool(true))
    );
    assert!(replayed["pose_seconds"].as_u64() > Some(60), "{replayed}");
}

fn missing(scores: &Value) -> usize {
    let criteria = scores["criteria"].as_array().expect("a list");
    criteria.iter().map(|criterion| criterion["missing"].as_array().map_or(0, Vec::len)).sum()
}

fn nursing() -> PathBuf {
    root().join("assessor-app/exams/nursing-de-escalation")
}

#[test]
fn the_strong_candidate_meets_the_standard_and_is_not_talked_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let (dir, scores) = interview(&nursing(), "strong", folder.path());
    assert_eq!(scores["recommendation"], "meets", "{}", scores["explanation"]);
    let marks = json(dir.join("floor.json"));
    let marks = marks["marks"].as_array().expect("a list");
    let kinds: Vec<&str> = marks.iter().filter_map(|mark| mark["kind"].as_str()).collect();
    assert!(kinds.contains(&"commit"), "{kinds:?}");
    assert!(!kinds.contains(&"yield"), "the assessor speaks into no pause of the strong candidate");
    holds_together(&dir, &scores);
}

#[test]
fn the_weak_candidate_does_not_and_learns_what_was_missing() {
    let folder = tempfile::tempdir().expect("a folder");
    let (dir, scores) = interview(&nursing(), "weak", folder.path());
    assert_eq!(scores["recommendation"], "does_not_meet", "{}", scores["explanation"]);
    assert!(missing(&scores) > 5, "{scores}");
    let flags = scores["guardrails"].as_array().expect("a list");
    assert!(!flags.is_empty(), "the order to the machine is flagged");
    holds_together(&dir, &scores);
}

#[test]
fn a_recording_is_heard_and_the_record_says_that_nothing_was_answered() {
    let media = "/usr/share/pocketsphinx/test/data/librivox";
    let wav = std::fs::read_dir(media)
        .unwrap_or_else(|_| panic!("{media} is missing: `cargo xtask test` installs pocketsphinx-testdata"))
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "wav"))
        .min()
        .expect("readings");
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("recording");
    let exam = root().join("assessor-app/exams/nursing-de-escalation");
    viva(&[
        "interview",
        "--exam",
        exam.to_str().expect("plain"),
        "--media",
        wav.to_str().expect("plain"),
        "--out",
        out.to_str().expect("plain"),
    ]);
    viva(&["verify", out.to_str().expect("plain")]);
    let scores = json(out.join("scores.json"));
    assert_eq!(scores["recommendation"], "not_answered");
    let transcript = json(out.join("transcript.json"));
    let words = transcript["turns"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|t| t["words"].as_array().map_or(0, Vec::len))
        .sum::<usize>();
    assert!(words > 5, "{transcript}");
}
