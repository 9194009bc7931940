//! Every container and codec that a programme may hand in.

use gstreamer as gst;
use gstreamer::prelude::*;
use viva_devices::{FileSource, Media, init};

const TONE: &str = "audiotestsrc num-buffers=129 samplesperbuffer=1024 freq=440 ! audio/x-raw,rate=44100,channels=2 ! audioconvert";
const CARD: &str =
    "videotestsrc num-buffers=75 ! video/x-raw,width=322,height=240,framerate=25/1 ! videoconvert";

#[test]
fn all_formats_are_read_whole() {
    init().expect("GStreamer starts");
    let folder = tempfile::tempdir().expect("a folder");
    // (file, pipeline, whether it has pictures); 129 x 1024 samples at 44.1 kHz are 2.995 s.
    let table = [
        ("a.wav", format!("{TONE} ! wavenc ! filesink name=f"), false),
        ("a.flac", format!("{TONE} ! flacenc ! filesink name=f"), false),
        ("a.mp3", format!("{TONE} ! lamemp3enc ! filesink name=f"), false),
        ("a.opus", format!("{TONE} ! audioresample ! opusenc ! oggmux ! filesink name=f"), false),
        ("a.ogg", format!("{TONE} ! vorbisenc ! oggmux ! filesink name=f"), false),
        ("v.avi", format!("avimux name=m ! filesink name=f {TONE} ! m. {CARD} ! jpegenc ! m."), true),
        (
            "v.mkv",
            format!(
                "matroskamux name=m ! filesink name=f {TONE} ! audioresample ! opusenc ! m. {CARD} ! x264enc speed-preset=ultrafast ! m."
            ),
            true,
        ),
        (
            "v.webm",
            format!(
                "webmmux name=m ! filesink name=f {TONE} ! vorbisenc ! m. {CARD} ! vp8enc deadline=1 ! m."
            ),
            true,
        ),
        (
            "v.mp4",
            format!(
                "mp4mux name=m ! filesink name=f {TONE} ! avenc_aac ! m. {CARD} ! x264enc speed-preset=ultrafast ! m."
            ),
            true,
        ),
    ];
    for (name, description, has_video) in table {
        let path = folder.path().join(name);
        let pipeline = gst::parse::launch(&description).expect("the encoders are installed");
        let pipeline = pipeline.downcast::<gst::Pipeline>().expect("a row of elements is a pipeline");
        pipeline.by_name("f").expect("named").set_property("location", path.to_str().expect("UTF-8"));
        pipeline.set_state(gst::State::Playing).expect("it starts");
        let bus = pipeline.bus().expect("a pipeline has a bus");
        let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
        let end = bus.timed_pop_filtered(gst::ClockTime::from_seconds(60), &kinds).expect("it ends");
        assert_eq!(end.type_(), gst::MessageType::Eos, "{name}: {end:?}");
        pipeline.set_state(gst::State::Null).expect("it stops");

        let mut file = FileSource::open(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(file.has_audio(), "{name}");
        assert_eq!(file.has_video(), has_video, "{name}");
        let (mut samples, mut loud, mut frames, mut gaps) = (0, 0, 0, 0);
        while let Some(media) = file.next().unwrap_or_else(|error| panic!("{name}: {error}")) {
            match media {
                Media::Audio(block) => {
                    samples += block.samples.len();
                    loud += usize::from(block.rms() > 0.3);
                    gaps += usize::from(block.gap);
                }
                Media::Video(frame) => {
                    assert_eq!((frame.width, frame.height), (322, 240), "{name}");
                    frames += 1;
                }
            }
        }
        let secs = samples as f64 / 16_000.0;
        assert!((secs - 2.995).abs() < 0.12, "{name}: {secs} s");
        assert!(loud >= 145 && gaps == 0, "{name}: {loud} loud blocks, {gaps} gaps");
        assert_eq!(frames, if has_video { 75 } else { 0 }, "{name}");
    }
}
