//! What `viva loop` reports, as text and JSON.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Serialize;
use viva_exchange::QuestionContext;
use viva_floor::PolicyConfig;
use viva_media::Timestamp;

use super::super::{say, warn};
use super::Turn;
use crate::interview::Tally;

/// When something was done, in milliseconds after the true end.
#[derive(Debug, Serialize)]
pub(super) struct Step {
    pub(super) ms: f64,
    pub(super) what: String,
}

/// Times are milliseconds after the true end of speech.
#[derive(Debug, Serialize)]
pub(super) struct Run {
    /// First sample of the reply; `None` where none was given.
    pub(super) delay_ms: Option<f64>,
    /// First sample of the neutral word before the reply; `None` where none was said.
    pub(super) acknowledged_ms: Option<f64>,
    /// The earlier of the two.
    pub(super) first_ms: Option<f64>,
    /// Silence between the two.
    pub(super) gap_ms: Option<f64>,
    /// A reply began before the true end.
    pub(super) cut_in: bool,
    /// When the floor last asked for a reply to be prepared, and when it took the turn.
    pub(super) prepare_ms: Option<f64>,
    pub(super) commit_ms: Option<f64>,
    /// When the last words were there.
    pub(super) words_ms: Option<f64>,
    pub(super) heard: String,
    pub(super) acknowledged: Option<String>,
    pub(super) said: String,
    pub(super) speculation: BTreeMap<&'static str, Tally>,
    /// What was done from half a second before the true end on, in order.
    pub(super) timeline: Vec<Step>,
}

#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) end_s: f64,
    pub(super) question: QuestionContext,
    pub(super) median_ms: Option<f64>,
    pub(super) p95_ms: Option<f64>,
    pub(super) min_ms: Option<f64>,
    /// Of the first sound, acknowledgement or reply.
    pub(super) first_median_ms: Option<f64>,
    pub(super) first_p95_ms: Option<f64>,
    pub(super) acknowledged: usize,
    pub(super) cut_ins: usize,
    pub(super) answered: usize,
    pub(super) runs: Vec<Run>,
}

#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) measure: &'static str,
    pub(super) version: &'static str,
    pub(super) policy_name: String,
    pub(super) policy: PolicyConfig,
    pub(super) speculation: bool,
    pub(super) acknowledgement: bool,
    pub(super) cores: usize,
    pub(super) turns: Vec<Row>,
}

pub(super) fn tell(report: &Report, with_timeline: bool) -> Result<()> {
    let ms = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.0}"));
    say(format!("{} (policy {})", report.measure, report.policy_name));
    for row in &report.turns {
        let QuestionContext { kind, expected_s, patience_ms } = row.question;
        say(format!(
            "{:<12} first median {:>5} p95 {:>5} ms  reply median {:>5} p95 {:>5} min {:>5} ms  cut-ins {} of {}  \
             (question {kind:?} of {expected_s} s, patience {patience_ms} ms)",
            row.name,
            ms(row.first_median_ms),
            ms(row.first_p95_ms),
            ms(row.median_ms),
            ms(row.p95_ms),
            ms(row.min_ms),
            row.cut_ins,
            row.runs.len()
        ));
        for run in &row.runs {
            say(format!(
                "  prepare {:>5}  commit {:>5}  words {:>5}  {:<12} {:>5}  gap {:>5}  reply {:>5}   {}",
                ms(run.prepare_ms),
                ms(run.commit_ms),
                ms(run.words_ms),
                run.acknowledged.as_deref().unwrap_or("(no word)"),
                ms(run.acknowledged_ms),
                ms(run.gap_ms),
                ms(run.delay_ms),
                run.heard
            ));
            for Step { ms, what } in run.timeline.iter().filter(|_| with_timeline) {
                say(format!("    {ms:>6.0}  {what}"));
            }
        }
    }
    Ok(())
}

pub(super) fn row(turn: &Turn, runs: Vec<Run>) -> Row {
    let sorted = |of: fn(&Run) -> Option<f64>| {
        let mut values: Vec<f64> = runs.iter().filter_map(of).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let (delays, firsts) = (sorted(|run| run.delay_ms), sorted(|run| run.first_ms));
    if delays.len() < runs.len() {
        warn(format!("{}: {} of {} runs gave no reply", turn.name, runs.len() - delays.len(), runs.len()));
    }
    // Between the neighbours, as numpy's percentile does for the peers.
    let percentile = |of: &[f64], share: f64| {
        let at = share * of.len().checked_sub(1)? as f64;
        let (below, above) = (at.floor() as usize, at.ceil() as usize);
        Some(of[below] + (of[above] - of[below]) * at.fract())
    };
    Row {
        name: turn.name.clone(),
        question: turn.question,
        end_s: (turn.end - Timestamp::ZERO).as_secs(),
        median_ms: percentile(&delays, 0.5),
        p95_ms: percentile(&delays, 0.95),
        min_ms: delays.first().copied(),
        first_median_ms: percentile(&firsts, 0.5),
        first_p95_ms: percentile(&firsts, 0.95),
        acknowledged: runs.iter().filter(|run| run.acknowledged_ms.is_some()).count(),
        cut_ins: runs.iter().filter(|run| run.cut_in).count(),
        answered: delays.len(),
        runs,
    }
}
