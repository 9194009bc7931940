//! From graded answers to pairs.

use std::collections::BTreeMap;

use viva_assessment::short_answer::nearest_reference;
use viva_inference::entailment::{LABELS, Pair};

use crate::scorer::Row;

/// One pair with what it should be.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Example {
    pub(super) reference: String,
    pub(super) answer: String,
    pub(super) label: usize,
    pub(super) score: f32,
    /// Which labels the collection knows.
    pub(super) known: [bool; LABELS.len()],
}

impl Example {
    pub(super) fn pair(&self) -> Pair<'_> {
        Pair { reference: &self.reference, answer: &self.answer }
    }
}

/// Every answer beside the nearest reference. Rows whose label is none of [`LABELS`], or that have no reference, are left out.
pub(super) fn examples(rows: &[Row]) -> Vec<Example> {
    let mut known = BTreeMap::<&str, [bool; LABELS.len()]>::new();
    let number = |row: &Row| LABELS.iter().position(|label| *label == row.label);
    for row in rows {
        if let Some(label) = number(row) {
            known.entry(&row.item.set).or_default()[label] = true;
        }
    }
    rows.iter()
        .filter_map(|row| {
            let (label, item) = (number(row)?, &row.item);
            Some(Example {
                reference: item.reference_answers.get(nearest_reference(item, &item.answer))?.clone(),
                answer: item.answer.trim().to_owned(),
                label,
                score: row.score,
                known: known[item.set.as_str()],
            })
        })
        .collect()
}

/// Collection and question.
pub(super) fn key(row: &Row) -> String {
    format!("{}/{}", row.item.set, row.question_id)
}

#[cfg(test)]
mod tests {
    use viva_assessment::short_answer::Item;

    use super::*;

    #[test]
    fn an_answer_stands_beside_the_nearest_reference() {
        let row = |set: &str, answer: &str, label: &str| Row {
            item: Item {
                id: String::new(),
                set: set.to_owned(),
                question: String::new(),
                reference_answers: vec!["one two three".to_owned(), "four five six".to_owned()],
                answer: answer.to_owned(),
            },
            question_id: "q".to_owned(),
            score: 0.5,
            label: label.to_owned(),
        };
        let none = Row {
            item: Item { reference_answers: Vec::new(), ..row("a", "", "correct").item },
            ..row("a", "", "correct")
        };
        let rows = [
            row("a", " Five, six? ", "correct"),
            row("a", "three", "contradictory"),
            row("b", "seven", "incorrect"),
            row("a", "one", "unheard of"),
            none,
        ];
        let found = examples(&rows);
        let pairs: Vec<_> =
            found.iter().map(|e| (e.reference.as_str(), e.answer.as_str(), e.label)).collect();
        let label = |name: &str| LABELS.iter().position(|label| *label == name).unwrap();
        assert_eq!(
            pairs,
            [
                ("four five six", "Five, six?", label("correct")),
                ("one two three", "three", label("contradictory")),
                ("one two three", "seven", label("incorrect")),
            ]
        );
        assert_eq!(found[0].known.iter().filter(|known| **known).count(), 2, "of its own collection");
        assert_eq!(found[2].known.iter().filter(|known| **known).count(), 1);
    }
}
