//! Which steps a session takes: the objectives unrolled, with the seeded choice of questions.

use super::practice::PracticePlan;
use crate::chance::Chance;
use crate::exam::{Exam, ObjectiveKind};

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Consent,
    WarmUp,
    /// Number of a question of the bank.
    Question(usize),
    /// A question beyond the minimum set, chosen when it is due; number of a domain of the rubric.
    Free(usize),
    RolePlay,
    Closing,
}

/// A step and whether it is the last of its objective.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) act: Act,
    pub(super) objective: String,
    pub(super) completes: bool,
}

/// The steps in order. Questions of the minimum set come first, the rest is chosen when it is due. In practice the questions come first that
/// come back to most of what is open; among equal ones those that an exam does not always ask, so that nobody trains for its wording.
pub(super) fn steps(exam: &Exam, chance: &mut Chance, practice: Option<&PracticePlan>) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut asked = vec![false; exam.frame().questions.len()];
    for objective in exam.objectives() {
        let acts = match objective.kind {
            ObjectiveKind::Consent => vec![Act::Consent],
            ObjectiveKind::WarmUp => vec![Act::WarmUp],
            ObjectiveKind::RolePlay => vec![Act::RolePlay],
            ObjectiveKind::Closing => vec![Act::Closing],
            ObjectiveKind::Questions => {
                let mut acts = Vec::new();
                for _ in 0..objective.count {
                    let questions = exam.frame().questions.iter().enumerate();
                    let open: Vec<usize> = questions
                        .filter(|(at, question)| {
                            !asked[*at] && objective.domain.as_ref() == Some(&question.domain)
                        })
                        .map(|(at, _)| at)
                        .collect();
                    let chosen = match practice {
                        Some(plan) => chance.pick(&plan.nearest(exam, open)).copied(),
                        None => open.into_iter().find(|at| exam.frame().questions[*at].minimum_set),
                    };
                    let domains = &exam.rubric().domains;
                    let domain =
                        domains.iter().position(|domain| objective.domain.as_ref() == Some(&domain.id));
                    if let Some(at) = chosen {
                        asked[at] = true;
                        acts.push(Act::Question(at));
                    } else if let (Some(domain), None) = (domain, practice) {
                        acts.push(Act::Free(domain));
                    }
                }
                acts
            }
        };
        let last = acts.len().saturating_sub(1);
        for (at, act) in acts.into_iter().enumerate() {
            steps.push(Step { act, objective: objective.id.to_string(), completes: at == last });
        }
    }
    steps
}
