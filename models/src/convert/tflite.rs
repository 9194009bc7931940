//! TFLite networks with f16 weights → tensors named `t<index>` and a small description of the graph.
//!
//! `DEQUANTIZE` of a constant is folded away. Layouts stay: `CONV_2D` weights OHWI, `DEPTHWISE_CONV_2D` weights 1HWC, PRELU
//! slopes `[1, 1, C]`, activations NHWC. Padding 0 is SAME (the odd row or column is added at the bottom and right),
//! 1 is VALID; activation 0 is none, 1 is RELU, 3 is RELU6.
//!
//! Source: schema.fbs of TensorFlow Lite, version 3 (field numbers and codes beside each use).

use std::collections::{BTreeMap, BTreeSet};

use half::f16;
use safetensors::Dtype;
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::bytes::Malformed;
use super::flatbuffer::Table;
use crate::tensors::{Tensor, Tensors};

/// The wiring of a network.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Graph {
    /// Tensors that are handed in.
    pub inputs: Vec<i32>,
    /// Tensors that come out.
    pub outputs: Vec<i32>,
    /// Shape of each tensor.
    pub shapes: BTreeMap<Index, Vec<i32>>,
    /// Operations in order.
    pub ops: Vec<Op>,
}

/// A tensor's number, written as a string where JSON wants one, ordered as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Index(pub i32);

impl Serialize for Index {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// One operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Op {
    /// Name in the schema.
    pub name: &'static str,
    /// Input tensors, −1 for one left out.
    pub inputs: Vec<i32>,
    /// Output tensors.
    pub outputs: Vec<i32>,
    /// Options that the networks here use.
    pub options: Vec<(&'static str, i32)>,
}

impl Serialize for Op {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("op", self.name)?;
        map.serialize_entry("in", &self.inputs)?;
        map.serialize_entry("out", &self.outputs)?;
        for (name, value) in &self.options {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl Graph {
    /// The same graph with the shapes of tensors that an operation touches.
    #[must_use]
    pub fn with_used_shapes(&self) -> Self {
        let used: BTreeSet<i32> =
            self.ops.iter().flat_map(|op| op.inputs.iter().chain(&op.outputs)).copied().collect();
        let mut graph = self.clone();
        graph.shapes.retain(|index, _| used.contains(&index.0));
        graph
    }
}

/// An option: its name, its field in the options table, whether it is one byte, its default.
type Field = (&'static str, usize, bool, u32);

/// An operation: its code, its name, the type of its options (0: none wanted), their fields.
type Known = (u32, &'static str, u8, &'static [Field]);

const FUSED: &[Field] = &[("FusedActivationFunction", 0, true, 0)];
const KEEP: &[Field] = &[("KeepDims", 0, true, 0)];

/// The operations that the networks here are made of.
const OPERATIONS: &[Known] = &[
    (0, "ADD", 11, FUSED),
    (2, "CONCATENATION", 10, &[("FusedActivationFunction", 1, true, 0), ("Axis", 0, false, 0)]),
    (
        3,
        "CONV_2D",
        1,
        &[
            ("StrideH", 2, false, 0),
            ("StrideW", 1, false, 0),
            ("Padding", 0, true, 0),
            ("FusedActivationFunction", 3, true, 0),
            ("DilationHFactor", 5, false, 1),
        ],
    ),
    (
        4,
        "DEPTHWISE_CONV_2D",
        2,
        &[
            ("StrideH", 2, false, 0),
            ("StrideW", 1, false, 0),
            ("Padding", 0, true, 0),
            ("FusedActivationFunction", 4, true, 0),
            ("DepthMultiplier", 3, false, 0),
            ("DilationHFactor", 6, false, 1),
        ],
    ),
    (DEQUANTIZE, "DEQUANTIZE", 0, &[]),
    (14, "LOGISTIC", 0, &[]),
    (
        17,
        "MAX_POOL_2D",
        5,
        &[
            ("StrideH", 2, false, 0),
            ("StrideW", 1, false, 0),
            ("Padding", 0, true, 0),
            ("FusedActivationFunction", 5, true, 0),
            ("FilterHeight", 4, false, 0),
            ("FilterWidth", 3, false, 0),
        ],
    ),
    (18, "MUL", 21, FUSED),
    (19, "RELU", 0, &[]),
    (22, "RESHAPE", 0, &[]),
    (34, "PAD", 0, &[]),
    (39, "TRANSPOSE", 0, &[]),
    (40, "MEAN", 27, KEEP),
    (41, "SUB", 28, FUSED),
    (42, "DIV", 29, FUSED),
    (
        45,
        "STRIDED_SLICE",
        32,
        &[("BeginMask", 0, false, 0), ("EndMask", 1, false, 0), ("ShrinkAxisMask", 4, false, 0)],
    ),
    (54, "PRELU", 0, &[]),
    (59, "NEG", 0, &[]),
    (74, "SUM", 27, KEEP),
    (75, "SQRT", 0, &[]),
    (76, "RSQRT", 0, &[]),
    (99, "SQUARED_DIFFERENCE", 0, &[]),
];

/// Tensors may share their data, but all copies together stay below this many files.
const MOST_COPIES: usize = 4;

/// Code of the operation that is folded away where it can be.
const DEQUANTIZE: u32 = 6;

/// Converts a whole file.
///
/// # Errors
/// [`Malformed`] when it is no TFLite file, or uses an operation that no network here uses.
pub fn convert(file: &[u8]) -> Result<(Tensors, Graph), Malformed> {
    if file.get(4..8) != Some(b"TFL3") {
        return Err(Malformed::new("is no TFLite file"));
    }
    let model = Table::root(file)?;
    let subgraph = *model.tables(2)?.first().ok_or_else(|| Malformed::new("holds no graph"))?;
    let (shapes, mut constants) = read_tensors(&model, &subgraph)?;
    let codes = model.tables(1)?;
    let mut ops = Vec::new();
    for operator in subgraph.tables(3)? {
        let code = codes
            .get(operator.u32(0, 0)? as usize)
            .ok_or_else(|| Malformed::new("an operation has no code"))?;
        // Newer files keep the code in field 3; older ones only in the byte of field 0.
        let code = code.u32(3, 0)?.max(u32::from(code.u8(0)?));
        let (inputs, outputs) = (operator.i32s(1)?, operator.i32s(2)?);
        if code == DEQUANTIZE
            && let (Some(from), Some(to)) = (inputs.first(), outputs.first())
            && let Some(constant) = constants.get(from)
        {
            let constant = constant.clone();
            constants.insert(*to, constant);
            continue;
        }
        let (name, options) = options(code, &operator)?;
        ops.push(Op { name, inputs, outputs, options });
    }
    let used: BTreeSet<i32> = ops.iter().flat_map(|op| &op.inputs).copied().collect();
    let weights = constants
        .into_iter()
        .filter(|(index, _)| used.contains(index))
        .map(|(index, tensor)| (format!("t{index}"), laid_out(tensor)))
        .collect();
    Ok((weights, Graph { inputs: subgraph.i32s(1)?, outputs: subgraph.i32s(2)?, shapes, ops }))
}

type Shapes = BTreeMap<Index, Vec<i32>>;

fn read_tensors(
    model: &Table<'_>,
    subgraph: &Table<'_>,
) -> Result<(Shapes, BTreeMap<i32, Tensor>), Malformed> {
    let buffers = model.tables(4)?;
    let (mut shapes, mut constants, mut copied) = (BTreeMap::new(), BTreeMap::new(), 0);
    for (index, tensor) in (0..).zip(subgraph.tables(0)?) {
        let shape = tensor.i32s(0)?;
        let buffer = buffers.get(tensor.u32(2, 0)? as usize);
        let data = buffer.ok_or_else(|| Malformed::new(format!("t{index} has no buffer")))?.bytes(0)?;
        if !data.is_empty() {
            copied += data.len();
            if copied > MOST_COPIES * model.len() {
                return Err(Malformed::new("the same weights are used by too many tensors"));
            }
            let dtype = match tensor.u8(1)? {
                0 => Dtype::F32,
                1 => Dtype::F16,
                2 => Dtype::I32,
                4 => Dtype::I64,
                other => return Err(Malformed::new(format!("t{index} is of unknown type {other}"))),
            };
            let lengths = shape.iter().map(|&length| usize::try_from(length)).collect::<Result<Vec<_>, _>>();
            let lengths = lengths.map_err(|error| Malformed::new(error.to_string()))?;
            let constant = Tensor::new(dtype, lengths, data.to_vec())
                .ok_or_else(|| Malformed::new(format!("t{index}: shape and size disagree")))?;
            constants.insert(index, constant);
        }
        shapes.insert(Index(index), shape);
    }
    Ok((shapes, constants))
}

/// Name and wanted options of an operation.
type Options = (&'static str, Vec<(&'static str, i32)>);

fn options(code: u32, operator: &Table<'_>) -> Result<Options, Malformed> {
    let known = OPERATIONS.iter().find(|known| known.0 == code);
    let &(_, name, kind, fields) =
        known.ok_or_else(|| Malformed::new(format!("operation {code} is not known")))?;
    let Some(table) = operator.table(4)?.filter(|_| kind != 0) else { return Ok((name, Vec::new())) };
    let found = operator.u8(3)?;
    if found != kind {
        return Err(Malformed::new(format!("{name} has options of type {found}, not {kind}")));
    }
    let read = |&(name, field, byte, default): &Field| {
        let value = if byte { u32::from(table.u8(field)?) } else { table.u32(field, default)? };
        Ok((name, value.cast_signed()))
    };
    Ok((name, fields.iter().map(read).collect::<Result<_, Malformed>>()?))
}

/// All float weights as f16, which they were before `DEQUANTIZE`; single values as a list of one.
fn laid_out(mut tensor: Tensor) -> Tensor {
    if tensor.shape.is_empty() {
        tensor.shape.push(1);
    }
    match tensor.to_f32() {
        None => tensor,
        Some(values) => {
            let data = values.iter().flat_map(|&value| f16::from_f32(value).to_le_bytes()).collect();
            Tensor::new(Dtype::F16, tensor.shape, data).expect("as many values as before")
        }
    }
}
