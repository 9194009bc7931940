//! Passages of the documents that an exam rests on, found by words and by meaning, each with its citation.
//!
//! **In**: documents as text (markdown or plain), a query. **Out**: [`Hit`]s with [`Passage`]s that name document, heading
//! and the document's hash. **Deliberately unknown here**: files, networks, and what a passage is used for.
//!
//! ```
//! use std::collections::BTreeMap;
//! use viva_knowledge::Library;
//!
//! let documents = BTreeMap::from([("policy.md".to_owned(), "# Calls\n\nCall security at once.\n\n# Notes\n\nWrite facts.".to_owned())]);
//! let library = Library::lexical(&documents);
//! let hits = library.search("whom do I call, security?", 1)?;
//! assert_eq!((hits[0].passage.doc.as_str(), hits[0].passage.heading.as_str()), ("policy.md", "Calls"));
//! # Ok::<(), viva_assessment::EmbedderError>(())
//! ```

mod passage;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use viva_assessment::text::{Bm25, content_stems};
use viva_assessment::{Embedder, EmbedderError};

pub use passage::{Passage, passages};

/// A passage with its place in the ranking.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hit {
    /// What was found.
    pub passage: Passage,
    /// Fused score; only its order means something.
    pub score: f64,
}

/// All passages of an exam's documents.
pub struct Library {
    passages: Vec<Passage>,
    stems: Vec<Vec<String>>,
    bm25: Bm25,
    meaning: Option<Meaning>,
}

/// The passages' vectors, with what makes the query's.
struct Meaning {
    embedder: Arc<dyn Embedder>,
    vectors: Vec<Vec<f32>>,
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Library").field("passages", &self.passages.len()).finish_non_exhaustive()
    }
}

/// Damping of reciprocal rank fusion.
///
/// **Source**: Cormack, Clarke and Büttcher 2009, "Reciprocal Rank Fusion outperforms Condorcet …", where 60 is proposed.
const FUSION_DAMPING: f64 = 60.0;
/// Least cosine at which a passage that shares no word with the query is shown at all.
const LEAST_COSINE: f64 = 0.3;

impl Library {
    /// A library that searches by words only: path → text.
    #[must_use]
    pub fn lexical(documents: &BTreeMap<String, String>) -> Self {
        let passages: Vec<Passage> = documents.iter().flat_map(|(doc, text)| passages(doc, text)).collect();
        let stems: Vec<Vec<String>> = passages
            .iter()
            .map(|passage| content_stems(&format!("{} {}", passage.heading, passage.text)))
            .collect();
        let bm25 = Bm25::new(stems.iter().map(Vec::as_slice));
        Self { passages, stems, bm25, meaning: None }
    }

    /// A library that searches by words and meaning.
    ///
    /// # Errors
    /// When the passages cannot be embedded.
    pub fn new(
        documents: &BTreeMap<String, String>,
        embedder: Arc<dyn Embedder>,
    ) -> Result<Self, EmbedderError> {
        let mut library = Self::lexical(documents);
        let texts: Vec<&str> = library.passages.iter().map(|passage| passage.text.as_str()).collect();
        let vectors = if texts.is_empty() { Vec::new() } else { embedder.embed(&texts)? };
        if vectors.len() != texts.len() {
            return Err(EmbedderError(format!("{} vectors for {} passages", vectors.len(), texts.len())));
        }
        library.meaning = Some(Meaning { embedder, vectors });
        Ok(library)
    }

    /// All passages, in the order of documents and lines.
    #[must_use]
    pub fn passages(&self) -> &[Passage] {
        &self.passages
    }

    /// The passages that a citation `document#heading` names.
    pub fn cited<'a>(&'a self, citation: &'a str) -> impl Iterator<Item = &'a Passage> {
        let (doc, heading) = citation.split_once('#').unwrap_or((citation, ""));
        self.passages.iter().filter(move |p| p.doc == doc && (heading.is_empty() || p.heading == heading))
    }

    /// The `k` best passages; fewer, or none, when the query is outside of what the documents speak of.
    ///
    /// # Errors
    /// When the query cannot be embedded.
    pub fn search(&self, query: &str, k: usize) -> Result<Vec<Hit>, EmbedderError> {
        let wanted = content_stems(query);
        let by_words = self.stems.iter().map(|stems| self.bm25.score(&wanted, stems)).collect();
        let mut scores = vec![0.0; self.passages.len()];
        fuse(by_words, 0.0, &mut scores);
        if let Some(Meaning { embedder, vectors }) = &self.meaning {
            let query = embedder.embed(&[query])?.into_iter().next().unwrap_or_default();
            fuse(vectors.iter().map(|vector| cosine(&query, vector)).collect(), LEAST_COSINE, &mut scores);
        }
        let mut ranked: Vec<usize> = (0..scores.len()).filter(|at| scores[*at] > 0.0).collect();
        ranked.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b)));
        let hits = ranked.into_iter().take(k);
        Ok(hits.map(|at| Hit { passage: self.passages[at].clone(), score: scores[at] }).collect())
    }
}

/// Adds reciprocal ranks of the values above a floor.
fn fuse(values: Vec<f64>, floor: f64, scores: &mut [f64]) {
    let mut order: Vec<usize> = (0..values.len()).filter(|at| values[*at] > floor).collect();
    order.sort_by(|a, b| values[*b].total_cmp(&values[*a]).then(a.cmp(b)));
    for (rank, at) in order.into_iter().enumerate() {
        scores[at] += 1.0 / (FUSION_DAMPING + rank as f64 + 1.0);
    }
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>();
    let norm = (dot(a, a) * dot(b, b)).sqrt();
    if a.len() == b.len() && norm > 0.0 { dot(a, b) / norm } else { 0.0 }
}
