//! The networks behind speech: symbols to acoustics, and the reader of unknown words.

mod acoustic;
mod layers;
mod oov;
mod weights;

pub use acoustic::HibariAcoustics;
pub use oov::HibariOutOfVocabulary;
pub use weights::SynthesisError;
