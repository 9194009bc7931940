//! Measured timing: facts with a start and an end, never a reading of the person.

use serde::{Deserialize, Serialize};
use viva_media::Timestamp;

use crate::TurnId;

/// The closed list of timing facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimingKind {
    /// End of the assessor's audio to the first voiced sample of the answer.
    ResponseLatency,
    /// Silence of at least 250 ms inside a turn.
    SilentPause,
    /// A sustained filler sound ("um") inside a turn.
    FilledPause,
    /// A word or phrase begun again.
    Restart,
    /// A word or phrase replaced by another ("ten, no, one milligram").
    Repair,
    /// Syllables per second of speech without pauses, over one turn; see [`TimingEvent::value`].
    ArticulationRate,
}

/// A measured fact about the timing of speech. Not scored unless a rubric criterion declares that it is about timing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimingEvent {
    /// Which fact.
    pub kind: TimingKind,
    /// When it begins.
    pub start: Timestamp,
    /// When it ends; never before `start`.
    pub end: Timestamp,
    /// In which turn it lies.
    pub turn: TurnId,
    /// Syllables per second for [`TimingKind::ArticulationRate`], else the duration in seconds.
    pub value: f64,
    /// The words concerned, for restarts and repairs: what was dropped and what replaced it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
}

/// A fact as data and as a plain sentence, for the probe planner and the language model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// In which turn it was made.
    pub turn: TurnId,
    /// The facts it rests on.
    pub events: Vec<TimingEvent>,
    /// For example "answered after 2.4 s; restarted twice".
    pub sentence: String,
}
