//! Ranking passages by words and by meaning, and telling when none is about the question.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use viva_assessment::{Embedder, EmbedderError};

use crate::passage::Passage;
use crate::vectors::Matrix;
use crate::words::{IndexError, Words};

/// A search failed.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The words could not be searched.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The query could not be embedded.
    #[error(transparent)]
    Embedding(#[from] EmbedderError),
}

/// A passage with its place in the ranking and where that comes from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hit {
    /// What was found.
    pub passage: Passage,
    /// Reciprocal ranks added up; only its order means something.
    pub score: f64,
    /// BM25 score; none when it is not among the best by words.
    pub bm25: Option<f32>,
    /// Cosine of the meanings, -1 to 1; none when it is not among the nearest.
    pub cosine: Option<f32>,
}

/// What was found, and whether it is about the question.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// False when the documents do not speak of it.
    pub in_scope: bool,
    /// The highest cosine of any passage; none when meanings are not compared.
    pub cosine: Option<f32>,
    /// The largest share of the query's rareness that one of the best passages holds, 0 to 1.
    pub coverage: f32,
    /// The best passages, in scope or not.
    pub hits: Vec<Hit>,
}

/// From which evidence a question counts as one that the documents speak of.
///
/// In scope: `cosine + coverage_weight * coverage >= least`; without meanings `coverage >= least_coverage`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ScopeRule {
    /// What full coverage of the words adds to the cosine.
    pub coverage_weight: f32,
    /// The least sum.
    pub least: f32,
    /// The least coverage when only words are compared.
    pub least_coverage: f32,
}

impl Default for ScopeRule {
    /// Chosen on data; `docs/knowledge.md` has the figures and the command.
    fn default() -> Self {
        Self { coverage_weight: 0.1, least: 0.36, least_coverage: 0.25 }
    }
}

impl ScopeRule {
    fn holds(&self, cosine: Option<f32>, coverage: f32) -> bool {
        match cosine {
            Some(cosine) => cosine + self.coverage_weight * coverage >= self.least,
            None => coverage >= self.least_coverage,
        }
    }
}

/// Damping of reciprocal rank fusion.
///
/// **Source**: Cormack, Clarke and Büttcher 2009, "Reciprocal Rank Fusion outperforms Condorcet …", where 60 is proposed.
const FUSION_DAMPING: f64 = 60.0;
/// How far down each ranking the fusion looks.
const DEPTH: usize = 100;
/// Least cosine at which a passage takes part in the ranking by meaning.
const LEAST_COSINE: f32 = 0.2;
/// In how many of the best passages the query's words are looked for.
const COVERAGE_DEPTH: usize = 5;

/// Everything that a query needs, in memory or mapped.
pub struct Engine {
    words: Words,
    meaning: Option<Meaning>,
    scope: ScopeRule,
}

/// The passages' vectors, with what makes the query's.
pub(crate) struct Meaning {
    pub(crate) embedder: Arc<dyn Embedder>,
    pub(crate) matrix: Matrix,
    /// Row → key of the passage.
    pub(crate) keys: Vec<u64>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("passages", &self.words.len()).finish_non_exhaustive()
    }
}

impl Engine {
    pub(crate) fn new(words: Words, meaning: Option<Meaning>) -> Self {
        Self { words, meaning, scope: ScopeRule::default() }
    }

    /// The same with another rule of what is in scope.
    #[must_use]
    pub fn with_scope(self, scope: ScopeRule) -> Self {
        Self { scope, ..self }
    }

    /// How many passages are searched.
    #[must_use]
    pub fn passages(&self) -> usize {
        self.words.len()
    }

    /// The vector of a query; none when only words are compared.
    ///
    /// # Errors
    /// When the network fails.
    pub fn embed(&self, query: &str) -> Result<Option<Vec<f32>>, EmbedderError> {
        let Some(Meaning { embedder, .. }) = &self.meaning else { return Ok(None) };
        let vectors = crate::library::embed(&**embedder, &[query.to_owned()])?;
        Ok(Some(vectors.into_iter().next().unwrap_or_default()))
    }

    /// The best passages by words alone.
    ///
    /// # Errors
    /// When the index fails.
    pub fn by_words(&self, query: &str, most: usize) -> Result<Vec<Hit>, SearchError> {
        let ranked = self.words.search(query, most)?;
        ranked.into_iter().map(|(key, score)| self.hit(key, f64::from(score), Some(score), None)).collect()
    }

    /// The best passages by meaning alone.
    ///
    /// # Errors
    /// When the index fails.
    pub fn by_meaning(&self, vector: &[f32], most: usize) -> Result<Vec<Hit>, SearchError> {
        let Some(Meaning { matrix, keys, .. }) = &self.meaning else { return Ok(Vec::new()) };
        let ranked = matrix.nearest(vector, most);
        ranked
            .into_iter()
            .map(|(row, cosine)| self.hit(keys[row], f64::from(cosine), None, Some(cosine)))
            .collect()
    }

    /// The `most` best passages by words and meaning.
    ///
    /// # Errors
    /// When the query cannot be embedded or the index fails.
    pub fn search(&self, query: &str, most: usize) -> Result<Answer, SearchError> {
        let vector = self.embed(query)?;
        self.ranked(query, vector.as_deref(), most)
    }

    /// [`Self::search`] with a vector from [`Self::embed`].
    ///
    /// # Errors
    /// When the index fails.
    pub fn ranked(&self, query: &str, vector: Option<&[f32]>, most: usize) -> Result<Answer, SearchError> {
        #[derive(Clone, Copy, Default)]
        struct Parts {
            score: f64,
            bm25: Option<f32>,
            cosine: Option<f32>,
        }
        let mut parts: BTreeMap<u64, Parts> = BTreeMap::new();
        let share = |rank: usize| 1.0 / (FUSION_DAMPING + rank as f64 + 1.0);
        for (rank, (key, score)) in self.words.search(query, DEPTH)?.into_iter().enumerate() {
            let part = parts.entry(key).or_default();
            part.score += share(rank);
            part.bm25 = Some(score);
        }
        let mut nearest = None;
        if let (Some(Meaning { matrix, keys, .. }), Some(vector)) = (&self.meaning, vector) {
            let ranked = matrix.nearest(vector, DEPTH);
            nearest = Some(ranked.first().map_or(0.0, |(_, cosine)| *cosine));
            for (rank, (row, cosine)) in ranked.into_iter().enumerate() {
                if cosine >= LEAST_COSINE {
                    let part = parts.entry(keys[row]).or_default();
                    part.score += share(rank);
                    part.cosine = Some(cosine);
                }
            }
        }
        let mut order: Vec<(u64, Parts)> = parts.into_iter().collect();
        order.sort_by(|(a, x), (b, y)| y.score.total_cmp(&x.score).then(a.cmp(b)));
        let mut coverage = 0.0_f32;
        for (key, _) in order.iter().take(COVERAGE_DEPTH) {
            coverage = coverage.max(self.words.coverage(query, &self.words.passage(*key)?)?);
        }
        let in_scope = !order.is_empty() && self.scope.holds(nearest, coverage);
        let hits = order
            .into_iter()
            .take(most)
            .map(|(key, Parts { score, bm25, cosine })| self.hit(key, score, bm25, cosine))
            .collect::<Result<_, _>>()?;
        Ok(Answer { in_scope, cosine: nearest, coverage, hits })
    }

    fn hit(&self, key: u64, score: f64, bm25: Option<f32>, cosine: Option<f32>) -> Result<Hit, SearchError> {
        Ok(Hit { passage: self.words.passage(key)?.passage, score, bm25, cosine })
    }
}
