//! What human graders' scores of one question teach about further answers to it: a linear head per known question.

use std::collections::{BTreeMap, BTreeSet};

use super::words::{Lexicon, Term, word_hash};

/// Numbers that a head gives: the three labels in the family's order, then the score.
pub const TARGETS: usize = 4;

/// A linear head of one question.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Head {
    /// What an empty answer gets.
    pub bias: [f32; TARGETS],
    /// Per target, one weight per number of the sentence vector.
    pub embedding: Vec<Vec<f32>>,
    /// Weights of words and word pairs, by their number.
    pub words: BTreeMap<u32, [f32; TARGETS]>,
    /// Numbers of stems that several graded answers hold: they belong to the subject.
    pub subject: BTreeSet<u32>,
}

/// Share of words, pairs and vector in the likeness of two answers.
const WORD_SHARE: f32 = 0.6;

/// Words and pairs of words of an answer with weights, of unit length.
#[must_use]
pub fn word_features(terms: &[Term], lexicon: &Lexicon) -> BTreeMap<u32, f32> {
    let mut found = BTreeMap::new();
    let mut last: Option<&Term> = None;
    for term in terms {
        let weight = if term.content { lexicon.idf(&term.stem) } else { 0.8 };
        let sign = if term.negated && term.content { "!" } else { "" };
        found.insert(word_hash(&term.stem), weight);
        if !sign.is_empty() {
            found.insert(word_hash(&format!("{sign}{}", term.stem)), weight);
        }
        if let Some(last) = last {
            let pair = 0.5 * (weight + if last.content { lexicon.idf(&last.stem) } else { 0.8 });
            found.insert(word_hash(&format!("{} {}", last.stem, term.stem)), 0.7 * pair);
        }
        last = Some(term);
    }
    let length = found.values().map(|w| w * w).sum::<f32>().sqrt();
    if length > 0.0 {
        found.values_mut().for_each(|w| *w *= WORD_SHARE.sqrt() / length);
    }
    found
}

/// The factor on a sentence vector beside [`word_features`].
#[must_use]
pub fn vector_factor() -> f32 {
    (1.0 - WORD_SHARE).sqrt()
}

impl Head {
    /// What the head says of an answer.
    #[must_use]
    pub fn predict(&self, words: &BTreeMap<u32, f32>, vector: Option<&[f32]>) -> [f32; TARGETS] {
        let mut sums = self.bias;
        for (hash, value) in words {
            if let Some(weights) = self.words.get(hash) {
                sums.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += weight * value);
            }
        }
        if let Some(vector) = vector {
            for (sum, weights) in sums.iter_mut().zip(&self.embedding) {
                *sum += vector_factor() * weights.iter().zip(vector).map(|(w, x)| w * x).sum::<f32>();
            }
        }
        sums
    }
}

/// The number of a question: of its words and its references' words.
#[must_use]
pub fn question_key(question: &str, references: &[String]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for text in std::iter::once(question).chain(references.iter().map(String::as_str)) {
        for byte in text
            .chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .map(u64::from)
            .chain([31])
        {
            hash = (hash ^ byte).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}
