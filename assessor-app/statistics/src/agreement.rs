//! Two raters over the same things.
//!
//! **Source**: Cohen 1968, "Weighted kappa"; Williamson, Xi and Breyer 2012, EM:IP 31(1) for the standardised mean difference.

/// How a disagreement counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Every disagreement the same.
    Unweighted,
    /// By its distance.
    Linear,
    /// By its distance squared.
    Quadratic,
}

/// Cohen's kappa of pairs of levels. `None` without pairs, or where both raters gave one and the same level throughout.
#[must_use]
pub fn kappa(pairs: &[[u8; 2]], weight: Weight) -> Option<f64> {
    let size = usize::from(*pairs.iter().flatten().max()?) + 1;
    let (mut first, mut second) = (vec![0.0; size], vec![0.0; size]);
    let cost = |a: usize, b: usize| {
        let distance = a.abs_diff(b) as f64;
        match weight {
            Weight::Unweighted => f64::from(u8::from(a != b)),
            Weight::Linear => distance,
            Weight::Quadratic => distance * distance,
        }
    };
    let mut observed = 0.0;
    for &[a, b] in pairs {
        first[usize::from(a)] += 1.0;
        second[usize::from(b)] += 1.0;
        observed += cost(usize::from(a), usize::from(b));
    }
    let mut expected = 0.0;
    for (a, of_first) in first.iter().enumerate() {
        for (b, of_second) in second.iter().enumerate() {
            expected += cost(a, b) * of_first * of_second;
        }
    }
    expected /= pairs.len() as f64;
    (expected > 0.0).then(|| 1.0 - observed / expected)
}

/// Share of pairs at most `distance` levels apart. `None` without pairs.
#[must_use]
pub fn within(pairs: &[[u8; 2]], distance: u8) -> Option<f64> {
    let near = pairs.iter().filter(|[a, b]| a.abs_diff(*b) <= distance).count();
    (!pairs.is_empty()).then(|| near as f64 / pairs.len() as f64)
}

/// Pearson's correlation. `None` where one of the raters does not vary.
#[must_use]
pub fn pearson(pairs: &[[u8; 2]]) -> Option<f64> {
    let [a, b] = moments(pairs)?;
    let n = pairs.len() as f64;
    let shared =
        pairs.iter().map(|pair| (f64::from(pair[0]) - a.mean) * (f64::from(pair[1]) - b.mean)).sum::<f64>();
    let spread = (a.variance * b.variance).sqrt();
    (spread > 0.0).then(|| shared / n / spread)
}

/// (second's mean − first's mean) / √(mean of the variances), population variances: positive where the second rates higher.
///
/// `None` where neither varies.
#[must_use]
pub fn standardised_mean_difference(pairs: &[[u8; 2]]) -> Option<f64> {
    let [first, second] = moments(pairs)?;
    let spread = f64::midpoint(first.variance, second.variance).sqrt();
    (spread > 0.0).then(|| (second.mean - first.mean) / spread)
}

/// Mean of second − first, in levels. `None` without pairs.
#[must_use]
pub fn mean_difference(pairs: &[[u8; 2]]) -> Option<f64> {
    let sum: f64 = pairs.iter().map(|[a, b]| f64::from(*b) - f64::from(*a)).sum();
    (!pairs.is_empty()).then(|| sum / pairs.len() as f64)
}

struct Moments {
    mean: f64,
    variance: f64,
}

fn moments(pairs: &[[u8; 2]]) -> Option<[Moments; 2]> {
    if pairs.is_empty() {
        return None;
    }
    let n = pairs.len() as f64;
    Some([0, 1].map(|side| {
        let mean = pairs.iter().map(|pair| f64::from(pair[side])).sum::<f64>() / n;
        let variance = pairs.iter().map(|pair| (f64::from(pair[side]) - mean).powi(2)).sum::<f64>() / n;
        Moments { mean, variance }
    }))
}
