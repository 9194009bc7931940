//! The flow-net as computing passes, one tick at a time.

use std::time::Duration;

use viva_floor::forecast::shape::{CHANNELS, COUNTER_STEP, COUNTERS, DILATIONS, OUTPUTS};
use viva_floor::forecast::weights::FlowNetWeights;
use viva_floor::forecast::{FloorForecast, Forecaster};
use viva_shaders::NetworkPass;
use viva_shaders::networks::{FlowBlock, FlowCount, FlowHeads, FlowStem, FlowTick, MOST_ROW};

use crate::compute::{Dispatch, Failure, Landing};
use crate::{Gpu, GpuError};

/// The flow-net on a graphics device: nine passes a tick; weights and memory stay there, 0.5 kB go up and 0.1 kB come back.
///
/// It needs a device of its own: behind the pictures of a renderer's queue a tick would wait for a frame.
/// A tick waits for the device, and `wgpu` allocates on the way; a session that must do neither uses the CPU's execution.
/// A device that is lost, or that is too slow ([`Self::with_patience`]), is given up ([`Forecaster::failure`]).
#[derive(Debug)]
pub struct FlowPasses {
    gpu: Gpu,
    failure: Failure,
    passes: Vec<Dispatch>,
    tick: wgpu::Buffer,
    /// What the passes remember from tick to tick.
    memory: Vec<wgpu::Buffer>,
    landing: Landing,
    mean: Vec<f32>,
    index: u32,
    upload: Vec<u8>,
}

impl FlowPasses {
    /// Uploads the weights and builds the passes.
    ///
    /// # Errors
    ///
    /// [`GpuError::Lost`] where the driver refuses a shader or the memory.
    ///
    /// # Panics
    ///
    /// Where the weights are not of the shape of [`viva_floor::forecast::shape`], or a row is longer than the passes take.
    pub fn new(gpu: Gpu, weights: &FlowNetWeights) -> Result<Self, GpuError> {
        let failure = Failure::watch(&gpu);
        let features = weights.mean.len();
        assert!(features.max(3 * CHANNELS).max(CHANNELS + COUNTERS) <= MOST_ROW, "a row fits the passes");
        let packed = weights.packed();
        let blocks_fit = packed.blocks.iter().all(|block| block.len() == (4 * CHANNELS + 2) * CHANNELS);
        assert!(
            packed.stem.len() == 2 * features + (features + 1) * CHANNELS
                && packed.blocks.len() == DILATIONS.len()
                && blocks_fit
                && packed.count.len() == 2 * (CHANNELS + 1) * COUNTERS
                && packed.heads.len() == (CHANNELS + COUNTERS + 1) * CHANNELS + (CHANNELS + 1) * OUTPUTS,
            "the weights are those of a flow-net"
        );
        let pipeline =
            |pass: NetworkPass| gpu.compute_pipeline(&format!("floor.{}", pass.name()), &pass.source());
        let tick = gpu.state("floor.tick", size_of::<FlowTick>() / size_of::<f32>() + features);
        let (x, sums) = (gpu.state("floor.x", CHANNELS), gpu.state("floor.sums", COUNTERS));
        let logits = gpu.scratch("floor.logits", (OUTPUTS * size_of::<f32>()) as u64);
        let (channels, counters) = (CHANNELS as u32, COUNTERS as u32);

        let size = FlowStem { features: features as u32, channels, ..FlowStem::default() };
        let stem = [
            &gpu.uniform("floor.stem.size", &size),
            &tick,
            &gpu.storage("floor.stem.weights", &packed.stem),
            &x,
        ];
        let mut passes = vec![Dispatch::new(&gpu, "floor.stem", &pipeline(NetworkPass::FlowStem), &stem, 1)];
        let mut memory = Vec::new();
        let block = pipeline(NetworkPass::FlowBlock);
        for (pack, dilation) in packed.blocks.iter().zip(DILATIONS) {
            let size = FlowBlock { channels, dilation: dilation as u32, ..FlowBlock::default() };
            let past = gpu.state("floor.block.past", 2 * dilation * CHANNELS);
            let buffers = [
                &gpu.uniform("floor.block.size", &size),
                &tick,
                &gpu.storage("floor.block.weights", pack),
                &past,
                &x,
            ];
            passes.push(Dispatch::new(&gpu, "floor.block", &block, &buffers, 1));
            memory.push(past);
        }
        let size = FlowCount { channels, counters, step: COUNTER_STEP, ..FlowCount::default() };
        let count = [
            &gpu.uniform("floor.count.size", &size),
            &tick,
            &gpu.storage("floor.count.weights", &packed.count),
            &x,
            &sums,
        ];
        let pipeline_of_count = pipeline(NetworkPass::FlowCount);
        passes.push(Dispatch::new(&gpu, "floor.count", &pipeline_of_count, &count, counters.div_ceil(64)));
        let size = FlowHeads { channels, counters, outputs: OUTPUTS as u32, ..FlowHeads::default() };
        let heads = [
            &gpu.uniform("floor.heads.size", &size),
            &gpu.storage("floor.heads.weights", &packed.heads),
            &x,
            &sums,
            &logits,
        ];
        passes.push(Dispatch::new(&gpu, "floor.heads", &pipeline(NetworkPass::FlowHeads), &heads, 1));
        memory.push(sums);
        let landing = Landing::new(&gpu, "floor.landing", logits);
        let mean = weights.mean.clone();
        let upload = Vec::with_capacity(tick.size() as usize);
        let made = Self { gpu, failure, passes, tick, memory, landing, mean, index: 0, upload };
        made.failure().map_or(Ok(()), |why| Err(GpuError::Lost(why.to_owned())))?;
        Ok(made)
    }

    /// A tick that takes longer than this, 100 ms if nothing is said, gives the device up.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.landing.patience = patience;
        self
    }

    /// The outputs before any probability is made of them; `None` once the device has failed.
    pub fn logits(&mut self, features: &[f32], in_turn: bool) -> Option<[f32; OUTPUTS]> {
        if self.failure.get().is_some() {
            return None;
        }
        let head = FlowTick { index: self.index, in_turn: u32::from(in_turn), ..FlowTick::default() };
        self.upload.clear();
        self.upload.extend_from_slice(bytemuck::bytes_of(&head));
        for (value, mean) in features.iter().zip(&self.mean) {
            // As in the CPU's execution, what is no number is taken for the mean.
            let value = if value.is_finite() { value } else { mean };
            self.upload.extend_from_slice(&value.to_le_bytes());
        }
        self.index = self.index.wrapping_add(1);
        let mut logits = [0.0; OUTPUTS];
        let upload = (&self.tick, self.upload.as_slice());
        if let Err(error) =
            self.gpu.run_passes("floor.flow_net", upload, &self.passes, &self.landing, &mut logits)
        {
            self.failure.set(error.to_string());
        }
        self.failure.get().is_none().then_some(logits)
    }
}

impl Forecaster for FlowPasses {
    fn step(&mut self, features: &[f32], in_turn: bool) -> Option<FloorForecast> {
        FloorForecast::from_logits(&self.logits(features, in_turn)?)
    }

    fn reset(&mut self) {
        let mut encoder = self
            .gpu
            .device
            .create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("floor.reset") });
        for buffer in &self.memory {
            encoder.clear_buffer(buffer, 0, None);
        }
        self.gpu.queue.submit([encoder.finish()]);
        self.index = 0;
    }

    fn failure(&self) -> Option<&str> {
        self.failure.get()
    }
}
