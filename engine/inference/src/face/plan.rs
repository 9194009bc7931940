//! From a graph to steps: shapes checked, activations and residuals fused, buffers shared.

use std::collections::{HashMap, HashSet};

use super::FaceNetError;
use super::graph::{Constants, Graph, Node, TensorId};
use super::kernels::{Activation, LANES, PackedWeights, Windows};
use super::steps::{Binary, BinaryOperator, Operand, Step, StepKind, UnaryOperator};

/// A network ready to run.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
    /// Length of each buffer.
    pub(super) buffers: Vec<usize>,
    /// Length of the scratch that unfolded convolutions need.
    pub(super) scratch: usize,
    pub(super) input: usize,
    /// Buffer and length of each output.
    pub(super) outputs: Vec<(usize, usize)>,
}

/// What a convolution takes over from the operators after it.
#[derive(Default)]
struct Tail {
    residual: Option<(TensorId, usize)>,
    activation: Option<usize>,
    output: TensorId,
}

struct Planner<'a> {
    graph: &'a Graph,
    constants: &'a Constants,
    readers: HashMap<TensorId, Vec<usize>>,
    writers: HashMap<TensorId, usize>,
    /// Operators that run within another.
    absorbed: HashSet<usize>,
}

/// Plans a graph.
///
/// **Errors**: an operator, an attribute or a shape that the kernels do not know.
pub(super) fn plan(graph: &Graph, constants: &Constants) -> Result<Plan, FaceNetError> {
    let mut readers: HashMap<TensorId, Vec<usize>> = HashMap::new();
    let mut writers = HashMap::new();
    for (index, node) in graph.ops.iter().enumerate() {
        for &input in &node.inputs {
            if let Ok(id) = TensorId::try_from(input) {
                readers.entry(id).or_default().push(index);
            }
        }
        writers.insert(node.output()?, index);
    }
    let mut planner = Planner { graph, constants, readers, writers, absorbed: HashSet::new() };
    let order = planner.fuse()?;
    let mut lowered = Vec::new();
    for (index, tail) in order {
        lowered.push(planner.lower(&graph.ops[index], tail.as_ref())?);
    }
    assign_buffers(graph, lowered)
}

impl Planner<'_> {
    /// Operators in their order of execution, convolutions with what they absorb.
    fn fuse(&mut self) -> Result<Vec<(usize, Option<Tail>)>, FaceNetError> {
        // A convolution runs where the last operator that it absorbs stood: by then the residual is there.
        let mut placed: Vec<(usize, usize, Option<Tail>)> = Vec::new();
        for (index, node) in self.graph.ops.iter().enumerate() {
            if self.absorbed.contains(&index) {
                continue;
            }
            if node.op != "CONV_2D" || node.activation != 0 {
                placed.push((index, index, None));
                continue;
            }
            let mut tail = Tail { output: node.output()?, ..Tail::default() };
            let mut place = index;
            if let Some(add) = self.only_reader(tail.output, &["ADD"])
                && let Some(residual) = self.residual(&self.graph.ops[add], tail.output)?
            {
                tail.residual = Some(residual);
                tail.output = self.graph.ops[add].output()?;
                self.absorbed.insert(add);
                place = add;
            }
            if let Some(activation) = self.only_reader(tail.output, &["PRELU", "RELU"]) {
                tail.activation = Some(activation);
                tail.output = self.graph.ops[activation].output()?;
                self.absorbed.insert(activation);
                place = activation;
            }
            placed.push((place, index, Some(tail)));
        }
        placed.retain(|(_, index, _)| !self.absorbed.contains(index));
        placed.sort_by_key(|(place, ..)| *place);
        Ok(placed.into_iter().map(|(_, index, tail)| (index, tail)).collect())
    }

    /// The one operator that reads a tensor, if it is one of these and still free.
    fn only_reader(&self, id: TensorId, operators: &[&str]) -> Option<usize> {
        let [reader] = self.readers.get(&id)?.as_slice() else { return None };
        let fits = operators.contains(&self.graph.ops[*reader].op.as_str());
        (fits && !self.absorbed.contains(reader) && !self.graph.outputs.contains(&id)).then_some(*reader)
    }

    /// The other operand of `add` and its channels; a channel padding of it is absorbed.
    fn residual(&mut self, add: &Node, own: TensorId) -> Result<Option<(TensorId, usize)>, FaceNetError> {
        let (a, b) = (add.input(0)?, add.input(1)?);
        let other = if a == own { b } else { a };
        let known = self.constants.floats.contains_key(&other) || other == own || add.activation != 0;
        if known || self.graph.shape(other)? != self.graph.shape(own)? {
            return Ok(None);
        }
        if let Some(&pad) = self.writers.get(&other)
            && self.graph.ops[pad].op == "PAD"
            && self.readers[&other].len() == 1
        {
            let node = &self.graph.ops[pad];
            let channels = pad_channels(self.graph, self.constants, node)?.0;
            let source = node.input(0)?;
            self.absorbed.insert(pad);
            return Ok(Some((source, channels)));
        }
        Ok(Some((other, last(self.graph.shape(other)?))))
    }

    fn activation(&self, code: u8) -> Result<Activation, FaceNetError> {
        match code {
            0 => Ok(Activation::None),
            1 => Ok(Activation::Relu),
            3 => Ok(Activation::Relu6),
            code => Err(FaceNetError::Graph(format!("activation {code} is not known"))),
        }
    }

    fn activation_of(&self, node: &Node) -> Result<Activation, FaceNetError> {
        if node.op == "RELU" {
            return Ok(Activation::Relu);
        }
        let mut slopes = self.constants.floats(node.input(1)?)?.to_vec();
        let channels = last(self.graph.shape(node.input(0)?)?);
        check(slopes.len() == channels, node, "one slope per channel")?;
        slopes.resize(channels.next_multiple_of(LANES), 0.0);
        Ok(Activation::Prelu(slopes))
    }

    fn operand(&self, id: TensorId) -> Operand<TensorId> {
        match self.constants.floats.get(&id) {
            Some(values) => Operand::Constant(values.clone()),
            None => Operand::Buffer(id),
        }
    }

    /// One operator as a step on tensors.
    fn lower(&self, node: &Node, tail: Option<&Tail>) -> Result<Step<TensorId>, FaceNetError> {
        let graph = self.graph;
        let x = node.input(0)?;
        let output = tail.map_or(node.output()?, |tail| tail.output);
        let out_shape = graph.shape(output)?;
        let length = out_shape.iter().product();
        let in_shape = graph.shape(x)?;
        let kind = match node.op.as_str() {
            "CONV_2D" => self.convolution(node, tail)?,
            "DEPTHWISE_CONV_2D" => {
                let kernel = graph.shape(node.input(1)?)?;
                let channels = last(in_shape);
                check(
                    node.depth_multiplier == 1 && node.dilation == 1,
                    node,
                    "depth multiplier and dilation 1",
                )?;
                check(kernel.len() == 4 && kernel[3] == channels, node, "one filter per channel")?;
                let size = windows(node, in_shape, out_shape, kernel[1], kernel[2])?;
                let bias = self.constants.floats(node.input(2)?)?.to_vec();
                let weights = self.constants.floats(node.input(1)?)?.to_vec();
                check(
                    bias.len() == channels && weights.len() == kernel[1] * kernel[2] * channels,
                    node,
                    "shapes",
                )?;
                StepKind::Depthwise {
                    x,
                    weights,
                    bias,
                    size,
                    channels,
                    activation: self.activation(node.activation)?,
                }
            }
            "MAX_POOL_2D" => {
                let size = windows(node, in_shape, out_shape, node.filter_h, node.filter_w)?;
                StepKind::MaxPool { x, size, channels: last(in_shape) }
            }
            "PAD" => {
                let (from, to) = pad_channels(graph, self.constants, node)?;
                StepKind::PadChannels { x, from, to }
            }
            "RELU" | "PRELU" => {
                StepKind::Activate { x, channels: last(in_shape), activation: self.activation_of(node)? }
            }
            "NEG" => StepKind::Unary { x, operator: UnaryOperator::Negate },
            "SQRT" => StepKind::Unary { x, operator: UnaryOperator::SquareRoot },
            "RSQRT" => StepKind::Unary { x, operator: UnaryOperator::InverseSquareRoot },
            "LOGISTIC" => StepKind::Unary { x, operator: UnaryOperator::Logistic },
            "RESHAPE" => {
                check(in_shape.iter().product::<usize>() == length, node, "the same number of values")?;
                StepKind::Copy { x }
            }
            "ADD" | "SUB" | "MUL" | "DIV" | "SQUARED_DIFFERENCE" => self.binary(node, out_shape)?,
            "MEAN" | "SUM" => {
                let axes = self.constants.integers(node.input(1)?)?;
                let [axis] = axes else { return Err(wrong(node, "one axis")) };
                let axis = axis_of(*axis, in_shape.len(), node)?;
                StepKind::Reduce {
                    x,
                    length: in_shape[axis],
                    inner: in_shape[axis + 1..].iter().product(),
                    mean: node.op == "MEAN",
                }
            }
            "TRANSPOSE" => {
                let order = self.constants.integers(node.input(1)?)?;
                check(order == [0, 1, 3, 2] && in_shape.len() == 4, node, "swaps the last two of four axes")?;
                StepKind::Transpose { x, rows: in_shape[2], columns: in_shape[3] }
            }
            "STRIDED_SLICE" => self.slice(node, in_shape)?,
            "CONCATENATION" => {
                let axis = if node.axis >= 128 { node.axis - 256 } else { node.axis };
                let axis = axis_of(axis, out_shape.len(), node)?;
                let mut parts = Vec::new();
                for index in 0..node.inputs.len() {
                    let id = node.input(index)?;
                    parts.push((self.operand(id), graph.shape(id)?[axis..].iter().product()));
                }
                StepKind::Concatenate { parts }
            }
            other => return Err(FaceNetError::Graph(format!("operator {other} is not known"))),
        };
        Ok(Step { kind, out: output, length })
    }

    fn convolution(&self, node: &Node, tail: Option<&Tail>) -> Result<StepKind<TensorId>, FaceNetError> {
        let graph = self.graph;
        let (x, kernel) = (node.input(0)?, graph.shape(node.input(1)?)?);
        let (in_shape, out_shape) = (graph.shape(x)?, graph.shape(node.output()?)?);
        check(
            kernel.len() == 4 && kernel[3] == last(in_shape) && node.dilation == 1,
            node,
            "kernel of the input",
        )?;
        let size = windows(node, in_shape, out_shape, kernel[1], kernel[2])?;
        let weights = self.constants.floats(node.input(1)?)?;
        let bias = node.inputs.get(2).map(|_| self.constants.floats(node.input(2)?)).transpose()?;
        check(weights.len() == kernel.iter().product::<usize>(), node, "as many weights as its shape says")?;
        check(bias.is_none_or(|b| b.len() == kernel[0]), node, "one bias per output")?;
        let activation = match tail.and_then(|tail| tail.activation) {
            Some(index) => self.activation_of(&graph.ops[index])?,
            None => self.activation(node.activation)?,
        };
        let pointwise = kernel[1] == 1 && kernel[2] == 1 && size.stride_h == 1 && size.stride_w == 1;
        Ok(StepKind::Convolution {
            x,
            unfold: (!pointwise).then_some((size, kernel[3])),
            weights: PackedWeights::new(weights, bias, kernel[0]),
            residual: tail.and_then(|tail| tail.residual),
            activation,
        })
    }

    fn binary(&self, node: &Node, out_shape: &[usize]) -> Result<StepKind<TensorId>, FaceNetError> {
        let operator = match node.op.as_str() {
            "ADD" => BinaryOperator::Add,
            "SUB" => BinaryOperator::Subtract,
            "MUL" => BinaryOperator::Multiply,
            "DIV" => BinaryOperator::Divide,
            _ => BinaryOperator::SquaredDifference,
        };
        check(node.activation == 0, node, "no activation")?;
        let (a, b) = (node.input(0)?, node.input(1)?);
        let strides = |id: TensorId| -> Result<[usize; 4], FaceNetError> {
            let shape = four(self.graph.shape(id)?, node)?;
            let out = four(out_shape, node)?;
            let mut strides = [0; 4];
            let mut stride = 1;
            for axis in (0..4).rev() {
                check(shape[axis] == out[axis] || shape[axis] == 1, node, "shapes that broadcast")?;
                strides[axis] = if shape[axis] == 1 { 0 } else { stride };
                stride *= shape[axis];
            }
            Ok(strides)
        };
        Ok(StepKind::Binary(Binary {
            operator,
            strides: (strides(a)?, strides(b)?),
            a: self.operand(a),
            b: self.operand(b),
            shape: four(out_shape, node)?,
        }))
    }

    fn slice(&self, node: &Node, in_shape: &[usize]) -> Result<StepKind<TensorId>, FaceNetError> {
        let read = |index: usize| self.constants.integers(node.input(index)?);
        let (begin, end, step) = (read(1)?, read(2)?, read(3)?);
        let rank = in_shape.len();
        check(begin.len() == rank && end.len() == rank && step.iter().all(|&s| s == 1), node, "steps of 1")?;
        let mut ranges = [(0, 1); 4];
        check(rank <= 4, node, "at most four axes")?;
        for axis in 0..rank {
            let bit = |mask: u32| mask >> axis & 1 == 1;
            let size = in_shape[axis] as i64;
            let from = if bit(node.begin_mask) { 0 } else { begin[axis] };
            let to = if bit(node.shrink_mask) {
                from + 1
            } else if bit(node.end_mask) {
                size
            } else {
                end[axis]
            };
            check((0..size).contains(&from) && from < to && to <= size, node, "a range within the input")?;
            ranges[4 - rank + axis] = (from as usize, to as usize);
        }
        Ok(StepKind::Slice { x: node.input(0)?, shape: four(in_shape, node)?, ranges })
    }
}

fn check(holds: bool, node: &Node, needs: &str) -> Result<(), FaceNetError> {
    if holds { Ok(()) } else { Err(wrong(node, needs)) }
}

fn wrong(node: &Node, needs: &str) -> FaceNetError {
    FaceNetError::Graph(format!("{} needs {needs}", node.op))
}

fn last(shape: &[usize]) -> usize {
    shape.last().copied().unwrap_or(1)
}

fn four(shape: &[usize], node: &Node) -> Result<[usize; 4], FaceNetError> {
    check(shape.len() <= 4, node, "at most four axes")?;
    let mut four = [1; 4];
    four[4 - shape.len()..].copy_from_slice(shape);
    Ok(four)
}

fn axis_of(axis: i64, rank: usize, node: &Node) -> Result<usize, FaceNetError> {
    let axis = if axis < 0 { axis + rank as i64 } else { axis };
    check((0..rank as i64).contains(&axis), node, "an axis of its input")?;
    Ok(axis as usize)
}

/// Channels before and after a padding of the channels' end.
fn pad_channels(graph: &Graph, constants: &Constants, node: &Node) -> Result<(usize, usize), FaceNetError> {
    let paddings = constants.integers(node.input(1)?)?;
    let only_last = paddings.split_last().is_some_and(|(_, others)| others.iter().all(|&p| p == 0));
    check(only_last, node, "padding at the end of the channels")?;
    let (from, to) = (last(graph.shape(node.input(0)?)?), last(graph.shape(node.output()?)?));
    check(
        paddings.last().is_some_and(|&p| p == to as i64 - from as i64),
        node,
        "padding that fits its output",
    )?;
    Ok((from, to))
}

/// Where the windows lie; SAME pads more below and to the right, as TFLite does.
fn windows(
    node: &Node,
    input: &[usize],
    output: &[usize],
    kernel_h: usize,
    kernel_w: usize,
) -> Result<Windows, FaceNetError> {
    check(input.len() == 4 && output.len() == 4 && input[0] == 1, node, "one picture")?;
    let place = |size: usize, kernel: usize, stride: usize, out: usize| -> Result<usize, FaceNetError> {
        check(stride > 0 && kernel > 0 && (node.padding == 0 || size >= kernel), node, "a window that fits")?;
        let (expected, pad) = if node.padding == 0 {
            let out = size.div_ceil(stride);
            (out, ((out.max(1) - 1) * stride + kernel).saturating_sub(size) / 2)
        } else {
            ((size - kernel) / stride + 1, 0)
        };
        check(expected == out, node, "an output size that follows from the input")?;
        Ok(pad)
    };
    Ok(Windows {
        height: input[1],
        width: input[2],
        out_height: output[1],
        out_width: output[2],
        kernel_h,
        kernel_w,
        stride_h: node.stride_h,
        stride_w: node.stride_w,
        pad_top: place(input[1], kernel_h, node.stride_h, output[1])?,
        pad_left: place(input[2], kernel_w, node.stride_w, output[2])?,
    })
}

/// Gives each tensor a buffer; buffers are used again once their tensor has been read for the last time.
fn assign_buffers(graph: &Graph, steps: Vec<Step<TensorId>>) -> Result<Plan, FaceNetError> {
    let size = |id: TensorId| -> Result<usize, FaceNetError> { Ok(graph.shape(id)?.iter().product()) };
    let mut last_read: HashMap<TensorId, usize> = HashMap::new();
    for (index, step) in steps.iter().enumerate() {
        step.kind.each_input(&mut |id| {
            last_read.insert(id, index);
        });
    }
    for &output in &graph.outputs {
        last_read.insert(output, usize::MAX);
    }
    let [input] = graph.inputs.as_slice() else {
        return Err(FaceNetError::Graph(format!("{} inputs instead of one", graph.inputs.len())));
    };
    let mut buffers = vec![size(*input)?];
    let mut place: HashMap<TensorId, usize> = HashMap::from([(*input, 0)]);
    let (mut free, mut scratch, mut planned) = (Vec::<usize>::new(), 0, Vec::new());
    for (index, step) in steps.into_iter().enumerate() {
        if let StepKind::Convolution { unfold: Some((size, channels)), .. } = &step.kind {
            scratch =
                scratch.max(size.out_height * size.out_width * size.kernel_h * size.kernel_w * channels);
        }
        // The smallest free buffer that is large enough, else the largest.
        let best = (0..free.len()).min_by_key(|&i| {
            let length = buffers[free[i]];
            if length >= step.length { (0, length) } else { (1, usize::MAX - length) }
        });
        let slot = best.map_or_else(
            || {
                buffers.push(0);
                buffers.len() - 1
            },
            |i| free.swap_remove(i),
        );
        buffers[slot] = buffers[slot].max(step.length);
        let mut missing = None;
        let mut done = Vec::new();
        let (out, length) = (step.out, step.length);
        let kind = step.kind.map_inputs(&mut |id| {
            if last_read.get(&id) == Some(&index) && !done.contains(&id) {
                done.push(id);
            }
            place.get(&id).copied().unwrap_or_else(|| {
                missing = Some(id);
                0
            })
        });
        if let Some(id) = missing {
            return Err(FaceNetError::Graph(format!("tensor {id} is read before it is written")));
        }
        free.extend(done.iter().map(|id| place[id]));
        place.insert(out, slot);
        planned.push(Step { kind, out: slot, length });
    }
    let mut outputs = Vec::new();
    for &output in &graph.outputs {
        let slot = place.get(&output).copied();
        outputs.push((
            slot.ok_or_else(|| FaceNetError::Graph(format!("output {output} is never written")))?,
            size(output)?,
        ));
    }
    Ok(Plan { steps: planned, buffers, scratch, input: 0, outputs })
}
