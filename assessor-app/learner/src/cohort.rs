//! A programme's figures over a cohort, each with what it counts; no figure is a person's.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::deliverable::{Deliverable, Deliverables, GoodEnough};
use crate::profile::{Session, Shown};
use crate::progress::{Proficiency, Skill, skills};
use crate::{LearnerError, Moment, Profile};

/// Fewer learners than these are told apart too easily: no figure rests on fewer.
pub const FEWEST: usize = 3;
/// So often a task must have worked to be a way of working.
const REPEATED: usize = 2;

/// What is known of one learner.
#[derive(Clone, Debug)]
pub struct Member {
    /// Sessions.
    pub profile: Profile,
    /// What guided practice made.
    pub deliverables: Deliverables,
}

impl Member {
    fn has_begun(&self) -> bool {
        !self.profile.sessions().is_empty() || !self.deliverables.all().is_empty()
    }
}

/// A figure with its definition.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Metric {
    /// Name.
    pub name: &'static str,
    /// What it counts, with the unit.
    pub definition: &'static str,
    /// The value; absent where fewer than [`FEWEST`] learners contribute.
    pub value: Option<f64>,
    /// Over how many; 0 where there is no value.
    pub n: usize,
}

/// A skill over the cohort.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SkillSpread {
    /// Id of the exam package.
    pub exam: String,
    /// Title of the criterion.
    pub title: String,
    /// Learners at L0, L1 and L2.
    pub learners: [usize; 3],
}

/// A month of a cohort.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Month {
    /// Year and month, `2026-03`.
    pub month: String,
    /// Sessions held.
    pub sessions: usize,
    /// Learners who held them; at least [`FEWEST`].
    pub learners: usize,
    /// Share of the skills that were asked which reached the standard with words for it.
    pub reached: f64,
}

/// A cohort's figures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cohort {
    /// How many learners have a session or a deliverable.
    pub learners: usize,
    /// How many sessions.
    pub sessions: usize,
    /// The figures.
    pub metrics: Vec<Metric>,
    /// How far each skill has come that [`FEWEST`] learners have.
    pub skills: Vec<SkillSpread>,
    /// The months in which [`FEWEST`] learners had sessions, in order.
    pub months: Vec<Month>,
}

impl Cohort {
    /// Counts.
    ///
    /// # Errors
    /// Fewer than [`FEWEST`] learners have a session or a deliverable.
    pub fn of(members: &[Member], now: Moment) -> Result<Self, LearnerError> {
        let members: Vec<&Member> = members.iter().filter(|member| member.has_begun()).collect();
        if members.len() < FEWEST {
            let reason = format!(
                "figures of a cohort need at least {FEWEST} learners with a session or a document; there are {}: fewer would tell of persons",
                members.len()
            );
            return Err(LearnerError::Refused(reason));
        }
        let found: Vec<Vec<Skill>> = members.iter().map(|member| skills(&member.profile, now)).collect();
        let mut spread: BTreeMap<(&str, &str), SkillSpread> = BTreeMap::new();
        for skill in found.iter().flatten() {
            let entry = spread.entry((&skill.exam, &skill.criterion)).or_insert_with(|| SkillSpread {
                exam: skill.exam.clone(),
                title: skill.title.clone(),
                learners: [0; 3],
            });
            entry.learners[usize::from(skill.proficiency.number())] += 1;
        }
        Ok(Self {
            learners: members.len(),
            sessions: members.iter().map(|member| member.profile.sessions().len()).sum(),
            metrics: metrics(&members, &found),
            skills: spread.into_values().filter(|one| one.learners.iter().sum::<usize>() >= FEWEST).collect(),
            months: months(&members),
        })
    }

    /// Every figure as a row of a table.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        let of_metric = |metric: &Metric| Row {
            metric: metric.name.to_owned(),
            value: metric.value,
            n: metric.n,
            definition: metric.definition,
            is_count: false,
        };
        let mut rows: Vec<Row> = self.metrics.iter().map(of_metric).collect();
        for skill in &self.skills {
            let levels = [Proficiency::L0, Proficiency::L1, Proficiency::L2];
            rows.extend(levels.iter().zip(skill.learners).map(|(level, count)| Row {
                metric: format!("{}: {} at {}", skill.exam, skill.title, level.name()),
                value: Some(count as f64),
                n: skill.learners.iter().sum(),
                definition: "learners at this level",
                is_count: true,
            }));
        }
        for month in &self.months {
            let row = |what: &str, value: f64, n, definition, is_count| Row {
                metric: format!("{}: {what}", month.month),
                value: Some(value),
                n,
                definition,
                is_count,
            };
            rows.push(row(
                "sessions",
                month.sessions as f64,
                month.learners,
                "sessions held in the month",
                true,
            ));
            let share = "share of the skills that were asked which reached the standard";
            rows.push(row("standard reached", month.reached, month.sessions, share, false));
        }
        rows
    }

    /// The figures as CSV (RFC 4180): `metric,value,n,definition`.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut csv = "metric,value,n,definition\r\n".to_owned();
        for Row { metric, value, n, definition, is_count } in self.rows() {
            let decimals = if is_count { 0 } else { 4 };
            let value = value.map_or_else(String::new, |value| format!("{value:.decimals$}"));
            let cells = [&metric, &value, &n.to_string(), definition].map(|cell: &str| {
                let plain = !cell.contains([',', '"', '\n', '\r']);
                if plain { cell.to_owned() } else { format!("\"{}\"", cell.replace('"', "\"\"")) }
            });
            csv.push_str(&cells.join(","));
            csv.push_str("\r\n");
        }
        csv
    }
}

/// A figure as a row of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its name.
    pub metric: String,
    /// The value; absent as in [`Metric`].
    pub value: Option<f64>,
    /// Over how many.
    pub n: usize,
    /// What it counts, with the unit.
    pub definition: &'static str,
    /// True where the value is a whole number of learners.
    pub is_count: bool,
}

/// What was held and shown, month by month; a month of fewer learners would tell of persons.
fn months(members: &[&Member]) -> Vec<Month> {
    let mut found: BTreeMap<String, (BTreeSet<usize>, Vec<&Session>)> = BTreeMap::new();
    for (number, member) in members.iter().enumerate() {
        for session in member.profile.sessions() {
            let month: String = session.at.date().chars().take("2026-03".len()).collect();
            let (learners, sessions) = found.entry(month).or_default();
            learners.insert(number);
            sessions.push(session);
        }
    }
    let month = |(month, (learners, sessions)): (String, (BTreeSet<usize>, Vec<&Session>))| {
        let asked: Vec<bool> =
            sessions.iter().flat_map(|session| &session.skills).map(Shown::reached).collect();
        let reached = asked.iter().filter(|reached| **reached).count();
        (learners.len() >= FEWEST && !asked.is_empty()).then(|| Month {
            month,
            sessions: sessions.len(),
            learners: learners.len(),
            reached: reached as f64 / asked.len() as f64,
        })
    };
    found.into_iter().filter_map(month).collect()
}

fn metrics(members: &[&Member], found: &[Vec<Skill>]) -> Vec<Metric> {
    let all = || members.iter().flat_map(|member| member.deliverables.all());
    let closed = || all().filter_map(|one| one.closed.as_ref());
    let with = |has: fn(&Deliverable) -> bool| {
        members.iter().filter(|member| member.deliverables.all().iter().any(has)).count()
    };
    let (learners, making, closing) = (members.len(), with(|_| true), with(|one| one.closed.is_some()));
    let (n_all, n_closed) = (all().count(), closed().count());
    let share = |count: usize, of: usize| (of > 0).then(|| count as f64 / of as f64);
    let adopted = members.iter().filter(|member| has_way_of_working(member.deliverables.all())).count();
    let good = closed().filter(|one| one.good_enough == GoodEnough::Yes).count();
    let mut minutes: Vec<i32> = closed().map(|one| one.saved_minutes).collect();
    minutes.sort_unstable();
    let speeds: Vec<Vec<f64>> =
        found.iter().map(|skills| skills.iter().filter_map(velocity).collect()).collect();
    let moving = speeds.iter().filter(|speeds| !speeds.is_empty()).count();
    let speeds = speeds.concat();
    // What rests on fewer than the fewest learners looks as if there were nothing.
    let metric = |name, definition, contributing: usize, value: Option<f64>, n| {
        let (value, n) = if contributing < FEWEST { (None, 0) } else { (value, n) };
        Metric { name, definition, value, n }
    };
    vec![
        metric(
            "adoption",
            "share of learners with a task whose result could be used, wholly or partly, at least twice",
            learners,
            share(adopted, learners),
            learners,
        ),
        metric(
            "quality",
            "share of closed loops whose result was good enough as it was, by the learner's own judgement",
            closing,
            share(good, n_closed),
            n_closed,
        ),
        metric(
            "time reallocation",
            "minutes saved per closed loop, median, by the learner's own judgement; negative where time was lost",
            closing,
            median(&minutes),
            n_closed,
        ),
        metric(
            "sharing",
            "share of learners who let colleagues use the way they worked",
            learners,
            share(with(|one| one.shared), learners),
            learners,
        ),
        metric(
            "progression velocity",
            "levels gained per 30 days and skill, mean over skills with two sessions at least a day apart",
            moving,
            mean(&speeds),
            speeds.len(),
        ),
        metric(
            "open loops",
            "results of guided practice of which nobody has told yet what became of them",
            making,
            Some((n_all - n_closed) as f64),
            n_all,
        ),
    ]
}

fn has_way_of_working(made: &[Deliverable]) -> bool {
    let mut worked: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for one in made.iter().filter(|one| one.closed.as_ref().is_some_and(|c| c.good_enough != GoodEnough::No))
    {
        *worked.entry((&one.exam, &one.task)).or_default() += 1;
    }
    worked.values().any(|count| *count >= REPEATED)
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn median(sorted: &[i32]) -> Option<f64> {
    let middle = sorted.len() / 2;
    let at = |index: usize| sorted.get(index).copied().map(f64::from);
    if sorted.len() % 2 == 1 { at(middle) } else { Some((at(middle.checked_sub(1)?)? + at(middle)?) / 2.0) }
}

/// Levels gained per 30 days, from the first session of a skill to its last.
fn velocity(skill: &Skill) -> Option<f64> {
    let (first, last) = (skill.occasions.first()?, skill.occasions.last()?);
    let days = last.at.days_since(first.at);
    let gained = f64::from(last.after.number()) - f64::from(first.after.number());
    (days >= 1.0).then(|| gained * 30.0 / days)
}
