//! Which of the questions that not everybody is asked comes next: the one whose difficulty fits the levels shown so far.
//!
//! The common minimum set is asked before and is the same for everybody; only what comes beyond it is chosen here, each time with a reason.

use super::plan::Act;
use super::{Conversation, EventKind};
use crate::exam::{Criterion, HARDEST};

/// Share of the way from the lowest to the highest level from which a harder question is put.
const HARDER_FROM: f64 = 2.0 / 3.0;
/// Below this share an easier one is put.
const EASIER_BELOW: f64 = 1.0 / 3.0;
/// What a mean of levels may be off by in floating point.
const SLACK: f64 = 1e-9;

impl Conversation {
    /// Puts a question of the bank in place of a free choice in a domain of the rubric; `None` when none is left.
    pub(super) fn choose_question(&mut self, at: usize, domain: usize) -> Option<usize> {
        let exam = self.exam.clone();
        let (domain, questions) = (&exam.rubric().domains[domain], &exam.frame().questions);
        let (wanted, basis) = self.wanted_difficulty(&domain.id);
        let is_open = |number: &usize| {
            let question = &questions[*number];
            let is_planned = self.steps.iter().any(|step| step.act == Act::Question(*number));
            let is_asked = self.asked_questions.iter().any(|id| question.id == *id.as_str());
            question.domain == domain.id && !question.minimum_set && !is_planned && !is_asked
        };
        let open: Vec<usize> = (0..questions.len()).filter(is_open).collect();
        // Of an easier and a harder one that are equally near the easier: no lot may make an exam harder.
        let distance = |number: &usize| {
            let difficulty = questions[*number].difficulty;
            (difficulty.abs_diff(wanted), difficulty)
        };
        let nearest = open.iter().map(distance).min()?;
        let fitting: Vec<usize> = open.into_iter().filter(|number| distance(number) == nearest).collect();
        let chosen = *self.chance.pick(&fitting)?;
        let question = &questions[chosen];
        let equal = if fitting.len() > 1 { "; the seed chose among equal ones" } else { "" };
        let has = question.difficulty;
        let reason = format!(
            "{basis}: difficulty {wanted} of {HARDEST} is due, and the nearest that is left has {has}{equal}"
        );
        self.steps[at].act = Act::Question(chosen);
        self.log(EventKind::QuestionChosen { question: question.id.to_string(), difficulty: has, reason });
        Some(chosen)
    }

    /// The difficulty that fits what was shown so far on a domain, or on all of them before there is anything on it; and from what it follows.
    fn wanted_difficulty(&mut self, domain: &str) -> (u8, String) {
        let exam = self.exam.clone();
        let criteria = || exam.rubric().criteria.iter();
        let of_domain: Vec<&Criterion> = criteria().filter(|criterion| criterion.domain == *domain).collect();
        for (on, criteria) in
            [("the criteria of this domain", of_domain), ("all criteria", criteria().collect())]
        {
            let shares = self.shares_so_far(&criteria);
            if shares.is_empty() {
                continue;
            }
            let mean = shares.iter().sum::<f64>() / shares.len() as f64;
            let wanted = if mean + SLACK >= HARDER_FROM {
                HARDEST
            } else if mean + SLACK < EASIER_BELOW {
                1
            } else {
                2
            };
            let percent = 100.0 * mean;
            return (
                wanted,
                format!("the levels shown so far on {on} lie {percent:.0} % of the way to the highest"),
            );
        }
        (2, "no level shown so far".to_owned())
    }

    /// How far the levels shown so far lie between the lowest and the highest, for each criterion that has one, in 0..=1.
    fn shares_so_far(&mut self, criteria: &[&Criterion]) -> Vec<f64> {
        let mut shares = Vec::new();
        for criterion in criteria {
            let Some(level) = self.score_so_far(criterion).and_then(|score| Some(score.level()?.level()))
            else {
                continue;
            };
            let steps = criterion.levels.len().saturating_sub(1).max(1);
            shares.push(f64::from(level.saturating_sub(1)) / steps as f64);
        }
        shares
    }
}
