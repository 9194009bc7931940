//! Silero against its original on 250 frames, and on what no microphone should deliver.

mod common;

use common::{Golden, asset, difference, noise, speech};
use viva_inference::voice_activity::SileroVoiceActivity;
use viva_perception::voice::{VOICE_ACTIVITY_FRAME, VoiceActivity};

fn load() -> SileroVoiceActivity {
    SileroVoiceActivity::load(&asset("vad-silero-16k")).expect("the asset holds the network")
}

fn probabilities(network: &mut SileroVoiceActivity, samples: &[f32]) -> Vec<f32> {
    samples.as_chunks::<VOICE_ACTIVITY_FRAME>().0.iter().map(|frame| network.step(frame)).collect()
}

#[test]
fn agrees_with_the_original() {
    let golden = Golden::read("silero_vad");
    let error = difference(&probabilities(&mut load(), &speech()), golden.get("out.probs"));
    assert!(error < 1e-5, "largest difference {error:e}");
}

#[test]
fn reset_forgets() {
    let mut network = load();
    let first = probabilities(&mut network, &speech()[..32_000]);
    let again = probabilities(&mut network, &speech()[..32_000]);
    assert_ne!(first, again, "the state matters");
    network.reset();
    assert_eq!(first, probabilities(&mut network, &speech()[..32_000]));
}

#[test]
fn a_poisoned_frame_is_silence() {
    let (mut poisoned, mut silent) = (load(), load());
    let mut samples = speech()[..32_000].to_vec();
    samples[5_120..6_144].fill(0.0);
    let expected = probabilities(&mut silent, &samples);
    samples[5_120..6_144].fill(f32::NAN);
    samples[5_500] = f32::INFINITY;
    assert_eq!(probabilities(&mut poisoned, &samples), expected);
}

#[test]
fn silence_and_noise_are_not_speech() {
    for samples in [vec![0.0; 32_000], noise(32_000, 0.1)] {
        let highest = probabilities(&mut load(), &samples).into_iter().fold(0.0, f32::max);
        assert!(highest < 0.5, "{highest}");
    }
}
