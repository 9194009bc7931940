//! The announced role-play: `roleplay.toml`.

use schemars::JsonSchema;
use serde::Deserialize;
use viva_exchange::Affect;

use super::{Id, WrittenPattern};

/// A scene with a character whose agitation rises and falls with what the candidate says.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RolePlay {
    /// Name.
    pub id: Id,
    /// Domain it gives evidence for.
    pub domain: Id,
    /// Criteria it gives evidence for.
    pub criteria: Vec<Id>,
    /// Spoken by the examiner before the scene.
    pub announcement: Vec<String>,
    /// Spoken by the examiner after the scene.
    pub exit: String,
    /// The character.
    pub character: Character,
    /// When the scene ends.
    pub end: EndConditions,
    /// What the character wants, for authors and a language model.
    pub goals: Vec<String>,
    /// What the character knows and tells when it is due.
    #[serde(rename = "fact", default)]
    pub facts: Vec<Fact>,
    /// Agitation levels 0..=4.
    #[serde(rename = "level", default)]
    pub levels: Vec<AgitationLevel>,
    /// What the candidate can do in the scene.
    #[serde(rename = "behaviour", default)]
    pub behaviours: Vec<Behaviour>,
    /// The same scene with other people and other words, equally hard; the seed chooses.
    #[serde(rename = "variant", default)]
    pub variants: Vec<Variant>,
}

/// Another dress of a scene: what is not named here (behaviours, criteria, exit) is the scene's own.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// Name.
    pub id: Id,
    /// Spoken by the examiner before the scene.
    pub announcement: Vec<String>,
    /// What the character wants.
    pub goals: Vec<String>,
    /// Who is played.
    pub character: Character,
    /// When the scene ends.
    pub end: EndConditions,
    /// What the character tells when it is due; the same names and conditions as the scene's.
    #[serde(rename = "fact", default)]
    pub facts: Vec<Fact>,
    /// Agitation levels 0..=4.
    #[serde(rename = "level", default)]
    pub levels: Vec<AgitationLevel>,
}

impl RolePlay {
    /// How many dresses the scene has, its own counted.
    #[must_use]
    pub fn dresses(&self) -> usize {
        1 + self.variants.len()
    }

    /// The scene in the dress of a number: 0 is its own.
    pub(crate) fn dressed(&self, number: usize) -> Self {
        let mut scene = self.clone();
        if let Some(variant) = number.checked_sub(1).and_then(|at| self.variants.get(at)).cloned() {
            let Variant { id, announcement, goals, character, end, facts, levels } = variant;
            scene = Self { id, announcement, goals, character, end, facts, levels, ..scene };
        }
        scene
    }
}

/// Who is played.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Character {
    /// Name.
    pub name: String,
    /// Voice profile.
    pub voice: String,
    /// Who is seen: one of the four looks, or a person file of the package, `people/NAME.toml`.
    #[serde(default = "usual_look")]
    pub look: String,
    /// Who the character is and where.
    pub scene: String,
    /// First line.
    pub opening: String,
    /// Level at the opening.
    pub opening_level: u8,
}

fn usual_look() -> String {
    "character".to_owned()
}

/// When a scene ends.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EndConditions {
    /// Not before so many answers of the candidate.
    pub least_exchanges: u32,
    /// At the latest after so many.
    pub most_exchanges: u32,
    /// Between the two: as soon as the level is this low.
    pub calm_level: u8,
    /// Last line when the level is at most `calm_level`.
    pub calm_line: String,
    /// Last line otherwise.
    pub upset_line: String,
}

/// Something the character tells once.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// Name.
    pub id: Id,
    /// The line that tells it.
    pub line: String,
    /// Told after one of these behaviours …
    #[serde(default)]
    pub after: Vec<Id>,
    /// … or as soon as the level is this low.
    pub at_level: Option<u8>,
}

/// How the character speaks at a level.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgitationLevel {
    /// 0 calm … 4 shouting.
    pub level: u8,
    /// Face and voice.
    #[schemars(schema_with = "super::schema::affect")]
    pub affect: Affect,
    /// Strength in 0..=1.
    pub affect_level: f32,
    /// Lines; one that was not used is chosen by the seed.
    pub lines: Vec<String>,
}

/// Something the candidate says or does that moves the character.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Behaviour {
    /// Name.
    pub id: Id,
    /// In words.
    pub text: String,
    /// Change of level when it is noticed.
    pub delta: i8,
    /// Sentences that show it.
    #[serde(default)]
    pub paraphrases: Vec<String>,
    /// Sentences that sound alike and do not show it.
    #[serde(default)]
    pub counter_exemplars: Vec<String>,
    /// Word patterns that show it by themselves.
    #[serde(default)]
    pub patterns: Vec<WrittenPattern>,
    /// True when talking over the character counts as this behaviour.
    #[serde(default)]
    pub by_barge_in: bool,
    /// True when saying none of the other behaviours counts as this one.
    #[serde(default)]
    pub by_default: bool,
    /// The character's answer to it, used once.
    pub reply: Option<String>,
}
