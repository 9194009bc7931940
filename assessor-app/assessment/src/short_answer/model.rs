//! The fitted scorer and its use.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::clean::{Draft, Flag, Sought};
use super::entailment::{Blend, Entailment, EntailmentError, Opinion, OtherSide, second_opinion};
use super::features::{COUNT, Texts, dot, measure};
use super::heads::{Head, TARGETS, question_key, word_features};
use super::subject::{Subjects, subject_vector};
use super::trees::Forest;
use super::words::{Language, Lexicon, Term, word_hash};
use crate::score::{Embedder, EmbedderError};

/// What is to be scored.
#[derive(Clone, Debug, Deserialize)]
pub struct Item {
    /// Name of the row.
    pub id: String,
    /// Name of the collection that the question belongs to; says which scale and labels are used.
    #[serde(default)]
    pub set: String,
    /// The question.
    pub question: String,
    /// Good answers, best first.
    pub reference_answers: Vec<String>,
    /// The answer.
    pub answer: String,
}

/// The shares for which intervals are stated.
pub const NOMINAL: [&str; 3] = ["0.5", "0.8", "0.9"];

/// Intervals of the score: stated share → lower and upper end.
pub type Intervals = BTreeMap<&'static str, [f32; 2]>;

/// What came out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Prediction {
    /// Name of the row.
    pub id: String,
    /// 0 to 1.
    pub score: f32,
    /// The likeliest label, rare labels weighed up.
    pub label: String,
    /// How likely each label is, before rare ones are weighed up; they add up to 1.
    pub label_chances: BTreeMap<String, f32>,
    /// In which a human's score lies with the stated probability.
    pub intervals: Intervals,
    /// Grows with certainty; only its order has a meaning.
    pub conf: f32,
    /// Whether a human should score instead.
    pub abstain: bool,
    /// What a human should look at.
    pub flags: BTreeSet<Flag>,
    /// Whether graded answers to this very question took part.
    pub known_question: bool,
}

/// Interval half-widths of answers whose expected error is alike.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpreadBin {
    /// Greatest expected error of the bin.
    pub up_to: f32,
    /// Half-widths for [`NOMINAL`].
    pub half_widths: [f32; 3],
}

/// The trees for known or for new questions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stage {
    /// One per label: log-odds of this label against the others.
    pub labels: [Forest; 3],
    /// The score, where it is more than right or wrong.
    pub score: Option<Forest>,
    /// The expected absolute error of the score.
    pub spread: Forest,
    /// Numbers that go with the trees.
    pub recipe: Recipe,
    /// What answers that take another side than the references were worth.
    pub other_side: OtherSide,
    /// How an entailment network's opinion joins in, where one knows the collection.
    pub blend: Option<Blend>,
}

/// Numbers that go with a stage's trees.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// Factors on the labels' probabilities before the likeliest is taken.
    pub label_weights: [f32; 3],
    /// By rising `up_to`.
    pub bins: Vec<SpreadBin>,
    /// The same for questions of a new subject; empty where none can be told.
    pub new_subject: Vec<SpreadBin>,
    /// Expected error from which a human should score.
    pub abstain_from: f32,
}

impl Recipe {
    /// Half-widths of the intervals of an answer, for [`NOMINAL`].
    #[must_use]
    pub fn half_widths(bins: &[SpreadBin], spread: f32) -> [f32; 3] {
        bins.iter().find(|bin| spread <= bin.up_to).or(bins.last()).map_or([1.0; 3], |bin| bin.half_widths)
    }

    /// Number of the likeliest label, each weighed by its factor; the first of equals.
    #[must_use]
    pub fn likeliest(&self, labels: &[f32; 3]) -> usize {
        let weighed = |at: usize| labels[at] * self.label_weights[at];
        (0..3).max_by(|a, b| weighed(*a).total_cmp(&weighed(*b)).then(b.cmp(a))).unwrap_or(2)
    }
}

/// The models of one collection.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Family {
    /// Labels, best first.
    pub labels: [String; 3],
    /// What a label is worth.
    pub values: [f32; 3],
    /// For questions with graded answers.
    pub known: Option<Stage>,
    /// For other questions.
    pub new: Stage,
    /// What those trees have seen.
    pub subjects: Subjects,
}

/// The whole fitted scorer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    /// Rareness of words.
    pub lexicon: Lexicon,
    /// By collection; [`Model::GENERAL`] serves every other one.
    pub families: BTreeMap<String, Family>,
    /// By [`question_key`].
    pub heads: BTreeMap<u64, Head>,
}

impl Model {
    /// The family for questions of no known collection.
    pub const GENERAL: &str = "general";

    /// Whether an entailment network has a say in a collection.
    #[must_use]
    pub fn asks_network(&self, set: &str) -> bool {
        self.family(set).is_some_and(|family| {
            family.new.blend.is_some() || family.known.as_ref().is_some_and(|stage| stage.blend.is_some())
        })
    }

    /// The head of a question, where the collection has trees that ask for one; while none are fitted, of every question.
    fn known_head(&self, set: &str, question: u64) -> Option<&Head> {
        let has_trees = self.family(set).is_none_or(|family| family.known.is_some());
        self.heads.get(&question).filter(|_| has_trees)
    }

    /// The models that serve a collection; `None` only for an empty model.
    #[must_use]
    pub fn family(&self, set: &str) -> Option<&Family> {
        self.families.get(set).or_else(|| self.families.get(Self::GENERAL))
    }
}

/// An answer as the trees see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// [`super::FEATURES`].
    pub features: [f32; COUNT],
    /// Words and pairs.
    pub words: BTreeMap<u32, f32>,
    /// Words that are left of the answer.
    pub terms: Vec<Term>,
    /// Sentence vector of the cleaned answer.
    pub vector: Option<Vec<f32>>,
    /// What a human should look at.
    pub flags: BTreeSet<Flag>,
    /// The question's number.
    pub question: u64,
    /// What the question is about.
    pub subject: Vec<f32>,
}

/// Why an answer has no score.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScorerError {
    /// A text could not be embedded.
    #[error(transparent)]
    Embedder(#[from] EmbedderError),
    /// Reference and answer could not be read together.
    #[error(transparent)]
    Entailment(#[from] EntailmentError),
}

/// The most vectors that are kept for further answers.
const MOST_VECTORS: usize = 40_000;
/// Texts that are embedded at once.
const BATCH: usize = 64;
/// Likeness to question or reference from which a stretch belongs to the subject: half of the English stretches without its words that
/// belong to it lie above, and one or two in a hundred from answers about other subjects. German ones lie above nearly always, whatever
/// they are about.
const NEAR_SUBJECT: f32 = 0.25;

/// Scores short answers.
pub struct ShortAnswerScorer {
    model: Model,
    embedder: Arc<dyn Embedder>,
    network: Option<Arc<dyn Entailment>>,
    vectors: BTreeMap<String, Vec<f32>>,
}

impl fmt::Debug for ShortAnswerScorer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShortAnswerScorer")
            .field("families", &self.model.families.keys())
            .finish_non_exhaustive()
    }
}

impl ShortAnswerScorer {
    /// A scorer from its fitted parts.
    #[must_use]
    pub fn new(model: Model, embedder: Arc<dyn Embedder>) -> Self {
        Self { model, embedder, network: None, vectors: BTreeMap::new() }
    }

    /// Asks a network, too, where the model says how its opinion joins in.
    #[must_use]
    pub fn with_network(self, network: Arc<dyn Entailment>) -> Self {
        Self { network: Some(network), ..self }
    }

    /// Scores one answer. The same item always gives the same prediction, whatever was scored before.
    ///
    /// # Errors
    /// When a network fails.
    pub fn score(&mut self, item: &Item) -> Result<Prediction, ScorerError> {
        let measured = self.measure(item)?;
        Ok(predict(&self.model, item, &measured, self.network.as_deref())?)
    }

    /// Measures one answer.
    ///
    /// # Errors
    /// When a text cannot be embedded.
    pub fn measure(&mut self, item: &Item) -> Result<Measured, EmbedderError> {
        let context = format!("{} {}", item.question, item.reference_answers.join(" "));
        let sought = Sought::new(&item.question, &item.reference_answers, Language::of(&context));
        let question = question_key(&item.question, &item.reference_answers);
        let head = self.model.known_head(&item.set, question);
        let is_of_subject = |stem: &str| head.is_some_and(|head| head.subject.contains(&word_hash(stem)));
        let draft = Draft::new(&item.answer, &sought, &self.model.lexicon, &is_of_subject);
        let (about, is_new) = (sought.texts(), head.is_none());
        // Graded answers to a known question have shown which words belong to it; of a new one meaning has to tell.
        let doubtful: Vec<String> = if is_new { draft.doubtful().collect() } else { Vec::new() };
        if !doubtful.is_empty() {
            self.embed(doubtful.iter().chain(&about))?;
        }
        let is_near = |text: &str| {
            let vector = |text: &str| self.vectors.get(text).map(Vec::as_slice);
            let near = |other: &String| dot(vector(text), vector(other)) >= NEAR_SUBJECT;
            is_new && about.iter().any(near)
        };
        let cleaned = draft.finish(&sought, &is_near);
        let texts = Texts::of(&sought, &cleaned);
        self.embed(texts.all())?;
        let vectors = |text: &str| self.vectors.get(text).map(Vec::as_slice);
        let features = measure(&sought, &cleaned, &texts, &self.model.lexicon, &vectors);
        let references: Vec<&[f32]> = texts.references.iter().filter_map(|text| vectors(text)).collect();
        let subject = subject_vector(vectors(&texts.question), &references);
        Ok(Measured {
            features,
            words: word_features(&cleaned.terms, &self.model.lexicon),
            vector: self.vectors.get(&texts.answer).cloned(),
            terms: cleaned.terms,
            flags: cleaned.flags,
            question,
            subject,
        })
    }

    /// Keeps the vectors of texts, at unit length; an empty text has none.
    fn embed<'a>(&mut self, texts: impl Iterator<Item = &'a String>) -> Result<(), EmbedderError> {
        if self.vectors.len() > MOST_VECTORS {
            self.vectors.clear();
        }
        let missing: BTreeSet<&String> =
            texts.filter(|text| !text.is_empty() && !self.vectors.contains_key(*text)).collect();
        let mut missing: Vec<&String> = missing.into_iter().collect();
        missing.sort_by_key(|text| text.len());
        for batch in missing.chunks(BATCH) {
            let borrowed: Vec<&str> = batch.iter().map(|text| text.as_str()).collect();
            let found = self.embedder.embed(&borrowed)?;
            if found.len() != batch.len() {
                return Err(EmbedderError(format!("{} vectors for {} texts", found.len(), batch.len())));
            }
            for (text, mut vector) in batch.iter().zip(found) {
                let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
                if length > 0.0 {
                    vector.iter_mut().for_each(|x| *x /= length);
                }
                self.vectors.insert((*text).clone(), vector);
            }
        }
        Ok(())
    }
}

/// Share of the question's head in a graded score: it changes little where a word is missed, and trees jump.
const HEAD_SHARE: f32 = 0.7;

impl Stage {
    /// Probabilities of the labels, which add up to one.
    #[must_use]
    pub fn probabilities(&self, row: &[f32]) -> [f32; 3] {
        let mut p = [0.0; 3];
        for (p, forest) in p.iter_mut().zip(&self.labels) {
            *p = 1.0 / (1.0 + (-forest.sum(row)).exp());
        }
        let whole = p.iter().sum::<f32>().max(1e-6);
        p.map(|p| p / whole)
    }

    /// Score and probabilities.
    #[must_use]
    pub fn score(&self, row: &[f32], values: &[f32; 3]) -> (f32, [f32; 3]) {
        let p = self.probabilities(row);
        let expected: f32 = p.iter().zip(values).map(|(p, v)| p * v).sum();
        let score = self.score.as_ref().map_or(expected, |forest| {
            let trees = forest.sum(row);
            row.get(COUNT + TARGETS - 1).map_or(trees, |head| trees + HEAD_SHARE * (head - trees))
        });
        (score.clamp(0.0, 1.0), p)
    }
}

/// The row of the trees: features, then what the question's head says.
pub(super) fn row(measured: &Measured, head: Option<[f32; TARGETS]>) -> Vec<f32> {
    measured.features.iter().copied().chain(head.into_iter().flatten()).collect()
}

/// Interval round nothing: an answer without words is worth nothing, but a human may see something.
const EMPTY_WIDTHS: [f32; 3] = [0.02, 0.05, 0.10];

fn predict(
    model: &Model,
    item: &Item,
    measured: &Measured,
    network: Option<&dyn Entailment>,
) -> Result<Prediction, EntailmentError> {
    let fallback = Family::default();
    let family = model.family(&item.set).unwrap_or(&fallback);
    let head = model.known_head(&item.set, measured.question);
    let (stage, row) = match (&family.known, head) {
        (Some(stage), Some(head)) => {
            let said = head.predict(&measured.words, measured.vector.as_deref());
            (stage, row(measured, Some(said)))
        }
        _ => (&family.new, row(measured, None)),
    };
    let known_question = head.is_some();
    let nothing = measured.flags.contains(&Flag::NoEvidence);
    let mut recipe = &stage.recipe;
    let mut opinion = Opinion { score: 0.0, labels: [0.0, 0.0, 1.0], spread: 0.0 };
    if !nothing {
        opinion = stage.opinion(&row, &family.values);
        if let (Some(network), Some(blend)) = (network, &stage.blend) {
            let said = second_opinion(network, item, measured, &family.labels)?;
            opinion = blend.join(&opinion, &said, &family.values);
            recipe = &blend.recipe;
        }
        if measured.flags.contains(&Flag::OtherSide) {
            opinion = stage.other_side.join(&opinion);
        }
    }
    let Opinion { score, labels: p, spread } = opinion;
    let mut flags = measured.flags.clone();
    let is_new_subject = !known_question && family.subjects.is_new(&measured.subject);
    if is_new_subject {
        flags.insert(Flag::NewSubject);
    }
    let bins = if is_new_subject { &recipe.new_subject } else { &recipe.bins };
    let widths = Recipe::half_widths(bins, spread);
    let widths = if nothing { EMPTY_WIDTHS } else { widths };
    let intervals = NOMINAL
        .into_iter()
        .zip(widths)
        .map(|(name, width)| (name, [(score - width).max(0.0), (score + width).min(1.0)]))
        .collect();
    let likeliest = recipe.likeliest(&p);
    // Another side and a new subject are no reason to keep the score back: what is known of such answers is in score and interval.
    let integrity =
        [Flag::Instruction, Flag::KeywordSalad, Flag::ReferenceReadBack, Flag::OffTopic, Flag::OtherLanguage];
    let suspect = integrity.iter().any(|flag| flags.contains(flag));
    Ok(Prediction {
        id: item.id.clone(),
        score,
        label: family.labels[if nothing { 2 } else { likeliest }].clone(),
        label_chances: family.labels.iter().cloned().zip(p).collect(),
        intervals,
        conf: -spread,
        abstain: suspect || spread >= recipe.abstain_from,
        flags,
        known_question,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts with "boiled" mean one thing, all others another.
    struct TwoMeanings;

    impl Embedder for TwoMeanings {
        fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedderError> {
            assert!(texts.iter().all(|text| !text.is_empty()), "nothing means nothing");
            let meaning = |text: &&str| if text.contains("boiled") { vec![2.0, 0.0] } else { vec![0.0, 3.0] };
            Ok(texts.iter().map(meaning).collect())
        }
    }

    fn item(question: &str, answer: &str) -> Item {
        Item {
            id: String::new(),
            set: "set".to_owned(),
            question: question.to_owned(),
            reference_answers: vec!["the liquid evaporates".to_owned()],
            answer: answer.to_owned(),
        }
    }

    /// Flags and the words that are left.
    fn measured(model: Model, item: &Item) -> (BTreeSet<Flag>, usize) {
        let mut scorer = ShortAnswerScorer::new(model, Arc::new(TwoMeanings));
        let found = scorer.measure(item).expect("the embedder never fails");
        (found.flags, found.terms.len())
    }

    #[test]
    fn a_new_question_keeps_what_is_near_in_meaning_and_a_known_one_what_its_graders_saw() {
        let lexicon = Lexicon { unseen: 5.0, ..Lexicon::default() };
        let model = || Model { lexicon: lexicon.clone(), ..Model::default() };
        let answer =
            "somebody boiled everything over one fire until no fluid remained inside that black iron pot";
        let (near, far) = (item("What happens when it is boiled?", answer), item("What happens?", answer));
        assert_eq!(measured(model(), &near), (BTreeSet::new(), 15));
        assert_eq!(measured(model(), &far).0, BTreeSet::from([Flag::OffTopic, Flag::NoEvidence]));

        let head = |words: &[&str]| Head {
            subject: words.iter().map(|word| word_hash(word)).collect(),
            ..Head::default()
        };
        let known = |head: Head, known: Option<Stage>| Model {
            heads: BTreeMap::from([(question_key(&near.question, &near.reference_answers), head)]),
            families: BTreeMap::from([("set".to_owned(), Family { known, ..Family::default() })]),
            ..model()
        };
        let of = |head: Head, stage: Option<Stage>| measured(known(head, stage), &near).1;
        assert_eq!(of(head(&[]), Some(Stage::default())), 0, "its graders saw none of these words");
        assert_eq!(of(head(&["fire", "pot", "fluid", "iron"]), Some(Stage::default())), 15);
        assert_eq!(of(head(&[]), None), 15, "no trees ask for the head: as a new question");
    }

    #[test]
    fn a_question_without_words_changes_nothing_for_others() {
        let lexicon = Lexicon { unseen: 5.0, ..Lexicon::default() };
        let mut scorer = ShortAnswerScorer::new(Model { lexicon, ..Model::default() }, Arc::new(TwoMeanings));
        let plain = item("What happens?", "the liquid goes");
        let before = scorer.measure(&plain).expect("the embedder never fails");
        for (question, answer) in [
            ("...", "someone went away there and nobody saw it happen before the end of that day"),
            ("...", ""),
        ] {
            scorer.measure(&item(question, answer)).expect("the embedder never fails");
        }
        assert_eq!(scorer.measure(&plain).expect("the embedder never fails"), before);
    }

    #[test]
    fn another_side_and_a_new_subject_are_told_and_count() {
        let forest = |base: f32| Forest { base, ..Forest::default() };
        let width = |half: f32| vec![SpreadBin { up_to: 1.0, half_widths: [half; 3] }];
        let stage = Stage {
            labels: [forest(3.0), forest(-3.0), forest(-3.0)],
            other_side: OtherSide {
                questions: 9,
                mean: Opinion { score: 0.0, labels: [0.0, 1.0, 0.0], spread: 0.1 },
            },
            recipe: Recipe {
                label_weights: [1.0; 3],
                bins: width(0.1),
                new_subject: width(0.4),
                abstain_from: 1.0,
            },
            ..Stage::default()
        };
        let family = |least: f32| Family {
            labels: ["correct", "contradictory", "incorrect"].map(str::to_owned),
            values: [1.0, 0.0, 0.0],
            new: stage.clone(),
            subjects: Subjects { questions: vec![vec![1.0, 0.0]], least },
            ..Family::default()
        };
        let said = |least: f32, answer: &str| {
            let model = Model {
                families: BTreeMap::from([("set".to_owned(), family(least))]),
                lexicon: Lexicon { unseen: 5.0, ..Lexicon::default() },
                ..Model::default()
            };
            let item = Item {
                reference_answers: vec!["Yes, the liquid evaporates.".to_owned()],
                ..item("Does the liquid evaporate?", answer)
            };
            ShortAnswerScorer::new(model, Arc::new(TwoMeanings)).score(&item).expect("no network is asked")
        };
        let known = said(-1.0, "Yes, the liquid turns into vapour");
        assert_eq!((known.label.as_str(), known.flags.len()), ("correct", 0));
        let other = said(-1.0, "No, the liquid turns into vapour");
        assert_eq!(other.label, "contradictory");
        assert!(other.flags.contains(&Flag::OtherSide) && other.score < 0.2, "{other:?}");
        let new = said(0.5, "Yes, the liquid turns into vapour");
        assert!(new.flags.contains(&Flag::NewSubject), "{new:?}");
        assert_eq!(new.score, known.score);
        assert!(new.intervals["0.8"][0] < known.intervals["0.8"][0] - 0.2, "{new:?} beside {known:?}");
    }
}
