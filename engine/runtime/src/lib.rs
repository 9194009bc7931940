//! The graph of the engine: one tick of 20 ms at a time, from what was captured to what is decided.
//!
//! Enters: audio blocks, and the results of slow work with the times at which they arrived.
//! Leaves: floor decisions, stretches for the recogniser, finished turns with their timing facts.
//! This crate deliberately knows no exam, no rubric and no device clock: whoever drives it hands in the time, so that a recording
//! replays to the same decisions.
//!
//! [`graph::Mind`] is the place to start reading: one audio block walks through it from top to bottom.

pub mod arrivals;
mod babble;
pub mod ears;
pub mod executions;
pub mod graph;
pub mod meter;
pub mod speculation;
mod trust;
pub mod turns;

pub use arrivals::Arrivals;
pub use ears::{Ears, Surroundings};
pub use graph::{Mind, MindConfig, MindOutput, TickInput};
pub use meter::Meter;
pub use speculation::{Ahead, Fallen, Prospect, SpeculationConfig};
pub use trust::{Mistrust, Trust};
pub use turns::{Awaited, FinishedTurn, TurnAssembler};
