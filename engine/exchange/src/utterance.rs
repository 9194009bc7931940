//! What the assessment asks the engine to say, and what was heard of it.

use serde::{Deserialize, Serialize};
use viva_media::Timestamp;

use crate::Speaker;

/// The number of an utterance in its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UtteranceId(pub u32);

/// The scripted affect of the assessor's own face and voice: an examiner is neutral or warm, a character follows its script.
/// Never used of the candidate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Affect {
    /// At rest.
    #[default]
    Neutral,
    /// Friendly.
    Warm,
    /// Worried.
    Worried,
    /// Sad.
    Sad,
    /// Afraid.
    Afraid,
    /// Angry.
    Angry,
    /// Contemptuous.
    Contemptuous,
    /// Relieved.
    Relieved,
}

impl Affect {
    /// All there are.
    pub const ALL: [Self; 8] = [
        Self::Neutral,
        Self::Warm,
        Self::Worried,
        Self::Sad,
        Self::Afraid,
        Self::Angry,
        Self::Contemptuous,
        Self::Relieved,
    ];

    /// As scripts and profiles write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Warm => "warm",
            Self::Worried => "worried",
            Self::Sad => "sad",
            Self::Afraid => "afraid",
            Self::Angry => "angry",
            Self::Contemptuous => "contemptuous",
            Self::Relieved => "relieved",
        }
    }
}

/// The kind of answer that a question asks for; feeds the floor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    /// Yes or no.
    Yesno,
    /// One short fact.
    Closed,
    /// An explanation or a story.
    #[default]
    Open,
    /// Not a question; a reaction is expected.
    Statement,
}

/// What the floor should know of the question that was asked.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuestionContext {
    /// Kind of answer asked for.
    pub kind: QuestionKind,
    /// Planned length of the answer in seconds.
    pub expected_s: f32,
    /// How long a silence the floor bears before it takes the turn, in milliseconds.
    pub patience_ms: u32,
}

/// One thing to say, as the assessment orders it from the engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Utterance {
    /// Number in the session.
    pub id: UtteranceId,
    /// [`Speaker::Examiner`] or [`Speaker::Character`].
    pub speaker: Speaker,
    /// Plain text to be spoken.
    pub text: String,
    /// Name of the voice profile.
    pub voice: String,
    /// Scripted affect of face and voice.
    pub affect: Affect,
    /// Strength of the affect in 0..=1.
    pub affect_level: f32,
    /// The question that this utterance ends with; `None` where no answer is awaited and the next utterance follows.
    pub question: Option<QuestionContext>,
}

/// What has left the loudspeaker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeardUntil {
    /// Of which utterance.
    pub utterance: UtteranceId,
    /// The loudspeaker's time.
    pub at: Timestamp,
    /// How many bytes of [`Utterance::text`] have been heard, always at the end of a word.
    pub text_bytes: usize,
    /// True when nothing more of it will come: spoken out, or cut.
    pub finished: bool,
}
