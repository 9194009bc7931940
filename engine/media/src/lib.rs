//! The words that all engine rooms share: time, audio, video, faces and bounded queues.
//!
//! Enters: nothing. Leaves: plain types.
//! This crate deliberately knows no device, no network, no clock and no file.
//!
//! ```
//! use viva_media::{AudioBlock, BLOCK_SAMPLES, Timestamp};
//! let block = AudioBlock::new(Timestamp::ZERO, vec![0.0; BLOCK_SAMPLES]);
//! assert_eq!(block.end(), Timestamp::from_millis(20));
//! ```

pub mod audio;
pub mod face;
pub mod queue;
pub mod time;
pub mod units;
pub mod video;
pub mod viseme;

pub use audio::{AudioBlock, BLOCK_SAMPLES, SAMPLE_RATE};
pub use face::{BLENDSHAPE_COUNT, Blendshape, Blendshapes, FacePose};
pub use time::{TICK, TimeSpan, Timestamp};
pub use units::{Decibels, Hertz, Radians};
pub use video::VideoFrame;
pub use viseme::{Viseme, VisemeCue, VisemeTrack};
