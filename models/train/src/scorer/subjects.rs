//! Whether a question is of a subject that the trees know, and how far they may be trusted where it is not: like questions are left out
//! together, as a new subject would be.

use std::collections::{BTreeMap, BTreeSet};

use viva_assessment::short_answer::{Opinion, Recipe, SpreadBin, Subjects, likeness};

use super::fit::{Case, Corpus, Fit, Fitted, STATED, quantile, spread_bins};

/// Groups of like questions that are left out together.
const SUBJECTS: usize = 12;
/// This share of the questions of known subjects is taken for questions of a new one, and of really new ones some three quarters.
const SHARE_TAKEN_FOR_NEW: f32 = 0.2;
/// Of fewer subjects the conformal quantile is not known.
const LEAST_SUBJECTS: usize = 4;
/// Fewer cases of a subject show nothing.
const LEAST_CASES: usize = 40;
/// Subjects differ, and it is not known which kind a new one is: intervals on it are as wide as they must be on this share of them.
const SHARE_OF_SUBJECTS: f32 = 0.8;
/// Rounds after which groups no longer change much.
const ROUNDS: usize = 20;

/// The group of each vector (of unit length), so that vectors of a group point the same way: k-means by cosine, begun with vectors that lie
/// far apart. The same vectors always give the same groups.
pub(super) fn groups(vectors: &[&[f32]], count: usize) -> Vec<usize> {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    let mut centres: Vec<Vec<f32>> = vectors.first().map(|first| first.to_vec()).into_iter().collect();
    while centres.len() < count.min(vectors.len()) {
        let nearest =
            |vector: &[f32]| centres.iter().map(|centre| dot(centre, vector)).fold(f32::MIN, f32::max);
        let farthest = vectors.iter().min_by(|a, b| nearest(a).total_cmp(&nearest(b)));
        centres.extend(farthest.map(|vector| vector.to_vec()));
    }
    let mut group = vec![0; vectors.len()];
    for _ in 0..ROUNDS {
        for (group, vector) in group.iter_mut().zip(vectors) {
            let nearest = (0..centres.len()).max_by(|a, b| {
                dot(&centres[*a], vector).total_cmp(&dot(&centres[*b], vector)).then(b.cmp(a))
            });
            *group = nearest.unwrap_or(0);
        }
        for (number, centre) in centres.iter_mut().enumerate() {
            let mut sum = vec![0.0; centre.len()];
            for (_, vector) in group.iter().zip(vectors).filter(|(group, _)| **group == number) {
                sum.iter_mut().zip(*vector).for_each(|(sum, x)| *sum += x);
            }
            let length = dot(&sum, &sum).sqrt();
            if length > 1e-6 {
                *centre = sum.into_iter().map(|x| x / length).collect();
            }
        }
    }
    group
}

/// How questions of a new subject are told and treated.
#[derive(Clone, Copy)]
pub(super) struct NewSubject {
    /// A question that is less like those of the trees is of a new subject.
    least_likeness: f32,
    /// To hold the truth as often as stated there, intervals have to be as wide as those that hold it so often on other new questions.
    pub(super) levels: [f32; 3],
}

impl Corpus {
    /// How like each question is to those of other groups.
    fn likeness(&self, group: &BTreeMap<&String, usize>) -> BTreeMap<&String, f32> {
        let of = |question: &String, vector: &[f32]| {
            let others = self.subjects.iter().filter(|(other, _)| group[other] != group[question]);
            likeness(vector, others.map(|(_, vector)| vector))
        };
        self.subjects.iter().map(|(question, vector)| (question, of(question, vector))).collect()
    }

    /// What tells a question of a new subject.
    pub(super) fn told_by(&self, new_subject: Option<&NewSubject>) -> Subjects {
        new_subject.map_or_else(Subjects::default, |new_subject| Subjects {
            questions: self.subjects.values().cloned().collect(),
            least: new_subject.least_likeness,
        })
    }
}

impl Fit<'_> {
    /// Leaves whole subjects out and looks how much wider intervals must be there than on new questions of subjects that are known.
    pub(super) fn new_subject(&self, fitted: &Fitted) -> Option<NewSubject> {
        let corpus = self.corpus;
        let vectors: Vec<&[f32]> = corpus.subjects.values().map(Vec::as_slice).collect();
        let group: BTreeMap<&String, usize> =
            corpus.subjects.keys().zip(groups(&vectors, SUBJECTS)).collect();
        let alone: BTreeMap<&String, usize> = corpus.subjects.keys().zip(0..).collect();
        let known = corpus.likeness(&alone);
        let own = corpus.own();
        let questions: BTreeSet<&String> = own.iter().map(|at| &corpus.questions[*at]).collect();
        let least_likeness =
            quantile(questions.iter().map(|question| known[question]).collect(), SHARE_TAKEN_FOR_NEW);

        let fold: Vec<usize> = corpus.questions.iter().map(|question| group[question]).collect();
        let said = self.left_out(&fold, Some(&self.errors(&fitted.left_out)));
        let sides = self.other_sides(&fold);
        let case = |opinion: &Opinion, at: usize| (opinion.spread, (opinion.score - corpus.scores[at]).abs());
        let settled: Vec<Opinion> = fitted.settled().collect();
        let of_known: Vec<Case> = own.iter().map(|at| case(&settled[*at], *at)).collect();
        let mut subjects = vec![Vec::<Case>::new(); SUBJECTS];
        for at in own {
            subjects[fold[at]].push(case(&sides[at].join(&said[at]), at));
        }
        subjects.retain(|cases| cases.len() >= LEAST_CASES);
        let levels = || levels(&of_known, &subjects);
        (subjects.len() >= LEAST_SUBJECTS).then(|| NewSubject { least_likeness, levels: levels() })
    }
}

/// The shares of the known cases that intervals have to hold so that they hold the stated shares of a new subject, most likely: of each
/// subject that was left out the least such share, and of those the conformal quantile.
fn levels(known: &[Case], subjects: &[Vec<Case>]) -> [f32; 3] {
    const STEP: f32 = 0.01;
    let held = |bins: &[SpreadBin], cases: &[Case]| {
        let is_held = |case: &&Case| case.1 <= Recipe::half_widths(bins, case.0)[0];
        cases.iter().filter(is_held).count() as f32 / cases.len() as f32
    };
    STATED.map(|stated| {
        let steps = ((1.0 - stated) / STEP).round() as usize;
        let levels = (0..steps).map(|step| stated + step as f32 * STEP);
        let bins: Vec<_> = levels.map(|level| (level, spread_bins(known, [level; 3]))).collect();
        let least = |cases: &Vec<Case>| {
            let found = bins.iter().find(|(_, bins)| held(bins, cases) >= stated).or(bins.last());
            found.map_or(stated, |(level, _)| *level)
        };
        quantile(subjects.iter().map(least).collect(), SHARE_OF_SUBJECTS)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_points_the_same_way_is_one_group() {
        let at = |degrees: f32| vec![degrees.to_radians().cos(), degrees.to_radians().sin()];
        let vectors: Vec<Vec<f32>> = [0.0, 95.0, 5.0, 180.0, 88.0, 175.0, -4.0].map(at).into();
        let found = groups(&vectors.iter().map(Vec::as_slice).collect::<Vec<_>>(), 3);
        let same = |a: usize, b: usize| found[a] == found[b];
        assert!(same(0, 2) && same(0, 6) && same(1, 4) && same(3, 5), "{found:?}");
        assert!(!same(0, 1) && !same(0, 3) && !same(1, 3), "{found:?}");
        assert_eq!(groups(&[&[1.0, 0.0]], 4), [0]);
        assert!(groups(&[], 4).is_empty());
    }

    #[test]
    fn subjects_that_are_harder_ask_for_wider_intervals_and_easy_ones_for_none() {
        let errors = |most: f32| (0..200).map(|at| (0.3, most * at as f32 / 200.0)).collect::<Vec<Case>>();
        let known = errors(0.5);
        assert_eq!(levels(&known, &vec![errors(0.4); 5]), STATED, "never narrower than stated");
        let found = levels(&known, &[errors(0.55), errors(0.4), errors(0.4), errors(0.4)]);
        assert!(
            found.iter().zip(STATED).all(|(level, stated)| *level > stated),
            "{found:?}: four, so the worst counts"
        );
        let found = levels(&known, &[vec![errors(0.4); 8], vec![errors(0.9); 2]].concat());
        assert!(found.iter().all(|level| *level > 0.8), "two of ten: the second worst counts, {found:?}");
        let one_of_ten = [vec![errors(0.4); 9], vec![errors(0.9)]].concat();
        assert_eq!(levels(&known, &one_of_ten), STATED, "one of ten: it does not");
    }
}
