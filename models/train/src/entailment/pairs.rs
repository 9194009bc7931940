//! From graded answers to pairs, varied anew in every round.

use std::collections::BTreeMap;

use viva_assessment::short_answer::{Evidence, Lexicon, evidence, nearest_reference};
use viva_inference::entailment::{LABELS, Pair};

use crate::scorer::{Random, Row};

/// Of 100 rows so many get another correct answer to their question as reference.
const OTHER_ANSWER: usize = 15;
/// Of 100 rows so many are read as a recogniser would write them.
const PLAIN: usize = 15;
/// Wrong answers that are made, per 100 rows: an answer to another question, the reference's words in no order, the question.
const FOREIGN: usize = 2;
const SHUFFLED: usize = 2;
const ECHO: usize = 2;

/// A graded answer as the network learns it.
pub(super) struct Graded {
    question: String,
    references: Vec<String>,
    nearest: usize,
    evidence: Evidence,
    /// The collection and question.
    pub(super) key: String,
    pub(super) label: usize,
    pub(super) score: f32,
    /// Which labels the collection knows.
    pub(super) known: [bool; LABELS.len()],
}

/// One pair with what it should be.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Example {
    pub(super) reference: String,
    pub(super) answer: String,
    pub(super) label: usize,
    pub(super) score: f32,
    pub(super) known: [bool; LABELS.len()],
}

impl Example {
    pub(super) fn pair(&self) -> Pair<'_> {
        Pair { reference: &self.reference, answer: &self.answer }
    }
}

const WRONG: usize = 3;

/// Rows whose label is none of [`LABELS`], or of whose answer nothing is left, are left out.
pub(super) fn graded(rows: &[Row], lexicon: &Lexicon) -> Vec<Graded> {
    let mut known = BTreeMap::<&str, [bool; LABELS.len()]>::new();
    let number = |row: &Row| LABELS.iter().position(|label| *label == row.label);
    for row in rows {
        if let Some(label) = number(row) {
            known.entry(&row.item.set).or_default()[label] = true;
        }
    }
    rows.iter()
        .filter_map(|row| {
            let label = number(row)?;
            let evidence = evidence(&row.item, lexicon);
            (!evidence.plain.is_empty() && !row.item.reference_answers.is_empty()).then(|| Graded {
                question: row.item.question.clone(),
                nearest: nearest_reference(&row.item, &evidence.text),
                references: row.item.reference_answers.clone(),
                evidence,
                key: key(row),
                label,
                score: row.score,
                known: known[row.item.set.as_str()],
            })
        })
        .collect()
}

/// Collection and question.
pub(super) fn key(row: &Row) -> String {
    format!("{}/{}", row.item.set, row.question_id)
}

/// The examples of one round, in order of the rows, the made ones last.
pub(super) fn examples(rows: &[Graded], random: &mut Random) -> Vec<Example> {
    let mut good = BTreeMap::<&str, Vec<&str>>::new();
    for row in rows.iter().filter(|row| row.label == 0) {
        good.entry(&row.key).or_default().push(&row.evidence.text);
    }
    let mut all: Vec<Example> = rows
        .iter()
        .map(|row| {
            let mut reference = row.references[row.nearest].as_str();
            if random.below(100) < OTHER_ANSWER {
                let others = good.get(row.key.as_str()).map_or(&[][..], Vec::as_slice);
                let chosen = others.get(random.below(others.len())).copied();
                reference = chosen.filter(|other| *other != row.evidence.text).unwrap_or(reference);
            }
            Example {
                reference: reference.to_owned(),
                answer: if random.below(100) < PLAIN { &row.evidence.plain } else { &row.evidence.text }
                    .clone(),
                label: row.label,
                score: row.score,
                known: row.known,
            }
        })
        .collect();
    for _ in 0..rows.len() * (FOREIGN + SHUFFLED + ECHO) / 100 {
        let row = &rows[random.below(rows.len())];
        let draw = random.below(FOREIGN + SHUFFLED + ECHO);
        let answer = if draw < FOREIGN {
            let other = &rows[random.below(rows.len())];
            if other.key == row.key {
                continue;
            }
            other.evidence.text.clone()
        } else if draw < FOREIGN + SHUFFLED {
            let mut words: Vec<&str> = row.references[row.nearest].split_whitespace().collect();
            random.shuffle(&mut words);
            words.join(" ")
        } else {
            row.question.clone()
        };
        all.push(Example {
            reference: row.references[row.nearest].clone(),
            answer,
            label: WRONG,
            score: 0.0,
            known: row.known,
        });
    }
    all
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn row(key: &str, answer: &str, label: usize) -> Graded {
        Graded {
            question: format!("question of {key}"),
            references: vec!["one two three four five six".to_owned(), "seven".to_owned()],
            nearest: 0,
            evidence: Evidence {
                text: answer.to_owned(),
                plain: format!("plain {answer}"),
                flags: BTreeSet::new(),
            },
            key: key.to_owned(),
            label,
            score: if label == 0 { 1.0 } else { 0.0 },
            known: [true, false, true, true],
        }
    }

    #[test]
    fn every_row_is_there_once_and_what_is_made_is_wrong() {
        let rows: Vec<Graded> = (0..200)
            .map(|i| {
                row(
                    if i % 2 == 0 { "a" } else { "b" },
                    &format!("answer {i}"),
                    if i % 3 == 0 { 0 } else { 2 },
                )
            })
            .collect();
        let found = examples(&rows, &mut Random::new(5));
        assert_eq!(found, examples(&rows, &mut Random::new(5)), "the seed decides");
        for (row, example) in rows.iter().zip(&found) {
            assert!(example.answer.ends_with(&row.evidence.text));
            assert_eq!(row.label, example.label);
        }
        let plain = found[..200].iter().filter(|example| example.answer.starts_with("plain"));
        assert!((15..50).contains(&plain.count()), "some are read as a recogniser would write them");
        let made = &found[rows.len()..];
        assert!(made.len() > 6 && made.iter().all(|example| example.label == WRONG && example.score == 0.0));
        let borrowed = found[..200].iter().filter(|example| example.reference.starts_with("answer"));
        assert!((15..45).contains(&borrowed.count()), "some learn from another correct answer");
    }
}
