//! What a session must reach, in which order: `objectives.toml`.

use schemars::JsonSchema;
use serde::Deserialize;

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
