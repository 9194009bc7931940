//! Microphone and camera.

use std::sync::{Arc, Mutex, PoisonError};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::{AppSink, AppSinkCallbacks};
use viva_media::{AudioBlock, Timestamp, VideoFrame, queue};

use crate::block_cutter::BlockCutter;
use crate::pipeline::{
    Pipeline, audio_caps, describe, element, floats, internal, picture_of, stamp_of, video_caps,
};
use crate::{DeviceClock, DeviceError, EchoCanceller, init};

/// Two seconds of sound may wait for the reader; what comes then is dropped, counted and marked.
const AUDIO_DEPTH: usize = 100;

/// Which device to open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// None.
    #[default]
    Nothing,
    /// The system's default, or else its first.
    First,
    /// Elements in GStreamer's notation, for example `pulsesrc device=headset` or `filesrc location=a.wav ! wavparse ! identity sync=true`;
    /// one pad must be left free.
    Elements(String),
}

/// Which live devices to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveConfig {
    /// The microphone; it cannot be left out.
    pub microphone: Choice,
    /// The camera.
    pub camera: Choice,
}

impl Default for LiveConfig {
    fn default() -> Self {
        Self { microphone: Choice::First, camera: Choice::Nothing }
    }
}

/// An open microphone and, if asked for, an open camera.
///
/// The device threads never wait for the reader: sound goes through a ring of 2 s, which drops the newest and counts it
/// when it is full; of the pictures only the newest is kept. Lost sound is handed out as silence marked `gap`, so blocks
/// follow each other without a hole.
#[derive(Debug)]
pub struct LiveSource {
    pipeline: Pipeline,
    audio: queue::RingReader<AudioBlock>,
    /// The block that waits while the gap before it is handed out.
    held: Option<AudioBlock>,
    expected: Option<Timestamp>,
    gap_blocks: u64,
    video: Option<triple_buffer::Output<Option<VideoFrame>>>,
    failure: Arc<Mutex<Option<String>>>,
}

impl LiveSource {
    /// Opens the microphone and, if asked for, the camera; stamps are on `clock`. With `echo` the loudspeaker's sound is taken out of the
    /// microphone's.
    ///
    /// **Errors** [`DeviceError::NoDevice`] where one is not attached; [`DeviceError::MissingElement`]; [`DeviceError::Elements`].
    pub fn open(
        config: &LiveConfig,
        clock: &DeviceClock,
        echo: Option<&EchoCanceller>,
    ) -> Result<Self, DeviceError> {
        init()?;
        let microphone = match &config.microphone {
            Choice::Elements(elements) => described(elements, "microphone")?,
            Choice::First | Choice::Nothing => device("Audio/Source", "microphone")?,
        };
        for (property, micros) in [("buffer-time", 200_000_i64), ("latency-time", 10_000)] {
            if microphone.has_property_with_type(property, i64::static_type()) {
                microphone.set_property(property, micros);
            }
        }
        let camera = match &config.camera {
            Choice::Nothing => None,
            // A webcam offers more raw than its bus can carry; the size that the face chain needs comes first.
            Choice::First => Some((
                device("Video/Source", "camera")?,
                "video/x-raw,width=640,height=480; image/jpeg,width=640,height=480; video/x-raw; image/jpeg",
            )),
            // Who names elements chooses the format, too.
            Choice::Elements(elements) => Some((described(elements, "camera")?, "video/x-raw; image/jpeg")),
        };
        Self::start(&microphone, camera, clock, echo)
    }

    /// A tone and a test card in place of devices, at the pace of real ones: for smoke tests. Give it a fresh clock.
    ///
    /// **Errors** [`DeviceError::MissingElement`].
    pub fn test_pattern(clock: &DeviceClock) -> Result<Self, DeviceError> {
        init()?;
        let tone = element("audiotestsrc")?;
        tone.set_property("is-live", true);
        tone.set_property("samplesperbuffer", 441_i32);
        let card = element("videotestsrc")?;
        card.set_property("is-live", true);
        Self::start(&tone, Some((card, "video/x-raw,width=322,height=240,framerate=25/1")), clock, None)
    }

    /// The next 20 ms of sound, if they are there.
    pub fn poll_audio(&mut self) -> Option<AudioBlock> {
        let block = self.held.take().or_else(|| self.audio.pop())?;
        let expected = *self.expected.get_or_insert(block.start);
        let next = if block.start - expected >= viva_media::TICK {
            self.held = Some(block);
            AudioBlock { gap: true, ..AudioBlock::silence(expected) }
        } else {
            block
        };
        self.gap_blocks += u64::from(next.gap);
        self.expected = Some(next.end());
        Some(next)
    }

    /// Forgets the sound that has been captured so far: the next block follows on nothing.
    pub fn forget(&mut self) {
        while self.audio.pop().is_some() {}
        (self.held, self.expected) = (None, None);
    }

    /// The newest picture, if there is one that was not handed out before.
    pub fn poll_video(&mut self) -> Option<VideoFrame> {
        let video = self.video.as_mut()?;
        if video.update() { video.peek_output_buffer().clone() } else { None }
    }

    /// How many blocks with lost sound were handed out so far.
    #[must_use]
    pub fn gap_blocks(&self) -> u64 {
        self.gap_blocks
    }

    /// An error where a device has failed or was taken away.
    ///
    /// **Errors** [`DeviceError::Device`].
    pub fn check(&self) -> Result<(), DeviceError> {
        match &*self.failure.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(detail) => Err(DeviceError::Device { detail: detail.clone() }),
            None => Ok(()),
        }
    }

    fn start(
        microphone: &gst::Element,
        camera: Option<(gst::Element, &str)>,
        clock: &DeviceClock,
        echo: Option<&EchoCanceller>,
    ) -> Result<Self, DeviceError> {
        let pipeline = Pipeline::new();
        let failure = Arc::new(Mutex::new(None));
        let kept = Arc::clone(&failure);
        pipeline.on_message(move |message| {
            let failed = match message.view() {
                gst::MessageView::Error(error) => describe(error),
                gst::MessageView::Eos(_) => "the stream has ended".to_owned(),
                _ => return,
            };
            kept.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(failed);
        });

        let (mut writer, audio) = queue::ring(AUDIO_DEPTH);
        let mut cutter = BlockCutter::default();
        let ears = live_sink(&audio_caps(), move |sample| {
            let Some(map) = sample.buffer().and_then(|buffer| buffer.map_readable().ok()) else { return };
            cutter.push(stamp_of(sample), floats(&map), |block| {
                writer.push(block);
            });
        });
        let (convert, resample) = (element("audioconvert")?, element("audioresample")?);
        let without = echo.map(EchoCanceller::behind_microphone).transpose()?.unwrap_or_default();
        let row = [microphone, &convert, &resample].into_iter().chain(&without).chain([ears.upcast_ref()]);
        pipeline.add_row(&row.collect::<Vec<_>>())?;

        let video = match camera {
            Some((camera, wish)) => {
                let (mut writer, reader) = queue::latest(&None);
                let eyes = live_sink(&video_caps(), move |sample| {
                    if let Some(frame) = picture_of(sample) {
                        writer.write(Some(frame));
                    }
                });
                tie_camera(&pipeline, &camera, wish, &eyes)?;
                Some(reader)
            }
            None => None,
        };
        clock.drive(&pipeline);
        let started = pipeline.set_state(gst::State::Playing);
        let source = Self { pipeline, audio, held: None, expected: None, gap_blocks: 0, video, failure };
        source.check()?;
        started?;
        Ok(source)
    }
}

impl Drop for LiveSource {
    fn drop(&mut self) {
        self.pipeline.stop();
    }
}

fn live_sink(caps: &gst::Caps, mut take: impl FnMut(&gst::Sample) + Send + 'static) -> AppSink {
    let sink = AppSink::builder().caps(caps).sync(false).enable_last_sample(false).build();
    sink.set_callbacks(
        AppSinkCallbacks::builder()
            .new_sample(move |sink| {
                take(&sink.pull_sample().map_err(|_ended| gst::FlowError::Eos)?);
                Ok(gst::FlowSuccess::Ok)
            })
            .build(),
    );
    sink
}

/// Camera, wish, decoder (raw passes it), converter, sink; the decoder's pad comes later.
fn tie_camera(
    pipeline: &Pipeline,
    camera: &gst::Element,
    wish: &str,
    eyes: &AppSink,
) -> Result<(), DeviceError> {
    let filter = element("capsfilter")?;
    filter.set_property("caps", wish.parse::<gst::Caps>().map_err(internal)?);
    let (queue, decoder, convert) = (element("queue")?, element("decodebin")?, element("videoconvert")?);
    queue.set_property_from_str("leaky", "downstream");
    queue.set_property("max-size-buffers", 2_u32);
    pipeline.add_row(&[camera, &filter, &queue, &decoder])?;
    pipeline.add_row(&[&convert, eyes.upcast_ref()])?;
    let entry = convert.static_pad("sink").ok_or_else(|| internal("a converter has a sink pad"))?;
    decoder.connect_pad_added(move |_, pad| {
        // A pad that does not fit leaves the entry free, and the pipeline reports "not linked" on its bus.
        if !entry.is_linked() {
            pad.link(&entry).ok();
        }
    });
    Ok(())
}

/// The source or sink element of the first device of `class`.
pub(crate) fn device(class: &str, kind: &'static str) -> Result<gst::Element, DeviceError> {
    let (monitor, found) = devices(class);
    let default = found.iter().find(|device| {
        device.properties().is_some_and(|about| about.get::<bool>("is-default").unwrap_or(false))
    });
    let Some(device) = default.or(found.first()) else {
        let providers = monitor.providers();
        let providers: Vec<_> = providers.iter().map(gst::glib::GString::as_str).collect();
        let looked_for = format!("devices of class {class} at {}", providers.join(", "));
        return Err(DeviceError::NoDevice { kind, looked_for });
    };
    device.create_element(None).map_err(internal)
}

/// Elements in GStreamer's notation, as one.
pub(crate) fn described(elements: &str, kind: &'static str) -> Result<gst::Element, DeviceError> {
    let wrong = |detail: String| DeviceError::Elements { kind, elements: elements.to_owned(), detail };
    let bin = gst::parse::bin_from_description(elements, true).map_err(|error| wrong(error.to_string()))?;
    let free = if kind == "loudspeaker" { bin.sink_pads() } else { bin.src_pads() };
    match free.len() {
        1 => Ok(bin.upcast()),
        count => Err(wrong(format!("{count} pads are left free, and it must be one"))),
    }
}

/// All devices that are attached, each as "kind: name".
pub(crate) fn list_devices() -> Vec<String> {
    let mut list = Vec::new();
    for (class, kind) in
        [("Audio/Source", "microphone"), ("Video/Source", "camera"), ("Audio/Sink", "loudspeaker")]
    {
        list.extend(devices(class).1.iter().map(|device| format!("{kind}: {}", device.display_name())));
    }
    list
}

fn devices(class: &str) -> (gst::DeviceMonitor, Vec<gst::Device>) {
    let monitor = gst::DeviceMonitor::new();
    monitor.add_filter(Some(class), None);
    let mut found = Vec::new();
    // A monitor that cannot start has no provider, hence no device.
    if monitor.start().is_ok() {
        found.extend(monitor.devices().into_iter().filter(|device| !is_echo_of_output(device)));
        monitor.stop();
    }
    (monitor, found)
}

/// `PulseAudio` lists what a loudspeaker plays as a source.
fn is_echo_of_output(device: &gst::Device) -> bool {
    let properties = device.properties();
    properties.is_some_and(|about| about.get::<String>("device.class").is_ok_and(|class| class == "monitor"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_ring_becomes_marked_silence() {
        init().expect("GStreamer starts");
        let (mut writer, audio) = queue::ring(8);
        let failure = Arc::new(Mutex::new(None));
        let (held, expected, video) = (None, None, None);
        let mut source =
            LiveSource { pipeline: Pipeline::new(), audio, held, expected, gap_blocks: 0, video, failure };
        for index in [0, 1, 4, 5] {
            writer.push(AudioBlock::new(Timestamp::from_millis(index * 20), vec![0.5; 320]));
        }
        let blocks: Vec<_> = std::iter::from_fn(|| source.poll_audio()).collect();
        let gaps: Vec<_> = blocks.iter().map(|block| block.gap).collect();
        assert_eq!(gaps, [false, false, true, true, false, false]);
        assert!(blocks.windows(2).all(|pair| pair[1].start - pair[0].start == viva_media::TICK));
        assert_eq!(source.gap_blocks(), 2);
        // Whoever begins late begins with what is captured then, not with the hole before it.
        for index in [6, 500, 501] {
            writer.push(AudioBlock::new(Timestamp::from_millis(index * 20), vec![0.5; 320]));
            if index == 6 {
                source.forget();
            }
        }
        let later: Vec<_> = std::iter::from_fn(|| source.poll_audio()).map(|block| block.gap).collect();
        assert_eq!(later, [false, false]);
    }
}
