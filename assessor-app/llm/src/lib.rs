//! Language models that phrase and give a second opinion. They never move the conversation's state and never score alone.
//!
//! Enters: a [`Prompt`] with typed slots. Leaves: text in pieces, or JSON that was checked against a closed [`Schema`].
//! Three models: [`HttpModel`] speaks to an OpenAI-compatible endpoint, [`Scripted`] says what a test wrote, [`Cassette`] records and replays.
//! This crate deliberately knows no rubric, no state machine and no clock but the runtime's timers; the endpoint is the only address it calls.

mod cassette;
mod error;
mod http;
mod model;
mod prompt;
mod schema;
mod scripted;
mod sse;

pub use cassette::Cassette;
pub use error::LlmError;
pub use http::{ApiKey, HttpConfig, HttpModel};
pub use model::{ChatModel, Pieces, Reply};
pub use prompt::{Message, Prompt};
pub use schema::{Schema, SchemaError};
pub use scripted::{Scripted, ScriptedReply};
