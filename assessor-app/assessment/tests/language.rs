//! A language model words what is said; what it would add of its own is refused.

mod common;

use std::sync::Arc;

use common::{ALL, exam_named};
use viva_assessment::conversation::EventKind;
use viva_assessment::{Config, Conversation, Exam, Input, Output, typed_turn};
use viva_media::Timestamp;

/// Puts this wording to the first chance of the speaker that is wanted; what came of it, and every fact that the model was given.
fn worded(exam: &Arc<Exam>, wording: &str, in_scene: bool) -> (Option<String>, Vec<String>) {
    // A question stays a question.
    let plain = wording.trim_end_matches(['.', '!', '?']);
    let config = Config { seed: 6, llm: true, ..Config::default() };
    let mut examiner = Conversation::new(exam.clone(), config);
    let mut candidate = viva_assessment::SimulatedCandidate::new(exam.candidates()["weak"].clone(), 6);
    let (mut turn, mut told, mut tried) = (0, Vec::new(), false);
    examiner.handle(Timestamp::ZERO, Input::Start);
    loop {
        let mut open = None;
        while let Some(output) = examiner.poll() {
            match output {
                Output::Say(utterance) if tried && utterance.text.starts_with(plain) => return (None, told),
                Output::Log(event) => {
                    if let EventKind::WordingRefused { reason, .. } = event.kind {
                        return (Some(reason), told);
                    }
                }
                Output::AskWording { request, facts, fallback } => {
                    let is_scene = facts.iter().any(|fact| fact.starts_with("Character: "));
                    told.extend(facts);
                    open = Some((request, is_scene, if fallback.ends_with('?') { "?" } else { "." }));
                }
                Output::Finished(_) => panic!("the wording was never asked for"),
                _ => {}
            }
        }
        if let Some((request, is_scene, end)) = open {
            tried = is_scene == in_scene;
            let text = tried.then(|| format!("{plain}{end}"));
            examiner.handle(Timestamp::ZERO, Input::Wording { request, text });
            continue;
        }
        turn += 1;
        let answer = candidate.answer(&examiner.asked().expect("waits")).plain_text();
        examiner.handle(Timestamp::ZERO, Input::Turn(typed_turn(turn, &answer, Timestamp::ZERO)));
    }
}

#[test]
fn a_model_neither_knows_nor_tells_what_the_character_keeps_back() {
    for exam in ALL.map(exam_named) {
        let scene = exam.dressed(6).role_play().clone();
        for fact in &scene.facts {
            let (refused, told) = worded(&exam, &fact.line, true);
            let refused = refused.unwrap_or_else(|| panic!("{}: {}", scene.id, fact.line));
            assert!(
                ["tells what the character has not told", "states a number that nobody has said"]
                    .contains(&refused.as_str()),
                "{refused}"
            );
            assert!(told.iter().all(|line| !line.contains(&scene.character.scene)), "{told:?}");
        }
        let (refused, _) = worded(&exam, "I have waited here for 47 minutes!", true);
        assert_eq!(refused.as_deref(), Some("states a number that nobody has said"));
    }
}

#[test]
fn a_follow_up_gives_no_answer_away() {
    let exam = exam_named("nursing-de-escalation");
    let (refused, _) =
        worded(&exam, "Would you keep your distance and leave the way to the door free?", false);
    assert_eq!(refused.as_deref(), Some("would help with the answer"));
}
