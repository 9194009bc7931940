//! What all pipelines here share: start-up, elements by name, an end that always comes.

use gstreamer as gst;
use gstreamer::prelude::*;
use viva_media::{TimeSpan, Timestamp};

use crate::DeviceError;
use crate::doctor::package_of;

/// How long a pipeline may stand still before it is called stalled.
pub(crate) const PATIENCE: TimeSpan = TimeSpan::from_millis(10_000);

/// Starts GStreamer; every call after the first does nothing.
///
/// **Errors** [`DeviceError::Gstreamer`] where the library cannot start.
pub fn init() -> Result<(), DeviceError> {
    gst::init().map_err(|error| DeviceError::Gstreamer { detail: error.to_string() })
}

/// A pipeline that is stopped when it is dropped.
#[derive(Debug)]
pub(crate) struct Pipeline(pub(crate) gst::Pipeline);

impl Pipeline {
    pub(crate) fn new() -> Self {
        Self(gst::Pipeline::new())
    }

    /// Hands every message of the bus to `on_message`, on the thread that posts it.
    pub(crate) fn on_message(&self, on_message: impl Fn(&gst::Message) + Send + Sync + 'static) {
        if let Some(bus) = self.0.bus() {
            bus.set_sync_handler(move |_, message| {
                on_message(message);
                gst::BusSyncReply::Drop
            });
        }
    }

    /// Adds `elements` and links them in a row.
    pub(crate) fn add_row(&self, elements: &[&gst::Element]) -> Result<(), DeviceError> {
        self.0.add_many(elements.iter().copied()).map_err(internal)?;
        gst::Element::link_many(elements.iter().copied()).map_err(internal)
    }

    pub(crate) fn set_state(&self, state: gst::State) -> Result<gst::StateChangeSuccess, DeviceError> {
        self.0.set_state(state).map_err(internal)
    }

    pub(crate) fn stop(&self) {
        // Going to Null cannot fail in a way that leaves anything to do.
        self.0.set_state(gst::State::Null).ok();
        if let Some(bus) = self.0.bus() {
            bus.unset_sync_handler();
        }
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        self.stop();
    }
}

/// An element by its factory name; the error names the Debian package that has it.
pub(crate) fn element(name: &str) -> Result<gst::Element, DeviceError> {
    gst::ElementFactory::make(name).build().map_err(|_not_there| missing_element(name))
}

pub(crate) fn missing_element(name: &str) -> DeviceError {
    DeviceError::MissingElement { element: name.to_owned(), package: package_of(name) }
}

/// An error of GStreamer that no caller can mend.
pub(crate) fn internal(error: impl std::fmt::Display) -> DeviceError {
    DeviceError::Gstreamer { detail: error.to_string() }
}

/// The text of an error message of the bus, with the element that sent it.
pub(crate) fn describe(error: &gst::message::Error) -> String {
    let from = error.src().map_or_else(String::new, |src| format!("{}: ", src.name()));
    format!("{from}{}", error.error())
}

pub(crate) fn to_timestamp(time: gst::ClockTime) -> Timestamp {
    Timestamp::from_nanos(i64::try_from(time.nseconds()).unwrap_or(i64::MAX))
}

/// `None` before zero, which GStreamer cannot say.
pub(crate) fn to_clock_time(time: Timestamp) -> Option<gst::ClockTime> {
    u64::try_from(time.as_nanos()).ok().map(gst::ClockTime::from_nseconds)
}

/// The format of sound inside the engine, as GStreamer says it.
pub(crate) fn audio_caps() -> gst::Caps {
    gst::Caps::builder("audio/x-raw")
        .field("format", if cfg!(target_endian = "little") { "F32LE" } else { "F32BE" })
        .field("rate", viva_media::SAMPLE_RATE as i32)
        .field("channels", 1_i32)
        .field("layout", "interleaved")
        .build()
}

/// Where in its stream a sample stands, and its buffer mapped for reading.
pub(crate) fn stamp_of(sample: &gst::Sample) -> Option<Timestamp> {
    let pts = sample.buffer()?.pts()?;
    let segment = sample.segment()?.downcast_ref::<gst::ClockTime>()?;
    segment.to_running_time(pts).map(to_timestamp)
}

/// The mono samples of a mapped buffer.
pub(crate) fn floats(bytes: &[u8]) -> impl Iterator<Item = f32> + '_ {
    // Files may carry anything, also infinities in float WAV; inside the engine samples are finite and in range.
    bytes.chunks_exact(4).map(|quad| {
        let sample = f32::from_ne_bytes([quad[0], quad[1], quad[2], quad[3]]);
        if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 }
    })
}

/// The RGB picture of a sample, without row padding.
pub(crate) fn picture_of(sample: &gst::Sample) -> Option<viva_media::VideoFrame> {
    let captured = stamp_of(sample)?;
    let format = sample.caps()?.structure(0)?;
    let width = u32::try_from(format.get::<i32>("width").ok()?).ok()?;
    let height = u32::try_from(format.get::<i32>("height").ok()?).ok()?;
    let map = sample.buffer()?.map_readable().ok()?;
    let row = width as usize * 3;
    // GStreamer pads RGB rows to four bytes.
    let stride = row.next_multiple_of(4);
    let rgb: std::sync::Arc<[u8]> = if row == stride {
        map.get(..row * height as usize)?.into()
    } else {
        let mut packed = Vec::with_capacity(row * height as usize);
        for y in 0..height as usize {
            packed.extend_from_slice(map.get(y * stride..y * stride + row)?);
        }
        packed.into()
    };
    viva_media::VideoFrame::new(captured, width, height, rgb)
}

/// The format of pictures inside the engine, as GStreamer says it.
pub(crate) fn video_caps() -> gst::Caps {
    gst::Caps::builder("video/x-raw").field("format", "RGB").build()
}
