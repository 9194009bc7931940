//! The nearest change of a session that would alter its recommendation, found by scoring the changed session again.

use serde::Serialize;

use super::{Answer, EmbedderError, Presence, Recommendation, Report, Scorer, Setting, typed_turn};
use crate::conversation::Outcome;
use crate::exam::{Polarity, ShownIn};

/// What would have had to be said, in addition, for the standard to be met.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NearestChange {
    /// The additions, fewest that were found; none of them can be left out.
    pub additions: Vec<Addition>,
    /// Critical errors of the session that nothing said afterwards takes back, in words.
    pub stands: Vec<String>,
    /// Whether the changed session meets the standard when it is scored again.
    pub meets: bool,
    /// Weighted mean level of the changed session.
    pub mean: Option<f64>,
}

/// One thing that would have had to be said.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Addition {
    /// Name of the criterion.
    pub criterion: String,
    /// Its title.
    pub title: String,
    /// Name of the indicator.
    pub indicator: String,
    /// In words.
    pub text: String,
    /// A sentence that shows it, from the rubric.
    pub example: String,
}

/// The most additions that are tried.
const MOST_ADDITIONS: usize = 12;

impl Scorer {
    /// Searches what a session lacks: sentences of the rubric are added one by one, the best first, and the session is scored again each
    /// time; then what turned out not to be needed is taken back. `None` when the standard is met already or nothing was answered. What only
    /// a human can confirm is taken as confirmed: no words of the candidate change it.
    ///
    /// # Errors
    /// When a sentence cannot be embedded.
    pub fn nearest_change(&self, outcome: &Outcome) -> Result<Option<NearestChange>, EmbedderError> {
        let mut outcome = outcome.clone();
        outcome.objectives_to_confirm.clear();
        let outcome = &outcome;
        let base = self.score(outcome)?;
        let nothing_to_change =
            matches!(base.recommendation, Recommendation::Meets | Recommendation::Practice);
        // In another language a human judges whatever is added.
        if nothing_to_change || outcome.answers.is_empty() || !self.exam().is_in_validated_language() {
            return Ok(None);
        }
        let candidates = self.candidates(&base);
        let stands = self.not_to_be_corrected(&base);
        let mut chosen: Vec<usize> = Vec::new();
        let mut report = base;
        while report.recommendation != Recommendation::Meets && chosen.len() < MOST_ADDITIONS {
            let mut best: Option<(f64, usize, Report)> = None;
            for at in (0..candidates.len()).filter(|at| !chosen.contains(at)) {
                let tried = self.with_additions(outcome, &candidates, chosen.iter().copied().chain([at]))?;
                let gain = self.nearness(&tried);
                if best.as_ref().is_none_or(|(most, _, _)| gain > *most + 1e-9) {
                    best = Some((gain, at, tried));
                }
            }
            let Some((gain, at, tried)) = best else { break };
            if gain <= self.nearness(&report) + 1e-9 {
                break;
            }
            chosen.push(at);
            report = tried;
        }
        // What was added early may not be needed any more.
        let mut at = 0;
        while report.recommendation == Recommendation::Meets && at < chosen.len() {
            let rest = chosen.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, c)| *c);
            let tried = self.with_additions(outcome, &candidates, rest)?;
            if tried.recommendation == Recommendation::Meets {
                chosen.remove(at);
                report = tried;
            } else {
                at += 1;
            }
        }
        Ok(Some(NearestChange {
            additions: chosen.into_iter().map(|at| candidates[at].clone()).collect(),
            stands,
            meets: report.recommendation == Recommendation::Meets,
            mean: report.overall.map(|overall| overall.mean),
        }))
    }

    /// Critical errors that were shown and that the rubric lets nobody put right.
    fn not_to_be_corrected(&self, report: &Report) -> Vec<String> {
        let criteria = self.exam().rubric().criteria.iter().zip(&report.criteria);
        let shown = criteria.flat_map(|(criterion, score)| criterion.indicators.iter().zip(&score.findings));
        let stands = shown.filter(|(indicator, finding)| {
            indicator.polarity == Polarity::Critical
                && indicator.corrected_by.is_empty()
                && finding.presence == Presence::Shown
        });
        stands.map(|(indicator, _)| indicator.text.clone()).collect()
    }

    /// Every positive indicator that was not shown, or that corrects something that speaks against the candidate.
    fn candidates(&self, report: &Report) -> Vec<Addition> {
        let mut found = Vec::new();
        for (criterion, score) in self.exam().rubric().criteria.iter().zip(&report.criteria) {
            let against: Vec<&str> = criterion
                .indicators
                .iter()
                .zip(&score.findings)
                .filter(|(i, f)| i.polarity != Polarity::Positive && f.presence == Presence::Shown)
                .flat_map(|(indicator, _)| indicator.corrected_by.iter().map(|id| id.as_str()))
                .collect();
            for (indicator, finding) in criterion.indicators.iter().zip(&score.findings) {
                let helps = finding.presence == Presence::Missing || against.contains(&indicator.id.as_str());
                if indicator.polarity == Polarity::Positive && helps {
                    let shown =
                        indicator.paraphrases.iter().find(|text| self.shows(criterion, &indicator.id, text));
                    found.extend(shown.map(|example| Addition {
                        criterion: criterion.id.to_string(),
                        title: criterion.title.clone(),
                        indicator: indicator.id.to_string(),
                        text: indicator.text.clone(),
                        example: example.clone(),
                    }));
                }
            }
        }
        found
    }

    fn with_additions(
        &self,
        outcome: &Outcome,
        candidates: &[Addition],
        chosen: impl Iterator<Item = usize>,
    ) -> Result<Report, EmbedderError> {
        let mut changed = outcome.clone();
        let end = changed.answers.last().map(|answer| answer.turn.end).unwrap_or_default();
        for at in chosen {
            let addition = &candidates[at];
            let criterion = self.exam().rubric().criterion(&addition.criterion);
            let shown_in = criterion
                .and_then(|c| c.indicators.iter().find(|i| i.id == *addition.indicator.as_str()))
                .map(|indicator| indicator.shown_in);
            let id = u32::MAX - u32::try_from(at).unwrap_or(0);
            changed.answers.push(Answer {
                turn: typed_turn(id, &addition.example, end),
                question: String::new(),
                criteria: vec![addition.criterion.clone()],
                setting: if shown_in == Some(ShownIn::RolePlay) {
                    Setting::RolePlay
                } else {
                    Setting::Question
                },
                heard: String::new(),
            });
        }
        self.score(&changed)
    }

    /// How near a report is to meeting the standard: minimum levels first, then the lower end of the interval.
    fn nearness(&self, report: &Report) -> f64 {
        const MET: f64 = 100.0;
        const LEVEL: f64 = 10.0;
        if report.recommendation == Recommendation::Meets {
            return MET;
        }
        let below: f64 = report
            .criteria
            .iter()
            .zip(&self.exam().rubric().criteria)
            .map(|(score, criterion)| {
                let level = score.level().map_or(1, super::LevelScore::level);
                f64::from(criterion.minimum_level.saturating_sub(level))
            })
            .sum();
        // A better coverage of a criterion counts a little even where no level changes yet.
        let shown: usize = report
            .criteria
            .iter()
            .flat_map(|score| &score.findings)
            .filter(|f| f.polarity == Polarity::Positive && f.presence == Presence::Shown)
            .count();
        let low = report.overall.map_or(0.0, |overall| overall.low);
        low - LEVEL * below + 0.01 * shown as f64
    }
}
