//! Smart Turn against its original.

mod common;

use common::{Golden, asset, difference, noise, speech};
use viva_floor::EndOfTurn;
use viva_inference::end_of_turn::SmartTurn;
use viva_inference::log_mel::{LogMel, MEL_BANDS};

fn load() -> SmartTurn {
    SmartTurn::load(&asset("turn-smart-turn-v3.2")).expect("the asset holds the network")
}

#[test]
fn the_front_end_agrees_with_the_original() {
    let golden = Golden::read("smart_turn");
    let mel = load().features(&speech());
    let every_20th: Vec<f32> = mel.values().iter().step_by(20).copied().collect();
    assert_eq!(golden.shape("out.mel_every_20th_frame"), [MEL_BANDS, mel.frames() / 20]);
    let error = difference(&every_20th, golden.get("out.mel_every_20th_frame"));
    assert!(error < 1e-5, "largest difference {error:e}");
}

#[test]
fn the_network_agrees_with_the_original() {
    let golden = Golden::read("smart_turn");
    let mut network = load();
    let error = (network.p_end(&speech()) - golden.get("out.prob_f32")[0]).abs();
    assert!(error < 1e-4, "from audio: {error:e}");
    // Features that were rounded to 16 bits on their way move the answer a little further.
    let mel = LogMel::from_values(golden.get("in.mel_f16").to_vec()).unwrap();
    let error = (network.classify(&mel).unwrap() - golden.get("out.prob_f32")[0]).abs();
    assert!(error < 1e-3, "from stored features: {error:e}");
}

/// Shorter cuts, with silence before them. The figures are those of the reference program (`smart_turn.py`, numpy) on the same 8 s of speech.
#[test]
fn cuts_agree_with_the_reference_program() {
    let (mut network, speech) = (load(), speech());
    for (secs, expect) in
        [(1.3, 0.105_312_9), (3.0, 0.021_811_4), (5.3, 0.296_046_2), (7.5, 0.978_882_5), (8.0, 0.945_641_3)]
    {
        let p = network.p_end(&speech[..(secs * 16_000.0) as usize]);
        assert!((p - expect).abs() < 1e-4, "{secs} s: {p}, expected {expect}");
    }
}

#[test]
fn only_the_last_eight_seconds_count() {
    let (mut network, speech) = (load(), speech());
    let longer = [noise(16_000, 0.3), speech.clone()].concat();
    assert_eq!(network.p_end(&longer).to_bits(), network.p_end(&speech).to_bits());
}

#[test]
fn any_audio_gets_a_probability() {
    let mut network = load();
    for samples in [vec![], vec![0.1; 800], vec![0.0; 200_000], noise(50_000, 1.0), vec![f32::NAN; 4_000]] {
        assert!((0.0..=1.0).contains(&network.p_end(&samples)));
    }
    assert_eq!(network.p_end(&[f32::NAN; 4_000]).to_bits(), network.p_end(&[]).to_bits());
}
