//! A second rater beside the scorer: what it is given, what it may answer, and what its answer can do.
//!
//! Its level never replaces the scorer's. Where the two differ the interval is widened until it holds both, so that a second rater can make
//! a result less sure and send it to a human; nobody meets the standard by it, and nobody misses it.

use serde::{Deserialize, Serialize};
use viva_exchange::TurnId;

use super::quote::{Quote, Quotes};
use super::report::{CriterionScore, Report, Verdict};
use super::{Answer, Scorer, Segment};

/// Answers with more words in all are not put before a second rater: a small model would see only a part of them.
const MOST_WORDS: usize = 3000;
/// Quotes of fewer words prove nothing.
const LEAST_QUOTED: usize = 2;
/// Stands where sentences of an answer were left out; no quote goes across it.
const LEFT_OUT: &str = " […] ";

/// What a second rater is given of one criterion. It holds no level of the scorer, and no sentence that tries to instruct a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brief {
    /// Name of the criterion.
    pub criterion: String,
    /// As shown.
    pub title: String,
    /// The rubric's words for level 1, 2, 3 …
    pub anchors: Vec<String>,
    /// What was said on it, in order; never empty.
    pub answers: Vec<BriefAnswer>,
}

/// An answer as a second rater reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BriefAnswer {
    /// The candidate's turn.
    pub turn: TurnId,
    /// What the assessor had said just before.
    pub heard: String,
    /// The words that count as evidence.
    pub text: String,
}

/// What a second rater answered on one criterion, as the record keeps it. Its quotes are claims: each is looked for in the transcript again
/// whenever the opinion is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondOpinion {
    /// Name of the criterion.
    pub criterion: String,
    /// Who: a model's name.
    pub rater: String,
    /// SHA-256 of each request, in order; empty when it was not asked.
    pub requests: Vec<String>,
    /// What it answered.
    pub answer: Opinion,
    /// What it had answered where that could not be used, in order; for the record alone, never shown as the program's words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unusable: Vec<String>,
}

/// A level with claimed quotes, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Opinion {
    /// A level.
    Level {
        /// From 1.
        level: u8,
        /// What it is said to rest on.
        quotes: Vec<ClaimedQuote>,
    },
    /// No level.
    Abstained {
        /// Why, in the program's words.
        reason: String,
    },
}

/// Words that a second rater says stand in a turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimedQuote {
    /// The turn.
    pub turn: TurnId,
    /// The words.
    pub words: String,
}

/// A second opinion that was held against the transcript.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SecondScore {
    /// Who: a model's name.
    pub rater: String,
    /// SHA-256 of the last request; none when it was not asked.
    pub request: Option<String>,
    /// Its level; none where it abstained.
    pub level: Option<u8>,
    /// What its level rests on.
    pub quotes: Vec<Quote>,
    /// Why it has no level.
    pub abstained: Option<String>,
}

impl Brief {
    /// True when more was said than a second rater can be given.
    #[must_use]
    pub fn is_too_long(&self) -> bool {
        let words = self.answers.iter().map(|answer| answer.text.split_whitespace().count()).sum::<usize>();
        words > MOST_WORDS
    }

    /// The claimed quotes as they stand in what the rater was given.
    ///
    /// # Errors
    /// The first reason for which a level cannot rest on them; it repeats no word of the rater.
    pub fn verbatim(&self, level: u8, claimed: &[ClaimedQuote]) -> Result<(), &'static str> {
        if !(1..=self.anchors.len()).contains(&usize::from(level)) {
            return Err("the level is none of the rubric");
        }
        if claimed.is_empty() {
            return Err("a level without a quote");
        }
        for quote in claimed {
            let words = quote.words.trim();
            let stands = |answer: &BriefAnswer| {
                answer.turn == quote.turn && answer.text.split(LEFT_OUT).any(|part| part.contains(words))
            };
            if words.split_whitespace().count() < LEAST_QUOTED {
                return Err("a quote of less than two words");
            }
            if !self.answers.iter().any(stands) {
                return Err("a quote does not stand in the turn that it names");
            }
        }
        Ok(())
    }
}

impl Scorer {
    /// What a second rater is given: one brief per criterion on which this scorer has a level.
    #[must_use]
    pub fn briefs(&self, answers: &[Answer], report: &Report) -> Vec<Brief> {
        let segments = self.segments_of(answers);
        let of_rubric = self.exam.rubric().criteria.iter().zip(&report.criteria);
        of_rubric
            .filter(|(_, score)| score.level().is_some())
            .map(|(criterion, score)| Brief {
                criterion: score.criterion.clone(),
                title: score.title.clone(),
                anchors: criterion.levels.iter().map(|level| level.anchor.clone()).collect(),
                answers: answers
                    .iter()
                    .enumerate()
                    .filter(|(_, answer)| answer.criteria.contains(&score.criterion))
                    .filter_map(|(number, answer)| brief_answer(number, answer, &segments))
                    .collect(),
            })
            .filter(|brief| !brief.answers.is_empty())
            .collect()
    }

    /// Holds each opinion against the transcript and sets it beside this scorer's result.
    pub(super) fn set_beside(
        &self,
        answers: &[Answer],
        criteria: &mut [CriterionScore],
        opinions: &[SecondOpinion],
        briefs: &[Brief],
    ) {
        for opinion in opinions {
            let Some(score) = criteria.iter_mut().find(|score| score.criterion == opinion.criterion) else {
                continue;
            };
            let brief = briefs.iter().find(|brief| brief.criterion == opinion.criterion);
            let (level, quotes, abstained) = match (&opinion.answer, brief) {
                (Opinion::Abstained { reason }, _) => (None, Vec::new(), Some(reason.clone())),
                (Opinion::Level { .. }, None) => {
                    (None, Vec::new(), Some("there was nothing to judge".to_owned()))
                }
                (Opinion::Level { level, quotes }, Some(brief)) => match brief.verbatim(*level, quotes) {
                    Ok(()) => (Some(*level), cut(answers, quotes), None),
                    Err(fault) => (None, Vec::new(), Some(fault.to_owned())),
                },
            };
            if let (Some(level), Verdict::Level(own)) = (level, &mut score.verdict) {
                own.widen_to(level);
            }
            let (rater, request) = (opinion.rater.clone(), opinion.requests.last().cloned());
            score.second = Some(SecondScore { rater, request, level, quotes, abstained });
        }
    }
}

/// The usable words of an answer; none where none is.
fn brief_answer(number: usize, answer: &Answer, segments: &[Segment]) -> Option<BriefAnswer> {
    let own: Vec<&Segment> = segments.iter().filter(|segment| segment.answer == number).collect();
    let whole = answer.turn.text();
    let usable: Vec<&str> = own
        .iter()
        .filter(|segment| segment.unusable.is_none())
        .map(|segment| &whole[segment.range.clone()])
        .collect();
    let text = if usable.len() == own.len() { whole.clone() } else { usable.join(LEFT_OUT) };
    let (turn, heard) = (answer.turn.id, answer.heard.clone());
    (!usable.is_empty()).then_some(BriefAnswer { turn, heard, text })
}

fn cut(answers: &[Answer], claimed: &[ClaimedQuote]) -> Vec<Quote> {
    let quotes = claimed.iter().filter_map(|quote| {
        let turn = &answers.iter().find(|answer| answer.turn.id == quote.turn)?.turn;
        let words = quote.words.trim();
        let from = turn.text().find(words)?;
        Quote::cut(turn, from..from + words.len())
    });
    Quotes::new(quotes).map_or_else(Vec::new, |quotes| quotes.as_slice().to_vec())
}
