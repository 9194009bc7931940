//! Who the examiner is: `persona.toml`.

use schemars::JsonSchema;
use serde::Deserialize;
use viva_exchange::Affect;

use super::Acknowledgement;

/// The examiner's outside. Disclosed as an AI by the first thing it says.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Persona {
    /// Name shown and spoken.
    pub name: String,
    /// Role in a few words.
    pub role: String,
    /// Voice profile of the examiner.
    pub voice: String,
    /// Said first: that this is an AI, what is recorded, and that stopping or a human is possible at any time.
    pub disclosure: Vec<String>,
    /// Face and voice while examining.
    #[serde(default)]
    #[schemars(schema_with = "super::schema::affect")]
    pub manner: Affect,
    /// Strength of the manner in 0..=1.
    #[serde(default)]
    pub manner_level: f32,
    /// Silence after an answer that the examiner bears where a question does not say otherwise, in milliseconds.
    pub patience_ms: u32,
    /// Said at once when an answer is over and the reply is not known yet; one is chosen by the seed, never the same twice in a row.
    /// None where absent: the examiner is silent until the reply.
    #[serde(default)]
    pub acknowledgements: Vec<Acknowledgement>,
}
