//! What holds for every exam package of the repository.

mod common;

use std::collections::BTreeSet;
use std::sync::Arc;

use common::{ALL, confirmed, exam_named, files_of, play, scorers};
use viva_assessment::conversation::{Ending, EventKind};
use viva_assessment::exam::{ProbeKind, schemas};
use viva_assessment::score::{Recommendation, Report, Setting};
use viva_assessment::{Exam, Scorer};

fn describe(report: &Report) -> String {
    let lines: Vec<&str> = report.reasons.iter().chain(&report.explanation).map(String::as_str).collect();
    lines.join("\n")
}

#[test]
fn strong_meets_weak_does_not_and_swapping_swaps() {
    for name in ALL {
        let exam = exam_named(name);
        for (how, scorer) in scorers(&exam) {
            for seed in 0..4 {
                for (candidate, expected) in
                    [("strong", Recommendation::Meets), ("weak", Recommendation::DoesNotMeet)]
                {
                    let outcome = confirmed(play(&exam, candidate, seed).outcome);
                    let report = scorer.score(&outcome).expect("no embedding fails");
                    let why = describe(&report);
                    assert_eq!(
                        report.recommendation, expected,
                        "{name}, {candidate}, {how}, seed {seed}\n{why}"
                    );
                }
            }
        }
        let files = files_of(name);
        let mut swapped = files.clone();
        swapped.insert("candidates/strong.toml".into(), files["candidates/weak.toml"].clone());
        swapped.insert("candidates/weak.toml".into(), files["candidates/strong.toml"].clone());
        let exam = Arc::new(Exam::load(&swapped).expect("a sound package"));
        let scorer = Scorer::lexical(exam.clone());
        let result = |who: &str| {
            scorer.score(&confirmed(play(&exam, who, 1).outcome)).expect("no embedder").recommendation
        };
        assert_eq!(
            (result("weak"), result("strong")),
            (Recommendation::Meets, Recommendation::DoesNotMeet),
            "{name}"
        );
    }
}

#[test]
fn interviews_are_whole_and_every_required_domain_is_asked() {
    for name in ALL {
        let exam = exam_named(name);
        for candidate in ["strong", "weak"] {
            for seed in 0..4 {
                let played = play(&exam, candidate, seed);
                assert_eq!(played.outcome.ending, Ending::Complete, "{name}");
                assert!(
                    played.outcome.coverage.iter().all(|domain| domain.covered),
                    "{:?}",
                    played.outcome.coverage
                );
                let mut asked = played.said.iter().filter(|utterance| utterance.question.is_some());
                let long = asked.find(|utterance| utterance.text.split_whitespace().count() > 30);
                assert!(long.is_none(), "{name}: too long to be asked: {long:?}");
                let exchanges =
                    played.outcome.answers.iter().filter(|a| a.setting == Setting::RolePlay).count();
                assert!((3..=6).contains(&exchanges), "{name}, {candidate}: {exchanges} exchanges");
                let probes =
                    played.log.iter().filter(|e| matches!(e.kind, EventKind::ProbeChosen { .. })).count();
                let most = exam.frame().flow.probes_total as usize;
                assert!((1..=most).contains(&probes), "{name}, {candidate}: {probes} probes");
            }
        }
    }
}

#[test]
fn the_seed_chooses_among_equal_scenes() {
    for name in &ALL {
        let exam = exam_named(name);
        assert!(exam.role_play().dresses() >= 2, "{name} has one scene only");
        let scenes: BTreeSet<String> = (0..4)
            .filter_map(|seed| {
                play(&exam, "strong", seed).log.iter().find_map(|event| match &event.kind {
                    EventKind::RolePlayBegan { scene, .. } => Some(scene.clone()),
                    _ => None,
                })
            })
            .collect();
        assert_eq!(scenes.len(), exam.role_play().dresses(), "{name}: {scenes:?}");
    }
}

#[test]
fn a_harder_variant_is_refused() {
    let mut files = files_of("anti-money-laundering");
    let text = String::from_utf8(files["roleplay.toml"].clone()).expect("text");
    let (scene, variant) = text.split_at(text.find("[[variant]]").expect("a variant"));
    for (from, to, expected) in [
        ("opening_level = 3", "opening_level = 4", "opens at the same level"),
        ("calm_level = 1", "calm_level = 0", "ends under the same conditions"),
        ("at_level = 1", "at_level = 0", "under the same conditions"),
        ("affect_level = 1.0", "affect_level = 0.9", "the same levels"),
    ] {
        assert!(variant.contains(from));
        let changed = format!("{scene}{}", variant.replacen(from, to, 1));
        files.insert("roleplay.toml".into(), changed.into_bytes());
        let errors = Exam::load(&files).expect_err("a harder variant");
        let errors = errors.to_string();
        assert!(errors.contains(expected) && errors.starts_with("roleplay.toml:"), "{errors}");
    }
}

#[test]
fn banks_hold_a_minimum_set_and_all_kinds_of_probes() {
    for name in ALL {
        let exam = exam_named(name);
        let questions = &exam.frame().questions;
        let kinds: BTreeSet<ProbeKind> =
            questions.iter().flat_map(|q| q.probes.iter().map(|p| p.kind)).collect();
        assert_eq!(kinds.len(), 6, "{name}: {kinds:?}");
        for domain in exam.rubric().domains.iter().filter(|d| d.required && d.id != exam.role_play().domain) {
            let common = questions.iter().filter(|q| q.domain == domain.id && q.minimum_set).count();
            assert!(common > 0, "{name}: every candidate gets a question of `{}`", domain.id);
        }
    }
}

#[test]
fn exemplars_show_their_indicator_and_counter_exemplars_do_not() {
    for name in ALL {
        let exam = exam_named(name);
        let scorer = Scorer::lexical(exam.clone());
        let (mut wrong, mut all) = (Vec::new(), 0);
        for criterion in &exam.rubric().criteria {
            for indicator in &criterion.indicators {
                let said = |text: &String| scorer.shows(criterion, &indicator.id, text);
                all += indicator.paraphrases.len() + indicator.counter_exemplars.len();
                wrong.extend(
                    indicator
                        .paraphrases
                        .iter()
                        .filter(|t| !said(t))
                        .map(|t| format!("missed {}: {t}", indicator.id)),
                );
                wrong.extend(
                    indicator
                        .counter_exemplars
                        .iter()
                        .filter(|t| said(t))
                        .map(|t| format!("taken for {}: {t}", indicator.id)),
                );
            }
        }
        assert!(wrong.len() * 100 <= all * 5, "{name}: {} of {all}\n{}", wrong.len(), wrong.join("\n"));
    }
}

#[test]
fn the_committed_schemas_are_those_of_the_program() {
    for (name, schema) in schemas() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join(format!("../exams/schema/{name}.schema.json"));
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        let current = serde_json::to_string_pretty(&schema).expect("JSON") + "\n";
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder that can be made");
            std::fs::write(&path, &current).expect("a file that can be written");
            continue;
        }
        assert!(
            committed == current,
            "{} is old: run `viva exam schema --out assessor-app/exams/schema`",
            path.display()
        );
    }
}

#[test]
fn the_nearest_change_meets_the_standard_and_holds_nothing_needless() {
    for name in ALL {
        let exam = exam_named(name);
        let scorer = Scorer::lexical(exam.clone());
        let strong = play(&exam, "strong", 0).outcome;
        assert_eq!(scorer.nearest_change(&strong).expect("no embedder"), None, "{name}");
        let mut outcome = play(&exam, "weak", 0).outcome;
        let change = scorer.nearest_change(&outcome).expect("no embedder").expect("something is missing");
        assert!(!change.additions.is_empty(), "{name}: {change:#?}");
        assert_ne!(change.meets, !change.stands.is_empty(), "{name}: what stands is told: {change:#?}");
        // Said at the end of the session, without the help of the search, the sentences do what the letter says.
        for (number, addition) in change.additions.iter().enumerate() {
            let mut answer = outcome.answers.last().expect("answers").clone();
            let at = answer.turn.end;
            answer.turn = viva_assessment::typed_turn(900 + number as u32, &addition.example, at);
            answer.criteria = vec![addition.criterion.clone()];
            answer.heard = String::new();
            let criterion = exam.rubric().criterion(&addition.criterion).expect("a criterion");
            let shown_in = criterion.indicators.iter().find(|i| i.id == *addition.indicator.as_str());
            let live = shown_in.is_some_and(|i| i.shown_in == viva_assessment::exam::ShownIn::RolePlay);
            answer.setting = if live { Setting::RolePlay } else { Setting::Question };
            outcome.answers.push(answer);
        }
        let report = scorer.score(&confirmed(outcome)).expect("no embedder");
        let expected = if change.meets { Recommendation::Meets } else { Recommendation::DoesNotMeet };
        assert_eq!(report.recommendation, expected, "{name}\n{}", describe(&report));
    }
}

/// Words about a father as the other scene says them of a wife.
fn of_the_wife(sentence: &str) -> String {
    let other = |word: &str| match word {
        "father" => "wife".to_owned(),
        "he" => "she".to_owned(),
        "him" | "his" => "her".to_owned(),
        same => same.to_owned(),
    };
    let words = sentence.split_inclusive(|sign: char| !sign.is_alphanumeric()).map(|piece| {
        let word = piece.trim_end_matches(|sign: char| !sign.is_alphanumeric());
        other(word) + &piece[word.len()..]
    });
    words.collect()
}

#[test]
fn the_same_words_are_the_same_signs_in_both_scenes_of_a_package() {
    let exam = exam_named("nursing-de-escalation");
    let scorer = Scorer::lexical(exam.clone());
    let more = [
        "Your father is not the only one here.",
        "I would tell you that your father is not the only patient.",
        "I will look after your father.",
        "I am going back to your father.",
        "I promise that your father will sleep soon.",
        "I will bring his things.",
    ];
    let criteria = &exam.rubric().criteria;
    let own = criteria.iter().flat_map(|criterion| &criterion.indicators);
    let own = own.flat_map(|sign| sign.paraphrases.iter().chain(&sign.counter_exemplars)).map(String::as_str);
    let (mut compared, mut shown) = (0, 0);
    for sentence in more.into_iter().chain(own) {
        let swapped = of_the_wife(sentence);
        if swapped == sentence {
            continue;
        }
        compared += 1;
        for criterion in criteria {
            for sign in &criterion.indicators {
                let here = scorer.shows(criterion, &sign.id, sentence);
                shown += usize::from(here);
                assert_eq!(
                    here,
                    scorer.shows(criterion, &sign.id, &swapped),
                    "{}: {sentence} / {swapped}",
                    sign.id
                );
            }
        }
    }
    assert!(compared > 20 && shown > 20, "{compared} sentences, {shown} signs");
}

/// It is asked after one sign against a criterion, and then nothing contradicts anything.
#[test]
fn no_question_tells_somebody_of_a_contradiction() {
    for name in ALL {
        let exam = exam_named(name);
        for probe in exam.frame().questions.iter().flat_map(|question| &question.probes) {
            let text = probe.text.to_lowercase();
            let claims = probe.kind == ProbeKind::Recover
                && ["two things", "contradict", "do not agree", "quite agree", "which one holds"]
                    .iter()
                    .any(|claim| text.contains(claim));
            assert!(!claims, "{name}: {}", probe.text);
        }
    }
}
