//! Open Badges 3.0 for an award that a human has decided and a bundle has recorded.
//!
//! Enters: a [`RecordedDecision`](viva_record::RecordedDecision), what the programme says of its achievement, a key.
//! Leaves: a credential with two proofs, two status lists, and a check of our own.
//! This crate deliberately knows no clock, no network and no score but those of the record: dates are arguments, and the two JSON-LD
//! contexts are handed in as bytes; any other is refused.

mod build;
mod contexts;
mod date;
mod error;
mod issue;
mod jwt;
mod offline;
mod proof;
mod samples;
mod status;

pub use contexts::{CREDENTIALS_V2_URL, Contexts, OPEN_BADGES_URL};
pub use error::CredentialError;
pub use issue::{Achievement, Alignment, CredentialRequest, CredentialSet, is_uri, issue};
pub use offline::{Checked, verify_offline};
pub use samples::write_bad_samples;
pub use status::{Purpose, STATUS_ENTRIES, StatusLists, status_of};
