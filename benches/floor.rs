//! One 20 ms tick of the floor on one thread of the CPU: voice, fusion, flow-net, decision; and the flow-net in its other executions.
//! Needs the fetched models (`cargo xtask assets`). `--features cuda` adds the CUDA kernels.
//!
//! The times are CPU time of the thread, those of a device the time that passes until its answer is there; *worst* is the worst of all
//! ticks after the first second, page faults and the scheduler included.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "../engine/inference/tests/common/mod.rs"]
mod common;

use std::hint::black_box;
use std::time::{Duration, Instant};

use common::{asset, noise, speech};
use cpu_time::ThreadTime;
use viva_exchange::{QuestionContext, QuestionKind};
use viva_floor::forecast::Forecaster;
use viva_floor::{Floor, FloorConfig, FloorInput};
use viva_gpu::{FlowPasses, Gpu};
use viva_inference::flow_net::{FlowNet, flow_net_weights};
use viva_inference::voice_activity::SileroVoiceActivity;
use viva_media::{AudioBlock, BLOCK_SAMPLES, SAMPLE_RATE, Timestamp};
use viva_perception::fusion::{FEATURES, OwnSpeech};
use viva_perception::voice::VoiceConfig;
use viva_runtime::{Ears, Mind, MindConfig, Surroundings, TickInput};

/// Sound that is heard: two minutes.
const TICKS: usize = 6000;
/// Ticks of a device.
const DEVICE_TICKS: usize = 600;
/// Ticks that fill the caches.
const WARM_UP: usize = 50;

fn main() {
    println!("{:<44} {:>6} {:>9} {:>9} {:>9}", "floor, milliseconds per tick", "n", "p50", "p99", "worst");
    let question = Some(QuestionContext { kind: QuestionKind::Open, expected_s: 10.0, patience_ms: 1000 });
    let around = Surroundings { question, ..Surroundings::NONE };
    let mut mind = Mind::new(MindConfig::default(), activity(), Some(Box::new(net())));
    row("whole tick (mind, flow-net on the CPU)", |audio| {
        black_box(mind.step(TickInput {
            audio,
            own: OwnSpeech::SILENT,
            face: None,
            assessor_end: None,
            question,
            opinion: None,
            words: Vec::new(),
        }));
    });
    let mut ears = Ears::new(activity(), VoiceConfig::default());
    row("of it: voice and fusion", |audio| {
        black_box(ears.step(audio, &around));
    });
    let (mut features, mut network) = ([0.1; FEATURES], net());
    row("of it: flow-net on the CPU", |audio| {
        features[0] = audio.samples[0];
        black_box(network.step(&features, true));
    });
    let (mut floor, mut network) = (Floor::new(FloorConfig::default()), net());
    let forecast = network.step(&features, true);
    row("of it: decision", |audio| {
        let input = FloorInput { question, forecast, ..FloorInput::silence(audio.end()) };
        black_box(floor.step(&input));
    });
    let weights = || flow_net_weights(viva_models::FLOW_NET.to_vec()).expect("our own weights");
    let wgsl = Gpu::headless().and_then(|gpu| {
        let adapter = gpu.adapter().to_string();
        // A slow device is measured, not given up.
        Ok((FlowPasses::new(gpu, &weights())?.with_patience(Duration::from_secs(10)), adapter))
    });
    match wgsl {
        Ok((mut passes, adapter)) => device_row("flow-net in WGSL passes", &adapter, &mut passes),
        Err(error) => println!("flow-net in WGSL passes: none here: {error}"),
    }
    #[cfg(feature = "cuda")]
    {
        use viva_inference::cuda::{CudaFlowNet, open};
        let nvrtc = std::env::var_os("VIVA_NVRTC").map(std::path::PathBuf::from);
        let cuda = open(nvrtc.as_deref())
            .and_then(|device| Ok((CudaFlowNet::new(&device, &weights())?, device.name().to_owned())));
        match cuda {
            Ok((mut kernels, device)) => device_row("flow-net in CUDA kernels", &device, &mut kernels),
            Err(error) => println!("flow-net in CUDA kernels: none here: {error}"),
        }
    }
}

/// Prints the times of a device's answers.
#[expect(clippy::disallowed_methods, reason = "a bench owns a clock")]
fn device_row(name: &str, device: &str, network: &mut dyn Forecaster) {
    let mut features = [0.1; FEATURES];
    let mut times = Vec::with_capacity(DEVICE_TICKS);
    for n in 0..DEVICE_TICKS + WARM_UP {
        features[0] = (n as f32 * 0.37).sin();
        let clock = Instant::now();
        let forecast = black_box(network.step(&features, true));
        times.push(clock.elapsed());
        if forecast.is_none() {
            println!("{name}: failed on {device}: {}", network.failure().unwrap_or("no numbers"));
            return;
        }
    }
    print_row(name, times.split_off(WARM_UP));
    println!("  on {device}, time until its answer is there");
}

fn activity() -> Box<SileroVoiceActivity> {
    Box::new(SileroVoiceActivity::load(&asset("vad-silero-16k")).expect("the asset holds the network"))
}

fn net() -> FlowNet {
    FlowNet::from_bytes(viva_models::FLOW_NET.to_vec()).expect("our own weights")
}

/// Runs `tick` over speech with pauses and prints its times.
fn row(name: &str, mut tick: impl FnMut(&AudioBlock)) {
    let (mut sound, pause) = (speech(), noise(3 * SAMPLE_RATE as usize, 0.001));
    sound.extend(pause);
    let mut times: Vec<Duration> = Vec::with_capacity(TICKS);
    for n in 0..TICKS + WARM_UP {
        let from = n * BLOCK_SAMPLES % (sound.len() - BLOCK_SAMPLES);
        let start = Timestamp::from_samples((n * BLOCK_SAMPLES) as u64, SAMPLE_RATE);
        let block = AudioBlock::new(start, sound[from..from + BLOCK_SAMPLES].to_vec());
        let clock = ThreadTime::now();
        tick(&block);
        times.push(clock.elapsed());
    }
    print_row(name, times.split_off(WARM_UP));
}

fn print_row(name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() as f64 * share).ceil() as usize).clamp(1, times.len()) - 1];
    let [p50, p99, worst] = [0.5, 0.99, 1.0].map(|share| at(share).as_secs_f64() * 1e3);
    println!("{name:<44} {:>6} {p50:>9.4} {p99:>9.4} {worst:>9.4}", times.len());
}
