//! Who holds the floor: from what is heard to prepare, commit, discard, yield and backchannel.
//!
//! Enters, on each 20 ms tick: the candidate's voice ([`FloorInput`]), the question that was asked, an opinion on pauses.
//! Leaves: [`viva_exchange::TurnEvent`]s.
//! This crate deliberately knows no network (the port [`EndOfTurn`] is implemented in `inference`), no words' meaning and no score.
//!
//! ```
//! use viva_floor::{FloorInput, Rules, RulesConfig};
//! let mut rules = Rules::new(RulesConfig::default());
//! let tick = rules.step(&FloorInput::silence(viva_media::Timestamp::ZERO));
//! assert!(tick.events.is_empty());
//! ```

mod patience;
mod port;
mod rules;

pub use patience::{Patience, PatienceConfig};
pub use port::{END_OF_TURN_WINDOW, EndOfTurn};
pub use rules::{FloorHolder, FloorInput, FloorTick, Opinion, Rules, RulesConfig};
