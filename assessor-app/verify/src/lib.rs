//! Is a session bundle whole? Needs the folder alone; a public key may be given from elsewhere.
//!
//! Enters: a bundle folder, possibly hostile. Leaves: [`Verified`], or the first [`Failure`] with its file and line.
//! The words of the format (canonical JSON, event lines, seals, `did:key`) live here too, so that writer and verifier share them.
//! This crate deliberately knows no clock, no network and none of the rooms that write bundles.

mod bundle;
pub mod canonical;
pub mod chain;
mod content;
pub mod did;
mod failure;
pub mod oversight;
pub mod seal;
mod walk;
mod work_samples;

pub use bundle::{Verified, verify_bundle, verify_sealed_part};
pub use failure::{Failure, Fault};
pub use walk::plain_path;
pub use work_samples::WORK_SAMPLES_DIR;

/// The chained events of the session.
pub const EVENTS_FILE: &str = "events.jsonl";
/// The chained events of the review; its first line follows from the last of [`EVENTS_FILE`].
pub const REVIEW_EVENTS_FILE: &str = "review_events.jsonl";
/// The turns with words and times.
pub const TRANSCRIPT_FILE: &str = "transcript.json";
/// The score sheet.
pub const SCORES_FILE: &str = "scores.json";
/// What was run, by whom, in which version.
pub const MANIFEST_FILE: &str = "manifest.json";
/// The recorded human decision.
pub const REVIEW_FILE: &str = "review.json";
/// The folder of seals.
pub const SEALS_DIR: &str = "seals";
/// The kind of an event that holds one turn of the transcript as its body.
pub const TURN_EVENT: &str = "turn";
/// The kind of the event that holds the human decision, in [`REVIEW_EVENTS_FILE`].
pub const DECISION_EVENT: &str = "decision";
/// The kind of the first event of [`EVENTS_FILE`]; its body is the manifest.
pub const SESSION_EVENT: &str = "session";
