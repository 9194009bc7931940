//! Who holds the floor: from what is heard to prepare, commit, discard, yield and backchannel.
//!
//! Enters: voice activity, silence, the question that was asked. Leaves: [`viva_exchange::TurnEvent`]s on the 20 ms tick.
//! This crate deliberately knows no network (the port [`EndOfTurn`] is implemented in `inference`), no words' meaning and no score.

mod port;

pub use port::{END_OF_TURN_WINDOW, EndOfTurn};
