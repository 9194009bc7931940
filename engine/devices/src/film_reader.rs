//! A film as pictures by their time, in any order.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::AppSink;
use viva_media::{TimeSpan, Timestamp, VideoFrame};

use crate::file_source::check_file;
use crate::pipeline::{
    PATIENCE, Pipeline, describe, element, internal, picture_of, to_clock_time, to_timestamp, video_caps,
};
use crate::{DeviceError, init};

/// How often it is looked whether the decoder has failed while a picture is waited for.
const GLANCE: TimeSpan = TimeSpan::from_millis(50);
/// So many decoded pictures are kept, for steps back: two seconds of a session's film.
const KEPT: usize = 50;
/// What is so far ahead is reached by decoding on; beyond it by a jump to the key picture before.
const DECODE_ON: TimeSpan = TimeSpan::from_millis(2000);
/// A jump goes so far before what is wanted, so that steps back from there are at hand.
const RUN_UP: TimeSpan = TimeSpan::from_millis(1000);

/// Reads pictures of a film by their time. A jump waits for the decoder; steps forward decode one picture.
#[derive(Debug)]
pub struct FilmReader {
    pipeline: Pipeline,
    sink: AppSink,
    path: PathBuf,
    failure: Arc<OnceLock<String>>,
    duration: Option<TimeSpan>,
    /// Decoded pictures in order of time, without gaps.
    kept: VecDeque<VideoFrame>,
    /// The decoder has given its last picture.
    is_over: bool,
}

impl FilmReader {
    /// Opens a film and decodes its first picture; its sound is not read.
    ///
    /// **Errors** where the file is missing, unreadable, empty or no film, or nothing moves for 10 s.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, DeviceError> {
        init()?;
        let path = path.as_ref().to_owned();
        let location = check_file(&path)?;
        let pipeline = Pipeline::new();
        let source = element("filesrc")?;
        source.set_property("location", &location);
        let decoder = element("decodebin")?;
        pipeline.add_row(&[&source, &decoder])?;
        let queue = element("queue")?;
        queue.set_property("max-size-buffers", 4_u32);
        let convert = element("videoconvert")?;
        let sink = AppSink::builder()
            .caps(&video_caps())
            .sync(false)
            .enable_last_sample(false)
            .max_buffers(4)
            .build();
        pipeline.add_row(&[&queue, &convert, sink.upcast_ref()])?;
        let entry = queue.static_pad("sink").ok_or_else(|| internal("a queue has a sink pad"))?;
        let is_tied = AtomicBool::new(false);
        decoder.connect_pad_added(move |_, pad| {
            let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
            let is_video = caps.structure(0).is_some_and(|kind| kind.name().starts_with("video/"));
            if is_video && !is_tied.swap(true, Ordering::Relaxed) {
                // A pad that does not fit gives no picture, which is told below.
                pad.link(&entry).ok();
            }
        });
        let failure = Arc::new(OnceLock::new());
        let failed = Arc::clone(&failure);
        pipeline.on_message(move |message| {
            if let gst::MessageView::Error(error) = message.view() {
                // The first one is the cause of the others.
                failed.set(describe(error)).ok();
            }
        });
        // A failure to start is told by the bus as well, and better.
        pipeline.set_state(gst::State::Playing).ok();
        let mut film =
            Self { pipeline, sink, path, failure, duration: None, kept: VecDeque::new(), is_over: false };
        if !film.decode()? {
            let detail = "it holds no pictures".to_owned();
            return Err(DeviceError::NotMedia { path: film.path.clone(), detail });
        }
        let duration = film.pipeline.0.query_duration::<gst::ClockTime>();
        film.duration = duration.map(|time| to_timestamp(time) - Timestamp::ZERO);
        Ok(film)
    }

    /// The length that the container states.
    #[must_use]
    pub fn duration(&self) -> Option<TimeSpan> {
        self.duration
    }

    /// The picture that is seen at an instant: the last one whose stamp is not after it; the first one before that.
    ///
    /// **Errors** where the decoder fails or nothing moves for 10 s.
    pub fn picture_at(&mut self, at: Timestamp) -> Result<Option<VideoFrame>, DeviceError> {
        let end = self.duration.map(|length| Timestamp::ZERO + length);
        let at = end.map_or(at, |end| at.min(end));
        let first = self.kept.front().map(|frame| frame.captured);
        let last = self.kept.back().map(|frame| frame.captured);
        let is_near = first.zip(last).is_some_and(|(first, last)| first <= at && at < last + DECODE_ON);
        let begins_here = first.is_some_and(|first| at < first && self.is_first(first));
        let before = self.kept.back().cloned();
        if !is_near && !begins_here {
            self.jump(at)?;
        }
        while self.kept.back().is_none_or(|frame| frame.captured <= at) && self.decode()? {}
        let after = self.kept.partition_point(|frame| frame.captured <= at);
        // Behind the end there may be nothing to jump to.
        Ok(self.kept.get(after.saturating_sub(1)).cloned().or(before))
    }

    /// Nothing can lie before the first picture of a film.
    fn is_first(&self, first: Timestamp) -> bool {
        first <= Timestamp::ZERO + TimeSpan::from_millis(100)
    }

    fn jump(&mut self, at: Timestamp) -> Result<(), DeviceError> {
        let from = (at - RUN_UP).max(Timestamp::ZERO);
        let Some(from) = to_clock_time(from) else { return Ok(()) };
        self.kept.clear();
        self.is_over = false;
        self.pipeline.0.seek_simple(gst::SeekFlags::FLUSH | gst::SeekFlags::ACCURATE, from).map_err(internal)
    }

    /// The next decoded picture; `None` at the end.
    fn pull(&mut self) -> Result<Option<gst::Sample>, DeviceError> {
        let glances = PATIENCE.as_millis() / GLANCE.as_millis();
        for _ in 0..glances {
            if let Some(sample) = self.sink.try_pull_sample(to_clock_time(Timestamp::ZERO + GLANCE)) {
                return Ok(Some(sample));
            }
            if let Some(detail) = self.failure.get() {
                self.is_over = true;
                return Err(DeviceError::NotMedia { path: self.path.clone(), detail: detail.clone() });
            }
            if self.sink.is_eos() {
                return Ok(None);
            }
        }
        let what = format!("reading {}", self.path.display());
        Err(DeviceError::Stalled { what, after: PATIENCE })
    }

    /// Decodes one picture more; false at the end.
    fn decode(&mut self) -> Result<bool, DeviceError> {
        if self.is_over {
            return Ok(false);
        }
        let Some(sample) = self.pull()? else {
            self.is_over = true;
            return Ok(false);
        };
        let Some(stamp) = in_stream(&sample) else { return Ok(true) };
        // A jump that went back further than asked gives pictures that lie before those we have.
        if let Some(frame) =
            picture_of(&sample).filter(|_| self.kept.back().is_none_or(|f| f.captured < stamp))
        {
            if self.kept.len() == KEPT {
                self.kept.pop_front();
            }
            self.kept.push_back(VideoFrame { captured: stamp, ..frame });
        }
        Ok(true)
    }
}

/// The stamp in the stream, whatever was jumped over.
fn in_stream(sample: &gst::Sample) -> Option<Timestamp> {
    let pts = sample.buffer()?.pts()?;
    sample.segment()?.downcast_ref::<gst::ClockTime>()?.to_stream_time(pts).map(to_timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MovieConfig, MovieWriter};

    const SECS: i64 = 20;

    /// A film whose pictures tell their number by their brightness, 25 a second.
    fn film(path: &Path) {
        let config = MovieConfig { width: 64, height: 48, fps: 25, audio: true, start: Timestamp::ZERO };
        let mut movie = MovieWriter::create(path, config).expect("a film");
        for number in 0..SECS * 25 {
            let at = Timestamp::from_millis(number * 40);
            for half in 0..2 {
                let sound = viva_media::AudioBlock::silence(Timestamp::from_millis(number * 40 + half * 20));
                movie.push_audio(&sound).expect("takes sound");
            }
            let frame = VideoFrame::new(at, 64, 48, vec![brightness(number); 64 * 48 * 3]);
            movie.push_video(&frame.expect("the size fits")).expect("takes pictures");
        }
        movie.finish().expect("closes");
    }

    fn brightness(number: i64) -> u8 {
        (20 + number % 10 * 20) as u8
    }

    #[test]
    fn pictures_come_by_their_time_in_any_order() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("film.mp4");
        film(&path);
        let mut reader = FilmReader::open(&path).expect("a film");
        for millis in [0, 40, 80, 4000, 4040, 4000, 3960, 19_960, 20, 12_345, 12_320, 9_000, 99_000, 40] {
            let frame =
                reader.picture_at(Timestamp::from_millis(millis)).expect("decodes").expect("a picture");
            let number = (millis / 40).clamp(0, SECS * 25 - 1);
            let off = frame.rgb[64 * 24 * 3 + 96].abs_diff(brightness(number));
            // The encoder is coarse; a neighbour would be off by 20.
            assert!(off < 10, "at {millis} ms: {frame:?} is off by {off}");
            let stamp = frame.captured.as_millis() - number * 40;
            assert!(stamp.abs() <= 1, "at {millis} ms: {frame:?}");
        }
    }

    #[test]
    fn what_is_no_film_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("text.mp4"), "no film at all, but many letters".repeat(100)).expect("writes");
        std::fs::write(at("empty.mp4"), "").expect("writes");
        assert!(matches!(FilmReader::open(at("none.mp4")), Err(DeviceError::NoSuchFile { .. })));
        assert!(matches!(FilmReader::open(at("empty.mp4")), Err(DeviceError::EmptyFile { .. })));
        assert!(matches!(FilmReader::open(at("text.mp4")), Err(DeviceError::NotMedia { .. })));
    }
}
