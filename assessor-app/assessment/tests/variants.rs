//! Both dresses of a scene are equally hard: the same words move both in the same way, and count the same.

mod common;

use std::sync::Arc;

use common::{ALL, exam_named, scorers};
use viva_assessment::conversation::EventKind;
use viva_assessment::{Config, Conversation, Exam, Input, Outcome, Output, SimulatedCandidate, typed_turn};
use viva_exchange::Speaker;
use viva_media::Timestamp;

/// What a scene did.
struct Scene {
    /// Level moves, facts and the end, in order.
    course: Vec<String>,
    /// The answers to the character.
    said: Vec<String>,
    character: String,
    outcome: Outcome,
}

/// Plays the simulated candidate up to the scene; there these words are said, or the candidate's own where there are none.
fn played(exam: &Arc<Exam>, candidate: &str, seed: u64, words: &[String]) -> Scene {
    let mut examiner = Conversation::new(exam.clone(), Config { seed, ..Config::default() });
    let mut candidate = SimulatedCandidate::new(exam.candidates()[candidate].clone(), 1);
    let (mut course, mut said, mut turn) = (Vec::new(), Vec::new(), 0);
    examiner.handle(Timestamp::ZERO, Input::Start);
    loop {
        while let Some(output) = examiner.poll() {
            match output {
                Output::Log(event) => course.extend(match event.kind {
                    EventKind::RolePlayLevel { from, to, rules, .. } => {
                        Some(format!("{from} -> {to}: {rules:?}"))
                    }
                    EventKind::FactTold { fact } => Some(format!("tells {fact}")),
                    EventKind::RolePlayEnded { level, reason } => Some(format!("over at {level}: {reason}")),
                    _ => None,
                }),
                Output::Finished(outcome) => {
                    let character = exam.dressed(seed).role_play().character.name.clone();
                    return Scene { course, said, character, outcome };
                }
                _ => {}
            }
        }
        let asked = examiner.asked().expect("waits");
        let own = candidate.answer(&asked).plain_text();
        let text = if asked.speaker == Speaker::Character {
            let text = words.get(said.len()).cloned().unwrap_or(own);
            said.push(text.clone());
            text
        } else {
            own
        };
        turn += 1;
        examiner.handle(Timestamp::ZERO, Input::Turn(typed_turn(turn, &text, Timestamp::ZERO)));
    }
}

#[test]
fn the_same_words_move_both_dresses_alike_and_count_the_same() {
    for exam in ALL.map(exam_named) {
        assert_eq!(exam.role_play().dresses(), 2, "{}", exam.frame().id);
        for candidate in ["strong", "weak"] {
            let first = played(&exam, candidate, 6, &[]);
            let second = played(&exam, candidate, 5, &first.said);
            assert_ne!(first.character, second.character, "two dresses");
            assert!(first.said.len() >= 3 && first.said == second.said, "{:?}", first.said);
            assert_eq!(first.course, second.course, "{}, {candidate}", exam.frame().id);
            for (how, scorer) in scorers(&exam) {
                let of = |scene: &Scene| {
                    let report = scorer.score(&scene.outcome).expect("no embedding fails");
                    let live = |id: &str| exam.role_play().criteria.iter().any(|other| *other == *id);
                    let level = |one: &viva_assessment::score::CriterionScore| {
                        one.level().map(|l| (l.level(), l.low(), l.high()))
                    };
                    let scored = report.criteria.iter().filter(|one| live(&one.criterion));
                    scored.map(|one| (one.criterion.clone(), level(one))).collect::<Vec<_>>()
                };
                assert_eq!(of(&first), of(&second), "{how}: {}, {candidate}", exam.frame().id);
            }
        }
    }
}
