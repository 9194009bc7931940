//! Machine against human raters, with the release gates.
//!
//! Definitions and gates are those of Williamson, Xi and Breyer 2012, and one more against inflation: a high kappa can hide scores that
//! drift upwards.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::{
    Bootstrap, Figure, Rating, Ratings, StatisticsError,
    agreement::{Weight, kappa, mean_difference, pearson, standardised_mean_difference, within},
    alpha::{Metric, alpha},
    conformal::{LevelInterval, level_interval},
    facets::facets,
    icc::icc,
    ratings::Pair,
};

/// Fewer candidates that the machine and a human both rated carry no claim.
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
    /// ICC(2,1) of all raters, over what every one of them judged; none where there is no such thing.
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
    /// Sessions of which the machine and a human judged something.
    pub sessions: usize,
    /// Candidates of these sessions.
    pub candidates: usize,
    /// Ratings in which a rater could not judge.
    pub not_judged: usize,
    /// How intervals are made.
    pub bootstrap: Bootstrap,
    /// Over all criteria first, then each.
    pub agreement: Vec<Agreement>,
    /// Around the machine's level, where the humans' lie, for each criterion with enough candidates.
    pub intervals: Vec<LevelInterval>,
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
    /// True where every gate is passed, on enough candidates: only then may a rubric be called calibrated.
    #[must_use]
    pub fn releases(&self) -> bool {
        self.gates.iter().all(|gate| gate.passed == Some(true)) && self.too_few().is_empty()
    }

    /// What rests on fewer than [`FEW_CANDIDATES`] candidates: all criteria together, or else single ones.
    #[must_use]
    pub fn too_few(&self) -> Vec<&Agreement> {
        too_few(&self.agreement)
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
    let mut intervals = Vec::new();
    for criterion in ratings.criteria() {
        let rows: Vec<Rating> =
            ratings.rows().iter().filter(|row| row.criterion == criterion).cloned().collect();
        agreement.push(agree(criterion, &rows, machine, bootstrap));
        intervals.extend(level_interval(criterion, &rows, machine));
    }
    let (severity, severity_note) = match severity(ratings.rows(), bootstrap) {
        Ok(severity) => (severity, None),
        Err(error) => (Vec::new(), Some(error.to_string())),
    };
    let units = units(ratings.rows());
    let compared = units.iter().filter(|unit| unit.with_machine(machine) > 0);
    let sessions = compared.map(|unit| unit.session).collect::<BTreeSet<_>>().len();
    let gates = gates(&agreement[0]);
    Ok(Calibration {
        machine: machine.to_owned(),
        warnings: warnings(&humans, &agreement),
        intervals,
        table: confusion(&ratings, &humans, machine),
        humans,
        sessions,
        candidates: agreement[0].qwk.candidates,
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
    let raters = units.iter().flat_map(|unit| unit.levels.keys()).collect::<BTreeSet<_>>().len();
    let mut figures =
        bootstrap.figures(&units, |unit| unit.candidate, |units| statistics(units, machine, raters));
    for (figure, (n, candidates)) in figures.iter_mut().zip(bases(&units, machine, raters)) {
        (figure.n, figure.candidates) = (n, candidates);
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
struct Unit<'a> {
    session: &'a str,
    candidate: &'a str,
    levels: BTreeMap<&'a str, u8>,
}

impl Unit<'_> {
    fn humans(&self, machine: &str) -> usize {
        self.levels.keys().filter(|rater| **rater != machine).count()
    }

    /// Pairs of a human and the machine.
    fn with_machine(&self, machine: &str) -> usize {
        if self.levels.contains_key(machine) { self.humans(machine) } else { 0 }
    }
}

fn units(rows: &[Rating]) -> Vec<Unit<'_>> {
    let mut units: BTreeMap<(&str, &str), Unit<'_>> = BTreeMap::new();
    for row in rows {
        let new = || Unit { session: &row.session, candidate: &row.candidate, levels: BTreeMap::new() };
        let unit = units.entry((&row.session, &row.criterion)).or_insert_with(new);
        unit.levels.extend(row.level.map(|level| (row.rater.as_str(), level)));
    }
    units.into_values().filter(|unit| !unit.levels.is_empty()).collect()
}

/// What each of [`statistics`] rests on: pairs, units with two levels or units that all judged, and their candidates.
fn bases(units: &[Unit<'_>], machine: &str, raters: usize) -> [(usize, usize); 12] {
    let count = |of: &dyn Fn(&Unit<'_>) -> usize| {
        let candidates: BTreeSet<&str> =
            units.iter().filter(|unit| of(unit) > 0).map(|unit| unit.candidate).collect();
        (units.iter().map(of).sum(), candidates.len())
    };
    let m = count(&|unit| unit.with_machine(machine));
    let among = count(&|unit| unit.humans(machine) * unit.humans(machine).saturating_sub(1) / 2);
    let by_humans = count(&|unit| usize::from(unit.humans(machine) > 1));
    let by_two = count(&|unit| usize::from(unit.levels.len() > 1));
    let by_all = count(&|unit| usize::from(unit.levels.len() == raters));
    [m, m, m, m, m, m, m, among, m, by_humans, by_two, by_all]
}

fn statistics(units: &[Unit<'_>], machine: &str, raters: usize) -> [Option<f64>; 12] {
    // Pairs by rater: human against machine, human against human.
    let mut with_machine: BTreeMap<&str, Vec<[u8; 2]>> = BTreeMap::new();
    let mut among: BTreeMap<(&str, &str), Vec<[u8; 2]>> = BTreeMap::new();
    let (mut all, mut humans_only, mut everybody) = (Vec::new(), Vec::new(), Vec::new());
    let mut complete = Vec::new();
    for unit in units {
        let humans: Vec<(&str, u8)> = unit
            .levels
            .iter()
            .filter(|(rater, _)| **rater != machine)
            .map(|(rater, level)| (*rater, *level))
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
        if unit.levels.len() == raters {
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

fn too_few(agreement: &[Agreement]) -> Vec<&Agreement> {
    let few = |one: &&Agreement| one.qwk.candidates < FEW_CANDIDATES;
    agreement.first().filter(few).map_or_else(|| agreement.iter().filter(few).collect(), |all| vec![all])
}

fn warnings(humans: &[String], agreement: &[Agreement]) -> Vec<String> {
    let mut warnings = Vec::new();
    for one in too_few(agreement) {
        warnings.push(format!(
            "{}: only {} candidates rated by the machine and a human: figures are shown, no claim may rest on them ({FEW_CANDIDATES} are the least)",
            one.criterion, one.qwk.candidates
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
