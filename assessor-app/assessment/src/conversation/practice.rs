//! Practice: what was open comes back, and the session ends with feedback. Nothing here reaches a session that may count.

use serde::{Deserialize, Serialize};
use viva_exchange::Speaker;

use super::Conversation;
use super::event::EventKind;
use crate::exam::Exam;
use crate::score::{Finding, Presence, Report};

/// The most points that are named in one sentence: more are not kept in mind by who hears them.
const MOST_POINTS: usize = 2;

/// Told before consent where a language model words follow-ups.
const WORDING: &str =
    "A language model may word some of my questions. For that it is given your answers. It decides nothing.";
/// Told before consent where a second rater is asked.
const SECOND_RATER: &str =
    "After this talk a language model may read your answers and give a second opinion. It sets no level.";

/// A sign of the rubric that a learner has not shown yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenPoint {
    /// Criterion of the rubric.
    pub criterion: String,
    /// Indicator of that criterion.
    pub indicator: String,
}

/// What a practice session comes back to. Empty where nothing is remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PracticePlan {
    /// The points, the most pressing first. Points that the exam's rubric does not have are passed over.
    pub open: Vec<OpenPoint>,
}

impl PracticePlan {
    pub(super) fn indicators(&self) -> impl Iterator<Item = &str> {
        self.open.iter().map(|point| point.indicator.as_str())
    }

    /// Why practice asks a question.
    pub(super) fn reason(&self, exam: &Exam, at: usize) -> String {
        let question = &exam.frame().questions[at];
        let back: Vec<String> = self
            .open
            .iter()
            .filter(|point| question.criteria.iter().any(|id| *id == *point.criterion.as_str()))
            .filter_map(|point| sign(exam, point))
            .collect();
        if back.is_empty() {
            "practice: nothing open is asked for here; chosen by the seed, first what an exam does not always ask".to_owned()
        } else {
            format!("practice: comes back to what was open: {}", back.join("; "))
        }
    }

    /// Those of the questions that come back to most of the open points; of these the ones outside the minimum set, if there are any.
    pub(super) fn nearest(&self, exam: &Exam, questions: Vec<usize>) -> Vec<usize> {
        let weight = |at: &usize| {
            let question = &exam.frame().questions[*at];
            let asks =
                |point: &&OpenPoint| question.criteria.iter().any(|id| *id == *point.criterion.as_str());
            let seeks = |point: &&OpenPoint| {
                let mut sought = question.probes.iter().flat_map(|probe| &probe.seeks);
                sought.any(|id| *id == *point.indicator.as_str())
            };
            let open = self.open.iter();
            open.clone().filter(seeks).count() * 2 + open.filter(asks).count()
        };
        let rank = |at: &usize| (weight(at), !exam.frame().questions[*at].minimum_set);
        let most = questions.iter().map(rank).max();
        questions.into_iter().filter(|at| Some(rank(at)) == most).collect()
    }
}

impl Conversation {
    /// What is said before consent.
    pub(super) fn disclosure(&self) -> Vec<String> {
        let persona = self.exam.persona();
        let mut told = match &self.practice {
            None => persona.disclosure.clone(),
            Some(_) => {
                let words = &self.exam.frame().words.practice.disclosure;
                words.iter().map(|sentence| sentence.replace("{name}", &persona.name)).collect()
            }
        };
        told.extend(self.config.llm.then(|| WORDING.to_owned()));
        told.extend(self.config.second_rater.then(|| SECOND_RATER.to_owned()));
        told
    }

    /// Names what was open, before the first question.
    pub(super) fn pick_up(&mut self) {
        let Some(plan) = self.practice.clone() else { return };
        let exam = self.exam.clone();
        let named = |point: &OpenPoint| sign(&exam, point).map(|text| (point.clone(), text));
        let known: Vec<_> = plan.open.iter().filter_map(named).take(MOST_POINTS).collect();
        if known.is_empty() {
            return;
        }
        let (points, texts): (Vec<_>, Vec<_>) = known.into_iter().unzip();
        self.log(EventKind::PickedUp { points });
        let sentence = exam.frame().words.practice.pick_up.replace("{points}", &texts.join("; "));
        self.say(Speaker::Examiner, &sentence);
    }

    /// The last words: in practice with what was shown of the open points and what is open now.
    pub(super) fn last_words(&mut self) -> Vec<String> {
        let exam = self.exam.clone();
        let words = &exam.frame().words;
        let Some(plan) = self.practice.clone() else { return words.closing.clone() };
        let mut said = Vec::new();
        match self.scorer.score_answers(&self.answers) {
            Ok(report) => {
                let (shown, open) = feedback(&plan, &report);
                for (points, sentence) in [(&shown, &words.practice.shown), (&open, &words.practice.open)] {
                    if !points.is_empty() {
                        said.push(sentence.replace("{points}", &points.join("; ")));
                    }
                }
                self.log(EventKind::Feedback { shown, open });
            }
            Err(error) => self.log(EventKind::EmbeddingFailed { error: error.to_string() }),
        }
        said.extend(words.practice.closing.iter().cloned());
        said
    }
}

/// The words of a point, where the rubric has it.
fn sign(exam: &Exam, point: &OpenPoint) -> Option<String> {
    let criterion = exam.rubric().criterion(&point.criterion)?;
    let found = criterion.indicators.iter().find(|indicator| indicator.id == *point.indicator.as_str())?;
    Some(found.text.clone())
}

/// Points of the plan that were shown, and what is open: points of the plan first, then those of the lowest criteria.
fn feedback(plan: &PracticePlan, report: &Report) -> (Vec<String>, Vec<String>) {
    let planned = |wanted: Presence| {
        let found = plan.open.iter().filter_map(|point| {
            let criterion = report.criteria.iter().find(|score| score.criterion == point.criterion)?;
            let finding = criterion.findings.iter().find(|finding| finding.indicator == point.indicator)?;
            (finding.presence == wanted).then(|| finding.text.clone())
        });
        found.collect::<Vec<_>>()
    };
    let mut lowest: Vec<_> =
        report.criteria.iter().filter_map(|score| Some((score.level()?.level(), score))).collect();
    lowest.sort_by_key(|(level, _)| *level);
    let others =
        lowest.iter().flat_map(|(_, score)| score.missing()).map(|finding: &Finding| finding.text.clone());
    let mut open = planned(Presence::Missing);
    for text in others {
        if !open.contains(&text) {
            open.push(text);
        }
    }
    open.truncate(MOST_POINTS);
    let mut shown = planned(Presence::Shown);
    shown.truncate(MOST_POINTS);
    (shown, open)
}
