//! BM25, small and exact.

use std::collections::{BTreeMap, BTreeSet};

/// How often words occur in a corpus, and the BM25 score of a text for a query.
///
/// **Source**: Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework: BM25 and Beyond", eq. 3.15, with the
/// inverse document frequency kept positive by adding one inside the logarithm.
#[derive(Clone, Debug)]
pub struct Bm25 {
    document_frequency: BTreeMap<String, u32>,
    documents: u32,
    mean_length: f64,
}

/// Saturation of repeated words; the usual value.
const K1: f64 = 1.2;
/// Strength of the length correction; the usual value.
const B: f64 = 0.75;

impl Bm25 {
    /// Counts a corpus of documents, each a list of stems.
    #[must_use]
    pub fn new<'a>(corpus: impl IntoIterator<Item = &'a [String]>) -> Self {
        let (mut document_frequency, mut documents, mut length) = (BTreeMap::new(), 0_u32, 0_usize);
        for document in corpus {
            documents += 1;
            length += document.len();
            for stem in document.iter().collect::<BTreeSet<_>>() {
                *document_frequency.entry(stem.clone()).or_insert(0) += 1;
            }
        }
        let mean_length = if documents == 0 { 1.0 } else { (length as f64 / f64::from(documents)).max(1.0) };
        Self { document_frequency, documents, mean_length }
    }

    /// Rareness of a stem: near 0 for one that stands in every document.
    #[must_use]
    pub fn inverse_document_frequency(&self, stem: &str) -> f64 {
        let containing = f64::from(self.document_frequency.get(stem).copied().unwrap_or(0));
        let documents = f64::from(self.documents);
        (1.0 + (documents - containing + 0.5) / (containing + 0.5)).ln()
    }

    /// The score of `document` for `query`; 0 when they share no stem. Repeating a query word changes nothing.
    #[must_use]
    pub fn score(&self, query: &[String], document: &[String]) -> f64 {
        let length_factor = K1 * (1.0 - B + B * document.len() as f64 / self.mean_length);
        query
            .iter()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .map(|stem| {
                let frequency = document.iter().filter(|other| *other == stem).count() as f64;
                self.inverse_document_frequency(stem) * frequency * (K1 + 1.0) / (frequency + length_factor)
            })
            .sum()
    }

    /// The share of the query's rareness that a document holds, in 0..=1, whatever the document's length or repetitions.
    #[must_use]
    pub fn coverage(&self, query: &[String], document: &[String]) -> f64 {
        let (mut held, mut whole) = (0.0, 0.0);
        for stem in query.iter().collect::<BTreeSet<_>>() {
            let weight = self.inverse_document_frequency(stem);
            whole += weight;
            if document.contains(stem) {
                held += weight;
            }
        }
        if whole > 0.0 { held / whole } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn agrees_with_a_hand_calculation() {
        let corpus = [words("pain nurse"), words("nurse ward"), words("ward door key"), words("key")];
        let bm25 = Bm25::new(corpus.iter().map(Vec::as_slice));
        // "pain" stands in 1 of 4 documents, mean length 2: idf = ln(1 + 3.5 / 1.5); frequency 1, length 2.
        let expected = (1.0_f64 + 3.5 / 1.5).ln() * 2.2 / (1.0 + 1.2);
        assert!((bm25.score(&words("pain"), &corpus[0]) - expected).abs() < 1e-12);
        assert_eq!(bm25.score(&words("pain"), &corpus[1]), 0.0);
    }

    #[test]
    fn rare_words_count_more_and_query_repetition_nothing() {
        let corpus = [words("pain nurse"), words("nurse ward"), words("nurse key")];
        let bm25 = Bm25::new(corpus.iter().map(Vec::as_slice));
        assert!(bm25.score(&words("pain"), &corpus[0]) > bm25.score(&words("nurse"), &corpus[0]));
        assert_eq!(bm25.score(&words("pain pain"), &corpus[0]), bm25.score(&words("pain"), &corpus[0]));
        assert_eq!(bm25.coverage(&words("pain nurse"), &words("pain nurse pain nurse")), 1.0);
        assert_eq!(bm25.coverage(&[], &corpus[0]), 0.0);
    }
}
