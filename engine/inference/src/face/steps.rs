//! The steps of a planned network, and how each runs.

use super::kernels::{Activation, Depthwise, PackedWeights, Pointwise, Windows, max_pool, unfold};

/// One operator. `Id` is a tensor while planning and a buffer afterwards.
#[derive(Debug)]
pub(super) struct Step<Id = usize> {
    pub(super) kind: StepKind<Id>,
    pub(super) out: Id,
    /// Values of the output.
    pub(super) length: usize,
}

#[derive(Debug)]
pub(super) enum StepKind<Id> {
    Convolution {
        x: Id,
        unfold: Option<(Windows, usize)>,
        weights: PackedWeights,
        residual: Option<(Id, usize)>,
        activation: Activation,
    },
    Depthwise {
        x: Id,
        weights: Vec<f32>,
        bias: Vec<f32>,
        size: Windows,
        channels: usize,
        activation: Activation,
    },
    MaxPool {
        x: Id,
        size: Windows,
        channels: usize,
    },
    PadChannels {
        x: Id,
        from: usize,
        to: usize,
    },
    Activate {
        x: Id,
        channels: usize,
        activation: Activation,
    },
    Unary {
        x: Id,
        operator: UnaryOperator,
    },
    Binary(Binary<Id>),
    /// Mean or sum over one axis of `length` values, with `inner` values of the axes after it.
    Reduce {
        x: Id,
        length: usize,
        inner: usize,
        mean: bool,
    },
    Transpose {
        x: Id,
        rows: usize,
        columns: usize,
    },
    Slice {
        x: Id,
        shape: [usize; 4],
        ranges: [(usize, usize); 4],
    },
    /// Each part with the number of its values per step of the axes before the joined one.
    Concatenate {
        parts: Vec<(Operand<Id>, usize)>,
    },
    Copy {
        x: Id,
    },
}

#[derive(Clone, Copy, Debug)]
pub(super) enum UnaryOperator {
    Negate,
    SquareRoot,
    InverseSquareRoot,
    Logistic,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum BinaryOperator {
    Add,
    Subtract,
    Multiply,
    Divide,
    SquaredDifference,
}

/// A tensor or a constant.
#[derive(Debug)]
pub(super) enum Operand<Id> {
    Buffer(Id),
    Constant(Vec<f32>),
}

/// An operator on two tensors of which either may be repeated along an axis (stride 0).
#[derive(Debug)]
pub(super) struct Binary<Id> {
    pub(super) operator: BinaryOperator,
    pub(super) a: Operand<Id>,
    pub(super) b: Operand<Id>,
    pub(super) shape: [usize; 4],
    pub(super) strides: ([usize; 4], [usize; 4]),
}

impl<Id: Copy> Operand<Id> {
    fn buffer(&self) -> Option<Id> {
        if let Self::Buffer(id) = self { Some(*id) } else { None }
    }

    fn map<To>(self, place: &mut impl FnMut(Id) -> To) -> Operand<To> {
        match self {
            Self::Buffer(id) => Operand::Buffer(place(id)),
            Self::Constant(values) => Operand::Constant(values),
        }
    }
}

impl<Id: Copy> StepKind<Id> {
    pub(super) fn each_input(&self, visit: &mut impl FnMut(Id)) {
        match self {
            Self::Convolution { x, residual, .. } => {
                visit(*x);
                residual.iter().for_each(|(id, _)| visit(*id));
            }
            Self::Depthwise { x, .. }
            | Self::MaxPool { x, .. }
            | Self::PadChannels { x, .. }
            | Self::Activate { x, .. }
            | Self::Unary { x, .. }
            | Self::Reduce { x, .. }
            | Self::Transpose { x, .. }
            | Self::Slice { x, .. }
            | Self::Copy { x } => visit(*x),
            Self::Binary(Binary { a, b, .. }) => [a, b].iter().filter_map(|o| o.buffer()).for_each(visit),
            Self::Concatenate { parts } => parts.iter().filter_map(|(o, _)| o.buffer()).for_each(visit),
        }
    }

    pub(super) fn map_inputs<To>(self, place: &mut impl FnMut(Id) -> To) -> StepKind<To> {
        match self {
            Self::Convolution { x, unfold, weights, residual, activation } => StepKind::Convolution {
                x: place(x),
                unfold,
                weights,
                residual: residual.map(|(id, channels)| (place(id), channels)),
                activation,
            },
            Self::Depthwise { x, weights, bias, size, channels, activation } => {
                StepKind::Depthwise { x: place(x), weights, bias, size, channels, activation }
            }
            Self::MaxPool { x, size, channels } => StepKind::MaxPool { x: place(x), size, channels },
            Self::PadChannels { x, from, to } => StepKind::PadChannels { x: place(x), from, to },
            Self::Activate { x, channels, activation } => {
                StepKind::Activate { x: place(x), channels, activation }
            }
            Self::Unary { x, operator } => StepKind::Unary { x: place(x), operator },
            Self::Binary(Binary { operator, a, b, shape, strides }) => {
                StepKind::Binary(Binary { operator, a: a.map(place), b: b.map(place), shape, strides })
            }
            Self::Reduce { x, length, inner, mean } => StepKind::Reduce { x: place(x), length, inner, mean },
            Self::Transpose { x, rows, columns } => StepKind::Transpose { x: place(x), rows, columns },
            Self::Slice { x, shape, ranges } => StepKind::Slice { x: place(x), shape, ranges },
            Self::Concatenate { parts } => StepKind::Concatenate {
                parts: parts.into_iter().map(|(operand, values)| (operand.map(place), values)).collect(),
            },
            Self::Copy { x } => StepKind::Copy { x: place(x) },
        }
    }
}

impl Step {
    /// Computes `out` from the other buffers; buffers may be longer than their tensor.
    pub(super) fn run(&self, buffers: &[Vec<f32>], scratch: &mut [f32], out: &mut [f32]) {
        match &self.kind {
            StepKind::Convolution { x, unfold: windows, weights, residual, activation } => {
                let input = buffers[*x].as_slice();
                let x = if let Some((size, channels)) = windows {
                    let length = size.out_height * size.out_width * weights.inputs;
                    unfold(input, size, *channels, &mut scratch[..length]);
                    &scratch[..length]
                } else {
                    input
                };
                let residual = residual.map(|(id, channels)| (buffers[id].as_slice(), channels));
                Pointwise { x, weights, residual, activation, out }.dispatch();
            }
            StepKind::Depthwise { x, weights, bias, size, channels, activation } => {
                let (size, channels) = (*size, *channels);
                Depthwise { x: &buffers[*x], weights, bias, size, channels, activation, out }.dispatch();
            }
            StepKind::MaxPool { x, size, channels } => max_pool(&buffers[*x], size, *channels, out),
            StepKind::PadChannels { x, from, to } => {
                for (out, row) in out.chunks_exact_mut(*to).zip(buffers[*x].chunks_exact(*from)) {
                    out[..*from].copy_from_slice(row);
                    out[*from..].fill(0.0);
                }
            }
            StepKind::Activate { x, channels, activation } => {
                out.copy_from_slice(&buffers[*x][..self.length]);
                activation.rows(out, *channels);
            }
            StepKind::Unary { x, operator } => {
                let apply: fn(f32) -> f32 = match operator {
                    UnaryOperator::Negate => |v| -v,
                    UnaryOperator::SquareRoot => f32::sqrt,
                    UnaryOperator::InverseSquareRoot => |v| 1.0 / v.sqrt(),
                    UnaryOperator::Logistic => |v| 1.0 / (1.0 + (-v).exp()),
                };
                for (out, value) in out.iter_mut().zip(&buffers[*x]) {
                    *out = apply(*value);
                }
            }
            StepKind::Binary(binary) => binary.run(buffers, out),
            StepKind::Reduce { x, length, inner, mean } => {
                let scale = if *mean { 1.0 / *length as f32 } else { 1.0 };
                for (out, block) in out.chunks_exact_mut(*inner).zip(buffers[*x].chunks_exact(length * inner))
                {
                    for (lane, out) in out.iter_mut().enumerate() {
                        *out = block.iter().skip(lane).step_by(*inner).sum::<f32>() * scale;
                    }
                }
            }
            StepKind::Transpose { x, rows, columns } => {
                let blocks = buffers[*x].chunks_exact(rows * columns);
                for (out, block) in out.chunks_exact_mut(rows * columns).zip(blocks) {
                    for (column, out) in out.chunks_exact_mut(*rows).enumerate() {
                        for (out, value) in out.iter_mut().zip(block.iter().skip(column).step_by(*columns)) {
                            *out = *value;
                        }
                    }
                }
            }
            StepKind::Slice { x, shape, ranges } => slice(&buffers[*x], shape, ranges, out),
            StepKind::Concatenate { parts } => {
                let whole: usize = parts.iter().map(|(_, values)| values).sum();
                let mut offset = 0;
                for (part, values) in parts {
                    let part = resolve(part, buffers);
                    for (out, row) in out.chunks_exact_mut(whole).zip(part.chunks_exact(*values)) {
                        out[offset..offset + values].copy_from_slice(row);
                    }
                    offset += values;
                }
            }
            StepKind::Copy { x } => out.copy_from_slice(&buffers[*x][..self.length]),
        }
    }
}

fn resolve<'a>(operand: &'a Operand<usize>, buffers: &'a [Vec<f32>]) -> &'a [f32] {
    match operand {
        Operand::Buffer(slot) => &buffers[*slot],
        Operand::Constant(values) => values,
    }
}

impl Binary<usize> {
    fn run(&self, buffers: &[Vec<f32>], out: &mut [f32]) {
        let (a, b) = (resolve(&self.a, buffers), resolve(&self.b, buffers));
        match self.operator {
            BinaryOperator::Add => self.rows(a, b, out, |a, b| a + b),
            BinaryOperator::Subtract => self.rows(a, b, out, |a, b| a - b),
            BinaryOperator::Multiply => self.rows(a, b, out, |a, b| a * b),
            BinaryOperator::Divide => self.rows(a, b, out, |a, b| a / b),
            BinaryOperator::SquaredDifference => self.rows(a, b, out, |a, b| (a - b) * (a - b)),
        }
    }

    fn rows(&self, a: &[f32], b: &[f32], out: &mut [f32], apply: impl Fn(f32, f32) -> f32) {
        let [_, planes, rows, width] = self.shape;
        let (sa, sb) = self.strides;
        for (index, out) in out.chunks_exact_mut(width).enumerate() {
            let at = [index / (rows * planes), index / rows % planes, index % rows];
            let start = |s: &[usize; 4]| at[0] * s[0] + at[1] * s[1] + at[2] * s[2];
            let (a, b) = (&a[start(&sa)..], &b[start(&sb)..]);
            // A stride of the last axis is 0 or 1.
            match (sa[3], sb[3]) {
                (0, 0) => out.fill(apply(a[0], b[0])),
                (0, _) => out.iter_mut().zip(b).for_each(|(out, b)| *out = apply(a[0], *b)),
                (_, 0) => out.iter_mut().zip(a).for_each(|(out, a)| *out = apply(*a, b[0])),
                _ => out.iter_mut().zip(a).zip(b).for_each(|((out, a), b)| *out = apply(*a, *b)),
            }
        }
    }
}

fn slice(x: &[f32], shape: &[usize; 4], ranges: &[(usize, usize); 4], out: &mut [f32]) {
    let [_, planes, rows, width] = *shape;
    let [batch, plane, row, column] = *ranges;
    let mut rows_out = out.chunks_exact_mut(column.1 - column.0);
    for n in batch.0..batch.1 {
        for p in plane.0..plane.1 {
            for r in row.0..row.1 {
                let start = ((n * planes + p) * rows + r) * width;
                if let Some(out) = rows_out.next() {
                    out.copy_from_slice(&x[start + column.0..start + column.1]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(kind: StepKind<usize>, input: &[f32], length: usize) -> Vec<f32> {
        let mut out = vec![f32::NAN; length];
        let mut scratch = vec![f32::NAN; 4096];
        Step { kind, out: 1, length }.run(&[input.to_vec()], &mut scratch, &mut out);
        out
    }

    fn windows(size: usize, kernel: usize, stride: usize, out: usize, pad: usize) -> Windows {
        Windows {
            height: size,
            width: size,
            out_height: out,
            out_width: out,
            kernel_h: kernel,
            kernel_w: kernel,
            stride_h: stride,
            stride_w: stride,
            pad_top: pad,
            pad_left: pad,
        }
    }

    /// A direct convolution, written for reading.
    fn convolve(x: &[f32], w: &[f32], bias: &[f32], size: Windows, channels: usize, each: bool) -> Vec<f32> {
        let outputs = bias.len();
        let mut out = Vec::new();
        for y in 0..size.out_height {
            for column in 0..size.out_width {
                for o in 0..outputs {
                    let mut sum = bias[o];
                    for ky in 0..size.kernel_h {
                        for kx in 0..size.kernel_w {
                            let row = (y * size.stride_h + ky)
                                .checked_sub(size.pad_top)
                                .filter(|&v| v < size.height);
                            let col = (column * size.stride_w + kx)
                                .checked_sub(size.pad_left)
                                .filter(|&v| v < size.width);
                            let (Some(row), Some(col)) = (row, col) else { continue };
                            for c in 0..channels {
                                let at = (row * size.width + col) * channels + c;
                                let tap = ky * size.kernel_w + kx;
                                if each && c == o {
                                    sum += x[at] * w[tap * channels + c];
                                } else if !each {
                                    sum +=
                                        x[at] * w[(o * size.kernel_h * size.kernel_w + tap) * channels + c];
                                }
                            }
                        }
                    }
                    out.push(sum);
                }
            }
        }
        out
    }

    /// Numbers in -1..1 that repeat on every run.
    fn numbers(count: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..count).map(|_| next()).collect()
    }

    fn assert_near(got: &[f32], expect: &[f32], name: &str) {
        assert_eq!(got.len(), expect.len(), "{name}");
        for (got, expect) in got.iter().zip(expect) {
            assert!((got - expect).abs() < 1e-4, "{name}: {got} for {expect}");
        }
    }

    #[test]
    fn convolutions_agree_with_the_definition() {
        // Sizes that fill neither the pixel tile nor the channel block, and every padding the networks use.
        for (name, size, channels, outputs) in [
            ("1 x 1", windows(5, 1, 1, 5, 0), 7, 19),
            ("1 x 1, whole blocks", windows(6, 1, 1, 6, 0), 16, 32),
            ("2 x 2 stride 2 valid", windows(6, 2, 2, 3, 0), 3, 5),
            ("3 x 3 stride 2 same, even", windows(6, 3, 2, 3, 0), 3, 17),
            ("3 x 3 same", windows(5, 3, 1, 5, 1), 2, 3),
            ("5 x 5 stride 2 same", windows(8, 5, 2, 4, 1), 3, 24),
            ("one pixel", windows(2, 2, 1, 1, 0), 4, 33),
        ] {
            let pixels = size.out_height * size.out_width;
            let x = numbers(size.height * size.width * channels, 1);
            let taps = size.kernel_h * size.kernel_w;
            let (w, bias) = (numbers(outputs * taps * channels, 2), numbers(outputs, 3));
            let kind = StepKind::Convolution {
                x: 0,
                unfold: (taps > 1).then_some((size, channels)),
                weights: PackedWeights::new(&w, Some(&bias), outputs),
                residual: None,
                activation: Activation::None,
            };
            let expect = convolve(&x, &w, &bias, size, channels, false);
            assert_near(&run(kind, &x, pixels * outputs), &expect, name);
        }
        for (name, size, channels) in
            [("same", windows(5, 3, 1, 5, 1), 6), ("stride 2 even", windows(6, 3, 2, 3, 0), 20)]
        {
            let x = numbers(size.height * size.width * channels, 4);
            let (weights, bias) = (numbers(9 * channels, 5), numbers(channels, 6));
            let expect = convolve(&x, &weights, &bias, size, channels, true);
            let kind =
                StepKind::Depthwise { x: 0, weights, bias, size, channels, activation: Activation::None };
            assert_near(&run(kind, &x, expect.len()), &expect, name);
        }
    }

    #[test]
    fn a_convolution_ends_with_its_residual_and_its_slope() {
        // Three pixels, one input, two outputs; the residual has one channel only.
        let weights = PackedWeights::new(&[1.0, -1.0], Some(&[0.0, 0.5]), 2);
        let mut slopes = vec![0.5, 0.1];
        slopes.resize(16, 0.0);
        let kind = StepKind::Convolution {
            x: 0,
            unfold: None,
            weights,
            residual: Some((0, 1)),
            activation: Activation::Prelu(slopes),
        };
        assert_near(&run(kind, &[1.0, -2.0, 3.0], 6), &[2.0, -0.05, -2.0, 2.5, 6.0, -0.25], "prelu");
    }

    #[test]
    fn small_operators() {
        let x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let binary = |operator, b: &[f32], strides| {
            let (a, b) = (Operand::Buffer(0), Operand::Constant(b.to_vec()));
            StepKind::Binary(Binary { operator, a, b, shape: [1, 1, 2, 3], strides: ([6, 6, 3, 1], strides) })
        };
        for (name, kind, expect) in [
            (
                "transpose",
                StepKind::Transpose { x: 0, rows: 2, columns: 3 },
                vec![1.0, 4.0, 2.0, 5.0, 3.0, 6.0],
            ),
            ("mean of rows", StepKind::Reduce { x: 0, length: 3, inner: 1, mean: true }, vec![2.0, 5.0]),
            (
                "sum of columns",
                StepKind::Reduce { x: 0, length: 2, inner: 3, mean: false },
                vec![5.0, 7.0, 9.0],
            ),
            (
                "pad",
                StepKind::PadChannels { x: 0, from: 3, to: 4 },
                vec![1.0, 2.0, 3.0, 0.0, 4.0, 5.0, 6.0, 0.0],
            ),
            (
                "row",
                binary(BinaryOperator::Subtract, &[1.0, 2.0, 3.0], [0, 0, 0, 1]),
                vec![0.0, 0.0, 0.0, 3.0, 3.0, 3.0],
            ),
            (
                "column",
                binary(BinaryOperator::Multiply, &[2.0, 3.0], [0, 0, 1, 0]),
                vec![2.0, 4.0, 6.0, 12.0, 15.0, 18.0],
            ),
            (
                "one",
                binary(BinaryOperator::SquaredDifference, &[3.0], [0; 4]),
                vec![4.0, 1.0, 0.0, 1.0, 4.0, 9.0],
            ),
            (
                "slice",
                StepKind::Slice { x: 0, shape: [1, 1, 2, 3], ranges: [(0, 1), (0, 1), (1, 2), (0, 2)] },
                vec![4.0, 5.0],
            ),
            (
                "join",
                StepKind::Concatenate {
                    parts: vec![(Operand::Constant(vec![9.0]), 1), (Operand::Buffer(0), 6)],
                },
                vec![9.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
            ),
        ] {
            assert_near(&run(kind, &x, expect.len()), &expect, name);
        }
        let pool = StepKind::MaxPool { x: 0, size: windows(2, 2, 2, 1, 0), channels: 1 };
        assert_near(&run(pool, &[-4.0, -1.0, -3.0, -2.0], 1), &[-1.0], "pool");
    }
}
