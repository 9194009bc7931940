//! Test patterns and a silent loudspeaker at the pace of real devices.

use viva_devices::{Choice, DeviceClock, DeviceError, LiveConfig, LiveSource, LoudspeakerSink};
use viva_media::{AudioBlock, BLOCK_SAMPLES, TimeSpan, Timestamp};

#[test]
fn the_test_pattern_comes_stamped_and_whole() {
    let clock = DeviceClock::new().expect("GStreamer starts");
    let mut source = LiveSource::test_pattern(&clock).expect("the test elements are installed");
    let (mut blocks, mut frames) = (Vec::new(), Vec::new());
    // Until a second of sound is there; a machine under load may take longer for it, but not a minute.
    while blocks.len() < 50 && clock.now() < Timestamp::from_secs(60.0) {
        clock.wait_until(clock.now() + TimeSpan::from_millis(5));
        blocks.extend(std::iter::from_fn(|| source.poll_audio()));
        frames.extend(source.poll_video());
        source.check().expect("the pattern runs on");
    }
    assert!(blocks.len() >= 50, "{} blocks", blocks.len());
    assert!(blocks.iter().all(|block| block.samples.len() == BLOCK_SAMPLES));
    assert!(blocks.windows(2).all(|pair| pair[0].end() == pair[1].start), "no hole in the stamps");
    assert!(blocks.iter().any(|block| block.rms() > 0.1), "the tone is heard");
    assert!(frames.len() >= 2 && frames.windows(2).all(|pair| pair[0].captured < pair[1].captured));
    assert!(frames.iter().all(|frame| (frame.width, frame.height) == (322, 240)));
    let newest = frames.last().map_or(Timestamp::ZERO, |frame| frame.captured);
    assert!(newest <= clock.now(), "nothing is captured in the future");
}

#[test]
fn a_missing_device_is_named() {
    // Where a microphone is attached, opening it must work instead.
    let clock = DeviceClock::new().expect("GStreamer starts");
    match LiveSource::open(&LiveConfig::default(), &clock, None) {
        Ok(source) => source.check().expect("the microphone runs"),
        Err(error @ DeviceError::NoDevice { .. }) => {
            assert!(error.to_string().contains("no microphone found; looked for"), "{error}");
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn elements_stand_in_for_devices_and_wrong_ones_are_told() {
    let clock = DeviceClock::new().expect("GStreamer starts");
    let open = |elements: &str| {
        let microphone = Choice::Elements(elements.to_owned());
        LiveSource::open(&LiveConfig { microphone, camera: Choice::Nothing }, &clock, None)
    };
    let mut source = open("audiotestsrc is-live=true ! volume volume=0.1").expect("both are installed");
    let mut blocks = 0;
    while blocks < 10 && clock.now() < Timestamp::from_secs(60.0) {
        clock.wait_until(clock.now() + TimeSpan::from_millis(5));
        blocks += std::iter::from_fn(|| source.poll_audio()).count();
    }
    assert!(blocks >= 10, "{blocks}");
    for (elements, says) in
        [("nosuchsrc", "nosuchsrc"), ("fakesink", "0 pads"), ("audiotestsrc !", "audiotestsrc")]
    {
        let error = open(elements).expect_err("it is no microphone").to_string();
        assert!(error.contains("as microphone") && error.contains(says), "{elements}: {error}");
    }
}

#[test]
fn the_loudspeaker_says_what_was_heard_and_cut_stops_it() {
    let clock = DeviceClock::new().expect("GStreamer starts");
    let mut loudspeaker = LoudspeakerSink::silent(&clock).expect("a fake sink is installed");
    assert_eq!(loudspeaker.heard_until(), None);
    // Ten seconds of sound, stamped as the speech room likes; they are late and so play at once.
    let first = Timestamp::from_millis(-5000);
    for index in 0..500 {
        let block = AudioBlock::silence(first + TimeSpan::from_millis(20 * index));
        assert!(loudspeaker.push(&block).expect("it runs"));
    }
    clock.wait_until(clock.now() + TimeSpan::from_millis(300));
    let (before, now) = (loudspeaker.heard_until().expect("it plays"), clock.now());
    assert!(before > first && before - first <= now - Timestamp::ZERO, "{before:?} at {now:?}");
    assert!(loudspeaker.is_playing());
    let heard = loudspeaker.cut().expect("it runs").expect("it played");
    assert!(heard >= before);
    clock.wait_until(clock.now() + TimeSpan::from_millis(100));
    assert_eq!(loudspeaker.heard_until(), Some(heard), "nothing sounds after a cut");
    assert!(!loudspeaker.is_playing());

    // The next utterance plays at its stamp.
    let next = clock.now() + TimeSpan::from_millis(500);
    for index in 0..5 {
        assert!(
            loudspeaker
                .push(&AudioBlock::silence(next + TimeSpan::from_millis(20 * index)))
                .expect("it runs")
        );
    }
    assert_eq!(loudspeaker.heard_until(), Some(heard));
    while loudspeaker.is_playing() && clock.now() < Timestamp::from_secs(60.0) {
        clock.wait_until(clock.now() + TimeSpan::from_millis(20));
    }
    assert_eq!(loudspeaker.heard_until(), Some(next + TimeSpan::from_millis(100)));
    assert!(!loudspeaker.is_playing());
}

#[test]
fn a_loudspeaker_takes_no_more_than_a_minute() {
    let clock = DeviceClock::new().expect("GStreamer starts");
    let mut loudspeaker = LoudspeakerSink::silent(&clock).expect("a fake sink is installed");
    let taken = (0..4000).filter(|index| {
        let block = AudioBlock::silence(Timestamp::from_millis(20 * index));
        loudspeaker.push(&block).expect("it runs")
    });
    assert!((2990..3600).contains(&taken.count()));
}
