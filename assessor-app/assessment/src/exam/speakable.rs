//! What a voice cannot say.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

/// Files whose texts the examiner and the characters say. Simulated candidates have marks of their own in braces.
pub(super) const SPOKEN: [&str; 4] = ["exam.toml", "persona.toml", "roleplay.toml", "guardrails.toml"];

/// What the program fills in; the only braces of a package.
const FILLED_IN: [&str; 5] = ["{document}", "{page}", "{words}", "{points}", "{name}"];
/// The tables of `[words]` in which it does.
const TEMPLATES: [&str; 2] = ["documents", "practice"];

/// Places of the texts of a TOML file that hold a brace: there the voice looks for a mark, such as a pause.
pub(super) fn with_braces(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    // What cannot be read has left its own fault.
    if let Ok(table) = DeTable::parse(text) {
        for value in table.get_ref().values() {
            walk(value.get_ref(), &value.span(), false, &mut found);
        }
    }
    found
}

fn walk(value: &DeValue<'_>, span: &Range<usize>, is_template: bool, found: &mut Vec<Range<usize>>) {
    match value {
        DeValue::String(text) => {
            let filled = |text: String, mark: &&str| text.replace(mark, "");
            let text =
                if is_template { FILLED_IN.iter().fold(text.to_string(), filled) } else { text.to_string() };
            if text.contains(['{', '}']) {
                found.push(span.clone());
            }
        }
        DeValue::Array(values) => {
            values.iter().for_each(|value| walk(value.get_ref(), &value.span(), is_template, found));
        }
        DeValue::Table(table) => {
            for (name, value) in table {
                let is_template = is_template || TEMPLATES.contains(&name.get_ref().as_ref());
                walk(value.get_ref(), &value.span(), is_template, found);
            }
        }
        _ => {}
    }
}
