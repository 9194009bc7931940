//! A session in real time: a person at microphone and camera, or a simulated candidate whom somebody watches.

use anyhow::{Context as _, Result};
use viva_assessment::Asked;
use viva_devices::{
    Choice, DeviceClock, DeviceError, EchoCanceller, LiveConfig, LiveSource, LoudspeakerSink,
};
use viva_media::{AudioBlock, TICK, TimeSpan, Timestamp, VideoFrame};

use super::candidate::{Candidate, Picture};
use super::loudspeaker::{Audible, Loudspeaker};
use crate::cli::InterviewArgs;
use crate::commands::warn;

/// A microphone that gives nothing for so long has failed.
const LONGEST_SILENCE: TimeSpan = TimeSpan::from_millis(5000);
/// What to do without one.
const NO_MICROPHONE: &str = "no microphone can be opened: attach one (`viva doctor` lists what is attached), or name GStreamer elements, for \
     example --microphone 'pulsesrc device=headset'; without a microphone, answer by typing: --candidate text";
/// How often the driver looks whether sound has come.
const GLANCE: TimeSpan = TimeSpan::from_millis(4);

/// A person at this machine.
///
/// The session's clock begins with the first captured sample and is advanced by the microphone: a tick is due when its sound is there.
pub(crate) struct Person {
    source: LiveSource,
    clock: DeviceClock,
    /// On the devices' clock: the begin of the session, and the end of what was handed out.
    begin: Option<Timestamp>,
    captured: Timestamp,
    has_camera: bool,
    shown: Option<VideoFrame>,
}

impl Person {
    pub(crate) fn has_camera(&self) -> bool {
        self.has_camera
    }
}

impl Candidate for Person {
    fn block(&mut self, start: Timestamp) -> Result<Option<AudioBlock>> {
        let latest = self.clock.now() + LONGEST_SILENCE;
        if self.begin.is_none() {
            // What the device heard while the session was being set up is not of the session.
            self.source.forget();
        }
        loop {
            if let Some(block) = self.source.poll_audio() {
                self.begin.get_or_insert(block.start);
                self.captured = block.end();
                return Ok(Some(AudioBlock { start, ..block }));
            }
            self.source.check().context("the microphone or the camera has failed")?;
            if self.clock.now() > latest {
                let what = "the microphone".to_owned();
                return Err(DeviceError::Stalled { what, after: LONGEST_SILENCE }.into());
            }
            self.clock.wait_until(self.clock.now() + GLANCE);
        }
    }

    fn picture(&mut self, _: Timestamp) -> Picture {
        self.shown = self.source.poll_video().or(self.shown.take());
        self.shown.clone().map_or(Picture::None, Picture::Frame)
    }

    fn hears(&mut self, _: Timestamp, _: TimeSpan, _: &Asked<'_>) -> Result<()> {
        Ok(())
    }

    fn heard(&mut self, _: Timestamp, _: bool) {}

    fn lateness(&self, _: Timestamp) -> Option<TimeSpan> {
        self.begin.map(|_| self.clock.now() - self.captured)
    }
}

/// Devices as the command line names them: `off`, nothing for the system's own, or GStreamer elements.
pub(crate) fn named_device(named: Option<&str>) -> Choice {
    match named {
        None => Choice::First,
        Some("off") => Choice::Nothing,
        Some(elements) => Choice::Elements(elements.to_owned()),
    }
}

/// Opens microphone, camera and loudspeaker. Without a camera the session is held all the same; without a microphone or a loudspeaker
/// it cannot be.
pub(crate) fn open_devices(args: &InterviewArgs) -> Result<(Person, Box<dyn Loudspeaker>)> {
    anyhow::ensure!(
        args.microphone.as_deref() != Some("off"),
        "a session by voice needs a microphone: without one, answer by typing: --candidate text"
    );
    let echo = echo_canceller(args);
    // One clock for both: what is heard is compared with what is played. A fresh one for the microphone, as a file in its place begins to play
    // when the clock reads zero.
    let mut config = LiveConfig {
        microphone: named_device(args.microphone.as_deref()),
        camera: if args.no_video { Choice::Nothing } else { named_device(args.camera.as_deref()) },
    };
    let clock = DeviceClock::new()?;
    let source = match LiveSource::open(&config, &clock, echo.as_ref()) {
        Err(DeviceError::NoDevice { kind: "camera", .. }) => {
            warn("no camera is attached: the session is held by voice alone");
            config.camera = Choice::Nothing;
            LiveSource::open(&config, &clock, echo.as_ref())
        }
        opened => opened,
    };
    let source = source.map_err(|error| {
        let of_microphone = match &error {
            DeviceError::NoDevice { kind, .. } | DeviceError::Elements { kind, .. } => *kind == "microphone",
            _ => false,
        };
        let error = anyhow::Error::new(error);
        if of_microphone { error.context(NO_MICROPHONE) } else { error }
    })?;
    let loudspeaker = named_device(args.loudspeaker.as_deref());
    let loudspeaker = LoudspeakerSink::open(&loudspeaker, &clock, echo.as_ref()).context(
        "no loudspeaker can be opened: attach one, or name GStreamer elements with --loudspeaker \
         (--loudspeaker off holds the session with captions only)",
    )?;
    let person = Person {
        source,
        clock,
        begin: None,
        captured: Timestamp::ZERO,
        has_camera: config.camera != Choice::Nothing,
        shown: None,
    };
    Ok((person, Box::new(Audible::new(loudspeaker, None))))
}

/// What keeps the assessor from hearing itself, unless nobody hears it.
fn echo_canceller(args: &InterviewArgs) -> Option<EchoCanceller> {
    if args.no_echo_canceller || args.loudspeaker.as_deref() == Some("off") {
        return None;
    }
    let canceller = EchoCanceller::new();
    if let Err(error) = &canceller {
        warn(format!("the assessor hears itself without headphones: {error}"));
    }
    canceller.ok()
}

/// Opens two streams on the loudspeaker for who watches a simulated session; without a loudspeaker it is watched in silence.
pub(crate) fn open_monitor(args: &InterviewArgs) -> Result<Box<dyn Loudspeaker>> {
    let clock = DeviceClock::new()?;
    let chosen = named_device(args.loudspeaker.as_deref());
    let chosen = match LoudspeakerSink::open(&chosen, &clock, None) {
        Err(DeviceError::NoDevice { .. }) => {
            warn("no loudspeaker is attached: the session is shown in silence");
            Choice::Nothing
        }
        opened => {
            opened?;
            chosen
        }
    };
    let assessor = LoudspeakerSink::open(&chosen, &clock, None)?;
    // A device that takes one stream only still gives the assessor's voice.
    let candidate = LoudspeakerSink::open(&chosen, &clock, None).ok();
    Ok(Box::new(Audible::new(assessor, candidate)))
}

/// Somebody in virtual time, slowed down to real time.
pub(crate) struct Paced {
    inner: Box<dyn Candidate>,
    clock: DeviceClock,
    begin: Option<Timestamp>,
}

impl Paced {
    pub(crate) fn new(inner: Box<dyn Candidate>) -> Result<Self> {
        Ok(Self { inner, clock: DeviceClock::new()?, begin: None })
    }
}

impl Candidate for Paced {
    fn block(&mut self, start: Timestamp) -> Result<Option<AudioBlock>> {
        let begin = *self.begin.get_or_insert(self.clock.now());
        // The sound of a tick is there when the tick has passed.
        self.clock.wait_until(begin + (start - Timestamp::ZERO) + TICK);
        self.inner.block(start)
    }

    fn picture(&mut self, at: Timestamp) -> Picture {
        self.inner.picture(at)
    }

    fn hears(&mut self, now: Timestamp, length: TimeSpan, asked: &Asked<'_>) -> Result<()> {
        self.inner.hears(now, length, asked)
    }

    fn heard(&mut self, now: Timestamp, awaits_answer: bool) {
        self.inner.heard(now, awaits_answer);
    }

    fn lateness(&self, now: Timestamp) -> Option<TimeSpan> {
        self.begin.map(|begin| self.clock.now() - (begin + (now - Timestamp::ZERO)))
    }

    fn look(&self) -> Option<&str> {
        self.inner.look()
    }
}
