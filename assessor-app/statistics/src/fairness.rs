//! Groups compared: outcomes (four-fifths), single criteria (Mantel–Haenszel), machine against humans within each group.
//!
//! **Source**: 29 CFR 1607.4(D) for the four-fifths ratio; the others stand with their functions.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::{
    Bootstrap, Figure, Rating, Ratings, StatisticsError,
    agreement::standardised_mean_difference,
    mantel_haenszel::{MantelHaenszel, Standing, mantel_haenszel},
};

/// Fewer candidates in a group carry no claim.
pub const SMALL_GROUP: usize = 30;
/// ETS asks for so many in the smaller group before differential functioning is judged.
pub const SMALL_FOCAL: usize = 200;
/// Human–machine difference that a group may have.
pub const GROUP_SMD: f64 = 0.10;

/// What is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FairnessConfig {
    /// The rater whose levels are looked at.
    pub rater: String,
    /// The group, for example `first_language`.
    pub group: String,
    /// The value that others are compared with; the most frequent where none is given.
    pub reference: Option<String>,
    /// A criterion counts as met from this level.
    pub met_from: u8,
    /// How intervals are made.
    pub bootstrap: Bootstrap,
}

/// One group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GroupOutcome {
    /// The value.
    pub value: String,
    /// Share of sessions that passed.
    pub pass_rate: Figure,
    /// Pass rate over the highest one.
    pub ratio: Figure,
    /// What the ratio says, in a sentence.
    pub verdict: &'static str,
    /// Machine against humans within the group.
    pub smd: Figure,
    /// Fewer than [`SMALL_GROUP`] candidates.
    pub small: bool,
}

/// One criterion for one group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ItemFunctioning {
    /// The criterion.
    pub criterion: String,
    /// The focal group.
    pub focal: String,
    /// The figures; none where no stratum compares the groups.
    pub result: Option<MantelHaenszel>,
    /// D-DIF with an interval over draws of candidates.
    pub d_dif: Figure,
}

/// The whole comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fairness {
    /// The rater.
    pub rater: String,
    /// The group's name.
    pub group: String,
    /// What others are compared with.
    pub reference: String,
    /// A criterion counts as met from this level.
    pub met_from: u8,
    /// Sessions without a value of the group.
    pub without_group: usize,
    /// How intervals are made.
    pub bootstrap: Bootstrap,
    /// By value.
    pub outcomes: Vec<GroupOutcome>,
    /// By criterion and focal value.
    pub items: Vec<ItemFunctioning>,
    /// What a reader must know.
    pub warnings: Vec<String>,
}

/// One session as the comparison sees it.
#[derive(Clone, Debug)]
struct Session {
    candidate: String,
    value: String,
    passed: Option<bool>,
    /// Criterion → met.
    met: BTreeMap<String, bool>,
    /// Human's level, machine's level.
    pairs: Vec<[u8; 2]>,
}

/// Compares the groups.
///
/// **Errors**: no such group or rater, fewer than two values, a reference that is none of them, or no outcome in the ratings.
pub fn fairness(ratings: &Ratings, config: &FairnessConfig) -> Result<Fairness, StatisticsError> {
    let not = |reason: String| Err(StatisticsError::NotEnough(reason));
    if !ratings.raters().contains(config.rater.as_str()) {
        return not(format!("no rating is by {:?}; the raters are {:?}", config.rater, ratings.raters()));
    }
    if !ratings.group_names().contains(config.group.as_str()) {
        return not(format!(
            "no rating has a group {:?}; the groups are {:?}",
            config.group,
            ratings.group_names()
        ));
    }
    let (sessions, without_group) = sessions(ratings, config);
    let mut counts: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for session in &sessions {
        counts.entry(&session.value).or_default().insert(&session.candidate);
    }
    if counts.len() < 2 {
        return not(format!("{}: two values are needed to compare; found {:?}", config.group, counts.keys()));
    }
    let most = counts.iter().max_by_key(|(value, who)| (who.len(), std::cmp::Reverse(*value)));
    let most = most.map_or("", |(value, _)| value);
    let reference = config.reference.as_deref().unwrap_or(most);
    if !counts.contains_key(reference) {
        return not(format!("{}: no value {reference:?}; found {:?}", config.group, counts.keys()));
    }
    if sessions.iter().all(|session| session.passed.is_none()) {
        return not("no session has an outcome: a column `passed` is needed".to_owned());
    }
    let outcomes = outcomes(&sessions, &counts, config.bootstrap);
    let criteria: BTreeSet<&str> =
        sessions.iter().flat_map(|one| one.met.keys().map(String::as_str)).collect();
    let mut items = Vec::new();
    for focal in counts.keys().filter(|value| **value != reference) {
        for criterion in &criteria {
            items.push(item(&sessions, criterion, (reference, focal), config.bootstrap));
        }
    }
    let warnings = warnings(&counts, without_group, &outcomes, &items);
    Ok(Fairness {
        rater: config.rater.clone(),
        group: config.group.clone(),
        reference: reference.to_owned(),
        met_from: config.met_from,
        without_group,
        bootstrap: config.bootstrap,
        outcomes,
        items,
        warnings,
    })
}

fn sessions(ratings: &Ratings, config: &FairnessConfig) -> (Vec<Session>, usize) {
    let mut by_session: BTreeMap<&str, Vec<&Rating>> = BTreeMap::new();
    for row in ratings.rows() {
        by_session.entry(&row.session).or_default().push(row);
    }
    let all = by_session.len();
    let sessions: Vec<Session> = by_session
        .into_values()
        .filter_map(|rows| {
            let first = rows[0];
            let machine: BTreeMap<&str, u8> = rows
                .iter()
                .filter(|row| row.rater == config.rater)
                .filter_map(|row| Some((row.criterion.as_str(), row.level?)))
                .collect();
            let pairs = rows.iter().filter(|row| row.rater != config.rater);
            let pairs =
                pairs.filter_map(|row| Some([row.level?, *machine.get(row.criterion.as_str())?])).collect();
            Some(Session {
                candidate: first.candidate.clone(),
                value: first.groups.get(&config.group)?.clone(),
                passed: first.passed,
                met: machine
                    .into_iter()
                    .map(|(criterion, level)| (criterion.to_owned(), level >= config.met_from))
                    .collect(),
                pairs,
            })
        })
        .collect();
    let without = all - sessions.len();
    (sessions, without)
}

fn rate(sessions: &[Session], value: &str) -> Option<f64> {
    let outcomes: Vec<bool> =
        sessions.iter().filter(|one| one.value == value).filter_map(|one| one.passed).collect();
    let passed = outcomes.iter().filter(|passed| **passed).count();
    (!outcomes.is_empty()).then(|| passed as f64 / outcomes.len() as f64)
}

fn outcomes(
    sessions: &[Session],
    counts: &BTreeMap<&str, BTreeSet<&str>>,
    bootstrap: Bootstrap,
) -> Vec<GroupOutcome> {
    let highest = counts.keys().filter_map(|value| Some((*value, rate(sessions, value)?)));
    let highest = highest.max_by(|a, b| a.1.total_cmp(&b.1)).map_or("", |(value, _)| value);
    let of_value = |value: &str| {
        let own: Vec<Session> = sessions.iter().filter(|one| one.value == value).cloned().collect();
        let n = own.iter().filter(|one| one.passed.is_some()).count();
        let pass_rate = bootstrap.figure(&own, |one| &one.candidate, |own| rate(own, value));
        let ratio = bootstrap.figure(
            sessions,
            |one| &one.candidate,
            |all| {
                let top = rate(all, highest).filter(|top| *top > 0.0)?;
                Some(rate(all, value)? / top)
            },
        );
        let smd = bootstrap.figure(
            &own,
            |one| &one.candidate,
            |own| {
                let pairs: Vec<[u8; 2]> = own.iter().flat_map(|one| one.pairs.iter().copied()).collect();
                standardised_mean_difference(&pairs)
            },
        );
        let small = counts[value].len() < SMALL_GROUP;
        let verdict = match (ratio.value, ratio.low, ratio.high) {
            _ if value == highest => "highest rate",
            (None, _, _) => "cannot be told",
            (_, _, Some(high)) if high < 0.8 => "under four fifths",
            (Some(ratio), _, _) if ratio < 0.8 => "under four fifths, within chance",
            (_, Some(low), _) if low >= 0.8 => "at least four fifths",
            _ => "at least four fifths, under it within chance",
        };
        let pairs = own.iter().map(|one| one.pairs.len()).sum();
        GroupOutcome {
            value: value.to_owned(),
            pass_rate: Figure { n, ..pass_rate },
            ratio: Figure { n, candidates: counts[value].len(), ..ratio },
            verdict,
            smd: Figure { n: pairs, ..smd },
            small,
        }
    };
    counts.keys().map(|value| of_value(value)).collect()
}

fn item(
    sessions: &[Session],
    criterion: &str,
    (reference, focal): (&str, &str),
    bootstrap: Bootstrap,
) -> ItemFunctioning {
    let own: Vec<Session> = sessions
        .iter()
        .filter(|one| (one.value == reference || one.value == focal) && one.met.contains_key(criterion))
        .cloned()
        .collect();
    let standings = |sessions: &[Session]| -> Vec<Standing> {
        let standing = |one: &Session| Standing {
            score: one.met.values().filter(|met| **met).count() as u32,
            focal: one.value == focal,
            met: one.met[criterion],
        };
        sessions.iter().map(standing).collect()
    };
    let d_dif = bootstrap.figure(
        &own,
        |one| &one.candidate,
        |own| mantel_haenszel(&standings(own)).map(|result| result.d_dif),
    );
    ItemFunctioning {
        criterion: criterion.to_owned(),
        focal: focal.to_owned(),
        result: mantel_haenszel(&standings(&own)),
        d_dif,
    }
}

fn warnings(
    counts: &BTreeMap<&str, BTreeSet<&str>>,
    without_group: usize,
    outcomes: &[GroupOutcome],
    items: &[ItemFunctioning],
) -> Vec<String> {
    let mut warnings = Vec::new();
    for (value, who) in counts.iter().filter(|(_, who)| who.len() < SMALL_GROUP) {
        warnings.push(format!(
            "group {value}: {} candidates are too few for a claim ({SMALL_GROUP} are the least)",
            who.len()
        ));
    }
    if counts.values().any(|who| who.len() < SMALL_FOCAL) {
        warnings.push(format!(
            "differential functioning: with fewer than {SMALL_FOCAL} candidates in a group only large differences can be seen"
        ));
    }
    if without_group > 0 {
        warnings.push(format!("{without_group} sessions have no value of this group and are left out"));
    }
    for one in outcomes.iter().filter(|one| one.smd.value.is_some_and(|smd| smd.abs() > GROUP_SMD)) {
        warnings.push(format!(
            "group {}: machine and humans differ by more than {GROUP_SMD:.2} standard deviations",
            one.value
        ));
    }
    for one in items.iter().filter(|one| one.result.is_none()) {
        warnings.push(format!(
            "{} for {}: no candidates of equal standing in both groups to compare",
            one.criterion, one.focal
        ));
    }
    warnings
}
