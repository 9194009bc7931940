//! Window or memory, device, faces and frames: what the state and the panels need to be seen.

mod app;
mod faces;
mod film;
mod offscreen;
mod painter;
mod replay;
mod screen;
mod sound;
mod window;
mod wishes;

pub use offscreen::run_offscreen;
pub use window::run_window;
