//! Intervals: whole candidates are drawn again, so that what one candidate said counts as one piece of evidence.

use std::collections::BTreeMap;

use rand_core::{RngCore as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;
use serde::Serialize;

/// How intervals are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Bootstrap {
    /// How often the candidates are drawn.
    pub resamples: u32,
    /// Seed of the draws.
    pub seed: u64,
}

impl Default for Bootstrap {
    /// 1,000 draws, as the scoring protocol has it.
    fn default() -> Self {
        Self { resamples: 1000, seed: 7 }
    }
}

/// A figure with what it rests on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Figure {
    /// The figure; none where the ratings cannot carry it.
    pub value: Option<f64>,
    /// Lower end of the 95 % interval.
    pub low: Option<f64>,
    /// Upper end of the 95 % interval.
    pub high: Option<f64>,
    /// Ratings, pairs or sessions that it rests on.
    pub n: usize,
    /// Candidates that it rests on.
    pub candidates: usize,
}

impl Bootstrap {
    /// The figure of `items` and its 95 % percentile interval over draws of whole clusters.
    ///
    /// An interval needs two clusters, and half the draws to give a value.
    pub fn figure<T: Clone>(
        &self,
        items: &[T],
        cluster: impl Fn(&T) -> &str,
        statistic: impl Fn(&[T]) -> Option<f64>,
    ) -> Figure {
        let [figure] = self.figures(items, cluster, |items| [statistic(items)]);
        figure
    }

    /// Several figures of the same draws.
    pub fn figures<T: Clone, const N: usize>(
        &self,
        items: &[T],
        cluster: impl Fn(&T) -> &str,
        statistics: impl Fn(&[T]) -> [Option<f64>; N],
    ) -> [Figure; N] {
        let mut clusters: BTreeMap<&str, Vec<&T>> = BTreeMap::new();
        for item in items {
            clusters.entry(cluster(item)).or_default().push(item);
        }
        let clusters: Vec<Vec<&T>> = clusters.into_values().collect();
        let mut draws: [Vec<f64>; N] = std::array::from_fn(|_| Vec::new());
        if clusters.len() > 1 {
            let mut random = Pcg64Mcg::seed_from_u64(self.seed);
            let mut drawn = Vec::with_capacity(items.len());
            for _ in 0..self.resamples {
                drawn.clear();
                for _ in 0..clusters.len() {
                    let at = (u128::from(random.next_u64()) * clusters.len() as u128) >> 64;
                    drawn.extend(clusters[at as usize].iter().map(|item| (*item).clone()));
                }
                for (draws, value) in draws.iter_mut().zip(statistics(&drawn)) {
                    draws.extend(value.filter(|value| value.is_finite()));
                }
            }
        }
        let values = statistics(items);
        std::array::from_fn(|at| {
            let draws = &mut draws[at];
            draws.sort_by(f64::total_cmp);
            let enough = values[at].is_some() && draws.len() * 2 >= self.resamples as usize;
            let end = |p: f64| enough.then(|| percentile(draws, p)).flatten();
            Figure {
                value: values[at].filter(|value| value.is_finite()),
                low: end(0.025),
                high: end(0.975),
                n: items.len(),
                candidates: clusters.len(),
            }
        })
    }
}

/// The `p` quantile of sorted values, between neighbours linear (numpy's default).
#[must_use]
pub fn percentile(sorted: &[f64], p: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = p.clamp(0.0, 1.0) * last as f64;
    let below = place.floor() as usize;
    let above = sorted[(below + 1).min(last)];
    Some(sorted[below] + (above - sorted[below]) * (place - below as f64))
}
