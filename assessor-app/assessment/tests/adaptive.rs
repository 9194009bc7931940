//! What of an interview follows from the answers: difficulty, branches, unfamiliar cases, recoveries; each with its reason in the log.

mod common;

use std::collections::BTreeSet;
use std::sync::Arc;

use common::{ALL, Played, exam, exam_named, files, files_of, play, play_altered, play_with};
use viva_assessment::conversation::{Accommodation, EventKind, Measured, PracticePlan};
use viva_assessment::exam::{Polarity, ProbeKind};
use viva_assessment::score::{Presence, Recommendation, Setting};
use viva_assessment::{Config, Conversation, Exam, Scorer};

fn asked(played: &Played) -> Vec<String> {
    let questions = played.path().into_iter();
    questions.filter_map(|line| line.strip_prefix("ask ").map(str::to_owned)).collect()
}

/// The nursing exam with one file altered.
fn altered(file: &str, from: &str, to: &str) -> Arc<Exam> {
    let mut files = files();
    let text = String::from_utf8(files[file].clone()).expect("text");
    assert!(text.contains(from), "{from} does not stand in {file}");
    files.insert(file.to_owned(), text.replace(from, to).into_bytes());
    Arc::new(Exam::load(&files).unwrap_or_else(|errors| panic!("{errors}")))
}

#[test]
fn the_next_optional_question_fits_the_level_shown() {
    let exam = exam();
    for (candidate, expected, hard) in [("strong", "night-alone", 3), ("weak", "small-room", 1)] {
        for seed in 0..6 {
            let played = play(&exam, candidate, seed);
            assert_eq!(asked(&played)[2..4], ["angry-visitor", expected], "seed {seed}");
            let chosen = played.log.iter().find_map(|event| match &event.kind {
                EventKind::QuestionChosen { question, difficulty, reason } => {
                    Some((question.as_str(), *difficulty, reason.clone()))
                }
                _ => None,
            });
            let (question, difficulty, reason) = chosen.expect("the choice is logged");
            assert_eq!((question, difficulty), (expected, hard));
            assert!(reason.contains("shown so far on the criteria of this domain"), "{reason}");
        }
    }
}

#[test]
fn the_seed_chooses_among_questions_that_are_equally_hard() {
    let exam = altered("exam.toml", "difficulty = 3", "difficulty = 1");
    let second: BTreeSet<String> = (0..20).map(|seed| asked(&play(&exam, "weak", seed))[3].clone()).collect();
    assert_eq!(second.into_iter().collect::<Vec<_>>(), ["night-alone", "small-room"]);
}

#[test]
fn everybody_is_asked_the_common_minimum_set() {
    for name in ALL {
        let exam = exam_named(name);
        let common: Vec<&str> =
            exam.frame().questions.iter().filter(|q| q.minimum_set).map(|q| q.id.as_str()).collect();
        for (candidate, seed) in [("strong", 0), ("strong", 3), ("weak", 0), ("weak", 3)] {
            let played = play(&exam, candidate, seed);
            let asked = asked(&played);
            let minimum: Vec<&String> = asked.iter().filter(|id| common.contains(&id.as_str())).collect();
            assert_eq!(minimum, common, "{name}, {candidate}, seed {seed}: once each, in order");
            // What is beyond it has a reason of its own.
            let reasons = played.log.iter().filter(|event| {
                matches!(
                    event.kind,
                    EventKind::QuestionChosen { .. } | EventKind::Branched { is_taken: true, .. }
                )
            });
            let fixed = 2;
            assert_eq!(
                asked.len() - minimum.len() - fixed,
                reasons.count(),
                "{name}, {candidate}: {asked:?}"
            );
        }
    }
}

fn branch(played: &Played) -> Option<(String, String, bool)> {
    played.log.iter().find_map(|event| match &event.kind {
        EventKind::Branched { question, reason, is_taken, .. } => {
            Some((question.clone(), reason.clone(), *is_taken))
        }
        _ => None,
    })
}

fn measured(played: &Played, objective: &str) -> Vec<Measured> {
    let of = |event: &viva_assessment::ConversationEvent| match &event.kind {
        EventKind::ObjectiveMeasured { objective: name, outputs } if name == objective => {
            Some(outputs.clone())
        }
        _ => None,
    };
    played.log.iter().filter_map(of).next_back().expect("it was measured")
}

#[test]
fn an_objective_measures_and_branches() {
    let exam = exam();
    let weak = play(&exam, "weak", 1);
    let (question, reason, is_taken) = branch(&weak).expect("little was shown");
    assert_eq!(
        (question.as_str(), reason.as_str(), is_taken),
        ("near-miss", "escalation-level below 2", true)
    );
    let path = asked(&weak);
    let at = path.iter().position(|id| id == "near-miss").expect("it was asked");
    assert_eq!(path[at - 1], "call-for-help", "right after the objective's own question");
    let outputs = measured(&weak, "escalation-covered");
    let level = outputs.iter().find(|output| output.name == "escalation-level").expect("a variable");
    assert_eq!(level.value, Some(1));
    assert!(!level.quotes.is_empty(), "a level rests on words");
    let answered = outputs.iter().find(|output| output.name == "questions-answered").expect("a variable");
    assert_eq!(answered.value, Some(2), "the branch's question belongs to the objective");
    assert!(weak.outcome.objectives_met.iter().any(|id| id == "escalation-covered"));

    let strong = play(&exam, "strong", 1);
    assert_eq!(branch(&strong), None);
    assert!(!asked(&strong).iter().any(|id| id == "near-miss"));
    let outputs = measured(&strong, "escalation-covered");
    assert!(outputs.iter().any(|output| output.name == "escalation-level" && output.value >= Some(2)));
}

#[test]
fn an_objective_that_is_not_reached_stays_open_and_a_manual_one_waits() {
    let needs = |least: u8| {
        let to = format!("met_when = [{{ output = \"escalation-level\", at_least = {least} }}]");
        altered("objectives.toml", "met_when = [{ output = \"questions-answered\", at_least = 1 }]", &to)
    };
    let open = play(&needs(4), "weak", 1);
    assert_eq!(open.outcome.objectives_open, ["escalation-covered"]);
    let reason = open.log.iter().find_map(|event| match &event.kind {
        EventKind::ObjectiveNotMet { objective, reason } => Some(format!("{objective}: {reason}")),
        _ => None,
    });
    assert_eq!(reason.as_deref(), Some("escalation-covered: it needs escalation-level at least 4"));
    assert!(open.outcome.coverage.iter().all(|domain| domain.covered), "the interview went on");

    let sales = exam_named("sales-discovery");
    let waits = play(&sales, "strong", 1).outcome;
    assert_eq!(waits.objectives_to_confirm, ["reasoning-probed"]);
    assert!(!waits.objectives_met.contains(&"reasoning-probed".to_owned()));
    assert!(waits.objectives_open.is_empty());
}

#[test]
fn an_open_objective_leaves_the_result_to_a_human() {
    // More than the exam has questions for: nobody meets it.
    let exam = altered(
        "objectives.toml",
        "\"questions-answered\", at_least = 1",
        "\"questions-answered\", at_least = 9",
    );
    let sales = exam_named("sales-discovery");
    for (exam, says) in [
        (&exam, "objective not met: escalation-covered"),
        (&sales, "objective waits for a human: reasoning-probed"),
    ] {
        let scorer = Scorer::lexical(exam.clone());
        let mut outcome = play(exam, "strong", 1).outcome;
        let report = scorer.score(&outcome).expect("no embedder");
        assert_eq!(report.recommendation, Recommendation::ReferToHuman, "{says}");
        assert!(report.reasons.iter().any(|reason| reason == says), "{:?}", report.reasons);
        // It alone stood in the way.
        outcome.objectives_open.clear();
        outcome.objectives_to_confirm.clear();
        let report = scorer.score(&outcome).expect("no embedder");
        assert_eq!(report.recommendation, Recommendation::Meets, "{says}");
        // Who does not meet the standard is not carried by it; in practice nothing is recommended anyhow.
        let report = scorer.score(&play(exam, "weak", 1).outcome).expect("no embedder");
        assert_eq!(report.recommendation, Recommendation::DoesNotMeet, "{says}");
        assert!(report.reasons.iter().any(|reason| reason == says), "{:?}", report.reasons);
        let (config, plan) = (Config { seed: 1, ..Config::default() }, PracticePlan::default());
        let practice = Conversation::practise(Arc::new(Scorer::lexical(exam.clone())), config, plan);
        let practised = play_with(practice, exam, "strong", 1, |_, text| text);
        let report = scorer.score(&practised.outcome).expect("no embedder");
        assert_eq!(report.recommendation, Recommendation::Practice);
        assert!(!report.reasons.iter().any(|reason| reason.starts_with("objective")), "{:?}", report.reasons);
    }
    // What waits for a human is nothing that words of the candidate could change.
    let outcome = play(&sales, "strong", 1).outcome;
    assert!(Scorer::lexical(sales).nearest_change(&outcome).expect("no embedder").is_none());
}

#[test]
fn faults_of_objectives_are_told_with_their_place() {
    for (from, to, says) in [
        ("ask = \"near-miss\"", "ask = \"far-miss\"", "no question `far-miss`"),
        ("ask = \"near-miss\"", "ask = \"call-for-help\"", "everybody is asked the minimum set"),
        ("below = 2 }", "blow = 2 }", "unknown field `blow`"),
        (", below = 2 }", " }", "a condition needs `at_least` or `below`"),
        ("output = \"escalation-level\"", "output = \"depth\"", "no output of this objective `depth`"),
        ("criterion = \"escalation\"", "criterion = \"escape\"", "no criterion `escape`"),
        ("is = \"answered\"", "is = \"signs\"", "need a `criterion`"),
        ("below = 2 }", "below = 0 }", "nothing is below 0"),
        ("below = 2 }", "below = 5 }", "a bound on a level of `escalation` is one of 1 to 4"),
        ("below = 2 }", "at_least = 3, below = 3 }", "nothing is at least 3 and below 3"),
    ] {
        let mut files = files();
        let text = String::from_utf8(files["objectives.toml"].clone()).expect("text");
        assert!(text.contains(from), "{from}");
        files.insert("objectives.toml".into(), text.replacen(from, to, 1).into_bytes());
        let errors = Exam::load(&files).expect_err(says).to_string();
        assert!(errors.contains(says) && errors.contains("objectives.toml:"), "{says}: {errors}");
    }
    let text = String::from_utf8(files()["objectives.toml"].clone()).expect("text");
    let text = text.replacen("\"near-miss\"", "\"swearing\"", 1);
    let due =
        text.replacen("domain = \"communication\"\ncount = 2", "domain = \"communication\"\ncount = 3", 1);
    for (text, is_left) in [(text, true), (due, false)] {
        let mut files = files();
        files.insert("objectives.toml".into(), text.into_bytes());
        let errors = Exam::load(&files).err().map(|errors| errors.to_string()).unwrap_or_default();
        let says = "`swearing` may be needed by the objective of its domain `communication`";
        assert_eq!((errors.is_empty(), errors.contains(says)), (is_left, !is_left), "{errors}");
    }
    let mut files = files();
    let text = String::from_utf8(files["exam.toml"].clone()).expect("text");
    files.insert("exam.toml".into(), text.replacen("difficulty = 1", "difficulty = 4", 1).into_bytes());
    let errors = Exam::load(&files).expect_err("no such difficulty").to_string();
    assert!(errors.contains("`difficulty` is one of 1 to 3"), "{errors}");
    let text = text.replacen("minimum_set = true", "minimum_set = true\ndifficulty = 3", 1);
    files.insert("exam.toml".into(), text.into_bytes());
    let errors = Exam::load(&files).expect_err("another difficulty").to_string();
    assert!(errors.contains("a question of the minimum set has `difficulty = 2`"), "{errors}");
    assert!(errors.contains("exam.toml:47:6: "), "{errors}");
}

#[test]
fn no_question_follows_the_last_words() {
    let branch = "\n[[objective.output]]\nname = \"count\"\nis = \"answered\"\n\n[[objective.branch]]\nwhen = { output = \"count\", below = 1 }\nask = \"near-miss\"\n";
    for (name, is_sound) in [("closed", false), ("warmed-up", false), ("scene-played", true)] {
        let mut files = files();
        let text = String::from_utf8(files["objectives.toml"].clone()).expect("text");
        let at = text.find(&format!("id = \"{name}\"")).expect("an objective");
        let end = text[at..].find("\n\n").map_or(text.len(), |end| at + end);
        let text = format!("{}\n{branch}{}", text[..end].trim_end(), &text[end..]);
        files.insert("objectives.toml".into(), text.into_bytes());
        match Exam::load(&files) {
            Ok(_) => assert!(is_sound, "{name}"),
            Err(errors) => {
                let errors = errors.to_string();
                assert!(
                    !is_sound && errors.contains("only an objective of kind `questions` or `role_play`"),
                    "{name}: {errors}"
                );
                assert!(errors.starts_with("objectives.toml:"), "{errors}");
            }
        }
    }
}

#[test]
fn an_exam_says_which_conditions_may_be_varied() {
    let exam =
        altered("exam.toml", "longest_extra_time = 3.0", "longest_extra_time = 1.5\nmasked_timing = false");
    let allows = |patience_factor: f32, timing_masked: bool| {
        let wanted = Accommodation { patience_factor, timing_masked, text_instead_of_speech: true };
        exam.frame().accommodations.allows(&wanted)
    };
    assert_eq!(allows(1.5, false), Ok(()));
    assert!(allows(2.0, false).is_err_and(|why| why.contains("at most 1.5 times")));
    assert!(allows(1.0, true).is_err_and(|why| why.contains("timing")));
    for (from, to, says) in [
        ("longest_extra_time = 3.0", "longest_extra_time = 9.0", "lies in 1..=4"),
        ("within_days = 30", "within_days = 0", "`appeal.within_days`"),
        ("contact = \"appeals", "contact = \"\"\n#", "`appeal.contact` is empty"),
    ] {
        let mut files = files();
        let text = String::from_utf8(files["exam.toml"].clone()).expect("text");
        assert!(text.contains(from), "{from}");
        files.insert("exam.toml".into(), text.replacen(from, to, 1).into_bytes());
        let errors = Exam::load(&files).expect_err(says).to_string();
        assert!(errors.contains(says), "{says}: {errors}");
    }
}

#[test]
fn learnt_words_meet_an_unfamiliar_case() {
    let exam = exam();
    let safety = exam.rubric().criterion("safety").expect("a criterion");
    let signs = safety.indicators.iter().filter(|indicator| indicator.polarity == Polarity::Positive);
    let recited: String = signs.map(|sign| format!("I am somebody who {}. ", sign.text)).collect();
    let question = exam.question("angry-visitor").expect("a question");
    let read_back = question.text.clone();
    // As a letter gives them: an example of each sign.
    let examples: Vec<&str> =
        safety.indicators.iter().filter_map(|sign| sign.paraphrases.first()).map(String::as_str).collect();
    let examples = examples[..4].join(" ");
    for (learnt, says) in [
        (&recited, "recites the marking scheme"),
        (&read_back, "reads back what the assessor said"),
        (&examples, "word for word"),
    ] {
        // The third answer is the one to that question.
        let played =
            play_altered(&exam, "strong", Config { seed: 1, ..Config::default() }, |number, text| {
                if number == 2 { learnt.clone() } else { text }
            });
        let noted = played.log.iter().any(|event| {
            matches!(&event.kind, EventKind::RehearsedNoted { question, reason, .. } if question == "angry-visitor" && reason.contains(says))
        });
        assert!(noted, "{says}");
        let (probe, reason) = played
            .log
            .iter()
            .find_map(|event| match &event.kind {
                EventKind::ProbeChosen { question, probe, reason, .. } if question == "angry-visitor" => {
                    Some((*probe, reason.clone()))
                }
                _ => None,
            })
            .expect("a follow-up");
        assert_eq!(probe, ProbeKind::Variation, "{reason}");
        assert!(reason.contains(says) && reason.contains("unfamiliar case"), "{reason}");
    }
    // Who answers in own words is not taken for one who recites.
    for name in ALL {
        let exam = exam_named(name);
        for candidate in ["strong", "weak"] {
            let played = play(&exam, candidate, 2);
            assert!(!played.log.iter().any(|e| matches!(e.kind, EventKind::RehearsedNoted { .. })), "{name}");
        }
    }
}

#[test]
fn what_was_put_right_is_recorded_with_how() {
    let exam = exam();
    let scorer = Scorer::lexical(exam.clone());
    let wrong = "I would go up to him and take him by the arm and bring him out.";
    let right =
        "No wait, I keep my distance, about two arm lengths, and I step back and leave when I feel unsafe.";
    // Put right in the same answer, after the follow-up, and not at all.
    for (first, second, later, prompted) in [
        (format!("{wrong} {right}"), None, 0, None),
        (wrong.to_owned(), Some(right), 1, Some(ProbeKind::Recover)),
    ] {
        let played = play_altered(
            &exam,
            "strong",
            Config { seed: 1, ..Config::default() },
            |number, text| match number {
                2 => first.clone(),
                3 => second.map_or(text, str::to_owned),
                _ => text,
            },
        );
        let recoveries: Vec<_> = played
            .log
            .iter()
            .filter_map(|event| match &event.kind {
                EventKind::Recovered { criterion, recovery, .. } if criterion == "safety" => {
                    Some(recovery.clone())
                }
                _ => None,
            })
            .collect();
        assert!(!recoveries.is_empty(), "{first}");
        let report = scorer.score(&played.outcome).expect("no embedder");
        let score = report.criteria.iter().find(|score| score.criterion == "safety").expect("a criterion");
        let found: Vec<_> = score.findings.iter().filter_map(|finding| finding.recovery.as_ref()).collect();
        assert_eq!(found.len(), recoveries.len(), "told once each");
        for recovery in found {
            assert_eq!((recovery.answers_later, recovery.prompted), (later, prompted), "{recovery:?}");
            assert!(
                wrong.contains(recovery.wrong.text()) && right.contains(recovery.right.text()),
                "{recovery:?}"
            );
        }
        let corrected = score.findings.iter().filter(|f| f.presence == Presence::Corrected);
        assert!(corrected.clone().count() > 0 && corrected.clone().all(|f| f.recovery.is_some()));
    }
    let played = play(&exam, "strong", 1);
    assert!(!played.log.iter().any(|event| matches!(event.kind, EventKind::Recovered { .. })));
}

#[test]
fn what_was_put_right_elsewhere_is_told_before_the_end() {
    let exam = exam();
    let config = || Config { seed: 1, ..Config::default() };
    let plain = play(&exam, "strong", 1);
    let answers = &plain.outcome.answers;
    let in_scene = answers.iter().position(|answer| answer.setting == Setting::RolePlay).expect("a scene");
    // No later question asks for honesty.
    let wrong = "Everything will be fine, I guarantee it.";
    let right = "I do not know yet how long it takes, and I cannot promise it.";
    // The answers before it that are not scored: consent and warm-up.
    let first = in_scene + 2;
    let played = play_altered(&exam, "strong", config(), |number, text| match number {
        at if at == first => wrong.to_owned(),
        at if at == first + 1 => right.to_owned(),
        _ => text,
    });
    let at = |wanted: fn(&EventKind) -> bool| played.log.iter().rposition(|event| wanted(&event.kind));
    let told = played.log.iter().find_map(|event| match &event.kind {
        EventKind::Recovered { recovery, .. } if wrong.contains(recovery.wrong.text()) => {
            Some(recovery.clone())
        }
        _ => None,
    });
    let told = told.expect("it is told");
    assert!(right.contains(told.right.text()), "{told:?}");
    let recovered = at(|kind| matches!(kind, EventKind::Recovered { .. }));
    assert!(recovered < at(|kind| matches!(kind, EventKind::Ended { .. })), "before the end");
    let report = Scorer::lexical(exam.clone()).score(&played.outcome).expect("no embedder");
    let of_report: usize =
        report.criteria.iter().flat_map(|c| &c.findings).filter(|f| f.recovery.is_some()).count();
    let logged = played.log.iter().filter(|event| matches!(event.kind, EventKind::Recovered { .. })).count();
    assert_eq!(logged, of_report, "each once");
}

#[test]
fn a_second_occasion_turns_no_weak_candidate_into_a_strong_one() {
    for name in ALL {
        let exam = Arc::new(Exam::load(&files_of(name)).expect("a sound package"));
        let weak = play(&exam, "weak", 2);
        assert!(branch(&weak).is_some_and(|(_, _, is_taken)| is_taken), "{name}");
        let report = Scorer::lexical(exam.clone()).score(&weak.outcome).expect("no embedder");
        assert_eq!(report.recommendation, Recommendation::DoesNotMeet, "{name}");
    }
}
