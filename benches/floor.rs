//! One 20 ms tick of the floor on one thread of the CPU: voice, fusion, flow-net, decision. Needs the fetched models (`cargo xtask assets`).
//!
//! The times are CPU time of the thread; *worst* is the worst of all ticks after the first second, page faults and the scheduler included.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "../engine/inference/tests/common/mod.rs"]
mod common;

use std::hint::black_box;
use std::time::Duration;

use common::{asset, noise, speech};
use cpu_time::ThreadTime;
use viva_exchange::{QuestionContext, QuestionKind};
use viva_floor::forecast::Forecaster as _;
use viva_floor::{Floor, FloorConfig, FloorInput};
use viva_inference::flow_net::FlowNet;
use viva_inference::voice_activity::SileroVoiceActivity;
use viva_media::{AudioBlock, BLOCK_SAMPLES, SAMPLE_RATE, Timestamp};
use viva_perception::fusion::{FEATURES, OwnSpeech};
use viva_perception::voice::VoiceConfig;
use viva_runtime::{Ears, Mind, MindConfig, Surroundings, TickInput};

/// Sound that is heard: two minutes.
const TICKS: usize = 6000;
/// Ticks that fill the caches.
const WARM_UP: usize = 50;

fn main() {
    println!(
        "{:<44} {:>6} {:>9} {:>9} {:>9}",
        "floor, milliseconds per tick", "n", "cpu p50", "cpu p99", "worst"
    );
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
    times.drain(..WARM_UP);
    times.sort_unstable();
    let at = |share: f64| times[((times.len() as f64 * share).ceil() as usize).clamp(1, times.len()) - 1];
    let [p50, p99, worst] = [0.5, 0.99, 1.0].map(|share| at(share).as_secs_f64() * 1e3);
    println!("{name:<44} {:>6} {p50:>9.4} {p99:>9.4} {worst:>9.4}", times.len());
}
