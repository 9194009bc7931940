//! What a short turn is about, by its meaning: an answer, or something else that is said to the examiner.
//!
//! It stands beside the word patterns of `guardrails.toml` and only widens what sets them off; what then happens is the exam's rule and
//! the state machine's. A turn is compared with sentences of the exam (what its signs and questions sound like) and with sentences of
//! each other topic; the nearest ones decide, by thresholds that were fitted on sentences of our own (`docs/practice.md` has the figures).

mod exemplars;

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::exam::Exam;
use crate::score::{Embedder, EmbedderError, cosine};
use crate::text::{Pattern, Token, tokens};

/// Longer turns are answers: they may mention anything.
const MOST_WORDS: usize = 40;
/// Longer questions are not taken for asking what to do.
const MOST_GUIDANCE_WORDS: usize = 18;
/// Sentences with fewer words ("Okay.") say nothing about the topic.
const LEAST_WORDS: usize = 2;

/// What a turn is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// The exam's subject.
    Answer,
    /// The exam itself: its course, its result, what is kept.
    Procedure,
    /// Being told or shown what to say.
    Help,
    /// Other people's answers, results or data.
    Others,
    /// Orders to the machine, other roles, its instructions.
    Machine,
    /// Any other subject.
    Elsewhere,
}

impl Topic {
    /// Every topic.
    pub const ALL: [Self; 6] =
        [Self::Answer, Self::Procedure, Self::Help, Self::Others, Self::Machine, Self::Elsewhere];

    /// As files say it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Procedure => "procedure",
            Self::Help => "help",
            Self::Others => "others",
            Self::Machine => "machine",
            Self::Elsewhere => "elsewhere",
        }
    }
}

/// From which evidence a sentence counts as being no answer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ScopeRule {
    /// Least cosine with a sentence of the other topic.
    pub least: f64,
    /// By how much it must be nearer than the nearest answer, for a sentence that asks.
    pub margin_question: f64,
    /// The same for a sentence that does not ask.
    pub margin_statement: f64,
}

impl Default for ScopeRule {
    /// By 0.04 stricter than what tells most of the tune half of `tests/data/scope.jsonl` over the three example exams without losing an
    /// answer: one lost costs more than a turn that is taken for one. `viva exam guardrails --measure` repeats fit and figures.
    fn default() -> Self {
        Self { least: 0.32, margin_question: -0.06, margin_statement: 0.04 }
    }
}

/// What a turn was found to be about.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judged {
    /// The topic.
    pub topic: Topic,
    /// The sentence that it is nearest to.
    pub nearest: String,
    /// Cosine of the two, in hundredths.
    pub cosine_percent: i32,
    /// By how much it is nearer than the nearest answer, in hundredths.
    pub margin_percent: i32,
    /// True where the turn asks.
    pub asks: bool,
}

/// A sentence with what decides about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The nearest topic beside answers.
    pub topic: Topic,
    /// The sentence of that topic that is nearest.
    pub nearest: String,
    /// Its cosine.
    pub cosine: f64,
    /// The cosine of the nearest answer.
    pub answer: f64,
    /// True where the sentence asks.
    pub asks: bool,
}

impl Measured {
    /// Whether the sentence is no answer by a rule.
    #[must_use]
    pub fn is_off(&self, rule: &ScopeRule) -> bool {
        let margin = if self.asks { rule.margin_question } else { rule.margin_statement };
        self.cosine >= rule.least && self.cosine - self.answer >= margin
    }
}

/// Tells topics by meaning.
pub struct Scope {
    embedder: Arc<dyn Embedder>,
    known: Vec<(Topic, String, Vec<f32>)>,
    guidance: Vec<Pattern>,
    rule: ScopeRule,
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope")
            .field("known", &self.known.len())
            .field("rule", &self.rule)
            .finish_non_exhaustive()
    }
}

impl Scope {
    /// Prepares the sentences of an exam; `None` where the exam is not in English, which the sentences are.
    ///
    /// # Errors
    /// When the sentences cannot be embedded.
    pub fn new(exam: &Exam, embedder: Arc<dyn Embedder>) -> Result<Option<Self>, EmbedderError> {
        if !exam.is_in_validated_language() {
            return Ok(None);
        }
        let mut texts: Vec<(Topic, String)> = Vec::new();
        for (topic, sentences) in exemplars::EXEMPLARS {
            texts.extend(sentences.iter().map(|text| (topic, (*text).to_owned())));
        }
        let mut answers: Vec<&str> = Vec::new();
        for indicator in exam.rubric().criteria.iter().flat_map(|criterion| &criterion.indicators) {
            answers
                .extend(indicator.paraphrases.iter().chain(&indicator.counter_exemplars).map(String::as_str));
        }
        for question in &exam.frame().questions {
            answers.push(&question.text);
            answers.extend(question.probes.iter().map(|probe| probe.text.as_str()));
        }
        texts.extend(answers.into_iter().map(|text| (Topic::Answer, text.to_owned())));
        let borrowed: Vec<&str> = texts.iter().map(|(_, text)| text.as_str()).collect();
        let vectors = embedder.embed(&borrowed)?;
        if vectors.len() != texts.len() {
            return Err(EmbedderError(format!("{} vectors for {} texts", vectors.len(), texts.len())));
        }
        let known =
            texts.into_iter().zip(vectors).map(|((topic, text), vector)| (topic, text, vector)).collect();
        // "What should I do?" asks for the answer in whatever subject; "How can I help you?" does not.
        const GUIDANCE: [&str; 5] = [
            "should|must|shall i|we",
            "do|would i|we have|need to",
            "am i supposed|expected|allowed|meant to",
            "do|would you want|expect|like|advise me",
            "would|do you recommend|suggest|advise",
        ];
        let guidance = GUIDANCE.iter().filter_map(|pattern| Pattern::new(pattern).ok()).collect();
        Ok(Some(Self { embedder, known, guidance, rule: ScopeRule::default() }))
    }

    /// The same with another rule.
    #[must_use]
    pub fn with_rule(self, rule: ScopeRule) -> Self {
        Self { rule, ..self }
    }

    /// What a turn is about; `None` where it is taken for an answer: it is long, says nothing, or one of its sentences is near the exam.
    ///
    /// # Errors
    /// When it cannot be embedded.
    pub fn judge(&self, text: &str) -> Result<Option<Judged>, EmbedderError> {
        let Some(measured) = self.measure(text)? else { return Ok(None) };
        if measured.iter().all(|one| one.is_off(&self.rule)) {
            let margin = |one: &Measured| one.cosine - one.answer;
            let most = measured.iter().max_by(|a, b| margin(a).total_cmp(&margin(b)));
            return Ok(most.map(|one| judged(one, one.topic)));
        }
        let words = tokens(text);
        let guided = || self.guidance.iter().any(|pattern| pattern.find_any(&words).is_some());
        if words.len() <= MOST_GUIDANCE_WORDS && measured.iter().all(|one| one.asks) && guided() {
            return Ok(measured.first().map(|one| judged(one, Topic::Help)));
        }
        Ok(None)
    }

    /// What decides about each sentence of a turn; `None` for one that is not looked at.
    ///
    /// # Errors
    /// When it cannot be embedded.
    pub fn measure(&self, text: &str) -> Result<Option<Vec<Measured>>, EmbedderError> {
        let sentences: Vec<(&str, Vec<Token>)> = text
            .split_inclusive(['.', '?', '!'])
            .map(|sentence| (sentence.trim(), tokens(sentence)))
            .filter(|(_, words)| words.len() >= LEAST_WORDS)
            .collect();
        if sentences.is_empty() || sentences.iter().map(|(_, words)| words.len()).sum::<usize>() > MOST_WORDS
        {
            return Ok(None);
        }
        let texts: Vec<&str> = sentences.iter().map(|(text, _)| *text).collect();
        let vectors = self.embedder.embed(&texts)?;
        if vectors.len() != texts.len() {
            return Err(EmbedderError(format!("{} vectors for {} texts", vectors.len(), texts.len())));
        }
        let measured = |((text, words), vector): (&(&str, Vec<Token>), Vec<f32>)| {
            let (mut answer, mut other) = (f64::MIN, (Topic::Elsewhere, "", f64::MIN));
            for (topic, known, known_vector) in &self.known {
                let near = cosine(&vector, known_vector);
                if *topic == Topic::Answer {
                    answer = answer.max(near);
                } else if near > other.2 {
                    other = (*topic, known, near);
                }
            }
            let (topic, nearest, cosine) = other;
            Measured { topic, nearest: nearest.to_owned(), cosine, answer, asks: asks(text, words) }
        };
        Ok(Some(sentences.iter().zip(vectors).map(measured).collect()))
    }
}

fn judged(one: &Measured, topic: Topic) -> Judged {
    let percent = |share: f64| (share * 100.0).round() as i32;
    Judged {
        topic,
        nearest: one.nearest.clone(),
        cosine_percent: percent(one.cosine),
        margin_percent: percent(one.cosine - one.answer),
        asks: one.asks,
    }
}

/// Words that open a question; recognisers may leave out its mark.
const OPENERS: [&str; 24] = [
    "what", "who", "whom", "whose", "when", "where", "which", "why", "how", "can", "could", "may", "do",
    "does", "did", "is", "are", "am", "was", "will", "would", "should", "must", "shall",
];

/// Whether a sentence asks.
pub(crate) fn asks(text: &str, words: &[Token]) -> bool {
    text.trim_end().ends_with('?')
        || words.first().is_some_and(|first| OPENERS.contains(&first.word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_told_without_its_mark() {
        for (text, expect) in [
            ("When do I get the result", true),
            ("You see the recording?", true),
            ("I ask when the pain began.", false),
            ("", false),
        ] {
            assert_eq!(asks(text, &tokens(text)), expect, "{text}");
        }
    }

    #[test]
    fn every_topic_has_sentences_and_none_stands_twice() {
        let mut all: Vec<&str> =
            exemplars::EXEMPLARS.iter().flat_map(|(_, texts)| texts.iter().copied()).collect();
        for topic in Topic::ALL {
            assert!(exemplars::EXEMPLARS.iter().any(|(other, texts)| *other == topic && texts.len() >= 10));
        }
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
