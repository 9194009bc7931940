//! Cutting documents into passages.

use std::fmt::Write as _;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// A stretch of a document that can be cited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Passage {
    /// Path of the document.
    pub doc: String,
    /// The heading it stands under; empty before the first one.
    pub heading: String,
    /// The words, a paragraph or several short ones; an exact substring of the document.
    pub text: String,
    /// SHA-256 of the whole document, lower-case hexadecimal.
    pub sha256: String,
}

/// A passage is closed at the next blank line once it has this many bytes.
const LEAST_BYTES: usize = 400;

/// The passages of a document, in order. Headings are markdown's (`#` to `######`); code fences are left whole.
#[must_use]
pub fn passages(doc: &str, text: &str) -> Vec<Passage> {
    let sha256 = hex(&Sha256::digest(text.as_bytes()));
    let mut found = Vec::new();
    let (mut heading, mut from, mut at, mut in_fence) = (String::new(), 0, 0, false);
    let mut close = |heading: &str, stretch: &str| {
        let stretch = stretch.trim();
        if !stretch.is_empty() {
            let (doc, heading, text) = (doc.to_owned(), heading.to_owned(), stretch.to_owned());
            found.push(Passage { doc, heading, text, sha256: sha256.clone() });
        }
    };
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        in_fence ^= line.trim_start().starts_with("```");
        if let Some(title) = title_of(line).filter(|_| !in_fence) {
            close(&heading, &text[from..at]);
            heading = title.to_owned();
            from = end;
        } else if line.trim().is_empty() && !in_fence && at - from >= LEAST_BYTES {
            close(&heading, &text[from..at]);
            from = end;
        }
        at = end;
    }
    close(&heading, &text[from..]);
    found
}

fn title_of(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches('#');
    let depth = line.len() - rest.len();
    ((1..=6).contains(&depth) && rest.starts_with([' ', '\t'])).then(|| rest.trim())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("writing to a string cannot fail");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_falls_into_its_sections() {
        let text = "Before.\n\n# One\n\nFirst.\n## Two\nSecond.\n```\n# no heading\n```\n#none\n";
        let found = passages("a.md", text);
        let seen: Vec<(&str, &str)> = found.iter().map(|p| (p.heading.as_str(), p.text.as_str())).collect();
        let expected =
            [("", "Before."), ("One", "First."), ("Two", "Second.\n```\n# no heading\n```\n#none")];
        assert_eq!(seen, expected);
        assert!(found.iter().all(|passage| text.contains(&passage.text)));
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hex(&Sha256::digest(b"")), empty);
        assert_eq!(passages("b.md", " \n\n"), []);
    }

    #[test]
    fn long_sections_are_cut_at_blank_lines() {
        let paragraph = "A sentence of some length stands here. ".repeat(8);
        let text = format!("# Long\n\n{paragraph}\n\n{paragraph}\n\n{paragraph}\n");
        let found = passages("a.md", &text);
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|passage| passage.heading == "Long"));
    }
}
