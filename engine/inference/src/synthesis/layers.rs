//! The layers that both networks are made of.
//!
//! Activations are rows of `width` values in plain memory; only the matrix products go through candle, whose kernels
//! use the widest instructions of the machine. At 80 rows per second of speech the copies do not matter.

use candle_core::{Device, Result, Tensor};

use super::weights::{SynthesisError, Weights};

/// Rows of equal width.
///
/// **Shape** `[rows, width]`, row-major.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    pub(super) values: Vec<f32>,
    pub(super) width: usize,
}

impl Rows {
    pub(super) fn zeros(rows: usize, width: usize) -> Self {
        Self { values: vec![0.0; rows * width], width }
    }

    pub(super) fn count(&self) -> usize {
        self.values.len() / self.width
    }

    pub(super) fn row(&self, index: usize) -> &[f32] {
        &self.values[index * self.width..(index + 1) * self.width]
    }

    /// Row `index[k]` as row `k`.
    pub(super) fn gather(&self, index: &[usize]) -> Self {
        let values = index.iter().flat_map(|&row| self.row(row)).copied().collect();
        Self { values, width: self.width }
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (value, other) in self.values.iter_mut().zip(&other.values) {
            *value += other;
        }
    }
}

/// `x W^T + b`.
#[derive(Debug)]
pub(super) struct Linear {
    /// `[inputs, outputs]`.
    weight: Tensor,
    bias: Vec<f32>,
}

impl Linear {
    pub(super) fn read(
        weights: &Weights,
        name: &str,
        inputs: usize,
        outputs: usize,
    ) -> std::result::Result<Self, SynthesisError> {
        Self::named(weights, &format!("{name}.weight"), &format!("{name}.bias"), inputs, outputs)
    }

    fn named(
        weights: &Weights,
        weight: &str,
        bias: &str,
        inputs: usize,
        outputs: usize,
    ) -> std::result::Result<Self, SynthesisError> {
        let weight = weights.tensor(weight, &[outputs, inputs])?.t()?.contiguous()?;
        Ok(Self { weight, bias: weights.values(bias, &[outputs])? })
    }

    pub(super) fn forward(&self, input: &Rows) -> Result<Rows> {
        let left = Tensor::from_slice(&input.values, (input.count(), input.width), &Device::Cpu)?;
        let mut values: Vec<f32> = left.matmul(&self.weight)?.flatten_all()?.to_vec1()?;
        let width = self.bias.len();
        for row in values.chunks_exact_mut(width) {
            for (value, bias) in row.iter_mut().zip(&self.bias) {
                *value += bias;
            }
        }
        Ok(Rows { values, width })
    }
}

/// A convolution over time that mixes channels, zero-padded to the same length.
#[derive(Debug)]
pub(super) struct Convolution {
    linear: Linear,
    kernel: usize,
}

impl Convolution {
    pub(super) fn read(
        weights: &Weights,
        name: &str,
        inputs: usize,
        outputs: usize,
        kernel: usize,
    ) -> std::result::Result<Self, SynthesisError> {
        let weight = weights.tensor(&format!("{name}.weight"), &[outputs, inputs, kernel])?;
        // Rows of the unrolled input run over time first, then over channels.
        let weight = weight.permute((2, 1, 0))?.reshape((kernel * inputs, outputs))?.contiguous()?;
        Ok(Self {
            linear: Linear { weight, bias: weights.values(&format!("{name}.bias"), &[outputs])? },
            kernel,
        })
    }

    pub(super) fn forward(&self, input: &Rows) -> Result<Rows> {
        let (count, width) = (input.count(), input.width);
        let mut unrolled = Rows::zeros(count, self.kernel * width);
        for row in 0..count {
            for tap in 0..self.kernel {
                if let Some(source) =
                    (row + tap).checked_sub(self.kernel / 2).filter(|&source| source < count)
                {
                    let place = (row * self.kernel + tap) * width;
                    unrolled.values[place..place + width].copy_from_slice(input.row(source));
                }
            }
        }
        self.linear.forward(&unrolled)
    }
}

/// Normalises each row, then scales and shifts its channels.
#[derive(Debug)]
pub(super) struct LayerNorm {
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl LayerNorm {
    pub(super) fn read(
        weights: &Weights,
        name: &str,
        width: usize,
    ) -> std::result::Result<Self, SynthesisError> {
        Ok(Self {
            weight: weights.values(&format!("{name}.weight"), &[width])?,
            bias: weights.values(&format!("{name}.bias"), &[width])?,
        })
    }

    pub(super) fn forward(&self, input: &Rows) -> Rows {
        const EPSILON: f32 = 1e-5;
        let mut output = input.clone();
        for row in output.values.chunks_exact_mut(input.width) {
            let mean = row.iter().sum::<f32>() / row.len() as f32;
            let variance = row.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>() / row.len() as f32;
            let scale = 1.0 / (variance + EPSILON).sqrt();
            for ((value, weight), bias) in row.iter_mut().zip(&self.weight).zip(&self.bias) {
                *value = (*value - mean) * scale * weight + bias;
            }
        }
        output
    }
}

/// Gaussian error linear unit with the exact error function.
pub(super) fn gelu(rows: &mut Rows) {
    for value in &mut rows.values {
        *value = 0.5 * *value * (1.0 + error_function(*value * std::f32::consts::FRAC_1_SQRT_2));
    }
}

/// **Source**: Abramowitz and Stegun 7.1.26 in f64, error below 1.5e-7.
fn error_function(x: f32) -> f32 {
    let size = f64::from(x.abs());
    let t = 1.0 / (1.0 + 0.327_591_1 * size);
    let polynomial = t
        * (0.254_829_592
            + t * (-0.284_496_736 + t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429))));
    ((1.0 - polynomial * (-size * size).exp()) as f32).copysign(x)
}

/// Depthwise convolution, norm, and a two-layer perceptron beside the residual path.
#[derive(Debug)]
pub(super) struct ConvBlock {
    /// `[kernel, width]`.
    taps: Vec<f32>,
    bias: Vec<f32>,
    kernel: usize,
    /// Rows from tap to tap.
    dilation: usize,
    norm: LayerNorm,
    expand: Linear,
    contract: Linear,
    gamma: Vec<f32>,
}

impl ConvBlock {
    pub(super) fn read(
        weights: &Weights,
        name: &str,
        width: usize,
        hidden: usize,
        kernel: usize,
        dilation: usize,
    ) -> std::result::Result<Self, SynthesisError> {
        let depthwise = weights.values(&format!("{name}.dw.weight"), &[width, 1, kernel])?;
        let taps = (0..kernel).flat_map(|tap| depthwise.iter().skip(tap).step_by(kernel).copied()).collect();
        Ok(Self {
            taps,
            bias: weights.values(&format!("{name}.dw.bias"), &[width])?,
            kernel,
            dilation,
            norm: LayerNorm::read(weights, &format!("{name}.norm"), width)?,
            expand: Linear::read(weights, &format!("{name}.pw1"), width, hidden)?,
            contract: Linear::read(weights, &format!("{name}.pw2"), hidden, width)?,
            gamma: weights.values(&format!("{name}.gamma"), &[width])?,
        })
    }

    pub(super) fn forward(&self, input: &mut Rows) -> Result<()> {
        let (count, width) = (input.count(), input.width);
        let mut mixed = Rows::zeros(count, width);
        for (row, out) in mixed.values.chunks_exact_mut(width).enumerate() {
            out.copy_from_slice(&self.bias);
            for (tap, weights) in self.taps.chunks_exact(width).enumerate() {
                if let Some(source) = (row + tap * self.dilation)
                    .checked_sub(self.kernel / 2 * self.dilation)
                    .filter(|&source| source < count)
                {
                    for ((out, weight), value) in out.iter_mut().zip(weights).zip(input.row(source)) {
                        *out += weight * value;
                    }
                }
            }
        }
        let mut hidden = self.expand.forward(&self.norm.forward(&mixed))?;
        gelu(&mut hidden);
        let output = self.contract.forward(&hidden)?;
        for (row, out) in input.values.chunks_exact_mut(width).zip(output.values.chunks_exact(width)) {
            for ((value, out), gamma) in row.iter_mut().zip(out).zip(&self.gamma) {
                *value += gamma * out;
            }
        }
        Ok(())
    }
}

/// A pre-norm transformer layer without mask.
#[derive(Debug)]
pub(super) struct TransformerLayer {
    heads: usize,
    norm1: LayerNorm,
    project_in: Linear,
    project_out: Linear,
    norm2: LayerNorm,
    expand: Linear,
    contract: Linear,
}

impl TransformerLayer {
    pub(super) fn read(
        weights: &Weights,
        name: &str,
        width: usize,
        hidden: usize,
        heads: usize,
    ) -> std::result::Result<Self, SynthesisError> {
        let attention = format!("{name}.self_attn");
        Ok(Self {
            heads,
            norm1: LayerNorm::read(weights, &format!("{name}.norm1"), width)?,
            project_in: Linear::named(
                weights,
                &format!("{attention}.in_proj_weight"),
                &format!("{attention}.in_proj_bias"),
                width,
                3 * width,
            )?,
            project_out: Linear::read(weights, &format!("{attention}.out_proj"), width, width)?,
            norm2: LayerNorm::read(weights, &format!("{name}.norm2"), width)?,
            expand: Linear::read(weights, &format!("{name}.linear1"), width, hidden)?,
            contract: Linear::read(weights, &format!("{name}.linear2"), hidden, width)?,
        })
    }

    pub(super) fn forward(&self, input: &mut Rows) -> Result<()> {
        let attended = self.attend(&self.project_in.forward(&self.norm1.forward(input))?)?;
        input.add(&self.project_out.forward(&attended)?);
        let mut hidden = self.expand.forward(&self.norm2.forward(input))?;
        gelu(&mut hidden);
        input.add(&self.contract.forward(&hidden)?);
        Ok(())
    }

    fn attend(&self, projected: &Rows) -> Result<Rows> {
        let (count, width) = (projected.count(), projected.width / 3);
        let depth = width / self.heads;
        let all = Tensor::from_slice(&projected.values, (count, 3, self.heads, depth), &Device::Cpu)?;
        let part = |index: usize| all.narrow(1, index, 1)?.squeeze(1)?.transpose(0, 1)?.contiguous();
        let (query, key, value) = (part(0)?, part(1)?, part(2)?);
        let scores = (query.matmul(&key.transpose(1, 2)?.contiguous()?)? / (depth as f64).sqrt())?;
        let weights = candle_nn::ops::softmax_last_dim(&scores)?;
        let values = weights.matmul(&value)?.transpose(0, 1)?.contiguous()?.flatten_all()?.to_vec1()?;
        Ok(Rows { values, width })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_function_is_exact_enough() {
        for (x, expected) in
            [(0.0, 0.0), (0.5, 0.520_499_9), (-1.0, -0.842_700_8), (2.0, 0.995_322_3), (9.0, 1.0)]
        {
            assert!((error_function(x) - expected).abs() < 3e-7, "{x}: {}", error_function(x));
        }
    }
}
