//! Cutting documents into passages.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use viva_assessment::exam::Citation;

use crate::document::{Document, Format};

/// A stretch of a document that can be cited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    /// Path or name of the document.
    pub doc: String,
    /// The document's title, where it has one.
    pub title: Option<String>,
    /// The heading it stands under; empty before the first one.
    pub heading: String,
    /// The headings above that one, outermost first.
    pub above: Vec<String>,
    /// The page on which it begins, from 1; none where the format has no pages.
    pub page: Option<u32>,
    /// The page on which it ends.
    pub last_page: Option<u32>,
    /// The words, a paragraph or several short ones; an exact substring of the document's text.
    pub text: String,
    /// SHA-256 of the whole document's bytes, lower-case hexadecimal.
    pub sha256: String,
}

impl Passage {
    /// What names it.
    #[must_use]
    pub fn citation(&self) -> Citation {
        Citation {
            document: self.doc.clone(),
            heading: self.heading.clone(),
            pages: self.page.zip(self.last_page),
            sha256: self.sha256.clone(),
        }
    }

    /// Heading and words: what is searched.
    #[must_use]
    pub fn searched(&self) -> String {
        if self.heading.is_empty() { self.text.clone() } else { format!("{}\n{}", self.heading, self.text) }
    }
}

/// A passage is closed at the next blank line once it has this many bytes.
const LEAST_BYTES: usize = 400;
/// A longer stretch without a blank line is cut at a sentence's end: about 400 of the 512 tokens that the sentence network reads.
const MOST_BYTES: usize = 1600;

/// The passages of a markdown document, in order.
#[must_use]
pub fn passages(doc: &str, text: &str) -> Vec<Passage> {
    let sha256 = sha256_hex(text.as_bytes());
    split(doc, &sha256, &crate::document::from_markdown(text.to_owned()))
}

/// The passages of a document, in order.
///
/// Outside of headings every character that is no blank stands in exactly one passage.
#[must_use]
pub fn split(doc: &str, sha256: &str, document: &Document) -> Vec<Passage> {
    let text = &document.text;
    let mut cutter = Cutter { document, found: Vec::new(), doc, sha256, above: Vec::new() };
    let mut headings = document.headings.iter().peekable();
    let (mut from, mut at, mut in_fence) = (0, 0, false);
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        in_fence ^= document.format == Format::Markdown && line.trim_start().starts_with("```");
        if let Some(heading) = headings.next_if(|heading| heading.range.start <= at) {
            cutter.close(from..at);
            cutter.enter(heading.level, &heading.title);
            from = end;
        } else if line.trim().is_empty() && !in_fence && at - from >= LEAST_BYTES {
            cutter.close(from..at);
            from = end;
        }
        at = end;
    }
    cutter.close(from..text.len());
    cutter.found
}

struct Cutter<'a> {
    document: &'a Document,
    found: Vec<Passage>,
    doc: &'a str,
    sha256: &'a str,
    /// Headings in force: level and title.
    above: Vec<(u8, String)>,
}

impl Cutter<'_> {
    fn enter(&mut self, level: u8, title: &str) {
        while self.above.last().is_some_and(|(above, _)| *above >= level) {
            self.above.pop();
        }
        self.above.push((level, title.to_owned()));
    }

    fn close(&mut self, stretch: Range<usize>) {
        let mut rest = trimmed(&self.document.text, stretch);
        while !rest.is_empty() {
            let pieces = rest.len().div_ceil(MOST_BYTES);
            let piece = if pieces > 1 {
                let length = cut(&self.document.text[rest.clone()], rest.len() / pieces);
                rest.start..rest.start + length
            } else {
                rest.clone()
            };
            let next = piece.end..rest.end;
            let piece = trimmed(&self.document.text, piece);
            let (above, heading) = match self.above.split_last() {
                Some(((_, heading), above)) => {
                    (above.iter().map(|(_, title)| title.clone()).collect(), heading.clone())
                }
                None => (Vec::new(), String::new()),
            };
            self.found.push(Passage {
                doc: self.doc.to_owned(),
                title: self.document.title.clone(),
                heading,
                above,
                page: self.document.page_at(piece.start),
                last_page: self.document.page_at(piece.end - 1),
                text: self.document.text[piece].to_owned(),
                sha256: self.sha256.to_owned(),
            });
            rest = trimmed(&self.document.text, next);
        }
    }
}

fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let part = &text[range.clone()];
    let start = range.start + part.len() - part.trim_start().len();
    start..start + part.trim().len()
}

/// Where to cut a long text, near `target` bytes: after a sentence, else between words, else between letters.
fn cut(text: &str, target: usize) -> usize {
    let window = floor(text, target * 3 / 5)..floor(text, (target * 7 / 5).min(MOST_BYTES));
    let ends = |marks: &[char]| {
        let part = &text[window.clone()];
        let places = part.char_indices().filter(|(at, letter)| {
            let next = part[at + letter.len_utf8()..].chars().next();
            marks.contains(letter) && (letter.is_whitespace() || next.is_none_or(char::is_whitespace))
        });
        places.map(|(at, letter)| window.start + at + letter.len_utf8()).min_by_key(|at| at.abs_diff(target))
    };
    ends(&['.', '!', '?', ':', ';'])
        .or_else(|| ends(&['\n']))
        .or_else(|| ends(&[' ', '\t']))
        .unwrap_or_else(|| floor(text, target).max(text.chars().next().map_or(1, char::len_utf8)))
}

/// The last boundary of characters at or before a byte.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

/// SHA-256 in lower-case hexadecimal.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
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
        assert_eq!(found[2].above, ["One"]);
        assert!(found.iter().all(|passage| text.contains(&passage.text)));
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(sha256_hex(b""), empty);
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

    #[test]
    fn what_has_no_blank_line_is_cut_after_sentences() {
        let text = "A sentence of some length stands here. ".repeat(100);
        let found = passages("a.md", &text);
        assert!(found.len() >= 3);
        assert!(found.iter().all(|p| p.text.len() <= MOST_BYTES && p.text.ends_with("here.")));
        let lengths: Vec<usize> = found.iter().map(|p| p.text.len()).collect();
        assert!(lengths.iter().max() < lengths.iter().min().map(|least| least * 2).as_ref(), "{lengths:?}");
        assert!(passages("a.md", &"ä".repeat(5000)).iter().all(|p| p.text.len() <= MOST_BYTES));
    }
}
