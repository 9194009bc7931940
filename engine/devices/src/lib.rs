//! Camera, microphone and media files in; loudspeaker and film out.
//!
//! Enters: devices and files. Leaves: [`viva_media::AudioBlock`]s of 20 ms at 16 kHz mono and [`viva_media::VideoFrame`]s,
//! each with a capture stamp; and the other way round, sound to a loudspeaker and a face to a film.
//! This is the only crate that knows GStreamer; it knows nothing of what the sounds and pictures mean.
//!
//! Threads are GStreamer's own. Queues: [`FileSource`] and [`FilmReader`] wait when their reader is slow; [`LiveSource`] drops and counts
//! sound, and keeps only the newest picture; [`MovieWriter`] waits for its encoders.
//!
//! ```
//! use viva_devices::{MovieConfig, MovieWriter, FileSource, Media};
//! use viva_media::{Timestamp, VideoFrame};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("grey.mp4");
//! let mut movie = MovieWriter::create(&path, MovieConfig { width: 64, height: 48, fps: 25, ..Default::default() })?;
//! for index in 0..25 {
//!     let frame = VideoFrame::new(Timestamp::from_millis(index * 40), 64, 48, vec![128; 64 * 48 * 3]);
//!     movie.push_video(&frame.ok_or("size")?)?;
//! }
//! movie.finish()?;
//! let mut file = FileSource::open(&path)?;
//! let mut frames = 0;
//! while let Some(media) = file.next()? {
//!     frames += usize::from(matches!(media, Media::Video(_)));
//! }
//! assert_eq!(frames, 25);
//! # Ok(()) }
//! ```

mod block_cutter;
mod clock;
mod doctor;
mod echo;
mod error;
mod file_source;
mod film_reader;
mod hand_over;
mod live_source;
mod loudspeaker;
mod movie_writer;
mod pipeline;

pub use clock::DeviceClock;
pub use doctor::{MissingElement, Probe, probe};
pub use echo::EchoCanceller;
pub use error::DeviceError;
pub use file_source::{FileConfig, FileSource, Media};
pub use film_reader::FilmReader;
pub use live_source::{Choice, LiveConfig, LiveSource};
pub use loudspeaker::LoudspeakerSink;
pub use movie_writer::{MovieConfig, MovieReport, MovieWriter};
pub use pipeline::init;
