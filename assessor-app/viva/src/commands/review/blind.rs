//! `viva review show | score | confirm`: the blind second score on the command line, and what may follow it.
//!
//! The machine's levels are printed to nobody who has not sealed levels of their own.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::json;
use viva_exchange::Transcript;
use viva_record::{
    oversight::{
        self, BlindScore, Confirmation, History, Step,
        routing::{RoutingConfig, reasons},
        told_before_levels,
    },
    wire::{CriterionResult, ObjectiveState, ScoreSheet, SessionHeader, SessionMode},
};
use viva_verify::{MANIFEST_FILE, SCORES_FILE, TRANSCRIPT_FILE, Verified, verify_bundle};

use super::arguments::{ConfirmArgs, ScoreLevelsArgs, ShowArgs};
use crate::commands::{printable, rfc3339, say, say_json, unix_now};
use crate::issuer::{Issuer, of_another};

const BLIND_STATEMENT: &str =
    "A reviewer gave own levels before the machine's were shown. They stand in the added event.";
const CONFIRMATION_STATEMENT: &str =
    "A reviewer said whether an objective is met. The reason stands in the added event.";

/// A line with words of a record, which may be anybody's.
fn tell(line: impl AsRef<str>) {
    say(printable(line.as_ref()));
}

/// A record that verified, as far as a reviewer needs it.
pub(super) struct Reviewed {
    verified: Verified,
    header: SessionHeader,
    scores: ScoreSheet,
    pub(super) history: History,
}

impl Reviewed {
    pub(super) fn open(bundle: &Path, issuer: &Issuer) -> Result<Self> {
        let verified = verify_bundle(bundle, Some(&issuer.public()))
            .map_err(|failure| of_another(failure, issuer))
            .with_context(|| format!("{} does not verify", bundle.display()))?;
        let header = serde_json::from_slice(&verified.read(MANIFEST_FILE)?)?;
        let scores = verified.read(SCORES_FILE).with_context(|| {
            format!("{} holds no score sheet: the session was not scored", bundle.display())
        })?;
        let (scores, history) = (serde_json::from_slice(&scores)?, History::of(&verified)?);
        Ok(Self { verified, header, scores, history })
    }

    /// Refuses a decision of somebody who has sealed no levels of their own; nobody decides on practice, which tells that itself.
    pub(super) fn require_blind_score(&self, by: &str, bundle: &Path) -> Result<()> {
        let is_practice = self.header.mode == SessionMode::Practice;
        ensure!(
            is_practice || self.history.decision.is_some() || self.history.blind_score_of(by).is_some(),
            "{by} has given no levels yet, and the machine's are not shown before: viva review show {0}; then viva review score {0} --by \"{by}\" --level CRITERION=LEVEL …",
            bundle.display()
        );
        Ok(())
    }
}

/// What a reviewer sees before own levels: what was said and the rubric's words, nothing of what the machine made of it.
pub(super) fn show(args: &ShowArgs) -> Result<()> {
    let issuer = args.issuer.open()?;
    let Reviewed { verified, header, scores, history } = Reviewed::open(&args.bundle, &issuer)?;
    let transcript: Transcript = serde_json::from_slice(&verified.read(TRANSCRIPT_FILE)?)?;
    tell(format!("{} {}", header.exam_title, header.exam_version));
    let waits = reasons(&verified, Some(&scores), &history, &RoutingConfig::default());
    for reason in told_before_levels(&waits) {
        tell(format!("  {}", reason.sentence()));
    }
    for turn in &transcript.turns {
        tell(format!("{:>4} {:<9} {}", turn.id.0, format!("{:?}", turn.speaker).to_lowercase(), turn.text()));
    }
    say("");
    for criterion in &scores.criteria {
        tell(format!("{}: {}", criterion.id, criterion.name));
        for (level, anchor) in criterion.anchors.iter().enumerate().skip(1) {
            tell(format!("    {level}  {anchor}"));
        }
    }
    say(format!(
        "next: viva review score {} --by NAME --level CRITERION=LEVEL … (none where it cannot be judged)",
        args.bundle.display()
    ));
    Ok(())
}

/// Seals a reviewer's own levels; only then are the machine's told.
pub(super) fn score(args: &ScoreLevelsArgs) -> Result<()> {
    let issuer = args.issuer.open()?;
    let Reviewed { verified, scores, history, .. } = Reviewed::open(&args.bundle, &issuer)?;
    let levels = levels(args, &scores)?;
    let routing = reasons(&verified, Some(&scores), &history, &RoutingConfig::default());
    let routed = told_before_levels(&routing).iter().map(|reason| reason.word().to_owned()).collect();
    let step = BlindScore {
        by: args.by.clone(),
        levels: levels.clone(),
        routed,
        note: args.note.clone(),
        at: rfc3339(unix_now()),
    };
    let root = &verified.record_root;
    oversight::append(&args.bundle, &[Step::BlindScore(step)], root, BLIND_STATEMENT, &issuer.key)?;
    let rows = || scores.criteria.iter().map(|one| (one, levels.get(&one.id).copied().flatten()));
    if args.json {
        let row = |(one, own): (&CriterionResult, Option<u8>)| json!({"criterion": one.id, "own": own, "machine": one.level, "interval": one.interval});
        return say_json(&rows().map(row).collect::<Vec<_>>());
    }
    say(format!("the levels of {} are sealed; beside them the machine's:", args.by));
    let word = |level: Option<u8>| level.map_or_else(|| "none".to_owned(), |level| level.to_string());
    for (one, own) in rows() {
        let differs = if own == one.level { "" } else { "  differs" };
        tell(format!("  {:<40} own {:<4} machine {}{differs}", one.name, word(own), word(one.level)));
    }
    for objective in history.unconfirmed(&scores) {
        tell(format!(
            "to confirm: {0}: {1} (viva review confirm {2} --objective {0} …)",
            objective.id,
            objective.text,
            args.bundle.display()
        ));
    }
    Ok(())
}

/// The levels of all criteria, as they were typed.
fn levels(args: &ScoreLevelsArgs, scores: &ScoreSheet) -> Result<BTreeMap<String, Option<u8>>> {
    let mut levels = BTreeMap::new();
    for given in &args.level {
        let (id, level) = given
            .split_once('=')
            .with_context(|| format!("--level takes CRITERION=LEVEL, for example safety=3, not {given:?}"))?;
        let criterion = scores.criteria.iter().find(|one| one.id == id).with_context(|| {
            let known: Vec<&str> = scores.criteria.iter().map(|one| one.id.as_str()).collect();
            format!("the record has no criterion {id:?}; it has: {}", printable(&known.join(", ")))
        })?;
        let level = match level {
            "none" => None,
            level => {
                let level =
                    level.parse::<u8>().ok().filter(|level| (1..=criterion.max_level).contains(level));
                Some(level.with_context(|| {
                    format!(
                        "a level of {id} is 1 to {}, or none where it cannot be judged",
                        criterion.max_level
                    )
                })?)
            }
        };
        ensure!(levels.insert(id.to_owned(), level).is_none(), "{id} is given twice");
    }
    let open: Vec<&str> =
        scores.criteria.iter().map(|one| one.id.as_str()).filter(|id| !levels.contains_key(*id)).collect();
    if args.rest_none {
        levels.extend(open.iter().map(|id| ((*id).to_owned(), None)));
    } else if !open.is_empty() {
        let open = printable(&open.join(", "));
        bail!("a level is missing for: {open}; --rest-none says that they cannot be judged");
    }
    Ok(levels)
}

/// Says whether an objective that only a human can confirm is met.
pub(super) fn confirm(args: &ConfirmArgs) -> Result<()> {
    let issuer = args.issuer.open()?;
    let Reviewed { verified, scores, history, .. } = Reviewed::open(&args.bundle, &issuer)?;
    let waits =
        |id: &str| scores.objectives.iter().any(|one| one.id == id && one.state == ObjectiveState::ToConfirm);
    ensure!(
        waits(&args.objective),
        "no objective {:?} of this record waits for a human's confirmation",
        args.objective
    );
    ensure!(
        history.blind_score_of(&args.by).is_some(),
        "{} has given no levels yet: viva review score {} …",
        args.by,
        args.bundle.display()
    );
    let step = Confirmation {
        by: args.by.clone(),
        objective: args.objective.clone(),
        is_met: !args.not_met,
        reason: args.reason.clone(),
        at: rfc3339(unix_now()),
    };
    let root = &verified.record_root;
    oversight::append(&args.bundle, &[Step::Confirmation(step)], root, CONFIRMATION_STATEMENT, &issuer.key)?;
    let said = if args.not_met { "is recorded as not met" } else { "is confirmed" };
    tell(format!("{} {said}, by {}", args.objective, args.by));
    Ok(())
}
