//! The assessor's own voice, taken out of what the microphone hears of it.

use std::sync::atomic::{AtomicU64, Ordering};

use gstreamer as gst;
use gstreamer::prelude::*;

use crate::pipeline::element;
use crate::{DeviceError, init};

/// Ties a loudspeaker to a microphone, so that the sound of the one is taken out of the sound of the other: WebRTC's canceller of linear
/// echo with its suppressor of what is left.
///
/// Both must be opened with the same [`crate::DeviceClock`]; a canceller serves one of each. Levels are left as they are, and so is noise: what
/// listens to the microphone knows rooms.
///
/// **Source**: `webrtcdsp` and `webrtcechoprobe` of GStreamer (package gstreamer1.0-plugins-bad).
#[derive(Debug)]
pub struct EchoCanceller {
    probe: gst::Element,
}

impl EchoCanceller {
    /// A canceller that has heard nothing yet.
    ///
    /// **Errors** [`DeviceError::MissingElement`] where GStreamer has none.
    pub fn new() -> Result<Self, DeviceError> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        init()?;
        element("webrtcdsp")?;
        let probe = element("webrtcechoprobe")?;
        // Its other half finds it by name, among all of the process.
        let name = format!("echo{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        probe.set_property("name", name);
        Ok(Self { probe })
    }

    /// What stands before the loudspeaker.
    pub(crate) fn before_loudspeaker(&self) -> Result<Vec<gst::Element>, DeviceError> {
        Ok(vec![whole_numbers()?, self.probe.clone(), element("audioconvert")?, element("audioresample")?])
    }

    /// What stands behind the microphone.
    pub(crate) fn behind_microphone(&self) -> Result<Vec<gst::Element>, DeviceError> {
        let canceller = element("webrtcdsp")?;
        canceller.set_property("probe", self.probe.name().as_str());
        // How long the devices hold sound is not known.
        canceller.set_property("delay-agnostic", true);
        canceller.set_property_from_str("echo-suppression-level", "high");
        for unwanted in ["noise-suppression", "gain-control", "limiter", "high-pass-filter"] {
            canceller.set_property(unwanted, false);
        }
        Ok(vec![whole_numbers()?, canceller, element("audioconvert")?])
    }
}

/// The format that both halves take.
fn whole_numbers() -> Result<gst::Element, DeviceError> {
    let caps = gst::Caps::builder("audio/x-raw")
        .field("format", "S16LE")
        .field("rate", viva_media::SAMPLE_RATE as i32)
        .field("channels", 1_i32)
        .field("layout", "interleaved")
        .build();
    let filter = element("capsfilter")?;
    filter.set_property("caps", caps);
    Ok(filter)
}
