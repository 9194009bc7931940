//! What entered the conversation, as the record keeps it: with these and the seed the conversation replays without sound.

use serde::{Deserialize, Serialize};
use viva_assessment::Input;
use viva_assessment::conversation::StopReason;
use viva_exchange::{HeardUntil, Observation, TimingEvent, Turn, UtteranceId};
use viva_media::Timestamp;

/// [`Input`] as the record keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "input", rename_all = "snake_case")]
pub(crate) enum RecordedInput {
    Start,
    Turn { turn: Turn },
    Timing { events: Vec<TimingEvent> },
    Observed { observation: Observation },
    Heard { heard: HeardUntil },
    BargeIn { at: Timestamp, utterance: UtteranceId },
    NoAnswer { at: Timestamp },
    Stop { reason: StopReason },
    Acknowledged { utterance: UtteranceId },
    Wording { request: u32, text: Option<String> },
}

impl From<&Input> for RecordedInput {
    fn from(input: &Input) -> Self {
        match input.clone() {
            Input::Start => Self::Start,
            Input::Turn(turn) => Self::Turn { turn },
            Input::Timing(events) => Self::Timing { events },
            Input::Observed(observation) => Self::Observed { observation },
            Input::Heard(heard) => Self::Heard { heard },
            Input::BargeIn { at, utterance } => Self::BargeIn { at, utterance },
            Input::NoAnswer { at } => Self::NoAnswer { at },
            Input::Stop { reason } => Self::Stop { reason },
            Input::Acknowledged { utterance } => Self::Acknowledged { utterance },
            Input::Wording { request, text } => Self::Wording { request, text },
        }
    }
}

impl From<RecordedInput> for Input {
    fn from(input: RecordedInput) -> Self {
        match input {
            RecordedInput::Start => Self::Start,
            RecordedInput::Turn { turn } => Self::Turn(turn),
            RecordedInput::Timing { events } => Self::Timing(events),
            RecordedInput::Observed { observation } => Self::Observed(observation),
            RecordedInput::Heard { heard } => Self::Heard(heard),
            RecordedInput::BargeIn { at, utterance } => Self::BargeIn { at, utterance },
            RecordedInput::NoAnswer { at } => Self::NoAnswer { at },
            RecordedInput::Stop { reason } => Self::Stop { reason },
            RecordedInput::Acknowledged { utterance } => Self::Acknowledged { utterance },
            RecordedInput::Wording { request, text } => Self::Wording { request, text },
        }
    }
}
