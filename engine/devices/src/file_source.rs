//! A media file as a stream of sound and pictures.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::{AppSink, AppSinkCallbacks};
use viva_media::{AudioBlock, TimeSpan, Timestamp, VideoFrame};

use crate::block_cutter::BlockCutter;
use crate::doctor::decoder_package;
use crate::hand_over::{Failure, HandOver, Next};
use crate::pipeline::{
    PATIENCE, Pipeline, audio_caps, describe, element, floats, internal, picture_of, stamp_of, video_caps,
};
use crate::{DeviceError, init};

/// One piece of a media stream.
#[derive(Clone, Debug, PartialEq)]
pub enum Media {
    /// 20 ms of sound.
    Audio(AudioBlock),
    /// One picture.
    Video(VideoFrame),
}

/// Which streams of a file to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileConfig {
    /// Read the first audio stream.
    pub audio: bool,
    /// Read the first video stream; leave it out where only sound is wanted, for decoding costs.
    pub video: bool,
}

impl Default for FileConfig {
    fn default() -> Self {
        Self { audio: true, video: true }
    }
}

/// A media file that is decoded as it is read: as fast as the reader takes it, never further ahead than a bounded queue.
///
/// Sound of any rate and channel count comes as mono blocks of exactly 320 samples at 16 kHz, pictures as RGB; both are
/// stamped from the stream's start. A hole in the sound becomes silence in blocks marked `gap`.
/// All of it comes in the order of the stamps, except where one stream stays behind the other by more than ten minutes
/// of sound or 256 MiB of pictures.
#[derive(Debug)]
pub struct FileSource {
    // Before the pipeline: `drop` must free the decoding threads first.
    hand_over: Arc<HandOver>,
    pipeline: Pipeline,
    path: PathBuf,
    duration: Option<TimeSpan>,
    config: FileConfig,
    is_over: bool,
}

impl FileSource {
    /// Opens `path` and waits until its streams are known.
    ///
    /// **Errors** where the file is missing, unreadable, empty, no media file, holds nothing, needs a decoder that is not
    /// installed (the error names the Debian package), or where nothing moves for 10 s.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, DeviceError> {
        Self::open_with(path, FileConfig::default())
    }

    /// As [`Self::open`], for some of the streams.
    ///
    /// **Errors** as [`Self::open`].
    pub fn open_with(path: impl AsRef<Path>, config: FileConfig) -> Result<Self, DeviceError> {
        init()?;
        let path = path.as_ref().to_owned();
        let location = check_file(&path)?;
        let pipeline = Pipeline::new();
        let hand_over = Arc::new(HandOver::default());
        let source = element("filesrc")?;
        source.set_property("location", &location);
        let decoder = element("decodebin")?;
        pipeline.add_row(&[&source, &decoder])?;
        watch_bus(&pipeline, &hand_over, config);
        watch_pads(&pipeline, &decoder, &hand_over, config);

        let mut file = Self { hand_over, pipeline, path, duration: None, config, is_over: false };
        // A failure to start is told by the bus as well, and better.
        let started = file.pipeline.set_state(gst::State::Playing);
        if !file.hand_over.wait_until_known(PATIENCE) {
            return Err(file.stalled());
        }
        let (has_audio, has_video) = file.hand_over.streams();
        if !has_audio && !has_video {
            return Err(match file.hand_over.take_failure() {
                Some(failure) => file.explain(failure),
                None => DeviceError::EmptyMedia { path: file.path.clone() },
            });
        }
        started?;
        let duration = file.pipeline.0.query_duration::<gst::ClockTime>();
        file.duration =
            duration.map(|time| TimeSpan::from_nanos(i64::try_from(time.nseconds()).unwrap_or(i64::MAX)));
        Ok(file)
    }

    /// Itself, or an error where there is no sound in the file.
    ///
    /// **Errors** [`DeviceError::NoAudio`].
    pub fn require_audio(self) -> Result<Self, DeviceError> {
        if self.has_audio() { Ok(self) } else { Err(DeviceError::NoAudio { path: self.path.clone() }) }
    }

    /// True if sound will come.
    #[must_use]
    pub fn has_audio(&self) -> bool {
        self.hand_over.streams().0
    }

    /// True if pictures will come.
    #[must_use]
    pub fn has_video(&self) -> bool {
        self.hand_over.streams().1
    }

    /// The length that the container states; `None` where it states none.
    #[must_use]
    pub fn duration(&self) -> Option<TimeSpan> {
        self.duration
    }

    /// How many samples at the end of the last audio block are filling; known once that block is decoded.
    #[must_use]
    pub fn padded_samples(&self) -> usize {
        self.hand_over.padding()
    }

    /// The end of what has been decoded so far.
    #[must_use]
    pub fn decoded_until(&self) -> Timestamp {
        self.hand_over.read_until()
    }

    /// The next piece in order of stamps; `None` at the end, and ever after.
    ///
    /// **Errors** [`DeviceError::Truncated`] once, after everything before the break was handed out;
    /// [`DeviceError::MissingDecoder`]; [`DeviceError::Stalled`] after 10 s without progress.
    #[expect(
        clippy::should_implement_trait,
        reason = "it can fail, which an iterator's `next` cannot say as well"
    )]
    pub fn next(&mut self) -> Result<Option<Media>, DeviceError> {
        if self.is_over {
            return Ok(None);
        }
        match self.hand_over.next(PATIENCE) {
            Next::Media(media) => Ok(Some(media)),
            Next::Stalled => {
                self.is_over = true;
                Err(self.stalled())
            }
            Next::Ended => {
                self.is_over = true;
                if let Some(failure) = self.hand_over.take_failure() {
                    return Err(self.explain(failure));
                }
                let read = self.decoded_until() - Timestamp::ZERO;
                if read == TimeSpan::ZERO {
                    return Err(DeviceError::EmptyMedia { path: self.path.clone() });
                }
                match self.announced() {
                    Some(announced)
                        if announced.as_secs() - read.as_secs() > 1.0_f64.max(0.02 * announced.as_secs()) =>
                    {
                        let detail = format!("its header announces {:.2} s", announced.as_secs());
                        Err(DeviceError::Truncated { path: self.path.clone(), read, detail })
                    }
                    _ => Ok(None),
                }
            }
        }
    }

    /// The duration, where the container knows it and does not guess it from the bit rate.
    fn announced(&self) -> Option<TimeSpan> {
        let (audio, video) = (self.config.audio, self.config.video);
        let mut elements = self.pipeline.0.iterate_recurse().into_iter().flatten();
        let knows = elements.any(|element| {
            element.factory().is_some_and(|factory| matches!(factory.name().as_str(), "qtdemux" | "avidemux"))
        });
        self.duration.filter(|_| knows && audio && video)
    }

    fn explain(&self, failure: Failure) -> DeviceError {
        let path = self.path.clone();
        if let Some(stream) = failure.no_decoder_for {
            let package = decoder_package(&stream);
            return DeviceError::MissingDecoder { path, stream, package };
        }
        let read = self.decoded_until() - Timestamp::ZERO;
        if read > TimeSpan::ZERO {
            DeviceError::Truncated { path, read, detail: failure.detail }
        } else {
            DeviceError::NotMedia { path, detail: failure.detail }
        }
    }

    fn stalled(&self) -> DeviceError {
        DeviceError::Stalled { what: format!("reading {}", self.path.display()), after: PATIENCE }
    }
}

impl Drop for FileSource {
    fn drop(&mut self) {
        self.hand_over.close();
        self.pipeline.stop();
    }
}

/// The path as GStreamer wants it, once it is known to be a file with bytes.
pub(crate) fn check_file(path: &Path) -> Result<String, DeviceError> {
    let owned = || path.to_owned();
    let unreadable = |detail: String| DeviceError::Unreadable { path: owned(), detail };
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(DeviceError::NoSuchFile { path: owned() });
        }
        Err(error) => return Err(unreadable(error.to_string())),
    };
    let about = file.metadata().map_err(|error| unreadable(error.to_string()))?;
    if !about.is_file() {
        return Err(unreadable("not a file".to_owned()));
    }
    if about.len() == 0 {
        return Err(DeviceError::EmptyFile { path: owned() });
    }
    path.to_str().map(str::to_owned).ok_or_else(|| unreadable("its name is not UTF-8".to_owned()))
}

fn watch_bus(pipeline: &Pipeline, hand_over: &Arc<HandOver>, config: FileConfig) {
    let hand_over = Arc::clone(hand_over);
    pipeline.on_message(move |message| match message.view() {
        gst::MessageView::Eos(_) => hand_over.end_all(),
        gst::MessageView::Error(error) => {
            hand_over.fail(Failure { detail: describe(error), no_decoder_for: None });
        }
        gst::MessageView::Element(note) => {
            if let Some(stream) = note.structure().and_then(|note| missing_stream(note, config)) {
                hand_over.fail(Failure {
                    detail: "no decoder is installed".to_owned(),
                    no_decoder_for: Some(stream),
                });
            }
        }
        _ => {}
    });
}

/// The media type of a note that says that a decoder for wanted sound or pictures is missing.
fn missing_stream(note: &gst::StructureRef, config: FileConfig) -> Option<String> {
    if note.name() != "missing-plugin" {
        return None;
    }
    let caps = note.get::<gst::Caps>("detail").ok()?;
    let name = caps.structure(0)?.name().as_str();
    let is_needed = !["text/", "subpicture/", "meta/"].iter().any(|kind| name.starts_with(kind))
        && (config.audio || !name.starts_with("audio/"))
        && (config.video || !name.starts_with("video/"));
    is_needed.then(|| name.to_owned())
}

/// Ties each first stream of a kind that is wanted to the hand-over.
fn watch_pads(pipeline: &Pipeline, decoder: &gst::Element, hand_over: &Arc<HandOver>, config: FileConfig) {
    let taken = Arc::new([AtomicBool::new(!config.audio), AtomicBool::new(!config.video)]);
    let weak = pipeline.0.downgrade();
    let shared = Arc::clone(hand_over);
    decoder.connect_pad_added(move |_, pad| {
        let Some(pipeline) = weak.upgrade() else { return };
        let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        let Some(kind) = caps.structure(0).map(|structure| structure.name().as_str()) else { return };
        let result = if kind.starts_with("audio/") && !taken[0].swap(true, Ordering::Relaxed) {
            tie_audio(&pipeline, pad, &shared)
        } else if kind.starts_with("video/") && !taken[1].swap(true, Ordering::Relaxed) {
            tie_video(&pipeline, pad, &shared)
        } else {
            Ok(())
        };
        if let Err(error) = result {
            shared.fail(Failure { detail: error.to_string(), no_decoder_for: None });
        }
    });
    let shared = Arc::clone(hand_over);
    decoder.connect_no_more_pads(move |_| shared.all_streams_known());
}

fn tie_audio(pipeline: &gst::Pipeline, pad: &gst::Pad, hand_over: &Arc<HandOver>) -> Result<(), DeviceError> {
    let cutter = Arc::new(Mutex::new(BlockCutter::default()));
    let (at_sample, at_end) = (Arc::clone(&cutter), cutter);
    let (taker, ender) = (Arc::clone(hand_over), Arc::clone(hand_over));
    let callbacks = AppSinkCallbacks::builder()
        .new_sample(move |sink| {
            let sample = sink.pull_sample().map_err(|_ended| gst::FlowError::Eos)?;
            let map =
                sample.buffer().and_then(|buffer| buffer.map_readable().ok()).ok_or(gst::FlowError::Error)?;
            let mut is_read = true;
            let mut cutter = at_sample.lock().unwrap_or_else(PoisonError::into_inner);
            cutter.push(stamp_of(&sample), floats(&map), |block| is_read &= taker.push_audio(block));
            if is_read { Ok(gst::FlowSuccess::Ok) } else { Err(gst::FlowError::Eos) }
        })
        .eos(move |_| {
            let mut cutter = at_end.lock().unwrap_or_else(PoisonError::into_inner);
            let padding = cutter.finish(|block| {
                ender.push_audio(block);
            });
            ender.audio_ends(padding);
        })
        .build();
    hand_over.audio_opens();
    tie(pipeline, pad, &["queue", "audioconvert", "audioresample"], &audio_caps(), callbacks)
}

fn tie_video(pipeline: &gst::Pipeline, pad: &gst::Pad, hand_over: &Arc<HandOver>) -> Result<(), DeviceError> {
    let (taker, ender) = (Arc::clone(hand_over), Arc::clone(hand_over));
    let callbacks = AppSinkCallbacks::builder()
        .new_sample(move |sink| {
            let sample = sink.pull_sample().map_err(|_ended| gst::FlowError::Eos)?;
            // A picture without a stamp cannot be placed in time; it is left out.
            let is_read = picture_of(&sample).is_none_or(|frame| taker.push_video(frame));
            if is_read { Ok(gst::FlowSuccess::Ok) } else { Err(gst::FlowError::Eos) }
        })
        .eos(move |_| ender.video_ends())
        .build();
    hand_over.video_opens();
    let mut row = vec!["queue"];
    if gst::ElementFactory::find("videoflip").is_some() {
        row.push("videoflip");
    }
    row.push("videoconvert");
    tie(pipeline, pad, &row, &video_caps(), callbacks)
}

/// Adds `row` and an application sink behind `pad`.
fn tie(
    pipeline: &gst::Pipeline,
    pad: &gst::Pad,
    row: &[&str],
    caps: &gst::Caps,
    callbacks: AppSinkCallbacks,
) -> Result<(), DeviceError> {
    let sink = AppSink::builder().caps(caps).sync(false).async_(false).enable_last_sample(false).build();
    sink.set_property("max-buffers", 4_u32);
    sink.set_callbacks(callbacks);
    let mut elements = Vec::new();
    for name in row {
        let element = element(name)?;
        match *name {
            // The hand-over holds what may wait; the queue only separates the threads.
            "queue" => element.set_property("max-size-buffers", 8_u32),
            // Phones write a turn of the picture beside it.
            "videoflip" => element.set_property_from_str("video-direction", "auto"),
            _ => {}
        }
        elements.push(element);
    }
    elements.push(sink.upcast());
    pipeline.add_many(&elements).map_err(internal)?;
    gst::Element::link_many(&elements).map_err(internal)?;
    for element in &elements {
        element.sync_state_with_parent().map_err(internal)?;
    }
    let entry = elements[0].static_pad("sink").ok_or_else(|| internal("a queue has a sink pad"))?;
    pad.link(&entry).map_err(internal)?;
    Ok(())
}
