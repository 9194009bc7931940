//! How far the entailment network may be trusted beside the trees, learnt on answers that neither has seen.

use viva_assessment::short_answer::{
    Blend, Entailment, EntailmentError, Measured, Opinion, Recipe, second_opinion,
};

use super::data::Row;
use super::fit::{Corpus, Fitted, recipe};
use crate::entailment::Held;

/// Steps of the network's share, up to the whole.
const STEPS: usize = 20;

/// Everything that is needed to ask the network about a row.
pub(super) struct Asked<'a> {
    pub(super) all: &'a [Row],
    pub(super) measured: &'a [Measured],
    pub(super) network: &'a dyn Entailment,
    pub(super) labels: &'a [String; 3],
    pub(super) values: &'a [f32; 3],
}

impl Asked<'_> {
    /// The blend for a stage, from the rows that were left out of the network's training in the given way, beside what the
    /// trees said without them.
    pub(super) fn blend(
        &self,
        corpus: &Corpus,
        fitted: &Fitted,
        held: Held,
    ) -> Result<Blend, EntailmentError> {
        let (mut sides, mut trees, mut network) = (Vec::new(), Vec::new(), Vec::new());
        let (mut labels, mut scores) = (Vec::new(), Vec::new());
        for (at, row) in corpus.members.iter().enumerate() {
            if Held::of(&self.all[*row]) == Some(held) {
                sides.push(fitted.other_sides[at]);
                trees.push(fitted.left_out[at]);
                network.push(self.judge(*row)?);
                labels.push(corpus.labels[at]);
                scores.push(corpus.scores[at]);
            }
        }
        let mut blend = Blend {
            share: share(&trees.iter().map(|opinion| opinion.labels).collect::<Vec<_>>(), &network, &labels),
            spread: [0.0; 3],
            recipe: Recipe::default(),
        };
        let joined = |blend: &Blend| -> Vec<Opinion> {
            let said = trees.iter().zip(&network);
            said.map(|(trees, network)| blend.join(trees, network, self.values)).collect()
        };
        let opinions = joined(&blend);
        let causes = opinions.iter().zip(&trees).zip(&network);
        let causes: Vec<[f32; 3]> = causes
            .map(|((opinion, trees), network)| {
                Blend::causes(trees, network, &opinion.labels, opinion.score, self.values)
            })
            .collect();
        let errors: Vec<f32> =
            opinions.iter().zip(&scores).map(|(opinion, y)| (opinion.score - y).abs()).collect();
        blend.spread = nonnegative_fit(&causes, &errors);
        let settled =
            joined(&blend).iter().zip(&sides).map(|(opinion, side)| side.join(opinion)).collect::<Vec<_>>();
        blend.recipe = recipe(&settled, &labels, &scores, fitted.new_subject.as_ref());
        // A few hundred rows are too few to learn factors of labels from: they are those of the trees, which were learnt on thousands.
        blend.recipe.label_weights = fitted.stage.recipe.label_weights;
        Ok(blend)
    }

    fn judge(&self, row: usize) -> Result<[f32; 3], EntailmentError> {
        second_opinion(self.network, &self.all[row].item, &self.measured[row], self.labels)
    }
}

/// The share of the network with which the true labels are likeliest (log loss).
fn share(trees: &[[f32; 3]], network: &[[f32; 3]], labels: &[usize]) -> f32 {
    let loss = |share: f32| -> f64 {
        let chances = trees.iter().zip(network).zip(labels);
        let chances = chances
            .map(|((trees, network), label)| trees[*label] + share * (network[*label] - trees[*label]));
        chances.map(|chance| -f64::from(chance.max(1e-6)).ln()).sum()
    };
    let shares = (0..=STEPS).map(|step| step as f32 / STEPS as f32);
    shares.min_by(|a, b| loss(*a).total_cmp(&loss(*b))).unwrap_or(0.0)
}

/// Factors of at least 0 whose sum over the causes comes nearest to the errors, by coordinate descent.
fn nonnegative_fit(causes: &[[f32; 3]], errors: &[f32]) -> [f32; 3] {
    let mut factors = [0.0_f32; 3];
    for _ in 0..200 {
        for at in 0..3 {
            let (mut along, mut length) = (0.0, 1e-6);
            for (cause, error) in causes.iter().zip(errors) {
                let others: f32 = (0..3).filter(|other| *other != at).map(|o| cause[o] * factors[o]).sum();
                along += cause[at] * (error - others);
                length += cause[at] * cause[at];
            }
            factors[at] = (along / length).max(0.0);
        }
    }
    factors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_right_more_often_gets_the_greater_share() {
        let (sure, open) = ([0.8, 0.1, 0.1], [1.0 / 3.0; 3]);
        assert_eq!(share(&[sure; 4], &[open; 4], &[0; 4]), 0.0);
        assert_eq!(share(&[open; 4], &[sure; 4], &[0; 4]), 1.0);
        let mixed =
            share(&[[0.9, 0.05, 0.05], [0.05, 0.9, 0.05]], &[[0.05, 0.9, 0.05], [0.05, 0.9, 0.05]], &[0, 1]);
        assert!(mixed < 0.1, "{mixed}");
        let both = share(&[[0.9, 0.1, 0.0], [0.1, 0.9, 0.0]], &[[0.1, 0.9, 0.0], [0.9, 0.1, 0.0]], &[0, 0]);
        assert!((both - 0.5).abs() < 1e-6, "each is right once: {both}");
    }

    #[test]
    fn the_fit_finds_the_factors_and_none_below_nothing() {
        let causes: Vec<[f32; 3]> = (0..60)
            .map(|i| {
                [(i as f32 * 0.7).sin().abs(), (i as f32 * 1.9).cos().abs(), (i as f32 * 0.3).sin().abs()]
            })
            .collect();
        let errors: Vec<f32> = causes.iter().map(|c| 0.6 * c[0] + 0.3 * c[1]).collect();
        let found = nonnegative_fit(&causes, &errors);
        assert!(
            (found[0] - 0.6).abs() < 0.01 && (found[1] - 0.3).abs() < 0.01 && found[2] < 0.01,
            "{found:?}"
        );
        let errors: Vec<f32> = causes.iter().map(|c| c[0] - 0.5 * c[2]).collect();
        assert!(nonnegative_fit(&causes, &errors).iter().all(|factor| *factor >= 0.0));
    }
}
