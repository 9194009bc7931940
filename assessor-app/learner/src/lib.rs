//! What is kept of a learner beside the records: what was open last time, and how far each skill has come.
//!
//! Enters: score sheets of records that verified, what people say about a learner, dates. Leaves: two files that a person can read and
//! edit, a practice plan, levels L0 to L2 with their evidence, and pages.
//!
//! The scorer and the conversation do not depend on this room, so that nothing kept here can be looked up while an exam is held. The one
//! door is [`Memories::plan`], and a conversation that is given a plan is practice.
//! Deliberately unknown here: files, clocks and networks. Text goes in and comes out, and dates are arguments.

pub mod cohort;
mod deliverable;
mod error;
mod intake;
mod memory;
mod moment;
pub mod page;
mod profile;
pub mod progress;
mod sample;
mod task;

pub use deliverable::{Closed, Deliverable, Deliverables, GoodEnough};
pub use error::LearnerError;
pub use intake::{Sealed, take_in};
pub use memory::{Edit, Memories, Memory, MemoryKind, Remembered, Source};
pub use moment::Moment;
pub use profile::{Profile, Session, Shown};
pub use sample::{Mapped, Sample, Samples, SignQuoted};
pub use task::{Step, Task};
pub use viva_record::oversight::work_samples::SampleKind;
