//! The graph of a converted network: which operator reads what and writes what.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::FaceNetError;

/// Number of a tensor in its graph.
pub(super) type TensorId = usize;

/// The graph as the converter writes it.
#[derive(Debug, Deserialize)]
pub(super) struct Graph {
    pub(super) inputs: Vec<TensorId>,
    pub(super) outputs: Vec<TensorId>,
    pub(super) shapes: BTreeMap<String, Vec<usize>>,
    pub(super) ops: Vec<Node>,
}

/// One operator with the attributes the face networks use; absent ones keep TFLite's defaults.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Node {
    pub(super) op: String,
    #[serde(rename = "in")]
    pub(super) inputs: Vec<i64>,
    #[serde(rename = "out")]
    pub(super) outputs: Vec<TensorId>,
    #[serde(default = "one", rename = "StrideH")]
    pub(super) stride_h: usize,
    #[serde(default = "one", rename = "StrideW")]
    pub(super) stride_w: usize,
    /// 0 SAME, 1 VALID.
    #[serde(default, rename = "Padding")]
    pub(super) padding: u8,
    /// 0 none, 1 RELU, 3 RELU6.
    #[serde(default, rename = "FusedActivationFunction")]
    pub(super) activation: u8,
    #[serde(default = "one", rename = "DepthMultiplier")]
    pub(super) depth_multiplier: usize,
    #[serde(default = "one", rename = "DilationHFactor")]
    pub(super) dilation: usize,
    #[serde(default, rename = "FilterHeight")]
    pub(super) filter_h: usize,
    #[serde(default, rename = "FilterWidth")]
    pub(super) filter_w: usize,
    #[serde(default, rename = "Axis")]
    pub(super) axis: i64,
    #[serde(default, rename = "BeginMask")]
    pub(super) begin_mask: u32,
    #[serde(default, rename = "EndMask")]
    pub(super) end_mask: u32,
    #[serde(default, rename = "ShrinkAxisMask")]
    pub(super) shrink_mask: u32,
}

fn one() -> usize {
    1
}

impl Graph {
    /// The shape of a tensor.
    pub(super) fn shape(&self, id: TensorId) -> Result<&[usize], FaceNetError> {
        let shape = self.shapes.get(&id.to_string());
        shape.map(Vec::as_slice).ok_or_else(|| FaceNetError::Graph(format!("tensor {id} has no shape")))
    }
}

/// Constant tensors: weights as `f32`, indices and axes as `i64`.
#[derive(Debug, Default)]
pub(super) struct Constants {
    pub(super) floats: HashMap<TensorId, Vec<f32>>,
    pub(super) integers: HashMap<TensorId, Vec<i64>>,
}

impl Constants {
    pub(super) fn floats(&self, id: TensorId) -> Result<&[f32], FaceNetError> {
        let found = self.floats.get(&id).map(Vec::as_slice);
        found.ok_or_else(|| FaceNetError::Graph(format!("constant t{id} is missing")))
    }

    pub(super) fn integers(&self, id: TensorId) -> Result<&[i64], FaceNetError> {
        let found = self.integers.get(&id).map(Vec::as_slice);
        found.ok_or_else(|| FaceNetError::Graph(format!("constant t{id} is missing")))
    }
}

impl Node {
    /// The operator's inputs; `-1` marks one left out.
    pub(super) fn input(&self, index: usize) -> Result<TensorId, FaceNetError> {
        let id = self.inputs.get(index).and_then(|&id| TensorId::try_from(id).ok());
        id.ok_or_else(|| FaceNetError::Graph(format!("{} lacks input {index}", self.op)))
    }

    pub(super) fn output(&self) -> Result<TensorId, FaceNetError> {
        let id = self.outputs.first().copied();
        id.ok_or_else(|| FaceNetError::Graph(format!("{} has no output", self.op)))
    }
}
