//! Why a session waits for a human.

use std::collections::BTreeSet;

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use viva_verify::{EVENTS_FILE, Verified};

use super::History;
use crate::wire::{GuardrailFlag, Objective, ObjectiveState, Recommendation, ScoreSheet};

/// What is routed to a human beyond the decision that every session needs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RoutingConfig {
    /// Share of sessions drawn at random, 0 to 1.
    pub sample_share: f64,
    /// Seed of the draw.
    pub sample_seed: u64,
    /// Distance of the overall share from the cut, 0 to 1, that counts as near, even where the cut's standard error is smaller.
    pub near_cut: f64,
    /// Width of a level's interval, in levels, that counts as uncertain.
    pub wide_interval: f32,
}

impl Default for RoutingConfig {
    /// 15 % at random, the middle of the 10 to 20 % that operational programmes double-score; 5 points around the cut; intervals over 1.5
    /// levels.
    fn default() -> Self {
        Self { sample_share: 0.15, sample_seed: 1, near_cut: 0.05, wide_interval: 1.5 }
    }
}

/// Why a session waits, the most urgent first.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
pub enum Reason {
    /// The decision is contested, by whom.
    Appeal(String),
    /// A reviewer left it to another one, who.
    Referred(String),
    /// The session ended before it was scored, or too little was answered.
    Interrupted,
    /// So many answers hold words that seem to instruct the machine.
    Injection(usize),
    /// So many objectives wait for a human's confirmation.
    ToConfirm(usize),
    /// The machine gave no level on so many criteria.
    Abstained(usize),
    /// The overall share is this near the cut.
    NearCut(f64),
    /// Intervals of so many criteria are wide or cross the required level.
    WideInterval(usize),
    /// Drawn at random: share, seed.
    Sample(f64, u64),
    /// Every session needs a human decision.
    DecisionDue,
}

impl Reason {
    /// A few words.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Appeal(_) => "appeal",
            Self::Referred(_) => "referred",
            Self::Interrupted => "interrupted",
            Self::Injection(_) => "addresses the machine",
            Self::ToConfirm(_) => "to confirm",
            Self::Abstained(_) => "abstained",
            Self::NearCut(_) => "near the cut",
            Self::WideInterval(_) => "wide interval",
            Self::Sample(..) => "random sample",
            Self::DecisionDue => "decision due",
        }
    }

    /// A sentence. It never tells a level, so that it may be read before a blind score.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::Appeal(_) => "The decision is contested; another person must decide.".to_owned(),
            Self::Referred(_) => "Another reviewer left the decision open.".to_owned(),
            Self::Interrupted => {
                "The session ended early or too little was answered, so that it has no result.".to_owned()
            }
            Self::Injection(count) => format!(
                "Answers in which words seem to instruct the machine: {count}. Sentences recognised as such do not count for a level; look at them."
            ),
            Self::ToConfirm(count) => format!("Objectives that only a human can confirm: {count}."),
            Self::Abstained(count) => format!("The machine gave no level on {count} of the criteria."),
            Self::NearCut(_) => "The overall result lies near the cut.".to_owned(),
            Self::WideInterval(count) => {
                format!("On {count} of the criteria the machine is not sure of its level.")
            }
            Self::Sample(share, seed) => format!(
                "Drawn at random for blind scoring: {:.0} % of all sessions, seed {seed}.",
                share * 100.0
            ),
            Self::DecisionDue => "A human decides on every session.".to_owned(),
        }
    }
}

/// True where the session is in the random sample. It depends on the session's id and the seed alone, never on the result.
#[must_use]
pub fn sampled(session: &str, config: &RoutingConfig) -> bool {
    let digest = Sha256::digest(format!("viva-sample/1:{}:{session}", config.sample_seed));
    let draw = digest[..8].iter().fold(0_u64, |draw, byte| draw << 8 | u64::from(*byte));
    (draw >> 11) as f64 / ((1_u64 << 53) as f64) < config.sample_share
}

/// How many answers hold words that seem to instruct the machine. Several rules may meet in one answer.
fn answers_to_the_machine(scores: &ScoreSheet) -> usize {
    let flags = scores.guardrails.iter().filter(|flag| flag.is_injection);
    // A flag without words is told apart by its moment.
    let answer = |flag: &GuardrailFlag| match &flag.quote {
        Some(quote) => (Some(quote.turn), 0),
        None => (None, flag.at_s.to_bits()),
    };
    flags.map(answer).collect::<BTreeSet<_>>().len()
}

/// The reasons; none once a decision stands and no appeal is open.
#[must_use]
pub fn reasons(
    verified: &Verified,
    scores: Option<&ScoreSheet>,
    history: &History,
    config: &RoutingConfig,
) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if let Some(open) = history.open_appeal() {
        reasons.push(Reason::Appeal(open.appeal.by.clone()));
    } else if history.standing().is_some() {
        return reasons;
    }
    if let Some(referral) = history.referrals.last() {
        reasons.push(Reason::Referred(referral.by.clone()));
    }
    let Some(scores) = scores else {
        reasons.push(Reason::Interrupted);
        return reasons;
    };
    if scores.recommendation == Recommendation::NotAnswered || !verified.files.contains_key(EVENTS_FILE) {
        reasons.push(Reason::Interrupted);
    }
    let injections = answers_to_the_machine(scores);
    if injections > 0 {
        reasons.push(Reason::Injection(injections));
    }
    let waits = |one: &&Objective| {
        one.state == ObjectiveState::ToConfirm && history.confirmation_of(&one.id).is_none()
    };
    let to_confirm = scores.objectives.iter().filter(waits).count();
    if to_confirm > 0 {
        reasons.push(Reason::ToConfirm(to_confirm));
    }
    let abstained = scores.criteria.iter().filter(|one| one.level.is_none()).count();
    if abstained > 0 {
        reasons.push(Reason::Abstained(abstained));
    }
    if let Some(distance) = scores.overall.map(|overall| (overall - scores.cut).abs())
        && distance <= config.near_cut.max(scores.cut_standard_error)
    {
        reasons.push(Reason::NearCut(distance));
    }
    let wide = scores.criteria.iter().filter(|one| {
        one.interval.is_some_and(|(low, high)| {
            let needed = one.required_level.map(f32::from);
            high - low > config.wide_interval || needed.is_some_and(|needed| low < needed && needed <= high)
        })
    });
    let wide = wide.count();
    if wide > 0 {
        reasons.push(Reason::WideInterval(wide));
    }
    if sampled(&verified.session, config) {
        reasons.push(Reason::Sample(config.sample_share, config.sample_seed));
    }
    if reasons.is_empty() {
        reasons.push(Reason::DecisionDue);
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::QuoteRef;

    #[test]
    fn two_rules_that_meet_in_one_answer_are_one_answer() {
        let flag = |turn, at_s| GuardrailFlag {
            at_s,
            is_injection: true,
            quote: Some(QuoteRef { turn, ..QuoteRef::default() }),
            ..GuardrailFlag::default()
        };
        let json = r#"{"criteria":[],"overall":null,"cut":0.5,"recommendation":"meets","explanation":[],"validation_status":""}"#;
        let mut sheet: ScoreSheet = serde_json::from_str(json).expect("a sheet");
        sheet.guardrails = vec![flag(8, 32.4), flag(8, 32.4), flag(12, 60.0)];
        sheet.guardrails.push(GuardrailFlag { quote: Some(QuoteRef::default()), ..GuardrailFlag::default() });
        assert_eq!(answers_to_the_machine(&sheet), 2, "flags of other rules are none");
        let told = Reason::Injection(2).sentence();
        assert!(told.contains("instruct the machine: 2.") && !told.contains("left out"), "{told}");
    }

    #[test]
    fn the_sample_has_its_share_and_another_seed_draws_others() {
        let config = RoutingConfig::default();
        let other = RoutingConfig { sample_seed: 2, ..config.clone() };
        let drawn = |config: &RoutingConfig| -> Vec<usize> {
            (0..4000).filter(|session| sampled(&format!("session {session}"), config)).collect()
        };
        let (first, second) = (drawn(&config), drawn(&other));
        assert!((500..700).contains(&first.len()), "{} of 4000 at 15 %", first.len());
        assert_ne!(first, second);
        let none = RoutingConfig { sample_share: 0.0, ..config.clone() };
        let all = RoutingConfig { sample_share: 1.0, ..config };
        assert_eq!((drawn(&none).len(), drawn(&all).len()), (0, 4000));
    }
}
