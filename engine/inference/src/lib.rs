//! The networks: implementations of the ports of the other rooms, on the CPU.
//!
//! Enters: folders of weights, audio samples, texts, pictures. Leaves: probabilities, words with times, vectors, landmarks.
//! This crate deliberately knows no device, no clock and no network, and decides nothing: what follows from a number is said elsewhere.

mod dense;
pub mod embedding;
pub mod end_of_turn;
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
