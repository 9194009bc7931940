//! Text that grows paragraph by paragraph, with headings and pages kept beside it.

use super::{Document, Format, Heading, MOST_TEXT_BYTES, ReadError};

/// Collects what a parser finds.
pub(super) struct Writer {
    text: String,
    headings: Vec<Heading>,
    pages: Vec<usize>,
}

impl Writer {
    pub(super) const fn new() -> Self {
        Self { text: String::new(), headings: Vec::new(), pages: Vec::new() }
    }

    /// Ends a line if one is open.
    fn end_line(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    /// A paragraph with a blank line after it; nothing when it holds no words.
    pub(super) fn paragraph(&mut self, words: &str) -> Result<(), ReadError> {
        self.line(words)?;
        self.gap();
        Ok(())
    }

    /// A line of its own.
    pub(super) fn line(&mut self, words: &str) -> Result<(), ReadError> {
        let words = words.trim_matches([' ', '\t', '\r', '\n', '\u{a0}']);
        if words.is_empty() {
            return Ok(());
        }
        if self.text.len() + words.len() > MOST_TEXT_BYTES {
            let most = format!("{} MB", MOST_TEXT_BYTES >> 20);
            return Err(ReadError::TooLarge { what: "the text".to_owned(), most });
        }
        self.end_line();
        self.text.push_str(words);
        self.text.push('\n');
        Ok(())
    }

    /// A blank line.
    pub(super) fn gap(&mut self) {
        self.end_line();
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    pub(super) fn heading(&mut self, level: u8, words: &str) -> Result<(), ReadError> {
        let title = words.split_whitespace().collect::<Vec<_>>().join(" ");
        if title.is_empty() {
            return Ok(());
        }
        self.gap();
        let start = self.text.len();
        self.line(&title)?;
        self.headings.push(Heading { level, title, range: start..self.text.len() });
        self.gap();
        Ok(())
    }

    /// The next page begins here.
    pub(super) fn page(&mut self) {
        self.end_line();
        self.pages.push(self.text.len());
    }

    pub(super) fn finish(self, format: Format, title: Option<String>, notes: Vec<String>) -> Document {
        let title = title
            .map(|title| title.split_whitespace().collect::<Vec<_>>().join(" "))
            .filter(|title| !title.is_empty());
        let title = title.or_else(|| self.headings.first().map(|heading| heading.title.clone()));
        let Self { text, headings, pages } = self;
        Document { format, title, text, headings, pages, notes }
    }
}
