//! An interview from beginning to end: candidate, mind, conversation, voice, face and record, joined tick by tick.
//!
//! [`driver::Driver`] is the place to start reading: `tick` walks one audio block through the house.

mod candidate;
mod convert;
mod driver;
mod examiner;
mod inputs;
mod journal;
mod llm;
mod models;
mod speaker;
mod stage;
mod text;

pub(crate) use candidate::{Candidate, Recording, Replayed, Simulated};
pub(crate) use convert::score_sheet;
pub(crate) use driver::{Driver, RecordedStamps, Setup, Stamps, WordingSource};
pub(crate) use examiner::{AskedWording, Examiner, load_exam};
pub(crate) use inputs::RecordedInput;
pub(crate) use journal::{Journal, Media};
pub(crate) use llm::llm_wording;
pub(crate) use models::Models;
pub(crate) use stage::{Stage, StageConfig, StageReport, eyes, head_renderer, look_of};
pub(crate) use text::interview_by_text;
