//! A room in which the loudspeaker is heard at the microphone, a little later, twice and softer.

use viva_devices::{Choice, DeviceClock, EchoCanceller, LiveConfig, LiveSource, LoudspeakerSink};
use viva_media::{AudioBlock, BLOCK_SAMPLES, TimeSpan, Timestamp, audio::rms};

const SECS: i64 = 9;

struct Room {
    loudspeaker: LoudspeakerSink,
    microphone: LiveSource,
    heard: Vec<AudioBlock>,
}

impl Room {
    /// `near` is who speaks in the room, in GStreamer's notation.
    fn new(name: &str, near: &str, cancels: bool, clock: &DeviceClock) -> Self {
        let echo = cancels.then(|| EchoCanceller::new().expect("the plugin is installed"));
        let sink = Choice::Elements(format!("interaudiosink channel={name} sync=true"));
        let microphone = Choice::Elements(format!(
            "audiomixer name=air ! audioconvert audiotestsrc is-live=true wave=pink-noise volume=0.004 ! air. \
             interaudiosrc channel={name} buffer-time=400000000 latency-time=60000000 period-time=10000000 \
             ! audioconvert ! audioecho delay=23000000 intensity=0.4 ! volume volume=0.3 ! air. \
             {near} ! audioconvert ! air."
        ));
        let loudspeaker = LoudspeakerSink::open(&sink, clock, echo.as_ref()).expect("it opens");
        let config = LiveConfig { microphone, camera: Choice::Nothing };
        let microphone = LiveSource::open(&config, clock, echo.as_ref()).expect("it opens");
        Self { loudspeaker, microphone, heard: Vec::new() }
    }

    /// Level from some second on, in decibels of full scale.
    fn level(&self, from_secs: i64) -> f32 {
        let from = Timestamp::from_millis(from_secs * 1000);
        let samples: Vec<f32> =
            self.heard.iter().filter(|b| b.start > from).flat_map(|b| b.samples.iter().copied()).collect();
        20.0 * rms(&samples).max(1e-6).log10()
    }
}

/// Noise that comes and goes as syllables do.
fn voice(index: i64) -> AudioBlock {
    let mut state = 0x9e37_79b9_u32.wrapping_mul(index as u32 + 1);
    let samples = (0..BLOCK_SAMPLES).map(|i| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let at = (index as f32 * BLOCK_SAMPLES as f32 + i as f32) / 16_000.0;
        let syllable = (at * 4.0 * std::f32::consts::TAU).sin().max(0.0);
        (state as f32 / u32::MAX as f32 - 0.5) * 0.6 * syllable
    });
    AudioBlock::new(Timestamp::from_millis(index * 20), samples.collect())
}

#[test]
fn the_own_voice_is_taken_out_and_others_stay() {
    let clock = DeviceClock::new().expect("GStreamer starts");
    let silence = "audiotestsrc is-live=true wave=silence";
    let tone = "audiotestsrc is-live=true freq=440 volume=0.1";
    let mut rooms = [
        Room::new("open", silence, false, &clock),
        Room::new("cancelled", silence, true, &clock),
        Room::new("spoken-into", tone, true, &clock),
        Room::new("spoken-only", tone, true, &clock),
    ];
    let mut index = 0;
    while clock.now() < Timestamp::from_millis(SECS * 1000) {
        while Timestamp::from_millis(index * 20) < clock.now() + TimeSpan::from_millis(200) {
            for room in &mut rooms[..3] {
                room.loudspeaker.push(&voice(index)).expect("it plays");
            }
            index += 1;
        }
        for room in &mut rooms {
            room.heard.extend(std::iter::from_fn(|| room.microphone.poll_audio()));
        }
        clock.wait_until(clock.now() + TimeSpan::from_millis(10));
    }
    let [open, cancelled, into, only] = rooms.each_ref().map(|room| room.level(4));
    assert!(open > -40.0, "the room carries the sound: {open} dB");
    assert!(cancelled < open - 8.0, "{open} dB without a canceller, {cancelled} dB with one");
    assert!(into > -38.0, "who speaks into the assessor's voice is heard: {into} dB");
    assert!((only + 23.0).abs() < 2.0, "a voice of the room alone keeps its level: {only} dB");
}
