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

/// Name, cost of a cut-in in seconds and its growth, and the long silence that ends a turn where the end is that likely: each chosen on
/// the dev set. The barge-in is judged in the same way at all of them.
const FROZEN: [(&str, f32, f32, i64, f32); 7] = [
    ("cut@300", 0.854, 0.0, 2800, 0.8),
    ("cut@600", 1.45, -0.5, 2400, 0.8),
    ("lat@10%", 5.34, 0.0, 2800, 0.7),
    ("lat@5%", 13.3, 0.0, 2880, 0.78),
    // Not the quickest at 5 % of cut-ins, but the one that keeps most long holds.
    ("patient", 11.984, 0.5, 2880, 0.78),
    ("eot@fp10", 5.34, 0.0, 2800, 0.7),
    ("barge@fp10", 5.34, 0.0, 2800, 0.7),
];

/// What sessions have.
const SESSION: &str = "session";

/// Settings of the published figures, under the names that the benchmark's scorer gives them.
pub(crate) fn frozen() -> Vec<Point> {
    let point = |&(name, cost, growth, millis, ended): &(&str, f32, f32, i64, f32)| Point {
        name: name.into(),
        config: config(cost, growth, millis, ended),
    };
    let session = Point { name: SESSION.into(), config: PolicyConfig::default() };
    FROZEN.iter().map(point).chain([session]).collect()
}

pub(crate) fn named(name: &str) -> Result<Point> {
    frozen().into_iter().find(|point| point.name == name).with_context(|| {
        let names: Vec<_> = FROZEN.iter().map(|(name, ..)| *name).chain([SESSION]).collect();
        format!("no policy is called {name:?}; there are {}", names.join(", "))
    })
}

/// The frozen settings, costs of a cut-in from hasty to patient, and thresholds of the barge-in.
pub(crate) fn sweep() -> Vec<Point> {
    const LONG_SILENCES: [(i64, f32); 4] = [(2400, 0.8), (2800, 0.7), (2800, 0.8), (2880, 0.78)];
    const GROWTHS: [f32; 4] = [-0.5, -0.25, 0.0, 0.5];
    let costs = (0..40).map(|i| 0.4 * 1.12_f32.powi(i));
    let settings = costs.flat_map(|cost| GROWTHS.map(|growth| (cost, growth)));
    let settings = settings.flat_map(|(cost, growth)| LONG_SILENCES.map(|long| (cost, growth, long)));
    let costs = settings.map(|(cost, growth, (millis, ended))| Point {
        name: format!("cost {cost:.3} s growing {growth}, {millis} ms where ended {ended:.2}"),
        config: config(cost, growth, millis, ended),
    });
    // Even steps of the log odds: what matters lies near certainty.
    let yields = (7..=22).flat_map(|step| {
        [2, 4].map(|ticks| {
            let yield_at = 1.0 / (1.0 + (-0.25 * step as f32).exp());
            let config = PolicyConfig { yield_at, yield_ticks: ticks, ..PolicyConfig::default() };
            Point { name: format!("yield at {yield_at:.3} for {ticks}"), config }
        })
    });
    frozen().into_iter().chain(costs).chain(yields).collect()
}

fn config(cut_in_cost_secs: f32, cost_growth: f32, longest_millis: i64, least_ended: f32) -> PolicyConfig {
    let longest_silence = TimeSpan::from_millis(longest_millis);
    PolicyConfig { cut_in_cost_secs, cost_growth, longest_silence, least_ended, ..PolicyConfig::default() }
}
