//! Documents as passages, found by words and by meaning, each with its citation.
//!
//! **In**: PDF, DOCX, HTML, Markdown and plain text as bytes; queries. **Out**: [`Hit`]s with [`Passage`]s that name document,
//! page, heading and the document's hash, or the word that the documents do not speak of it. **Deliberately unknown here**: the
//! network behind the vectors, and what a passage is used for.
//!
//! * [`read`]: bytes → [`Document`], hostile until checked; [`split`]: document → passages.
//! * [`Library`]: the few documents of an exam, in memory; [`Base`]: any number of documents, in a folder.
//! * [`Engine`]: BM25 and cosine, fused by reciprocal rank, and the rule of what is in scope.
//! * [`Documents`]: what a candidate who asks is told from; [`disagree`]: whether two sentences contradict each other.
//! * [`evaluation`]: how well questions find their passages.
//!
//! ```
//! use std::collections::BTreeMap;
//! use viva_knowledge::Library;
//!
//! let documents = BTreeMap::from([("policy.md".to_owned(), "# Calls\n\nCall security at once.\n\n# Notes\n\nWrite facts.".to_owned())]);
//! let library = Library::lexical(&documents)?;
//! let answer = library.search("whom do I call, security?", 1)?;
//! assert!(answer.in_scope);
//! let passage = &answer.hits[0].passage;
//! assert_eq!((passage.doc.as_str(), passage.heading.as_str()), ("policy.md", "Calls"));
//! # Ok::<(), viva_knowledge::SearchError>(())
//! ```

mod base;
mod disagreement;
mod document;
pub mod evaluation;
mod handbook;
mod language;
mod library;
mod passage;
mod search;
mod vectors;
mod words;

pub use base::{Base, BaseError, Entry, LanguageChoice, Parsed, Standing};
pub use disagreement::{Disagreement, disagree, disagreements, sentences};
pub use document::{Document, ENDINGS, Format, Heading, MOST_FILE_BYTES, ReadError, is_document, read};
pub use handbook::Documents;
pub use language::Language;
pub use library::Library;
pub use passage::{Passage, passages, sha256_hex, split};
pub use search::{Answer, Engine, Hit, ScopeRule, SearchError};
pub use words::IndexError;
