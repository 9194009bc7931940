//! What is answered outside the questions, and what is not: `guardrails.toml`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Id, WrittenPattern};
use crate::text::{Token, tokens};

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
    /// For a wish that may have been meant otherwise: whether it was is asked first, yes or no; empty for never.
    #[serde(default)]
    pub ask: String,
    /// Where above 0, `ask` is for longer turns only: above `most_words`, up to so many.
    #[serde(default)]
    pub ask_words: usize,
}

impl Guardrail {
    /// Whether turns of so many words are within the rule.
    const fn reaches(&self, words: usize) -> bool {
        self.most_words == 0 || words <= self.most_words || words <= self.ask_words
    }

    /// Whether the examiner asks first, however short the turn.
    pub(crate) fn always_asks(&self) -> bool {
        !self.ask.is_empty() && self.ask_words == 0
    }

    /// Whether the examiner asks first, after a turn of so many words.
    pub(crate) fn asks_after(&self, words: usize) -> bool {
        self.always_asks() || !self.ask.is_empty() && words > self.most_words
    }
}

/// What a rule does when it is set off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GuardrailKind {
    /// Ends the session at the candidate's wish.
    Stop,
    /// Ends the session and calls for a human.
    Human,
    /// Something that is no matter for an exam, as an emergency of the candidate's own: ends the session and hands over to a human.
    Escalate,
    /// Words that try to instruct the machine: flagged and left out of the evidence; nothing else changes.
    Injection,
    /// Asks for the answer: refused, the question stays.
    Help,
    /// Asks to hear the question again.
    Repeat,
    /// Something else: one redirect per question.
    OffScope,
}

/// A rule that a turn would set off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GuardrailHit {
    /// Name of the rule.
    pub guardrail: String,
    /// What it does.
    pub kind: GuardrailKind,
    /// By which words.
    pub words: String,
    /// What the examiner says; empty for nothing.
    pub reply: String,
    /// What the examiner asks before; empty for nothing.
    pub ask: String,
}

impl GuardrailKind {
    /// Whether it ends the session.
    #[must_use]
    pub const fn ends_session(self) -> bool {
        matches!(self, Self::Human | Self::Stop | Self::Escalate)
    }

    /// Every kind, in the order in which the conversation heeds them.
    pub const ALL: [Self; 7] =
        [Self::Human, Self::Stop, Self::Escalate, Self::Injection, Self::Help, Self::Repeat, Self::OffScope];

    /// What the conversation does, in words.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Human => "ends the session and calls for a human, in every state",
            Self::Stop => "ends the session, in every state",
            Self::Escalate => "ends the session and hands over to a human, in every state",
            Self::Injection => {
                "is flagged for the reviewer and left out of the evidence; nothing else changes"
            }
            Self::Help => "is refused; the question stays",
            Self::Repeat => "is answered by putting the question again, twice at most",
            Self::OffScope => "is redirected once per question",
        }
    }
}

impl Guardrails {
    /// The first rule of a kind, of those that hold, that a turn sets off, with the range of its words.
    pub(crate) fn find(
        &self,
        kind: GuardrailKind,
        words: &[Token],
        holds: impl Fn(&Guardrail) -> bool,
    ) -> Option<(&Guardrail, std::ops::Range<usize>)> {
        self.guardrails
            .iter()
            .filter(|rule| rule.kind == kind && rule.reaches(words.len()))
            .filter(|rule| holds(rule))
            .find_map(|rule| {
                let mut patterns = rule.patterns.iter().filter_map(WrittenPattern::pattern);
                // A "not" shortly before does not make an instruction to the machine harmless.
                let found = if kind == GuardrailKind::Injection {
                    patterns.find_map(|pattern| pattern.find_any(words))?
                } else {
                    patterns.find_map(|pattern| pattern.find(words))?
                };
                Some((rule, found))
            })
    }

    /// What a turn would set off in talk with the examiner: for authors who try their rules.
    #[must_use]
    pub fn tried(&self, text: &str) -> Vec<GuardrailHit> {
        let words = tokens(text);
        let hit = |kind: GuardrailKind| {
            let (rule, found) = self.find(kind, &words, |_| true)?;
            let range = words.get(found.start)?.range.start..words.get(found.end.checked_sub(1)?)?.range.end;
            Some(GuardrailHit {
                guardrail: rule.id.to_string(),
                kind,
                words: text.get(range).unwrap_or_default().to_owned(),
                reply: rule.reply.clone(),
                ask: if rule.asks_after(words.len()) { rule.ask.clone() } else { String::new() },
            })
        };
        GuardrailKind::ALL.into_iter().filter_map(hit).collect()
    }
}
