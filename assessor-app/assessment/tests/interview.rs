//! Whole interviews from scripts: text only, no engine.

mod common;

use common::{Played, exam, play, play_altered, scorers};
use viva_assessment::conversation::{Ending, EventKind};
use viva_assessment::exam::ProbeKind;
use viva_assessment::score::{Recommendation, Report, Setting};
use viva_assessment::{Config, Scorer};
use viva_exchange::{Affect, Speaker};

fn describe(report: &Report) -> String {
    let lines: Vec<&str> = report.reasons.iter().chain(&report.explanation).map(String::as_str).collect();
    lines.join("\n")
}

#[test]
fn the_strong_candidate_meets_and_the_weak_does_not() {
    let exam = exam();
    for (how, scorer) in scorers(&exam) {
        for seed in 0..5 {
            let strong = scorer.score(&play(&exam, "strong", seed).outcome).expect("no embedding fails");
            assert_eq!(
                strong.recommendation,
                Recommendation::Meets,
                "{how}, seed {seed}\n{}",
                describe(&strong)
            );
            let weak = scorer.score(&play(&exam, "weak", seed).outcome).expect("no embedding fails");
            assert_eq!(
                weak.recommendation,
                Recommendation::DoesNotMeet,
                "{how}, seed {seed}\n{}",
                describe(&weak)
            );
            let missing: Vec<String> = weak
                .criteria
                .iter()
                .flat_map(|c| c.missing().map(|f| f.indicator.clone()).collect::<Vec<_>>())
                .collect();
            for indicator in ["keeps-distance", "names-concern", "documents-facts", "checks-understanding"] {
                assert!(missing.iter().any(|name| name == indicator), "{indicator} is not named as missing");
            }
            assert!(describe(&weak).contains("missing: says back what the person is worried about"));
            assert_eq!(weak.validation_status, "not calibrated");
        }
    }
}

#[test]
fn swapping_the_scripts_swaps_the_results() {
    let files = common::files();
    let mut swapped = files.clone();
    swapped.insert("candidates/strong.toml".into(), files["candidates/weak.toml"].clone());
    swapped.insert("candidates/weak.toml".into(), files["candidates/strong.toml"].clone());
    let exam = std::sync::Arc::new(viva_assessment::Exam::load(&swapped).expect("a sound package"));
    let scorer = Scorer::lexical(exam.clone());
    let result =
        |name: &str| scorer.score(&play(&exam, name, 1).outcome).expect("no embedder").recommendation;
    assert_eq!(result("weak"), Recommendation::Meets);
    assert_eq!(result("strong"), Recommendation::DoesNotMeet);
}

#[test]
fn an_interview_has_the_agreed_shape() {
    let exam = exam();
    for (name, ends_calm) in [("strong", true), ("weak", false)] {
        let Played { said, turns, log, outcome } = play(&exam, name, 3);
        assert_eq!(outcome.ending, Ending::Complete);
        assert!(outcome.coverage.iter().all(|domain| domain.covered), "{:?}", outcome.coverage);
        assert!(outcome.objectives_open.is_empty());
        assert!(said[0].text.contains("not a person"), "disclosure comes first");
        let words: usize = said.iter().map(|u| u.text.split_whitespace().count()).sum();
        let own: usize = turns.iter().map(|turn| turn.words.len()).sum();
        assert!((550..950).contains(&(words + own)), "{words} + {own} words are not four to seven minutes");
        for utterance in said.iter().filter(|u| u.question.is_some()) {
            assert!(utterance.text.split_whitespace().count() <= 25, "{}", utterance.text);
        }
        let exchanges = outcome.answers.iter().filter(|answer| answer.setting == Setting::RolePlay).count();
        assert!((4..=5).contains(&exchanges));
        let probes = log.iter().filter(|event| matches!(event.kind, EventKind::ProbeChosen { .. })).count();
        assert!((2..=4).contains(&probes), "{probes} probes");
        let level = log.iter().find_map(|event| match event.kind {
            EventKind::RolePlayEnded { level, .. } => Some(level),
            _ => None,
        });
        assert_eq!(level.expect("the scene was played") <= 1, ends_calm);
        let shouted = said.iter().any(|u| u.speaker == Speaker::Character && u.affect == Affect::Angry);
        assert!(shouted, "the character begins upset");
        for event in &log {
            if let EventKind::RolePlayLevel { from, to, rules, quotes } = &event.kind {
                assert!(
                    from == to || (!rules.is_empty() && !quotes.is_empty()),
                    "a level moves only by a rule and words"
                );
            }
        }
    }
}

#[test]
fn probes_follow_from_what_is_missing() {
    let exam = exam();
    for (candidate, question, expected) in
        [("strong", "angry-visitor", ProbeKind::WhatIf), ("weak", "angry-visitor", ProbeKind::Recover)]
    {
        let played = play(&exam, candidate, 1);
        let chosen = played.log.iter().find_map(|event| match &event.kind {
            EventKind::ProbeChosen { question: asked, probe, reason, .. } if asked == question => {
                Some((*probe, reason.clone()))
            }
            _ => None,
        });
        let (probe, reason) = chosen.expect("the first question is probed");
        assert_eq!(probe, expected, "{reason}");
        assert!(!reason.is_empty());
    }
}

#[test]
fn the_same_seed_and_words_give_the_same_interview() {
    let exam = exam();
    let scorer = Scorer::lexical(exam.clone());
    for seed in [0, 7, 99] {
        let (first, second) = (play(&exam, "weak", seed), play(&exam, "weak", seed));
        assert_eq!(first.log, second.log);
        assert_eq!(first.said, second.said);
        assert_eq!(
            scorer.score(&first.outcome).expect("no embedder"),
            scorer.score(&second.outcome).expect("no embedder")
        );
    }
}

#[test]
fn timing_changes_no_score() {
    let exam = exam();
    for (_, scorer) in scorers(&exam) {
        let mut played = play(&exam, "strong", 2);
        let before = scorer.score(&played.outcome).expect("no embedding fails");
        for answer in &mut played.outcome.answers {
            for word in &mut answer.turn.words {
                word.start += viva_media::TimeSpan::from_millis(1234);
                word.end += viva_media::TimeSpan::from_millis(2234);
            }
        }
        let after = scorer.score(&played.outcome).expect("no embedding fails");
        assert_eq!(before.recommendation, after.recommendation);
        for (a, b) in before.criteria.iter().zip(&after.criteria) {
            let level = |c: &viva_assessment::score::CriterionScore| {
                c.level().map(|l| (l.level(), l.low(), l.high()))
            };
            assert_eq!(level(a), level(b));
            let sure = |c: &viva_assessment::score::CriterionScore| {
                c.findings.iter().map(|f| f.confidence.to_bits()).collect::<Vec<_>>()
            };
            assert_eq!(sure(a), sure(b));
        }
    }
}

#[test]
fn a_limit_of_probes_is_kept() {
    let exam = exam();
    let config = Config { max_probes: Some(0), ..Config::default() };
    let played = play_altered(&exam, "weak", config, |_, text| text);
    assert!(!played.log.iter().any(|event| matches!(event.kind, EventKind::ProbeChosen { .. })));
}
