//! That the machine agrees with human raters on a rubric: `calibration.json`, written by `viva calibrate --exam`.
//!
//! It names the package by its hash and is signed: what was changed afterwards is not calibrated any more, and nobody can just say so.
//! Here its claims are held against the package; the signature, and whether the signer counts, is for whoever holds the exam.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{ExamError, Rubric, error::fault, hex};

/// The file of a package that holds it.
pub const CALIBRATION_FILE: &str = "calibration.json";
/// What a calibrated rubric is called in records.
pub const CALIBRATED: &str = "calibrated";
/// What every other rubric is called.
pub(super) const NOT_CALIBRATED: &str = "not calibrated";

/// What a rubric may say of itself.
const STATUSES: [&str; 2] = [NOT_CALIBRATED, CALIBRATED];

/// What was measured when the machine was compared with human raters.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// SHA-256 of what levels follow from in the package, [`super::Exam::scored_hash_hex`].
    pub exam_sha256: String,
    /// SHA-256 of the ratings, lower-case hexadecimal.
    pub ratings_sha256: String,
    /// The program whose levels were compared, with its version.
    pub program: String,
    /// The network that compares meanings, by name and hash.
    pub network: String,
    /// Sessions rated.
    pub sessions: usize,
    /// Candidates.
    pub candidates: usize,
    /// Human raters.
    pub raters: usize,
    /// What was asked of the agreement; every one was passed.
    pub gates: Vec<CalibrationGate>,
    /// Where humans' levels lie around the machine's, by criterion; scores are given with these.
    #[serde(default)]
    pub intervals: Vec<CalibrationInterval>,
    /// Who vouches for it, `did:key` of an Ed25519 key.
    pub signer: String,
    /// Ed25519 over the canonical JSON (RFC 8785) of everything else, lower-case hexadecimal.
    pub signature: String,
}

/// From `level - below` to `level + above`: there a human's level lies with the stated probability.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CalibrationInterval {
    /// The criterion.
    pub criterion: String,
    /// Levels down from the machine's.
    pub below: u8,
    /// Levels up from the machine's.
    pub above: u8,
    /// The stated probability, 0 to 1.
    pub stated: f64,
    /// Candidates it was measured on.
    pub candidates: usize,
}

/// One gate of release.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CalibrationGate {
    /// What is asked.
    pub name: String,
    /// The figure.
    pub value: Option<f64>,
    /// Whether it holds.
    pub passed: bool,
}

/// All criteria or none: the report speaks of all of them.
fn holds_for(intervals: &[CalibrationInterval], rubric: &Rubric) -> bool {
    let named = |id: &str| intervals.iter().filter(|interval| interval.criterion == id).count();
    let sound = |one: &CalibrationInterval| one.stated > 0.0 && one.stated < 1.0 && one.candidates > 0;
    intervals.is_empty()
        || intervals.len() == rubric.criteria.len()
            && intervals.iter().all(sound)
            && rubric.criteria.iter().all(|criterion| named(criterion.id.as_str()) == 1)
}

/// SHA-256 of a file in lower-case hexadecimal, as [`Calibration`] names it.
#[must_use]
pub fn file_sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Checks the file, where there is one, against the package of this hash; its rubric then counts as calibrated. Without it no rubric may say so.
pub(super) fn apply(
    file: Option<&Vec<u8>>,
    package: &str,
    rubric: &mut Rubric,
    errors: &mut Vec<ExamError>,
) -> Option<Calibration> {
    // Reports and credentials compare these very words.
    if !STATUSES.contains(&rubric.validation_status.as_str()) {
        let message = format!(
            "`validation_status` is {:?}; it is \"{}\"",
            rubric.validation_status,
            STATUSES.join("\" or \"")
        );
        errors.push(fault("rubric.toml", "", None, message));
    }
    let Some(bytes) = file else {
        if rubric.validation_status == CALIBRATED {
            let message = format!(
                "`validation_status` is \"{CALIBRATED}\", but there is no {CALIBRATION_FILE}: write \"{NOT_CALIBRATED}\"; \
                 `viva calibrate RATINGS --exam FOLDER` writes that file once the machine agrees with human raters"
            );
            errors.push(fault("rubric.toml", "", None, message));
        }
        return None;
    };
    match serde_json::from_slice::<Calibration>(bytes) {
        Err(error) => errors.push(ExamError {
            line: error.line(),
            column: error.column(),
            ..fault(CALIBRATION_FILE, "", None, format!("{error}: calibrate again, or remove this file"))
        }),
        Ok(found) if found.exam_sha256 != package => {
            let message =
                "it was made for this package in another state: calibrate again, or remove this file";
            errors.push(fault(CALIBRATION_FILE, "", None, message.to_owned()));
        }
        Ok(found) if found.gates.is_empty() || found.gates.iter().any(|gate| !gate.passed) => {
            let message = "not every gate is passed: such a rubric is not calibrated; remove this file";
            errors.push(fault(CALIBRATION_FILE, "", None, message.to_owned()));
        }
        Ok(found) if !holds_for(&found.intervals, rubric) => {
            let message = "`intervals` name every criterion of the rubric once, with a probability between 0 and 1 and at least one candidate, or are left out";
            errors.push(fault(CALIBRATION_FILE, "", None, message.to_owned()));
        }
        Ok(found) => {
            CALIBRATED.clone_into(&mut rubric.validation_status);
            return Some(found);
        }
    }
    None
}
