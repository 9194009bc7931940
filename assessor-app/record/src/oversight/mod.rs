//! Human oversight of a sealed session: steps that are appended, each under a seal of its own, none ever replaced.
//!
//! The rules of order stand in [`viva_verify::oversight`], so that a stranger checks the same ones.

mod history;
pub mod routing;
pub mod work_samples;

use std::{collections::BTreeMap, fs::File, path::Path};

use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};
use viva_media::Timestamp;
use viva_verify::{
    Verified,
    oversight::{
        APPEAL_DECISION_EVENT, APPEAL_EVENT, BLIND_SCORE_EVENT, CONFIRMATION_EVENT, CORRECTION_EVENT,
        OVERRIDE_EVENT, OVERSIGHT_DIR, REFERRAL_EVENT, WORK_SAMPLES_EVENT,
    },
    verify_bundle,
};

pub use history::{History, OpenAppeal};
use routing::Reason;
use work_samples::WorkSamples;

use crate::{
    EventLog, Outcome, RecordError, append_seal,
    report::{LetterLanguage, Report, letter},
    review::{refuse_empty_award, refuse_practice, refuse_unconfirmed_award},
    writer::add_file,
};

/// The longest reason or text, in bytes.
pub const MAX_TEXT: usize = 8000;
/// The longest name, in bytes.
pub const MAX_NAME: usize = 120;

/// A reviewer's own levels, before the machine's were shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlindScore {
    /// The reviewer.
    pub by: String,
    /// Criterion → level; none where it cannot be judged.
    pub levels: BTreeMap<String, Option<u8>>,
    /// Why this session was in the queue, as the reviewer was told.
    pub routed: Vec<String>,
    /// What the reviewer noted; may be empty.
    pub note: String,
    /// Date and time, RFC 3339.
    pub at: String,
}

/// Another level in place of an own one. The first one stays in the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correction {
    /// The reviewer, who has a blind score.
    pub by: String,
    /// The criterion.
    pub criterion: String,
    /// The level from now on.
    pub level: Option<u8>,
    /// True when the machine's levels had been shown before.
    pub after_reveal: bool,
    /// Why.
    pub reason: String,
    /// Date and time, RFC 3339.
    pub at: String,
}

/// Why a reviewer sets another level than the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverrideCode {
    /// Words that speak for a level were not found.
    MissedEvidence,
    /// Words were found that do not mean what they were taken for.
    MisreadEvidence,
    /// The words were heard wrongly.
    Misheard,
    /// The rubric was applied too strictly or too mildly.
    RubricApplied,
    /// The machine gave no level.
    Abstained,
    /// A work sample shows it, or speaks against it.
    WorkSample,
    /// None of these; the text says it.
    Other,
}

impl OverrideCode {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 7] = [
        Self::MissedEvidence,
        Self::MisreadEvidence,
        Self::Misheard,
        Self::RubricApplied,
        Self::Abstained,
        Self::WorkSample,
        Self::Other,
    ];

    /// The word of the record.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::MissedEvidence => "missed_evidence",
            Self::MisreadEvidence => "misread_evidence",
            Self::Misheard => "misheard",
            Self::RubricApplied => "rubric_applied",
            Self::Abstained => "abstained",
            Self::WorkSample => "work_sample",
            Self::Other => "other",
        }
    }

    /// What it means, for people.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::MissedEvidence => "Words that speak for a level were not found",
            Self::MisreadEvidence => "Words were taken for what they do not mean",
            Self::Misheard => "The recogniser heard other words than were said",
            Self::RubricApplied => "The rubric was applied too strictly or too mildly",
            Self::Abstained => "The machine gave no level",
            Self::WorkSample => "A work sample shows it, or speaks against it",
            Self::Other => "Another reason, given in the text",
        }
    }
}

/// A level that counts in place of the machine's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// The reviewer, who has a blind score.
    pub by: String,
    /// The criterion.
    pub criterion: String,
    /// The machine's level.
    pub machine: Option<u8>,
    /// The level that counts.
    pub level: Option<u8>,
    /// Which kind of reason.
    pub code: OverrideCode,
    /// The reason in the reviewer's words.
    pub reason: String,
    /// Date and time, RFC 3339.
    pub at: String,
}

/// A reviewer leaves the decision to somebody else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Referral {
    /// The reviewer.
    pub by: String,
    /// Why.
    pub reason: String,
    /// Date and time, RFC 3339.
    pub at: String,
}

/// The decision is contested.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Appeal {
    /// Who appeals.
    pub by: String,
    /// On what grounds.
    pub text: String,
    /// Date and time, RFC 3339.
    pub at: String,
}

/// What an independent reviewer decided on an appeal. The outcome is the one that stands from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppealDecision {
    /// The reviewer: neither who decided before nor who appeals.
    pub by: String,
    /// What stands now.
    pub outcome: Outcome,
    /// Why.
    pub reason: String,
    /// Date and time, RFC 3339.
    pub at: String,
}

/// Whether an objective is met that only a human can confirm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// The reviewer, who has a blind score.
    pub by: String,
    /// Id of the objective.
    pub objective: String,
    /// Whether it is met.
    pub is_met: bool,
    /// Why.
    pub reason: String,
    /// Date and time, RFC 3339.
    pub at: String,
}

/// One step to append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Own levels.
    BlindScore(BlindScore),
    /// Another own level.
    Correction(Correction),
    /// A level in place of the machine's.
    Override(Override),
    /// To somebody else.
    Referral(Referral),
    /// Contested.
    Appeal(Appeal),
    /// Decided on the appeal.
    AppealDecision(AppealDecision),
    /// Handed in beside what was said; see [`work_samples::hand_in`].
    WorkSamples(WorkSamples),
    /// An objective is met, or is not.
    Confirmation(Confirmation),
}

impl Step {
    const fn kind(&self) -> &'static str {
        match self {
            Self::BlindScore(_) => BLIND_SCORE_EVENT,
            Self::Correction(_) => CORRECTION_EVENT,
            Self::Override(_) => OVERRIDE_EVENT,
            Self::Referral(_) => REFERRAL_EVENT,
            Self::Appeal(_) => APPEAL_EVENT,
            Self::AppealDecision(_) => APPEAL_DECISION_EVENT,
            Self::WorkSamples(_) => WORK_SAMPLES_EVENT,
            Self::Confirmation(_) => CONFIRMATION_EVENT,
        }
    }

    fn append_to(&self, log: &mut EventLog<File>) -> Result<(), RecordError> {
        let (at, kind) = (Timestamp::ZERO, self.kind());
        match self {
            Self::BlindScore(body) => log.append(at, kind, body),
            Self::Correction(body) => log.append(at, kind, body),
            Self::Override(body) => log.append(at, kind, body),
            Self::Referral(body) => log.append(at, kind, body),
            Self::Appeal(body) => log.append(at, kind, body),
            Self::AppealDecision(body) => log.append(at, kind, body),
            Self::WorkSamples(body) => log.append(at, kind, body),
            Self::Confirmation(body) => log.append(at, kind, body),
        }
    }

    fn written(&self) -> (&str, &str, &str) {
        match self {
            Self::BlindScore(step) => (&step.by, &step.note, &step.at),
            Self::Correction(step) => (&step.by, &step.reason, &step.at),
            Self::Override(step) => (&step.by, &step.reason, &step.at),
            Self::Referral(step) => (&step.by, &step.reason, &step.at),
            Self::Appeal(step) => (&step.by, &step.text, &step.at),
            Self::AppealDecision(step) => (&step.by, &step.reason, &step.at),
            Self::WorkSamples(step) => (&step.by, &step.note, &step.at),
            Self::Confirmation(step) => (&step.by, &step.reason, &step.at),
        }
    }
}

/// Those of the reasons that may be told before a reviewer's own levels: none that says how the machine rated or how sure it is. Something
/// is told wherever there is a reason.
#[must_use]
pub fn told_before_levels(reasons: &[Reason]) -> Vec<Reason> {
    let is_of_levels =
        |one: &&Reason| matches!(one, Reason::Abstained(_) | Reason::NearCut(_) | Reason::WideInterval(_));
    let told: Vec<Reason> = reasons.iter().filter(|one| !is_of_levels(one)).cloned().collect();
    if told.is_empty() && !reasons.is_empty() { vec![Reason::DecisionDue] } else { told }
}

/// Appends steps in order under one seal by the bundle's own key, and verifies the result.
///
/// `seen_root` is the root of the record that whoever acts has seen; where the record has grown since, nothing is written.
///
/// **Errors**: [`RecordError::Changed`]; a name, a reason or the note of a blind score without levels is missing or too long; an award
/// comes before the confirmation of an objective; the bundle is not whole or has another key; a rule of
/// order is broken; the disk refused. Then nothing of it stays in the bundle.
pub fn append(
    dir: &Path,
    steps: &[Step],
    seen_root: &str,
    statement: &str,
    key: &SigningKey,
) -> Result<Verified, RecordError> {
    append_with(dir, steps, Vec::new(), seen_root, statement, key)
}

/// [`append`] with the files that the steps name.
fn append_with(
    dir: &Path,
    steps: &[Step],
    files: Vec<(String, Vec<u8>)>,
    seen_root: &str,
    statement: &str,
    key: &SigningKey,
) -> Result<Verified, RecordError> {
    let sealed_at = steps.last().map(Step::written).ok_or(RecordError::NothingToSeal)?.2.to_owned();
    for step in steps {
        let (by, text, _) = step.written();
        if by.trim().is_empty() || by.len() > MAX_NAME {
            return Err(RecordError::Decision("a name is needed, of at most 120 bytes"));
        }
        let text_needed = !matches!(step, Step::BlindScore(_) | Step::WorkSamples(_));
        if (text_needed && text.trim().is_empty()) || text.len() > MAX_TEXT {
            return Err(RecordError::Decision("a reason is needed, of at most 8000 bytes"));
        }
    }
    let verified = verify_bundle(dir, Some(&key.verifying_key()))?;
    refuse_practice(&verified)?;
    let mut history = History::of(&verified)?;
    for step in steps {
        if let Step::BlindScore(score) = step
            && score.levels.values().any(Option::is_none)
            && score.note.trim().is_empty()
        {
            return Err(RecordError::Decision(
                "levels that cannot be judged need a note that says why: the machine's are shown next",
            ));
        }
        if let Step::AppealDecision(decision) = step {
            refuse_empty_award(&verified, decision.outcome)?;
            refuse_unconfirmed_award(&verified, &history, decision.outcome)?;
        }
        history.push(step);
    }
    if verified.record_root != seen_root {
        return Err(RecordError::Changed);
    }
    let start = verified.seals.iter().rev().find_map(|seal| seal.chain.as_ref());
    let start = start.ok_or(RecordError::NotReviewed)?.head.clone();
    let name = format!("{OVERSIGHT_DIR}/{:04}.jsonl", verified.seals.len() + 1);
    std::fs::create_dir_all(dir.join(OVERSIGHT_DIR)).map_err(RecordError::io(OVERSIGHT_DIR))?;
    let file = File::create_new(dir.join(&name)).map_err(|error| {
        // Another program is just writing the same step of the record.
        let taken = error.kind() == std::io::ErrorKind::AlreadyExists;
        if taken { RecordError::Changed } else { RecordError::io(name.as_str())(error) }
    })?;
    let mut added = vec![name.clone()];
    let written = write_steps(file, &name, &start, steps)
        .and_then(|()| {
            files.iter().try_for_each(|(name, bytes)| {
                // A file of this name that was there before is somebody else's, and stays.
                add_file(dir, name, bytes)?;
                added.push(name.clone());
                Ok(())
            })
        })
        .and_then(|()| write_outcome(dir, &verified, steps, &mut added))
        .and_then(|()| append_seal(dir, key, statement, &sealed_at, Some(&name)));
    written.inspect_err(|_| {
        for file in &added {
            // What cannot be removed makes the bundle fail as "not sealed", which is the truth.
            drop(std::fs::remove_file(dir.join(file)));
        }
    })
}

/// Once an appeal is decided: the report and the letters as they stand from now on. `added` names what was written.
fn write_outcome(
    dir: &Path,
    before: &Verified,
    steps: &[Step],
    added: &mut Vec<String>,
) -> Result<(), RecordError> {
    if !steps.iter().any(|step| matches!(step, Step::AppealDecision(_))) {
        return Ok(());
    }
    let mut history = History::of(before)?;
    for step in steps {
        history.push(step);
    }
    let number = history.appeal_decisions.len();
    let report = Report::load(dir)?.with_history(history);
    let mut pages = vec![(format!("report-appeal-{number}.html"), report.render())];
    for language in LetterLanguage::ALL {
        let page = letter(&report, language);
        pages.extend(page.map(|page| (format!("letter-appeal-{number}.{}.html", language.tag()), page)));
    }
    for (file, page) in pages {
        // A file of this name that was there before is somebody else's, and stays.
        add_file(dir, &file, page.as_bytes())?;
        added.push(file);
    }
    Ok(())
}

fn write_steps(file: File, name: &str, start: &str, steps: &[Step]) -> Result<(), RecordError> {
    let mut log = EventLog::new(file, name, start);
    for step in steps {
        step.append_to(&mut log)?;
    }
    log.into_sink().sync_all().map_err(RecordError::io(name))
}
