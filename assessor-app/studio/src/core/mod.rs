//! What the studio knows, without a window: all of it can be tested by calls.

pub(crate) mod capture;
pub(crate) mod curve;
pub(crate) mod desk;
pub(crate) mod document;
pub(crate) mod history;
pub(crate) mod latency;
pub(crate) mod performance;
pub(crate) mod profile_text;
pub(crate) mod recording;
pub(crate) mod session;
pub(crate) mod sound;
pub(crate) mod studio;
pub(crate) mod take;
pub(crate) mod transport;
