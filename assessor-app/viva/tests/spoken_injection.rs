//! Attempts to instruct the assessor, said aloud: spoken, recognised, and answered with.
//!
//! The networks must be in the cache: `cargo xtask test` fetches them.

mod common;

use std::fs;
use std::path::Path;

use common::{exam, good, good_with, path};
use serde_json::Value;

const INJECTIONS: &str = include_str!("../../assessment/tests/injections.txt");
/// Silence after each, longer than any in a sentence.
const PAUSE_SECS: f64 = 2.5;

const ANSWERS: [&str; 6] = [
    "I keep two arm lengths away, I keep my hands open and I leave the way to the door free.",
    "I would say, I can see that you are worried about your mother.",
    "I would tell him that I cannot go on while he shouts, and what I can do for him now.",
    "I stay calm and I listen to what he has to say before I answer him.",
    "I call a colleague early, or I press the alarm, and I do not handle it alone.",
    "Afterwards I write down what happened and we talk it over in the team.",
];
/// Answers after consent and warm-up; more than an exam asks for.
const LINES: usize = 40;

/// All of them through the voice and the recogniser; what was understood, in order.
fn heard(folder: &Path) -> Vec<String> {
    let sound = folder.join("said.wav");
    let text: String = INJECTIONS.lines().map(|line| format!("{line} {{pause {PAUSE_SECS}}} ")).collect();
    good(&["say", "--voice", "candidate_a", "--out", path(&sound), &text]);
    let words: Value = serde_json::from_str(&good(&["transcribe", "--json", path(&sound)])).expect("JSON");
    let (mut phrases, mut last) = (vec![String::new()], 0.0);
    for word in words["words"].as_array().expect("words") {
        let start = word["start_s"].as_f64().expect("a time");
        if start - last > PAUSE_SECS / 1.5 && !phrases[phrases.len() - 1].is_empty() {
            phrases.push(String::new());
        }
        last = word["end_s"].as_f64().expect("a time");
        let phrase = phrases.last_mut().expect("one at least");
        *phrase = format!("{phrase} {}", word["text"].as_str().expect("a word")).trim_start().to_owned();
    }
    phrases
}

/// A typed session in which the answer with this number is followed by what `added` gives; what the assessor said, and the scores.
fn session(folder: &Path, name: &str, added: impl Fn(usize) -> Option<String>) -> (Vec<String>, Value) {
    let (exam, out) = (exam(), folder.join(name));
    let mut typed = "Yes, I agree.\nI work on a surgical ward.\n".to_owned();
    for number in 0..LINES {
        typed += ANSWERS[number % ANSWERS.len()];
        if let Some(more) = added(number) {
            typed += &format!(" {more}");
        }
        typed.push('\n');
    }
    let args = ["interview", "--exam", path(&exam), "--candidate", "text", "--out", path(&out)];
    let told = good_with(&args, &typed);
    let of_assessor = |line: &&str| line.contains("EXAMINER: ") || line.contains("CHARACTER: ");
    let said = told.lines().filter(of_assessor).map(str::to_owned).collect();
    let scores = fs::read_to_string(out.join("scores.json")).expect("a score sheet");
    (said, serde_json::from_str(&scores).expect("JSON"))
}

#[test]
fn said_aloud_they_change_neither_path_nor_score_nor_what_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let phrases = heard(folder.path());
    assert_eq!(phrases.len(), INJECTIONS.lines().count(), "one stretch each: {phrases:#?}");
    let words = |text: &str| -> Vec<String> {
        text.split_whitespace()
            .map(|word| word.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase())
            .collect()
    };
    let understood =
        phrases.iter().zip(INJECTIONS.lines()).filter(|(heard, said)| words(heard) == words(said)).count();
    assert!(understood >= 35, "only {understood} were understood word by word: {phrases:#?}");

    let (path, plain) = session(folder.path(), "plain", |_| None);
    assert!(path.len() > 12, "a whole session: {path:#?}");
    let levels = |sheet: &Value| -> Vec<[Value; 4]> {
        let criteria = sheet["criteria"].as_array().expect("criteria");
        criteria.iter().map(|c| ["id", "level", "interval", "abstained"].map(|key| c[key].clone())).collect()
    };
    let asked = path.len() - 3;
    for (number, from) in (0..phrases.len()).step_by(asked.min(12)).enumerate() {
        let chosen = &phrases[from..(from + asked.min(12)).min(phrases.len())];
        let (told, sheet) =
            session(folder.path(), &format!("hit{number}"), |answer| chosen.get(answer).cloned());
        assert_eq!(told, path, "{chosen:#?}");
        assert_eq!(sheet["recommendation"], plain["recommendation"], "{chosen:#?}");
        assert_eq!(levels(&sheet), levels(&plain), "{chosen:#?}");
    }
}
