//! A programme's figures over a cohort, each with what it counts; no figure is a person's.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::deliverable::{Deliverable, Deliverables, GoodEnough};
use crate::progress::{Proficiency, Skill, skills};
use crate::{LearnerError, Moment, Profile};

/// Fewer learners than these are told apart too easily: then no figure is given.
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

/// A figure with its definition.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Metric {
    /// Name.
    pub name: &'static str,
    /// What it counts, with the unit.
    pub definition: &'static str,
    /// The value; absent where nothing can be counted.
    pub value: Option<f64>,
    /// Over how many.
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

/// A cohort's figures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cohort {
    /// How many learners.
    pub learners: usize,
    /// How many sessions.
    pub sessions: usize,
    /// The figures.
    pub metrics: Vec<Metric>,
    /// How far each skill has come.
    pub skills: Vec<SkillSpread>,
}

impl Cohort {
    /// Counts.
    ///
    /// # Errors
    /// There are fewer than [`FEWEST`] learners.
    pub fn of(members: &[Member], now: Moment) -> Result<Self, LearnerError> {
        if members.len() < FEWEST {
            let reason = format!(
                "figures of a cohort need at least {FEWEST} learners; there are {}: fewer would tell of persons",
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
            metrics: metrics(members, &found),
            skills: spread.into_values().collect(),
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
    /// The value; absent where nothing can be counted.
    pub value: Option<f64>,
    /// Over how many.
    pub n: usize,
    /// What it counts, with the unit.
    pub definition: &'static str,
    /// True where the value is a whole number of learners.
    pub is_count: bool,
}

fn metrics(members: &[Member], found: &[Vec<Skill>]) -> Vec<Metric> {
    let all = || members.iter().flat_map(|member| member.deliverables.all());
    let closed = || all().filter_map(|one| one.closed.as_ref());
    let n_closed = closed().count();
    let share = |count: usize, of: usize| (of > 0).then(|| count as f64 / of as f64);
    let learners = members.len();
    let adopted = members.iter().filter(|member| has_way_of_working(member.deliverables.all())).count();
    let good = closed().filter(|one| one.good_enough == GoodEnough::Yes).count();
    let mut minutes: Vec<i32> = closed().map(|one| one.saved_minutes).collect();
    minutes.sort_unstable();
    let sharing = members.iter().filter(|one| one.deliverables.all().iter().any(|made| made.shared)).count();
    let speeds: Vec<f64> = found.iter().flatten().filter_map(velocity).collect();
    let mean =
        |values: &[f64]| (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64);
    vec![
        Metric {
            name: "adoption",
            definition: "share of learners with a task whose result could be used, wholly or partly, at least twice",
            value: share(adopted, learners),
            n: learners,
        },
        Metric {
            name: "quality",
            definition: "share of closed loops whose result was good enough as it was, by the learner's own judgement",
            value: share(good, n_closed),
            n: n_closed,
        },
        Metric {
            name: "time reallocation",
            definition: "minutes saved per closed loop, median, by the learner's own judgement; negative where time was lost",
            value: median(&minutes),
            n: n_closed,
        },
        Metric {
            name: "sharing",
            definition: "share of learners who let colleagues use the way they worked",
            value: share(sharing, learners),
            n: learners,
        },
        Metric {
            name: "progression velocity",
            definition: "levels gained per 30 days and skill, mean over skills with two sessions at least a day apart",
            value: mean(&speeds),
            n: speeds.len(),
        },
        Metric {
            name: "open loops",
            definition: "results of guided practice of which nobody has told yet what became of them",
            value: Some((all().count() - n_closed) as f64),
            n: all().count(),
        },
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
