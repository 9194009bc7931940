//! What a base keeps of its documents.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::{BaseError, io};
use crate::document::Format;
use crate::language::Language;

/// The version of the folder's layout.
pub(super) const FORMAT: u32 = 1;

/// A document of a base.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number; never used twice in a base.
    pub number: u32,
    /// The file that it was read from.
    pub path: String,
    /// The name by which it is cited: the path below the folder that was added.
    pub name: String,
    /// Its title.
    pub title: Option<String>,
    /// SHA-256 of the file, lower-case hexadecimal.
    pub sha256: String,
    /// Bytes of the file.
    pub bytes: u64,
    /// What it was written in.
    pub format: Format,
    /// Pages, where the format has any.
    pub pages: Option<usize>,
    /// Passages.
    pub passages: usize,
    /// By whose rules its words are reduced to stems.
    pub language: Language,
    /// What the reader noticed, for example pages without text.
    pub notes: Vec<String>,
    /// SHA-256 of the kept passages.
    pub passages_sha256: String,
    /// SHA-256 of the kept vectors.
    pub vectors_sha256: String,
}

impl Entry {
    /// Whether a path, a name or the beginning of a hash (8 digits or more) means this document.
    pub(super) fn is(&self, which: &str) -> bool {
        self.path == which || self.name == which || (which.len() >= 8 && self.sha256.starts_with(which))
    }
}

/// A file whose document is to be added.
#[derive(Clone, Copy, Debug)]
pub struct Parsed<'a> {
    /// Its path: a later document of the same path takes its place.
    pub path: &'a str,
    /// The name by which it is cited.
    pub name: &'a str,
    /// SHA-256 of its bytes, lower-case hexadecimal.
    pub sha256: &'a str,
    /// How many bytes it has.
    pub bytes: u64,
    /// Its language.
    pub language: LanguageChoice,
}

/// The language of a document, given or found out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LanguageChoice {
    /// English.
    En,
    /// German.
    De,
    /// By its most frequent words.
    #[default]
    Auto,
}

/// What a base knows of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing<'a> {
    /// This very file is in.
    Same(&'a Entry),
    /// The same bytes are in under another path.
    Duplicate(&'a Entry),
    /// Another version of it is in.
    Changed(&'a Entry),
    /// Nothing.
    New,
}

/// `kb.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) format: u32,
    pub(super) embedder: String,
    pub(super) dimensions: Option<usize>,
    pub(super) next: u32,
    pub(super) documents: Vec<Entry>,
}

impl Manifest {
    pub(super) const fn empty(embedder: String) -> Self {
        Self { format: FORMAT, embedder, dimensions: None, next: 1, documents: Vec::new() }
    }

    /// Reads and checks it: what it names becomes a path.
    pub(super) fn read(path: &Path) -> Result<Self, BaseError> {
        let bytes = fs::read(path).map_err(|error| io(path, error))?;
        let damaged = |reason: String| BaseError::Damaged(format!("{}: {reason}", path.display()));
        let manifest: Self = serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        if manifest.format != FORMAT {
            return Err(BaseError::Version { found: manifest.format, known: FORMAT });
        }
        let is_hash = |text: &str| text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
        let mut numbers: Vec<u32> = manifest.documents.iter().map(|entry| entry.number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let sound = manifest.documents.iter().all(|e| is_hash(&e.sha256) && e.number < manifest.next)
            && numbers.len() == manifest.documents.len()
            && manifest.dimensions.is_none_or(|dimensions| (1..=4096).contains(&dimensions));
        if sound { Ok(manifest) } else { Err(damaged("its entries contradict each other".to_owned())) }
    }
}
