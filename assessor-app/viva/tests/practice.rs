//! Practice and certification as their users run them, and the wall between the two.
//!
//! The sentence network must be in the cache: `cargo xtask test` fetches it.

mod common;

use std::fs;
use std::path::Path;

use common::{bad, exam, good_with, path, viva};
use serde_json::Value;

const ANSWERS: &str = "Yes, I agree.\nI work on a surgical ward.\n\
    I keep two arm lengths away, I keep my hands open and I leave the way to the door free.\n\
    I would say, I can see that you are worried about your mother.\n\
    I would tell him that I cannot go on while he shouts, and what I can do for him now.\n\
    I stay calm and I listen to what he has to say before I answer him.\n";

/// A typed session; what was said and its score sheet.
fn typed(folder: &Path, name: &str, more: &[&str]) -> (String, Value) {
    let (exam, out) = (exam(), folder.join(name));
    let mut args = vec!["interview", "--exam", path(&exam), "--candidate", "text", "--out", path(&out)];
    args.extend(more);
    let said = good_with(&args, &ANSWERS.repeat(4));
    let sheet = fs::read_to_string(out.join("scores.json")).expect("a score sheet");
    (said, serde_json::from_str(&sheet).expect("JSON"))
}

/// What the assessor said, and nothing of folders and times.
fn spoken(said: &str) -> Vec<&str> {
    said.lines().filter(|line| line.contains("EXAMINER: ") || line.contains("CHARACTER: ")).collect()
}

#[test]
fn nothing_remembered_reaches_a_session_that_may_count() {
    let folder = tempfile::tempdir().expect("a folder");
    let (plain, plain_sheet) = typed(folder.path(), "plain", &[]);
    let learner = folder.path().join("ana");
    let (_, practice) =
        typed(folder.path(), "practice", &["--mode", "practice", "--learner", path(&learner)]);
    assert_eq!(practice["recommendation"], "practice");
    let open = good_with(&["memory", "list", "--learner", path(&learner)], "");
    assert!(open.contains("open: ") && open.contains("from urn:uuid:"), "{open}");

    // The same exam with and without the memories beside it, word by word and level by level.
    let (certify, sheet) = typed(folder.path(), "certify", &["--learner", path(&learner)]);
    assert_eq!(spoken(&certify), spoken(&plain));
    assert_eq!(sheet, plain_sheet);
    assert!(!certify.contains("Last time"));
    // In an exam the memories are not even opened; afterwards the session is added, which then fails and says where the record is.
    fs::write(learner.join("memories.toml"), "this is no TOML").expect("a test may write");
    let (exam, out) = (exam(), folder.path().join("spoilt"));
    let args = [
        "interview",
        "--exam",
        path(&exam),
        "--candidate",
        "text",
        "--out",
        path(&out),
        "--learner",
        path(&learner),
    ];
    let output = viva(&args, &ANSWERS.repeat(4));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && error.contains("the session is recorded in"), "{error}");
    assert_eq!(spoken(&String::from_utf8_lossy(&output.stdout)), spoken(&plain));
    let spoilt = fs::read_to_string(out.join("scores.json")).expect("is scored");
    assert_eq!(serde_json::from_str::<Value>(&spoilt).expect("JSON"), plain_sheet);
    good_with(&["verify", path(&out)], "");
    // Practice does open them, before it begins.
    let next = folder.path().join("next");
    let args = [
        "interview",
        "--exam",
        path(&exam),
        "--candidate",
        "text",
        "--out",
        path(&next),
        "--learner",
        path(&learner),
        "--mode",
        "practice",
    ];
    bad(&args, &["memories.toml"]);
    assert!(!next.exists(), "nothing was begun");
}

#[test]
fn practice_is_taken_up_again_replayed_and_decided_by_nobody() {
    let folder = tempfile::tempdir().expect("a folder");
    let learner = folder.path().join("ana");
    let practice = ["--mode", "practice", "--learner", path(&learner)];
    let (first, _) = typed(folder.path(), "one", &practice);
    assert!(first.contains("This is practice.") && first.contains("For next time, this is open:"), "{first}");
    assert!(!first.contains("Last time this stayed open"), "nothing was remembered yet");
    let (second, _) = typed(folder.path(), "two", &practice);
    assert!(second.contains("Last time this stayed open: "), "{second}");
    let two = folder.path().join("two");
    assert!(good_with(&["replay", path(&two)], "").contains("scores equal"));
    good_with(&["verify", path(&two)], "");
    for decision in ["award", "deny"] {
        let args = ["review", path(&two), "--decision", decision, "--by", "Ada", "--reason", "Good."];
        bad(&args, &["this is a record of practice, and nothing of it may lead to a decision"]);
    }
    bad(&["review", "appeal", path(&two), "--by", "Cy", "--text", "No."], &["this is a record of practice"]);
    assert!(!two.join("letter.en.html").exists());

    // Memories are the learner's to read and to alter.
    let exam = exam();
    let of = ["--learner", path(&learner)];
    let added = good_with(
        &[
            "memory",
            "add",
            "gets-help-early",
            "--by",
            "R. Okafor",
            "--exam",
            path(&exam),
            "--criterion",
            "safety",
            "--learner",
            path(&learner),
        ],
        "",
    );
    assert!(added.contains("open: gets help early") && added.contains("by R. Okafor"), "{added}");
    let id = added.split_whitespace().next().expect("a name").to_owned();
    let alter = ["works days", "--by", "Ana", "--learner", path(&learner)];
    let edit = |id| [&["memory", "edit", id][..], &alter].concat();
    bad(&edit(&id), &["an open point keeps the rubric's words", "add a note"]);
    let note = ["memory", "add", "works nights", "--by", "R. Okafor", "--learner", path(&learner)];
    let note = good_with(&note, "").split_whitespace().next().expect("a name").to_owned();
    good_with(&edit(&note), "");
    let shown = good_with(&["memory", "show", &note, "--learner", path(&learner)], "");
    assert!(shown.contains("was = \"works nights\"") && shown.contains("by = \"Ana\""), "{shown}");
    good_with(&["memory", "forget", &id, "--learner", path(&learner)], "");
    bad(&["memory", "show", &id, "--learner", path(&learner)], &["there is no memory"]);
    bad(
        &[
            "memory",
            "add",
            "x",
            "--by",
            "Ana",
            "--exam",
            path(&exam),
            "--criterion",
            "none",
            "--learner",
            path(&learner),
        ],
        &["it has: safety"],
    );
    bad(&["memory", "list", "--learner", path(&folder.path().join("nobody"))], &["there is no folder"]);
    assert!(good_with(&[&["memory", "export"], &of[..]].concat(), "").contains("\"learner\": \"ana\""));

    // The profile is made of the same sessions.
    let profile = good_with(&["learner", "profile", "--json", "--learner", path(&learner)], "");
    let profile: Value = serde_json::from_str(&profile).expect("JSON");
    let skill =
        profile.as_array().expect("a list").iter().find(|one| one["criterion"] == "safety").expect("a skill");
    assert_eq!(skill["occasions"].as_array().map(Vec::len), Some(2), "{skill}");
    assert_eq!(skill["occasions"][0]["practice"], true);
    let again = good_with(&["learner", "add", "--learner", path(&learner), path(&two)], "");
    assert!(again.contains("0 points open"), "a session counts once: {again}");
    let page = folder.path().join("profile.html");
    good_with(
        &["learner", "profile", "--learner", path(&learner), "--exam", path(&exam), "--html", path(&page)],
        "",
    );
    assert!(fs::read_to_string(&page).expect("a page").contains("What to practise next"));
    let next = good_with(&["learner", "recommend", "--learner", path(&learner), "--exam", path(&exam)], "");
    assert!(
        next.contains("L0")
            && next.contains("why: ")
            && next.contains("next: viva interview --mode practice"),
        "{next}"
    );
    good_with(&[&["memory", "forget", "--all"], &of[..]].concat(), "");
    assert!(good_with(&[&["memory", "list"], &of[..]].concat(), "").contains("nothing is remembered"));
}

#[test]
fn guided_practice_leaves_a_document_and_the_loop_is_closed() {
    let folder = tempfile::tempdir().expect("a folder");
    let (cohort, note, exam) =
        (folder.path().join("cohort"), folder.path().join("new/notes/note.md"), folder.path().join("exam"));
    let learner = cohort.join("ana");
    let copied = std::process::Command::new("cp").arg("-r").arg(common::exam()).arg(&exam).status();
    assert!(copied.is_ok_and(|status| status.success()), "the package is copied");
    let practise = |task: &str, out: &Path, input: &str| {
        let args = [
            "learner",
            "practise",
            "--exam",
            path(&exam),
            "--task",
            task,
            "--learner",
            path(&learner),
            "--out",
            path(out),
        ];
        good_with(&args, input)
    };
    let told = practise(
        "incident-note",
        &note,
        "A man shouted at the desk.\nI stood at the door.\nI asked a colleague to stay near.\n\n\n",
    );
    assert!(told.contains("Not in it yet: ") && told.contains("close-loop d1"), "{told}");
    let made = fs::read_to_string(&note).expect("a document");
    assert!(
        made.contains("I stood at the door. I asked a colleague to stay near.")
            && !made.contains("## What I said"),
        "{made}"
    );
    let again = [
        "learner",
        "practise",
        "--exam",
        path(&exam),
        "--task",
        "incident-note",
        "--learner",
        path(&learner),
        "--out",
        path(&note),
    ];
    bad(&again, &["exists already"]);
    // A place that cannot be written to is found before anything is typed.
    let below = note.join("below.md");
    let mut nowhere = again;
    nowhere[9] = path(&below);
    let output = viva(&nowhere, "A man shouted at the desk.\n");
    assert!(common::text(&output.stderr).contains("cannot write to") && output.stdout.is_empty());
    let unknown = folder.path().join("other.md");
    bad(
        &[
            "learner",
            "practise",
            "--exam",
            path(&exam),
            "--task",
            "none",
            "--learner",
            path(&learner),
            "--out",
            path(&unknown),
        ],
        &["tasks of this package: incident-note"],
    );

    let workflow = folder.path().join("way.md");
    fs::write(&workflow, "# Handover\n\n## Sort\n\nOpen what is due.\n").expect("a test may write");
    let import = [
        "learner",
        "import-workflow",
        path(&workflow),
        "--by",
        "Sarah",
        "--exam",
        path(&exam),
        "--task",
        "handover",
    ];
    good_with(&import, "");
    bad(&import, &["cannot make"]);
    good_with(&["exam", "check", path(&exam)], "");
    assert!(
        practise("handover", &folder.path().join("handover.md"), "I sort by time.\n")
            .contains("Sarah: Open what is due.")
    );

    let close = ["learner", "close-loop", "d1", "--learner", path(&learner)];
    let asked = good_with(&close, "20\nyes\nthe form has no field\n\n");
    assert!(asked.contains("Was it good enough") && asked.contains("the loop of d1 is closed"), "{asked}");
    bad(&[&close[..], &["--saved-minutes", "-5", "--good-enough", "no"]].concat(), &["was closed on"]);
    let page = folder.path().join("coach.html");
    good_with(&["learner", "coach", "--learner", path(&learner), "--html", path(&page)], "");
    assert!(fs::read_to_string(&page).expect("a page").contains("it broke here: the form has no field"));
    bad(&["learner", "cohort", path(&cohort)], &["at least 3 learners"]);
    for name in ["ben", "cy"] {
        let args = ["learner", "practise", "--exam", path(&exam), "--task", "handover", "--learner"];
        let (other, out) = (cohort.join(name), folder.path().join(name).with_extension("md"));
        good_with(&[&args[..], &[path(&other), "--out", path(&out)]].concat(), "I sort by name.\n");
    }
    let csv = folder.path().join("cohort.csv");
    let parquet = folder.path().join("cohort.parquet");
    let files = ["--csv", path(&csv), "--parquet", path(&parquet)];
    let told = good_with(&[&["learner", "cohort", path(&cohort)][..], &files].concat(), "");
    assert!(fs::read(&parquet).expect("a file").starts_with(b"PAR1"));
    assert!(told.contains("3 learners"), "{told}");
    assert!(fs::read_to_string(&csv).expect("a table").contains("open loops,3.0000,4,"), "{told}");
}

#[test]
fn objects_of_an_exam_are_shown_and_tried() {
    let exam = exam();
    let persona = good_with(&["exam", "persona", path(&exam)], "");
    assert!(
        persona.contains("Vera, examiner") && persona.contains("1700 ms") && persona.contains("in practice:"),
        "{persona}"
    );
    let tried = good_with(
        &["exam", "guardrails", path(&exam), "--try", "Tell me a joke.", "--try", "I step back."],
        "",
    );
    assert!(
        tried.contains("is redirected once per question")
            && tried.contains("is an answer: no rule is set off"),
        "{tried}"
    );
    let folder = tempfile::tempdir().expect("a folder");
    typed(folder.path(), "one", &[]);
    let record = folder.path().join("one");
    let held = good_with(&["exam", "objectives", path(&exam), "--record", path(&record), "--json"], "");
    let held: Value = serde_json::from_str(&held).expect("JSON");
    let safety = held
        .as_array()
        .expect("a list")
        .iter()
        .find(|one| one["objective"] == "safety-covered")
        .expect("an objective");
    assert_eq!(safety["met"], true);
    assert!(
        safety["evidence"][0]["words"]
            .as_str()
            .is_some_and(|words| words.starts_with("I keep two arm lengths")),
        "{safety}"
    );
    let other = exam.with_file_name("sales-discovery");
    bad(&["exam", "objectives", path(&other), "--record", path(&record)], &["this package is another one"]);
}
