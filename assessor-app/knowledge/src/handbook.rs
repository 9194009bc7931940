//! Documents behind the conversation's port: a candidate's question in, verbatim sentences with their place out.

use std::fmt;
use std::sync::Arc;

use viva_assessment::conversation::{Found, Handbook, HandbookError, Statement};
use viva_assessment::score::Embedder;
use viva_assessment::text::content_stems;

use crate::disagreement::{disagree, sentences};
use crate::library::embed;
use crate::passage::Passage;
use crate::search::{Engine, Hit, SearchError};

/// How many passages of each collection are looked into.
const DEPTH: usize = 5;
/// Least cosine of a sentence with the question. Passages are in scope already.
const LEAST_COSINE: f32 = 0.3;
/// Least share of the question's words where only words are compared.
const LEAST_SHARE: f32 = 0.3;
/// A statement may have so many words; it is spoken.
const MOST_WORDS: usize = 60;

/// Collections of documents from which candidates are told.
pub struct Documents {
    collections: Vec<Engine>,
    embedder: Option<Arc<dyn Embedder>>,
}

impl fmt::Debug for Documents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Documents").field("collections", &self.collections).finish_non_exhaustive()
    }
}

/// A sentence of a passage, and how near it is to the question.
struct Sentence<'a> {
    passage: &'a Passage,
    text: String,
    near: f32,
}

impl Documents {
    /// Collections with the network by which sentences are compared with the question; by words alone without one.
    #[must_use]
    pub fn new(collections: Vec<Engine>, embedder: Option<Arc<dyn Embedder>>) -> Self {
        Self { collections, embedder }
    }

    /// Whether there is anything to tell from.
    #[must_use]
    pub fn holds_any(&self) -> bool {
        self.collections.iter().any(|engine| engine.passages() > 0)
    }

    fn hits(&self, question: &str) -> Result<Vec<Hit>, SearchError> {
        let mut hits = Vec::new();
        for engine in &self.collections {
            let answer = engine.search(question, DEPTH)?;
            if answer.in_scope {
                hits.extend(answer.hits);
            }
        }
        Ok(hits)
    }

    fn sentences<'a>(&self, question: &str, hits: &'a [Hit]) -> Result<Vec<Sentence<'a>>, SearchError> {
        let mut all: Vec<Sentence<'a>> = Vec::new();
        for hit in hits {
            let short = sentences(&hit.passage.text)
                .into_iter()
                .filter(|text| text.split_whitespace().count() <= MOST_WORDS);
            all.extend(short.map(|text| Sentence { passage: &hit.passage, text, near: 0.0 }));
        }
        let asked = content_stems(question);
        match &self.embedder {
            Some(embedder) => {
                let texts: Vec<String> = std::iter::once(question.to_owned())
                    .chain(all.iter().map(|one| one.text.clone()))
                    .collect();
                let vectors = embed(&**embedder, &texts)?;
                if let Some((question, rest)) = vectors.split_first() {
                    for (sentence, vector) in all.iter_mut().zip(rest) {
                        sentence.near = vector.iter().zip(question).map(|(a, b)| a * b).sum();
                    }
                }
                all.retain(|one| one.near >= LEAST_COSINE);
            }
            None => {
                for sentence in &mut all {
                    let stems = content_stems(&sentence.text);
                    let shared = asked.iter().filter(|stem| stems.contains(stem)).count();
                    sentence.near = shared as f32 / asked.len().max(1) as f32;
                }
                all.retain(|one| one.near >= LEAST_SHARE);
            }
        }
        // The order of hits and sentences decides among equals.
        all.sort_by(|a, b| b.near.total_cmp(&a.near));
        Ok(all)
    }
}

impl Handbook for Documents {
    fn look_up(&self, question: &str) -> Result<Found, HandbookError> {
        let failed = |error: SearchError| HandbookError(error.to_string());
        let hits = self.hits(question).map_err(failed)?;
        let sentences = self.sentences(question, &hits).map_err(failed)?;
        let Some((best, rest)) = sentences.split_first() else { return Ok(Found::default()) };
        let other = rest
            .iter()
            .find(|one| one.passage.sha256 != best.passage.sha256 && disagree(&one.text, &best.text));
        let statements = std::iter::once(best).chain(other).map(statement).collect();
        Ok(Found { statements, contradicting: other.is_some() })
    }
}

fn statement(sentence: &Sentence<'_>) -> Statement {
    let passage = sentence.passage;
    let name = passage.doc.rsplit('/').next().unwrap_or_default();
    let title = passage.title.clone().unwrap_or_else(|| name.to_owned());
    Statement { title, words: sentence.text.clone(), citation: passage.citation() }
}
