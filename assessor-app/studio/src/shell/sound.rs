//! The sound of a session on the loudspeaker, on a thread of its own.
//!
//! Queue: one order may wait. One that finds no room is told again with the next frame, or is outdated then.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use viva_devices::{Choice, DeviceClock, LoudspeakerSink};
use viva_media::{TICK, TimeSpan, Timestamp};

use super::app::now;
use crate::core::sound::{Following, Order, Soundtrack};

/// Sound that waits in the loudspeaker: enough for a thread that wakes late.
const AHEAD: TimeSpan = TimeSpan::from_millis(300);
/// Sound that is due earlier than this after an order comes too late for the loudspeaker.
const LEAD: TimeSpan = TimeSpan::from_millis(60);
/// How often the loudspeaker gets more.
const EVERY: Duration = Duration::from_millis(50);

/// The sound of an opened session. Dropping it ends it.
pub(super) struct Sound {
    orders: SyncSender<Order>,
    faults: Receiver<String>,
    following: Following,
    /// The newest order, while the thread is busy.
    waiting: Option<Order>,
    begin: Instant,
    fault: Option<String>,
}

impl Sound {
    /// **Errors** in words, where the system gives no thread; what is wrong with device or files is told later.
    pub(super) fn open(paths: Vec<PathBuf>, choice: Choice) -> Result<Self, String> {
        let (orders, of_orders) = sync_channel(1);
        let (tell, faults) = sync_channel(1);
        let begin = now();
        std::thread::Builder::new()
            .name("sound".into())
            .spawn(move || {
                if let Err(fault) = play(&paths, &choice, &of_orders, begin) {
                    // A studio that has gone hears no faults.
                    tell.send(fault).ok();
                }
            })
            .map_err(|error| format!("no thread for the sound: {error}"))?;
        let (following, waiting, fault) = (Following::default(), None, None);
        Ok(Self { orders, faults, following, waiting, begin, fault })
    }

    /// Goes with the pictures; `playhead` is where they are while they run and are to be heard.
    pub(super) fn follow(&mut self, playhead: Option<f64>) {
        if let Some(order) = self.following.follow(playhead, self.begin.elapsed().as_secs_f64()) {
            self.waiting = Some(order);
        }
        if let Ok(fault) = self.faults.try_recv() {
            self.fault = Some(fault);
        }
        if let Some(order) = self.waiting.take()
            && let Err(TrySendError::Full(order)) = self.orders.try_send(order)
        {
            self.waiting = Some(order);
        }
    }

    /// Why nothing is heard.
    pub(super) fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }
}

fn play(paths: &[PathBuf], choice: &Choice, orders: &Receiver<Order>, begin: Instant) -> Result<(), String> {
    let told = |error: viva_devices::DeviceError| format!("nothing can be heard: {error}");
    let mut soundtrack = Soundtrack::open(paths)?;
    let clock = DeviceClock::new().map_err(told)?;
    let mut opened: Option<LoudspeakerSink> = None;
    // The next sound of the session, and when the session's begin was on the loudspeaker's clock.
    let mut playing: Option<(Timestamp, TimeSpan)> = None;
    loop {
        let order = match playing {
            None => orders.recv().map_err(|_gone| RecvTimeoutError::Disconnected),
            Some(_) => orders.recv_timeout(EVERY),
        };
        if matches!(order, Err(RecvTimeoutError::Disconnected)) {
            return Ok(());
        }
        let loudspeaker = match &mut opened {
            Some(loudspeaker) => loudspeaker,
            None if matches!(order, Ok(Order::Silence)) => continue,
            // It may take a second: only who plays waits for it.
            none => none.insert(LoudspeakerSink::open(choice, &clock, None).map_err(told)?),
        };
        match order {
            Err(_) => {}
            Ok(order) => {
                loudspeaker.cut().map_err(told)?;
                playing = match order {
                    Order::Silence => None,
                    Order::Play { at_secs, when_secs } => {
                        let ago = TimeSpan::from_secs(begin.elapsed().as_secs_f64() - when_secs);
                        let at = Timestamp::from_secs(at_secs) + ago;
                        Some((at + LEAD, clock.now() - at))
                    }
                };
            }
        }
        while let Some((at, begun)) = playing.filter(|(at, begun)| *at + *begun < clock.now() + AHEAD) {
            let mut block = soundtrack.block(at);
            block.start = at + begun;
            let is_over = at >= soundtrack.end();
            if !is_over && !loudspeaker.push(&block).map_err(told)? {
                break;
            }
            playing = (!is_over).then_some((at + TICK, begun));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(folder: &std::path::Path) -> PathBuf {
        let path = folder.join("ramp.wav");
        let sample_format = hound::SampleFormat::Int;
        let spec = hound::WavSpec { channels: 1, sample_rate: 16_000, bits_per_sample: 16, sample_format };
        let mut writer = hound::WavWriter::create(&path, spec).expect("a file");
        (0..32_000_i16).for_each(|sample| writer.write_sample(sample).expect("written"));
        writer.finalize().expect("closed");
        path
    }

    #[test]
    fn what_goes_with_the_pictures_reaches_the_loudspeaker_without_a_seam() {
        let folder = tempfile::tempdir().expect("a folder");
        let heard = folder.path().join("heard.raw");
        let elements = format!("filesink location={} buffer-mode=unbuffered", heard.display());
        let mut sound = Sound::open(vec![ramp(folder.path())], Choice::Elements(elements)).expect("a thread");
        let clock = DeviceClock::new().expect("GStreamer starts");
        let mut again = clock.now();
        let bytes = loop {
            // A loudspeaker that opens later than the track ends finds nothing left to play.
            if clock.now() >= again {
                sound.follow(None);
                sound.follow(Some(0.5));
                again = clock.now() + TimeSpan::from_secs(4.0);
            }
            let bytes = std::fs::read(&heard).unwrap_or_default();
            if bytes.len() >= 4 * 1600 {
                break bytes;
            }
            assert!(
                clock.now() < Timestamp::from_secs(60.0),
                "nothing is heard: {:?}",
                sound.faults.try_recv()
            );
            clock.wait_until(clock.now() + TICK);
        };
        let samples: Vec<i32> = bytes
            .as_chunks::<4>()
            .0
            .iter()
            .map(|bytes| (f32::from_ne_bytes(*bytes) * 32_768.0).round() as i32)
            .collect();
        assert!(samples[0] >= 8000 + 960, "what is due before the device can be in time is left out");
        assert!(samples.windows(2).take(1599).all(|pair| pair[1] == pair[0] + 1), "{:?}", &samples[..20]);
    }

    #[test]
    fn a_machine_without_a_loudspeaker_is_told_of_and_goes_on() {
        let folder = tempfile::tempdir().expect("a folder");
        let none = Choice::Elements("nosuchelement".into());
        let mut sound = Sound::open(vec![ramp(folder.path())], none).expect("a thread");
        sound.follow(Some(0.0));
        let fault = sound.faults.recv().expect("it is told");
        assert!(fault.starts_with("nothing can be heard: ") && fault.contains("nosuchelement"), "{fault}");
        (0..3).for_each(|_| sound.follow(None));
        let mut lost = Sound::open(vec![folder.path().join("none.wav")], Choice::Nothing).expect("a thread");
        lost.follow(Some(0.0));
        let fault = lost.faults.recv().expect("it is told");
        assert!(fault.contains("none.wav cannot be heard"), "{fault}");
    }
}
