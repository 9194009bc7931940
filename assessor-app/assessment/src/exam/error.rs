//! What is wrong with an exam package, and where.

use std::fmt;
use std::ops::Range;

/// One fault of an exam package.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct ExamError {
    /// Path inside the package.
    pub file: String,
    /// Line, from 1; 0 where the file as a whole is meant.
    pub line: usize,
    /// Column in characters, from 1; 0 where the file as a whole is meant.
    pub column: usize,
    /// What is wrong and what would be right.
    pub message: String,
}

/// All faults of an exam package, sorted by file and place; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExamErrors(Vec<ExamError>);

impl ExamErrors {
    pub(crate) fn new(mut errors: Vec<ExamError>) -> Option<Self> {
        errors.sort();
        errors.dedup();
        (!errors.is_empty()).then_some(Self(errors))
    }

    /// One fault of a file as a whole.
    #[must_use]
    pub fn of_file(file: &str, message: String) -> Self {
        Self(vec![fault(file, "", None, message)])
    }

    /// The faults.
    #[must_use]
    pub fn errors(&self) -> &[ExamError] {
        &self.0
    }
}

impl fmt::Display for ExamErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, error) in self.0.iter().enumerate() {
            if at > 0 {
                writeln!(f)?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ExamErrors {}

/// The fault at a byte range of a file.
pub(crate) fn fault(file: &str, text: &str, span: Option<Range<usize>>, message: String) -> ExamError {
    let (line, column) = span.map_or((0, 0), |span| place(text, span.start));
    ExamError { file: file.to_owned(), line, column, message }
}

/// Line and column, both from 1, of a byte of a text.
fn place(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte.min(text.len())).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_from_one() {
        assert_eq!(place("ab\ncd", 0), (1, 1));
        assert_eq!(place("ab\ncd", 4), (2, 2));
        assert_eq!(place("", 9), (1, 1));
    }
}
