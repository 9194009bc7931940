//! Differential item functioning: do candidates of equal overall standing meet one criterion equally often in both groups?
//!
//! **Source**: Holland and Thayer 1988; Robins, Breslow and Greenland 1986 for the standard error; Zwick 2012, ETS RR-12-08 for the classes.

use std::collections::BTreeMap;

use serde::Serialize;

/// One candidate: overall standing, whether in the focal group, whether the criterion was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The matching score, for example the number of criteria met.
    pub score: u32,
    /// In the focal group; else in the reference group.
    pub focal: bool,
    /// The criterion was met.
    pub met: bool,
}

/// ETS classes of differential functioning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Class {
    /// Negligible: |D-DIF| under 1, or not different from 0 at 5 %.
    A,
    /// Moderate.
    B,
    /// Large: |D-DIF| at least 1.5 and more than 1 at 5 %.
    C,
}

/// What the strata tell together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MantelHaenszel {
    /// Common odds ratio, reference over focal.
    pub odds_ratio: f64,
    /// −2.35 ln(odds ratio): negative where the criterion is harder for the focal group.
    pub d_dif: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Chi-square with continuity correction, one degree of freedom.
    pub chi_square: f64,
    /// Its p-value.
    pub p: f64,
    /// ETS class.
    pub class: Class,
    /// Candidates in strata that hold both groups.
    pub n: usize,
    /// Of the focal group among these.
    pub focal: usize,
}

/// The Mantel–Haenszel figures. `None` where no stratum holds both groups or a cell sum is empty, so that no ratio exists.
#[must_use]
pub fn mantel_haenszel(candidates: &[Standing]) -> Option<MantelHaenszel> {
    // Cells by stratum: reference met, reference not, focal met, focal not.
    let mut strata: BTreeMap<u32, [f64; 4]> = BTreeMap::new();
    for candidate in candidates {
        let cell = usize::from(candidate.focal) * 2 + usize::from(!candidate.met);
        strata.entry(candidate.score).or_default()[cell] += 1.0;
    }
    let both = |cells: &&[f64; 4]| cells[0] + cells[1] > 0.0 && cells[2] + cells[3] > 0.0;
    let strata: Vec<[f64; 4]> = strata.values().filter(both).copied().collect();
    let (mut r, mut s, mut pr, mut cross, mut qs) = (0.0, 0.0, 0.0, 0.0, 0.0);
    let (mut met, mut expected, mut variance) = (0.0, 0.0, 0.0);
    for &[a, b, c, d] in &strata {
        let total = a + b + c + d;
        let (ad, bc, along, across) = (a * d / total, b * c / total, (a + d) / total, (b + c) / total);
        r += ad;
        s += bc;
        pr += along * ad;
        cross += along * bc + across * ad;
        qs += across * bc;
        met += a;
        expected += (a + b) * (a + c) / total;
        if total > 1.0 {
            variance += (a + b) * (c + d) * (a + c) * (b + d) / (total * total * (total - 1.0));
        }
    }
    if r <= 0.0 || s <= 0.0 || variance <= 0.0 {
        return None;
    }
    let odds_ratio = r / s;
    let log_error = (pr / (2.0 * r * r) + cross / (2.0 * r * s) + qs / (2.0 * s * s)).sqrt();
    let (d_dif, standard_error) = (-2.35 * odds_ratio.ln(), 2.35 * log_error);
    let chi_square = ((met - expected).abs() - 0.5).max(0.0).powi(2) / variance;
    let p = libm::erfc((chi_square / 2.0).sqrt());
    let class = if p >= 0.05 || d_dif.abs() < 1.0 {
        Class::A
    } else if d_dif.abs() >= 1.5 && d_dif.abs() - 1.0 > 1.645 * standard_error {
        Class::C
    } else {
        Class::B
    };
    let count = |cells: &[f64]| cells.iter().sum::<f64>() as usize;
    let n = strata.iter().map(|cells| count(cells)).sum();
    let focal = strata.iter().map(|cells| count(&cells[2..])).sum();
    Some(MantelHaenszel { odds_ratio, d_dif, standard_error, chi_square, p, class, n, focal })
}
