//! A film of what was shown and said: H.264 and AAC in MP4.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::AppSrc;
use viva_media::{AudioBlock, SAMPLE_RATE, TimeSpan, Timestamp, VideoFrame};

use crate::loudspeaker::bytes_of;
use crate::pipeline::{
    PATIENCE, Pipeline, audio_caps, describe, element, internal, missing_element, to_clock_time,
};
use crate::{DeviceError, init};

/// So many pictures may wait for the encoder.
const VIDEO_DEPTH: u64 = 4;
/// So many pieces of sound may wait for the encoder: one second in blocks.
const AUDIO_DEPTH: u64 = 50;
/// A stream may lag behind the other by this much before it is filled.
const LARGEST_LAG: TimeSpan = TimeSpan::from_millis(10_000);
/// It is then filled up to this much behind the other.
const LAG_AFTER_FILL: TimeSpan = TimeSpan::from_millis(5_000);
/// Stamps of sound may be off by this much before silence is put in or sound is left out.
const AUDIO_TOLERANCE_SAMPLES: i64 = 8;
/// Sound is encoded at this rate: the encoder's delay is a third of what it is at 16 kHz.
const ENCODED_RATE: i32 = 48_000;
/// AAC encoders, and how many samples at `ENCODED_RATE` each puts in front of the sound, which no decoder takes away;
/// measured with a click through each encoder and two decoders.
const AAC_ENCODERS: [(&str, u64); 2] = [("avenc_aac", 1024), ("voaacenc", 1600)];

/// What a film is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MovieConfig {
    /// Pixels per row; even.
    pub width: u32,
    /// Rows; even.
    pub height: u32,
    /// Nominal frames per second; the frames' own stamps decide when they are shown.
    pub fps: u32,
    /// Whether there is a sound track.
    pub audio: bool,
    /// The stamp that becomes the film's zero; what lies before it is left out.
    pub start: Timestamp,
}

impl Default for MovieConfig {
    fn default() -> Self {
        Self { width: 1280, height: 720, fps: 30, audio: false, start: Timestamp::ZERO }
    }
}

/// What went into a finished film.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MovieReport {
    /// Pictures written, repeats included.
    pub frames: u64,
    /// Pictures left out because they lie before the start or not after the one before.
    pub dropped_frames: u64,
    /// Pictures repeated, or black, because sound ran ahead by more than 10 s, and the first picture at zero where it came later.
    pub filled_frames: u64,
    /// Samples of sound written at 16 kHz, silence included.
    pub samples: u64,
    /// Samples left out because they lie before the start or before the end of the sound so far.
    pub dropped_samples: u64,
    /// Samples of silence put in where sound was missing.
    pub filled_samples: u64,
}

/// Writes a film while it happens.
///
/// The file is a fragmented MP4: its index comes first, and what was written before a crash or a full disk can be played.
/// A push waits while the encoder is behind; so few pictures are in memory.
/// Streams may be pushed in any order, as long as each is in order itself. Where one is more than 10 s behind the other,
/// it is filled, sound with silence and video with the last picture, up to 5 s behind; what then comes with an earlier
/// stamp is left out and counted. So the film never waits for a stream that does not come.
#[derive(Debug)]
pub struct MovieWriter {
    pipeline: Pipeline,
    progress: Arc<Progress>,
    config: MovieConfig,
    path: PathBuf,
    video: AppSrc,
    audio: Option<AppSrc>,
    /// The audio encoder's delay, in samples at 16 kHz.
    delay: u64,
    video_pushed: u64,
    audio_pushed: u64,
    /// Film time of the last picture, and the picture.
    last: Option<(Timestamp, VideoFrame)>,
    report: MovieReport,
}

/// How far the encoders have come; told by probes on their threads.
#[derive(Debug, Default)]
struct Progress {
    counts: Mutex<Counts>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Counts {
    video_taken: u64,
    audio_taken: u64,
    /// Any buffer that reached the file.
    written: u64,
    is_finished: bool,
    failure: Option<Failed>,
}

#[derive(Clone, Debug)]
struct Failed {
    is_disk_full: bool,
    detail: String,
}

impl Progress {
    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    /// Waits until `is_done`; false after `PATIENCE` in which nothing moved.
    fn wait(&self, is_done: impl Fn(&Counts) -> bool) -> bool {
        let patience = Duration::from_nanos(u64::try_from(PATIENCE.as_nanos()).unwrap_or(0));
        let moved = |counts: &Counts| counts.video_taken + counts.audio_taken + counts.written;
        let mut counts = self.lock();
        while !is_done(&counts) && counts.failure.is_none() {
            let before = moved(&counts);
            let (next, waited) = self
                .changed
                .wait_timeout_while(counts, patience, |counts| {
                    moved(counts) == before && !is_done(counts) && counts.failure.is_none()
                })
                .unwrap_or_else(PoisonError::into_inner);
            if waited.timed_out() {
                return false;
            }
            counts = next;
        }
        true
    }
}

impl MovieWriter {
    /// Creates the file; what was at `path` is lost.
    ///
    /// **Errors** [`DeviceError::NotWritable`]; [`DeviceError::Unfit`] for an odd or zero size or rate;
    /// [`DeviceError::MissingElement`] where no encoder is installed.
    pub fn create(path: impl AsRef<Path>, config: MovieConfig) -> Result<Self, DeviceError> {
        init()?;
        let path = path.as_ref().to_owned();
        let MovieConfig { width, height, fps, .. } = config;
        let is_size = |side: u32| side > 0 && side <= 8192 && side.is_multiple_of(2);
        if !is_size(width) || !is_size(height) || fps == 0 || fps > 240 {
            let detail =
                format!("{width}x{height} at {fps}/s; sides are even and at most 8192, rates 1 to 240");
            return Err(DeviceError::Unfit { detail });
        }
        let not_writable = |detail: String| DeviceError::NotWritable { path: path.clone(), detail };
        std::fs::File::create(&path).map_err(|error| not_writable(error.to_string()))?;
        let location =
            path.to_str().ok_or_else(|| not_writable("its name is not UTF-8".to_owned()))?.to_owned();

        let pipeline = Pipeline::new();
        let progress = Arc::new(Progress::default());
        watch_bus(&pipeline, &progress);
        let mux = element("mp4mux")?;
        mux.set_property("fragment-duration", 1000_u32);
        let file = element("filesink")?;
        file.set_property("location", &location);
        pipeline.add_row(&[&mux, &file])?;
        count_at(&file, "sink", &progress, |counts| counts.written += 1)?;

        let video = video_row(&pipeline, &mux, config)?;
        count_at(video.upcast_ref(), "src", &progress, |counts| counts.video_taken += 1)?;
        let mut delay = 0;
        let audio = if config.audio {
            let (audio, encoder_delay) = audio_row(&pipeline, &mux)?;
            delay = encoder_delay * u64::from(SAMPLE_RATE) / ENCODED_RATE as u64;
            count_at(audio.upcast_ref(), "src", &progress, |counts| counts.audio_taken += 1)?;
            Some(audio)
        } else {
            None
        };
        let started = pipeline.set_state(gst::State::Playing);
        let (report, last) = (MovieReport::default(), None);
        let writer = Self {
            pipeline,
            progress,
            config,
            path,
            video,
            audio,
            delay,
            video_pushed: 0,
            audio_pushed: 0,
            last,
            report,
        };
        writer.check()?;
        started?;
        Ok(writer)
    }

    /// Adds a picture at its stamp; waits while the encoder is behind.
    ///
    /// **Errors** [`DeviceError::Unfit`] for another size; [`DeviceError::DiskFull`], [`DeviceError::NotWritable`],
    /// [`DeviceError::Stalled`].
    pub fn push_video(&mut self, frame: &VideoFrame) -> Result<(), DeviceError> {
        if (frame.width, frame.height) != (self.config.width, self.config.height) {
            let (width, height) = (self.config.width, self.config.height);
            let detail =
                format!("a picture of {}x{} in a film of {width}x{height}", frame.width, frame.height);
            return Err(DeviceError::Unfit { detail });
        }
        let at = self.film_time(frame.captured);
        if at < Timestamp::ZERO || self.last.as_ref().is_some_and(|(last, _)| at <= *last) {
            self.report.dropped_frames += 1;
            return self.check();
        }
        if self.last.is_none() && at > Timestamp::ZERO {
            // A fragmented MP4 has no place for the time of a stream's first picture: players begin every stream at zero.
            self.report.filled_frames += 1;
            self.send_frame(Timestamp::ZERO, frame)?;
        }
        self.send_frame(at, frame)?;
        if self.audio.is_some() && at - self.audio_end() > LARGEST_LAG {
            self.fill_audio(at - LAG_AFTER_FILL)?;
        }
        Ok(())
    }

    /// Adds sound at its stamp; waits while the encoder is behind.
    ///
    /// **Errors** [`DeviceError::Unfit`] where the film has no sound track; otherwise as [`Self::push_video`].
    pub fn push_audio(&mut self, block: &AudioBlock) -> Result<(), DeviceError> {
        if self.audio.is_none() {
            return Err(DeviceError::Unfit { detail: "sound for a film without a sound track".to_owned() });
        }
        let offset = (self.film_time(block.start) - self.audio_end()).as_secs() * f64::from(SAMPLE_RATE);
        let offset = offset.round() as i64;
        let mut samples = block.samples.as_slice();
        if offset > AUDIO_TOLERANCE_SAMPLES {
            self.fill_audio(self.film_time(block.start))?;
        } else if offset < -AUDIO_TOLERANCE_SAMPLES {
            let late = usize::try_from(-offset).unwrap_or(usize::MAX).min(samples.len());
            samples = &samples[late..];
            self.report.dropped_samples += late as u64;
        }
        self.send_samples(samples)?;
        let behind = |writer: &Self| writer.last.as_ref().map_or(Timestamp::ZERO, |(last, _)| *last);
        if self.audio_end() - behind(self) > LARGEST_LAG {
            let at = self.audio_end() - LAG_AFTER_FILL;
            self.fill_video(at)?;
        }
        Ok(())
    }

    /// Ends both streams together, writes what waits and closes the file.
    ///
    /// **Errors** [`DeviceError::NothingWritten`]; otherwise as [`Self::push_video`].
    pub fn finish(mut self) -> Result<MovieReport, DeviceError> {
        self.check()?;
        if self.video_pushed == 0 && self.audio_pushed == 0 {
            return Err(DeviceError::NothingWritten { path: self.path.clone() });
        }
        if self.last.is_none() {
            self.fill_video(Timestamp::ZERO)?;
        }
        if self.audio.is_some() {
            let end = self.last.as_ref().map_or(Timestamp::ZERO, |(last, _)| *last) + self.frame_length();
            if end > self.audio_end() {
                self.fill_audio(end)?;
            }
            // The encoder's delay would cut the end: give it silence to push the last sound out.
            self.send_raw(vec![0.0; 2 * self.delay as usize])?;
        }
        for source in std::iter::once(&self.video).chain(&self.audio) {
            source.end_of_stream().map_err(internal)?;
        }
        let is_done = self.progress.wait(|counts| counts.is_finished);
        self.check()?;
        if !is_done {
            return Err(self.stalled());
        }
        self.pipeline.stop();
        Ok(self.report)
    }

    fn film_time(&self, stamp: Timestamp) -> Timestamp {
        Timestamp::ZERO + (stamp - self.config.start)
    }

    fn frame_length(&self) -> TimeSpan {
        TimeSpan::from_samples(1, self.config.fps)
    }

    fn audio_end(&self) -> Timestamp {
        Timestamp::from_samples(self.report.samples, SAMPLE_RATE)
    }

    fn fill_audio(&mut self, until: Timestamp) -> Result<(), DeviceError> {
        let missing = ((until - self.audio_end()).as_secs() * f64::from(SAMPLE_RATE)).round();
        let mut missing = missing.max(0.0) as u64;
        let silence = vec![0.0; SAMPLE_RATE as usize / 10];
        while missing > 0 {
            let now = missing.min(silence.len() as u64);
            self.send_samples(&silence[..now as usize])?;
            self.report.filled_samples += now;
            missing -= now;
        }
        Ok(())
    }

    fn fill_video(&mut self, at: Timestamp) -> Result<(), DeviceError> {
        let black = || {
            let (width, height) = (self.config.width, self.config.height);
            VideoFrame::new(Timestamp::ZERO, width, height, vec![0; (width * height * 3) as usize])
        };
        let picture = self.last.as_ref().map(|(_, picture)| picture.clone()).or_else(black);
        let picture = picture.ok_or_else(|| internal("a black picture has the size of the film"))?;
        self.report.filled_frames += 1;
        self.send_frame(at, &picture)
    }

    fn send_frame(&mut self, at: Timestamp, frame: &VideoFrame) -> Result<(), DeviceError> {
        let pushed = self.video_pushed;
        if !self.progress.wait(|counts| pushed - counts.video_taken < VIDEO_DEPTH) {
            return Err(self.stalled());
        }
        self.check()?;
        let row = frame.width as usize * 3;
        let mut buffer = if row.is_multiple_of(4) {
            gst::Buffer::from_slice(Arc::clone(&frame.rgb))
        } else {
            // GStreamer pads RGB rows to four bytes.
            let mut padded = Vec::with_capacity(row.next_multiple_of(4) * frame.height as usize);
            for line in frame.rgb.chunks_exact(row) {
                padded.extend_from_slice(line);
                padded.resize(padded.len().next_multiple_of(4), 0);
            }
            gst::Buffer::from_mut_slice(padded)
        };
        let about = buffer.get_mut().ok_or_else(|| internal("a new buffer has one owner"))?;
        about.set_pts(to_clock_time(at));
        about.set_duration(to_clock_time(Timestamp::ZERO + self.frame_length()));
        self.video.push_buffer(buffer).map_err(internal)?;
        self.video_pushed += 1;
        self.report.frames += 1;
        self.last = Some((at, frame.clone()));
        Ok(())
    }

    fn send_samples(&mut self, samples: &[f32]) -> Result<(), DeviceError> {
        // The encoder's delay is taken from the start: what it puts in front is silence of that length.
        let skip = self.delay.saturating_sub(self.report.samples).min(samples.len() as u64);
        self.send_raw(samples[skip as usize..].to_vec())?;
        self.report.samples += samples.len() as u64;
        Ok(())
    }

    fn send_raw(&mut self, samples: Vec<f32>) -> Result<(), DeviceError> {
        let pushed = self.audio_pushed;
        if !self.progress.wait(|counts| pushed - counts.audio_taken < AUDIO_DEPTH) {
            return Err(self.stalled());
        }
        self.check()?;
        let Some(audio) = self.audio.as_ref().filter(|_| !samples.is_empty()) else { return Ok(()) };
        let start = Timestamp::from_samples(self.report.samples.saturating_sub(self.delay), SAMPLE_RATE);
        let end = Timestamp::from_samples(
            self.report.samples.saturating_sub(self.delay) + samples.len() as u64,
            SAMPLE_RATE,
        );
        let mut buffer = gst::Buffer::from_mut_slice(bytes_of(&samples));
        let about = buffer.get_mut().ok_or_else(|| internal("a new buffer has one owner"))?;
        about.set_pts(to_clock_time(start));
        about.set_duration(to_clock_time(Timestamp::ZERO + (end - start)));
        audio.push_buffer(buffer).map_err(internal)?;
        self.audio_pushed += 1;
        Ok(())
    }

    fn check(&self) -> Result<(), DeviceError> {
        let path = self.path.clone();
        match self.progress.lock().failure.clone() {
            None => Ok(()),
            Some(Failed { is_disk_full: true, .. }) => Err(DeviceError::DiskFull { path }),
            Some(Failed { detail, .. }) => Err(DeviceError::NotWritable { path, detail }),
        }
    }

    fn stalled(&self) -> DeviceError {
        DeviceError::Stalled { what: format!("writing {}", self.path.display()), after: PATIENCE }
    }
}

fn watch_bus(pipeline: &Pipeline, progress: &Arc<Progress>) {
    let progress = Arc::clone(progress);
    pipeline.on_message(move |message| match message.view() {
        gst::MessageView::Eos(_) => progress.change(|counts| counts.is_finished = true),
        gst::MessageView::Error(error) => {
            let is_disk_full = error.error().matches(gst::ResourceError::NoSpaceLeft);
            let detail = describe(error);
            progress.change(|counts| {
                counts.failure.get_or_insert(Failed { is_disk_full, detail });
            });
        }
        _ => {}
    });
}

/// Calls `count` for each buffer that passes a pad.
fn count_at(
    element: &gst::Element,
    pad: &str,
    progress: &Arc<Progress>,
    count: fn(&mut Counts),
) -> Result<(), DeviceError> {
    let pad = element.static_pad(pad).ok_or_else(|| internal("a source has a pad"))?;
    let progress = Arc::clone(progress);
    let kinds = gst::PadProbeType::BUFFER | gst::PadProbeType::BUFFER_LIST;
    pad.add_probe(kinds, move |_, _| {
        progress.change(count);
        gst::PadProbeReturn::Ok
    });
    Ok(())
}

fn source(caps: &gst::Caps) -> AppSrc {
    let source = AppSrc::builder().caps(caps).format(gst::Format::Time).build();
    // What may wait is bounded by the pushes.
    source.set_property("max-bytes", 0_u64);
    source
}

/// Compressed media waits here while the other stream is behind; raw media never does.
fn compressed_queue() -> Result<gst::Element, DeviceError> {
    let queue = element("queue")?;
    queue.set_property("max-size-buffers", 0_u32);
    queue.set_property("max-size-time", 0_u64);
    queue.set_property("max-size-bytes", 256_u32 << 20);
    Ok(queue)
}

fn video_row(pipeline: &Pipeline, mux: &gst::Element, config: MovieConfig) -> Result<AppSrc, DeviceError> {
    let (width, height, fps) = (config.width as i32, config.height as i32, config.fps as i32);
    let caps = gst::Caps::builder("video/x-raw")
        .field("format", "RGB")
        .field("width", width)
        .field("height", height)
        .field("framerate", gst::Fraction::new(fps, 1))
        .field("pixel-aspect-ratio", gst::Fraction::new(1, 1))
        .build();
    let source = source(&caps);
    let convert = element("videoconvert")?;
    let filter = element("capsfilter")?;
    filter.set_property("caps", gst::Caps::builder("video/x-raw").field("format", "I420").build());
    let encoder = match element("x264enc") {
        Ok(encoder) => {
            encoder.set_property_from_str("speed-preset", "ultrafast");
            encoder.set_property_from_str("pass", "qual");
            encoder.set_property("quantizer", 23_u32);
            encoder.set_property("threads", 2_u32);
            encoder.set_property("key-int-max", config.fps);
            encoder
        }
        Err(no_x264) => {
            let encoder = element("openh264enc").or(Err(no_x264))?;
            encoder.set_property("bitrate", config.width * config.height * 4);
            encoder.set_property("gop-size", config.fps);
            encoder
        }
    };
    let (parse, queue) = (element("h264parse")?, compressed_queue()?);
    pipeline.add_row(&[source.upcast_ref(), &convert, &filter, &encoder, &parse, &queue])?;
    queue.link(mux).map_err(internal)?;
    Ok(source)
}

fn audio_row(pipeline: &Pipeline, mux: &gst::Element) -> Result<(AppSrc, u64), DeviceError> {
    let source = source(&audio_caps());
    let (convert, resample) = (element("audioconvert")?, element("audioresample")?);
    let filter = element("capsfilter")?;
    filter.set_property("caps", gst::Caps::builder("audio/x-raw").field("rate", ENCODED_RATE).build());
    let found = AAC_ENCODERS.iter().find_map(|(name, delay)| Some((element(name).ok()?, *delay)));
    let Some((encoder, delay)) = found else { return Err(missing_element(AAC_ENCODERS[0].0)) };
    encoder.set_property_from_str("bitrate", "96000");
    let (parse, queue) = (element("aacparse")?, compressed_queue()?);
    pipeline.add_row(&[source.upcast_ref(), &convert, &resample, &filter, &encoder, &parse, &queue])?;
    queue.link(mux).map_err(internal)?;
    Ok((source, delay))
}
