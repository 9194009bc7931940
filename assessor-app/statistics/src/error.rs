//! What can be wrong with ratings.

use thiserror::Error;

/// Why no figure can be given.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum StatisticsError {
    /// A line cannot be used.
    #[error("line {line}: {reason}")]
    Line {
        /// Counted from 1, the heading included.
        line: u64,
        /// What is wrong, and what is expected.
        reason: String,
    },
    /// A column that must be there is not.
    #[error("line 1: there is no column {missing:?}; the columns are {found}")]
    Column {
        /// The column.
        missing: &'static str,
        /// Those found.
        found: String,
    },
    /// There are no ratings at all.
    #[error("there are no ratings")]
    Empty,
    /// The ratings are readable but carry no such figure.
    #[error("{0}")]
    NotEnough(String),
}
