//! From graded rows to a fitted scorer.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use viva_assessment::Embedder;
use viva_assessment::short_answer::{
    Entailment, FEATURES, Family, Flag, Forest, Language, Lexicon, Measured, Model, Node, Opinion, OtherSide,
    Recipe, ShortAnswerScorer, SpreadBin, Stage, TARGETS, terms,
};

use super::TrainError;
use super::blend::Asked;
use super::boost::{Binned, Growth, Loss, boost};
use super::data::{Row, training_rows};
use super::heads;
use super::random::Random;
use super::subjects::NewSubject;
use crate::entailment::Held;

/// Told what is being done.
pub type Progress<'a> = &'a mut dyn FnMut(&str);

const FOLDS: usize = 5;
const BINS: usize = 4;
/// The shares of `NOMINAL`.
pub(super) const STATED: [f32; 3] = [0.5, 0.8, 0.9];
/// Forests of other seeds that are averaged.
const BAGS: u64 = 4;
/// Share of answers that go to a human when nothing else speaks against the machine's score.
const ABSTAIN_SHARE: f32 = 0.3;

const GROWTH: Growth =
    Growth { rounds: 220, depth: 4, rate: 0.05, least: 6.0, ridge: 2.0, row_share: 0.7, feature_share: 0.4 };
/// Trees for new questions must not learn the trained questions by heart: pairs of features at most, large leaves ...
const NEW_GROWTH: Growth = Growth { rounds: 160, depth: 2, least: 20.0, ..GROWTH };
/// ... and for half of the forests, or all where questions are few, few features and larger leaves.
const PLAIN_GROWTH: Growth =
    Growth { rounds: 480, least: 40.0, row_share: 1.0, feature_share: 0.5, ..NEW_GROWTH };
/// The features of such forests.
const PLAIN: [&str; 17] = [
    "recall",
    "recall_without_question",
    "best_recall",
    "precision_without_question",
    "best_cosine",
    "mean_cosine",
    "question_cosine",
    "cosine_above_question",
    "parts_covered_mean",
    "parts_covered_least",
    "windows_precise_mean",
    "windows_precise_least",
    "words_log",
    "length_ratio",
    "negations",
    "negation_gap",
    "numbers_shared",
];
/// The same for all answers to a question with one reference, so that only many questions can teach what it means.
const OF_THE_QUESTION: &str = "reference_words_log";
/// From so many questions on it may be asked for, and forests may be large: with SAF's 22 English questions that gains on questions left
/// out, with its 5 German ones it loses.
const SOME_QUESTIONS: usize = 20;
/// From so many questions on half of the forests may ask for every feature: those of two kindred collections together are more.
const MANY_QUESTIONS: usize = 50;
const SPREAD_GROWTH: Growth = Growth { rounds: 60, depth: 3, ..GROWTH };

/// A fitted scorer with what its trees say of answers to questions that they were not fitted on.
#[derive(Debug)]
pub struct Trained {
    /// The scorer.
    pub model: Model,
    /// Every training row, from the fit that left out its question (and the fold of questions that it is in).
    pub left_out: Vec<LeftOut>,
}

/// What is said of an answer whose question was left out of the fit of the trees. Still known of the question is how rare its words are;
/// and the factors of the labels were chosen on these very opinions. So figures on them are a little better than on a question that is new
/// altogether.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LeftOut {
    /// Of the row.
    pub id: String,
    /// 0 to 1.
    pub score: f32,
    /// The likeliest label.
    pub label: String,
}

/// The rows of one family with everything measured.
pub(super) struct Corpus {
    /// Their numbers among all rows.
    pub(super) members: Vec<usize>,
    rows: Vec<Vec<f32>>,
    /// Label numbers.
    pub(super) labels: Vec<usize>,
    pub(super) scores: Vec<f32>,
    pub(super) questions: Vec<String>,
    /// Weights of the rows.
    weights: Vec<f32>,
    /// Which rows take another side than the references.
    is_other_side: Vec<bool>,
    /// What each question is about.
    pub(super) subjects: BTreeMap<String, Vec<f32>>,
}

impl Corpus {
    /// The rows of the collection itself.
    pub(super) fn own(&self) -> Vec<usize> {
        (0..self.rows.len()).filter(|at| self.weights[*at] == 1.0).collect()
    }

    /// What graders made of answers of another side, as far as those rows tell: each question counts once.
    fn other_side(&self, rows: impl Iterator<Item = usize>) -> OtherSide {
        let mut by_question = BTreeMap::<&String, Vec<usize>>::new();
        for at in rows.filter(|at| self.is_other_side[*at]) {
            by_question.entry(&self.questions[at]).or_default().push(at);
        }
        let questions = by_question.len() as u32;
        if questions == 0 {
            return OtherSide::default();
        }
        let mean = |of: &dyn Fn(usize) -> f32| {
            let own = by_question.values();
            let own = own.map(|rows| rows.iter().map(|at| of(*at)).sum::<f32>() / rows.len() as f32);
            own.sum::<f32>() / questions as f32
        };
        let score = mean(&|at| self.scores[at]);
        let labels = std::array::from_fn(|label| mean(&|at| f32::from(u8::from(self.labels[at] == label))));
        // That a few questions agree does not make the next one certain: the rule of succession.
        let spread = mean(&|at| (self.scores[at] - score).abs()).max(1.0 / (questions as f32 + 2.0));
        OtherSide { questions, mean: Opinion { score, labels, spread } }
    }

    /// Per row what graders made of answers of another side in all folds but its own; nothing for rows that take none.
    fn other_sides(&self, fold: &[usize]) -> Vec<OtherSide> {
        let of = |at: usize| self.other_side((0..fold.len()).filter(|other| fold[*other] != fold[at]));
        (0..fold.len()).map(|at| if self.is_other_side[at] { of(at) } else { OtherSide::default() }).collect()
    }
}

/// Fits everything on the `*.train.jsonl[.gz]` files of a folder.
///
/// # Errors
/// When the data cannot be read or a text cannot be embedded.
pub fn train(
    folder: &Path,
    embedder: Arc<dyn Embedder>,
    network: Option<&dyn Entailment>,
    seed: u64,
    progress: Progress<'_>,
) -> Result<Trained, TrainError> {
    let all = training_rows(folder)?;
    progress(&format!("{} graded answers", all.len()));
    let lexicon = lexicon(&all);
    // Measured twice: as answers to new questions, and as answers to known ones, whose heads' subjects take part in cutting them down.
    let as_new = measure(&all, Model { lexicon: lexicon.clone(), ..Model::default() }, &embedder, progress)?;
    let sets = by_set(&all);
    let (heads, _) = fit_heads(&all, &as_new, &sets);
    let as_known =
        measure(&all, Model { lexicon: lexicon.clone(), heads, ..Model::default() }, &embedder, progress)?;
    let (heads, left_out) = fit_heads(&all, &as_known, &sets);
    let mut model = Model { lexicon, heads, families: BTreeMap::new() };
    let mut left_out_rows = Vec::new();
    for (set, members) in &sets {
        let labels = labels_of(set, &all, members);
        let graded = members.iter().any(|at| all[*at].score > 0.0 && all[*at].score < 1.0);
        // Sets of one kind teach each other about questions that none of them has seen.
        let kin: Vec<usize> = if graded {
            members.clone()
        } else {
            let kin = sets.iter().filter(|(name, rows)| labels_of(name, &all, rows) == labels);
            kin.flat_map(|(_, rows)| rows.iter().copied()).collect()
        };
        let known = corpus(&all, &as_known, members, &labels, Some(&left_out), set);
        let new = corpus(&all, &as_new, &kin, &labels, None, set);
        progress(&format!("{set}: {} rows, {} for new questions", members.len(), kin.len()));
        let values = values_of(&all, members, &labels);
        let corpora = [known, new];
        let [mut known, mut new] = [
            fit_stage(&corpora[0], &values, graded, Folds::Answers, seed),
            fit_stage(&corpora[1], &values, graded, Folds::Questions, seed ^ 0x5eed),
        ];
        left_out_rows.extend(without_question(&all, members, &corpora[1], &new, &labels));
        if let Some(network) = network.filter(|_| Held::takes(set)) {
            let (labels, values) = (&labels, &values);
            let asked = |measured| Asked { all: &all, measured, network, labels, values };
            let (known_asked, new_asked) = (asked(&as_known), asked(&as_new));
            known.stage.blend = Some(known_asked.blend(&corpora[0], &known, Held::Answer)?);
            new.stage.blend = Some(new_asked.blend(&corpora[1], &new, Held::Question)?);
        }
        let subjects = corpora[1].told_by(new.new_subject.as_ref());
        let family = Family { labels, values, known: Some(known.stage), new: new.stage, subjects };
        model.families.insert(set.clone(), family);
    }
    let english: Vec<usize> =
        sets.iter().filter(|(set, _)| !set.ends_with("_de")).flat_map(|(_, m)| m.clone()).collect();
    let general = ["correct", "partial", "incorrect"].map(str::to_owned);
    let pooled = corpus(&all, &as_new, &english, &general, None, "");
    progress(&format!("general: {} rows", english.len()));
    let values = values_of(&all, &english, &general);
    let new = fit_stage(&pooled, &values, true, Folds::Questions, seed ^ 0x9e3);
    let subjects = pooled.told_by(new.new_subject.as_ref());
    let family = Family { labels: general, values, known: None, new: new.stage, subjects };
    model.families.insert(Model::GENERAL.to_owned(), family);
    Ok(Trained { model, left_out: left_out_rows })
}

/// The opinions on a set's own rows; what has no evidence is worth nothing, as in scoring.
fn without_question(
    all: &[Row],
    members: &[usize],
    corpus: &Corpus,
    fitted: &Fitted,
    labels: &[String; 3],
) -> Vec<LeftOut> {
    let recipe = &fitted.stage.recipe;
    let said: BTreeMap<usize, Opinion> = corpus.members.iter().copied().zip(fitted.settled()).collect();
    let of = |at: &usize| {
        let opinion = said.get(at);
        LeftOut {
            id: all[*at].item.id.clone(),
            score: opinion.map_or(0.0, |opinion| opinion.score),
            label: labels[opinion.map_or(2, |opinion| recipe.likeliest(&opinion.labels))].clone(),
        }
    };
    members.iter().map(of).collect()
}

fn by_set(all: &[Row]) -> BTreeMap<String, Vec<usize>> {
    let mut sets = BTreeMap::<String, Vec<usize>>::new();
    for (at, row) in all.iter().enumerate() {
        sets.entry(row.item.set.clone()).or_default().push(at);
    }
    sets
}

/// How rare words are among answers, questions and references.
fn lexicon(all: &[Row]) -> Lexicon {
    let mut documents: Vec<Vec<_>> = Vec::new();
    let mut questions = BTreeSet::new();
    for row in all {
        let context = format!("{} {}", row.item.question, row.item.reference_answers.join(" "));
        let language = Language::of(&context);
        documents.push(terms(&row.item.answer, language));
        if questions.insert(context.clone()) {
            documents.push(terms(&context, language));
        }
    }
    Lexicon::count(documents.iter().map(Vec::as_slice))
}

fn measure(
    all: &[Row],
    model: Model,
    embedder: &Arc<dyn Embedder>,
    progress: Progress<'_>,
) -> Result<Vec<Measured>, TrainError> {
    let mut scorer = ShortAnswerScorer::new(model, Arc::clone(embedder));
    let mut measured = Vec::with_capacity(all.len());
    for (at, row) in all.iter().enumerate() {
        measured.push(scorer.measure(&row.item)?);
        if at % 1000 == 999 {
            progress(&format!("measured {} of {}", at + 1, all.len()));
        }
    }
    Ok(measured)
}

/// The family's labels, best first.
fn labels_of(set: &str, all: &[Row], members: &[usize]) -> [String; 3] {
    let found: BTreeSet<&str> = members.iter().map(|at| all[*at].label.as_str()).collect();
    let middle = ["partial", "contradictory"].into_iter().find(|label| found.contains(label));
    debug_assert!(middle.is_some(), "{set} has neither partial nor contradictory answers");
    ["correct", middle.unwrap_or("partial"), "incorrect"].map(str::to_owned)
}

/// Mean score of each label.
fn values_of(all: &[Row], members: &[usize], labels: &[String; 3]) -> [f32; 3] {
    std::array::from_fn(|label| {
        let scores: Vec<f32> = members
            .iter()
            .filter(|at| label_number(&all[**at], labels) == label)
            .map(|at| all[*at].score)
            .collect();
        scores.iter().sum::<f32>() / (scores.len().max(1) as f32)
    })
}

fn label_number(row: &Row, labels: &[String; 3]) -> usize {
    labels.iter().position(|label| *label == row.label).unwrap_or(2)
}

/// Heads by question, and per row what the head says without it.
type Heads = (BTreeMap<u64, viva_assessment::short_answer::Head>, Vec<[f32; TARGETS]>);

fn fit_heads(all: &[Row], measured: &[Measured], sets: &BTreeMap<String, Vec<usize>>) -> Heads {
    let mut fitted = BTreeMap::new();
    let mut left_out = vec![[0.0; TARGETS]; all.len()];
    for (set, members) in sets {
        let labels = labels_of(set, all, members);
        let target = |at: usize| {
            let label = label_number(&all[at], &labels);
            let mut target = [0.0; TARGETS];
            target[label] = 1.0;
            target[3] = all[at].score;
            target
        };
        let mut prior = [0.0; TARGETS];
        for at in members {
            prior.iter_mut().zip(target(*at)).for_each(|(p, t)| *p += t / members.len() as f32);
        }
        let mut questions = BTreeMap::<u64, Vec<usize>>::new();
        for at in members {
            questions.entry(measured[*at].question).or_default().push(*at);
        }
        let mut best: Option<(f32, Vec<(u64, heads::Fitted)>)> = None;
        for ridge in heads::RIDGES {
            let mut error = 0.0;
            let mut all_heads = Vec::new();
            for (question, members) in &questions {
                let answers: Vec<&Measured> = members.iter().map(|at| &measured[*at]).collect();
                let targets: Vec<_> = members.iter().map(|at| target(*at)).collect();
                let found = heads::fit(&answers, &targets, &prior, ridge);
                let errors = found.left_out.iter().zip(&targets);
                error += errors.flat_map(|(a, b)| a.iter().zip(b).map(|(a, b)| (a - b).powi(2))).sum::<f32>();
                all_heads.push((*question, found));
            }
            if best.as_ref().is_none_or(|(least, _)| error < *least) {
                best = Some((error, all_heads));
            }
        }
        for (question, found) in best.into_iter().flat_map(|(_, heads)| heads) {
            for (at, said) in questions[&question].iter().zip(found.left_out) {
                left_out[*at] = said;
            }
            fitted.insert(question, found.head);
        }
    }
    (fitted, left_out)
}

fn corpus(
    all: &[Row],
    measured: &[Measured],
    members: &[usize],
    labels: &[String; 3],
    left_out: Option<&Vec<[f32; TARGETS]>>,
    set: &str,
) -> Corpus {
    let members: Vec<usize> =
        members.iter().copied().filter(|at| !measured[*at].flags.contains(&Flag::NoEvidence)).collect();
    let rows = members.iter().map(|at| {
        let head = left_out.map(|said| said[*at]);
        measured[*at].features.iter().copied().chain(head.into_iter().flatten()).collect()
    });
    let name = |at: &usize| format!("{}/{}", all[*at].item.set, all[*at].question_id);
    Corpus {
        rows: rows.collect(),
        is_other_side: members.iter().map(|at| measured[*at].flags.contains(&Flag::OtherSide)).collect(),
        labels: members.iter().map(|at| label_number(&all[*at], labels)).collect(),
        scores: members.iter().map(|at| all[*at].score).collect(),
        members: members.clone(),
        subjects: members.iter().map(|at| (name(at), measured[*at].subject.clone())).collect(),
        questions: members.iter().map(name).collect(),
        weights: members
            .iter()
            .map(|at| if set.is_empty() || all[*at].item.set == set { 1.0 } else { 0.5 })
            .collect(),
    }
}

/// What is left out together when errors are measured.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Folds {
    Answers,
    Questions,
}

fn fold_numbers(corpus: &Corpus, folds: Folds, seed: u64) -> Vec<usize> {
    let mut random = Random::new(seed);
    match folds {
        Folds::Answers => (0..corpus.rows.len()).map(|_| random.below(FOLDS)).collect(),
        Folds::Questions => {
            let mut names: Vec<&String> =
                corpus.questions.iter().collect::<BTreeSet<_>>().into_iter().collect();
            random.shuffle(&mut names);
            // Few are left out one by one: else how they fall together would decide too much.
            let folds = if names.len() < MANY_QUESTIONS { names.len() } else { FOLDS };
            let number: BTreeMap<&String, usize> =
                names.into_iter().enumerate().map(|(at, n)| (n, at % folds)).collect();
            corpus.questions.iter().map(|question| number[question]).collect()
        }
    }
}

/// A fitted stage.
pub(super) struct Fitted {
    pub(super) stage: Stage,
    /// What trees that did not see it said of every row.
    pub(super) left_out: Vec<Opinion>,
    /// What joins that where a row takes another side, from other rows.
    pub(super) other_sides: Vec<OtherSide>,
    /// How questions of a new subject are told and treated, where that can be learnt.
    pub(super) new_subject: Option<NewSubject>,
}

impl Fitted {
    /// The opinions on the rows as they would be used.
    pub(super) fn settled(&self) -> impl Iterator<Item = Opinion> {
        self.left_out.iter().zip(&self.other_sides).map(|(opinion, side)| side.join(opinion))
    }
}

fn fit_stage(corpus: &Corpus, values: &[f32; 3], graded: bool, folds: Folds, seed: u64) -> Fitted {
    let data = Binned::new(&corpus.rows);
    let all: Vec<usize> = (0..corpus.rows.len()).collect();
    let fold = fold_numbers(corpus, folds, seed);
    let fit = Fit {
        corpus,
        values,
        graded,
        seed,
        kinds: kinds(&data, corpus, folds),
        // How large an error is to be expected must not hang on the question, either.
        spread_data: data.only(whole(corpus)),
    };
    let left_out = fit.left_out(&fold, None);
    let errors = fit.errors(&left_out);
    let grown: Vec<Stage> = (0..BAGS)
        .zip(fit.kinds.iter().cycle())
        .map(|(bag, kind)| fit_trees(kind, corpus, &all, graded, seed.wrapping_add(bag << 20)))
        .collect();
    let stage = Stage {
        spread: fit.spread(&all, &errors),
        other_side: fit.other_side(all.iter().copied()),
        ..averaged(&grown)
    };
    let mut fitted = Fitted { stage, left_out, other_sides: fit.other_sides(&fold), new_subject: None };
    if folds == Folds::Questions && corpus.subjects.len() >= SOME_QUESTIONS {
        fitted.new_subject = fit.new_subject(&fitted);
    }
    // Rows that are lent teach trees; how far those may be trusted, and which label is rare, is the collection's own.
    let own = corpus.own();
    let settled: Vec<Opinion> = fitted.settled().collect();
    fitted.stage.recipe = recipe(
        &own.iter().map(|at| settled[*at]).collect::<Vec<_>>(),
        &own.iter().map(|at| corpus.labels[*at]).collect::<Vec<_>>(),
        &own.iter().map(|at| corpus.scores[*at]).collect::<Vec<_>>(),
        fitted.new_subject.as_ref(),
    );
    fitted
}

/// Everything that trees are fitted with.
pub(super) struct Fit<'a> {
    pub(super) corpus: &'a Corpus,
    values: &'a [f32; 3],
    graded: bool,
    seed: u64,
    kinds: Vec<Kind>,
    spread_data: Binned,
}

impl Fit<'_> {
    /// What trees that did not see its fold say of every row. The expected error, too, is foretold by trees that did not see it: they
    /// learn from the given errors, or else from those of these very opinions.
    pub(super) fn left_out(&self, fold: &[usize], errors: Option<&[f32]>) -> Vec<Opinion> {
        let all = 0..self.corpus.rows.len();
        let folds = fold.iter().max().map_or(0, |most| most + 1);
        let split = |out: usize| all.clone().partition::<Vec<usize>, _>(|at| fold[*at] != out);
        let mut opinions = vec![Opinion::default(); all.len()];
        for out in 0..folds {
            let (inside, outside) = split(out);
            if outside.is_empty() {
                continue;
            }
            let grown = self.kinds.iter();
            let grown = grown.map(|kind| fit_trees(kind, self.corpus, &inside, self.graded, self.seed));
            let stage = averaged(&grown.collect::<Vec<_>>());
            for at in outside {
                (opinions[at].score, opinions[at].labels) = stage.score(&self.corpus.rows[at], self.values);
            }
        }
        let errors = errors.map_or_else(|| self.errors(&opinions), <[f32]>::to_vec);
        for out in 0..folds {
            let (inside, outside) = split(out);
            let spread = self.spread(&inside, &errors);
            for at in outside {
                opinions[at].spread = spread.sum(&self.corpus.rows[at]).clamp(0.0, 1.0);
            }
        }
        opinions
    }

    /// What is learnt of answers of another side; of graded scores nothing: hardly any was given.
    fn other_side(&self, rows: impl Iterator<Item = usize>) -> OtherSide {
        if self.graded { OtherSide::default() } else { self.corpus.other_side(rows) }
    }

    /// The same per row, from other folds.
    pub(super) fn other_sides(&self, fold: &[usize]) -> Vec<OtherSide> {
        if self.graded { vec![OtherSide::default(); fold.len()] } else { self.corpus.other_sides(fold) }
    }

    pub(super) fn errors(&self, opinions: &[Opinion]) -> Vec<f32> {
        opinions.iter().zip(&self.corpus.scores).map(|(opinion, y)| (opinion.score - y).abs()).collect()
    }

    fn spread(&self, rows: &[usize], errors: &[f32]) -> Forest {
        let weights = &self.corpus.weights;
        boost(&self.spread_data, rows, errors, weights, Loss::Squares, &SPREAD_GROWTH, self.seed ^ 0xe44)
    }
}

/// A foretold and a true error.
pub(super) type Case = (f32, f32);

/// A kind of forest: what its trees may ask for, and how they grow.
struct Kind {
    data: Binned,
    growth: Growth,
}

/// The features that trees may ask for whatever they are fitted on.
fn whole(corpus: &Corpus) -> Vec<usize> {
    let width = corpus.rows.first().map_or(0, Vec::len);
    (0..width).filter(|at| FEATURES.get(*at) != Some(&OF_THE_QUESTION)).collect()
}

/// The kinds that are averaged.
fn kinds(data: &Binned, corpus: &Corpus, folds: Folds) -> Vec<Kind> {
    let of_all = |growth| Kind { data: data.only(whole(corpus)), growth };
    if folds == Folds::Answers {
        return vec![of_all(GROWTH)];
    }
    let questions = corpus.questions.iter().collect::<BTreeSet<_>>().len();
    let (growth, extra) = if questions < SOME_QUESTIONS {
        (Growth { rounds: NEW_GROWTH.rounds, ..PLAIN_GROWTH }, None)
    } else {
        (PLAIN_GROWTH, Some(OF_THE_QUESTION))
    };
    let plain = PLAIN.into_iter().chain(extra).filter_map(|name| FEATURES.iter().position(|f| *f == name));
    let plain = Kind { data: data.only(plain.collect()), growth };
    if questions < MANY_QUESTIONS { vec![plain] } else { vec![of_all(NEW_GROWTH), plain] }
}

/// What goes with opinions on answers that took no part in forming them.
pub(super) fn recipe(
    opinions: &[Opinion],
    labels: &[usize],
    scores: &[f32],
    new_subject: Option<&NewSubject>,
) -> Recipe {
    let chances: Vec<[f32; 3]> = opinions.iter().map(|opinion| opinion.labels).collect();
    let errors = opinions.iter().zip(scores).map(|(opinion, y)| (opinion.score - y).abs());
    let cases: Vec<Case> = opinions.iter().map(|opinion| opinion.spread).zip(errors).collect();
    Recipe {
        label_weights: label_weights(&chances, labels),
        bins: spread_bins(&cases, STATED),
        new_subject: new_subject.map_or_else(Vec::new, |new| spread_bins(&cases, new.levels)),
        abstain_from: quantile(cases.iter().map(|(spread, _)| *spread).collect(), 1.0 - ABSTAIN_SHARE),
    }
}

/// The mean of several stages that differ in their seed and kind.
fn averaged(stages: &[Stage]) -> Stage {
    let labels = std::array::from_fn(|label| mean_forest(stages.iter().map(|stage| &stage.labels[label])));
    let scores: Vec<&Forest> = stages.iter().filter_map(|stage| stage.score.as_ref()).collect();
    let score = (!scores.is_empty()).then(|| mean_forest(scores.into_iter()));
    Stage { labels, score, ..Stage::default() }
}

fn mean_forest<'a>(forests: impl ExactSizeIterator<Item = &'a Forest>) -> Forest {
    let count = forests.len().max(1) as f32;
    let mut mean = Forest::default();
    for forest in forests {
        let first = mean.nodes.len() as u32;
        mean.base += forest.base / count;
        mean.roots.extend(forest.roots.iter().map(|root| root + first));
        mean.nodes.extend(forest.nodes.iter().map(|node| {
            if node.feature == Node::LEAF {
                Node { value: node.value / count, ..*node }
            } else {
                Node { left: node.left + first, ..*node }
            }
        }));
    }
    mean
}

fn fit_trees(kind: &Kind, corpus: &Corpus, chosen: &[usize], graded: bool, seed: u64) -> Stage {
    let Kind { data, growth } = kind;
    let labels = std::array::from_fn(|label| {
        let targets: Vec<f32> = corpus.labels.iter().map(|l| f32::from(u8::from(*l == label))).collect();
        boost(data, chosen, &targets, &corpus.weights, Loss::LogOdds, growth, seed ^ (label as u64 + 1))
    });
    let score = graded
        .then(|| boost(data, chosen, &corpus.scores, &corpus.weights, Loss::Squares, growth, seed ^ 0x5c0));
    Stage { labels, score, ..Stage::default() }
}

/// Factors on the labels that give the best mean F1 on answers left out.
fn label_weights(chances: &[[f32; 3]], labels: &[usize]) -> [f32; 3] {
    const STEPS: [f32; 9] = [0.5, 0.65, 0.8, 1.0, 1.25, 1.5, 1.9, 2.4, 3.0];
    let mut best = (0.0, [1.0; 3]);
    for middle in STEPS {
        for last in STEPS {
            let weights = [1.0, middle, last];
            let f1 = macro_f1(chances, labels, &weights);
            if f1 > best.0 + 1e-4 {
                best = (f1, weights);
            }
        }
    }
    best.1
}

fn macro_f1(chances: &[[f32; 3]], labels: &[usize], weights: &[f32; 3]) -> f32 {
    let mut counts = [[0.0_f32; 3]; 3];
    for (p, label) in chances.iter().zip(labels) {
        let said = (0..3).max_by(|a, b| (p[*a] * weights[*a]).total_cmp(&(p[*b] * weights[*b]))).unwrap_or(0);
        counts[*label][said] += 1.0;
    }
    let seen: Vec<usize> = (0..3).filter(|l| counts[*l].iter().sum::<f32>() > 0.0).collect();
    let f1 = |label: usize| {
        let hit = counts[label][label];
        let said: f32 = counts.iter().map(|row| row[label]).sum();
        let is: f32 = counts[label].iter().sum();
        if hit > 0.0 { 2.0 * hit / (said + is) } else { 0.0 }
    };
    seen.iter().map(|l| f1(*l)).sum::<f32>() / seen.len().max(1) as f32
}

pub(super) fn quantile(mut values: Vec<f32>, share: f32) -> f32 {
    values.sort_by(f32::total_cmp);
    // Split conformal: the ⌈(n + 1)·share⌉-th smallest.
    let at = ((values.len() + 1) as f32 * share).ceil() as usize;
    values.get(at.clamp(1, values.len().max(1)) - 1).copied().unwrap_or(1.0)
}

/// Half-widths that hold the given shares of the true errors, by foretold error.
pub(super) fn spread_bins(cases: &[Case], shares: [f32; 3]) -> Vec<SpreadBin> {
    let foretold = |share: f32| quantile(cases.iter().map(|(spread, _)| *spread).collect(), share);
    (1..=BINS)
        .map(|bin| {
            let low = if bin == 1 { -1.0 } else { foretold((bin - 1) as f32 / BINS as f32) };
            let up_to = if bin == BINS { 1.0 } else { foretold(bin as f32 / BINS as f32) };
            let inside = cases.iter().filter(|(spread, _)| *spread > low && *spread <= up_to);
            let inside: Vec<f32> = inside.map(|(_, error)| *error).collect();
            SpreadBin { up_to, half_widths: shares.map(|share| quantile(inside.clone(), share)) }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_questions_teach_few_things() {
        let place = |name: &str| FEATURES.iter().position(|feature| *feature == name);
        assert!(PLAIN.iter().all(|name| place(name).is_some()), "every name is a feature's");
        let of_the_question = place(OF_THE_QUESTION).expect("so is this one");
        // Number of kinds, features and rounds of the last, and whether it may ask for what all answers to a question share.
        let found = |questions: usize, folds: Folds| {
            let rows: Vec<Vec<f32>> = (0..60).map(|at| vec![at as f32; FEATURES.len() + TARGETS]).collect();
            let corpus = Corpus {
                members: (0..60).collect(),
                labels: vec![0; 60],
                scores: vec![0.0; 60],
                questions: (0..60).map(|at| format!("{}", at % questions)).collect(),
                weights: vec![1.0; 60],
                is_other_side: vec![false; 60],
                subjects: BTreeMap::new(),
                rows,
            };
            let kinds = kinds(&Binned::new(&corpus.rows), &corpus, folds);
            let last = kinds.last().expect("there is a kind");
            let usable = last.data.usable();
            (kinds.len(), usable.len(), last.growth.rounds, usable.contains(&of_the_question))
        };
        assert_eq!(found(60, Folds::Answers), (1, FEATURES.len() - 1 + TARGETS, GROWTH.rounds, false));
        assert_eq!(found(19, Folds::Questions), (1, 17, NEW_GROWTH.rounds, false));
        assert_eq!(found(20, Folds::Questions), (1, 18, PLAIN_GROWTH.rounds, true));
        assert_eq!(found(49, Folds::Questions), (1, 18, PLAIN_GROWTH.rounds, true));
        assert_eq!(found(50, Folds::Questions), (2, 18, PLAIN_GROWTH.rounds, true));
    }

    #[test]
    fn answers_of_another_side_are_counted_by_question_and_without_the_rows_own_fold() {
        let corpus = Corpus {
            members: (0..6).collect(),
            rows: vec![Vec::new(); 6],
            labels: vec![1, 1, 1, 2, 0, 1],
            scores: vec![0.0, 0.0, 0.0, 0.0, 1.0, 0.0],
            questions: ["a", "a", "a", "b", "c", "d"].map(str::to_owned).to_vec(),
            weights: vec![1.0; 6],
            is_other_side: vec![true, true, true, true, false, false],
            subjects: BTreeMap::new(),
        };
        let all = corpus.other_side(0..6);
        assert_eq!((all.questions, all.mean.score, all.mean.labels), (2, 0.0, [0.0, 0.5, 0.5]));
        assert_eq!(all.mean.spread, 0.25, "two that agree prove little");
        let by_fold = corpus.other_sides(&[0, 0, 0, 1, 1, 1]);
        assert_eq!(by_fold[0].mean.labels, [0.0, 0.0, 1.0], "its own question is left out");
        assert_eq!(by_fold[4], OtherSide::default(), "it takes no other side");
        assert_eq!(corpus.other_side(4..6), OtherSide::default());
    }
}
