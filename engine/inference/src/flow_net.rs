//! The flow-net on the CPU, one tick at a time.

use viva_floor::forecast::shape::{CHANNELS, COUNTER_STEP, COUNTERS, DILATIONS, OUTPUTS, TAPS};
use viva_floor::forecast::weights::{BlockWeights, FlowNetWeights, Layer};
use viva_floor::forecast::{FloorForecast, Forecaster};
use viva_perception::fusion::FEATURES;

use crate::dense::{Dense, sigmoid};
use crate::error::InferenceError;
use crate::weights::Weights;

/// A causal block: three taps of the past, a rectifier, a residual.
struct Block {
    dilation: usize,
    taps: Dense,
    out: Dense,
    /// Ring of the block's last inputs, `[2 * dilation, CHANNELS]`.
    past: Vec<f32>,
}

/// The flow-net: a stem, six causal blocks, gated sums over the turn, heads. `step` allocates nothing and reads each weight once (0.44 M).
///
/// **Shape** features `[FEATURES]` → [`FloorForecast`]. **Source** trained by `viva train floor`; see its card.
pub struct FlowNet {
    mean: Vec<f32>,
    scale: Vec<f32>,
    stem: Dense,
    blocks: Vec<Block>,
    gate: Dense,
    value: Dense,
    hidden: Dense,
    heads: Dense,
    tick: usize,
    sums: [f32; COUNTERS],
}

impl std::fmt::Debug for FlowNet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FlowNet").field("tick", &self.tick).finish_non_exhaustive()
    }
}

impl FlowNet {
    /// Reads the network from the bytes of its safetensors file.
    ///
    /// # Errors
    /// When the bytes are damaged or hold another network.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, InferenceError> {
        Ok(Self::new(flow_net_weights(bytes)?))
    }

    /// From its weights.
    #[must_use]
    pub fn new(weights: FlowNetWeights) -> Self {
        let dense = |layer: Layer| Dense::new(layer.weight, layer.bias);
        let block = |(block, dilation): (BlockWeights, usize)| Block {
            dilation,
            taps: dense(block.taps),
            out: dense(block.out),
            past: vec![0.0; 2 * dilation * CHANNELS],
        };
        let FlowNetWeights { mean, scale, stem, blocks, gate, value, hidden, heads } = weights;
        Self {
            mean,
            scale,
            stem: dense(stem),
            blocks: blocks.into_iter().zip(DILATIONS).map(block).collect(),
            gate: dense(gate),
            value: dense(value),
            hidden: dense(hidden),
            heads: dense(heads),
            tick: 0,
            sums: [0.0; COUNTERS],
        }
    }

    /// The outputs before any probability is made of them.
    pub fn logits(&mut self, features: &[f32], in_turn: bool) -> [f32; OUTPUTS] {
        let mut input = [0.0; FEATURES];
        for (slot, ((value, mean), scale)) in
            input.iter_mut().zip(features.iter().zip(&self.mean).zip(&self.scale))
        {
            // One poisoned feature would otherwise stay in the memory for seconds.
            *slot = if value.is_finite() { (value - mean) * scale } else { 0.0 };
        }
        let mut x = [0.0; CHANNELS];
        self.stem.apply(&input, &mut x);
        rectify(&mut x);
        let mut taps = [0.0; TAPS * CHANNELS];
        let mut inner = [0.0; CHANNELS];
        for block in &mut self.blocks {
            let slots = 2 * block.dilation;
            let (now, half) = (self.tick % slots, (self.tick + block.dilation) % slots);
            let slot = |i: usize| i * CHANNELS..(i + 1) * CHANNELS;
            taps[slot(0)].copy_from_slice(&x);
            taps[slot(1)].copy_from_slice(&block.past[slot(half)]);
            taps[slot(2)].copy_from_slice(&block.past[slot(now)]);
            block.past[slot(now)].copy_from_slice(&x);
            block.taps.apply(&taps, &mut inner);
            rectify(&mut inner);
            block.out.add(&inner, &mut x);
        }
        self.tick = self.tick.wrapping_add(1);
        self.count(&x, in_turn);
        let mut joined = [0.0; CHANNELS + COUNTERS];
        joined[..CHANNELS].copy_from_slice(&x);
        joined[CHANNELS..].copy_from_slice(&self.sums);
        self.hidden.apply(&joined, &mut inner);
        rectify(&mut inner);
        let mut logits = [0.0; OUTPUTS];
        self.heads.apply(&inner, &mut logits);
        logits
    }

    fn count(&mut self, x: &[f32; CHANNELS], in_turn: bool) {
        if !in_turn {
            self.sums = [0.0; COUNTERS];
            return;
        }
        let (mut gates, mut values) = ([0.0; COUNTERS], [0.0; COUNTERS]);
        self.gate.apply(x, &mut gates);
        self.value.apply(x, &mut values);
        for ((sum, gate), value) in self.sums.iter_mut().zip(gates).zip(values) {
            *sum += COUNTER_STEP * sigmoid(gate) * value.tanh();
        }
    }
}

impl Forecaster for FlowNet {
    fn step(&mut self, features: &[f32], in_turn: bool) -> Option<FloorForecast> {
        FloorForecast::from_logits(&self.logits(features, in_turn))
    }

    fn reset(&mut self) {
        for block in &mut self.blocks {
            block.past.fill(0.0);
        }
        (self.tick, self.sums) = (0, [0.0; COUNTERS]);
    }
}

/// Reads the weights from the bytes of their safetensors file.
///
/// # Errors
/// When the bytes are damaged or hold another network.
pub fn flow_net_weights(bytes: Vec<u8>) -> Result<FlowNetWeights, InferenceError> {
    let mut weights = Weights::parse(std::path::Path::new("flow_net.safetensors"), bytes)?;
    let mut layer = |name: &str, inputs: usize, outputs: usize| Layer {
        weight: weights.take(&format!("{name}.weight"), &[outputs, inputs]),
        bias: weights.take(&format!("{name}.bias"), &[outputs]),
    };
    let stem = layer("stem", FEATURES, CHANNELS);
    let blocks = (0..DILATIONS.len())
        .map(|i| BlockWeights {
            taps: layer(&format!("block{i}.taps"), TAPS * CHANNELS, CHANNELS),
            out: layer(&format!("block{i}.out"), CHANNELS, CHANNELS),
        })
        .collect();
    let gate = layer("gate", CHANNELS, COUNTERS);
    let value = layer("value", CHANNELS, COUNTERS);
    let hidden = layer("hidden", CHANNELS + COUNTERS, CHANNELS);
    let mut heads = layer("heads", CHANNELS, OUTPUTS - 1);
    let echo = layer("echo", CHANNELS, 1);
    let (mean, scale) = (weights.take("input.mean", &[FEATURES]), weights.take("input.scale", &[FEATURES]));
    weights.finish()?;
    // A layer of its own in training, one more output in use.
    heads.weight.extend(echo.weight);
    heads.bias.extend(echo.bias);
    Ok(FlowNetWeights { mean, scale, stem, blocks, gate, value, hidden, heads })
}

fn rectify(row: &mut [f32]) {
    row.iter_mut().for_each(|v| *v = v.max(0.0));
}
