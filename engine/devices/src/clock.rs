//! The clock of a session: devices stamp with it, edges pace themselves by it.

use gstreamer as gst;
use gstreamer::prelude::*;
use viva_media::Timestamp;

use crate::pipeline::{Pipeline, to_clock_time, to_timestamp};
use crate::{DeviceError, init};

/// A steady clock that began at zero when it was made; clones share it.
///
/// Give the same clock to [`crate::LiveSource`] and [`crate::LoudspeakerSink`]: then a sound that is heard and a sound
/// that is captured at one instant have one stamp.
#[derive(Clone, Debug)]
pub struct DeviceClock {
    clock: gst::Clock,
    zero: gst::ClockTime,
}

impl DeviceClock {
    /// A clock that reads zero now.
    ///
    /// **Errors** where GStreamer cannot start.
    pub fn new() -> Result<Self, DeviceError> {
        init()?;
        let clock = gst::SystemClock::obtain();
        let zero = clock.time();
        Ok(Self { clock, zero })
    }

    /// The time since the clock was made.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        to_timestamp(self.clock.time().saturating_sub(self.zero))
    }

    /// Blocks the thread until `time`; returns at once when that is past. For edges only.
    pub fn wait_until(&self, time: Timestamp) {
        let Some(after) = to_clock_time(time) else { return };
        // An early return is no harm: the caller reads the clock again.
        self.clock.new_single_shot_id(self.zero + after).wait().0.ok();
    }

    /// Makes the running time of `pipeline` the time of this clock.
    pub(crate) fn drive(&self, pipeline: &Pipeline) {
        pipeline.0.use_clock(Some(&self.clock));
        pipeline.0.set_start_time(gst::ClockTime::NONE);
        pipeline.0.set_base_time(self.zero);
    }
}
