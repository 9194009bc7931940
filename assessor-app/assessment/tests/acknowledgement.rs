//! The neutral word at the end of an answer: when it is said, which it is, and that nothing else depends on it.

mod common;

use std::sync::Arc;

use common::{ALL, NURSING, exam_named, files};
use viva_assessment::conversation::{AnswerSoFar, EventKind, Unacknowledged};
use viva_assessment::{Config, Conversation, Exam, Input, Outcome, Output, SimulatedCandidate, typed_turn};
use viva_exchange::{Speaker, Utterance, UtteranceId};
use viva_media::Timestamp;

const LONG: AnswerSoFar<'static> = AnswerSoFar { secs: 4.0, words: "" };

fn drain(conversation: &mut Conversation) -> Vec<Output> {
    std::iter::from_fn(|| conversation.poll()).collect()
}

fn said(outputs: &[Output]) -> Vec<Utterance> {
    let of =
        |output: &Output| if let Output::Say(utterance) = output { Some(utterance.clone()) } else { None };
    outputs.iter().filter_map(of).collect()
}

/// An interview in which `manners` decides how each answer is acknowledged.
struct Held {
    said: Vec<Utterance>,
    log: Vec<EventKind>,
    outcome: Outcome,
}

fn hold(
    exam: &Arc<Exam>,
    name: &str,
    seed: u64,
    mut manners: impl FnMut(&mut Conversation) -> Option<Utterance>,
) -> Held {
    let mut examiner = Conversation::new(exam.clone(), Config { seed, ..Config::default() });
    let mut candidate = SimulatedCandidate::new(exam.candidates()[name].clone(), seed);
    let (mut heard, mut log, mut end) = (Vec::new(), Vec::new(), None);
    examiner.handle(Timestamp::ZERO, Input::Start);
    for number in 0..400 {
        for output in drain(&mut examiner) {
            match output {
                Output::Say(utterance) => heard.push(utterance),
                Output::Log(event) => log.push(event.kind),
                Output::Finished(outcome) => end = Some(outcome),
                Output::Listen(_) | Output::AskWording { .. } => {}
            }
        }
        if let Some(outcome) = end {
            return Held { said: heard, log, outcome };
        }
        let turn = {
            let asked = examiner.asked().expect("it waits for an answer");
            typed_turn(number, &candidate.answer(&asked).plain_text(), Timestamp::ZERO)
        };
        if let Some(word) = manners(&mut examiner) {
            examiner.handle(Timestamp::ZERO, Input::Acknowledged { utterance: word.id });
            heard.push(word);
        }
        examiner.handle(Timestamp::ZERO, Input::Turn(turn));
    }
    panic!("the interview has no end");
}

/// Everything that was decided, but for the acknowledgements themselves.
fn decided(held: &Held) -> Vec<&EventKind> {
    held.log.iter().filter(|event| !matches!(event, EventKind::Acknowledged { .. })).collect()
}

#[test]
fn an_interview_asks_and_scores_the_same_with_and_without() {
    for name in ALL {
        let exam = exam_named(name);
        let listed: Vec<&str> = exam.persona().acknowledgements.iter().map(|word| word.as_str()).collect();
        let links = &exam.frame().words.links;
        for candidate in ["strong", "weak"] {
            let plain = hold(&exam, candidate, 5, |_| None);
            let polite = hold(&exam, candidate, 5, |examiner| examiner.acknowledge(&LONG).ok());
            assert_eq!(decided(&plain), decided(&polite), "{name}, {candidate}");
            assert_eq!(plain.outcome, polite.outcome, "{name}, {candidate}");
            let words: Vec<&str> = polite
                .log
                .iter()
                .filter_map(|event| match event {
                    EventKind::Acknowledged { text, .. } => Some(text.as_str()),
                    _ => None,
                })
                .collect();
            assert!(words.len() > 3 && words.iter().all(|word| listed.contains(word)), "{name}: {words:?}");
            assert!(words.windows(2).all(|pair| pair[0] != pair[1]), "{name}: {words:?}");
            // No link follows a word that was the link, and nothing is thanked for twice.
            let after =
                |pair: &[Utterance]| listed.contains(&pair[0].text.as_str()).then(|| pair[1].text.clone());
            let is_link = |text: &String| links.contains(text);
            let ids: Vec<UtteranceId> = polite
                .log
                .iter()
                .filter_map(|event| match event {
                    EventKind::Acknowledged { utterance, .. } => Some(*utterance),
                    _ => None,
                })
                .collect();
            let followed: Vec<String> =
                polite.said.windows(2).filter(|pair| ids.contains(&pair[0].id)).filter_map(after).collect();
            assert_eq!(followed.len(), ids.len());
            assert!(!followed.iter().any(is_link), "{name}: {followed:?}");
            // What is asked has the same number, so that a sound made ahead is the sound.
            let questions = |held: &Held| -> Vec<Utterance> {
                held.said.iter().filter(|utterance| utterance.question.is_some()).cloned().collect()
            };
            assert_eq!(questions(&plain), questions(&polite), "{name}, {candidate}");
        }
    }
}

#[test]
fn the_seed_chooses_and_the_same_seed_chooses_the_same() {
    let exam = exam_named(NURSING);
    let words = |seed| {
        let held = hold(&exam, "strong", seed, |examiner| {
            let ready = examiner.acknowledgement();
            let word = examiner.acknowledge(&LONG).ok();
            assert!(word.is_none() || word == ready, "what is made ahead is what is said");
            word
        });
        held.said
            .into_iter()
            .filter(|utterance| utterance.question.is_none())
            .map(|u| u.text)
            .collect::<Vec<_>>()
    };
    assert_eq!(words(7), words(7));
    assert!((0..6).any(|seed| words(seed) != words(7)));
}

#[test]
fn it_is_left_out_where_it_would_not_be_right() {
    use Unacknowledged::{NotNow, SaidAlready, ShortAnswer, TooManyInARow, Wish};
    let exam = exam_named(NURSING);
    let (mut reasons, mut scenes) = (Vec::new(), 0);
    hold(&exam, "strong", 1, |examiner| {
        let asked = examiner.asked().expect("it waits");
        let (consent, scene) = (asked.question_id == Some("consent"), asked.speaker == Speaker::Character);
        scenes += usize::from(scene);
        let given = examiner.acknowledge(&LONG);
        if consent || scene {
            assert_eq!((given, examiner.acknowledgement()), (Err(NotNow), None));
            return None;
        }
        for words in [
            "I want to talk to a human.",
            "Can we stop, please",
            "Could you repeat the question",
            "Tell me the answer",
        ] {
            assert_eq!(examiner.acknowledge(&AnswerSoFar { secs: 2.5, words }), Err(Wish), "{words}");
        }
        assert_eq!(examiner.acknowledge(&AnswerSoFar { secs: 0.9, words: "" }), Err(ShortAnswer));
        reasons.push(given.clone().err());
        let word = given.ok()?;
        let mut again = examiner.clone();
        again.handle(Timestamp::ZERO, Input::Acknowledged { utterance: word.id });
        assert_eq!(again.acknowledge(&LONG), Err(SaidAlready));
        Some(word)
    });
    assert!(scenes > 1);
    let row: Vec<_> = reasons.iter().take(5).collect();
    assert_eq!(row, [&None, &None, &None, &Some(TooManyInARow), &None], "three in a row and not a fourth");
}

#[test]
fn a_persona_without_any_is_silent_until_the_reply() {
    let mut files = files();
    let text = String::from_utf8(files["persona.toml"].clone()).expect("text");
    let silent: String = text
        .lines()
        .filter(|line| !line.starts_with("acknowledgements"))
        .fold(String::new(), |all, line| all + line + "\n");
    files.insert("persona.toml".to_owned(), silent.into_bytes());
    let exam = Arc::new(Exam::load(&files).expect("a sound package"));
    let held = hold(&exam, "strong", 1, |examiner| {
        assert_eq!(examiner.acknowledge(&LONG), Err(Unacknowledged::NoneListed));
        examiner.acknowledgement()
    });
    // Numbers are kept for acknowledgements only where there are some.
    let ids: Vec<u32> = held.said.iter().map(|utterance| utterance.id.0).collect();
    assert_eq!(ids, (0..ids.len() as u32).collect::<Vec<_>>());
}

#[test]
fn a_word_that_nobody_gave_is_passed_over() {
    let exam = exam_named(NURSING);
    let mut examiner = Conversation::new(exam, Config::default());
    examiner.handle(Timestamp::ZERO, Input::Start);
    drop(drain(&mut examiner));
    examiner.handle(Timestamp::ZERO, Input::Acknowledged { utterance: UtteranceId(999) });
    assert_eq!(drain(&mut examiner), []);
}

#[test]
fn who_goes_on_over_it_has_talked_over_nothing() {
    let exam = exam_named(NURSING);
    let mut examiner = Conversation::new(exam, Config::default());
    examiner.handle(Timestamp::ZERO, Input::Start);
    examiner.handle(Timestamp::ZERO, Input::Turn(typed_turn(0, "Yes, I agree.", Timestamp::ZERO)));
    drop(drain(&mut examiner));
    let word = examiner.acknowledge(&LONG).expect("the warm-up is acknowledged");
    examiner.handle(Timestamp::ZERO, Input::Acknowledged { utterance: word.id });
    examiner.handle(Timestamp::ZERO, Input::BargeIn { at: Timestamp::ZERO, utterance: word.id });
    drop(drain(&mut examiner));
    examiner
        .handle(Timestamp::ZERO, Input::Turn(typed_turn(1, "On a ward for old people.", Timestamp::ZERO)));
    let asked = said(&drain(&mut examiner));
    assert!(asked.last().is_some_and(|utterance| utterance.question.is_some()), "{asked:?}");
}
