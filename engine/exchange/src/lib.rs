//! What the two corridors, engine and assessment, say to each other.
//!
//! From engine to assessment: [`Turn`], [`TurnEvent`], [`TimingEvent`], [`Observation`], [`HeardUntil`].
//! From assessment to engine: [`Utterance`].
//! These are facts on the score plane: words with times, measured timing, what was heard. No audio, no pixels and no
//! features cross this door, and nothing here names a feeling of the candidate.

mod timing;
mod transcript;
mod turn;
mod utterance;

pub use timing::{Observation, TimingEvent, TimingKind};
pub use transcript::{Speaker, Transcript, Turn, TurnId, Word};
pub use turn::{TurnEvent, TurnEventKind};
pub use utterance::{Affect, HeardUntil, QuestionContext, QuestionKind, Utterance, UtteranceId};
