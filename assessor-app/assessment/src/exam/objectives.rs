//! What a session must reach, in which order: `objectives.toml`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Id;

/// `objectives.toml`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Objectives {
    /// The objectives; pursued in an order that respects `requires`, otherwise as written.
    #[serde(rename = "objective", default)]
    pub objectives: Vec<Objective>,
}

/// One objective.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Objective {
    /// Name.
    pub id: Id,
    /// In words.
    pub text: String,
    /// What it consists of.
    pub kind: ObjectiveKind,
    /// Domain of a [`ObjectiveKind::Questions`] objective.
    pub domain: Option<Id>,
    /// How many main questions a [`ObjectiveKind::Questions`] objective asks.
    #[serde(default = "one")]
    pub count: usize,
    /// Objectives that come first.
    #[serde(default)]
    pub requires: Vec<Id>,
    /// Who says that it is met.
    #[serde(default)]
    pub confirm: Confirmation,
    /// What is measured when its last step is done.
    #[serde(rename = "output", default)]
    pub outputs: Vec<OutputVariable>,
    /// What must hold for it to be met, all of it; nothing beyond its kind where absent.
    #[serde(default)]
    pub met_when: Vec<Condition>,
    /// Further questions; the first whose condition holds is asked, once.
    #[serde(rename = "branch", default)]
    pub branches: Vec<Branch>,
}

/// Who says that an objective is met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Confirmation {
    /// The engine, by what it measured.
    #[default]
    Automatic,
    /// A human, from the record; until then it is open.
    Manual,
}

/// Something that is measured of an objective.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutputVariable {
    /// Name.
    pub name: Id,
    /// What it is.
    pub is: OutputKind,
    /// The criterion of a level or of signs.
    pub criterion: Option<Id>,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputKind {
    /// The level of a criterion so far; without a value where there is none.
    Level,
    /// How many positive signs of a criterion were shown so far.
    Signs,
    /// How many of the objective's questions were answered.
    Answered,
}

impl OutputKind {
    /// In words.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Level => "level so far",
            Self::Signs => "signs shown so far",
            Self::Answered => "questions answered",
        }
    }
}

/// A bound on a variable; a variable without a value is below every bound.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// Which variable of the objective.
    pub output: Id,
    /// It is this much or more …
    pub at_least: Option<u8>,
    /// … or less than this.
    pub below: Option<u8>,
}

impl Condition {
    /// In words: `escalation-level below 2`.
    #[must_use]
    pub fn sentence(&self) -> String {
        let bound = |word: &str, bound: Option<u8>| bound.map(|bound| format!("{word} {bound}"));
        let bounds = [bound("at least", self.at_least), bound("below", self.below)];
        let bounds: Vec<String> = bounds.into_iter().flatten().collect();
        format!("{} {}", self.output, bounds.join(" and "))
    }
}

/// A further question that follows from what an objective found.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Branch {
    /// When.
    pub when: Condition,
    /// Which question of the bank; not of the minimum set, which everybody is asked anyhow.
    pub ask: Id,
}

/// What an objective consists of; each is met by something the engine sees, never by a model's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ObjectiveKind {
    /// The candidate consented.
    Consent,
    /// The warm-up question was put.
    WarmUp,
    /// Questions of a domain were asked.
    Questions,
    /// The scene was played to one of its ends.
    RolePlay,
    /// The closing words were said.
    Closing,
}

fn one() -> usize {
    1
}

impl Objectives {
    /// Numbers of the objectives in an order that respects `requires`; `Err` holds the names of a cycle, first = last.
    pub(crate) fn order(&self) -> Result<Vec<usize>, Vec<String>> {
        let mut order = Vec::new();
        let mut state = vec![Mark::New; self.objectives.len()];
        for start in 0..self.objectives.len() {
            self.visit(start, &mut state, &mut Vec::new(), &mut order)?;
        }
        Ok(order)
    }

    fn visit(
        &self,
        at: usize,
        state: &mut [Mark],
        path: &mut Vec<usize>,
        order: &mut Vec<usize>,
    ) -> Result<(), Vec<String>> {
        match state[at] {
            Mark::Done => return Ok(()),
            Mark::Open => {
                let from =
                    path.iter().position(|other| *other == at).expect("an open objective lies on the path");
                let cycle = path[from..].iter().chain([&at]).map(|i| self.objectives[*i].id.to_string());
                return Err(cycle.collect());
            }
            Mark::New => {}
        }
        state[at] = Mark::Open;
        path.push(at);
        for required in &self.objectives[at].requires {
            if let Some(next) = self.objectives.iter().position(|other| other.id == *required) {
                self.visit(next, state, path, order)?;
            }
        }
        path.pop();
        state[at] = Mark::Done;
        order.push(at);
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum Mark {
    New,
    Open,
    Done,
}
