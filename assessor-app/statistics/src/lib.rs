//! Do the scores agree with human raters, and are they fair to groups?
//!
//! Enters: ratings as text (CSV or JSON lines) or as values. Leaves: figures, each with its n and an interval, as values, text and a page.
//! This crate deliberately knows no file, clock, network or model: what is rated, and by whom, is only a name here.
//!
//! Ways in: [`calibrate`](calibration::calibrate) for agreement and severity, [`drift`](drift::drift) for two versions on the same
//! sessions, [`fairness`](fairness::fairness) for groups.

pub mod agreement;
pub mod alpha;
pub mod bootstrap;
pub mod calibration;
pub mod conformal;
pub mod drift;
mod error;
pub mod facets;
pub mod fairness;
pub mod icc;
pub mod mantel_haenszel;
pub mod page;
mod plot;
pub mod ratings;
pub mod table;

pub use bootstrap::{Bootstrap, Figure};
pub use error::StatisticsError;
pub use ratings::{Rating, Ratings};
