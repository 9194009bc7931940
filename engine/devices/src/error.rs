//! What can go wrong at the doors.

use std::path::PathBuf;

use viva_media::TimeSpan;

/// Why a device, a file or a film could not be used.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// The path does not exist.
    #[error("no such file: {}", path.display())]
    NoSuchFile {
        /// Which file.
        path: PathBuf,
    },
    /// The path exists but cannot be read.
    #[error("cannot read {}: {detail}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        detail: String,
    },
    /// The file has no bytes.
    #[error("{} is empty", path.display())]
    EmptyFile {
        /// Which file.
        path: PathBuf,
    },
    /// The bytes are no audio or video that is known here.
    #[error("{} is not a media file: {detail}", path.display())]
    NotMedia {
        /// Which file.
        path: PathBuf,
        /// What was found instead.
        detail: String,
    },
    /// There is no sound in the file.
    #[error("{} has no audio stream", path.display())]
    NoAudio {
        /// Which file.
        path: PathBuf,
    },
    /// The file announces sound or pictures but holds none.
    #[error("{} holds no samples and no pictures", path.display())]
    EmptyMedia {
        /// Which file.
        path: PathBuf,
    },
    /// The file broke off; everything before this point was handed out.
    #[error("{} is damaged or cut short after {:.2} s: {detail}", path.display(), read.as_secs())]
    Truncated {
        /// Which file.
        path: PathBuf,
        /// How much was read.
        read: TimeSpan,
        /// What the decoder said.
        detail: String,
    },
    /// A stream needs a decoder that is not installed.
    #[error("no decoder for {stream} in {}; install {package}", path.display())]
    MissingDecoder {
        /// Which file.
        path: PathBuf,
        /// What must be decoded.
        stream: String,
        /// The Debian package that has it.
        package: &'static str,
    },
    /// A GStreamer element is not installed.
    #[error("GStreamer element `{element}` is missing; install {package}")]
    MissingElement {
        /// Which element.
        element: String,
        /// The Debian package that has it.
        package: &'static str,
    },
    /// Nothing moved for too long.
    #[error("{what} made no progress for {} s", after.as_secs())]
    Stalled {
        /// Who stood still.
        what: String,
        /// For how long.
        after: TimeSpan,
    },
    /// No such device is attached.
    #[error("no {kind} found; looked for {looked_for}")]
    NoDevice {
        /// Microphone, camera or loudspeaker.
        kind: &'static str,
        /// Which providers were asked and what they offered.
        looked_for: String,
    },
    /// The elements named for a device cannot be put together.
    #[error("cannot use {elements:?} as {kind}: {detail}")]
    Elements {
        /// Microphone, camera or loudspeaker.
        kind: &'static str,
        /// As they were named.
        elements: String,
        /// What is wrong with them.
        detail: String,
    },
    /// A device failed or was taken away.
    #[error("device failed: {detail}")]
    Device {
        /// What GStreamer said.
        detail: String,
    },
    /// The film cannot be written there.
    #[error("cannot write {}: {detail}", path.display())]
    NotWritable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        detail: String,
    },
    /// The disk is full; the film up to about this point can be played.
    #[error("the disk is full while writing {}", path.display())]
    DiskFull {
        /// Which file.
        path: PathBuf,
    },
    /// What was handed to the film does not fit its configuration.
    #[error("does not fit the film: {detail}")]
    Unfit {
        /// What is wrong with it.
        detail: String,
    },
    /// The film was finished without a picture or a sample.
    #[error("nothing was written to the film {}", path.display())]
    NothingWritten {
        /// Which file.
        path: PathBuf,
    },
    /// GStreamer itself failed.
    #[error("GStreamer: {detail}")]
    Gstreamer {
        /// What it said.
        detail: String,
    },
}
