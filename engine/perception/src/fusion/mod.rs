//! All streams of one 20 ms tick, each with its age: what the floor knows of the interlocutor.
//!
//! Nothing here looks ahead, names a feeling or reaches the score: levels, times and movements, for deciding who speaks next.

mod features;
mod pauses;
mod state;

pub use features::{FEATURES, FeatureGroup, feature_names};
pub use pauses::PauseStatistics;
pub use state::{FaceState, Fusion, FusionInput, InterlocutorState, OwnSpeech, PartialWords};
