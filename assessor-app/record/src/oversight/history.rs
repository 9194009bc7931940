//! What was done with a session so far, read from a bundle that verified.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use viva_verify::{
    DECISION_EVENT, Verified,
    oversight::{
        APPEAL_DECISION_EVENT, APPEAL_EVENT, BLIND_SCORE_EVENT, CONFIRMATION_EVENT, CORRECTION_EVENT,
        OVERRIDE_EVENT, OversightStep, REFERRAL_EVENT, WORK_SAMPLES_EVENT, same_person,
    },
};

use super::work_samples::{WorkSample, WorkSamples};
use super::{Appeal, AppealDecision, BlindScore, Confirmation, Correction, Override, Referral, Step};
use crate::wire::{CriterionResult, Objective, ObjectiveState, ScoreSheet};
use crate::{Decision, RecordError};

/// All steps of oversight, each kind in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Own levels of reviewers.
    pub blind_scores: Vec<BlindScore>,
    /// Corrections of own levels.
    pub corrections: Vec<Correction>,
    /// Levels in place of the machine's.
    pub overrides: Vec<Override>,
    /// Left to somebody else.
    pub referrals: Vec<Referral>,
    /// Appeals.
    pub appeals: Vec<Appeal>,
    /// What was decided on them, one per closed appeal.
    pub appeal_decisions: Vec<AppealDecision>,
    /// Work samples that were handed in.
    pub work_samples: Vec<WorkSamples>,
    /// Objectives that a human confirmed, or did not.
    pub confirmations: Vec<Confirmation>,
    /// The first decision.
    pub decision: Option<Decision>,
}

/// An appeal that waits for its decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenAppeal<'a> {
    /// The appeal.
    pub appeal: &'a Appeal,
    /// What it contests.
    pub against: &'a Decision,
}

impl History {
    /// Reads the steps of a verified bundle.
    ///
    /// **Errors**: a step is of another shape.
    pub fn of(verified: &Verified) -> Result<Self, RecordError> {
        let mut history = Self::default();
        for step in &verified.oversight {
            match step.kind.as_str() {
                BLIND_SCORE_EVENT => history.blind_scores.push(read(step)?),
                CORRECTION_EVENT => history.corrections.push(read(step)?),
                OVERRIDE_EVENT => history.overrides.push(read(step)?),
                REFERRAL_EVENT => history.referrals.push(read(step)?),
                APPEAL_EVENT => history.appeals.push(read(step)?),
                APPEAL_DECISION_EVENT => history.appeal_decisions.push(read(step)?),
                WORK_SAMPLES_EVENT => history.work_samples.push(read(step)?),
                CONFIRMATION_EVENT => history.confirmations.push(read(step)?),
                DECISION_EVENT => history.decision = Some(read(step)?),
                _ => {}
            }
        }
        Ok(history)
    }

    /// The same with a step that is about to be sealed.
    pub(crate) fn push(&mut self, step: &Step) {
        match step.clone() {
            Step::BlindScore(step) => self.blind_scores.push(step),
            Step::Correction(step) => self.corrections.push(step),
            Step::Override(step) => self.overrides.push(step),
            Step::Referral(step) => self.referrals.push(step),
            Step::Appeal(step) => self.appeals.push(step),
            Step::AppealDecision(step) => self.appeal_decisions.push(step),
            Step::WorkSamples(step) => self.work_samples.push(step),
            Step::Confirmation(step) => self.confirmations.push(step),
        }
    }

    /// All work samples, in the order in which they were handed in.
    pub fn samples(&self) -> impl Iterator<Item = &WorkSample> {
        self.work_samples.iter().flat_map(|step| &step.samples)
    }

    /// The blind score of a reviewer.
    #[must_use]
    pub fn blind_score_of(&self, reviewer: &str) -> Option<&BlindScore> {
        self.blind_scores.iter().find(|score| same_person(&score.by, reviewer))
    }

    /// A reviewer's levels with the corrections; empty without a blind score.
    #[must_use]
    pub fn levels_of(&self, reviewer: &str) -> BTreeMap<String, Option<u8>> {
        let mut levels = self.blind_score_of(reviewer).map(|score| score.levels.clone()).unwrap_or_default();
        for correction in self.corrections.iter().filter(|one| same_person(&one.by, reviewer)) {
            levels.insert(correction.criterion.clone(), correction.level);
        }
        levels
    }

    /// The last override of a criterion.
    #[must_use]
    pub fn override_of(&self, criterion: &str) -> Option<&Override> {
        self.overrides.iter().rev().find(|one| one.criterion == criterion)
    }

    /// What a human last said of an objective.
    #[must_use]
    pub fn confirmation_of(&self, objective: &str) -> Option<&Confirmation> {
        self.confirmations.iter().rev().find(|one| one.objective == objective)
    }

    /// The objectives that wait for a human, of whom none has said yet whether they are met.
    pub fn unconfirmed<'a>(&'a self, scores: &'a ScoreSheet) -> impl Iterator<Item = &'a Objective> {
        let to_confirm = scores.objectives.iter().filter(|one| one.state == ObjectiveState::ToConfirm);
        to_confirm.filter(|one| self.confirmation_of(&one.id).is_none())
    }

    /// The level that counts for a criterion: the reviewer's where one was set in place of the engine's.
    #[must_use]
    pub fn standing_level(&self, criterion: &CriterionResult) -> Option<u8> {
        self.override_of(&criterion.id).map_or(criterion.level, |set| set.level)
    }

    /// The decision that stands: the one on the last closed appeal, or the first.
    #[must_use]
    pub fn standing(&self) -> Option<Decision> {
        let on_appeal = self.appeal_decisions.last().map(|decided| Decision {
            outcome: decided.outcome,
            by: decided.by.clone(),
            reason: decided.reason.clone(),
            at: decided.at.clone(),
        });
        on_appeal.or_else(|| self.decision.clone())
    }

    /// The appeal that waits.
    #[must_use]
    pub fn open_appeal(&self) -> Option<OpenAppeal<'_>> {
        let appeal = self.appeals.get(self.appeal_decisions.len())?;
        Some(OpenAppeal { appeal, against: self.decision.as_ref()? })
    }

    /// True where this person may decide on the open appeal.
    #[must_use]
    pub fn may_decide_appeal(&self, reviewer: &str) -> bool {
        let decided = self.decision.iter().map(|decision| &decision.by);
        let decided = decided.chain(self.appeal_decisions.iter().map(|decision| &decision.by));
        !decided.chain(self.appeals.iter().map(|appeal| &appeal.by)).any(|by| same_person(by, reviewer))
    }
}

fn read<T: DeserializeOwned>(step: &OversightStep) -> Result<T, RecordError> {
    serde_json::from_value(step.body.clone()).map_err(RecordError::json(step.file.as_str()))
}
