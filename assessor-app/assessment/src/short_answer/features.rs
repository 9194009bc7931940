//! What can be measured of an answer against its references; each number has a name and a plain meaning.

use std::collections::{BTreeMap, BTreeSet};

use super::clean::{Cleaned, Sought, longest_common};
use super::words::{Lexicon, Term, is_negation, joined};

/// Names of the features, in order.
pub const NAMES: [&str; 44] = [
    // Against the best reference.
    "recall",
    "recall_without_question",
    "soft_recall",
    "soft_recall_without_question",
    "precision_without_question",
    "soft_precision_without_question",
    "cosine",
    "word_pairs",
    "letters",
    "sign_conflict",
    "order",
    "longest_missing",
    // Over all references.
    "best_recall",
    "best_soft_recall_without_question",
    "best_precision_without_question",
    "best_cosine",
    "mean_cosine",
    "mean_recall",
    "best_letters",
    "best_word_pairs",
    // Against the question.
    "question_recall",
    "question_cosine",
    "cosine_above_question",
    // Parts of the best reference.
    "parts_covered_mean",
    "parts_covered_least",
    "parts_covered_share",
    "windows_precise_mean",
    "windows_precise_least",
    "parts_words_mean",
    "parts_words_least",
    // The answer by itself and beside the reference.
    "words_log",
    "length_ratio",
    "novelty",
    "negations",
    "negation_gap",
    "opposites",
    "numbers_shared",
    "numbers_missing",
    "numbers_foreign",
    "does_not_know",
    "gives_reason",
    "compares",
    "words_per_reference",
    // The reference by itself: says how much is asked for.
    "reference_words_log",
];

/// How many features there are.
pub const COUNT: usize = NAMES.len();

/// Words of a window in which the answer is compared with parts of a reference.
const WINDOW: usize = 14;
const WINDOW_STEP: usize = 7;
const MOST_WINDOWS: usize = 40;
/// Cosine of two words below which they are not alike, and the range in which likeness grows to 0.9.
const WORD_COSINE: (f32, f32) = (0.50, 0.35);
/// Cosine from which a part of a reference counts as covered.
const COVERED: f32 = 0.6;

const OPPOSITES: [(&str, &str); 34] = [
    ("more", "less"),
    ("more", "fewer"),
    ("higher", "lower"),
    ("high", "low"),
    ("increase", "decrease"),
    ("same", "different"),
    ("open", "closed"),
    ("positive", "negative"),
    ("hot", "cold"),
    ("warm", "cool"),
    ("heat", "cool"),
    ("faster", "slower"),
    ("fast", "slow"),
    ("big", "small"),
    ("bigger", "smaller"),
    ("large", "small"),
    ("larger", "smaller"),
    ("longer", "shorter"),
    ("long", "short"),
    ("hard", "soft"),
    ("harder", "softer"),
    ("heavy", "light"),
    ("heavier", "lighter"),
    ("rough", "smooth"),
    ("loud", "quiet"),
    ("connect", "separate"),
    ("complete", "incomplete"),
    ("series", "parallel"),
    ("always", "never"),
    ("attract", "repel"),
    ("sink", "float"),
    ("left", "right"),
    ("before", "after"),
    ("up", "down"),
];

/// Everything that has to be embedded to measure an answer.
#[derive(Debug, Default)]
pub(super) struct Texts {
    pub(super) answer: String,
    pub(super) windows: Vec<String>,
    pub(super) question: String,
    pub(super) references: Vec<String>,
    pub(super) parts: Vec<Vec<String>>,
    /// Content words of answer and references.
    pub(super) words: BTreeSet<String>,
}

impl Texts {
    pub(super) fn of(sought: &Sought, cleaned: &Cleaned) -> Self {
        let windows = windows(&cleaned.terms).into_iter().map(joined).collect();
        let words = sought.references.iter().flatten().chain(&cleaned.terms).filter(|term| term.content);
        let mut references = sought.texts();
        Self {
            answer: joined(&cleaned.terms),
            windows,
            question: references.remove(0),
            references,
            parts: sought.parts.clone(),
            words: words.map(|term| term.word.clone()).collect(),
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &String> {
        [&self.answer, &self.question]
            .into_iter()
            .chain(&self.windows)
            .chain(&self.references)
            .chain(self.parts.iter().flatten())
            .chain(&self.words)
            .filter(|text| !text.is_empty())
    }
}

fn windows(terms: &[Term]) -> Vec<&[Term]> {
    if terms.len() <= WINDOW {
        return if terms.is_empty() { Vec::new() } else { vec![terms] };
    }
    let mut found = Vec::new();
    let mut from = 0;
    while from < terms.len() && found.len() < MOST_WINDOWS {
        let to = (from + WINDOW).min(terms.len());
        found.push(&terms[from..to]);
        if to == terms.len() {
            break;
        }
        from += WINDOW_STEP;
    }
    found
}

/// Looks up the vector of a text; unit length.
pub(super) type Vectors<'a> = dyn Fn(&str) -> Option<&'a [f32]> + 'a;

/// Cosine of two vectors of unit length; 0 where one is missing.
pub(super) fn dot(a: Option<&[f32]>, b: Option<&[f32]>) -> f32 {
    match (a, b) {
        (Some(a), Some(b)) => a.iter().zip(b).map(|(x, y)| x * y).sum(),
        _ => 0.0,
    }
}

/// A list of words as a set with weights.
struct Bag<'a> {
    /// Stem → word and whether it is negated.
    stems: BTreeMap<&'a str, (&'a str, bool)>,
    letters: BTreeSet<[char; 3]>,
    pairs: BTreeSet<(&'a str, &'a str)>,
    terms: &'a [Term],
}

impl<'a> Bag<'a> {
    fn new(terms: &'a [Term]) -> Self {
        let mut stems = BTreeMap::new();
        let mut letters = BTreeSet::new();
        for term in terms.iter().filter(|term| term.content) {
            stems.entry(term.stem.as_str()).or_insert((term.word.as_str(), term.negated));
            let padded: Vec<char> = std::iter::once(' ').chain(term.stem.chars()).chain([' ']).collect();
            letters.extend(padded.windows(3).map(|w| [w[0], w[1], w[2]]));
        }
        let content: Vec<&str> = terms.iter().filter(|t| t.content).map(|t| t.stem.as_str()).collect();
        let mut pairs = BTreeSet::new();
        for (at, first) in content.iter().enumerate() {
            for second in content.iter().skip(at + 1).take(2) {
                pairs.insert((*first, *second));
            }
        }
        Self { stems, letters, pairs, terms }
    }

    fn negations(&self) -> usize {
        self.terms.iter().filter(|term| is_negation(&term.word)).count()
    }

    fn has(&self, word: &str) -> bool {
        self.terms.iter().any(|term| term.word == word)
    }
}

fn share(part: f32, whole: f32) -> f32 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

/// How alike two words are: same stem 1, same start 0.8, else by their vectors.
fn word_likeness<'v>(a: (&str, &str), b: (&str, &str), vectors: &Vectors<'v>) -> f32 {
    if a.0 == b.0 {
        return 1.0;
    }
    let same = a.0.chars().zip(b.0.chars()).take_while(|(x, y)| x == y).count();
    if same >= 5 {
        return 0.8;
    }
    let cosine = dot(vectors(a.1), vectors(b.1));
    ((cosine - WORD_COSINE.0) / WORD_COSINE.1).clamp(0.0, 1.0) * 0.9
}

/// Weighted share of `wanted` that `given` holds; `but` is left out. Returns the exact and the soft share, and the weight of the rarest missing word.
fn coverage<'v>(
    wanted: &Bag<'_>,
    given: &Bag<'_>,
    but: Option<&Bag<'_>>,
    lexicon: &Lexicon,
    vectors: &Vectors<'v>,
) -> (f32, f32, f32) {
    let (mut exact, mut soft, mut whole, mut missing) = (0.0, 0.0, 0.0_f32, 0.0_f32);
    for (stem, (word, _)) in &wanted.stems {
        if but.is_some_and(|but| but.stems.contains_key(stem)) {
            continue;
        }
        let weight = lexicon.idf(stem);
        whole += weight;
        if given.stems.contains_key(stem) {
            exact += weight;
            soft += weight;
            continue;
        }
        let best = given
            .stems
            .iter()
            .map(|(other, (other_word, _))| word_likeness((stem, word), (other, other_word), vectors))
            .fold(0.0, f32::max);
        soft += weight * best;
        missing = missing.max(weight * (1.0 - best));
    }
    (share(exact, whole), share(soft, whole), missing)
}

fn overlap<T: Ord>(a: &BTreeSet<T>, b: &BTreeSet<T>) -> f32 {
    let shared = a.intersection(b).count() as f32;
    share(2.0 * shared, (a.len() + b.len()) as f32)
}

/// Measures an answer.
pub(super) fn measure<'v>(
    sought: &Sought,
    cleaned: &Cleaned,
    texts: &Texts,
    lexicon: &Lexicon,
    vectors: &Vectors<'v>,
) -> [f32; COUNT] {
    let answer = Bag::new(&cleaned.terms);
    let question = Bag::new(&sought.question);
    let answer_vector = vectors(&texts.answer);
    let question_cosine = dot(answer_vector, vectors(&texts.question));

    let mut rows: Vec<[f32; 12]> = Vec::new();
    let mut bags = Vec::new();
    for (reference, text) in sought.references.iter().zip(&texts.references) {
        let bag = Bag::new(reference);
        let (recall, soft, missing) = coverage(&bag, &answer, None, lexicon, vectors);
        let (new_recall, new_soft, _) = coverage(&bag, &answer, Some(&question), lexicon, vectors);
        let (precision, soft_precision, _) = coverage(&answer, &bag, Some(&question), lexicon, vectors);
        let cosine = dot(answer_vector, vectors(text));
        let (mut conflict, mut shared) = (0.0, 0.0);
        for (stem, (_, negated)) in &bag.stems {
            if let Some((_, other)) = answer.stems.get(stem) {
                let weight = lexicon.idf(stem);
                shared += weight;
                conflict += if negated == other { 0.0 } else { weight };
            }
        }
        let content = |terms: &[Term]| terms.iter().filter(|t| t.content).cloned().collect::<Vec<_>>();
        let (a, r) = (content(&cleaned.terms), content(reference));
        let order = share(longest_common(&a, &r) as f32, r.len().max(1) as f32);
        rows.push([
            recall,
            new_recall,
            soft,
            new_soft,
            precision,
            soft_precision,
            cosine,
            overlap(&answer.pairs, &bag.pairs),
            overlap(&answer.letters, &bag.letters),
            share(conflict, shared),
            order,
            missing,
        ]);
        bags.push(bag);
    }
    let best = (0..rows.len())
        .max_by(|a, b| (rows[*a][6] + rows[*a][2]).total_cmp(&(rows[*b][6] + rows[*b][2])))
        .unwrap_or(0);
    let none = [0.0; 12];
    let best_row = rows.get(best).unwrap_or(&none);
    let most = |column: usize| rows.iter().map(|row| row[column]).fold(0.0, f32::max);
    let mean = |column: usize| share(rows.iter().map(|row| row[column]).sum(), rows.len() as f32);
    let (question_recall, _, _) = coverage(&question, &answer, None, lexicon, &|_| None);

    let mut features = Vec::with_capacity(COUNT);
    features.extend(best_row);
    features.extend([most(0), most(3), most(4), most(6), mean(6), mean(0), most(8), most(7)]);
    features.extend([question_recall, question_cosine, best_row[6] - question_cosine]);
    features.extend(part_features(texts, best, &answer, sought, lexicon, vectors));
    let empty = Bag::new(&[]);
    let reference = bags.get(best).unwrap_or(&empty);
    let union: BTreeSet<&str> =
        bags.iter().flat_map(|bag| bag.stems.keys()).chain(question.stems.keys()).copied().collect();
    let (mut new, mut whole) = (0.0, 0.0);
    for stem in answer.stems.keys() {
        let weight = lexicon.idf(stem);
        whole += weight;
        new += if union.contains(stem) { 0.0 } else { weight };
    }
    let (words, wanted) = (answer.stems.len() as f32, reference.stems.len() as f32);
    features.extend([(1.0 + words).ln(), share(words, wanted).min(4.0), share(new, whole)]);
    let (negations, theirs) = (answer.negations() as f32, reference.negations() as f32);
    features.extend([negations.min(4.0), (negations.min(3.0) - theirs.min(3.0)).abs()]);
    features.push(opposites(&answer, &bags, reference));
    features.extend(numbers(&answer, reference, &question));
    let text = format!(" {} ", texts.answer);
    let holds = |phrases: &[&str]| f32::from(u8::from(phrases.iter().any(|p| text.contains(p))));
    features.push(holds(&[
        " not know ",
        " do not understand ",
        " no idea ",
        " idk ",
        " dunno ",
        " not sure ",
        " weiß nicht ",
        " keine ahnung ",
    ]));
    features.push(holds(&[
        " because ",
        " since ",
        " therefore ",
        " so that ",
        " weil ",
        " da ",
        " damit ",
        " denn ",
    ]));
    features.push(holds(&[" than ", " als ", "er than "]));
    features.push(share(words, wanted.max(1.0)).min(1.0));
    features.push((1.0 + reference.terms.iter().filter(|term| term.content).count() as f32).ln());
    let mut measured = [0.0; COUNT];
    for (place, value) in measured.iter_mut().zip(features) {
        *place = if value.is_finite() { value } else { 0.0 };
    }
    measured
}

fn part_features<'v>(
    texts: &Texts,
    best: usize,
    answer: &Bag<'_>,
    sought: &Sought,
    lexicon: &Lexicon,
    vectors: &Vectors<'v>,
) -> [f32; 7] {
    let none = Vec::new();
    let parts = texts.parts.get(best).unwrap_or(&none);
    let windows: Vec<Option<&[f32]>> = texts.windows.iter().map(|text| vectors(text)).collect();
    if parts.is_empty() || windows.is_empty() {
        return [0.0; 7];
    }
    let part_vectors: Vec<Option<&[f32]>> = parts.iter().map(|text| vectors(text)).collect();
    let covered: Vec<f32> =
        part_vectors.iter().map(|part| windows.iter().map(|w| dot(*part, *w)).fold(0.0, f32::max)).collect();
    let precise: Vec<f32> =
        windows.iter().map(|w| part_vectors.iter().map(|part| dot(*part, *w)).fold(0.0, f32::max)).collect();
    let by_words: Vec<f32> = parts
        .iter()
        .map(|part| {
            let terms = super::words::terms(part, sought.language);
            coverage(&Bag::new(&terms), answer, None, lexicon, vectors).1
        })
        .collect();
    let mean = |values: &[f32]| share(values.iter().sum(), values.len() as f32);
    let least = |values: &[f32]| values.iter().copied().fold(1.0, f32::min);
    let covered_share = share(covered.iter().filter(|c| **c >= COVERED).count() as f32, covered.len() as f32);
    [
        mean(&covered),
        least(&covered),
        covered_share,
        mean(&precise),
        least(&precise),
        mean(&by_words),
        least(&by_words),
    ]
}

/// Opposites of words that the references hold and the answer lacks.
fn opposites(answer: &Bag<'_>, references: &[Bag<'_>], best: &Bag<'_>) -> f32 {
    let mut found = 0.0;
    for (one, other) in OPPOSITES {
        for (said, wanted) in [(one, other), (other, one)] {
            let anywhere = references.iter().any(|reference| reference.has(said));
            if answer.has(said) && !answer.has(wanted) && best.has(wanted) && !anywhere {
                found += 1.0;
            }
        }
    }
    found
}

fn numbers(answer: &Bag<'_>, reference: &Bag<'_>, question: &Bag<'_>) -> [f32; 3] {
    let of = |bag: &Bag<'_>| -> BTreeSet<String> {
        let digits = bag.terms.iter().filter(|t| t.word.chars().all(|c| c.is_ascii_digit()));
        digits.map(|t| t.word.clone()).collect()
    };
    let (said, wanted, asked) = (of(answer), of(reference), of(question));
    let shared = said.intersection(&wanted).count() as f32;
    let missing = wanted.iter().filter(|n| !said.contains(*n) && !asked.contains(*n)).count() as f32;
    let foreign = said.iter().filter(|n| !wanted.contains(*n) && !asked.contains(*n)).count() as f32;
    [shared.min(4.0), missing.min(4.0), foreign.min(4.0)]
}
