//! What is judged, by which anchors: `rubric.toml`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Id, WrittenPattern};

/// The rubric.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rubric {
    /// Name.
    pub id: Id,
    /// Version, kept in the record.
    pub version: String,
    /// `not calibrated`; such a rubric cannot lead to a certification. Only a `calibration.json` beside it,
    /// which `viva calibrate --exam` writes, makes it `calibrated`.
    pub validation_status: String,
    /// Least weighted mean level, 1..=4, that meets the standard.
    pub cut_score: f64,
    /// How the cut score was set: by whom, in which manner, when.
    #[serde(default = "unknown_method")]
    pub cut_method: String,
    /// Standard error of the cut score, in levels: as far as two panels would differ.
    #[serde(default)]
    pub cut_standard_error: f64,
    /// Domains.
    #[serde(rename = "domain", default)]
    pub domains: Vec<Domain>,
    /// Criteria.
    #[serde(rename = "criterion", default)]
    pub criteria: Vec<Criterion>,
}

/// A field of competence.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Domain {
    /// Name.
    pub id: Id,
    /// As shown.
    pub title: String,
    /// Whether the session is incomplete without it.
    #[serde(default)]
    pub required: bool,
}

/// One thing that is judged on its own.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// Name.
    pub id: Id,
    /// Its domain.
    pub domain: Id,
    /// As shown.
    pub title: String,
    /// Share of the overall result; above 0.
    pub weight: f64,
    /// Level below which the whole standard is missed, whatever the other criteria say.
    #[serde(default = "one")]
    pub minimum_level: u8,
    /// Anchored levels, rising from 1.
    #[serde(rename = "level", default)]
    pub levels: Vec<Level>,
    /// Observable signs.
    #[serde(rename = "indicator", default)]
    pub indicators: Vec<Indicator>,
}

/// A level and what it looks like.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// 1, 2, 3 …
    pub level: u8,
    /// Least share of the positive indicators' weight, less the negative ones', in 0..=1; 0 for level 1.
    pub at_least: f64,
    /// What a performance at this level looks like.
    pub anchor: String,
}

/// Whether a sign speaks for or against the criterion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Polarity {
    /// Raises the level.
    Positive,
    /// Lowers the level by its weight.
    Negative,
    /// Caps the level at 1 unless corrected later.
    Critical,
}

/// Where a sign counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ShownIn {
    /// Anywhere.
    #[default]
    Any,
    /// Only when done to the character, not when talked about.
    RolePlay,
    /// Only in talk with the examiner.
    Talk,
}

/// An observable sign of a criterion, with what it can sound like.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Indicator {
    /// Name.
    pub id: Id,
    /// For or against.
    pub polarity: Polarity,
    /// In words, as reports say it: "says that the pain is real".
    pub text: String,
    /// Weight inside the criterion; above 0.
    #[serde(default = "one_weight")]
    pub weight: f64,
    /// Where it counts.
    #[serde(default)]
    pub shown_in: ShownIn,
    /// Sentences that show it.
    #[serde(default)]
    pub paraphrases: Vec<String>,
    /// Sentences that sound alike and do not show it.
    #[serde(default)]
    pub counter_exemplars: Vec<String>,
    /// Word patterns that show it by themselves.
    #[serde(default)]
    pub patterns: Vec<WrittenPattern>,
    /// Positive indicators that, shown later, take back this negative or critical one.
    #[serde(default)]
    pub corrected_by: Vec<Id>,
}

fn unknown_method() -> String {
    "not stated".to_owned()
}

fn one() -> u8 {
    1
}

fn one_weight() -> f64 {
    1.0
}

impl Rubric {
    /// The criterion of a name.
    #[must_use]
    pub fn criterion(&self, id: &str) -> Option<&Criterion> {
        self.criteria.iter().find(|criterion| criterion.id == *id)
    }
}
