//! The passes of the networks that run on every tick, and the structs whose bytes they read.

use bytemuck::{Pod, Zeroable};

use crate::compose::compose;

/// The computing passes of the tick, one WGSL file each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkPass {
    /// Features through the flow-net's first layer.
    FlowStem,
    /// One causal block of the flow-net.
    FlowBlock,
    /// The flow-net's gated sums.
    FlowCount,
    /// The flow-net's hidden layer and heads.
    FlowHeads,
    /// Power of each frequency.
    MelPower,
    /// Logarithm of each mel band's power.
    MelBands,
}

impl NetworkPass {
    /// All of them, in the order of a tick.
    pub const ALL: [Self; 6] =
        [Self::FlowStem, Self::FlowBlock, Self::FlowCount, Self::FlowHeads, Self::MelPower, Self::MelBands];

    /// The name of its file without the ending, and of its entry point.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FlowStem => "flow_stem",
            Self::FlowBlock => "flow_block",
            Self::FlowCount => "flow_count",
            Self::FlowHeads => "flow_heads",
            Self::MelPower => "mel_power",
            Self::MelBands => "mel_bands",
        }
    }

    /// The whole WGSL, imports resolved.
    ///
    /// # Panics
    ///
    /// Never in a build whose tests passed: a test composes every pass.
    #[must_use]
    pub fn source(self) -> String {
        let raw = match self {
            Self::FlowStem => include_str!("../wgsl/flow_stem.wgsl"),
            Self::FlowBlock => include_str!("../wgsl/flow_block.wgsl"),
            Self::FlowCount => include_str!("../wgsl/flow_count.wgsl"),
            Self::FlowHeads => include_str!("../wgsl/flow_heads.wgsl"),
            Self::MelPower => include_str!("../wgsl/mel_power.wgsl"),
            Self::MelBands => include_str!("../wgsl/mel_bands.wgsl"),
        };
        compose(raw).expect("every #import of our own passes names a shared file")
    }
}

/// The most values of a row that the passes keep in workgroup memory.
pub const MOST_ROW: usize = 512;

/// What one tick brings, before its features; `FlowTick` of `shared/flow_tick.wgsl`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct FlowTick {
    /// Ticks since the memory was empty.
    pub index: u32,
    /// 1 while a turn of the candidate runs.
    pub in_turn: u32,
    /// Unused.
    pub spare0: u32,
    /// Unused.
    pub spare1: u32,
}

/// `FlowStem` of `flow_stem.wgsl`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct FlowStem {
    /// Inputs, at most [`MOST_ROW`].
    pub features: u32,
    /// Outputs.
    pub channels: u32,
    /// Unused.
    pub spare0: u32,
    /// Unused.
    pub spare1: u32,
}

/// `FlowBlock` of `flow_block.wgsl`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct FlowBlock {
    /// Channels; three rows of them are at most [`MOST_ROW`].
    pub channels: u32,
    /// Ticks between the taps.
    pub dilation: u32,
    /// Unused.
    pub spare0: u32,
    /// Unused.
    pub spare1: u32,
}

/// `FlowCount` of `flow_count.wgsl`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct FlowCount {
    /// Inputs.
    pub channels: u32,
    /// Sums.
    pub counters: u32,
    /// What one tick adds at most.
    pub step: f32,
    /// Unused.
    pub spare0: u32,
}

/// `FlowHeads` of `flow_heads.wgsl`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct FlowHeads {
    /// Channels; with the counters at most [`MOST_ROW`].
    pub channels: u32,
    /// Sums.
    pub counters: u32,
    /// Logits.
    pub outputs: u32,
    /// Unused.
    pub spare0: u32,
}

/// `MelPower` of `mel_power.wgsl`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct MelPower {
    /// Frames of one call.
    pub frames: u32,
    /// Samples between two frames.
    pub hop: u32,
    /// Samples of a frame.
    pub window: u32,
    /// Points of the transform.
    pub points: u32,
}

/// `MelBands` of `mel_bands.wgsl`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct MelBands {
    /// Frames of one call.
    pub frames: u32,
    /// Frequencies of a frame.
    pub bins: u32,
    /// Bands of a frame.
    pub bands: u32,
    /// Power below this counts as this.
    pub floor: f32,
}

/// `MelBand` of `mel_bands.wgsl`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct MelBand {
    /// Its first bin.
    pub first_bin: u32,
    /// Where its weights begin.
    pub first_weight: u32,
    /// How many there are.
    pub weights: u32,
    /// Unused.
    pub spare0: u32,
}
