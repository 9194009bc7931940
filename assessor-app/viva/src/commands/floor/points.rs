//! Settings of the policy that are tried.

use anyhow::{Context as _, Result};
use viva_floor::PolicyConfig;

/// A named setting.
#[derive(Clone, Debug)]
pub(crate) struct Point {
    pub(crate) name: String,
    pub(crate) config: PolicyConfig,
}

/// Cost of a cut-in in seconds, and how likely the end must be after a long silence, at each frozen point: chosen on the dev set.
const FROZEN: [(&str, f32, f32); 5] = [
    ("cut@300", 1.0, 0.7),
    ("cut@600", 2.1, 0.7),
    ("lat@10%", 11.0, 0.7),
    ("lat@5%", 40.0, 0.85),
    ("eot@fp10", 11.0, 0.7),
];

/// Settings of the published figures, under the names that the benchmark's scorer gives them.
pub(crate) fn frozen() -> Vec<Point> {
    FROZEN
        .iter()
        .map(|&(name, cost, ended)| Point { name: name.into(), config: config(cost, ended) })
        .collect()
}

pub(crate) fn named(name: &str) -> Result<Point> {
    frozen().into_iter().find(|point| point.name == name).with_context(|| {
        let names: Vec<_> = FROZEN.iter().map(|(name, ..)| *name).collect();
        format!("no policy is called {name:?}; there are {}", names.join(", "))
    })
}

/// Costs of a cut-in from hasty to patient, and thresholds of the barge-in.
pub(crate) fn sweep() -> Vec<Point> {
    let costs = (0..48).map(|i| 0.25 * 1.13_f32.powi(i));
    let settings = costs.flat_map(|cost| [0.5, 0.7, 0.8, 0.85, 0.9].map(|ended| (cost, ended)));
    let costs = settings.map(|(cost, ended)| Point {
        name: format!("cost {cost:.3} s, ended {ended:.2}"),
        config: config(cost, ended),
    });
    // Even steps of the log odds: what matters lies near certainty.
    let yields = (-2..=22).flat_map(|step| {
        [1, 2].map(|ticks| {
            let yield_at = 1.0 / (1.0 + (-0.25 * step as f32).exp());
            let config = PolicyConfig { yield_at, yield_ticks: ticks, ..PolicyConfig::default() };
            Point { name: format!("yield at {yield_at:.3} for {ticks}"), config }
        })
    });
    costs.chain(yields).collect()
}

fn config(cut_in_cost_secs: f32, least_ended: f32) -> PolicyConfig {
    PolicyConfig { cut_in_cost_secs, least_ended, ..PolicyConfig::default() }
}
