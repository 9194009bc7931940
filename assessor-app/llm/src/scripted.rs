//! A model that says what a test wrote.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{ChatModel, LlmError, Pieces, Prompt, Reply, Schema};

/// One prepared answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScriptedReply {
    /// Text, in the pieces in which it comes.
    Text(Vec<String>),
    /// JSON; checked against the schema like any other.
    Json(Value),
    /// A failure.
    Failure(LlmError),
}

/// Answers in the order of its script, and remembers what it was asked.
#[derive(Debug, Default)]
pub struct Scripted {
    replies: Mutex<VecDeque<ScriptedReply>>,
    asked: Mutex<Vec<Prompt>>,
}

impl Scripted {
    /// A model with these answers.
    #[must_use]
    pub fn new(replies: impl IntoIterator<Item = ScriptedReply>) -> Self {
        Self { replies: Mutex::new(replies.into_iter().collect()), asked: Mutex::default() }
    }

    /// What it was asked so far.
    #[must_use]
    pub fn asked(&self) -> Vec<Prompt> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn next(&self, prompt: &Prompt) -> Result<ScriptedReply, LlmError> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(prompt.clone());
        self.replies.lock().unwrap_or_else(PoisonError::into_inner).pop_front().ok_or(LlmError::ScriptEnded)
    }
}

/// Hands on a prepared text.
pub(crate) fn say(reply: &ScriptedReply, pieces: &mut Pieces<'_>) -> Result<String, LlmError> {
    match reply {
        ScriptedReply::Text(parts) => {
            for part in parts {
                if pieces(part).is_break() {
                    return Err(LlmError::Stopped);
                }
            }
            Ok(parts.concat())
        }
        ScriptedReply::Failure(error) => Err(error.clone()),
        ScriptedReply::Json(_) => Err(LlmError::OtherKind),
    }
}

/// Hands on a prepared JSON answer, checked.
pub(crate) fn give(reply: &ScriptedReply, schema: &Schema) -> Result<Value, LlmError> {
    match reply {
        ScriptedReply::Json(value) => schema.check(value).map_err(LlmError::Shape).map(|()| value.clone()),
        ScriptedReply::Failure(error) => Err(error.clone()),
        ScriptedReply::Text(_) => Err(LlmError::OtherKind),
    }
}

impl ChatModel for Scripted {
    fn name(&self) -> &str {
        "scripted"
    }

    fn stream<'a>(&'a self, prompt: &'a Prompt, pieces: &'a mut Pieces<'a>) -> Reply<'a, String> {
        Box::pin(async move { say(&self.next(prompt)?, pieces) })
    }

    fn structured<'a>(&'a self, prompt: &'a Prompt, schema: &'a Schema) -> Reply<'a, Value> {
        Box::pin(async move { give(&self.next(prompt)?, schema) })
    }
}
