//! The port: what every model can do.

use std::{future::Future, ops::ControlFlow, pin::Pin};

use serde_json::Value;

use crate::{LlmError, Prompt, Schema};

/// An answer that is on its way.
pub type Reply<'a, T> = Pin<Box<dyn Future<Output = Result<T, LlmError>> + Send + 'a>>;

/// Takes the pieces of a text as they come; [`ControlFlow::Break`] ends the answer with [`LlmError::Stopped`].
pub type Pieces<'a> = dyn FnMut(&str) -> ControlFlow<()> + Send + 'a;

/// A language model.
pub trait ChatModel: Send + Sync + std::fmt::Debug {
    /// The model's name, for the record.
    fn name(&self) -> &str;

    /// Answers in text: pieces as they come, then the whole.
    ///
    /// **Errors**: see [`LlmError`]; pieces that were handed on before stay said.
    fn stream<'a>(&'a self, prompt: &'a Prompt, pieces: &'a mut Pieces<'a>) -> Reply<'a, String>;

    /// Answers in JSON that was checked against the schema.
    ///
    /// **Errors**: see [`LlmError`]; an answer that does not fit is [`LlmError::Shape`], never a guess.
    fn structured<'a>(&'a self, prompt: &'a Prompt, schema: &'a Schema) -> Reply<'a, Value>;
}
