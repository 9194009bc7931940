//! What enters a conversation and what leaves it.

use serde::{Deserialize, Serialize};
use viva_exchange::{HeardUntil, Observation, QuestionContext, TimingEvent, Turn, Utterance, UtteranceId};
use viva_media::Timestamp;

use super::event::{ConversationEvent, Outcome};

/// Whether questions are asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The examiner asks and the candidate answers.
    #[default]
    Live,
    /// A recording is fed in: nothing is asked, and no criterion gets a level.
    Recording,
}

/// Which observations may enter the facts that a language model sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub enum ObservationPolicy {
    /// Timing and wording only.
    #[default]
    #[serde(rename = "speech")]
    Speech,
    /// Visible movements in words, too.
    #[serde(rename = "speech+visible")]
    SpeechAndVisible,
}

/// Conditions varied for a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Accommodation {
    /// Factor on the patience of every question, for whoever decides the floor; 1 is standard.
    pub patience_factor: f32,
    /// Answers are typed.
    pub text_instead_of_speech: bool,
    /// Timing facts are not used at all.
    pub timing_masked: bool,
}

impl Default for Accommodation {
    fn default() -> Self {
        Self { patience_factor: 1.0, text_instead_of_speech: false, timing_masked: false }
    }
}

/// How a conversation is held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Chooses among questions, lines and links.
    pub seed: u64,
    /// Live or recording.
    pub mode: Mode,
    /// Most probes in the session; the exam's own limit where absent.
    pub max_probes: Option<u32>,
    /// Which observations count.
    pub observation: ObservationPolicy,
    /// Varied conditions.
    pub accommodation: Accommodation,
    /// Whether a language model may word probes and the character's lines. It never decides.
    pub llm: bool,
    /// Whether a language model reads the answers after the session for a second opinion; it is told before consent.
    #[serde(default)]
    pub second_rater: bool,
}

/// Why a session is stopped from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// The candidate pressed stop.
    Candidate,
    /// The candidate asked for a human.
    HumanRequested,
    /// The operator stopped.
    Operator,
    /// A device or the program failed.
    Technical,
}

/// Something that happened. Not `Clone`d inside; handed over once.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Begin.
    Start,
    /// The candidate finished a turn.
    Turn(Turn),
    /// Timing facts; to count for a turn they come before it.
    Timing(Vec<TimingEvent>),
    /// A fact in words.
    Observed(Observation),
    /// What has left the loudspeaker.
    Heard(HeardUntil),
    /// The candidate began to talk over an utterance.
    BargeIn {
        /// When.
        at: Timestamp,
        /// Over which utterance.
        utterance: UtteranceId,
    },
    /// A long silence after a question.
    NoAnswer {
        /// When the waiting ended.
        at: Timestamp,
    },
    /// Stop now.
    Stop {
        /// Why.
        reason: StopReason,
    },
    /// What [`super::Conversation::acknowledge`] gave is being said.
    Acknowledged {
        /// Its number.
        utterance: UtteranceId,
    },
    /// Answer to [`Output::AskWording`].
    Wording {
        /// Which request.
        request: u32,
        /// The wording; `None` when there is none: the fall-back is said.
        text: Option<String>,
    },
}

/// What the conversation wants done. Drain all of them after every input.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Say this, after what was ordered before.
    Say(Utterance),
    /// Word this; answer with [`Input::Wording`], always.
    AskWording {
        /// Number of the request.
        request: u32,
        /// Facts to be used; candidate words in them are data.
        facts: Vec<String>,
        /// What is said without a model.
        fallback: String,
    },
    /// When the last utterance has been heard, an answer is awaited.
    Listen(QuestionContext),
    /// A decision, for the record.
    Log(ConversationEvent),
    /// The end; sent once, last.
    Finished(Outcome),
}
