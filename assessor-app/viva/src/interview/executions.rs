//! The executions of the tick's networks that this machine has, measured once in a process.

use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::Serialize;
use viva_floor::forecast::{FloorForecast, Forecaster};
use viva_gpu::{FlowPasses, Gpu, MelPasses};
use viva_inference::flow_net::{FlowNet, flow_net_weights};
use viva_media::{BLOCK_SAMPLES, TimeSpan};
use viva_perception::fusion::FEATURES;
use viva_perception::voice::{MEL_BANDS, MEL_FRAMES, MelStream};
use viva_runtime::executions::{Choice, Measured, choose};

use super::work::{elapsed, stopwatch};

/// Ticks that are measured, after as many as a device needs to wake up.
const TICKS: usize = 300;
const WARM_UP: usize = 20;
/// A device that is slower than this is measured on fewer ticks.
const LONGEST: TimeSpan = TimeSpan::from_millis(2000);
/// But on this many at least.
const FEWEST: usize = 10;
/// A slow device is measured, not given up: the figures say that it is slow.
const PATIENCE: Duration = Duration::from_secs(10);

/// A way to compute the networks of the tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Execution {
    Cpu,
    Wgsl,
    Cuda,
}

impl Execution {
    const ALL: [Self; 3] = [Self::Cpu, Self::Wgsl, Self::Cuda];

    const fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Wgsl => "wgsl",
            Self::Cuda => "cuda",
        }
    }
}

/// A forecasting network that is ready, and what it runs on.
struct Executed {
    device: String,
    forecaster: Box<dyn Forecaster>,
}

impl Executed {
    fn open(execution: Execution) -> Result<Self> {
        let weights = || flow_net_weights(viva_models::FLOW_NET.to_vec()).context("flow-net");
        let (forecaster, device): (Box<dyn Forecaster>, String) = match execution {
            Execution::Cpu => (Box::new(FlowNet::new(weights()?)), "one core".to_owned()),
            Execution::Wgsl => {
                let gpu = Gpu::headless()?;
                let device = gpu.adapter().to_string();
                (Box::new(FlowPasses::new(gpu, &weights()?)?.with_patience(PATIENCE)), device)
            }
            Execution::Cuda => cuda_flow_net()?,
        };
        Ok(Self { device, forecaster })
    }
}

#[cfg(feature = "cuda")]
fn cuda_flow_net() -> Result<(Box<dyn Forecaster>, String)> {
    use viva_inference::cuda::{CudaFlowNet, open};
    let device = open(nvrtc().as_deref())?;
    let weights = flow_net_weights(viva_models::FLOW_NET.to_vec()).context("flow-net")?;
    Ok((Box::new(CudaFlowNet::new(&device, &weights)?), device.name().to_owned()))
}

#[cfg(not(feature = "cuda"))]
fn cuda_flow_net() -> Result<(Box<dyn Forecaster>, String)> {
    anyhow::bail!("this program was built without the feature `cuda`")
}

/// `VIVA_NVRTC` may name the compiler's library file.
#[cfg(feature = "cuda")]
fn nvrtc() -> Option<std::path::PathBuf> {
    std::env::var_os("VIVA_NVRTC").map(std::path::PathBuf::from)
}

/// An execution that this machine has not.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Absent {
    pub(crate) execution: &'static str,
    pub(crate) reason: String,
}

/// One network's executions on this machine.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Executions {
    pub(crate) measured: Vec<Measured>,
    pub(crate) absent: Vec<Absent>,
    pub(crate) choice: Choice,
}

impl Executions {
    /// The forecasting network's, measured at the first call of the process.
    pub(crate) fn of_flow_net() -> Result<&'static Self> {
        static MEASURED: OnceLock<Executions> = OnceLock::new();
        if let Some(measured) = MEASURED.get() {
            return Ok(measured);
        }
        let measured = measure_flow_net()?;
        Ok(MEASURED.get_or_init(|| measured))
    }
}

/// Numbers in -1..1 that are the same in every process.
fn noise(n: usize) -> f32 {
    let x = (n as u32).wrapping_mul(2_654_435_761).rotate_left(13).wrapping_mul(1_597_334_677);
    (x >> 8) as f32 / (1 << 23) as f32 - 1.0
}

/// Runs ticks until there are enough or the time is over; `tick` says false when the device has failed.
fn time_ticks(mut tick: impl FnMut(usize) -> bool) -> Vec<TimeSpan> {
    let mut times = Vec::with_capacity(TICKS);
    let begin = stopwatch();
    for t in 0..WARM_UP + TICKS {
        let clock = stopwatch();
        if !tick(t) || times.len() >= FEWEST && elapsed(begin) > LONGEST {
            break;
        }
        if t >= WARM_UP {
            times.push(elapsed(clock));
        }
    }
    times
}

fn measure_flow_net() -> Result<Executions> {
    let mut said = Vec::with_capacity(WARM_UP + TICKS);
    let (mut measured, mut absent) = (Vec::new(), Vec::new());
    for execution in Execution::ALL {
        let opened = Executed::open(execution);
        let Executed { device, mut forecaster } = match opened {
            Ok(opened) => opened,
            Err(error) if execution == Execution::Cpu => return Err(error),
            Err(error) => {
                absent.push(Absent { execution: execution.name(), reason: format!("{error:#}") });
                continue;
            }
        };
        let mut deviation = 0.0_f32;
        let times = time_ticks(|t| {
            let features: [f32; FEATURES] = std::array::from_fn(|i| noise(t * FEATURES + i));
            let forecast = forecaster.step(&features, t % 100 >= 20);
            if execution == Execution::Cpu {
                said.push(forecast);
            } else {
                let judged = said.get(t).copied().flatten();
                deviation = deviation.max(distance(forecast.as_ref(), judged.as_ref()));
            }
            forecaster.failure().is_none()
        });
        match (Measured::new(execution.name(), device, &times, deviation), forecaster.failure()) {
            (Some(figures), None) => measured.push(figures),
            (_, failure) => {
                let reason = failure.unwrap_or("too slow to be measured").to_owned();
                absent.push(Absent { execution: execution.name(), reason });
            }
        }
    }
    chosen(measured, absent)
}

fn chosen(measured: Vec<Measured>, absent: Vec<Absent>) -> Result<Executions> {
    let (cpu, others) = measured.split_first().context("the CPU was not measured")?;
    let choice = choose(cpu, others);
    Ok(Executions { measured, absent, choice })
}

/// The largest difference of a probability; infinite where only one forecast has numbers.
fn distance(a: Option<&FloorForecast>, b: Option<&FloorForecast>) -> f32 {
    let values = |f: &FloorForecast| [&f.outcome[..], &f.overlap, &f.ends_within, &[f.voice]].concat();
    match (a, b) {
        (Some(a), Some(b)) => values(a).iter().zip(values(b)).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max),
        (None, None) => 0.0,
        _ => f32::INFINITY,
    }
}

type Frames = [f32; MEL_FRAMES * MEL_BANDS];

/// The mel front end's executions. The CPU's is used all the same: the network's features must be whole before they go up.
pub(crate) fn measure_mel() -> Result<Executions> {
    let blocks: Vec<Vec<f32>> = (0..WARM_UP + TICKS)
        .map(|t| (0..BLOCK_SAMPLES).map(|i| 0.3 * noise(t * BLOCK_SAMPLES + i)).collect())
        .collect();
    let mut judged: Vec<Frames> = Vec::with_capacity(blocks.len());
    let mut judge = MelStream::default();
    let mut out: Frames = [0.0; MEL_FRAMES * MEL_BANDS];
    let times = time_ticks(|t| {
        judge.step(&blocks[t], &mut out);
        judged.push(out);
        true
    });
    let mut measured: Vec<Measured> =
        Measured::new("cpu", "one core".to_owned(), &times, 0.0).into_iter().collect();
    let mut absent = Vec::new();
    let mut measure = |execution: &'static str, opened: Result<(MelStep, String)>| {
        let (mut step, device) = match opened {
            Ok(opened) => opened,
            Err(error) => return absent.push(Absent { execution, reason: format!("{error:#}") }),
        };
        let mut deviation = 0.0_f32;
        let times = time_ticks(|t| {
            let ran = step(&blocks[t], &mut out);
            let judged = judged.get(t).unwrap_or(&out);
            // What is no number agrees with nothing; `max` would pass over it.
            let apart =
                |(a, b): (&f32, &f32)| if (a - b).is_finite() { (a - b).abs() } else { f32::INFINITY };
            deviation = out.iter().zip(judged).map(apart).fold(deviation, f32::max);
            ran
        });
        match Measured::new(execution, device, &times, deviation) {
            Some(figures) => measured.push(figures),
            None => absent.push(Absent { execution, reason: "the device failed".to_owned() }),
        }
    };
    measure("wgsl", wgsl_mel());
    measure("cuda", cuda_mel());
    chosen(measured, absent)
}

/// One tick's frames on a device; false when it has failed.
type MelStep = Box<dyn FnMut(&[f32], &mut Frames) -> bool>;

fn wgsl_mel() -> Result<(MelStep, String)> {
    let gpu = Gpu::headless()?;
    let device = gpu.adapter().to_string();
    let mut mel = MelPasses::new(gpu)?.with_patience(PATIENCE);
    Ok((Box::new(move |block, out| mel.step(block, out).is_ok()), device))
}

#[cfg(feature = "cuda")]
fn cuda_mel() -> Result<(MelStep, String)> {
    use viva_inference::cuda::{CudaLogMel, open};
    let device = open(nvrtc().as_deref())?;
    let mut mel = CudaLogMel::new(&device)?;
    Ok((Box::new(move |block, out| mel.step(block, out).is_ok()), device.name().to_owned()))
}

#[cfg(not(feature = "cuda"))]
fn cuda_mel() -> Result<(MelStep, String)> {
    anyhow::bail!("this program was built without the feature `cuda`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_and_graphics_device_are_measured_once_and_agree() {
        let found = Executions::of_flow_net().expect("the network is our own");
        assert_eq!(found.measured[0].execution, "cpu");
        assert_eq!(found.measured.len() + found.absent.len(), 3);
        let wgsl = found.measured.iter().find(|measured| measured.execution == "wgsl");
        let wgsl = wgsl.expect("a graphics driver is installed (mesa-vulkan-drivers)");
        assert!(wgsl.deviation < 1e-4 && wgsl.ticks >= FEWEST, "{wgsl:?}");
        assert!(found.measured.iter().all(|row| row.p50_ms > 0.0 && row.p50_ms <= row.worst_ms), "{found:?}");
        assert_eq!(found.choice, choose(&found.measured[0], &found.measured[1..]));
        let again = Executions::of_flow_net().expect("as before");
        assert!(std::ptr::eq(found, again), "it is measured once in a process");
    }
}
