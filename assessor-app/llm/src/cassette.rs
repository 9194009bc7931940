//! Recorded answers: the same request gets the same answer, without the model.

use std::{
    collections::BTreeMap,
    ops::ControlFlow,
    path::Path,
    sync::{Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    ChatModel, LlmError, Pieces, Prompt, Reply, Schema, ScriptedReply,
    scripted::{give, say},
};

const FORMAT: &str = "viva-cassette/1";

/// The file: request hash → answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tape {
    format: String,
    /// The model that gave the answers.
    model: String,
    replies: BTreeMap<String, ScriptedReply>,
}

/// Replays a file of answers by request hash; while recording it asks a model for what the file lacks and keeps the answer, failures too.
#[derive(Debug)]
pub struct Cassette {
    model: String,
    replies: Mutex<BTreeMap<String, ScriptedReply>>,
    recorded: Option<Box<dyn ChatModel>>,
}

impl Cassette {
    /// Plays a file; a request that it lacks is [`LlmError::NotRecorded`].
    ///
    /// **Errors**: the file cannot be read or is no cassette.
    pub fn replay(path: &Path) -> Result<Self, LlmError> {
        let file = |error: &dyn std::fmt::Display| LlmError::File(format!("{}: {error}", path.display()));
        let bytes = std::fs::read(path).map_err(|error| file(&error))?;
        let tape: Tape = serde_json::from_slice(&bytes).map_err(|error| file(&error))?;
        if tape.format != FORMAT {
            return Err(file(&format!("format is not {FORMAT}")));
        }
        Ok(Self { model: tape.model, replies: Mutex::new(tape.replies), recorded: None })
    }

    /// Records what a model answers.
    #[must_use]
    pub fn record(model: Box<dyn ChatModel>) -> Self {
        Self { model: model.name().to_owned(), replies: Mutex::default(), recorded: Some(model) }
    }

    /// Writes the file.
    ///
    /// **Errors**: the system refused.
    pub fn save(&self, path: &Path) -> Result<(), LlmError> {
        let replies = self.replies.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let tape = Tape { format: FORMAT.to_owned(), model: self.model.clone(), replies };
        let bytes = serde_json::to_vec_pretty(&tape).map_err(|error| LlmError::File(error.to_string()))?;
        std::fs::write(path, bytes).map_err(|error| LlmError::File(format!("{}: {error}", path.display())))
    }

    fn find(&self, hash: &str) -> Option<ScriptedReply> {
        self.replies.lock().unwrap_or_else(PoisonError::into_inner).get(hash).cloned()
    }

    fn keep(&self, hash: String, reply: ScriptedReply) {
        self.replies.lock().unwrap_or_else(PoisonError::into_inner).insert(hash, reply);
    }
}

impl ChatModel for Cassette {
    fn name(&self) -> &str {
        &self.model
    }

    fn stream<'a>(&'a self, prompt: &'a Prompt, pieces: &'a mut Pieces<'a>) -> Reply<'a, String> {
        Box::pin(async move {
            let hash = prompt.request_hash(None);
            if let Some(reply) = self.find(&hash) {
                return say(&reply, pieces);
            }
            let model = self.recorded.as_ref().ok_or_else(|| LlmError::NotRecorded(hash.clone()))?;
            let mut parts = Vec::new();
            let mut stopped = false;
            let mut tee = |piece: &str| {
                parts.push(piece.to_owned());
                let flow = pieces(piece);
                stopped = flow == ControlFlow::Break(());
                flow
            };
            let answer = model.stream(prompt, &mut tee).await;
            match &answer {
                Ok(_) => self.keep(hash, ScriptedReply::Text(parts)),
                // What the caller stopped is half an answer, and no fault of the model.
                Err(_) if stopped => {}
                Err(error) => self.keep(hash, ScriptedReply::Failure(error.clone())),
            }
            answer
        })
    }

    fn structured<'a>(&'a self, prompt: &'a Prompt, schema: &'a Schema) -> Reply<'a, Value> {
        Box::pin(async move {
            let hash = prompt.request_hash(Some(schema));
            if let Some(reply) = self.find(&hash) {
                return give(&reply, schema);
            }
            let model = self.recorded.as_ref().ok_or_else(|| LlmError::NotRecorded(hash.clone()))?;
            let answer = model.structured(prompt, schema).await;
            self.keep(hash, answer.clone().map_or_else(ScriptedReply::Failure, ScriptedReply::Json));
            answer
        })
    }
}
