//! The flow-net on CUDA, one tick at a time.

use std::sync::Arc;

use cudarc::driver::{CudaFunction, CudaSlice, CudaStream, DriverError, LaunchConfig, PushKernelArg as _};
use viva_floor::forecast::shape::{CHANNELS, COUNTER_STEP, COUNTERS, DILATIONS, OUTPUTS};
use viva_floor::forecast::weights::FlowNetWeights;
use viva_floor::forecast::{FloorForecast, Forecaster};

use super::{CudaDevice, CudaError};

/// Words before the features in `flow_net.cu`.
const TICK_HEAD: usize = 4;
/// As in `flow_net.cu`.
const MOST_ROW: usize = 512;

struct Block {
    dilation: u32,
    weights: CudaSlice<f32>,
    past: CudaSlice<f32>,
}

/// The flow-net on an NVIDIA device: nine kernels a tick; weights and memory stay there, 0.5 kB go up and 0.1 kB come back.
///
/// A tick waits for the device. Once the driver has failed, the device is given up ([`Forecaster::failure`]).
pub struct CudaFlowNet {
    stream: Arc<CudaStream>,
    kernels: Kernels,
    stem: CudaSlice<f32>,
    blocks: Vec<Block>,
    count: CudaSlice<f32>,
    heads: CudaSlice<f32>,
    tick: CudaSlice<u32>,
    x: CudaSlice<f32>,
    sums: CudaSlice<f32>,
    logits: CudaSlice<f32>,
    mean: Vec<f32>,
    upload: Vec<u32>,
    index: u32,
    failure: Option<String>,
}

struct Kernels {
    stem: CudaFunction,
    block: CudaFunction,
    count: CudaFunction,
    heads: CudaFunction,
}

impl std::fmt::Debug for CudaFlowNet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CudaFlowNet").field("index", &self.index).finish_non_exhaustive()
    }
}

impl CudaFlowNet {
    /// Compiles the kernels and uploads the weights.
    ///
    /// # Errors
    /// Where the compiler or the driver refuses.
    ///
    /// # Panics
    /// Where the weights are not of the shape of [`viva_floor::forecast::shape`]: our own reader checks it.
    pub fn new(device: &CudaDevice, weights: &FlowNetWeights) -> Result<Self, CudaError> {
        let features = weights.mean.len();
        let packed = weights.packed();
        let blocks_fit = packed.blocks.iter().all(|block| block.len() == (4 * CHANNELS + 2) * CHANNELS);
        assert!(
            features.max(3 * CHANNELS).max(CHANNELS + COUNTERS) <= MOST_ROW
                && packed.stem.len() == 2 * features + (features + 1) * CHANNELS
                && packed.blocks.len() == DILATIONS.len()
                && blocks_fit
                && packed.count.len() == 2 * (CHANNELS + 1) * COUNTERS
                && packed.heads.len() == (CHANNELS + COUNTERS + 1) * CHANNELS + (CHANNELS + 1) * OUTPUTS,
            "the weights are those of a flow-net whose rows fit the kernels"
        );
        let module = device.module(0)?;
        let stream = device.context.default_stream();
        let block = |(weights, dilation): (&Vec<f32>, usize)| -> Result<Block, DriverError> {
            Ok(Block {
                dilation: dilation as u32,
                weights: stream.clone_htod(weights)?,
                past: stream.alloc_zeros(2 * dilation * CHANNELS)?,
            })
        };
        Ok(Self {
            kernels: Kernels {
                stem: module.load_function("flow_stem")?,
                block: module.load_function("flow_block")?,
                count: module.load_function("flow_count")?,
                heads: module.load_function("flow_heads")?,
            },
            stem: stream.clone_htod(&packed.stem)?,
            blocks: packed.blocks.iter().zip(DILATIONS).map(block).collect::<Result<_, _>>()?,
            count: stream.clone_htod(&packed.count)?,
            heads: stream.clone_htod(&packed.heads)?,
            tick: stream.alloc_zeros(TICK_HEAD + features)?,
            x: stream.alloc_zeros(CHANNELS)?,
            sums: stream.alloc_zeros(COUNTERS)?,
            logits: stream.alloc_zeros(OUTPUTS)?,
            mean: weights.mean.clone(),
            upload: Vec::with_capacity(TICK_HEAD + features),
            index: 0,
            failure: None,
            stream,
        })
    }

    /// The outputs before any probability is made of them; `None` once the driver has failed.
    pub fn logits(&mut self, features: &[f32], in_turn: bool) -> Option<[f32; OUTPUTS]> {
        if self.failure.is_some() {
            return None;
        }
        let ran = self.run(features, in_turn);
        self.index = self.index.wrapping_add(1);
        match ran {
            Ok(logits) => Some(logits),
            Err(error) => {
                self.failure = Some(CudaError::from(error).to_string());
                None
            }
        }
    }

    fn run(&mut self, features: &[f32], in_turn: bool) -> Result<[f32; OUTPUTS], DriverError> {
        self.upload.clear();
        self.upload.extend([self.index, u32::from(in_turn), 0, 0]);
        // As in the CPU's execution, what is no number is taken for the mean.
        let sound = |(value, mean): (&f32, &f32)| if value.is_finite() { *value } else { *mean };
        self.upload.extend(features.iter().zip(&self.mean).map(sound).map(f32::to_bits));
        let stream = &self.stream;
        stream.memcpy_htod(&self.upload, &mut self.tick)?;
        let one = |threads: u32| LaunchConfig {
            grid_dim: (1, 1, 1),
            block_dim: (threads, 1, 1),
            shared_mem_bytes: 0,
        };
        let (inputs, channels) = (self.mean.len() as u32, CHANNELS as u32);
        let (counters, outputs) = (COUNTERS as u32, OUTPUTS as u32);
        let mut launch = stream.launch_builder(&self.kernels.stem);
        launch.arg(&self.tick).arg(&self.stem).arg(&mut self.x).arg(&inputs).arg(&channels);
        // SAFETY: kinds and order of the arguments are those of the kernel; `new` made the buffers of the sizes that it reads and writes.
        unsafe { launch.launch(one(128)) }?;
        for block in &mut self.blocks {
            let mut launch = stream.launch_builder(&self.kernels.block);
            launch.arg(&self.tick).arg(&block.weights).arg(&mut block.past).arg(&mut self.x);
            launch.arg(&channels).arg(&block.dilation);
            // SAFETY: as above.
            unsafe { launch.launch(one(128)) }?;
        }
        let mut launch = stream.launch_builder(&self.kernels.count);
        launch.arg(&self.tick).arg(&self.count).arg(&self.x).arg(&mut self.sums);
        launch.arg(&channels).arg(&counters).arg(&COUNTER_STEP);
        // SAFETY: as above; one block of 64 threads has at least as many as there are sums.
        unsafe { launch.launch(one(64)) }?;
        let mut launch = stream.launch_builder(&self.kernels.heads);
        launch.arg(&self.heads).arg(&self.x).arg(&self.sums).arg(&mut self.logits);
        launch.arg(&channels).arg(&counters).arg(&outputs);
        // SAFETY: as above.
        unsafe { launch.launch(one(128)) }?;
        let mut logits = [0.0; OUTPUTS];
        stream.memcpy_dtoh(&self.logits, &mut logits)?;
        stream.synchronize()?;
        Ok(logits)
    }

    fn forget(&mut self) -> Result<(), DriverError> {
        for block in &mut self.blocks {
            self.stream.memset_zeros(&mut block.past)?;
        }
        self.stream.memset_zeros(&mut self.sums)
    }
}

const _: () = assert!(COUNTERS <= 64, "flow_count is launched with 64 threads");

impl Forecaster for CudaFlowNet {
    fn step(&mut self, features: &[f32], in_turn: bool) -> Option<FloorForecast> {
        FloorForecast::from_logits(&self.logits(features, in_turn)?)
    }

    fn reset(&mut self) {
        if let Err(error) = self.forget() {
            self.failure.get_or_insert_with(|| CudaError::from(error).to_string());
        }
        self.index = 0;
    }

    fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }
}
