//! Levels of proficiency, L0 to L2, from what sessions showed; and what to practise next.
//!
//! The rules, for each skill (a criterion of an exam's rubric), over the sessions of the last 365 days that gave it a level:
//!
//! * **L0**, not shown yet: none of the last three reached the standard.
//! * **L1**, shown: at least one of the last three reached the standard.
//! * **L2**, shown reliably: the last two both reached it, on different days.
//!
//! A level falls by the same rules as it rises. A session that gave no level says nothing either way.

use std::collections::BTreeMap;

use serde::Serialize;
use viva_assessment::Exam;

use crate::{Memories, MemoryKind, Moment, Profile, profile::Session, profile::Shown};

/// How long a session counts.
const DAYS: f64 = 365.0;
/// How many sessions are looked back at.
const LAST: usize = 3;

/// How far a skill has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Proficiency {
    /// Not shown yet.
    L0,
    /// Shown.
    L1,
    /// Shown reliably.
    L2,
}

impl Proficiency {
    /// `L0`, `L1`, `L2`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::L0 => "L0",
            Self::L1 => "L1",
            Self::L2 => "L2",
        }
    }

    /// What it means.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::L0 => "not shown yet",
            Self::L1 => "shown",
            Self::L2 => "shown reliably",
        }
    }

    /// 0, 1, 2.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::L0 => 0,
            Self::L1 => 1,
            Self::L2 => 2,
        }
    }
}

/// A skill with everything its level rests on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Skill {
    /// Id of the exam package.
    pub exam: String,
    /// Title of the exam package.
    pub exam_title: String,
    /// Criterion of its rubric.
    pub criterion: String,
    /// As shown.
    pub title: String,
    /// How far it has come.
    pub proficiency: Proficiency,
    /// The rule that decided it, with its numbers.
    pub why: String,
    /// Every session that gave a level, by date.
    pub occasions: Vec<Occasion>,
}

/// A session that gave a skill a level.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Occasion {
    /// The session.
    pub session: String,
    /// When.
    pub at: Moment,
    /// True in practice.
    pub practice: bool,
    /// The level.
    pub level: u8,
    /// The level that the standard asks for.
    pub target: u8,
    /// The highest level.
    pub max: u8,
    /// Whether the standard was reached.
    pub reached: bool,
    /// Words that the level rests on.
    pub quote: Option<String>,
    /// How far the skill had come after it.
    pub after: Proficiency,
}

/// Every skill of a profile, by exam and criterion.
#[must_use]
pub fn skills(profile: &Profile, now: Moment) -> Vec<Skill> {
    let mut found: BTreeMap<(&str, &str), Vec<(&Session, &Shown)>> = BTreeMap::new();
    for session in profile.sessions() {
        for shown in &session.skills {
            found.entry((&session.exam, &shown.criterion)).or_default().push((session, shown));
        }
    }
    found.into_values().filter_map(|shown| skill(&shown, now)).collect()
}

fn skill(shown: &[(&Session, &Shown)], now: Moment) -> Option<Skill> {
    let (session, last) = shown.last()?;
    let mut occasions: Vec<Occasion> = Vec::new();
    for (session, shown) in shown {
        let Some(level) = shown.level else { continue };
        occasions.push(Occasion {
            session: session.id.clone(),
            at: session.at,
            practice: session.mode == viva_record::wire::SessionMode::Practice,
            level,
            target: shown.target,
            max: shown.max,
            reached: shown.reached(),
            quote: shown.quote.clone(),
            after: Proficiency::L0,
        });
        let after = judge(&occasions, session.at).0;
        if let Some(last) = occasions.last_mut() {
            last.after = after;
        }
    }
    let (proficiency, why) = judge(&occasions, now);
    Some(Skill {
        exam: session.exam.clone(),
        exam_title: session.title.clone(),
        criterion: last.criterion.clone(),
        title: last.title.clone(),
        proficiency,
        why,
        occasions,
    })
}

fn judge(occasions: &[Occasion], now: Moment) -> (Proficiency, String) {
    let counted: Vec<&Occasion> = occasions.iter().filter(|one| now.days_since(one.at) <= DAYS).collect();
    let last = &counted[counted.len().saturating_sub(LAST)..];
    let reached = last.iter().filter(|one| one.reached).count();
    match (last, reached) {
        ([], _) => (Proficiency::L0, "no session of the last 365 days gave it a level".to_owned()),
        (_, 0) => (Proficiency::L0, format!("reached in none of {}", the_last(last.len()))),
        ([.., before, latest], _)
            if before.reached && latest.reached && before.at.day() != latest.at.day() =>
        {
            let (before, latest) = (before.at.date(), latest.at.date());
            (Proficiency::L2, format!("reached in the last two sessions, on {before} and {latest}"))
        }
        _ => (Proficiency::L1, format!("reached in {reached} of {}", the_last(last.len()))),
    }
}

fn the_last(count: usize) -> String {
    if count == 1 { "1 session so far".to_owned() } else { format!("the last {count} sessions") }
}

/// What to practise.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Gap {
    /// Id of the exam package that has an occasion for it.
    pub exam: String,
    /// Title of that exam package.
    pub exam_title: String,
    /// Criterion of its rubric.
    pub criterion: String,
    /// As shown.
    pub title: String,
    /// How far it has come.
    pub proficiency: Proficiency,
    /// Why this comes at this place of the list.
    pub why: String,
    /// What was open last time, in the rubric's words.
    pub open: Vec<String>,
    /// The questions that give an occasion.
    pub questions: Vec<String>,
    /// The scene that gives one, if it does.
    pub scene: Option<String>,
    /// What the level that the standard asks for looks like.
    pub looks_like: String,
}

/// The skills of these exams that are below L2: the lowest first, then the heaviest in the rubric.
#[must_use]
pub fn gaps(profile: &Profile, memories: &Memories, exams: &[&Exam], now: Moment) -> Vec<Gap> {
    let known = skills(profile, now);
    let mut gaps = Vec::new();
    for exam in exams {
        let (id, rubric) = (exam.frame().id.as_str(), exam.rubric());
        for criterion in &rubric.criteria {
            let skill = known.iter().find(|skill| skill.exam == id && skill.criterion == *criterion.id);
            let proficiency = skill.map_or(Proficiency::L0, |skill| skill.proficiency);
            if proficiency == Proficiency::L2 {
                continue;
            }
            let open = memories.alive(now).filter(|memory| {
                memory.kind == MemoryKind::OpenPoint
                    && memory.exam.as_deref() == Some(id)
                    && memory.criterion.as_deref() == Some(&criterion.id)
            });
            let asks = |criteria: &[viva_assessment::exam::Id]| criteria.contains(&criterion.id);
            let questions = exam.frame().questions.iter().filter(|question| asks(&question.criteria));
            let scene = exam.role_play();
            let target = (rubric.cut_score - 1e-9).ceil().max(f64::from(criterion.minimum_level)) as u8;
            let anchor =
                criterion.levels.iter().find(|level| level.level == target).or(criterion.levels.last());
            let gap = Gap {
                exam: id.to_owned(),
                exam_title: exam.frame().title.clone(),
                criterion: criterion.id.to_string(),
                title: criterion.title.clone(),
                proficiency,
                why: skill
                    .map_or_else(|| "no session has asked for it yet".to_owned(), |skill| skill.why.clone()),
                open: open.map(|memory| memory.text.clone()).collect(),
                questions: questions.map(|question| question.text.clone()).collect(),
                scene: asks(&scene.criteria).then(|| scene.character.scene.clone()),
                looks_like: anchor.map_or_else(String::new, |level| level.anchor.clone()),
            };
            gaps.push((proficiency, -criterion.weight, gap));
        }
    }
    gaps.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    gaps.into_iter().map(|(_, _, gap)| gap).collect()
}
