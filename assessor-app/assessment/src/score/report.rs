//! The result of scoring: levels with quotes, or reasons for having none.

use serde::Serialize;

use super::opinion::SecondScore;
use super::quote::{Quote, Quotes};
use crate::exam::{Polarity, ProbeKind};

/// What is recommended to the human who decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Recommendation {
    /// The standard is met.
    Meets,
    /// The standard is missed.
    DoesNotMeet,
    /// The evidence does not suffice for a recommendation.
    ReferToHuman,
    /// The session was practice: the levels are feedback, and nothing is recommended to anybody.
    Practice,
}

/// Why a criterion has no level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AbstainReason {
    /// No question asked for it.
    NotAsked,
    /// It was asked for and nothing was said.
    NotAnswered,
    /// Too few words to judge.
    TooShort,
    /// The recogniser was not sure of the words.
    UnclearSpeech,
    /// What was said tries to instruct the machine.
    Injection,
    /// The rubric's own words in place of what would show its signs.
    Recited,
    /// Not connected speech in the language of the exam.
    LanguageNotValidated,
}

impl AbstainReason {
    /// As reports say it.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::NotAsked => "it was not asked",
            Self::NotAnswered => "the question was not answered",
            Self::TooShort => "too little was said to judge",
            Self::UnclearSpeech => "the speech recognition was not sure of the words",
            Self::Injection => "what was said addresses the machine, not the question",
            Self::Recited => "what was said are the words of the marking scheme",
            Self::LanguageNotValidated => {
                "what was said is not connected speech in the language of this exam"
            }
        }
    }
}

/// Whether an indicator was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// Found.
    Shown,
    /// Found, and taken back later by the right thing; not counted against the candidate.
    Corrected,
    /// Not found.
    Missing,
}

/// One indicator of a criterion.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// Name of the indicator.
    pub indicator: String,
    /// In words.
    pub text: String,
    /// For or against.
    pub polarity: Polarity,
    /// Whether it was found.
    pub presence: Presence,
    /// How sure that is, in 0..=1; 0 when missing.
    pub confidence: f64,
    /// Where; a corrected one holds both what was said first and what corrects it.
    pub quotes: Vec<Quote>,
    /// How a corrected one was put right.
    pub recovery: Option<Recovery>,
}

/// How something that spoke against the candidate was put right. Reported, not scored: what counts is that it was put right.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recovery {
    /// What was said first.
    pub wrong: Quote,
    /// What puts it right.
    pub right: Quote,
    /// How many answers later; 0 in the same answer.
    pub answers_later: usize,
    /// The follow-up that it was an answer to; none where it came unprompted.
    pub prompted: Option<ProbeKind>,
}

/// A level with the words it rests on: without a quote there is none.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LevelScore {
    level: u8,
    low: u8,
    high: u8,
    quotes: Quotes,
}

impl LevelScore {
    pub(crate) fn new(level: u8, low: u8, high: u8, quotes: Quotes) -> Self {
        Self { level, low: low.min(level), high: high.max(level), quotes }
    }

    /// Widens the interval until it holds another rater's level.
    pub(super) fn widen_to(&mut self, other: u8) {
        self.low = self.low.min(other);
        self.high = self.high.max(other);
    }

    /// The level, from 1.
    #[must_use]
    pub const fn level(&self) -> u8 {
        self.level
    }

    /// Lower end of the interval.
    #[must_use]
    pub const fn low(&self) -> u8 {
        self.low
    }

    /// Upper end of the interval.
    #[must_use]
    pub const fn high(&self) -> u8 {
        self.high
    }

    /// What it rests on, at least one.
    #[must_use]
    pub fn quotes(&self) -> &[Quote] {
        self.quotes.as_slice()
    }
}

/// A level, or why there is none.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// A level.
    Level(LevelScore),
    /// No level.
    Abstain(AbstainReason),
}

/// The result for one criterion.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CriterionScore {
    /// Name.
    pub criterion: String,
    /// As shown.
    pub title: String,
    /// Share of the overall result.
    pub weight: f64,
    /// Level or abstention.
    pub verdict: Verdict,
    /// All indicators.
    pub findings: Vec<Finding>,
    /// The anchor of the level reached; empty without one.
    pub anchor: String,
    /// The anchor of the next level; empty at the top.
    pub next_anchor: String,
    /// The level by words alone, without their meaning, where it is another one; the interval holds it.
    pub by_words: Option<u8>,
    /// What a second rater said, where one was asked.
    pub second: Option<SecondScore>,
}

impl CriterionScore {
    /// The level score, if there is one.
    #[must_use]
    pub const fn level(&self) -> Option<&LevelScore> {
        match &self.verdict {
            Verdict::Level(level) => Some(level),
            Verdict::Abstain(_) => None,
        }
    }

    /// Holds another scorer's level in the interval, where it is another one.
    pub(super) fn hold(&mut self, other: &Self) {
        let (Verdict::Level(own), Verdict::Level(other)) = (&mut self.verdict, &other.verdict) else {
            return;
        };
        if own.level() != other.level() {
            own.widen_to(other.level());
            self.by_words = Some(other.level());
        }
    }

    /// The level of a second rater, where it is another one.
    #[must_use]
    pub fn differing(&self) -> Option<(u8, &SecondScore)> {
        let (own, second) = (self.level()?, self.second.as_ref()?);
        second.level.filter(|level| *level != own.level()).map(|level| (level, second))
    }

    /// Positive indicators that were not found.
    pub fn missing(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|f| f.polarity == Polarity::Positive && f.presence == Presence::Missing)
    }
}

/// Weighted mean level with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Overall {
    /// Weighted mean of the levels.
    pub mean: f64,
    /// Lower end; the criteria's intervals are taken as independent.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// The result of a session. A recommendation: a human decides.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// What is recommended.
    pub recommendation: Recommendation,
    /// Why, in sentences.
    pub reasons: Vec<String>,
    /// Over the criteria that have a level; `None` if none has.
    pub overall: Option<Overall>,
    /// The rubric's cut score.
    pub cut_score: f64,
    /// As far as two panels would differ in it, in levels; within it nothing is recommended.
    pub cut_standard_error: f64,
    /// How it was set.
    pub cut_method: String,
    /// The rubric's validation status.
    pub validation_status: String,
    /// One per criterion, in the rubric's order.
    pub criteria: Vec<CriterionScore>,
    /// Words that tried to instruct the machine.
    pub injections: Vec<Quote>,
    /// What was shown, what was missing and what would meet the standard: one line each.
    pub explanation: Vec<String>,
}
