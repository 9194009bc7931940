//! Whether a sentence shows an indicator or a behaviour.

use std::ops::Range;
use std::sync::Arc;

use super::answer::Segment;
use super::embedder::{Embedder, EmbedderError, cosine};
use crate::exam::{Behaviour, Exam, Indicator, Polarity, WrittenPattern};
use crate::text::{Bm25, content_stems, tokens, turns_round};

/// What something can sound like, prepared for search.
#[derive(Clone, Debug)]
pub(crate) struct Sign {
    patterns: Vec<WrittenPattern>,
    shows: Vec<Exemplar>,
    contrasts: Vec<Exemplar>,
    /// Least cosine that shows it; set from the exemplars alone.
    least_cosine: f64,
    /// What speaks against a candidate is found by explicit patterns, or when it is nearly a paraphrase, word for word.
    explicit: bool,
}

#[derive(Clone, Debug)]
struct Exemplar {
    text: String,
    stems: Vec<String>,
    negated: bool,
    vector: Vec<f32>,
}

/// A sentence that shows a sign, or nearly does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Match {
    /// Bytes of the turn's text.
    pub(crate) range: Range<usize>,
    /// 0..=1; [`SHOWN`] and more counts as shown.
    pub(crate) confidence: f64,
}

/// From this confidence on a sign counts as shown.
pub(crate) const SHOWN: f64 = 0.5;
/// From this confidence on a sign counts as nearly shown: it widens the interval upwards.
pub(crate) const NEARLY: f64 = 0.4;
/// Below this confidence a shown sign widens the interval downwards.
pub(crate) const SURE: f64 = 0.62;
/// Confidence of a pattern written by the exam's author.
const BY_PATTERN: f64 = 0.9;
/// Least and greatest cosine that may be asked for, whatever the exemplars say.
/// With MiniLM the sentences of the exam's own simulated candidates that do not show a sign stay below 0.65 of its paraphrases.
const COSINE_LIMITS: (f64, f64) = (0.66, 0.80);
/// Confidence gained per unit of cosine above the least one.
const CONFIDENCE_PER_COSINE: f64 = 2.0;
/// Sentences with fewer content words are too short to be compared by meaning.
const LEAST_CONTENT: usize = 2;
/// Share of a paraphrase's rare words that shows it without an embedding.
const LEAST_COVERAGE: f64 = 0.7;
/// Cosine to a counter-exemplar from which a pattern is not believed where no paraphrase is nearer: the author has said of such a sentence
/// that it shows nothing.
const LEAST_CONTRAST: f64 = 0.8;
/// Share of their words that two sentences have in common from which they say the same, whatever they mean.
const LEAST_SHARED: f64 = 0.75;
/// Likeness from which something that speaks against the candidate is believed without a pattern.
const LEAST_EXPLICIT: f64 = 0.75;
/// How many of the best sentences by BM25 are looked at per paraphrase.
const SENTENCES_PER_PARAPHRASE: usize = 8;

/// Searches for the signs of one exam.
pub(crate) struct Detector {
    bm25: Bm25,
    embedder: Option<Arc<dyn Embedder>>,
}

impl Detector {
    pub(crate) fn new(exam: &Exam, embedder: Option<Arc<dyn Embedder>>) -> Self {
        // The exam's own words, not the candidate's, say what is rare: so the length of an interview changes nothing.
        let mut corpus: Vec<Vec<String>> = Vec::new();
        let indicators = exam.rubric().criteria.iter().flat_map(|criterion| &criterion.indicators);
        for text in indicators.flat_map(|i| i.paraphrases.iter().chain(&i.counter_exemplars)) {
            corpus.push(content_stems(text));
        }
        for text in
            exam.role_play().behaviours.iter().flat_map(|b| b.paraphrases.iter().chain(&b.counter_exemplars))
        {
            corpus.push(content_stems(text));
        }
        for paragraph in exam.knowledge().values().flat_map(|text| text.split("\n\n")) {
            corpus.push(content_stems(paragraph));
        }
        Self { bm25: Bm25::new(corpus.iter().map(Vec::as_slice)), embedder }
    }

    pub(crate) const fn embedder(&self) -> Option<&Arc<dyn Embedder>> {
        self.embedder.as_ref()
    }

    pub(crate) fn indicator(&self, indicator: &Indicator) -> Result<Sign, EmbedderError> {
        let explicit = indicator.polarity != Polarity::Positive;
        self.sign(&indicator.patterns, &indicator.paraphrases, &indicator.counter_exemplars, explicit)
    }

    pub(crate) fn behaviour(&self, behaviour: &Behaviour) -> Result<Sign, EmbedderError> {
        let explicit = behaviour.delta > 0;
        self.sign(&behaviour.patterns, &behaviour.paraphrases, &behaviour.counter_exemplars, explicit)
    }

    fn sign(
        &self,
        patterns: &[WrittenPattern],
        shows: &[String],
        contrasts: &[String],
        explicit: bool,
    ) -> Result<Sign, EmbedderError> {
        let read = |texts: &[String]| -> Result<Vec<Exemplar>, EmbedderError> {
            let borrowed: Vec<&str> = texts.iter().map(String::as_str).collect();
            let mut vectors = self.embed(&borrowed)?.into_iter();
            Ok(texts
                .iter()
                .map(|text| Exemplar {
                    text: text.clone(),
                    stems: content_stems(text),
                    negated: turns_round(&tokens(text)),
                    vector: vectors.next().unwrap_or_default(),
                })
                .collect())
        };
        let (shows, contrasts) = (read(shows)?, read(contrasts)?);
        let least_cosine = least_cosine(&shows, &contrasts);
        Ok(Sign { patterns: patterns.to_vec(), shows, contrasts, least_cosine, explicit })
    }

    /// One vector per text; empty vectors without an embedder.
    pub(crate) fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedderError> {
        let Some(embedder) = &self.embedder else { return Ok(vec![Vec::new(); texts.len()]) };
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let vectors = embedder.embed(texts)?;
        if vectors.len() == texts.len() {
            Ok(vectors)
        } else {
            Err(EmbedderError(format!("{} vectors for {} texts", vectors.len(), texts.len())))
        }
    }

    /// The matches of a sign in sentences with their vectors, in the order of the sentences; near ones included.
    pub(crate) fn find(&self, sign: &Sign, sentences: &[(&Segment, &[f32])]) -> Vec<(usize, Match)> {
        let considered = self.retrieve(sign, sentences);
        let mut found = Vec::new();
        for (number, (segment, vector)) in sentences.iter().enumerate() {
            let by_pattern = sign
                .patterns
                .iter()
                .filter_map(|written| written.pattern()?.find(&segment.tokens))
                .map(|tokens| {
                    segment.tokens[tokens.start].range.start..segment.tokens[tokens.end - 1].range.end
                })
                .next();
            let confidence = match by_pattern {
                Some(_) if !is_contrast(sign, segment, vector) => BY_PATTERN,
                Some(_) => self.likeness(sign, segment, vector),
                None if considered[number] || !vector.is_empty() => self.likeness(sign, segment, vector),
                None => 0.0,
            };
            let confidence = if sign.explicit && confidence < LEAST_EXPLICIT { 0.0 } else { confidence };
            if confidence >= NEARLY {
                found.push((number, Match { range: segment.range.clone(), confidence }));
            }
        }
        found
    }

    /// Which sentences BM25 puts among the best for some paraphrase.
    fn retrieve(&self, sign: &Sign, sentences: &[(&Segment, &[f32])]) -> Vec<bool> {
        let mut considered = vec![false; sentences.len()];
        for exemplar in &sign.shows {
            let mut ranked: Vec<(f64, usize)> = sentences
                .iter()
                .enumerate()
                .map(|(number, (segment, _))| (self.bm25.score(&exemplar.stems, &segment.stems), number))
                .filter(|(score, _)| *score > 0.0)
                .collect();
            ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            for (_, number) in ranked.into_iter().take(SENTENCES_PER_PARAPHRASE) {
                considered[number] = true;
            }
        }
        considered
    }

    /// How surely a sentence shows a sign, from words and meaning, in 0..=1.
    fn likeness(&self, sign: &Sign, segment: &Segment, vector: &[f32]) -> f64 {
        let coverage = |exemplars: &[Exemplar]| {
            exemplars
                .iter()
                .filter(|exemplar| exemplar.negated == segment.negated)
                .map(|exemplar| {
                    let shared = exemplar.stems.iter().filter(|stem| segment.stems.contains(stem)).count();
                    if shared >= 2 { self.bm25.coverage(&exemplar.stems, &segment.stems) } else { 0.0 }
                })
                .fold(0.0, f64::max)
        };
        let (shown, contrast) = (coverage(&sign.shows), coverage(&sign.contrasts));
        let by_words = if shown > contrast { 0.5 + 0.5 * (shown - LEAST_COVERAGE) } else { 0.0 };
        if vector.is_empty() || segment.stems.len() < LEAST_CONTENT {
            return by_words.clamp(0.0, 0.8);
        }
        let (meant, unlike) =
            (nearest(&sign.shows, segment, vector), nearest(&sign.contrasts, segment, vector));
        let by_meaning =
            if meant > unlike { 0.5 + CONFIDENCE_PER_COSINE * (meant - sign.least_cosine) } else { 0.0 };
        if unlike > meant { by_words.min(NEARLY) } else { by_words.max(by_meaning) }.clamp(0.0, 0.85)
    }
}

/// The greatest cosine to exemplars that are turned round as the sentence is.
fn nearest(exemplars: &[Exemplar], segment: &Segment, vector: &[f32]) -> f64 {
    exemplars
        .iter()
        .filter(|exemplar| exemplar.negated == segment.negated)
        .map(|exemplar| cosine(&exemplar.vector, vector))
        .fold(0.0, f64::max)
}

/// Whether a sentence says nearly what the author gave as an example of what does not show the sign.
fn is_contrast(sign: &Sign, segment: &Segment, vector: &[f32]) -> bool {
    let unlike = nearest(&sign.contrasts, segment, vector);
    let says_the_same = |contrast: &Exemplar| {
        let shared = contrast.stems.iter().filter(|stem| segment.stems.contains(stem)).count() as f64;
        let either = (contrast.stems.len() + segment.stems.len()) as f64 - shared;
        contrast.negated == segment.negated && either > 0.0 && shared / either >= LEAST_SHARED
    };
    (unlike >= LEAST_CONTRAST && unlike > nearest(&sign.shows, segment, vector))
        || sign.contrasts.iter().any(says_the_same)
}

/// Half-way between how alike the paraphrases are to each other and how alike the contrasts are to them.
fn least_cosine(shows: &[Exemplar], contrasts: &[Exemplar]) -> f64 {
    let nearest = |exemplar: &Exemplar, others: &[Exemplar]| {
        others
            .iter()
            .filter(|other| other.text != exemplar.text)
            .map(|other| cosine(&exemplar.vector, &other.vector))
            .fold(0.0, f64::max)
    };
    if shows.is_empty() {
        return COSINE_LIMITS.1;
    }
    let alike = shows.iter().map(|exemplar| nearest(exemplar, shows)).sum::<f64>() / shows.len() as f64;
    let unlike = contrasts.iter().map(|exemplar| nearest(exemplar, shows)).fold(0.3, f64::max);
    (0.5 * (alike + unlike)).clamp(COSINE_LIMITS.0, COSINE_LIMITS.1)
}
