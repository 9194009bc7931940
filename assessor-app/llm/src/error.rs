//! Why a model gave no usable answer.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why a model gave no usable answer. Each is a value that a caller can record and answer with its own fallback.
#[derive(Clone, Debug, Error, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LlmError {
    /// The endpoint cannot be reached.
    #[error("the endpoint is down: {0}")]
    Down(String),
    /// Nothing came in time.
    #[error("timeout: no {waited_for} within {millis} ms")]
    Timeout {
        /// What was waited for.
        waited_for: String,
        /// The limit.
        millis: u64,
    },
    /// The endpoint answered with an error status.
    #[error("the endpoint answered with status {status}: {body}")]
    Status {
        /// HTTP status.
        status: u16,
        /// The beginning of its explanation.
        body: String,
    },
    /// The answer is no JSON.
    #[error("the answer is not JSON: {0}")]
    NotJson(String),
    /// The answer is JSON of another shape than asked for.
    #[error("the answer has another shape: {0}")]
    Shape(String),
    /// The stream is no stream of server-sent events.
    #[error("the stream is garbled: {0}")]
    Garbled(String),
    /// The answer is longer than allowed.
    #[error("the answer is longer than {0} bytes")]
    TooLarge(usize),
    /// The answer ended before it was finished.
    #[error("the answer was cut off")]
    CutOff,
    /// The model declined.
    #[error("the model declined: {0}")]
    Declined(String),
    /// The caller wanted no more pieces.
    #[error("stopped by the caller")]
    Stopped,
    /// A cassette has no answer to this request.
    #[error("no recorded answer to request {0}")]
    NotRecorded(String),
    /// A script has no further answer.
    #[error("the script has no further answer")]
    ScriptEnded,
    /// A recorded or scripted answer is of the other kind: text for JSON or the reverse.
    #[error("the prepared answer is of another kind")]
    OtherKind,
    /// A setting cannot be used.
    #[error("setting: {0}")]
    Setting(String),
    /// A file of recorded answers cannot be read or written.
    #[error("cassette: {0}")]
    File(String),
}

/// The beginning of a text, for a message about it.
pub(crate) fn excerpt(text: &str) -> String {
    text.chars().take(200).map(|sign| if sign.is_control() { ' ' } else { sign }).collect()
}
