//! Words: where to cut the audio for the recogniser, and what the words tell of repairs.

mod recogniser;
mod repairs;
mod segmenter;

pub use recogniser::{Recogniser, RecogniserError};
pub use repairs::find_repairs;
pub use segmenter::{Segment, Segmenter, SegmenterConfig};
