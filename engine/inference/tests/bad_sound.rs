//! Sound as it should not be, through the whole mind with the real networks: nothing breaks, the rules take over, and it is said why.

mod common;

use common::{noise, speech};
use viva_exchange::{QuestionContext, QuestionKind, TurnEventKind};
use viva_inference::flow_net::FlowNet;
use viva_inference::voice_activity::SileroVoiceActivity;
use viva_media::{AudioBlock, BLOCK_SAMPLES, SAMPLE_RATE, Timestamp};
use viva_perception::fusion::OwnSpeech;
use viva_runtime::{Mind, MindConfig, MindOutput, Mistrust, TickInput};

/// A second of silence, 5 s of speech, `silence_secs` of a quiet room.
fn turn(silence_secs: usize) -> Vec<f32> {
    let rate = SAMPLE_RATE as usize;
    let mut sound = noise(rate, 0.0005);
    sound.extend(&speech()[..5 * rate]);
    sound.extend(noise(silence_secs * rate, 0.0005));
    sound
}

/// What the mind says to `sound`; which blocks the device loses, and the number under which each is stamped.
fn hear(sound: &[f32], lost: impl Fn(u64) -> bool, stamp: impl Fn(u64) -> u64) -> Vec<MindOutput> {
    let silero = SileroVoiceActivity::load(&common::asset("vad-silero-16k"))
        .expect("run `cargo xtask test`, which fetches the models");
    let net = FlowNet::from_bytes(viva_models::FLOW_NET.to_vec()).expect("our own weights");
    let mut mind = Mind::new(MindConfig::default(), Box::new(silero), Some(Box::new(net)));
    let question = Some(QuestionContext { kind: QuestionKind::Open, expected_s: 10.0, patience_ms: 1000 });
    let blocks = sound.chunks_exact(BLOCK_SAMPLES).zip(0..);
    let outputs: Vec<_> = blocks
        .map(|(samples, n)| {
            let start = Timestamp::from_samples(stamp(n) * BLOCK_SAMPLES as u64, SAMPLE_RATE);
            let samples = if lost(n) { vec![0.0; BLOCK_SAMPLES] } else { samples.to_vec() };
            let audio = AudioBlock { gap: lost(n), ..AudioBlock::new(start, samples) };
            mind.step(TickInput {
                audio: &audio,
                own: OwnSpeech::SILENT,
                face: None,
                assessor_end: None,
                question,
                opinion: None,
                words: Vec::new(),
            })
        })
        .collect();
    for forecast in outputs.iter().filter_map(|output| output.forecast.ok()) {
        let sum: f32 = forecast.outcome.iter().sum();
        assert!(
            (sum - 1.0).abs() < 1e-4 && forecast.voice.is_finite() && !forecast.silence_per_cut_in().is_nan()
        );
    }
    outputs
}

fn plain(sound: &[f32]) -> Vec<MindOutput> {
    hear(sound, |_| false, |n| n)
}

fn commits(outputs: &[MindOutput]) -> Vec<f64> {
    let events = outputs.iter().flat_map(|output| &output.floor.events);
    events.filter(|event| event.kind == TurnEventKind::Commit).map(|event| event.at.as_secs()).collect()
}

/// Ticks on which the rules judged for this reason.
fn mistrusted(outputs: &[MindOutput], why: Mistrust) -> usize {
    outputs.iter().filter(|output| output.forecast.err() == Some(why)).count()
}

#[test]
fn sound_as_it_should_be_is_judged_from_forecasts_alone() {
    let outputs = plain(&turn(4));
    assert!(outputs.iter().all(|output| output.forecast.is_ok()));
    let commits = commits(&outputs);
    assert!(commits.last().is_some_and(|at| *at > 5.5), "{commits:?}");
}

#[test]
fn clipped_sound_is_judged_by_the_rules() {
    let clipped: Vec<f32> = turn(4).iter().map(|s| (60.0 * s).clamp(-1.0, 1.0)).collect();
    let outputs = plain(&clipped);
    assert!(mistrusted(&outputs, Mistrust::Clipped) > 150, "{}", mistrusted(&outputs, Mistrust::Clipped));
    assert!(!commits(&outputs).is_empty(), "the turn still ends");
}

#[test]
fn hum_babble_and_a_second_voice_break_nothing() {
    let sound = turn(4);
    let rate = SAMPLE_RATE as usize;
    let hum = |n: usize| 0.05 * (std::f32::consts::TAU * 50.0 * n as f32 / SAMPLE_RATE as f32).sin();
    let hummed: Vec<f32> = sound.iter().enumerate().map(|(n, s)| s + hum(n)).collect();
    let outputs = plain(&hummed);
    assert!(mistrusted(&outputs, Mistrust::Hum) > 150, "{}", mistrusted(&outputs, Mistrust::Hum));
    assert!(!commits(&outputs).is_empty(), "speech is heard over the hum of the mains");
    let flat: Vec<f32> = sound.iter().map(|s| (12.0 * s).clamp(-0.9, 0.9)).collect();
    let outputs = plain(&flat);
    assert!(mistrusted(&outputs, Mistrust::Clipped) > 100, "clipped before the converter");
    // Nine voices out of step, 10 dB under the speaker together.
    let voice = speech();
    let babble = |n: usize| -> f32 { (1..=9).map(|k| voice[(n + k * voice.len() / 9) % voice.len()]).sum() };
    let power = |sound: &[f32]| sound.iter().map(|s| s * s).sum::<f32>() / sound.len() as f32;
    let together = power(&(0..voice.len()).map(babble).collect::<Vec<_>>());
    // Half of the recording is pauses.
    let level = (2.0 * power(&voice) / 10.0 / together).sqrt();
    let noisy: Vec<f32> = sound.iter().enumerate().map(|(n, s)| s + level * babble(n)).collect();
    let outputs = plain(&noisy);
    assert!(mistrusted(&outputs, Mistrust::Babble) > 100, "{}", mistrusted(&outputs, Mistrust::Babble));
    assert!(
        !commits(&outputs).is_empty(),
        "who is loudest is heard over the babble, which passes for speech"
    );
    let two: Vec<f32> =
        sound.iter().enumerate().map(|(n, s)| s + 0.8 * voice[(n + rate) % voice.len()]).collect();
    plain(&two);
}

#[test]
fn steady_noise_is_judged_by_the_rules_once_it_is_known() {
    let sound = turn(4);
    // The room is heard for a while before anybody answers: the noise floor rises slowly, so that one word does not pass for noise.
    let room = 25 * SAMPLE_RATE as usize;
    let mut noisy = noise(room + sound.len(), 0.06);
    noisy[room..].iter_mut().zip(&sound).for_each(|(noise, voice)| *noise += voice);
    let outputs = plain(&noisy);
    assert!(mistrusted(&outputs, Mistrust::Noisy) > 100, "{}", mistrusted(&outputs, Mistrust::Noisy));
    assert!(!commits(&outputs).is_empty(), "the turn still ends");
}

#[test]
fn lost_blocks_are_judged_by_the_rules_until_the_memory_is_whole() {
    let outputs = hear(&turn(8), |n| n == 200, |n| n);
    assert_eq!(mistrusted(&outputs, Mistrust::SoundLost), 127);
    assert!(outputs[199].forecast.is_ok() && outputs[200].forecast.is_err() && outputs[327].forecast.is_ok());
    let often = hear(&turn(4), |n| n % 10 == 3, |n| n);
    assert_eq!(mistrusted(&often, Mistrust::SoundLost), often.len() - 3);
    assert!(!commits(&often).is_empty(), "the rules still end the turn");
}

#[test]
fn half_a_minute_of_silence_ends_a_turn_once() {
    let outputs = plain(&turn(30));
    let late = commits(&outputs).into_iter().filter(|at| *at > 6.0).count();
    assert_eq!(late, 1, "{:?}", commits(&outputs));
    let nothing = plain(&noise(30 * SAMPLE_RATE as usize, 0.0005));
    assert_eq!(commits(&nothing), [0.0_f64; 0], "nobody has spoken");
}

#[test]
fn a_clock_that_jumps_is_judged_by_the_rules() {
    // Forwards by a minute in the middle of speech, and back again in the silence.
    let outputs = hear(&turn(8), |_| false, |n| if (150..400).contains(&n) { n + 3000 } else { n });
    assert_eq!(outputs[149].forecast.err(), None);
    assert_eq!(outputs[150].forecast.err(), Some(Mistrust::ClockJumped));
    assert_eq!(outputs[400].forecast.err(), Some(Mistrust::ClockJumped));
    assert!(
        mistrusted(&outputs, Mistrust::ClockJumped) >= 250
            && outputs.last().is_some_and(|o| o.forecast.is_ok())
    );
}
