//! The documents that an exam's questions rest on, and what names a place in them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A document as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// All its words.
    pub text: String,
    /// Its headings, in order.
    pub headings: Vec<SourceHeading>,
}

/// A heading of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceHeading {
    /// Its words, without marks.
    pub title: String,
    /// Its page, from 1, where the format has pages.
    pub page: Option<u32>,
}

/// Port: reads documents that are not markdown.
pub trait SourceReader {
    /// The document in these bytes; `None` when the name promises no document, or why it cannot be read and what to do.
    fn read(&self, path: &str, bytes: &[u8]) -> Option<Result<Source, String>>;
}

/// Markdown alone is read.
pub(super) struct MarkdownOnly;

impl SourceReader for MarkdownOnly {
    fn read(&self, _: &str, _: &[u8]) -> Option<Result<Source, String>> {
        None
    }
}

impl Source {
    pub(super) fn markdown(text: &str) -> Self {
        let headings = text
            .lines()
            .filter(|line| line.starts_with('#'))
            .map(|line| SourceHeading { title: line.trim_start_matches('#').trim().to_owned(), page: None })
            .collect();
        Self { text: text.to_owned(), headings }
    }
}

/// Where a passage stands: what a citation must name so that it can be checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Citation {
    /// Path or name of the document.
    pub document: String,
    /// Heading; empty where there is none.
    pub heading: String,
    /// First and last page, from 1, where the format has pages.
    pub pages: Option<(u32, u32)>,
    /// SHA-256 of the document's bytes, lower-case hexadecimal.
    pub sha256: String,
}

impl fmt::Display for Citation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.document)?;
        match self.pages {
            Some((first, last)) if first != last => write!(f, ", pp. {first}–{last}")?,
            Some((page, _)) => write!(f, ", p. {page}")?,
            None => {}
        }
        if !self.heading.is_empty() {
            write!(f, ", “{}”", self.heading)?;
        }
        write!(f, ", sha256 {}", self.sha256)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_citation_names_all_that_is_needed_to_check_it() {
        let citation = Citation {
            document: "policy.pdf".to_owned(),
            heading: "When to call".to_owned(),
            pages: Some((3, 4)),
            sha256: "ab".to_owned(),
        };
        assert_eq!(citation.to_string(), "policy.pdf, pp. 3–4, “When to call”, sha256 ab");
        let plain = Citation { pages: Some((3, 3)), heading: String::new(), ..citation };
        assert_eq!(plain.to_string(), "policy.pdf, p. 3, sha256 ab");
    }
}
