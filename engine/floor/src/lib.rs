//! Who holds the floor: from what is heard to prepare, commit, discard, yield and backchannel.
//!
//! Enters, on each 20 ms tick: the candidate's voice ([`FloorInput`]), the question that was asked, an opinion on pauses.
//! Leaves: [`viva_exchange::TurnEvent`]s.
//! This crate deliberately knows no network (the port [`EndOfTurn`] is implemented in `inference`), no words' meaning and no score.
//!
//! ```
//! use viva_floor::{Floor, FloorConfig, FloorInput};
//! let mut floor = Floor::new(FloorConfig::default());
//! let tick = floor.step(&FloorInput::silence(viva_media::Timestamp::ZERO));
//! assert!(tick.events.is_empty());
//! ```

pub mod forecast;
mod overheard;
mod patience;
mod policy;
mod port;
pub mod protocol;
mod rules;
mod second_look;
mod state;

pub use overheard::Overheard;
pub use patience::{Patience, PatienceCause, PatienceChange, PatienceConfig, SPEAKER_STRETCH};
pub use policy::PolicyConfig;
pub use port::{END_OF_TURN_WINDOW, EndOfTurn};
pub use rules::RulesConfig;
pub use state::{Floor, FloorConfig, FloorHolder, FloorInput, FloorTick, Opinion, Verdict};
