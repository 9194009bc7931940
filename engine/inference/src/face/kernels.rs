//! The operators' inner loops, on rows of channels.
//!
//! Written as plain loops over fixed-size arrays that the compiler turns into vector code; [`pulp`] compiles each for the
//! widest vectors it knows and picks one at run time.

use pulp::{Simd, WithSimd};

use crate::dense::dispatch;

/// Channels that one inner loop handles: two vectors of AVX2, four of NEON.
pub(super) const LANES: usize = 16;

/// Pixels that share one read of the weights; six rows of sixteen channels fill AVX2's registers.
const PIXELS: usize = 6;

/// What happens to a convolution's sum before it is written.
#[derive(Clone, Debug)]
pub(super) enum Activation {
    /// Nothing.
    None,
    /// Negative values become 0.
    Relu,
    /// Negative values become 0, values over 6 become 6.
    Relu6,
    /// Negative values are multiplied by their channel's slope; padded to whole [`LANES`].
    Prelu(Vec<f32>),
}

impl Activation {
    #[inline(always)]
    fn apply(&self, sum: &mut [f32; LANES], block: usize) {
        match self {
            Self::None => {}
            Self::Relu => *sum = sum.map(|v| v.max(0.0)),
            Self::Relu6 => *sum = sum.map(|v| v.clamp(0.0, 6.0)),
            Self::Prelu(slopes) => {
                let slopes = &slopes.as_chunks::<LANES>().0[block];
                for (value, slope) in sum.iter_mut().zip(slopes) {
                    *value = if *value >= 0.0 { *value } else { *value * slope };
                }
            }
        }
    }

    /// Applies to rows of `channels` in place.
    pub(super) fn rows(&self, values: &mut [f32], channels: usize) {
        match self {
            Self::None => {}
            Self::Relu => values.iter_mut().for_each(|v| *v = v.max(0.0)),
            Self::Relu6 => values.iter_mut().for_each(|v| *v = v.clamp(0.0, 6.0)),
            Self::Prelu(slopes) => {
                for row in values.chunks_exact_mut(channels) {
                    for (value, slope) in row.iter_mut().zip(slopes) {
                        *value = if *value >= 0.0 { *value } else { *value * slope };
                    }
                }
            }
        }
    }
}

/// Multiply and add; fused only where the machine can, for the software version is very slow.
#[inline(always)]
fn mul_add<const FUSED: bool>(a: f32, b: f32, sum: f32) -> f32 {
    if FUSED { a.mul_add(b, sum) } else { a * b + sum }
}

/// A matrix of weights in blocks of [`LANES`] outputs: `[ceil(outputs / LANES)][inputs][LANES]`, padded with zeros.
#[derive(Debug)]
pub(super) struct PackedWeights {
    blocks: Vec<[f32; LANES]>,
    bias: Vec<[f32; LANES]>,
    pub(super) inputs: usize,
    pub(super) outputs: usize,
}

impl PackedWeights {
    /// From rows of weights, one per output: **shape** `[outputs, inputs]`.
    pub(super) fn new(weights: &[f32], bias: Option<&[f32]>, outputs: usize) -> Self {
        let inputs = weights.len() / outputs.max(1);
        let count = outputs.div_ceil(LANES);
        let mut blocks = vec![[0.0; LANES]; count * inputs];
        let mut packed_bias = vec![[0.0; LANES]; count];
        for output in 0..outputs {
            let (block, lane) = (output / LANES, output % LANES);
            for input in 0..inputs {
                blocks[block * inputs + input][lane] = weights[output * inputs + input];
            }
            packed_bias[block][lane] = bias.map_or(0.0, |b| b[output]);
        }
        Self { blocks, bias: packed_bias, inputs, outputs }
    }
}

/// `out[pixel] = activation(weights * x[pixel] + bias + residual[pixel])`.
///
/// **Shape** `x` `[pixels, inputs]`, `out` `[pixels, outputs]`, `residual` `[pixels, residual channels]` with at most as many
/// channels as outputs (missing ones count as 0).
pub(super) struct Pointwise<'a> {
    pub(super) x: &'a [f32],
    pub(super) weights: &'a PackedWeights,
    pub(super) residual: Option<(&'a [f32], usize)>,
    pub(super) activation: &'a Activation,
    pub(super) out: &'a mut [f32],
}

impl WithSimd for Pointwise<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        if S::IS_SCALAR { self.run::<false>() } else { self.run::<true>() }
    }
}

impl Pointwise<'_> {
    pub(super) fn dispatch(self) {
        dispatch(self);
    }

    #[inline(always)]
    fn run<const FUSED: bool>(mut self) {
        let pixels = self.out.len() / self.weights.outputs;
        let mut pixel = 0;
        while pixel + PIXELS <= pixels {
            self.tile::<FUSED, PIXELS>(pixel);
            pixel += PIXELS;
        }
        while pixel < pixels {
            self.tile::<FUSED, 1>(pixel);
            pixel += 1;
        }
    }

    /// `N` pixels from `first` on.
    #[inline(always)]
    fn tile<const FUSED: bool, const N: usize>(&mut self, first: usize) {
        let PackedWeights { blocks, bias, inputs, outputs } = self.weights;
        let (inputs, outputs) = (*inputs, *outputs);
        let x = &self.x[first * inputs..(first + N) * inputs];
        let rows: [&[f32]; N] = std::array::from_fn(|n| &x[n * inputs..(n + 1) * inputs]);
        for (block, (weights, bias)) in blocks.chunks_exact(inputs).zip(bias).enumerate() {
            let mut sums = [*bias; N];
            for (input, weights) in weights.iter().enumerate() {
                for n in 0..N {
                    let value = rows[n][input];
                    for lane in 0..LANES {
                        sums[n][lane] = mul_add::<FUSED>(value, weights[lane], sums[n][lane]);
                    }
                }
            }
            let from = block * LANES;
            let width = LANES.min(outputs - from);
            for (n, mut sum) in sums.into_iter().enumerate() {
                let pixel = first + n;
                if let Some((residual, channels)) = self.residual {
                    let row = &residual[pixel * channels..(pixel + 1) * channels];
                    add_row(&mut sum, row, from);
                }
                self.activation.apply(&mut sum, block);
                let out = &mut self.out[pixel * outputs + from..][..width];
                match <&mut [f32; LANES]>::try_from(out) {
                    Ok(out) => *out = sum,
                    Err(_) => self.out[pixel * outputs + from..][..width].copy_from_slice(&sum[..width]),
                }
            }
        }
    }
}

/// Adds the channels of `row` from `from` on, as many as there are.
#[inline(always)]
fn add_row(sum: &mut [f32; LANES], row: &[f32], from: usize) {
    if let Some(values) = row.get(from..from + LANES).and_then(|r| <&[f32; LANES]>::try_from(r).ok()) {
        for (sum, value) in sum.iter_mut().zip(values) {
            *sum += value;
        }
    } else {
        for (sum, value) in sum.iter_mut().zip(row.iter().skip(from)) {
            *sum += value;
        }
    }
}

/// A 3 x 3 convolution of each channel with itself.
///
/// **Shape** `x` `[height, width, channels]`, `weights` `[3, 3, channels]`, `out` `[out height, out width, channels]`.
pub(super) struct Depthwise<'a> {
    pub(super) x: &'a [f32],
    pub(super) weights: &'a [f32],
    pub(super) bias: &'a [f32],
    pub(super) size: Windows,
    pub(super) channels: usize,
    pub(super) activation: &'a Activation,
    pub(super) out: &'a mut [f32],
}

/// Where windows of a convolution or a pool lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Windows {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) out_height: usize,
    pub(super) out_width: usize,
    pub(super) kernel_h: usize,
    pub(super) kernel_w: usize,
    pub(super) stride_h: usize,
    pub(super) stride_w: usize,
    /// Rows missing above the first window, columns missing left of it.
    pub(super) pad_top: usize,
    pub(super) pad_left: usize,
}

impl Windows {
    /// The part of the kernel that lies within the input at `out`: kernel range and the input position of its start.
    #[inline(always)]
    fn span(out: usize, stride: usize, pad: usize, kernel: usize, size: usize) -> (usize, usize, usize) {
        let start = out * stride;
        let from = pad.saturating_sub(start);
        let to = kernel.min((size + pad).saturating_sub(start));
        (from, to, (start + from).saturating_sub(pad))
    }
}

impl WithSimd for Depthwise<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        if S::IS_SCALAR { self.run::<false>() } else { self.run::<true>() }
    }
}

impl Depthwise<'_> {
    pub(super) fn dispatch(self) {
        dispatch(self);
    }

    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        let (size, channels) = (self.size, self.channels);
        let row_length = size.out_width * channels;
        for (y, out) in self.out.chunks_exact_mut(row_length).enumerate() {
            let (ky_from, ky_to, y_from) =
                Windows::span(y, size.stride_h, size.pad_top, size.kernel_h, size.height);
            for (x, out) in out.chunks_exact_mut(channels).enumerate() {
                let (kx_from, kx_to, x_from) =
                    Windows::span(x, size.stride_w, size.pad_left, size.kernel_w, size.width);
                out.copy_from_slice(self.bias);
                for ky in ky_from..ky_to {
                    let row = (y_from + ky - ky_from) * size.width;
                    for kx in kx_from..kx_to {
                        let at = (row + x_from + kx - kx_from) * channels;
                        let weight = (ky * size.kernel_w + kx) * channels;
                        let values = &self.x[at..at + channels];
                        let weights = &self.weights[weight..weight + channels];
                        for ((sum, value), weight) in out.iter_mut().zip(values).zip(weights) {
                            *sum = mul_add::<FUSED>(*value, *weight, *sum);
                        }
                    }
                }
            }
            self.activation.rows(out, channels);
        }
    }
}

/// Copies the windows of `x` row by row, so that a convolution becomes [`Pointwise`].
///
/// **Shape** `x` `[height, width, channels]`, `out` `[out height * out width, kernel_h * kernel_w * channels]`.
pub(super) fn unfold(x: &[f32], size: &Windows, channels: usize, out: &mut [f32]) {
    let window = size.kernel_h * size.kernel_w * channels;
    for (index, out) in out.chunks_exact_mut(window).enumerate() {
        let (y, column) = (index / size.out_width, index % size.out_width);
        let (ky_from, ky_to, y_from) =
            Windows::span(y, size.stride_h, size.pad_top, size.kernel_h, size.height);
        let (kx_from, kx_to, x_from) =
            Windows::span(column, size.stride_w, size.pad_left, size.kernel_w, size.width);
        if ky_to - ky_from < size.kernel_h || kx_to - kx_from < size.kernel_w {
            out.fill(0.0);
        }
        let run = (kx_to - kx_from) * channels;
        for ky in ky_from..ky_to {
            let from = ((y_from + ky - ky_from) * size.width + x_from) * channels;
            let to = (ky * size.kernel_w + kx_from) * channels;
            out[to..to + run].copy_from_slice(&x[from..from + run]);
        }
    }
}

/// The largest value of each channel in each window.
pub(super) fn max_pool(x: &[f32], size: &Windows, channels: usize, out: &mut [f32]) {
    for (index, out) in out.chunks_exact_mut(channels).enumerate() {
        let (y, column) = (index / size.out_width, index % size.out_width);
        let (ky_from, ky_to, y_from) =
            Windows::span(y, size.stride_h, size.pad_top, size.kernel_h, size.height);
        let (kx_from, kx_to, x_from) =
            Windows::span(column, size.stride_w, size.pad_left, size.kernel_w, size.width);
        out.fill(f32::MIN);
        for row in y_from..y_from + ky_to - ky_from {
            for column in x_from..x_from + kx_to - kx_from {
                let at = (row * size.width + column) * channels;
                for (best, value) in out.iter_mut().zip(&x[at..at + channels]) {
                    *best = best.max(*value);
                }
            }
        }
    }
}
