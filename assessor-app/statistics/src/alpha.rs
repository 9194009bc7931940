//! Krippendorff's alpha: any number of raters, gaps allowed.
//!
//! **Source**: Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability".

use std::collections::BTreeMap;

/// How far two levels are apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// The same or not.
    Nominal,
    /// By how many ratings lie between them.
    Ordinal,
    /// By the difference.
    Interval,
}

/// Alpha over units, each the levels that its raters gave; units with fewer than two levels do not count.
///
/// `None` where no unit has two levels, or all levels are the same.
#[must_use]
pub fn alpha(units: &[Vec<u8>], metric: Metric) -> Option<f64> {
    let units: Vec<&Vec<u8>> = units.iter().filter(|unit| unit.len() > 1).collect();
    let mut totals: BTreeMap<u8, f64> = BTreeMap::new();
    for level in units.iter().copied().flatten() {
        *totals.entry(*level).or_default() += 1.0;
    }
    let levels: Vec<(u8, f64)> = totals.into_iter().collect();
    let n: f64 = levels.iter().map(|(_, count)| count).sum();
    let place = |level: u8| levels.iter().position(|(other, _)| *other == level).unwrap_or_default();
    let distance = |a: usize, b: usize| match metric {
        Metric::Nominal => f64::from(u8::from(a != b)),
        Metric::Interval => (f64::from(levels[a].0) - f64::from(levels[b].0)).powi(2),
        Metric::Ordinal => {
            let between: f64 = levels[a.min(b)..=a.max(b)].iter().map(|(_, count)| count).sum();
            (between - f64::midpoint(levels[a].1, levels[b].1)).powi(2)
        }
    };
    let mut observed = 0.0;
    for unit in &units {
        for (at, first) in unit.iter().enumerate() {
            for second in &unit[at + 1..] {
                observed += 2.0 * distance(place(*first), place(*second)) / (unit.len() as f64 - 1.0);
            }
        }
    }
    let mut expected = 0.0;
    for a in 0..levels.len() {
        for b in 0..levels.len() {
            expected += levels[a].1 * levels[b].1 * distance(a, b);
        }
    }
    (expected > 0.0).then(|| 1.0 - (n - 1.0) * observed / expected)
}
