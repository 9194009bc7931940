//! What was answered to what, as the record keeps it: so that another version can score the same answers again.

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use viva_assessment::score::{Answer, Setting};
use viva_assessment::typed_turn;
use viva_exchange::{Speaker, Transcript, TurnId};
use viva_media::Timestamp;

/// Kind of the event.
pub(crate) const ANSWERS: &str = "answers";

/// An answer without its words, which stand in the transcript.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Given {
    /// The candidate's turn; none where nothing was said.
    turn: Option<TurnId>,
    question: String,
    criteria: Vec<String>,
    setting: Setting,
    heard: String,
}

/// The answers of a session.
pub(crate) fn given(answers: &[Answer]) -> Vec<Given> {
    let of = |answer: &Answer| Given {
        turn: (!answer.turn.words.is_empty()).then_some(answer.turn.id),
        question: answer.question.clone(),
        criteria: answer.criteria.clone(),
        setting: answer.setting,
        heard: answer.heard.clone(),
    };
    answers.iter().map(of).collect()
}

/// The answers again, with their words.
pub(crate) fn with_words(given: Vec<Given>, transcript: &Transcript) -> Result<Vec<Answer>> {
    let turn = |id: Option<TurnId>| match id {
        Some(id) => transcript
            .turns
            .iter()
            .find(|turn| turn.id == id && turn.speaker == Speaker::Candidate)
            .cloned()
            .with_context(|| format!("turn {} of an answer is not in the transcript", id.0)),
        None => Ok(typed_turn(u32::MAX, "", Timestamp::ZERO)),
    };
    let of = |given: Given| {
        let Given { turn: id, question, criteria, setting, heard } = given;
        Ok(Answer { turn: turn(id)?, question, criteria, setting, heard })
    };
    given.into_iter().map(of).collect()
}
