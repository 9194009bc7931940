//! The record of one session: a folder that a stranger can check.
//!
//! Enters: events, audio, turns, score sheets, a human's decision. Leaves: a bundle folder with a hash chain, seals and a report; statements about it for learning record stores.
//! This crate opens files. It deliberately knows no clock, no network and no room that makes scores: dates and times are arguments.
//!
//! Life of a bundle: [`BundleWriter::create`] … [`BundleWriter::finish`] → [`seal`](seal::seal) → [`review`](review::review) → credential →
//! [`append_seal`]. Between and after these, [`oversight`] appends what reviewers do.

pub mod audio;
mod error;
mod event_log;
pub mod keys;
pub mod oversight;
pub mod report;
pub mod review;
pub mod seal;
pub mod transcript;
pub mod vtt;
pub mod wire;
mod writer;
pub mod xapi;

pub use error::RecordError;
pub use event_log::{EventLog, Sink};
pub use review::{Decision, Outcome, RecordedDecision};
pub use seal::{append_seal, seal};
pub use writer::{BundleWriter, Finished, Recovered, Track, add_file, recover};
