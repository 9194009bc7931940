//! Documents: bytes in, text with headings and pages out, or the reason why not.

mod decode;
mod docx;
mod html;
mod markdown;
mod pdf;
mod writer;

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::{Deserialize, Serialize};

/// What a document is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Portable Document Format.
    Pdf,
    /// Office Open XML, as Word writes it.
    Docx,
    /// HTML of any age.
    Html,
    /// Markdown.
    Markdown,
    /// Plain text; a form feed begins a page.
    Text,
}

/// A heading and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heading {
    /// Depth, from 1.
    pub level: u8,
    /// Its words, without marks.
    pub title: String,
    /// Its lines in the text, line ends included.
    pub range: Range<usize>,
}

/// A document as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// What it was written in.
    pub format: Format,
    /// The title that it gives itself, or its first heading.
    pub title: Option<String>,
    /// All its text, in reading order.
    pub text: String,
    /// Its headings, in order, without overlap; each is whole lines.
    pub headings: Vec<Heading>,
    /// Where page 1, 2, … begin in the text, rising; empty where the format has no pages.
    pub pages: Vec<usize>,
    /// What a reader of the result should know, for example pages without text.
    pub notes: Vec<String>,
}

/// Why a document cannot be used, with what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum ReadError {
    /// A password is needed.
    #[error("the PDF is encrypted: open it with its password, save a copy without one, and add the copy")]
    EncryptedPdf,
    /// An OLE container: Word before 2007, or an encrypted one.
    #[error(
        "an old or encrypted Office file: open it in a word processor and save it as .docx without a password"
    )]
    OldOffice,
    /// Pictures of pages.
    #[error(
        "{pages} pages and no text, so probably a scan: run text recognition first, for example \
         `ocrmypdf scan.pdf readable.pdf`, and add the result"
    )]
    NoTextLayer {
        /// How many.
        pages: usize,
    },
    /// Nothing to read.
    #[error("holds no readable text")]
    Empty,
    /// Control characters where text is expected.
    #[error("not text: it holds binary data; PDF, DOCX, HTML, Markdown and plain text can be read")]
    Binary,
    /// A format that is not read here.
    #[error("{0} cannot be read; save it as PDF, DOCX, HTML, Markdown or plain text")]
    Unknown(String),
    /// Broken inside.
    #[error("the {} file is damaged: {reason}; save it again from the program that made it", format.name())]
    Malformed {
        /// Which format was tried.
        format: Format,
        /// What is wrong.
        reason: String,
    },
    /// Beyond a bound.
    #[error("too large: {what} (at most {most}); split the document")]
    TooLarge {
        /// What is too large.
        what: String,
        /// The bound.
        most: String,
    },
    /// It took too long, or too much memory, in a process of its own.
    #[error("reading was given up: {0}")]
    GivenUp(String),
}

/// The largest file that is looked at: ten times a 500-page handbook with pictures.
pub const MOST_FILE_BYTES: usize = 256 << 20;
/// The most text that one document may hold; a 500-page handbook holds 1.5 MB.
pub(crate) const MOST_TEXT_BYTES: usize = 32 << 20;

/// Endings of the names of files that can be read.
pub const ENDINGS: [&str; 8] = ["pdf", "docx", "html", "htm", "xhtml", "md", "markdown", "txt"];

/// Whether the name of a file promises a document.
#[must_use]
pub fn is_document(name: &str) -> bool {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known))
}

/// A document that is markdown already.
#[must_use]
pub(crate) fn from_markdown(text: String) -> Document {
    markdown::from_text(text)
}

/// Reads a document. What it holds decides the format; the name only tells Markdown from plain text.
///
/// A panic inside a foreign parser comes back as an error. Endless loops, deep recursion and hunger for memory cannot be caught
/// from within: give files of strangers to a process of their own.
///
/// # Errors
/// When the bytes are no document that can be read here; see [`ReadError`].
///
/// ```
/// let document = viva_knowledge::read("a.html", b"<h1>Calls</h1><p>Call security.</p>")?;
/// assert_eq!(document.headings[0].title, "Calls");
/// # Ok::<(), viva_knowledge::ReadError>(())
/// ```
pub fn read(name: &str, bytes: &[u8]) -> Result<Document, ReadError> {
    if bytes.len() > MOST_FILE_BYTES {
        let most = format!("{} MB", MOST_FILE_BYTES >> 20);
        return Err(ReadError::TooLarge { what: format!("a file of {} MB", bytes.len() >> 20), most });
    }
    let format = format_of(name, bytes)?;
    let parsed = catch_unwind(AssertUnwindSafe(|| match format {
        Format::Pdf => pdf::read(bytes),
        Format::Docx => docx::read(bytes),
        Format::Html => html::read(bytes),
        Format::Markdown => markdown::read(bytes),
        Format::Text => markdown::read_plain(bytes),
    }));
    let document = parsed.unwrap_or_else(|_| {
        let reason = "its parts do not fit together".to_owned();
        Err(ReadError::Malformed { format, reason })
    })?;
    if document.text.trim().is_empty() { Err(ReadError::Empty) } else { Ok(document) }
}

impl Format {
    /// As people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pdf => "PDF",
            Self::Docx => "DOCX",
            Self::Html => "HTML",
            Self::Markdown => "Markdown",
            Self::Text => "text",
        }
    }
}

impl Document {
    /// The page on which a byte of the text stands, from 1.
    #[must_use]
    pub fn page_at(&self, at: usize) -> Option<u32> {
        let begun = self.pages.partition_point(|start| *start <= at);
        (begun > 0).then_some(begun as u32)
    }
}

fn format_of(name: &str, bytes: &[u8]) -> Result<Format, ReadError> {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
    let head = &bytes[..bytes.len().min(1024)];
    let begins = |mark: &[u8]| head.starts_with(mark);
    if head.windows(5).any(|window| window == b"%PDF-") {
        return Ok(Format::Pdf);
    }
    if begins(b"\xD0\xCF\x11\xE0") {
        return Err(ReadError::OldOffice);
    }
    if begins(b"PK") {
        return docx::format_of(bytes);
    }
    match ending.as_str() {
        "pdf" => {
            Err(ReadError::Malformed { format: Format::Pdf, reason: "it does not begin like one".to_owned() })
        }
        "docx" => Err(ReadError::Malformed {
            format: Format::Docx,
            reason: "it does not begin like one".to_owned(),
        }),
        "html" | "htm" | "xhtml" => Ok(Format::Html),
        "md" | "markdown" => Ok(Format::Markdown),
        _ if looks_like_html(head) => Ok(Format::Html),
        "txt" | "text" | "" => Ok(Format::Text),
        other => Err(ReadError::Unknown(format!("a .{other} file"))),
    }
}

fn looks_like_html(head: &[u8]) -> bool {
    let head = String::from_utf8_lossy(head).trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    head.starts_with("<!doctype html") || head.starts_with("<html")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_holds_decides_its_format() {
        for (name, bytes, expect) in [
            ("a.txt", &b"%PDF-1.4"[..], Ok(Format::Pdf)),
            ("a.txt", b"  <!DOCTYPE HTML><p>", Ok(Format::Html)),
            ("a.txt", b"words", Ok(Format::Text)),
            ("README", b"words", Ok(Format::Text)),
            ("a.MD", b"words", Ok(Format::Markdown)),
            ("a.htm", b"words", Ok(Format::Html)),
            ("a.doc", b"\xD0\xCF\x11\xE0\xA1\xB1", Err(ReadError::OldOffice)),
            ("a.png", b"\x89PNG", Err(ReadError::Unknown("a .png file".to_owned()))),
        ] {
            assert_eq!(format_of(name, bytes), expect, "{name}");
        }
        assert!(matches!(
            format_of("a.pdf", b"hello"),
            Err(ReadError::Malformed { format: Format::Pdf, .. })
        ));
        assert!(matches!(format_of("a.docx", b"PK\x03\x04"), Err(ReadError::Malformed { .. })));
    }

    #[test]
    fn pages_are_found_by_place() {
        let document = read("a.txt", b"one\x0ctwo\x0cthree").expect("is text");
        let at = |word: &str| document.text.find(word).expect("is there");
        assert_eq!(document.page_at(at("one")), Some(1));
        assert_eq!(document.page_at(at("two")), Some(2));
        assert_eq!(document.page_at(at("three")), Some(3));
    }
}
