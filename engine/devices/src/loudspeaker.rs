//! The loudspeaker, and what has been heard of it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::AppSrc;
use viva_media::{AudioBlock, TimeSpan, Timestamp};

use crate::live_source::{Choice, described, device};
use crate::pipeline::{Pipeline, audio_caps, describe, element, internal, to_clock_time, to_timestamp};
use crate::{DeviceClock, DeviceError, EchoCanceller, init};

/// Sound is handed to the device this much before it is due, at the least: the device's thread needs time to wake.
const HEADROOM: TimeSpan = TimeSpan::from_millis(40);

/// So much sound may wait to be played.
const LONGEST_QUEUE: TimeSpan = TimeSpan::from_millis(60_000);

/// A loudspeaker that plays blocks at their stamps and says up to which stamp it was heard.
///
/// A block that comes too late for its stamp is played right after the one before it, at once where nothing plays.
/// [`Self::heard_until`] speaks in the stamps of the blocks, so it is right in that case too.
#[derive(Debug)]
pub struct LoudspeakerSink {
    pipeline: Pipeline,
    source: AppSrc,
    clock: DeviceClock,
    spans: VecDeque<Span>,
    heard: Option<Timestamp>,
    failure: Arc<Mutex<Option<String>>>,
}

/// A stretch of sound without a seam: when it sounds and which stamps it bears.
#[derive(Clone, Copy, Debug)]
struct Span {
    sounds: Timestamp,
    stamped: Timestamp,
    length: TimeSpan,
}

impl LoudspeakerSink {
    /// Opens a loudspeaker; stamps are on `clock`. [`Choice::Nothing`] is one that nobody hears. `echo` is told what is played.
    ///
    /// **Errors** [`DeviceError::NoDevice`], [`DeviceError::MissingElement`], [`DeviceError::Elements`].
    pub fn open(
        choice: &Choice,
        clock: &DeviceClock,
        echo: Option<&EchoCanceller>,
    ) -> Result<Self, DeviceError> {
        init()?;
        let loudspeaker = match choice {
            Choice::Nothing => return Self::silent(clock),
            Choice::First => device("Audio/Sink", "loudspeaker")?,
            Choice::Elements(elements) => described(elements, "loudspeaker")?,
        };
        for (property, micros) in [("buffer-time", 60_000_i64), ("latency-time", 10_000)] {
            if loudspeaker.has_property_with_type(property, i64::static_type()) {
                loudspeaker.set_property(property, micros);
            }
        }
        Self::start(&loudspeaker, clock, echo)
    }

    /// A loudspeaker that nobody hears and that keeps time like a real one: for tests, and for machines without sound.
    ///
    /// **Errors** [`DeviceError::MissingElement`].
    pub fn silent(clock: &DeviceClock) -> Result<Self, DeviceError> {
        init()?;
        let sink = element("fakesink")?;
        sink.set_property("sync", true);
        Self::start(&sink, clock, None)
    }

    /// Queues a block; false where a minute of sound is waiting already and the block was not taken.
    ///
    /// **Errors** [`DeviceError::Device`] where the loudspeaker has failed or was taken away.
    pub fn push(&mut self, block: &AudioBlock) -> Result<bool, DeviceError> {
        self.check()?;
        let now = self.clock.now();
        let free_from =
            self.spans.back().map_or(now + HEADROOM, |span| (span.sounds + span.length).max(now + HEADROOM));
        if free_from - now > LONGEST_QUEUE {
            return Ok(false);
        }
        let sounds = block.start.max(free_from);
        let length = block.end() - block.start;
        let mut buffer = gst::Buffer::from_mut_slice(bytes_of(&block.samples));
        {
            let about = buffer.get_mut().ok_or_else(|| internal("a new buffer has one owner"))?;
            about.set_pts(to_clock_time(sounds));
            about.set_duration(to_clock_time(Timestamp::ZERO + length));
        }
        self.source.push_buffer(buffer).map_err(|error| DeviceError::Device { detail: error.to_string() })?;
        match self.spans.back_mut() {
            Some(last)
                if last.sounds + last.length == sounds && last.stamped + last.length == block.start =>
            {
                last.length = last.length + length;
            }
            _ => self.spans.push_back(Span { sounds, stamped: block.start, length }),
        }
        Ok(true)
    }

    /// The stamp up to which the pushed sound has been heard; `None` before the first sample.
    pub fn heard_until(&mut self) -> Option<Timestamp> {
        let position = self.position();
        while let Some(span) = self.spans.front().copied() {
            if position <= span.sounds {
                break;
            }
            let heard = TimeSpan::from_nanos((position - span.sounds).as_nanos().min(span.length.as_nanos()));
            self.heard = Some(span.stamped + heard);
            if heard < span.length {
                break;
            }
            self.spans.pop_front();
        }
        self.heard
    }

    /// True while pushed sound waits or plays.
    pub fn is_playing(&mut self) -> bool {
        self.heard_until();
        !self.spans.is_empty()
    }

    /// Falls silent at once, drops what waits, and says what was heard.
    ///
    /// **Errors** [`DeviceError::Device`] where the loudspeaker has failed.
    pub fn cut(&mut self) -> Result<Option<Timestamp>, DeviceError> {
        self.check()?;
        let heard = self.heard_until();
        if self.spans.is_empty() {
            return Ok(heard);
        }
        self.spans.clear();
        let refused = |_| DeviceError::Device { detail: "the loudspeaker does not take a flush".to_owned() };
        self.source.send_event(gst::event::FlushStart::new()).then_some(()).ok_or(()).map_err(refused)?;
        // The running time goes on: the stamps of the session stay what they are.
        self.source.send_event(gst::event::FlushStop::new(false)).then_some(()).ok_or(()).map_err(refused)?;
        Ok(heard)
    }

    /// What sounds now, on the clock.
    fn position(&self) -> Timestamp {
        let mut query = gst::query::Latency::new();
        let latency = if self.pipeline.0.query(&mut query) { query.result().1 } else { gst::ClockTime::ZERO };
        self.clock.now() - (to_timestamp(latency) - Timestamp::ZERO)
    }

    fn check(&self) -> Result<(), DeviceError> {
        match &*self.failure.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(detail) => Err(DeviceError::Device { detail: detail.clone() }),
            None => Ok(()),
        }
    }

    fn start(
        sink: &gst::Element,
        clock: &DeviceClock,
        echo: Option<&EchoCanceller>,
    ) -> Result<Self, DeviceError> {
        let pipeline = Pipeline::new();
        let failure = Arc::new(Mutex::new(None));
        let kept = Arc::clone(&failure);
        pipeline.on_message(move |message| {
            if let gst::MessageView::Error(error) = message.view() {
                kept.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| describe(error));
            }
        });
        let source = AppSrc::builder().caps(&audio_caps()).format(gst::Format::Time).build();
        // What may wait is bounded by `push`.
        source.set_property("max-bytes", 0_u64);
        let (convert, resample) = (element("audioconvert")?, element("audioresample")?);
        let told = echo.map(EchoCanceller::before_loudspeaker).transpose()?.unwrap_or_default();
        let row = [source.upcast_ref(), &convert, &resample].into_iter().chain(&told).chain([sink]);
        pipeline.add_row(&row.collect::<Vec<_>>())?;
        clock.drive(&pipeline);
        let started = pipeline.set_state(gst::State::Playing);
        let loudspeaker =
            Self { pipeline, source, clock: clock.clone(), spans: VecDeque::new(), heard: None, failure };
        loudspeaker.check()?;
        started?;
        Ok(loudspeaker)
    }
}

pub(crate) fn bytes_of(samples: &[f32]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_ne_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn a_cut_keeps_the_queue_from_the_device_and_the_next_sound_reaches_it() {
        let clock = DeviceClock::new().expect("GStreamer starts");
        let sink = element("fakesink").expect("it is installed");
        sink.set_property("sync", true);
        sink.set_property("signal-handoffs", true);
        let rendered = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&rendered);
        sink.connect("handoff", false, move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            None
        });
        let mut loudspeaker = LoudspeakerSink::start(&sink, &clock, None).expect("it starts");
        for index in 0..500 {
            loudspeaker.push(&AudioBlock::silence(Timestamp::from_millis(20 * index))).expect("it runs");
        }
        while rendered.load(Ordering::Relaxed) < 5 && clock.now() < Timestamp::from_secs(60.0) {
            clock.wait_until(clock.now() + TimeSpan::from_millis(5));
        }
        loudspeaker.cut().expect("it runs");
        let at_cut = rendered.load(Ordering::Relaxed);
        assert!((5..500).contains(&at_cut), "{at_cut}");
        clock.wait_until(clock.now() + TimeSpan::from_millis(60));
        assert!(rendered.load(Ordering::Relaxed) <= at_cut + 1, "only what was on its way still sounds");
        let at_cut = rendered.load(Ordering::Relaxed);
        for index in 0..5 {
            loudspeaker.push(&AudioBlock::silence(Timestamp::from_millis(20 * index))).expect("it runs");
        }
        while rendered.load(Ordering::Relaxed) < at_cut + 5 && clock.now() < Timestamp::from_secs(60.0) {
            clock.wait_until(clock.now() + TimeSpan::from_millis(5));
        }
        assert_eq!(
            rendered.load(Ordering::Relaxed),
            at_cut + 5,
            "the new sound reaches the device, the old does not"
        );
    }
}
