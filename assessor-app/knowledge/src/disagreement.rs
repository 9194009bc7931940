//! Whether two sentences of documents speak of the same thing and do not agree.
//!
//! Noticed are other numbers, days and months with the same unit, and a negation in one of them. Contradictions in other words ("open" and
//! "closed") are not: what is not noticed is told from the best passage alone, with its place.

use std::collections::{BTreeMap, BTreeSet};

use viva_assessment::text::{Token, is_function_word, tokens};

use crate::search::Hit;

/// Share of the shorter sentence's words, numbers and units aside, that the other one must have, too.
const LEAST_SHARED: f64 = 0.5;
/// A negation alone makes a contradiction only of sentences that are nearly the same.
const LEAST_SHARED_NEGATED: f64 = 0.65;
/// And have so many words in common at least.
const LEAST_SHARED_NEGATED_WORDS: usize = 2;
/// In how many words after a number its unit is looked for.
const UNIT_REACH: usize = 2;

const NEGATIONS: [&str; 9] =
    ["not", "never", "no", "cannot", "nobody", "without", "none", "neither", "forbidden"];
/// Words around a number that say nothing about what is counted.
const AROUND_NUMBERS: [&str; 6] = ["within", "least", "most", "until", "up", "exactly"];
const NUMBERS: [&str; 13] = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
];
const TENS: [(&str, u64); 9] = [
    ("fifteen", 15),
    ("twenty", 20),
    ("thirty", 30),
    ("forty", 40),
    ("fifty", 50),
    ("sixty", 60),
    ("ninety", 90),
    ("hundred", 100),
    ("thousand", 1000),
];
const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// True where the sentences speak of the same thing and do not agree.
#[must_use]
pub fn disagree(a: &str, b: &str) -> bool {
    let (a, b) = (Said::of(a), Said::of(b));
    let is_unit = |stem: &String| a.values.contains_key(stem) || b.values.contains_key(stem);
    let subject =
        |said: &Said| said.stems.iter().filter(|stem| !is_unit(stem)).cloned().collect::<BTreeSet<_>>();
    let (first, second) = (subject(&a), subject(&b));
    let shared = first.intersection(&second).count();
    let share = shared as f64 / first.len().min(second.len()).max(1) as f64;
    let numbers =
        a.values.iter().any(|(unit, values)| b.values.get(unit).is_some_and(|other| other != values));
    let negated =
        a.negated != b.negated && shared >= LEAST_SHARED_NEGATED_WORDS && share >= LEAST_SHARED_NEGATED;
    shared > 0 && share >= LEAST_SHARED && (numbers || negated)
}

/// A pair of sentences from different documents that do not agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// Numbers of the hits, from 0.
    pub hits: (usize, usize),
    /// The sentences.
    pub sentences: (String, String),
}

/// Where passages of different documents do not agree; one pair per pair of passages.
#[must_use]
pub fn disagreements(hits: &[Hit]) -> Vec<Disagreement> {
    let sentences: Vec<Vec<String>> = hits.iter().map(|hit| sentences(&hit.passage.text)).collect();
    let mut found = Vec::new();
    for (first, a) in sentences.iter().enumerate() {
        for (second, b) in sentences.iter().enumerate().skip(first + 1) {
            if hits[first].passage.sha256 == hits[second].passage.sha256 {
                continue;
            }
            let pairs = a.iter().flat_map(|a| b.iter().map(move |b| (a, b)));
            found.extend(
                pairs
                    .clone()
                    .find(|(a, b)| disagree(a, b))
                    .map(|(a, b)| Disagreement { hits: (first, second), sentences: (a.clone(), b.clone()) }),
            );
        }
    }
    found
}

/// The sentences of a passage, each on one line.
#[must_use]
pub fn sentences(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in text.split("\n\n") {
        let line = part.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut rest = line.as_str();
        while let Some(end) = first_end(rest) {
            found.push(rest[..end].trim().to_owned());
            rest = &rest[end..];
        }
        if !rest.trim().is_empty() {
            found.push(rest.trim().to_owned());
        }
    }
    found
}

/// Where the first sentence ends. "3.5" and "e.g. a" end none.
fn first_end(text: &str) -> Option<usize> {
    text.char_indices().filter(|(_, sign)| ['.', '?', '!', ';'].contains(sign)).map(|(at, _)| at).find_map(
        |at| {
            let (sign, after) = text[at..].split_at(1);
            let goes_on = sign == "." && after.trim_start().starts_with(char::is_lowercase);
            (after.chars().next().is_none_or(char::is_whitespace) && !goes_on).then_some(at + 1)
        },
    )
}

/// What a sentence says, as far as it is compared.
struct Said {
    stems: BTreeSet<String>,
    /// Unit → numbers with it.
    values: BTreeMap<String, BTreeSet<u64>>,
    negated: bool,
}

impl Said {
    fn of(text: &str) -> Self {
        let words = tokens(text);
        let mut said = Self { stems: BTreeSet::new(), values: BTreeMap::new(), negated: false };
        for (at, token) in words.iter().enumerate() {
            said.negated |= NEGATIONS.contains(&token.word.as_str());
            if let Some(named) = calendar(&token.word) {
                said.values.entry(named.0.to_owned()).or_default().insert(named.1);
            } else if let Some(number) = number(&token.word) {
                let units = words[at + 1..].iter().filter(|unit| is_content(unit)).take(UNIT_REACH);
                for unit in units {
                    said.values.entry(unit.stem.clone()).or_default().insert(number);
                }
            } else if is_content(token) {
                said.stems.insert(token.stem.clone());
            }
        }
        said
    }
}

fn is_content(token: &Token) -> bool {
    let word = token.word.as_str();
    !is_function_word(word)
        && !NEGATIONS.contains(&word)
        && !AROUND_NUMBERS.contains(&word)
        && number(word).is_none()
}

fn number(word: &str) -> Option<u64> {
    let named = NUMBERS.iter().position(|name| *name == word).map(|at| at as u64);
    let tens = || TENS.iter().find(|(name, _)| *name == word).map(|(_, value)| *value);
    word.parse().ok().or(named).or_else(tens)
}

fn calendar(word: &str) -> Option<(&'static str, u64)> {
    // The month of May cannot be told from the verb.
    let in_list = |list: &[&str]| list.iter().position(|name| *name == word).map(|at| at as u64);
    in_list(&DAYS).map(|at| ("day of the week", at)).or_else(|| in_list(&MONTHS).map(|at| ("month", at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_days_and_negations_disagree_only_about_the_same_thing() {
        for (a, b, expect) in [
            ("You get the result within ten working days.", "The result comes within 14 days.", true),
            ("You get the result within ten days.", "You get the result within 10 days.", false),
            ("An appeal must be written within 30 days.", "You get the result within ten days.", false),
            (
                "The recording is kept for two years.",
                "The recording is kept for six years after the exam.",
                true,
            ),
            ("You may bring notes to the exam.", "You may not bring notes to the exam.", true),
            ("You may not bring notes.", "The exam is recorded.", false),
            ("The office opens on Monday.", "The office opens on Tuesday.", true),
            ("A human decides about the result.", "A human decides about the result of every exam.", false),
            ("", "", false),
        ] {
            assert_eq!(disagree(a, b), expect, "{a} / {b}");
            assert_eq!(disagree(b, a), expect, "{b} / {a}");
        }
    }

    #[test]
    fn sentences_end_where_they_end() {
        let text = "It takes 3.5 hours. Bring\nan ID, e.g. a passport.\n\nNo notes";
        assert_eq!(sentences(text), ["It takes 3.5 hours.", "Bring an ID, e.g. a passport.", "No notes"]);
    }
}
