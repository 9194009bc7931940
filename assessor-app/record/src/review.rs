//! The human decision: recorded, chained, sealed. Nothing else can lead to a credential.

use std::{fs::File, path::Path};

use ed25519_dalek::{SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use viva_media::Timestamp;
use viva_verify::{
    DECISION_EVENT, MANIFEST_FILE, REVIEW_EVENTS_FILE, REVIEW_FILE, SCORES_FILE, Verified, verify_bundle,
};

use crate::{
    EventLog, RecordError, append_seal, keys,
    oversight::History,
    report,
    wire::{CriterionResult, Recommendation, ScoreSheet, SessionHeader, SessionMode},
    writer::{add_file, add_json},
};

/// The report as it stands after the review.
pub const REVIEWED_REPORT_FILE: &str = "report-reviewed.html";
const REVIEW_STATEMENT: &str =
    "A human has decided on this session. The decision and its reason are in review.json.";

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The credential is awarded.
    Award,
    /// It is not.
    Deny,
}

/// A human's decision on a sealed session: `review.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// Award or deny.
    pub outcome: Outcome,
    /// The name of the human who decided.
    pub by: String,
    /// Why, in the reviewer's words.
    pub reason: String,
    /// Date and time, RFC 3339.
    pub at: String,
}

/// A decision that stands in a bundle which verified. There is no other way to make one than [`review`] and [`RecordedDecision::load`].
#[derive(Clone, Debug)]
pub struct RecordedDecision {
    decision: Decision,
    header: SessionHeader,
    scores: ScoreSheet,
    verified: Verified,
    history: History,
}

/// Records a decision on a sealed session: `review.json`, one event that follows from the session's last, the report with the decision,
/// and a second seal by the same key.
///
/// **Errors**: name or reason is empty, the bundle is not whole or has a decision already, another key, or the disk refused; then
/// nothing of it stays in the bundle.
pub fn review(dir: &Path, decision: &Decision, key: &SigningKey) -> Result<RecordedDecision, RecordError> {
    if decision.by.trim().is_empty() {
        return Err(RecordError::Decision("the reviewer has no name"));
    }
    if decision.reason.trim().is_empty() {
        return Err(RecordError::Decision("there is no reason"));
    }
    let verified = verify_bundle(dir, Some(&key.verifying_key()))?;
    refuse_practice(&verified)?;
    if verified.files.contains_key(REVIEW_FILE) {
        return Err(RecordError::AlreadyReviewed);
    }
    if !verified.files.contains_key(SCORES_FILE) {
        return Err(RecordError::Decision("there is no score sheet to decide on"));
    }
    refuse_empty_award(&verified, decision.outcome)?;
    refuse_unconfirmed_award(&verified, &History::of(&verified)?, decision.outcome)?;
    // Only what this call wrote goes again: another reviewer may have been quicker.
    let mut written = Vec::new();
    write_review(dir, decision, &verified, key, &mut written).inspect_err(|_| {
        for name in written {
            // What cannot be removed makes the bundle fail as "not sealed", which is the truth.
            drop(std::fs::remove_file(dir.join(name)));
        }
    })?;
    RecordedDecision::load(dir, Some(&key.verifying_key()))
}

fn write_review(
    dir: &Path,
    decision: &Decision,
    verified: &Verified,
    key: &SigningKey,
    written: &mut Vec<&'static str>,
) -> Result<(), RecordError> {
    add_json(dir, REVIEW_FILE, decision)?;
    written.push(REVIEW_FILE);
    let start =
        verified.seals.iter().rev().find_map(|seal| seal.chain.as_ref()).ok_or(RecordError::NotReviewed)?;
    let file = File::create_new(dir.join(REVIEW_EVENTS_FILE)).map_err(RecordError::io(REVIEW_EVENTS_FILE))?;
    written.push(REVIEW_EVENTS_FILE);
    let mut log = EventLog::new(file, REVIEW_EVENTS_FILE, &start.head);
    // The session's clock has stopped: the decision's own date is in the body.
    log.append(Timestamp::ZERO, DECISION_EVENT, decision)?;
    log.into_sink().sync_all().map_err(RecordError::io(REVIEW_EVENTS_FILE))?;
    let report =
        report::Report::load(dir)?.with_decision(decision.clone()).with_history(History::of(verified)?);
    add_file(dir, REVIEWED_REPORT_FILE, report.render().as_bytes())?;
    written.push(REVIEWED_REPORT_FILE);
    for language in report::LetterLanguage::ALL {
        if let Some(page) = report::letter(&report, language) {
            add_file(dir, language.reviewed_file(), page.as_bytes())?;
            written.push(language.reviewed_file());
        }
    }
    append_seal(dir, key, REVIEW_STATEMENT, &decision.at, Some(REVIEW_EVENTS_FILE)).map(drop)
}

impl RecordedDecision {
    /// Loads the decision from a bundle, which is verified whole.
    ///
    /// **Errors**: the bundle does not verify, or holds no decision.
    pub fn load(dir: &Path, expected_key: Option<&VerifyingKey>) -> Result<Self, RecordError> {
        let verified = verify_bundle(dir, expected_key)?;
        refuse_practice(&verified)?;
        if !verified.files.contains_key(REVIEW_FILE) {
            return Err(RecordError::NotReviewed);
        }
        let history = History::of(&verified)?;
        let decision = history.standing().ok_or(RecordError::NotReviewed)?;
        let (header, scores) = (parse(&verified, MANIFEST_FILE)?, parse(&verified, SCORES_FILE)?);
        Ok(Self { decision, header, scores, verified, history })
    }

    /// What stands, by whom and why: the decision on the last closed appeal, or the first.
    #[must_use]
    pub const fn decision(&self) -> &Decision {
        &self.decision
    }

    /// The session.
    #[must_use]
    pub const fn header(&self) -> &SessionHeader {
        &self.header
    }

    /// What the engine had recommended.
    #[must_use]
    pub const fn scores(&self) -> &ScoreSheet {
        &self.scores
    }

    /// What reviewers did.
    #[must_use]
    pub const fn history(&self) -> &History {
        &self.history
    }

    /// The level that counts for a criterion: the reviewer's where one was set in place of the engine's.
    #[must_use]
    pub fn standing_level(&self, criterion: &CriterionResult) -> Option<u8> {
        self.history.standing_level(criterion)
    }

    /// The verified bundle.
    #[must_use]
    pub const fn verified(&self) -> &Verified {
        &self.verified
    }

    /// True when the session says so, its candidate was simulated, its rubric is not calibrated, or the demonstration key sealed it.
    #[must_use]
    pub fn is_demonstration(&self) -> bool {
        is_demonstration(&self.header, &self.scores, &self.verified.key)
    }
}

/// Whether a sealed session proves nothing about anybody: it says so, its candidate was simulated, its rubric is not calibrated, or the
/// demonstration key sealed it.
#[must_use]
pub fn is_demonstration(header: &SessionHeader, scores: &ScoreSheet, signer: &VerifyingKey) -> bool {
    header.proves_nothing() || !scores.is_calibrated() || keys::is_demo_key(signer)
}

/// Practice leads to no decision, so that no credential can be made from it.
pub(crate) fn refuse_practice(verified: &Verified) -> Result<(), RecordError> {
    let header: SessionHeader = parse(verified, MANIFEST_FILE)?;
    if header.mode == SessionMode::Practice { Err(RecordError::Practice) } else { Ok(()) }
}

/// Where nothing was answered, as after a refused consent, there is nothing to award.
pub(crate) fn refuse_empty_award(verified: &Verified, outcome: Outcome) -> Result<(), RecordError> {
    let scores: ScoreSheet = parse(verified, SCORES_FILE)?;
    let is_empty = scores.recommendation == Recommendation::NotAnswered
        && scores.criteria.iter().all(|criterion| criterion.level.is_none());
    if outcome == Outcome::Award && is_empty {
        return Err(RecordError::Decision("nothing was answered in this session: there is nothing to award"));
    }
    Ok(())
}

/// What only a human can confirm is confirmed, or said not to be met, before an award.
pub(crate) fn refuse_unconfirmed_award(
    verified: &Verified,
    history: &History,
    outcome: Outcome,
) -> Result<(), RecordError> {
    let scores: ScoreSheet = parse(verified, SCORES_FILE)?;
    if outcome == Outcome::Award && history.unconfirmed(&scores).next().is_some() {
        return Err(RecordError::Decision(
            "an objective of this session waits for a human's confirmation, and nothing is awarded before",
        ));
    }
    Ok(())
}

fn parse<T: serde::de::DeserializeOwned>(verified: &Verified, path: &str) -> Result<T, RecordError> {
    serde_json::from_slice(&verified.read(path)?).map_err(RecordError::json(path))
}
