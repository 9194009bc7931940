//! The executions of the tick's networks that this machine has: opened when they are asked for, measured once.

use std::sync::OnceLock;

use anyhow::{Context as _, Result};
use serde::Serialize;
use viva_floor::forecast::failover::Failover;
use viva_floor::forecast::{FloorForecast, Forecaster};
use viva_gpu::{FlowPasses, Gpu, MelPasses};
use viva_inference::flow_net::{FlowNet, flow_net_weights};
use viva_media::{BLOCK_SAMPLES, TimeSpan};
use viva_perception::fusion::FEATURES;
use viva_perception::voice::{MEL_BANDS, MEL_FRAMES, MelStream};
use viva_runtime::executions::{Choice, Measured, choose};

use super::work::{elapsed, stopwatch};

/// The record's event of a device that was given up.
pub(crate) const EXECUTION_LOST: &str = "execution_lost";

/// Ticks that are measured, after as many as a device needs to wake up.
const TICKS: usize = 300;
const WARM_UP: usize = 20;
/// A device that is slower than this is measured on fewer ticks.
const LONGEST: TimeSpan = TimeSpan::from_millis(2000);

/// A way to compute the networks of the tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Execution {
    Cpu,
    Wgsl,
    Cuda,
}

impl Execution {
    const ALL: [Self; 3] = [Self::Cpu, Self::Wgsl, Self::Cuda];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Wgsl => "wgsl",
            Self::Cuda => "cuda",
        }
    }

    /// By its name in a record.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|execution| execution.name() == name)
    }
}

/// A forecasting network that is ready, and what it runs on.
pub(crate) struct Executed {
    pub(crate) execution: Execution,
    pub(crate) device: String,
    pub(crate) forecaster: Box<dyn Forecaster>,
}

impl Executed {
    /// The network on a device, with the CPU behind it.
    pub(crate) fn open(execution: Execution) -> Result<Self> {
        let Self { device, forecaster, .. } = Self::alone(execution)?;
        if execution == Execution::Cpu {
            return Ok(Self { execution, device, forecaster });
        }
        let cpu = Self::alone(Execution::Cpu)?.forecaster;
        Ok(Self { execution, device, forecaster: Box::new(Failover::new(forecaster, cpu)) })
    }

    /// As [`Self::open`], but the device is lost on a tick (counted from 1), as it was in the record.
    pub(crate) fn open_until(execution: Execution, lost: Option<u64>) -> Result<Self> {
        let Some(tick) = lost.filter(|_| execution != Execution::Cpu) else { return Self::open(execution) };
        let Self { device, forecaster, .. } = Self::alone(execution)?;
        let device_until = Box::new(LostAt { inner: forecaster, left: tick });
        let cpu = Self::alone(Execution::Cpu)?.forecaster;
        Ok(Self { execution, device, forecaster: Box::new(Failover::new(device_until, cpu)) })
    }

    fn alone(execution: Execution) -> Result<Self> {
        let weights = || flow_net_weights(viva_models::FLOW_NET.to_vec()).context("flow-net");
        let (forecaster, device): (Box<dyn Forecaster>, String) = match execution {
            Execution::Cpu => (Box::new(FlowNet::new(weights()?)), "one core".to_owned()),
            Execution::Wgsl => {
                let gpu = Gpu::headless()?;
                let device = gpu.adapter().to_string();
                (Box::new(FlowPasses::new(gpu, &weights()?)?), device)
            }
            Execution::Cuda => cuda_flow_net()?,
        };
        Ok(Self { execution, device, forecaster })
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

/// A device that is lost on the tick on which it was lost in the record.
struct LostAt {
    inner: Box<dyn Forecaster>,
    left: u64,
}

impl Forecaster for LostAt {
    fn step(&mut self, features: &[f32], in_turn: bool) -> Option<FloorForecast> {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 { None } else { self.inner.step(features, in_turn) }
    }

    fn reset(&mut self) {
        self.inner.reset();
    }

    fn failure(&self) -> Option<&str> {
        if self.left == 0 { Some("lost in the record") } else { self.inner.failure() }
    }
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

    /// The execution that is chosen.
    pub(crate) fn chosen(&self) -> Execution {
        Execution::named(self.choice.execution).unwrap_or(Execution::Cpu)
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
        if !tick(t) || elapsed(begin) > LONGEST {
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
        let opened = Executed::alone(execution);
        let Executed { device, mut forecaster, .. } = match opened {
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
            deviation = out.iter().zip(judged).map(|(a, b)| (a - b).abs()).fold(deviation, f32::max);
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
    let mut mel = MelPasses::new(gpu)?;
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
    use viva_floor::forecast::failover::MEMORY_TICKS;

    #[test]
    fn the_cpu_is_always_among_them_and_a_software_device_is_not_chosen() {
        let found = Executions::of_flow_net().expect("the network is our own");
        assert_eq!(found.measured[0].execution, "cpu");
        assert_eq!(found.measured.len() + found.absent.len(), 3);
        let wgsl = found.measured.iter().find(|measured| measured.execution == "wgsl");
        let wgsl = wgsl.expect("a graphics driver is installed (mesa-vulkan-drivers)");
        assert!(wgsl.deviation < 1e-4 && wgsl.ticks > 10, "{wgsl:?}");
        if wgsl.device.contains("software") {
            assert_eq!(found.chosen(), Execution::Cpu, "{}", found.choice.why);
        }
        let again = Executions::of_flow_net().expect("as before");
        assert!(std::ptr::eq(found, again), "it is measured once in a process");
    }

    #[test]
    fn a_loss_is_replayed_on_its_tick() {
        let mut replayed = Executed::open_until(Execution::Wgsl, Some(30)).expect("a driver").forecaster;
        let row = |t: usize| -> [f32; FEATURES] { std::array::from_fn(|i| noise(t * FEATURES + i)) };
        for t in 1..30 {
            assert!(replayed.step(&row(t), true).is_some() && replayed.failure().is_none(), "{t}");
        }
        assert!(replayed.step(&row(30), true).is_none() && replayed.failure().is_some());
        let said: Vec<_> = (31..31 + MEMORY_TICKS).map(|t| replayed.step(&row(t), true)).collect();
        assert!(said[..MEMORY_TICKS - 1].iter().all(Option::is_none) && said[MEMORY_TICKS - 1].is_some());
    }
}
