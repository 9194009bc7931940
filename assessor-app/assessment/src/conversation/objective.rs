//! Whether an objective is met, with what it found, and which question follows from that.
//!
//! Each variable is measured by the scorer on the answers so far; no model and no word of the candidate sets one.

use serde::Serialize;

use super::plan::{Act, Step};
use super::{Conversation, EventKind};
use crate::exam::{Condition, Confirmation, Objective, OutputKind, OutputVariable, Polarity};
use crate::score::{CriterionScore, Presence, Quote};

/// A variable of an objective with its value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measured {
    /// Name.
    pub name: String,
    /// What it is.
    pub is: OutputKind,
    /// Which criterion it is of, where it is of one.
    pub criterion: Option<String>,
    /// The value; none where there is no level.
    pub value: Option<u32>,
    /// The words that it rests on; none for a count of answers.
    pub quotes: Vec<Quote>,
}

impl Conversation {
    /// The last step of an objective is done: branches off once where its rules say so, else tells whether it was met.
    pub(super) fn conclude_objective(&mut self, at: usize, step: &Step) {
        let exam = self.exam.clone();
        let Some(objective) = exam.objectives().find(|other| other.id == *step.objective.as_str()) else {
            return;
        };
        let outputs: Vec<Measured> =
            objective.outputs.iter().map(|output| self.measure(objective, output)).collect();
        if !outputs.is_empty() {
            let objective = objective.id.to_string();
            self.log(EventKind::ObjectiveMeasured { objective, outputs: outputs.clone() });
        }
        if self.branches_off(at, objective, &outputs) {
            return;
        }
        let name = objective.id.to_string();
        let open = objective.met_when.iter().find(|condition| !holds(condition, &outputs));
        if let Some(condition) = open {
            let reason = format!("it needs {}", condition.sentence());
            return self.log(EventKind::ObjectiveNotMet { objective: name, reason });
        }
        match objective.confirm {
            Confirmation::Automatic => {
                self.objectives_met.push(name.clone());
                self.log(EventKind::ObjectiveMet { objective: name });
            }
            Confirmation::Manual => {
                self.objectives_to_confirm.push(name.clone());
                self.log(EventKind::ObjectiveToConfirm { objective: name });
            }
        }
    }

    fn branches_off(&mut self, at: usize, objective: &Objective, outputs: &[Measured]) -> bool {
        let exam = self.exam.clone();
        if self.branched.iter().any(|id| objective.id == *id.as_str()) {
            return false;
        }
        let Some(branch) = objective.branches.iter().find(|branch| holds(&branch.when, outputs)) else {
            return false;
        };
        self.branched.push(objective.id.to_string());
        let Some(number) = exam.frame().questions.iter().position(|question| question.id == branch.ask)
        else {
            return false;
        };
        let is_ahead = self.steps.iter().any(|step| step.act == Act::Question(number));
        let was_asked = self.asked_questions.iter().any(|id| branch.ask == *id.as_str());
        let is_taken = !is_ahead && !was_asked;
        self.log(EventKind::Branched {
            objective: objective.id.to_string(),
            question: branch.ask.to_string(),
            reason: branch.when.sentence(),
            is_taken,
        });
        if is_taken {
            let act = Act::Question(number);
            self.branched_to = Some(number);
            self.steps.insert(at + 1, Step { act, objective: objective.id.to_string(), completes: true });
        }
        is_taken
    }

    fn measure(&mut self, objective: &Objective, output: &OutputVariable) -> Measured {
        let exam = self.exam.clone();
        let criterion = output.criterion.as_ref().and_then(|id| exam.rubric().criterion(id));
        let score = criterion.and_then(|criterion| self.score_so_far(criterion));
        let (value, quotes) = match (output.is, score) {
            (OutputKind::Answered, _) => (Some(self.answered(objective)), Vec::new()),
            (OutputKind::Level, Some(score)) => level(&score),
            (OutputKind::Signs, Some(score)) => signs(&score),
            (OutputKind::Level | OutputKind::Signs, None) => (None, Vec::new()),
        };
        let criterion = output.criterion.as_ref().map(ToString::to_string);
        Measured { name: output.name.to_string(), is: output.is, criterion, value, quotes }
    }

    /// How many of its questions got an answer.
    fn answered(&self, objective: &Objective) -> u32 {
        let exam = &self.exam;
        let steps = self.steps.iter().filter(|step| objective.id == *step.objective.as_str());
        let questions = steps.filter_map(|step| match step.act {
            Act::Question(number) => Some(&exam.frame().questions[number].id),
            _ => None,
        });
        let has_words = |id: &str| {
            self.answers.iter().any(|answer| answer.question == id && !answer.turn.words.is_empty())
        };
        let count = questions.filter(|id| has_words(id)).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// What a criterion's answers so far come to; none when they could not be embedded, which is logged.
    pub(super) fn score_so_far(&mut self, criterion: &crate::exam::Criterion) -> Option<CriterionScore> {
        match self.scorer.criterion_so_far(criterion, &self.answers) {
            Ok(score) => score,
            Err(error) => {
                self.log(EventKind::EmbeddingFailed { error: error.to_string() });
                None
            }
        }
    }
}

/// A variable without a value is below everything.
fn holds(condition: &Condition, outputs: &[Measured]) -> bool {
    let output = outputs.iter().find(|output| condition.output == *output.name.as_str());
    let value = output.and_then(|output| output.value);
    let enough = |least: u8| value.is_some_and(|value| value >= u32::from(least));
    condition.at_least.is_none_or(enough) && condition.below.is_none_or(|bound| !enough(bound))
}

fn level(score: &CriterionScore) -> (Option<u32>, Vec<Quote>) {
    let level = score.level();
    (level.map(|level| level.level().into()), level.map_or_else(Vec::new, |level| level.quotes().to_vec()))
}

fn signs(score: &CriterionScore) -> (Option<u32>, Vec<Quote>) {
    let shown = || {
        let positive = score.findings.iter().filter(|finding| finding.polarity == Polarity::Positive);
        positive.filter(|finding| finding.presence == Presence::Shown)
    };
    let quotes = shown().filter_map(|finding| finding.quotes.first().cloned()).collect();
    (u32::try_from(shown().count()).ok(), quotes)
}
