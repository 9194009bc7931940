//! Many-facet Rasch measurement: how severe is each rater, when candidates and criteria are taken into account?
//!
//! ln(P(k) / P(k−1)) = B(session) − D(criterion) − C(rater) − F(k), by joint maximum likelihood.
//!
//! **Source**: Linacre 1989, "Many-Facet Rasch Measurement".

use std::collections::{BTreeMap, BTreeSet};

use crate::{Rating, StatisticsError};

/// Newton rounds over all facets before the fit is given up.
const MOST_ROUNDS: usize = 5000;
/// The fit stands when no parameter moves by more in a round.
const STILL: f64 = 1e-11;
/// Nobody is this far from the middle in logits; a parameter that runs so far has no estimate.
const FARTHEST: f64 = 15.0;

/// One rater.
#[derive(Clone, Debug, PartialEq)]
pub struct Severity {
    /// The rater.
    pub rater: String,
    /// Severity in logits, 0 on average: positive rates lower.
    pub severity: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Mean square of the residuals weighted by information; 0.5 to 1.5 is usable.
    pub infit: f64,
    /// Ratings that count.
    pub n: usize,
}

/// The fitted facets.
#[derive(Clone, Debug, PartialEq)]
pub struct Facets {
    /// Raters in the order of their names.
    pub raters: Vec<Severity>,
    /// Difficulty of each criterion in logits, 0 on average.
    pub criteria: Vec<(String, f64)>,
    /// Steps from one level to the next, 0 on average.
    pub steps: Vec<f64>,
    /// Sessions left out because all their levels are the lowest or the highest: they tell nothing about raters.
    pub extreme_sessions: usize,
}

struct Observation {
    /// Session, criterion, rater.
    places: [usize; 3],
    category: usize,
}

struct Fit {
    /// Ability, difficulty, severity.
    facets: [Vec<f64>; 3],
    steps: Vec<f64>,
}

/// Fits the facets to the ratings that have a level. Levels that nobody gave are left out of the scale.
///
/// **Errors**: fewer than two raters or levels, raters that no session connects, a rater who gave one end of the scale throughout, or a
/// fit that does not settle.
pub fn facets(ratings: &[Rating]) -> Result<Facets, StatisticsError> {
    let not = |reason: &str| Err(StatisticsError::NotEnough(format!("severity of raters: {reason}")));
    let mut rows: Vec<(&Rating, u8)> =
        ratings.iter().filter_map(|row| row.level.map(|level| (row, level))).collect();
    let before: BTreeSet<&str> = rows.iter().map(|(row, _)| row.session.as_str()).collect();
    let levels = drop_extremes(&mut rows);
    let name_of = |facet: usize, row: &Rating| [&row.session, &row.criterion, &row.rater][facet].clone();
    let names: [Vec<String>; 3] = [0, 1, 2].map(|facet| {
        let names: BTreeSet<String> = rows.iter().map(|(row, _)| name_of(facet, row)).collect();
        names.into_iter().collect()
    });
    if names[2].len() < 2 {
        return not("two raters are needed whose sessions vary in level");
    }
    if levels.len() < 2 {
        return not("two levels are needed");
    }
    let place = |facet: usize, row: &Rating| {
        names[facet].binary_search(&name_of(facet, row)).expect("is among the names")
    };
    let observations: Vec<Observation> = rows
        .iter()
        .map(|(row, level)| Observation {
            places: [0, 1, 2].map(|facet| place(facet, row)),
            category: levels.binary_search(level).expect("is among the levels"),
        })
        .collect();
    let counts = [names[0].len(), names[1].len(), names[2].len()];
    if !connected(&observations, counts) {
        return not("the raters fall into sets that share no session, so they cannot be compared");
    }
    let fit = fit(&observations, counts, levels.len()).ok_or_else(|| {
        let reason = "severity of raters: the ratings leave it without a bound (a rater or criterion at one end throughout, or no noise at all)";
        StatisticsError::NotEnough(reason.to_owned())
    })?;
    let raters = severities(&observations, &fit, &names[2]);
    let criteria = names[1].iter().zip(&fit.facets[1]);
    Ok(Facets {
        raters,
        criteria: criteria.map(|(name, value)| (name.clone(), *value)).collect(),
        extreme_sessions: before.len() - names[0].len(),
        steps: fit.steps,
    })
}

/// Leaves out sessions at one end of the scale, until none is left; returns the levels in use.
fn drop_extremes(rows: &mut Vec<(&Rating, u8)>) -> Vec<u8> {
    loop {
        let levels: BTreeSet<u8> = rows.iter().map(|(_, level)| *level).collect();
        let (Some(&low), Some(&high)) = (levels.first(), levels.last()) else { return Vec::new() };
        let mut spans: BTreeMap<&str, [bool; 2]> = BTreeMap::new();
        for (row, level) in rows.iter() {
            let [not_low, not_high] = spans.entry(row.session.as_str()).or_default();
            *not_low |= *level != low;
            *not_high |= *level != high;
        }
        let extreme: BTreeSet<&str> =
            spans.into_iter().filter(|(_, span)| *span != [true, true]).map(|(session, _)| session).collect();
        if extreme.is_empty() {
            return levels.into_iter().collect();
        }
        rows.retain(|(row, _)| !extreme.contains(row.session.as_str()));
    }
}

/// Whether sessions lead from every rater to every other.
fn connected(observations: &[Observation], counts: [usize; 3]) -> bool {
    let mut parents: Vec<usize> = (0..counts[0] + counts[2]).collect();
    fn root(parents: &mut [usize], mut at: usize) -> usize {
        while parents[at] != at {
            parents[at] = parents[parents[at]];
            at = parents[at];
        }
        at
    }
    for observation in observations {
        let session = root(&mut parents, observation.places[0]);
        let rater = root(&mut parents, counts[0] + observation.places[2]);
        parents[session] = rater;
    }
    let first = root(&mut parents, counts[0]);
    (counts[0]..counts[0] + counts[2]).all(|rater| root(&mut parents, rater) == first)
}

impl Fit {
    fn probabilities(&self, places: [usize; 3], into: &mut [f64]) {
        let [ability, difficulty, severity] = [0, 1, 2].map(|facet| self.facets[facet][places[facet]]);
        let measure = ability - difficulty - severity;
        let (mut sum, mut most) = (0.0, 0.0_f64);
        into[0] = 0.0;
        for (k, step) in self.steps.iter().enumerate() {
            sum += measure - step;
            into[k + 1] = sum;
            most = most.max(sum);
        }
        let mut total = 0.0;
        for value in into.iter_mut() {
            *value = (*value - most).exp();
            total += *value;
        }
        into.iter_mut().for_each(|value| *value /= total);
    }
}

fn expectation(probabilities: &[f64]) -> (f64, f64) {
    let mean: f64 = probabilities.iter().enumerate().map(|(k, p)| k as f64 * p).sum();
    let square: f64 = probabilities.iter().enumerate().map(|(k, p)| (k as f64).powi(2) * p).sum();
    (mean, square - mean * mean)
}

/// Newton's method, one facet at a time. `None` where it does not settle.
fn fit(observations: &[Observation], counts: [usize; 3], categories: usize) -> Option<Fit> {
    let mut fit = Fit { facets: counts.map(|count| vec![0.0; count]), steps: vec![0.0; categories - 1] };
    let mut p = vec![0.0; categories];
    for _ in 0..MOST_ROUNDS {
        let mut moved = 0.0_f64;
        for facet in 0..3 {
            let mut residual = vec![0.0; counts[facet]];
            let mut information = vec![0.0; counts[facet]];
            for observation in observations {
                fit.probabilities(observation.places, &mut p);
                let (mean, variance) = expectation(&p);
                residual[observation.places[facet]] += observation.category as f64 - mean;
                information[observation.places[facet]] += variance;
            }
            let sign = if facet == 0 { 1.0 } else { -1.0 };
            let values = &mut fit.facets[facet];
            let old = values.clone();
            for ((value, residual), information) in values.iter_mut().zip(residual).zip(information) {
                *value += sign * (residual / information.max(1e-9)).clamp(-1.0, 1.0);
            }
            if facet > 0 {
                centre(values);
            }
            moved = values.iter().zip(old).fold(moved, |moved, (new, old)| moved.max((new - old).abs()));
        }
        moved = moved.max(step_round(observations, &mut fit, &mut p));
        if !moved.is_finite() || fit.facets.iter().flatten().any(|value| value.abs() > FARTHEST) {
            return None;
        }
        if moved < STILL {
            return Some(fit);
        }
    }
    None
}

fn step_round(observations: &[Observation], fit: &mut Fit, p: &mut [f64]) -> f64 {
    let mut residual = vec![0.0; fit.steps.len()];
    let mut information = vec![0.0; fit.steps.len()];
    for observation in observations {
        fit.probabilities(observation.places, p);
        let mut above = 0.0;
        for k in (0..fit.steps.len()).rev() {
            above += p[k + 1];
            residual[k] += f64::from(u8::from(observation.category > k)) - above;
            information[k] += above * (1.0 - above);
        }
    }
    let old = fit.steps.clone();
    for ((step, residual), information) in fit.steps.iter_mut().zip(residual).zip(information) {
        *step -= (residual / information.max(1e-9)).clamp(-1.0, 1.0);
    }
    centre(&mut fit.steps);
    fit.steps.iter().zip(old).fold(0.0, |moved, (new, old)| moved.max((new - old).abs()))
}

fn centre(values: &mut [f64]) {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter_mut().for_each(|value| *value -= mean);
}

fn severities(observations: &[Observation], fit: &Fit, names: &[String]) -> Vec<Severity> {
    let mut sums = vec![(0.0, 0.0, 0); names.len()];
    let mut p = vec![0.0; fit.steps.len() + 1];
    for observation in observations {
        fit.probabilities(observation.places, &mut p);
        let (mean, variance) = expectation(&p);
        let (squares, information, n) = &mut sums[observation.places[2]];
        *squares += (observation.category as f64 - mean).powi(2);
        *information += variance;
        *n += 1;
    }
    let rated = names.iter().zip(&fit.facets[2]).zip(sums);
    rated
        .map(|((rater, severity), (squares, information, n))| Severity {
            rater: rater.clone(),
            severity: *severity,
            standard_error: 1.0 / information.sqrt(),
            infit: squares / information,
            n,
        })
        .collect()
}
