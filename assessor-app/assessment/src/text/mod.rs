//! Words as the assessment compares them: tokens with their place in the text, stems, patterns and BM25.

mod bm25;
mod pattern;
mod token;

pub use bm25::Bm25;
pub(crate) use pattern::turns_round;
pub use pattern::{Pattern, PatternError};
pub use token::{Token, content_stems, is_function_word, stem, tokens};
