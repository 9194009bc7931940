//! What is answered outside the questions, and what is not: `guardrails.toml`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Id, WrittenPattern};

/// `guardrails.toml`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Guardrails {
    /// The rules, tried in the order of [`GuardrailKind`], then as written.
    #[serde(rename = "guardrail", default)]
    pub guardrails: Vec<Guardrail>,
}

/// One rule.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Guardrail {
    /// Name.
    pub id: Id,
    /// What it does.
    pub kind: GuardrailKind,
    /// What sets it off.
    pub patterns: Vec<WrittenPattern>,
    /// Turns with more words do not set it off; so a longer answer may mention the words. 0 for no limit.
    #[serde(default)]
    pub most_words: usize,
    /// What the examiner says; empty for nothing.
    #[serde(default)]
    pub reply: String,
}

/// What a rule does when it is set off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GuardrailKind {
    /// Ends the session at the candidate's wish.
    Stop,
    /// Ends the session and calls for a human.
    Human,
    /// Words that try to instruct the machine: flagged and left out of the evidence; nothing else changes.
    Injection,
    /// Asks for the answer: refused, the question stays.
    Help,
    /// Asks to hear the question again.
    Repeat,
    /// Something else: one redirect per question.
    OffScope,
}
