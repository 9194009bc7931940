//! The voice: from text to phonemes, sound and visible mouth shapes.
//!
//! Enters: text with scripted affect. Leaves: 16 kHz audio, a viseme track and the time of every word.
//! This crate deliberately knows no network (the ports [`AcousticModel`] and [`OutOfVocabulary`] are implemented in
//! `inference`), no file, no clock and no loudspeaker.

mod error;
pub mod g2p;
mod markup;
mod playback;
mod port;
mod sentences;
mod synthesiser;
mod tables;
mod visemes;
pub mod vocoder;
mod voice;

pub use error::{PortError, SpeechError};
pub use markup::LONGEST_PAUSE_SECS;
pub use playback::Playback;
pub use port::{AcousticModel, Acoustics, BINS, OutOfVocabulary, Spectrum};
pub use synthesiser::{LONGEST_TEXT_BYTES, Spoken, SpokenWord, Synthesiser};
pub use tables::{TableFiles, Tables};
pub use voice::{Delivery, VoiceProfile};
