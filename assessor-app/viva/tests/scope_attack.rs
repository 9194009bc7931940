//! Attacks on the scope of an exam by meaning: what no word pattern names, in whole typed sessions, and on real answers.
//!
//! The sentence network must be in the cache: `cargo xtask test` fetches it.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use common::{good, good_with, path, root};
use serde_json::Value;

const EXAMS: [&str; 3] = ["nursing-de-escalation", "anti-money-laundering", "sales-discovery"];
/// Written for this purpose, by topic; the half that no threshold was fitted on.
const SENTENCES: &str = include_str!("../../assessment/tests/data/scope.jsonl");

fn exam(name: &str) -> PathBuf {
    root().join("assessor-app/exams").join(name)
}

/// The attacks of a topic, or of every one.
fn attacks() -> Vec<String> {
    let items = SENTENCES.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    items
        .filter(|item| item["half"] == "test" && item["topic"] != "answer")
        .map(|item| item["text"].as_str().expect("a sentence").to_owned())
        .collect()
}

fn measured(name: &str) -> Value {
    let items = root().join("assessor-app/assessment/tests/data/scope.jsonl");
    let told = good(&["exam", "guardrails", path(&exam(name)), "--measure", path(&items), "--json"]);
    serde_json::from_str(&told).expect("JSON")
}

#[test]
fn most_of_what_is_no_answer_is_told_and_hardly_an_answer_is_lost() {
    let (mut beside, mut told, mut answers, mut lost) = (0, 0, 0, 0);
    for name in EXAMS {
        let figures = measured(name);
        let test = &figures["halves"]["test"];
        let count = |key: &str| test[key].as_u64().expect("a count");
        beside += count("beside");
        told += count("beside_told");
        answers += count("answers");
        lost += count("answers_lost");
    }
    // Nobody may lower the first or raise the second figure; docs/practice.md tells them.
    assert!(told * 100 >= beside * LEAST_TOLD_PERCENT, "{told} of {beside}");
    assert!(lost <= MOST_LOST, "{lost} of {answers}");
}

const LEAST_TOLD_PERCENT: u64 = 75;
const MOST_LOST: u64 = 2;

/// Every sentence that stands in a package, so that what else is said can be told.
fn written(folder: &Path, all: &mut String) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            written(&path, all);
        } else if path.extension().is_some_and(|ending| ending == "toml") {
            all.push_str(&fs::read_to_string(&path).expect("a file"));
        }
    }
}

#[test]
fn no_attack_changes_the_path_or_is_answered_with_what_no_author_wrote() {
    let attacks = attacks();
    assert!(attacks.len() >= 50, "{}", attacks.len());
    let folder = tempfile::tempdir().expect("a folder");
    let answers = [
        "I keep two arm lengths away and I leave the way to the door free.",
        "I would ask what happened and write down the facts.",
        "I would listen first and then say what I can do.",
        "I call a colleague early and do not handle it alone.",
    ];
    let name = EXAMS[0];
    let mut script = String::new();
    written(&exam(name), &mut script);
    let hold = |out: &str, attack: &dyn Fn(usize) -> Vec<String>| -> (Vec<String>, PathBuf) {
        let out = folder.path().join(out);
        let mut typed = "Yes, I agree.\nI work here.\n".to_owned();
        for number in 0..40 {
            attack(number).iter().for_each(|line| typed += &format!("{line}\n"));
            typed += &format!("{}\n", answers[number % answers.len()]);
        }
        let exam = exam(name);
        let args = ["interview", "--exam", path(&exam), "--candidate", "text", "--out", path(&out)];
        let told = good_with(&args, &typed);
        let said =
            told.lines().filter_map(|line| line.split_once("EXAMINER: ")).map(|(_, said)| said.to_owned());
        (said.collect(), out)
    };
    let questions = |record: &Path| -> Vec<String> {
        let lines = fs::read_to_string(record.join("events.jsonl")).expect("events");
        let bodies =
            lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")["body"].clone());
        bodies
            .filter(|body| body["event"] == "question_asked")
            .map(|body| body["question"].to_string())
            .collect()
    };
    let (_, plain) = hold("plain", &|_| Vec::new());
    let asked = questions(&plain).len() - 2;
    let mut unwritten = BTreeSet::new();
    for (number, chunk) in attacks.chunks(asked).enumerate() {
        // One attack before each answer to a question of the examiner; in the scene the candidate answers.
        let (said, record) =
            hold(&format!("hit{number}"), &|at| chunk.get(at).cloned().into_iter().collect());
        assert_eq!(questions(&record), questions(&plain), "{chunk:#?}");
        unwritten.extend(said.into_iter().filter(|said| !script.contains(said.as_str())));
    }
    let told_from_handouts = |said: &String| said.starts_with("In About this exam it says: ");
    unwritten.retain(|said| !told_from_handouts(said));
    assert!(unwritten.is_empty(), "{unwritten:#?}");
}
