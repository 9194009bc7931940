//! What the scorer reads: the candidate's turns with what each was an answer to.

use std::collections::BTreeSet;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use viva_exchange::Turn;

use crate::exam::{Exam, GuardrailKind, ProbeKind};
use crate::text::{Token, is_function_word, tokens, turns_round};

/// Where an answer was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Setting {
    /// To a main question.
    Question,
    /// To a follow-up.
    Probe(ProbeKind),
    /// To the character.
    RolePlay,
    /// To nothing that was asked: a recording.
    Unasked,
}

/// One turn of the candidate and what it answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// The words.
    pub turn: Turn,
    /// Name of the question or role-play.
    pub question: String,
    /// Criteria that it was asked for.
    pub criteria: Vec<String>,
    /// Where.
    pub setting: Setting,
    /// What the assessor had said just before, as ordered.
    pub heard: String,
}

/// Why words of an answer are no evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unusable {
    Injection,
    Recited,
    Unclear,
    NotConnected,
}

/// A sentence of an answer.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    /// Number of its answer.
    pub(crate) answer: usize,
    /// Bytes of the turn's text.
    pub(crate) range: Range<usize>,
    /// Its tokens without those that only repeat what the assessor said; ranges are bytes of the turn's text.
    pub(crate) tokens: Vec<Token>,
    /// Stems of its content words.
    pub(crate) stems: Vec<String>,
    /// Whether it turns something down ("not", "never").
    pub(crate) negated: bool,
    /// Why it is no evidence, if it is none.
    pub(crate) unusable: Option<Unusable>,
}

/// The most words of a segment; recognisers may leave out every full stop.
const MOST_WORDS: usize = 28;
/// So many words in a row that the assessor said before are a repetition of the question.
const REPEATED_RUN: usize = 5;
/// Below this mean confidence of the recogniser words are not relied on; a floor, not a calibrated value.
pub(crate) const LEAST_CONFIDENCE: f32 = 0.35;
/// Sentences of at least so many words are checked for being connected speech.
const CHECKED_WORDS: usize = 6;
/// Least share of grammatical words; keyword lists and other languages stay below it, English speech lies near 0.4.
const LEAST_GRAMMAR: f64 = 0.16;

/// An answer that names so many signs in the rubric's own words, and hardly anything else, recites the rubric.
const RECITED_SIGNS: usize = 3;
/// Share of its content words that are those of the signs.
const RECITED_SHARE: f64 = 0.6;

/// Cuts an answer into sentences. `prompts` are the stems of everything that the assessor has said until then.
pub(crate) fn segments(exam: &Exam, number: usize, answer: &Answer, prompts: &[Vec<String>]) -> Vec<Segment> {
    let text = answer.turn.text();
    let all = tokens(&text);
    let mut repeated = vec![false; all.len()];
    for prompt in prompts {
        mark_repetition(&all, prompt, &mut repeated);
    }
    let is_recited = recites(exam, &all);
    let is_english = is_connected(&all) || knows_most(exam, &all);
    let mut found = Vec::new();
    for (from, to) in sentence_borders(&text, &all) {
        let sentence = &all[from..to];
        let range = sentence[0].range.start..sentence[sentence.len() - 1].range.end;
        let confidence = mean_confidence(&answer.turn, &range);
        let unusable = if is_injection(exam, sentence) {
            Some(Unusable::Injection)
        } else if is_recited {
            Some(Unusable::Recited)
        } else if !is_connected(sentence) || sentence.len() < CHECKED_WORDS && !is_english {
            // A short sentence says little of its language; the whole answer says more.
            Some(Unusable::NotConnected)
        } else if confidence < LEAST_CONFIDENCE {
            Some(Unusable::Unclear)
        } else {
            None
        };
        let kept: Vec<Token> = sentence
            .iter()
            .zip(&repeated[from..to])
            .filter(|(_, repeated)| !**repeated)
            .map(|(t, _)| t.clone())
            .collect();
        if kept.is_empty() {
            continue;
        }
        let stems = kept
            .iter()
            .filter(|token| !is_function_word(&token.word))
            .map(|token| token.stem.clone())
            .collect();
        let negated = turns_round(&kept);
        found.push(Segment { answer: number, range, tokens: kept, stems, negated, unusable });
    }
    found
}

/// Whether words try to instruct the machine.
pub(crate) fn is_injection(exam: &Exam, tokens: &[Token]) -> bool {
    exam.guardrails()
        .guardrails
        .iter()
        .filter(|rule| rule.kind == GuardrailKind::Injection)
        .flat_map(|rule| &rule.patterns)
        .filter_map(|written| written.pattern())
        .any(|pattern| pattern.find_any(tokens).is_some())
}

/// Whether somebody says the rubric's signs in its own words, in place of what would show them.
fn recites(exam: &Exam, said: &[Token]) -> bool {
    let content = |tokens: &[Token]| -> BTreeSet<String> {
        tokens.iter().filter(|token| !is_function_word(&token.word)).map(|token| token.stem.clone()).collect()
    };
    let said = content(said);
    let indicators = exam.rubric().criteria.iter().flat_map(|criterion| &criterion.indicators);
    let signs: BTreeSet<BTreeSet<String>> = indicators
        .map(|indicator| content(&tokens(&indicator.text)))
        .filter(|sign| sign.len() >= 2 && sign.is_subset(&said))
        .collect();
    let words: BTreeSet<&String> = signs.iter().flatten().collect();
    signs.len() >= RECITED_SIGNS && words.len() as f64 >= RECITED_SHARE * said.len() as f64
}

/// Token ranges of the sentences: split at `.?!;`, before "but", and at [`MOST_WORDS`].
fn sentence_borders(text: &str, all: &[Token]) -> Vec<(usize, usize)> {
    let mut borders = Vec::new();
    let mut from = 0;
    for at in 1..=all.len() {
        let split = at == all.len() || {
            let between = &text[all[at - 1].range.end.min(all[at].range.start)..all[at].range.start];
            between.contains(['.', '?', '!', ';'])
                || (all[at].word == "but" && at - from >= 3)
                || at - from >= MOST_WORDS
        };
        if split {
            borders.push((from, at));
            from = at;
        }
    }
    borders.retain(|(from, to)| to > from);
    borders
}

fn mark_repetition(all: &[Token], prompt: &[String], repeated: &mut [bool]) {
    if all.len() < REPEATED_RUN {
        return;
    }
    for at in 0..=all.len() - REPEATED_RUN {
        let run = &all[at..at + REPEATED_RUN];
        if prompt.windows(REPEATED_RUN).any(|window| window.iter().eq(run.iter().map(|token| &token.stem))) {
            repeated[at..at + REPEATED_RUN].fill(true);
        }
    }
}

/// Whether most of an answer's content is words that the exam knows: terse English is no other language.
fn knows_most(exam: &Exam, said: &[Token]) -> bool {
    let content: Vec<&Token> = said.iter().filter(|token| !is_function_word(&token.word)).collect();
    let known = content.iter().filter(|token| exam.vocabulary().contains(&token.stem)).count();
    2 * known >= content.len()
}

/// False for keyword lists and for other languages than English.
fn is_connected(sentence: &[Token]) -> bool {
    if sentence.len() < CHECKED_WORDS {
        return true;
    }
    let grammar = sentence
        .iter()
        .filter(|token| {
            let word = token.word.as_str();
            is_function_word(word)
                && !matches!(word, "and" | "or" | "a" | "no" | "me" | "he" | "so" | "in" | "um" | "uh" | "er")
        })
        .count();
    grammar as f64 >= LEAST_GRAMMAR * sentence.len() as f64
}

/// How sure the recogniser was of the words in a range of the turn's text; 0 where there are none.
pub(crate) fn mean_confidence(turn: &Turn, range: &Range<usize>) -> f32 {
    let (mut sum, mut count, mut at) = (0.0, 0.0, 0);
    for word in &turn.words {
        let (from, to) = (at, at + word.text.len());
        if from < range.end && to > range.start {
            sum += word.confidence;
            count += 1.0;
        }
        at = to + 1;
    }
    if count > 0.0 { sum / count } else { 0.0 }
}
