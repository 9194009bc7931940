//! What humans did with a sealed session, and in which order they may do it.
//!
//! Each step is one event in a file of its own, `oversight/0002.jsonl` (the number of its seal), whose first line follows from the chain
//! before it. Nothing is replaced: a later step may only add.

use serde_json::Value;

use crate::{DECISION_EVENT, Failure, Fault, REVIEW_EVENTS_FILE, chain::Event};

/// The folder of oversight steps.
pub const OVERSIGHT_DIR: &str = "oversight";
/// A reviewer's own levels, given before the machine's were shown.
pub const BLIND_SCORE_EVENT: &str = "blind_score";
/// What a reviewer puts in place of an own level, with the reason.
pub const CORRECTION_EVENT: &str = "score_correction";
/// A level that a reviewer sets in place of the machine's, with the reason.
pub const OVERRIDE_EVENT: &str = "override";
/// A reviewer leaves the decision to another one.
pub const REFERRAL_EVENT: &str = "referral";
/// The decision is contested.
pub const APPEAL_EVENT: &str = "appeal";
/// What an independent reviewer decided on the appeal.
pub const APPEAL_DECISION_EVENT: &str = "appeal_decision";

/// A reviewer says whether an objective is met that only a human can confirm.
pub const CONFIRMATION_EVENT: &str = "confirmation";

/// Work samples are handed in beside what was said.
pub const WORK_SAMPLES_EVENT: &str = "work_samples";

/// One step, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OversightStep {
    /// Which file tells of it.
    pub file: String,
    /// Which kind of event.
    pub kind: String,
    /// Who did it.
    pub by: String,
    /// When, RFC 3339.
    pub at: String,
    /// The event's body.
    pub body: Value,
}

/// True for an event that this module judges.
pub(crate) fn is_step(file: &str, event: &Event) -> bool {
    file.starts_with("oversight/") || (file == REVIEW_EVENTS_FILE && event.kind == DECISION_EVENT)
}

pub(crate) fn step(file: &str, line: u64, event: &Event) -> Result<OversightStep, Failure> {
    let text = |name: &str| {
        let text =
            event.body.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
        let fault =
            || Failure::line(file, line, Fault::Content(format!("the {} has no {name:?}", event.kind)));
        text.map(str::to_owned).ok_or_else(fault)
    };
    if ![BLIND_SCORE_EVENT, WORK_SAMPLES_EVENT].contains(&event.kind.as_str()) {
        text(if event.kind == APPEAL_EVENT { "text" } else { "reason" })?;
    }
    let (by, at) = (text("by")?, text("at")?);
    Ok(OversightStep { file: file.to_owned(), kind: event.kind.clone(), by, at, body: event.body.clone() })
}

/// True for the same person, as far as names tell.
#[must_use]
pub fn same_person(first: &str, second: &str) -> bool {
    let plain = |name: &str| name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    plain(first) == plain(second)
}

/// The rules of order.
pub(crate) fn check(steps: &[OversightStep]) -> Result<(), Failure> {
    for (at, step) in steps.iter().enumerate() {
        let before = &steps[..at];
        let scored = before.iter().any(|s| s.kind == BLIND_SCORE_EVENT && same_person(&s.by, &step.by));
        let decided = before.iter().find(|s| s.kind == DECISION_EVENT);
        let last_appeal =
            before.iter().rev().find(|s| s.kind == APPEAL_EVENT || s.kind == APPEAL_DECISION_EVENT);
        let appeal_open = last_appeal.is_some_and(|s| s.kind == APPEAL_EVENT);
        let fault = match step.kind.as_str() {
            // With the decision the machine's levels were told to everybody.
            BLIND_SCORE_EVENT | CONFIRMATION_EVENT if decided.is_some() && !appeal_open => Some(format!(
                "a decision stands already; {} can give levels or confirm once an appeal is open",
                step.by
            )),
            BLIND_SCORE_EVENT if scored => {
                Some(format!("{} has scored already; a correction with its reason can be added", step.by))
            }
            CORRECTION_EVENT | OVERRIDE_EVENT | CONFIRMATION_EVENT if !scored => {
                Some(format!("{} has given no blind score before it", step.by))
            }
            DECISION_EVENT if decided.is_some() => Some("a decision stands already".to_owned()),
            REFERRAL_EVENT if decided.is_some() && !appeal_open => {
                Some("a decision stands already; there is nothing to refer".to_owned())
            }
            WORK_SAMPLES_EVENT if decided.is_some() && !appeal_open => {
                Some("a decision stands already; work samples can be handed in with an appeal".to_owned())
            }
            APPEAL_EVENT if decided.is_none() => Some("there is no decision to appeal against".to_owned()),
            APPEAL_EVENT if appeal_open => Some("an appeal is open already".to_owned()),
            APPEAL_DECISION_EVENT if !appeal_open => Some("no appeal is open".to_owned()),
            APPEAL_DECISION_EVENT => before
                .iter()
                .find(|s| {
                    matches!(s.kind.as_str(), DECISION_EVENT | APPEAL_DECISION_EVENT | APPEAL_EVENT)
                        && same_person(&s.by, &step.by)
                })
                .map(|_| format!("{} decided or appealed before: another person must decide", step.by)),
            BLIND_SCORE_EVENT | CORRECTION_EVENT | OVERRIDE_EVENT | DECISION_EVENT | REFERRAL_EVENT
            | APPEAL_EVENT | WORK_SAMPLES_EVENT | CONFIRMATION_EVENT => None,
            other => Some(format!("{other:?} is no step of oversight")),
        };
        if let Some(fault) = fault {
            return Err(Failure::file(step.file.clone(), Fault::Content(fault)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(list: &[(&str, &str)]) -> Vec<OversightStep> {
        let step = |(kind, by): &(&str, &str)| OversightStep {
            file: "oversight/0002.jsonl".into(),
            kind: (*kind).into(),
            by: (*by).into(),
            at: "2026-03-03T09:00:00Z".into(),
            body: Value::Null,
        };
        list.iter().map(step).collect()
    }

    #[test]
    fn the_order_is_kept() {
        for good in [
            &[(BLIND_SCORE_EVENT, "Ada"), (OVERRIDE_EVENT, "ada "), (DECISION_EVENT, "Ada")][..],
            &[(BLIND_SCORE_EVENT, "Ada"), (BLIND_SCORE_EVENT, "Ben"), (CORRECTION_EVENT, "Ben")],
            &[(DECISION_EVENT, "Ada"), (APPEAL_EVENT, "Cy"), (APPEAL_DECISION_EVENT, "Ben")],
            &[(BLIND_SCORE_EVENT, "Ada"), (WORK_SAMPLES_EVENT, "Cy"), (DECISION_EVENT, "Ada")],
            &[(DECISION_EVENT, "Ada"), (APPEAL_EVENT, "Cy"), (WORK_SAMPLES_EVENT, "Cy")],
            &[
                (DECISION_EVENT, "Ada"),
                (APPEAL_EVENT, "Cy"),
                (BLIND_SCORE_EVENT, "Ben"),
                (CONFIRMATION_EVENT, "Ben"),
            ],
            &[
                (DECISION_EVENT, "Ada"),
                (APPEAL_EVENT, "Cy"),
                (APPEAL_DECISION_EVENT, "Ben"),
                (APPEAL_EVENT, "Cy"),
                (APPEAL_DECISION_EVENT, "Dee"),
            ],
        ] {
            check(&steps(good)).unwrap();
        }
        for (bad, says) in [
            (&[(BLIND_SCORE_EVENT, "Ada"), (BLIND_SCORE_EVENT, " ADA")][..], "scored already"),
            (&[(BLIND_SCORE_EVENT, "Ada"), (OVERRIDE_EVENT, "Ben")], "no blind score"),
            (&[(CORRECTION_EVENT, "Ada")], "no blind score"),
            (&[(BLIND_SCORE_EVENT, "Ada"), (CONFIRMATION_EVENT, "Ben")], "no blind score"),
            (&[(DECISION_EVENT, "Ada"), (DECISION_EVENT, "Ben")], "stands already"),
            (&[(DECISION_EVENT, "Ada"), (REFERRAL_EVENT, "Ben")], "nothing to refer"),
            (&[(DECISION_EVENT, "Ada"), (BLIND_SCORE_EVENT, "Ben")], "a decision stands already"),
            (
                &[(BLIND_SCORE_EVENT, "Ada"), (DECISION_EVENT, "Ada"), (CONFIRMATION_EVENT, "Ada")],
                "a decision stands already",
            ),
            (
                &[
                    (DECISION_EVENT, "Ada"),
                    (APPEAL_EVENT, "Cy"),
                    (APPEAL_DECISION_EVENT, "Ben"),
                    (BLIND_SCORE_EVENT, "Dee"),
                ],
                "a decision stands already",
            ),
            (&[(APPEAL_EVENT, "Cy")], "no decision"),
            (&[(DECISION_EVENT, "Ada"), (APPEAL_EVENT, "Cy"), (APPEAL_EVENT, "Cy")], "open already"),
            (&[(DECISION_EVENT, "Ada"), (APPEAL_DECISION_EVENT, "Ben")], "no appeal"),
            (
                &[(DECISION_EVENT, "Ada"), (APPEAL_EVENT, "Cy"), (APPEAL_DECISION_EVENT, "ada")],
                "another person",
            ),
            (
                &[(DECISION_EVENT, "Ada"), (APPEAL_EVENT, "Cy"), (APPEAL_DECISION_EVENT, "cy")],
                "another person",
            ),
            (&[(DECISION_EVENT, "Ada"), (WORK_SAMPLES_EVENT, "Cy")], "with an appeal"),
            (&[("praise", "Ada")], "no step"),
        ] {
            let error = check(&steps(bad)).unwrap_err().to_string();
            assert!(error.contains(says), "{bad:?}: {error}");
        }
    }
}
