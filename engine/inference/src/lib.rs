//! The networks: implementations of the ports of the other rooms, on the CPU; those of the tick also on CUDA (feature `cuda`).
//!
//! Enters: folders of weights, audio samples, texts, pictures. Leaves: probabilities, words with times, vectors, landmarks.
//! This crate deliberately knows no clock and no network, and decides nothing: what follows from a number is said elsewhere.

#[cfg(feature = "cuda")]
pub mod cuda;
mod delta;
pub mod dense;
pub mod embedding;
mod encoder;
pub mod end_of_turn;
pub mod entailment;
pub mod error;
pub mod face;
mod files;
pub mod flow_net;
mod layers;
pub mod log_mel;
pub mod synthesis;
pub mod voice_activity;
pub mod weights;
pub mod whisper;

pub use error::InferenceError;
