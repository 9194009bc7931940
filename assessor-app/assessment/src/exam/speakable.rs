//! What a voice cannot say.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

/// Files whose texts the examiner and the characters say. Simulated candidates have marks of their own in braces.
pub(super) const SPOKEN: [&str; 4] = ["exam.toml", "persona.toml", "roleplay.toml", "guardrails.toml"];

/// Places of the texts of a TOML file that hold a brace: there the voice looks for a mark, such as a pause.
pub(super) fn with_braces(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    // What cannot be read has left its own fault.
    if let Ok(table) = DeTable::parse(text) {
        for value in table.get_ref().values() {
            walk(value.get_ref(), &value.span(), &mut found);
        }
    }
    found
}

fn walk(value: &DeValue<'_>, span: &Range<usize>, found: &mut Vec<Range<usize>>) {
    match value {
        DeValue::String(text) if text.contains(['{', '}']) => found.push(span.clone()),
        DeValue::Array(values) => values.iter().for_each(|value| walk(value.get_ref(), &value.span(), found)),
        DeValue::Table(table) => table.values().for_each(|value| walk(value.get_ref(), &value.span(), found)),
        _ => {}
    }
}
