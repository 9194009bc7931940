//! The networks as computing passes against the CPU, which is the judge.

use std::path::Path;
use std::time::Duration;

use half::f16;
use safetensors::{Dtype, SafeTensors};
use viva_floor::forecast::failover::{Failover, MEMORY_TICKS};
use viva_floor::forecast::shape::OUTPUTS;
use viva_floor::forecast::{FloorForecast, Forecaster};
use viva_gpu::{FlowPasses, Gpu, MelPasses};
use viva_inference::flow_net::{FlowNet, flow_net_weights};
use viva_perception::fusion::FEATURES;
use viva_perception::voice::{MEL_BANDS, MEL_FRAMES, MelStream};

/// The largest difference of a logit on the golden tensors; 1.5e-5 was measured on lavapipe.
const TOLERANCE: f32 = 1e-3;

/// No busy machine makes a tick slower than this.
const PATIENCE: Duration = Duration::from_secs(120);

fn gpu() -> Gpu {
    Gpu::headless().expect("a graphics driver is installed (mesa-vulkan-drivers)")
}

fn passes(gpu: Gpu) -> FlowPasses {
    let weights = flow_net_weights(viva_models::FLOW_NET.to_vec()).expect("our own weights");
    FlowPasses::new(gpu, &weights).expect("the driver takes the passes").with_patience(PATIENCE)
}

fn cpu() -> FlowNet {
    FlowNet::from_bytes(viva_models::FLOW_NET.to_vec()).expect("our own weights")
}

/// A tensor of the golden file as `f32`, and its width.
fn golden(name: &str) -> (Vec<f32>, usize) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/reference/flow_net.safetensors");
    let bytes = std::fs::read(path).expect("golden tensors are committed");
    let tensors = SafeTensors::deserialize(&bytes).expect("golden tensors are whole");
    let view = tensors.tensor(name).expect("the tensor is there");
    let values = match view.dtype() {
        Dtype::F32 => view.data().as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect(),
        Dtype::F16 => {
            view.data().as_chunks::<2>().0.iter().map(|b| f16::from_le_bytes(*b).to_f32()).collect()
        }
        other => panic!("{name} is {other:?}"),
    };
    (values, view.shape().get(1).copied().unwrap_or(1))
}

/// Features that are not quiet, with turns that begin and end.
fn ticks(count: usize) -> Vec<([f32; FEATURES], bool)> {
    let noise = |n: usize| {
        let x = (n as u32).wrapping_mul(2_654_435_761).rotate_left(13).wrapping_mul(1_597_334_677);
        (x >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|t| (std::array::from_fn(|i| noise(t * 131 + i)), t % 90 > 20)).collect()
}

#[test]
fn the_whole_network_agrees_on_the_golden_tensors() {
    let ((features, width), (in_turn, _), (expected, outputs)) =
        (golden("features"), golden("in_turn"), golden("logits"));
    assert_eq!((width, outputs), (FEATURES, OUTPUTS));
    let (mut device, mut judge) = (passes(gpu()), cpu());
    let (mut worst, mut ticks) = (0.0_f32, 0);
    for ((row, turn), expected) in
        features.chunks_exact(width).zip(in_turn).zip(expected.chunks_exact(outputs))
    {
        let found = device.logits(row, turn > 0.0).expect("the device answers");
        let judged = judge.logits(row, turn > 0.0);
        for ((found, judged), expected) in found.iter().zip(judged).zip(expected) {
            worst = worst.max((found - judged).abs());
            assert!((found - expected).abs() < 2e-3, "tick {ticks}: {found} against {expected}");
        }
        ticks += 1;
    }
    assert!(ticks > 2 * 64 && worst < TOLERANCE, "{ticks} ticks, worst difference {worst:e}");
}

#[test]
fn hundreds_of_ticks_do_not_drift_and_a_reset_forgets_everything() {
    let (mut device, mut judge) = (passes(gpu()), cpu());
    let ticks = ticks(400);
    let mut run = || -> Vec<[f32; OUTPUTS]> {
        device.reset();
        ticks.iter().map(|(row, turn)| device.logits(row, *turn).expect("the device answers")).collect()
    };
    let first = run();
    let bits = |run: &[[f32; OUTPUTS]]| run.iter().flatten().map(|v| v.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&first), bits(&run()), "the same ticks give the same bits");
    for ((row, turn), found) in ticks.iter().zip(&first) {
        for (found, judged) in found.iter().zip(judge.logits(row, *turn)) {
            assert!((found - judged).abs() < TOLERANCE * (1.0 + judged.abs()), "{found} against {judged}");
        }
    }
}

#[test]
fn what_is_no_number_is_taken_for_the_mean_as_on_the_cpu() {
    let (mut device, mut judge) = (passes(gpu()), cpu());
    for (t, (mut row, turn)) in ticks(20).into_iter().enumerate() {
        if t % 3 == 0 {
            for (i, value) in row.iter_mut().enumerate() {
                *value = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, *value][i % 4];
            }
        }
        let found = device.logits(&row, turn).expect("the device answers");
        for (found, judged) in found.iter().zip(judge.logits(&row, turn)) {
            assert!((found - judged).abs() < TOLERANCE * (1.0 + judged.abs()), "{found} against {judged}");
        }
    }
}

#[test]
fn outputs_that_are_no_numbers_are_no_forecast_and_the_memory_heals() {
    let mut both = Failover::new(Box::new(passes(gpu())), Box::new(cpu()));
    let ticks = ticks(10 + 2 * MEMORY_TICKS);
    let mut said: Vec<Option<FloorForecast>> = Vec::new();
    // Where a sum has both infinities a rectifier makes nothing of it; a number that is just too large goes through to the outputs.
    let large = |n: usize| -> [f32; FEATURES] {
        let value = 10_f32.powi(38 - (n / FEATURES) as i32 / 2)
            * if (n / FEATURES).is_multiple_of(2) { 1.0 } else { -1.0 };
        std::array::from_fn(|k| if k == n % FEATURES { value } else { 0.0 })
    };
    let poison = (0..20 * FEATURES).map(large).find(|row| cpu().step(row, true).is_none());
    let poison = poison.expect("a number that is too large for the network");
    for (t, (row, turn)) in ticks.iter().enumerate() {
        said.push(both.step(if t == 9 { &poison } else { row }, *turn));
    }
    assert!(said[..9].iter().all(Option::is_some));
    assert!(said[9..9 + MEMORY_TICKS].iter().all(Option::is_none));
    assert!(said[9 + MEMORY_TICKS..].iter().all(Option::is_some));
    assert_eq!(both.failure(), None);
}

#[test]
fn when_the_device_is_lost_the_cpu_takes_over() {
    let gpu = gpu();
    let mut both = Failover::new(Box::new(passes(gpu.clone())), Box::new(cpu()));
    let ticks = ticks(20 + MEMORY_TICKS + 40);
    let (before, after) = ticks.split_at(20);
    assert!(before.iter().all(|(row, turn)| both.step(row, *turn).is_some()));
    assert_eq!(both.failure(), None);
    gpu.device().destroy();
    let said: Vec<_> = after.iter().map(|(row, turn)| both.step(row, *turn)).collect();
    assert!(said[..MEMORY_TICKS].iter().all(Option::is_none), "the rules judge meanwhile");
    let mut alone = cpu();
    let expected: Vec<_> = after.iter().map(|(row, turn)| alone.step(row, *turn)).collect();
    assert_eq!(said[MEMORY_TICKS..], expected[MEMORY_TICKS..], "then the CPU, from an empty memory");
    assert!(both.failure().is_some_and(|why| !why.is_empty()));
}

/// The sample of a number.
type Sound = Box<dyn Fn(usize) -> f32>;

#[test]
fn the_mel_front_end_agrees_with_the_judge() {
    let device = MelPasses::new(gpu()).expect("the driver takes the passes");
    let (mut device, mut judge) = (device.with_patience(PATIENCE), MelStream::default());
    let tone = |n: usize, hz: f32| (std::f32::consts::TAU * hz * n as f32 / 16_000.0).sin();
    let sounds: [(&str, Sound); 5] = [
        ("silence", Box::new(|_| 0.0)),
        ("two tones", Box::new(move |n| 0.4 * tone(n, 220.0) + 0.1 * tone(n, 3100.0))),
        ("clipping", Box::new(move |n| 40.0 * tone(n, 180.0))),
        ("noise", Box::new(|n| ((n * n) as f32 * 1e-3).sin() * 0.3)),
        ("no numbers", Box::new(|n| if n % 7 == 0 { f32::NAN } else { 0.1 })),
    ];
    for (name, sound) in sounds {
        device.reset();
        judge.reset();
        for tick in 0..8 {
            let block: Vec<f32> =
                (0..if tick == 6 { 100 } else { 320 }).map(|k| sound(tick * 320 + k)).collect();
            let (mut found, mut judged) = ([0.0; MEL_FRAMES * MEL_BANDS], [0.0; MEL_FRAMES * MEL_BANDS]);
            device.step(&block, &mut found).expect("the device answers");
            judge.step(&block, &mut judged);
            let loudest = judged.iter().copied().fold(f32::MIN, f32::max);
            for (band, (found, judged)) in found.iter().zip(judged).enumerate() {
                // Rounding of a sum reaches 1e-6 of the loudest band's amplitude: 1e-12 of its power, and a cross term with its own.
                let tolerance = if judged > loudest - 7.0 { 2e-3 } else { 0.5 };
                assert!((found - judged).abs() < tolerance, "{name} {tick} {band}: {found} against {judged}");
            }
        }
    }
}
