//! The flow-net hears rubbish, loss and silence without losing its head.

mod common;

use viva_floor::forecast::{FloorForecast, Forecaster};
use viva_inference::flow_net::FlowNet;
use viva_inference::voice_activity::SileroVoiceActivity;
use viva_media::{AudioBlock, SAMPLE_RATE, Timestamp};
use viva_perception::fusion::OwnSpeech;
use viva_runtime::{Mind, MindConfig, TickInput};

fn mind() -> Mind {
    let silero = SileroVoiceActivity::load(&common::asset("vad-silero-16k"))
        .expect("run `cargo xtask test`, which fetches the models");
    let net = FlowNet::from_bytes(viva_models::FLOW_NET.to_vec()).expect("our own weights");
    Mind::new(MindConfig::default(), Box::new(silero), Some(Box::new(net)))
}

type Sample = Box<dyn Fn(usize) -> f32>;

fn noise(n: usize) -> f32 {
    let x = (n as u32).wrapping_mul(2_654_435_761).rotate_left(13).wrapping_mul(1_597_334_677);
    (x >> 8) as f32 / (1 << 23) as f32 - 1.0
}

/// 6 s of sound; `sample(n)` in -1..=1, and which blocks the device loses.
fn run(
    sample: impl Fn(usize) -> f32,
    lost: impl Fn(usize) -> bool,
    stamp: impl Fn(usize) -> u64,
) -> Vec<Option<FloorForecast>> {
    let mut mind = mind();
    (0..300)
        .map(|tick| {
            let start = Timestamp::from_samples(stamp(tick) * 320, SAMPLE_RATE);
            let samples = (0..320).map(|k| sample(tick * 320 + k)).collect();
            let audio = AudioBlock { gap: lost(tick), ..AudioBlock::new(start, samples) };
            let output = mind.step(TickInput {
                audio: &audio,
                own: OwnSpeech::SILENT,
                face: None,
                assessor_end: None,
                question: None,
                opinion: None,
                words: Vec::new(),
            });
            output.forecast.ok()
        })
        .collect()
}

fn sound(forecasts: &[Option<FloorForecast>]) -> bool {
    forecasts.iter().flatten().all(|f| {
        let sums = [f.outcome.iter().sum::<f32>(), f.overlap.iter().sum::<f32>()];
        sums.iter().all(|sum| (sum - 1.0).abs() < 1e-4)
            && f.voice.is_finite()
            && f.silence_per_cut_in().is_finite()
    })
}

#[test]
fn whatever_is_heard_forecasts_are_probabilities() {
    let never = |_| false;
    let in_order = |tick| tick as u64;
    let tone = |n: usize, hz: f32| (std::f32::consts::TAU * hz * n as f32 / 16_000.0).sin();
    let cases: [(&str, Sample); 4] = [
        ("silence", Box::new(|_| 0.0)),
        (
            "babble of three voices",
            Box::new(move |n| 0.1 * (tone(n, 110.0) + tone(n, 170.0) * tone(n, 3.0) + tone(n, 240.0))),
        ),
        ("noise", Box::new(|n| 0.3 * noise(n))),
        ("no numbers", Box::new(|n| if n % 7 == 0 { f32::NAN } else { 0.1 })),
    ];
    for (name, sample) in cases {
        let forecasts = run(sample, never, in_order);
        assert!(forecasts.iter().all(Option::is_some) && sound(&forecasts), "{name}");
    }
    // What has flat tops, hums, or is driven beyond full scale is not believed, infinities included.
    let beyond: [Sample; 4] = [
        Box::new(move |n| (40.0 * tone(n, 180.0)).clamp(-0.9, 0.9)),
        Box::new(move |n| 0.2 * tone(n, 50.0)),
        Box::new(move |n| (40.0 * tone(n, 180.0)).clamp(-1.0, 1.0)),
        Box::new(|n| if n % 7 == 0 { f32::NAN } else { f32::INFINITY }),
    ];
    for sample in beyond {
        let forecasts = run(sample, never, in_order);
        assert!(forecasts[250..].iter().all(Option::is_none) && sound(&forecasts));
    }
}

#[test]
fn after_a_loss_the_rules_judge_until_the_memory_is_whole() {
    let forecasts = run(|n| 0.3 * noise(n), |tick| tick == 100, |tick| tick as u64);
    assert!(
        forecasts[99].is_some()
            && forecasts[100..220].iter().all(Option::is_none)
            && forecasts[299].is_some()
    );
    // A clock that jumps by a minute is no loss of sound; nothing breaks.
    assert!(sound(&run(
        |n| 0.3 * noise(n),
        |_| false,
        |tick| if tick < 150 { tick as u64 } else { tick as u64 + 3000 }
    )));
}

#[test]
fn one_tick_at_a_time_gives_what_training_saw() {
    let golden = common::Golden::read("flow_net");
    let (features, in_turn) = (golden.get("features"), golden.get("in_turn"));
    let mut net = FlowNet::from_bytes(viva_models::FLOW_NET.to_vec()).expect("our own weights");
    let width = golden.shape("features")[1];
    let logits = golden.get("logits").chunks_exact(golden.shape("logits")[1]);
    for ((row, turn), expected) in features.chunks_exact(width).zip(in_turn).zip(logits) {
        let found = net.logits(row, *turn > 0.0);
        assert!(
            found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 2e-3),
            "{found:?} against {expected:?}"
        );
    }
}

#[test]
fn a_reset_forgets_everything() {
    let mut net = FlowNet::from_bytes(viva_models::FLOW_NET.to_vec()).expect("our own weights");
    let features: Vec<[f32; viva_perception::fusion::FEATURES]> =
        (0..200).map(|t| std::array::from_fn(|i| noise(t * 131 + i))).collect();
    let mut run = || -> Vec<_> {
        net.reset();
        features.iter().map(|row| net.step(row, true)).collect()
    };
    assert_eq!(run(), run());
}
