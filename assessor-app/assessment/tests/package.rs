//! Faults of exam packages, each with its place.

mod common;

use std::collections::BTreeMap;

use viva_assessment::Exam;

fn errors(files: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    match Exam::load(files) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.errors().iter().map(ToString::to_string).collect(),
    }
}

fn with(change: &[(&str, &str, &str)]) -> BTreeMap<String, Vec<u8>> {
    let mut files = common::files();
    for (file, from, to) in change {
        let text = String::from_utf8(files[*file].clone()).expect("text");
        assert!(text.contains(from), "{from} does not stand in {file}");
        files.insert((*file).to_owned(), text.replacen(from, to, 1).into_bytes());
    }
    files
}

#[test]
fn each_fault_is_told_with_its_place() {
    for (file, from, to, expected) in [
        ("exam.toml", "id = \"nursing", "id = nursing", "exam.toml:1:"),
        ("persona.toml", "patience_ms = 1700", "patience_ms = \"long\"", "persona.toml:6:15: invalid type"),
        ("persona.toml", "role =", "rolle =", "unknown field `rolle`"),
        (
            "persona.toml",
            "\"Okay.\"",
            "\"Very good.\"",
            "persona.toml:7:21: `Very good.` judges the answer by `good`",
        ),
        ("persona.toml", "\"Okay.\"", "\"All right?\"", "persona.toml:7:21: `All right?`: letters"),
        ("persona.toml", "\"Thank you.\"", "\"okay\"", "persona.toml:7:30: `okay` is listed twice"),
        (
            "persona.toml",
            "[\"Okay.\", \"Thank you.\", \"All right.\", \"I see.\"]",
            "[\"Okay.\"]",
            "persona.toml:7:21: one acknowledgement would be said again and again: list at least two, or none",
        ),
        (
            "exam.toml",
            "links = [\"Thank you.\",",
            "links = [\"Thank you, {name}.\",",
            "exam.toml:30:10: a voice cannot say braces",
        ),
        ("rubric.toml", "cut_score = 2.5", "cut_score = 9.0", "`cut_score` must lie between"),
        ("rubric.toml", "weight = 1.0\nminimum", "weight = 0.0\nminimum", "`weight` must be above 0"),
        ("rubric.toml", "weight = 1.0\nminimum", "weight = inf\nminimum", "at most 1000"),
        ("rubric.toml", "minimum_level = 2", "minimum_level = 5", "must be one of the levels 1 to 4"),
        ("rubric.toml", "minimum_level = 2", "minimum_level = 0", "must be one of the levels 1 to 4"),
        ("rubric.toml", "\"not calibrated\"", "\"valid\"", "it is \"not calibrated\" or \"calibrated\""),
        (
            "exam.toml",
            "expected_s = 15.0",
            "expected_s = inf",
            "`expected_s` must be above 0 and at most 3600",
        ),
        (
            "exam.toml",
            "expected_s = 15.0",
            "expected_s = nan",
            "`expected_s` must be above 0 and at most 3600",
        ),
        ("exam.toml", "expected_s = 8.0", "expected_s = -8.0", "`warm_up.expected_s` must be above 0"),
        ("exam.toml", "id = \"nursing-de-escalation\"", "id = \" \"", "exam.toml:1:6: a name is empty"),
        ("exam.toml", "title = \"De-escalation on the ward\"", "title = \"\"", "`title` is empty"),
        ("exam.toml", "version = \"1.1.2\"", "version = \"\"", "exam.toml:1:6: `version` is empty"),
        (
            "exam.toml",
            "question = \"Do you agree to go on?\"",
            "question = \"\"",
            "a sentence of `consent` is empty",
        ),
        ("exam.toml", "yes = [\"yes\"", "yes = []\n#", "`consent.yes` and `consent.no` need patterns"),
        ("exam.toml", "no = [\"no\"", "no = []\n#", "`consent.yes` and `consent.no` need patterns"),
        ("persona.toml", "disclosure = [", "disclosure = [\"\", ", "`disclosure` is empty"),
        (
            "rubric.toml",
            "[[criterion.level]]\nlevel = 4",
            "[[criterion.level]]\nlevel = 5",
            "levels must count 1, 2, 3",
        ),
        ("rubric.toml", "id = \"calm-stance\"", "id = \"keeps-distance\"", "`keeps-distance` is named twice"),
        ("rubric.toml", "\"way out\"", "\"way (out\"", "pattern `way (out`: pattern words"),
        ("exam.toml", "criteria = [\"safety\"]", "criteria = [\"safty\"]", ": no criterion `safty`"),
        ("exam.toml", "#Space and stance", "#Space", "no heading `Space` in `knowledge/de-escalation.md`"),
        ("exam.toml", "\"gets-help-early\"", "\"gets-help\"", ": no indicator `gets-help`"),
        ("exam.toml", "kind = \"recover\"", "kind = \"clarify\"", "needs a probe of kind `recover`"),
        ("objectives.toml", "requires = [\"warmed-up\"]", "requires = [\"warm\"]", ": no objective `warm`"),
        ("objectives.toml", "count = 2", "count = 9", "asks 9 questions of `safety`, the bank holds 3"),
        ("objectives.toml", "kind = \"closing\"", "kind = \"warm_up\"", "the last objective, and only it"),
        ("guardrails.toml", "id = \"stop-now\"", "id = \"human-instead\"", "`human-instead` is named twice"),
        ("roleplay.toml", "after = [\"offers-a-step\"]", "after = [\"offers\"]", ": no behaviour `offers`"),
        ("roleplay.toml", "opening_level = 3", "opening_level = 7", "`opening_level` lies in 0..=4"),
        (
            "candidates/weak.toml",
            "question = \"angry-visitor\"",
            "question = \"angry\"",
            "no question `angry` in exam.toml",
        ),
    ] {
        let found = errors(&with(&[(file, from, to)]));
        assert!(found.iter().any(|error| error.contains(expected)), "{to}: {found:#?}");
    }
}

#[test]
fn no_exam_is_without_a_way_out() {
    for kind in ["human", "stop"] {
        let mut files = common::files();
        let text = String::from_utf8(files["guardrails.toml"].clone()).expect("text");
        let without = text.replace(&format!("kind = \"{kind}\""), "kind = \"help\"");
        files.insert("guardrails.toml".into(), without.into_bytes());
        let found = errors(&files).join("\n");
        assert!(found.contains(&format!("a rule of kind `{kind}` is needed")), "{found}");
    }
}

#[test]
fn a_circle_of_objectives_is_named() {
    let files = with(&[("objectives.toml", "requires = [\"warmed-up\"]", "requires = [\"scene-played\"]")]);
    let found = errors(&files).join("\n");
    let circle =
        "communication-covered → safety-covered → scene-played → escalation-covered → communication-covered";
    let named = ["safety-covered", "scene-played", "escalation-covered", "communication-covered"];
    assert!(
        found.contains("in a circle: ") && named.iter().all(|name| found.contains(name)),
        "{found}, for example {circle}"
    );
    assert!(found.starts_with("objectives.toml:"), "{found}");
}

#[test]
fn all_faults_are_told_at_once() {
    let mut files = with(&[
        ("persona.toml", "patience_ms = 1700", "patience_ms = \"long\""),
        ("exam.toml", "criteria = [\"safety\"]", "criteria = [\"safty\"]"),
        ("rubric.toml", "cut_score = 2.5", "cut_score = 9.0"),
    ]);
    files.remove("guardrails.toml");
    let found = errors(&files).join("\n");
    for expected in
        ["guardrails.toml:0:0: file is missing", "persona.toml:6:15", "no criterion `safty`", "`cut_score`"]
    {
        assert!(found.contains(expected), "{expected} is not told in\n{found}");
    }
}

#[test]
fn an_empty_package_is_a_list_of_missing_files() {
    let found = errors(&BTreeMap::new());
    assert_eq!(found.iter().filter(|error| error.contains("file is missing")).count(), 6);
    assert!(found.iter().any(|error| error.contains("knowledge")));
}

#[test]
fn a_rubric_without_anchors_is_refused() {
    let mut files = common::files();
    let text = String::from_utf8(files["rubric.toml"].clone()).expect("text");
    let from = text.find("[[criterion.level]]").expect("levels");
    let to = text.find("[[criterion.indicator]]").expect("indicators");
    files.insert("rubric.toml".into(), format!("{}{}", &text[..from], &text[to..]).into_bytes());
    let found = errors(&files);
    assert!(
        found.iter().any(|error| error.contains("needs at least 4 anchored levels, has 0")),
        "{found:#?}"
    );
}

#[test]
fn the_hash_knows_every_byte_and_path() {
    let files = common::files();
    let hash = Exam::load(&files).expect("a sound package").hash();
    assert_eq!(Exam::load(&files).expect("a sound package").hash(), hash);
    let mut changed = files.clone();
    changed.get_mut("persona.toml").expect("a file").push(b'\n');
    assert_ne!(Exam::load(&changed).expect("still sound").hash(), hash);
    let mut renamed = files;
    let text = renamed.remove("candidates/weak.toml").expect("a file");
    renamed.insert("candidates/wea.toml".into(), text);
    assert_ne!(Exam::load(&renamed).expect("still sound").hash(), hash);
}
