//! A short answer against a question and its reference answers: score, label, interval, and what a human should look at.
//!
//! **In**: a question, its reference answers, an answer, a sentence embedding behind the port [`crate::Embedder`], and where there is one a network
//! that reads reference and answer together behind the port [`Entailment`].
//! **Out**: a [`Prediction`].
//! **Not known here**: rubrics, sound, the person.
//! The order is: cut the answer to its evidence ([`Flag`]), measure it ([`FEATURES`]), ask the graded answers of the same question where there
//! are any ([`Head`]), then small boosted trees with intervals by split conformal prediction. Everything is fitted by `viva train scorer`
//! on training splits only; the card is `models/cards/scorer-short-answer.md`.

mod choice;
mod clean;
mod entailment;
mod features;
mod file;
mod heads;
mod model;
mod phrases;
mod subject;
mod trees;
mod words;

pub use clean::Flag;
pub use entailment::{
    Blend, Compared, Entailment, EntailmentError, Opinion, OtherSide, nearest_reference, second_opinion,
};
pub use features::{COUNT as FEATURE_COUNT, NAMES as FEATURES};
pub use file::ModelFileError;
pub use heads::{Head, TARGETS, question_key, vector_factor, word_features};
pub use model::{
    Family, Intervals, Item, Measured, Model, NOMINAL, Prediction, Recipe, ScorerError, ShortAnswerScorer,
    SpreadBin, Stage,
};
pub use subject::{Subjects, likeness, subject_vector};
pub use trees::{Forest, Node};
pub use words::{Language, Lexicon, Term, terms, word_hash};
