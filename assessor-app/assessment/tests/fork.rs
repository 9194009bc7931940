//! A fork of a running conversation says what the conversation would say, and leaves no trace in it.

mod common;

use std::sync::Arc;

use common::{ALL, HashedWords, exam_named};
use viva_assessment::conversation::Mode;
use viva_assessment::{Config, Conversation, Exam, Input, Output, Scorer, SimulatedCandidate, typed_turn};
use viva_exchange::{HeardUntil, Utterance};
use viva_media::{TimeSpan, Timestamp};

fn drain(conversation: &mut Conversation) -> Vec<Output> {
    std::iter::from_fn(|| conversation.poll()).collect()
}

/// What is to be done, without the times of the log.
fn orders(outputs: &[Output]) -> Vec<Output> {
    outputs.iter().filter(|output| !matches!(output, Output::Log(_))).cloned().collect()
}

fn hand(conversation: &mut Conversation, now: Timestamp, input: &Input) -> Vec<Output> {
    conversation.handle(now, input.clone());
    drain(conversation)
}

/// Plays an interview and lets `before` look at the conversation and each input before it is handed in; gives back all outputs.
fn play(
    exam: &Arc<Exam>,
    candidate: &str,
    llm: bool,
    mut before: impl FnMut(&Conversation, Timestamp, &Input) -> Option<Vec<Output>>,
) -> Vec<Output> {
    let scorer = Scorer::new(exam.clone(), Arc::new(HashedWords)).expect("hashing cannot fail");
    let config = Config { seed: 3, llm, ..Config::default() };
    assert_eq!(config.mode, Mode::Live);
    let mut examiner = Conversation::with_scorer(Arc::new(scorer), config);
    let mut candidate = SimulatedCandidate::new(exam.candidates()[candidate].clone(), 3);
    let (mut now, mut all, mut waiting) = (Timestamp::ZERO, Vec::new(), vec![Input::Start]);
    for number in 0..400 {
        let Some(input) = waiting.pop() else {
            if examiner.is_finished() {
                return all;
            }
            let asked = examiner.asked().expect("an unfinished conversation waits for an answer");
            let turn = typed_turn(number, &candidate.answer(&asked).plain_text(), now);
            now = turn.end;
            waiting.push(Input::Turn(turn));
            continue;
        };
        let would = before(&examiner, now, &input);
        let outputs = hand(&mut examiner, now, &input);
        if let Some(would) = would {
            assert_eq!(orders(&would), orders(&outputs), "{input:?}");
        }
        for output in &outputs {
            match output {
                Output::Say(Utterance { id, text, .. }) => {
                    now += TimeSpan::from_millis(60 * text.len() as i64);
                    let heard =
                        HeardUntil { utterance: *id, at: now, text_bytes: text.len(), finished: true };
                    waiting.push(Input::Heard(heard));
                }
                Output::AskWording { request, fallback, .. } => {
                    let text = Some(format!("So, {fallback}"));
                    waiting.push(Input::Wording { request: *request, text });
                }
                Output::Listen(_) | Output::Log(_) | Output::Finished(_) => {}
            }
        }
        all.extend(outputs);
    }
    panic!("the interview has no end");
}

#[test]
fn a_fork_says_what_the_conversation_will_say_and_leaves_no_trace() {
    for name in ALL {
        let exam = exam_named(name);
        for (candidate, llm) in [("strong", false), ("weak", false), ("strong", true)] {
            let plain = play(&exam, candidate, llm, |_, _, _| None);
            let mut forks = 0;
            let forked = play(&exam, candidate, llm, |conversation, now, input| {
                // Half a second earlier, as a preparation is; and another fork hears something quite different.
                let earlier = now - TimeSpan::from_millis(500);
                let other = Input::Turn(typed_turn(999, "I shout at him. Can you repeat that, please?", now));
                drop(hand(&mut conversation.clone(), earlier, &other));
                forks += 1;
                Some(hand(&mut conversation.clone(), earlier, input))
            });
            assert!(forks > 20, "{name}: {forks}");
            assert_eq!(plain, forked, "{name}, {candidate}: a fork has left a trace");
        }
    }
}

#[test]
fn a_fork_can_be_thought_about_on_another_thread() {
    fn is_send<T: Send + 'static>() {}
    is_send::<Conversation>();
}
