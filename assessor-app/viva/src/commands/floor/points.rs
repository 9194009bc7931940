//! Settings of the policy that are tried.

use anyhow::{Context as _, Result};
use viva_floor::PolicyConfig;

/// A named setting.
#[derive(Clone, Debug)]
pub(crate) struct Point {
    pub(crate) name: String,
    pub(crate) config: PolicyConfig,
}

/// Cost of a cut-in at each frozen point, chosen on the dev set of the protocol.
const FROZEN: [(&str, f32); 5] =
    [("cut@300", 0.2), ("cut@600", 0.5), ("lat@10%", 2.0), ("lat@5%", 4.0), ("eot@fp10", 2.0)];

pub(crate) fn frozen() -> Vec<Point> {
    FROZEN.iter().map(|(name, cost)| Point { name: (*name).into(), config: config(*cost) }).collect()
}

pub(crate) fn named(name: &str) -> Result<Point> {
    frozen().into_iter().find(|point| point.name == name).with_context(|| {
        let names: Vec<_> = FROZEN.iter().map(|(name, _)| *name).collect();
        format!("no policy is called {name:?}; there are {}", names.join(", "))
    })
}

/// Costs of a cut-in from hasty to patient, and thresholds of the barge-in.
pub(crate) fn sweep() -> Vec<Point> {
    let costs = (0..56)
        .map(|i| 0.03 * 1.13_f32.powi(i))
        .map(|cost| Point { name: format!("cost {cost:.3} s"), config: config(cost) });
    // Even steps of the log odds: what matters lies near certainty.
    let yields = (-2..=22).flat_map(|step| {
        [1, 3].map(|ticks| {
            let yield_at = 1.0 / (1.0 + (-0.25 * step as f32).exp());
            let config = PolicyConfig { yield_at, yield_ticks: ticks, ..PolicyConfig::default() };
            Point { name: format!("yield at {yield_at:.3} for {ticks}"), config }
        })
    });
    costs.chain(yields).collect()
}

fn config(cut_in_cost_secs: f32) -> PolicyConfig {
    PolicyConfig { cut_in_cost_secs, ..PolicyConfig::default() }
}
