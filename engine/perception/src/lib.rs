//! What is seen and heard of the candidate, as features and facts.
//!
//! Enters: audio blocks and video frames. Leaves: voice features, words with times, face observations and, fused on the
//! 20 ms tick, the state of the interlocutor.
//! This crate deliberately knows no network (the ports [`voice::VoiceActivity`], [`words::Recogniser`] and
//! `face::FaceNets` are implemented in `inference`), no device and no rubric, and it names no feeling.

pub mod face;
pub mod fusion;
pub mod voice;
pub mod words;
