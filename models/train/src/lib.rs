//! Fits the networks and models that are our own. One module per model.
//!
//! **In**: folders of graded rows or recordings, named by the caller, and a seed. **Out**: a weights file.
//! The same data and seed give the same bytes.
//!
//! * [`entailment`]: does an answer say what a reference says? `viva train entailment`.
//! * [`floor`]: the flow-net, which forecasts who speaks next: `viva train floor`.
//! * [`scorer`]: the short-answer scorer: `viva train scorer`.

pub mod entailment;
pub mod floor;
pub mod scorer;
