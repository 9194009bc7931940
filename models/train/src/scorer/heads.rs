//! Fits the linear head of each question by kernel ridge regression, whose leave-one-out answers are known in closed form.

use std::collections::{BTreeMap, BTreeSet};

use viva_assessment::short_answer::{Head, Measured, TARGETS, vector_factor, word_hash};

/// Weight of the common part of all answers to a question.
const COMMON: f64 = 0.5;
/// Strengths of the ridge that are tried; a collection takes the one that errs least on answers left out.
pub(super) const RIDGES: [f64; 4] = [0.1, 0.25, 0.6, 1.5];
/// Answers that must hold a stem before it belongs to the subject.
const SUBJECT_COUNT: usize = 3;
/// Words that fewer answers hold get no weight of their own: they would be learnt by heart.
const WORD_COUNT: usize = 2;

/// A fitted head and, per answer, what it would have said without that answer.
pub(super) struct Fitted {
    pub(super) head: Head,
    pub(super) left_out: Vec<[f32; TARGETS]>,
}

/// Fits one question. `targets` are the label indicators and the score.
pub(super) fn fit(
    answers: &[&Measured],
    targets: &[[f32; TARGETS]],
    prior: &[f32; TARGETS],
    ridge: f64,
) -> Fitted {
    let count = answers.len();
    let mut frequency = BTreeMap::<u32, usize>::new();
    for answer in answers {
        for hash in answer.words.keys() {
            *frequency.entry(*hash).or_insert(0) += 1;
        }
    }
    let factor = f64::from(vector_factor());
    let mut kernel = vec![vec![0.0_f64; count]; count];
    for a in 0..count {
        for b in a..count {
            let mut dot = COMMON;
            for (hash, x) in &answers[a].words {
                if frequency[hash] >= WORD_COUNT
                    && let Some(y) = answers[b].words.get(hash)
                {
                    dot += f64::from(*x) * f64::from(*y);
                }
            }
            if let (Some(x), Some(y)) = (&answers[a].vector, &answers[b].vector) {
                dot += factor
                    * factor
                    * x.iter().zip(y).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>();
            }
            kernel[a][b] = dot;
            kernel[b][a] = dot;
        }
        kernel[a][a] += ridge;
    }
    let inverse = inverse(kernel);
    let width = answers.iter().find_map(|a| a.vector.as_ref().map(Vec::len)).unwrap_or(0);
    let mut head = Head { embedding: vec![vec![0.0; width]; TARGETS], ..Head::default() };
    let mut left_out = vec![[0.0; TARGETS]; count];
    for target in 0..TARGETS {
        let y: Vec<f64> = targets.iter().map(|t| f64::from(t[target] - prior[target])).collect();
        let alpha: Vec<f64> =
            inverse.iter().map(|row| row.iter().zip(&y).map(|(g, y)| g * y).sum::<f64>()).collect();
        for at in 0..count {
            // y − y_without = α / (G⁻¹)_ii: Rifkin and Lippert 2007, "Notes on Regularized Least Squares", eq. 8.
            let error = alpha[at] / inverse[at][at].max(1e-9);
            left_out[at][target] = (f64::from(prior[target]) + y[at] - error) as f32;
        }
        head.bias[target] = prior[target] + (COMMON * alpha.iter().sum::<f64>()) as f32;
        for (answer, weight) in answers.iter().zip(&alpha) {
            for (hash, value) in answer.words.iter().filter(|(hash, _)| frequency[hash] >= WORD_COUNT) {
                head.words.entry(*hash).or_insert([0.0; TARGETS])[target] +=
                    (*weight * f64::from(*value)) as f32;
            }
            if let Some(vector) = &answer.vector {
                for (w, x) in head.embedding[target].iter_mut().zip(vector) {
                    *w += (*weight * factor * f64::from(*x)) as f32;
                }
            }
        }
    }
    let mut stems = BTreeMap::<u32, usize>::new();
    for answer in answers {
        let content = answer.terms.iter().filter(|term| term.content);
        for hash in content.map(|term| word_hash(&term.stem)).collect::<BTreeSet<_>>() {
            *stems.entry(hash).or_insert(0) += 1;
        }
    }
    head.subject = stems.into_iter().filter(|(_, n)| *n >= SUBJECT_COUNT).map(|(hash, _)| hash).collect();
    Fitted { head, left_out }
}

/// Inverse of a symmetric positive matrix by Gauss and Jordan; no pivots are needed with a ridge.
fn inverse(mut matrix: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    let n = matrix.len();
    let mut inverse: Vec<Vec<f64>> =
        (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    for at in 0..n {
        let pivot = matrix[at][at];
        matrix[at].iter_mut().for_each(|x| *x /= pivot);
        inverse[at].iter_mut().for_each(|x| *x /= pivot);
        let (row, inverse_row) = (matrix[at].clone(), inverse[at].clone());
        for other in (0..n).filter(|other| *other != at) {
            let factor = matrix[other][at];
            if factor != 0.0 {
                matrix[other].iter_mut().zip(&row).for_each(|(x, y)| *x -= factor * y);
                inverse[other].iter_mut().zip(&inverse_row).for_each(|(x, y)| *x -= factor * y);
            }
        }
    }
    inverse
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(words: &[u32], vector: [f32; 2]) -> Measured {
        let words = words.iter().map(|w| (*w, 0.5)).collect();
        Measured {
            features: [0.0; viva_assessment::short_answer::FEATURE_COUNT],
            words,
            terms: Vec::new(),
            vector: Some(vector.to_vec()),
            flags: BTreeSet::new(),
            subject: Vec::new(),
            question: 1,
        }
    }

    #[test]
    fn the_closed_form_is_what_leaving_out_gives() {
        let answers = [
            answer(&[1, 2], [1.0, 0.0]),
            answer(&[1, 2], [0.6, 0.8]),
            answer(&[2, 3], [0.0, 1.0]),
            answer(&[3, 1], [0.8, 0.6]),
            answer(&[3, 2, 1], [0.0, 1.0]),
        ];
        let targets: Vec<[f32; TARGETS]> =
            [1.0, 1.0, 0.0, 1.0, 0.0].into_iter().map(|y| [y, 1.0 - y, 0.0, y]).collect();
        let prior = [0.5; TARGETS];
        let all: Vec<&Measured> = answers.iter().collect();
        let whole = fit(&all, &targets, &prior, 0.35);
        for (out, answer) in answers.iter().enumerate() {
            let rest: Vec<&Measured> =
                all.iter().enumerate().filter(|(at, _)| *at != out).map(|(_, a)| *a).collect();
            let rest_targets: Vec<_> =
                targets.iter().enumerate().filter(|(at, _)| *at != out).map(|(_, t)| *t).collect();
            let without = fit(&rest, &rest_targets, &prior, 0.35);
            let said = without.head.predict(&answer.words, answer.vector.as_deref());
            for (a, b) in said.iter().zip(&whole.left_out[out]) {
                assert!((a - b).abs() < 1e-4, "{out}: {a} and {b}");
            }
        }
    }
}
