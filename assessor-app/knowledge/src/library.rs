//! The documents of one exam, in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use viva_assessment::{Embedder, EmbedderError};

use crate::language::Language;
use crate::passage::{Passage, passages};
use crate::search::{Answer, Engine, Meaning, SearchError};
use crate::vectors::Matrix;
use crate::words::{Kept, Words, key};

/// All passages of an exam's documents.
#[derive(Debug)]
pub struct Library {
    passages: Vec<Passage>,
    engine: Engine,
}

impl Library {
    /// A library that searches by words only: path → markdown.
    ///
    /// # Errors
    /// When the index cannot be made.
    pub fn lexical(documents: &BTreeMap<String, String>) -> Result<Self, SearchError> {
        Self::of(documents.iter().flat_map(|(doc, text)| passages(doc, text)).collect(), None)
    }

    /// A library that searches by words and meaning: path → markdown.
    ///
    /// # Errors
    /// When the passages cannot be embedded, or the index cannot be made.
    pub fn new(
        documents: &BTreeMap<String, String>,
        embedder: Arc<dyn Embedder>,
    ) -> Result<Self, SearchError> {
        let passages = documents.iter().flat_map(|(doc, text)| passages(doc, text)).collect();
        Self::of(passages, Some(embedder))
    }

    /// A library of passages that were cut already.
    ///
    /// # Errors
    /// When the passages cannot be embedded, or the index cannot be made.
    pub fn of(passages: Vec<Passage>, embedder: Option<Arc<dyn Embedder>>) -> Result<Self, SearchError> {
        let mut words = Words::in_memory()?;
        let load = |_| -> Result<Vec<Kept>, SearchError> {
            let kept =
                |passage: &Passage| Kept { language: Language::of(&passage.text), passage: passage.clone() };
            Ok(passages.iter().map(kept).collect())
        };
        words.update(&[], &[0], &[0], load)?;
        let meaning = match embedder {
            Some(embedder) if !passages.is_empty() => Some(meaning(&passages, embedder)?),
            _ => None,
        };
        Ok(Self { passages, engine: Engine::new(words, meaning) })
    }

    /// All passages, in the order of documents and lines.
    #[must_use]
    pub fn passages(&self) -> &[Passage] {
        &self.passages
    }

    /// What searches, without the list of passages.
    #[must_use]
    pub fn into_engine(self) -> Engine {
        self.engine
    }

    /// The passages that a citation `document#heading` names.
    pub fn cited<'a>(&'a self, citation: &'a str) -> impl Iterator<Item = &'a Passage> {
        let (doc, heading) = citation.split_once('#').unwrap_or((citation, ""));
        self.passages.iter().filter(move |p| p.doc == doc && (heading.is_empty() || p.heading == heading))
    }

    /// The `most` best passages.
    ///
    /// # Errors
    /// When the query cannot be embedded or the index fails.
    pub fn search(&self, query: &str, most: usize) -> Result<Answer, SearchError> {
        self.engine.search(query, most)
    }
}

fn meaning(passages: &[Passage], embedder: Arc<dyn Embedder>) -> Result<Meaning, EmbedderError> {
    let texts: Vec<String> = passages.iter().map(Passage::searched).collect();
    let vectors = embed(&*embedder, &texts)?;
    let dimensions = vectors.first().map_or(0, Vec::len);
    let keys = (0..passages.len() as u32).map(|at| key(0, at)).collect();
    Ok(Meaning { embedder, matrix: Matrix::new(vectors.concat(), dimensions), keys })
}

/// One unit vector per text, all of one length.
///
/// # Errors
/// When the network fails or gives vectors of different lengths.
pub(crate) fn embed(embedder: &dyn Embedder, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedderError> {
    let borrowed: Vec<&str> = texts.iter().map(String::as_str).collect();
    let mut vectors = if texts.is_empty() { Vec::new() } else { embedder.embed(&borrowed)? };
    let dimensions = vectors.first().map_or(0, Vec::len);
    if vectors.len() != texts.len() || vectors.iter().any(|vector| vector.len() != dimensions) {
        return Err(EmbedderError(format!("{} vectors for {} texts", vectors.len(), texts.len())));
    }
    for vector in &mut vectors {
        let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        if norm > 0.0 && norm.is_finite() {
            vector.iter_mut().for_each(|x| *x /= norm);
        } else {
            vector.fill(0.0);
        }
    }
    Ok(vectors)
}
