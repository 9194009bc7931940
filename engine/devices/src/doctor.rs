//! Which GStreamer is here and what it lacks.

use gstreamer as gst;

use crate::{DeviceError, init};

/// An element that this program can use and that is not installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingElement {
    /// GStreamer's name of the element.
    pub element: &'static str,
    /// The Debian package that has it.
    pub package: &'static str,
    /// What does not work without it.
    pub purpose: &'static str,
    /// True where nothing else can stand in for it.
    pub required: bool,
}

/// What [`probe`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Version of the library that runs, for example `GStreamer 1.22.0`.
    pub version: String,
    /// What is not installed; empty when all is well.
    pub missing: Vec<MissingElement>,
    /// The devices that are attached, each as "kind: name".
    pub devices: Vec<String>,
}

const CORE: &str = "libgstreamer1.0-0";
const BASE: &str = "gstreamer1.0-plugins-base";
const GOOD: &str = "gstreamer1.0-plugins-good";
const BAD: &str = "gstreamer1.0-plugins-bad";
const UGLY: &str = "gstreamer1.0-plugins-ugly";
const LIBAV: &str = "gstreamer1.0-libav";

/// Every element that is used by name, the package of Debian 12 that has it, its use, and whether it has no substitute.
const ELEMENTS: [(&str, &str, &str, bool); 38] = [
    ("filesrc", CORE, "reading files", true),
    ("filesink", CORE, "writing films", true),
    ("fakesink", CORE, "tests without a loudspeaker", false),
    ("queue", CORE, "every pipeline", true),
    ("capsfilter", CORE, "every pipeline", true),
    ("decodebin", BASE, "reading files", true),
    ("audioconvert", BASE, "sound of any format", true),
    ("audioresample", BASE, "sound of any rate", true),
    ("videoconvert", BASE, "pictures of any format", true),
    ("appsink", BASE, "sound and pictures in", true),
    ("appsrc", BASE, "sound and pictures out", true),
    ("audiotestsrc", BASE, "the test pattern", false),
    ("videotestsrc", BASE, "the test pattern", false),
    ("opusdec", BASE, "reading Opus", false),
    ("vorbisdec", BASE, "reading Vorbis", false),
    ("oggdemux", BASE, "reading Ogg", false),
    ("alsasrc", "gstreamer1.0-alsa", "a microphone without PulseAudio or PipeWire", false),
    ("wavparse", GOOD, "reading WAV", true),
    ("flacdec", GOOD, "reading FLAC", false),
    ("mpg123audiodec", GOOD, "reading MP3", false),
    ("qtdemux", GOOD, "reading MP4", true),
    ("matroskademux", GOOD, "reading MKV and WebM", false),
    ("avidemux", GOOD, "reading AVI", false),
    ("vp9dec", GOOD, "reading VP9 of browsers", false),
    ("videoflip", GOOD, "upright pictures of phones", false),
    ("mp4mux", GOOD, "writing films", true),
    ("v4l2src", GOOD, "the camera", false),
    ("pulsesrc", "gstreamer1.0-pulseaudio", "the microphone", false),
    ("pulsesink", "gstreamer1.0-pulseaudio", "the loudspeaker", false),
    ("webrtcdsp", BAD, "a session without headphones", false),
    ("webrtcechoprobe", BAD, "a session without headphones", false),
    ("h264parse", BAD, "films with H.264", true),
    ("openh264enc", BAD, "writing H.264 where x264 is missing", false),
    ("voaacenc", BAD, "writing AAC where libav is missing", false),
    ("x264enc", UGLY, "writing H.264", false),
    ("avdec_h264", LIBAV, "reading H.264", false),
    ("avdec_aac", LIBAV, "reading AAC", false),
    ("avenc_aac", LIBAV, "writing AAC", false),
];

/// Version, missing elements with their Debian packages, and attached devices: for `viva doctor`.
///
/// **Errors** where GStreamer cannot start at all.
pub fn probe() -> Result<Probe, DeviceError> {
    init()?;
    let missing = ELEMENTS
        .into_iter()
        .filter(|(element, ..)| gst::ElementFactory::find(element).is_none())
        .map(|(element, package, purpose, required)| MissingElement { element, package, purpose, required })
        .collect();
    Ok(Probe {
        version: gst::version_string().to_string(),
        missing,
        devices: crate::live_source::list_devices(),
    })
}

/// The Debian package that has an element.
pub(crate) fn package_of(element: &str) -> &'static str {
    ELEMENTS.iter().find(|(name, ..)| *name == element).map_or(BASE, |(_, package, ..)| package)
}

/// The Debian package whose decoder most likely opens a stream of this media type.
pub(crate) fn decoder_package(media_type: &str) -> &'static str {
    match media_type {
        "audio/x-opus" | "audio/x-vorbis" | "video/x-theora" | "application/ogg" => BASE,
        "audio/x-flac" | "video/x-vp8" | "video/x-vp9" | "image/jpeg" | "video/quicktime"
        | "video/x-matroska" | "video/x-msvideo" | "audio/x-wav" | "video/webm" => GOOD,
        "video/mpegts" | "video/x-av1" => BAD,
        _ => LIBAV,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_each_element_once_and_all_required_ones_are_here() {
        let mut names: Vec<_> = ELEMENTS.iter().map(|(name, ..)| *name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ELEMENTS.len());
        let probe = probe().expect("GStreamer starts");
        assert!(probe.version.starts_with("GStreamer 1."), "{}", probe.version);
        let lacking: Vec<_> = probe.missing.iter().filter(|missing| missing.required).collect();
        assert!(lacking.is_empty(), "{lacking:?}");
    }

    #[test]
    fn an_element_that_does_not_exist_is_an_error_with_a_package() {
        init().expect("GStreamer starts");
        let error = crate::pipeline::element("no_such_element").expect_err("it does not exist");
        assert!(error.to_string().contains("gstreamer1.0-"), "{error}");
    }
}
