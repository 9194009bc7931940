//! Decisions about the floor.

use serde::{Deserialize, Serialize};
use viva_media::Timestamp;

/// What the floor room decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TurnEventKind {
    /// The candidate may be about to end: start the reply speculatively.
    Prepare,
    /// The candidate's turn is over: take the floor.
    Commit,
    /// The candidate went on: drop what was prepared.
    Discard,
    /// The candidate takes the floor while the assessor speaks: stop speaking.
    Yield,
    /// A good moment for a nod or another listener's sign.
    Backchannel,
}

/// One decision, with the time by which all audio it used had been heard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TurnEvent {
    /// End of the last sample that the decision used.
    pub at: Timestamp,
    /// What was decided.
    pub kind: TurnEventKind,
    /// Why, in a few words for the record, for example `silence 1.20 s, patience 1.10 s, p_end 0.93`.
    pub reason: String,
}
