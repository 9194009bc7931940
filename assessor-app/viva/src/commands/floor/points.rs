//! Settings of the policy that are tried.

use anyhow::{Context as _, Result};
use viva_floor::PolicyConfig;
use viva_media::TimeSpan;

/// A named setting.
#[derive(Clone, Debug)]
pub(crate) struct Point {
    pub(crate) name: String,
    pub(crate) config: PolicyConfig,
}

/// Cost of a cut-in in seconds, and the long silence that ends a turn where the end is that likely: each chosen on the dev set.
/// The barge-in is judged in the same way at all of them.
const FROZEN: [(&str, f32, i64, f32); 6] = [
    ("cut@300", 0.790, 2400, 0.8),
    ("cut@600", 1.558, 2400, 0.8),
    ("lat@10%", 6.800, 2400, 0.8),
    ("lat@5%", 21.120, 2800, 0.8),
    ("eot@fp10", 7.616, 2800, 0.7),
    ("barge@fp10", 6.800, 2400, 0.8),
];

/// Settings of the published figures, under the names that the benchmark's scorer gives them.
pub(crate) fn frozen() -> Vec<Point> {
    let point = |&(name, cost, millis, ended): &(&str, f32, i64, f32)| Point {
        name: name.into(),
        config: config(cost, millis, ended),
    };
    FROZEN.iter().map(point).collect()
}

pub(crate) fn named(name: &str) -> Result<Point> {
    frozen().into_iter().find(|point| point.name == name).with_context(|| {
        let names: Vec<_> = FROZEN.iter().map(|(name, ..)| *name).collect();
        format!("no policy is called {name:?}; there are {}", names.join(", "))
    })
}

/// Costs of a cut-in from hasty to patient, and thresholds of the barge-in.
pub(crate) fn sweep() -> Vec<Point> {
    const LONG_SILENCES: [(i64, f32); 8] = [
        (2800, 0.5),
        (2800, 0.7),
        (2800, 0.76),
        (2800, 0.8),
        (2600, 0.8),
        (2500, 0.78),
        (2500, 0.81),
        (2400, 0.8),
    ];
    let costs = (0..40).map(|i| 0.4 * 1.12_f32.powi(i));
    let settings = costs.flat_map(|cost| LONG_SILENCES.map(|(millis, ended)| (cost, millis, ended)));
    let costs = settings.map(|(cost, millis, ended)| Point {
        name: format!("cost {cost:.3} s, {millis} ms where ended {ended:.2}"),
        config: config(cost, millis, ended),
    });
    // Even steps of the log odds: what matters lies near certainty.
    let yields = (7..=22).flat_map(|step| {
        [2, 4].map(|ticks| {
            let yield_at = 1.0 / (1.0 + (-0.25 * step as f32).exp());
            let config = PolicyConfig { yield_at, yield_ticks: ticks, ..PolicyConfig::default() };
            Point { name: format!("yield at {yield_at:.3} for {ticks}"), config }
        })
    });
    costs.chain(yields).collect()
}

fn config(cut_in_cost_secs: f32, longest_millis: i64, least_ended: f32) -> PolicyConfig {
    let longest_silence = TimeSpan::from_millis(longest_millis);
    PolicyConfig { cut_in_cost_secs, longest_silence, least_ended, ..PolicyConfig::default() }
}
