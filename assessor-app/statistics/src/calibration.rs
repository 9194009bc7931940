//! Machine against human raters, with the release gates.
//!
//! Definitions and gates are those of Williamson, Xi and Breyer 2012, and one more against inflation: a high kappa can hide scores that
//! drift upwards.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    Bootstrap, Figure, Rating, Ratings, StatisticsError,
    agreement::{Weight, kappa, mean_difference, pearson, standardised_mean_difference, within},
    alpha::{Metric, alpha},
    facets::facets,
    icc::icc,
    ratings::Pair,
};

/// Fewer candidates carry no claim.
pub const FEW_CANDIDATES: usize = 30;
/// Draws for figures that need a fit each.
const FIT_RESAMPLES: u32 = 100;

/// Machine against humans on one criterion, or on all.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Agreement {
    /// The criterion; `all` over all of them.
    pub criterion: String,
    /// Quadratic weighted kappa, machine against humans: mean over the humans, weighted by their pairs.
    pub qwk: Figure,
    /// Linear weighted kappa, likewise.
    pub linear_kappa: Figure,
    /// Pearson's correlation of all pairs.
    pub pearson: Figure,
    /// (machine mean − human mean) / √(mean variance) of all pairs.
    pub smd: Figure,
    /// Mean of machine − human in levels.
    pub bias: Figure,
    /// Share at the same level.
    pub exact: Figure,
    /// Share at most one level apart.
    pub adjacent: Figure,
    /// Quadratic weighted kappa among the humans: mean over their pairs, weighted.
    pub human_qwk: Figure,
    /// `human_qwk` − `qwk`.
    pub degradation: Figure,
    /// Krippendorff's alpha of the humans, ordinal.
    pub human_alpha: Figure,
    /// Krippendorff's alpha of all raters, ordinal.
    pub alpha: Figure,
    /// ICC(2,1) of all raters, where all of them rated.
    pub icc: Figure,
}

/// One gate of release.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Gate {
    /// What is asked.
    pub name: &'static str,
    /// The figure.
    pub value: Option<f64>,
    /// Passed; none where the ratings cannot tell.
    pub passed: Option<bool>,
}

/// A rater's severity with its interval.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RaterSeverity {
    /// The rater.
    pub rater: String,
    /// Logits; positive rates lower.
    pub severity: Figure,
    /// By the information of the fit.
    pub standard_error: f64,
    /// 0.5 to 1.5 is usable.
    pub infit: f64,
}

/// The whole comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Calibration {
    /// The rater that is the machine.
    pub machine: String,
    /// The others.
    pub humans: Vec<String>,
    /// Sessions rated.
    pub sessions: usize,
    /// Candidates.
    pub candidates: usize,
    /// Ratings in which a rater could not judge.
    pub not_judged: usize,
    /// How intervals are made.
    pub bootstrap: Bootstrap,
    /// Over all criteria first, then each.
    pub agreement: Vec<Agreement>,
    /// Counts of all pairs, `[human level][machine level]`.
    pub table: Vec<Vec<u32>>,
    /// Severity of every rater, where it can be told.
    pub severity: Vec<RaterSeverity>,
    /// Why it cannot.
    pub severity_note: Option<String>,
    /// The gates, over all criteria.
    pub gates: Vec<Gate>,
    /// What a reader must know.
    pub warnings: Vec<String>,
}

impl Calibration {
    /// True where every gate is passed: only then may a rubric be called calibrated.
    #[must_use]
    pub fn releases(&self) -> bool {
        self.gates.iter().all(|gate| gate.passed == Some(true)) && self.candidates >= FEW_CANDIDATES
    }
}

/// Compares `machine` with every other rater; raters in `aside` (other versions of the machine) are left out.
///
/// **Errors**: the machine or all humans are missing, or they share nothing.
pub fn calibrate(
    ratings: &Ratings,
    machine: &str,
    aside: &[String],
    bootstrap: Bootstrap,
) -> Result<Calibration, StatisticsError> {
    let rows: Vec<Rating> =
        ratings.rows().iter().filter(|row| !aside.contains(&row.rater)).cloned().collect();
    let ratings = Ratings::new(rows)?;
    let not = |reason: String| Err(StatisticsError::NotEnough(reason));
    let raters = ratings.raters();
    if !raters.contains(machine) {
        return not(format!("no rating is by {machine:?}; the raters are {raters:?}"));
    }
    let humans: Vec<String> =
        raters.iter().filter(|rater| **rater != machine).map(|rater| (*rater).to_owned()).collect();
    if humans.is_empty() {
        return not(format!("all ratings are by {machine:?}; agreement needs a human rater"));
    }
    if humans.iter().all(|human| ratings.pairs(human, machine).is_empty()) {
        return not(format!("no session was judged both by {machine:?} and by a human"));
    }
    let mut agreement = vec![agree("all", ratings.rows(), machine, bootstrap)];
    for criterion in ratings.criteria() {
        let rows: Vec<Rating> =
            ratings.rows().iter().filter(|row| row.criterion == criterion).cloned().collect();
        agreement.push(agree(criterion, &rows, machine, bootstrap));
    }
    let (severity, severity_note) = match severity(ratings.rows(), bootstrap) {
        Ok(severity) => (severity, None),
        Err(error) => (Vec::new(), Some(error.to_string())),
    };
    let count = |name: fn(&Rating) -> &str| {
        ratings.rows().iter().map(name).collect::<std::collections::BTreeSet<_>>().len()
    };
    let (sessions, candidates) = (count(|row| &row.session), count(|row| &row.candidate));
    let gates = gates(&agreement[0]);
    Ok(Calibration {
        machine: machine.to_owned(),
        warnings: warnings(candidates, &humans, &agreement),
        table: confusion(&ratings, &humans, machine),
        humans,
        sessions,
        candidates,
        not_judged: ratings.rows().iter().filter(|row| row.level.is_none()).count(),
        bootstrap,
        agreement,
        severity,
        severity_note,
        gates,
    })
}

fn agree(criterion: &str, rows: &[Rating], machine: &str, bootstrap: Bootstrap) -> Agreement {
    let units = units(rows);
    let mut figures = bootstrap.figures(&units, |unit| &unit.candidate, |units| statistics(units, machine));
    for (figure, n) in figures.iter_mut().zip(counts(&units, machine)) {
        figure.n = n;
    }
    let [
        qwk,
        linear_kappa,
        pearson,
        smd,
        bias,
        exact,
        adjacent,
        human_qwk,
        degradation,
        human_alpha,
        alpha,
        icc,
    ] = figures;
    Agreement {
        criterion: criterion.to_owned(),
        qwk,
        linear_kappa,
        pearson,
        smd,
        bias,
        exact,
        adjacent,
        human_qwk,
        degradation,
        human_alpha,
        alpha,
        icc,
    }
}

/// One session and criterion with what its raters gave.
#[derive(Clone, Debug)]
struct Unit {
    candidate: String,
    levels: BTreeMap<String, u8>,
}

fn units(rows: &[Rating]) -> Vec<Unit> {
    let mut units: BTreeMap<(&str, &str), Unit> = BTreeMap::new();
    for row in rows {
        let unit = units
            .entry((&row.session, &row.criterion))
            .or_insert_with(|| Unit { candidate: row.candidate.clone(), levels: BTreeMap::new() });
        unit.levels.extend(row.level.map(|level| (row.rater.clone(), level)));
    }
    units.into_values().filter(|unit| !unit.levels.is_empty()).collect()
}

/// What each of [`statistics`] rests on: pairs, units with two levels, units that all judged.
fn counts(units: &[Unit], machine: &str) -> [usize; 12] {
    let humans = |unit: &Unit| unit.levels.keys().filter(|rater| *rater != machine).count();
    let with_machine = units.iter().filter(|unit| unit.levels.contains_key(machine)).map(humans).sum();
    let among = units.iter().map(|unit| humans(unit) * humans(unit).saturating_sub(1) / 2).sum();
    let most = units.iter().map(|unit| unit.levels.len()).max().unwrap_or_default();
    let by_humans = units.iter().filter(|unit| humans(unit) > 1).count();
    let by_two = units.iter().filter(|unit| unit.levels.len() > 1).count();
    let by_all = units.iter().filter(|unit| unit.levels.len() == most).count();
    let m = with_machine;
    [m, m, m, m, m, m, m, among, m, by_humans, by_two, by_all]
}

fn statistics(units: &[Unit], machine: &str) -> [Option<f64>; 12] {
    // Pairs by rater: human against machine, human against human.
    let mut with_machine: BTreeMap<&str, Vec<[u8; 2]>> = BTreeMap::new();
    let mut among: BTreeMap<(&str, &str), Vec<[u8; 2]>> = BTreeMap::new();
    let (mut all, mut humans_only, mut everybody) = (Vec::new(), Vec::new(), Vec::new());
    let most = units.iter().map(|unit| unit.levels.len()).max().unwrap_or_default();
    let mut complete = Vec::new();
    for unit in units {
        let humans: Vec<(&str, u8)> = unit
            .levels
            .iter()
            .filter(|(rater, _)| *rater != machine)
            .map(|(rater, level)| (rater.as_str(), *level))
            .collect();
        if let Some(level) = unit.levels.get(machine) {
            for (human, by_human) in &humans {
                with_machine.entry(human).or_default().push([*by_human, *level]);
                all.push([*by_human, *level]);
            }
        }
        for (at, (first, by_first)) in humans.iter().enumerate() {
            for (second, by_second) in &humans[at + 1..] {
                among.entry((first, second)).or_default().push([*by_first, *by_second]);
            }
        }
        humans_only.push(humans.iter().map(|(_, level)| *level).collect::<Vec<_>>());
        everybody.push(unit.levels.values().copied().collect::<Vec<_>>());
        if unit.levels.len() == most {
            complete.push(unit.levels.values().map(|level| f64::from(*level)).collect::<Vec<_>>());
        }
    }
    let qwk = weighted(with_machine.values(), Weight::Quadratic);
    let human_qwk = weighted(among.values(), Weight::Quadratic);
    [
        qwk,
        weighted(with_machine.values(), Weight::Linear),
        pearson(&all),
        standardised_mean_difference(&all),
        mean_difference(&all),
        within(&all, 0),
        within(&all, 1),
        human_qwk,
        human_qwk.zip(qwk).map(|(human, machine)| human - machine),
        alpha(&humans_only, Metric::Ordinal),
        alpha(&everybody, Metric::Ordinal),
        icc(&complete).map(|icc| icc.single),
    ]
}

/// Mean kappa over sets of pairs, weighted by their size; sets without a kappa do not count.
fn weighted<'a>(sets: impl Iterator<Item = &'a Vec<[u8; 2]>>, weight: Weight) -> Option<f64> {
    let (mut sum, mut n) = (0.0, 0.0);
    for pairs in sets {
        if let Some(value) = kappa(pairs, weight) {
            sum += value * pairs.len() as f64;
            n += pairs.len() as f64;
        }
    }
    (n > 0.0).then(|| sum / n)
}

fn confusion(ratings: &Ratings, humans: &[String], machine: &str) -> Vec<Vec<u32>> {
    let pairs: Vec<Pair> = humans.iter().flat_map(|human| ratings.pairs(human, machine)).collect();
    let most = pairs.iter().flat_map(|pair| pair.levels).max().unwrap_or_default();
    let size = usize::from(most) + 1;
    let mut table = vec![vec![0; size]; size];
    for pair in pairs {
        table[usize::from(pair.levels[0])][usize::from(pair.levels[1])] += 1;
    }
    table
}

/// Draws for figures that need a fit each.
pub(crate) fn fewer(bootstrap: Bootstrap) -> Bootstrap {
    Bootstrap { resamples: bootstrap.resamples.min(FIT_RESAMPLES), ..bootstrap }
}

/// A session drawn again becomes a session of its own.
pub(crate) fn told_apart(rows: &[Rating]) -> Vec<Rating> {
    let mut seen: BTreeMap<(&str, &str, &str), u32> = BTreeMap::new();
    let copies = rows.iter().map(|row| {
        let copy = seen.entry((&row.session, &row.criterion, &row.rater)).or_default();
        *copy += 1;
        Rating { session: format!("{} #{copy}", row.session), ..row.clone() }
    });
    copies.collect()
}

fn severity(rows: &[Rating], bootstrap: Bootstrap) -> Result<Vec<RaterSeverity>, StatisticsError> {
    let fitted = facets(rows)?;
    let fewer = fewer(bootstrap);
    let rated = fitted.raters.iter().map(|severity| {
        let of = |rows: &[Rating]| {
            let fitted = facets(&told_apart(rows)).ok()?;
            fitted.raters.into_iter().find(|other| other.rater == severity.rater).map(|other| other.severity)
        };
        let drawn = fewer.figure(rows, |row| &row.candidate, of);
        RaterSeverity {
            rater: severity.rater.clone(),
            severity: Figure { value: Some(severity.severity), n: severity.n, ..drawn },
            standard_error: severity.standard_error,
            infit: severity.infit,
        }
    });
    Ok(rated.collect())
}

fn gates(all: &Agreement) -> Vec<Gate> {
    let gate =
        |name, value: Option<f64>, passes: fn(f64) -> bool| Gate { name, value, passed: value.map(passes) };
    vec![
        gate("QWK at least 0.70", all.qwk.value, |value| value >= 0.70),
        gate("Pearson at least 0.70", all.pearson.value, |value| value >= 0.70),
        gate("SMD at most 0.15 either way", all.smd.value, |value| value.abs() <= 0.15),
        gate("degradation at most 0.10", all.degradation.value, |value| value <= 0.10),
        gate("not inflated: lower end of SMD at most +0.15", all.smd.low, |low| low <= 0.15),
    ]
}

fn warnings(candidates: usize, humans: &[String], agreement: &[Agreement]) -> Vec<String> {
    let mut warnings = Vec::new();
    if candidates < FEW_CANDIDATES {
        warnings.push(format!(
            "only {candidates} candidates: figures are shown, no claim may rest on them ({FEW_CANDIDATES} are the least)"
        ));
    }
    if humans.len() < 2 {
        warnings.push("one human rater: how far humans agree, and so degradation, cannot be told".to_owned());
    }
    for one in agreement.iter().filter(|one| one.qwk.value.is_none()) {
        warnings.push(format!(
            "{}: no kappa, because raters share nothing or gave one level only",
            one.criterion
        ));
    }
    warnings
}
