//! An interview from beginning to end: candidate, mind, conversation, voice, face and record, joined tick by tick.
//!
//! [`driver::Driver`] is the place to start reading: `tick` walks one audio block through the house.
//! `saying` is what the assessor says, `acknowledging` what it says until a reply is there, `preparation` what it would say if the turn ended now, `showing` what is seen of a tick, `work` what is too slow for one.

mod acknowledging;
mod answers;
mod candidate;
mod caption;
mod cast;
mod convert;
mod drawing;
mod driver;
mod examiner;
mod executions;
mod face;
mod glances;
mod inputs;
mod journal;
mod judge;
mod lips;
mod live;
mod llm;
mod loudspeaker;
mod models;
mod preparation;
mod saying;
mod showing;
mod sight;
mod speaker;
mod stage;
mod stop;
mod text;
mod view;
mod work;

pub(crate) use answers::{ANSWERS, given, with_words};
pub(crate) use candidate::{Candidate, Picture, Recording, Replayed, Simulated, room_tone};
pub(crate) use cast::{
    cast, character_look, head, head_renderer, identity, imported, look_of, member, read_avatar, tier_choice,
};
pub(crate) use convert::score_sheet;
pub(crate) use drawing::{Drawing, measure_drawing};
pub(crate) use driver::{Driver, Setup};
pub(crate) use examiner::{
    AskedWording, Examiner, examiner_profile, load_exam, load_uncalibrated_exam, read_exam,
};
pub(crate) use executions::{Executions, measure_mel};
pub(crate) use face::{Face, Listener};
pub(crate) use glances::{GLANCE, Glance, Glances};
pub(crate) use inputs::RecordedInput;
pub(crate) use journal::{GAP, Journal, Media, Wordings};
pub(crate) use judge::{Judge, OPINION};
pub(crate) use live::{Paced, named_device, open_devices, open_monitor};
pub(crate) use llm::llm_wording;
pub(crate) use loudspeaker::{Loudspeaker, ReplayedCuts, Saying, Silent};
pub(crate) use models::Models;
pub(crate) use preparation::Tally;
pub(crate) use sight::Sight;
pub(crate) use stage::{Stage, StageConfig, StageReport, eyes};
pub(crate) use stop::{Stop, StopSign};
pub(crate) use text::interview_by_text;
pub(crate) use view::{Seat, View, view};
pub(crate) use work::{Stamp, Stamps, Tools, Worded, WordingSource, Workshop};
