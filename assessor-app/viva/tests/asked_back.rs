//! A candidate who asks, by voice and by typing: told from documents, refused, or contradicted by them; and what is no answer, by meaning.
//!
//! The networks must be in the cache: `cargo xtask test` fetches them.

mod common;

use std::fs;
use std::path::Path;

use common::{exam, good, good_with, path, viva};
use serde_json::Value;

const ANSWERS: [&str; 4] = [
    "I keep two arm lengths away, I keep my hands open and I leave the way to the door free.",
    "I would say, I can see that you are worried about your mother.",
    "I would tell him that I cannot go on while he shouts, and what I can do for him now.",
    "I call a colleague early, or I press the alarm, and I do not handle it alone.",
];

/// A typed session: after consent and warm-up these turns, then answers; what the assessor said.
fn typed(exam: &Path, out: &Path, turns: &[&str], more: &[&str]) -> Vec<String> {
    let mut input = "Yes, I agree.\nI work on a surgical ward.\n".to_owned();
    for turn in turns.iter().chain(ANSWERS.iter().cycle().take(40)) {
        input += turn;
        input.push('\n');
    }
    let mut args = vec!["interview", "--exam", path(exam), "--candidate", "text", "--out", path(out)];
    args.extend(more);
    let told = good_with(&args, &input);
    let of_assessor = |line: &&str| line.contains("EXAMINER: ") || line.contains("CHARACTER: ");
    told.lines().filter(of_assessor).map(str::to_owned).collect()
}

fn events(record: &Path, kind: &str) -> Vec<Value> {
    let lines = fs::read_to_string(record.join("events.jsonl")).expect("events");
    let event = |line: &str| serde_json::from_str::<Value>(line).expect("JSON")["body"].clone();
    lines.lines().map(event).filter(|body| body["event"] == kind).collect()
}

fn scores(record: &Path) -> Value {
    serde_json::from_slice(&fs::read(record.join("scores.json")).expect("a score sheet")).expect("JSON")
}

#[test]
fn a_typed_question_is_told_from_documents_or_refused_and_the_scores_stay() {
    let folder = tempfile::tempdir().expect("a folder");
    let (plain, asked) = (folder.path().join("plain"), folder.path().join("asked"));
    let letter = folder.path().join("invitation.md");
    fs::write(&letter, "# Invitation\n\nYou get the result as a letter within 21 days.\n")
        .expect("a test may write");
    let base = folder.path().join("base");
    good(&["kb", "add", path(&letter), path(&exam().join("knowledge")), "--kb", path(&base)]);
    let without = typed(&exam(), &plain, &[], &[]);
    let turns = ["Who gets to see the recording?", "When will I get my result?"];
    let said = typed(&exam(), &asked, &turns, &["--kb", path(&base)]);
    let all = said.join("\n");
    assert!(all.contains("In About this exam it says: "), "{all}");
    assert!(all.contains("The documents do not agree on this."), "{all}");
    assert!(all.contains("In Invitation it says: You get the result as a letter within 21 days."), "{all}");
    let became: Vec<_> = events(&asked, "candidate_asked").iter().map(|e| e["became"].clone()).collect();
    assert_eq!(became, ["answered", "contradicting"]);
    // The questions come in the same order, and nothing of it enters a level.
    let levels = |sheet: &Value| -> Vec<[Value; 3]> {
        let criteria = sheet["criteria"].as_array().expect("criteria");
        criteria.iter().map(|one| ["id", "level", "interval"].map(|key| one[key].clone())).collect()
    };
    let questions = |record: &Path| -> Vec<Value> {
        events(record, "question_asked").iter().map(|event| event["question"].clone()).collect()
    };
    assert_eq!(questions(&asked), questions(&plain));
    assert_eq!(levels(&scores(&asked)), levels(&scores(&plain)), "{without:#?}");
    let report = fs::read_to_string(asked.join("report.html")).expect("a report");
    assert!(report.contains("Questions of the candidate") && report.contains("“Invitation”"));
    good(&["verify", path(&asked)]);
    assert!(good(&["replay", path(&asked)]).contains("scores equal"));

    // The base holds what the questions rest on, and none of it is told.
    let helped = folder.path().join("helped");
    let fishing = ["Who is reached by the red phone at night?", "What does the handbook say about distance?"];
    let said = typed(&exam(), &helped, &fishing, &["--kb", path(&base)]).join("\n");
    for told in ["The nurse in charge", "two arm lengths", "red phone"] {
        assert!(!said.contains(told), "{said}");
    }
    // Another base than the recorded one is no replay.
    good(&["kb", "remove", "invitation.md", "--kb", path(&base)]);
    let replayed = viva(&["replay", path(&asked)], "");
    let error = String::from_utf8_lossy(&replayed.stderr).into_owned();
    assert!(!replayed.status.success() && error.contains("the knowledge base is another"), "{error}");
}

#[test]
fn a_spoken_question_is_told_from_a_handout() {
    let folder = tempfile::tempdir().expect("a folder");
    let (package, out) = (folder.path().join("exam"), folder.path().join("record"));
    copy(&exam(), &package);
    let script = package.join("candidates/strong.toml");
    let asks = "[[line]]\nquestion = \"angry-visitor\"\nspeaker = \"examiner\"\nkeywords = [\"visitor\", \"corridor\", \"shouting\"]\nsay = \"Who will see the recording of this?\"\n\n";
    let text = fs::read_to_string(&script).expect("a script");
    fs::write(&script, text.replacen("[[line]]", &format!("{asks}[[line]]"), 1)).expect("a test may write");
    good(&["exam", "check", path(&package)]);
    let args = [
        "interview",
        "--exam",
        path(&package),
        "--candidate",
        "sim:strong",
        "--out",
        path(&out),
        "--headless",
        "--no-video",
    ];
    good(&args);
    let asked = events(&out, "candidate_asked");
    assert_eq!(asked.len(), 1, "{asked:#?}");
    assert_eq!(asked[0]["became"], "answered", "{asked:#?}");
    let transcript = fs::read_to_string(out.join("transcript.json")).expect("a transcript");
    let transcript: Value = serde_json::from_str(&transcript).expect("JSON");
    let said = |turn: &Value| -> String {
        let words = turn["words"].as_array().expect("words");
        words.iter().filter_map(|word| word["text"].as_str()).collect::<Vec<_>>().join(" ")
    };
    let turns = transcript["turns"].as_array().expect("turns");
    assert!(turns.iter().any(|turn| said(turn).starts_with("In About this exam it says:")), "{transcript}");
    assert_eq!(scores(&out)["recommendation"], "meets", "asking costs nothing");
    assert!(good(&["replay", path(&out)]).contains("scores equal"));
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a test may write");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let (path, name) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &name);
        } else {
            fs::copy(&path, &name).expect("a test may write");
        }
    }
}
