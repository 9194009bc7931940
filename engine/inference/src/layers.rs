//! Layers over whole sequences: matrix products in candle, everything else in place on their results.
//!
//! Sequences are matrices `[rows, width]`. Weights are transposed once, at load.

use candle_core::{CpuStorage, CustomOp1, Device, InplaceOp1, Layout, Result, Shape, Tensor};
use pulp::{Simd, WithSimd};

use crate::dense::{self, LayerNorm, dispatch};
use crate::weights::Weights;

/// A matrix on the CPU.
pub(crate) fn matrix(values: Vec<f32>, rows: usize, columns: usize) -> Result<Tensor> {
    Tensor::from_vec(values, (rows, columns), &Device::Cpu)
}

/// A fully connected layer on every row.
pub(crate) struct Linear {
    transposed: Tensor,
    bias: Vec<f32>,
}

impl Linear {
    /// From a weight `[outputs, inputs]`; an empty bias stands for none.
    pub(crate) fn new(weight: Vec<f32>, bias: Vec<f32>, inputs: usize, outputs: usize) -> Result<Self> {
        Ok(Self { transposed: matrix(weight, outputs, inputs)?.t()?.contiguous()?, bias })
    }

    /// Takes `name.weight` and `name.bias`.
    pub(crate) fn load(weights: &mut Weights, name: &str, inputs: usize, outputs: usize) -> Result<Self> {
        let weight = weights.take(&format!("{name}.weight"), &[outputs, inputs]);
        let bias = weights.take(&format!("{name}.bias"), &[outputs]);
        Self::new(weight, bias, inputs, outputs)
    }

    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let y = x.matmul(&self.transposed)?;
        if !self.bias.is_empty() {
            y.inplace_op1(&RowsInPlace(AddBias(&self.bias)))?;
        }
        Ok(y)
    }

    /// The layer followed by the exact GELU.
    pub(crate) fn forward_gelu(&self, x: &Tensor) -> Result<Tensor> {
        let y = x.matmul(&self.transposed)?;
        y.inplace_op1(&RowsInPlace(AddBiasGelu(&self.bias)))?;
        Ok(y)
    }
}

/// Layer normalisation of every row.
pub(crate) fn normalise(norm: &LayerNorm, x: &Tensor) -> Result<Tensor> {
    x.apply_op1_no_bwd(&NormaliseRows(norm))
}

/// The names of one self-attention in a weights file.
pub(crate) struct AttentionNames<'a> {
    pub(crate) query: &'a str,
    pub(crate) key: &'a str,
    pub(crate) value: &'a str,
    pub(crate) out: &'a str,
    /// The Whisper family has no bias on keys.
    pub(crate) key_bias: bool,
}

/// Multi-head self-attention without a mask: every row sees every row of its stretch.
pub(crate) struct SelfAttention {
    /// Queries (scaled), keys and values in one product.
    projections: Linear,
    out: Linear,
    heads: usize,
    width: usize,
}

impl SelfAttention {
    pub(crate) fn load(
        weights: &mut Weights,
        prefix: &str,
        names: &AttentionNames<'_>,
        width: usize,
        heads: usize,
    ) -> Result<Self> {
        let (weight, bias) = projections(weights, prefix, names, width, heads);
        let projections = Linear::new(weight, bias, width, 3 * width)?;
        let out = Linear::load(weights, &format!("{prefix}{}", names.out), width, width)?;
        Ok(Self { projections, out, heads, width })
    }

    /// Attention inside each of `stretches`, adjacent runs of rows of `x` given by their lengths.
    pub(crate) fn forward(&self, x: &Tensor, stretches: &[usize]) -> Result<Tensor> {
        let projected = self.projections.forward(x)?;
        let mut first = 0;
        let mut mixed = Vec::with_capacity(stretches.len());
        for &rows in stretches {
            let part = projected.narrow(0, first, rows)?;
            mixed.push(self.mix(&part, &self.keys_values(&part)?)?);
            first += rows;
        }
        let mixed = if let [only] = &mixed[..] { only.clone() } else { Tensor::cat(&mixed, 0)? };
        self.out.forward(&mixed)
    }

    /// Attention of the rows of `x`, and what they offer to rows elsewhere: keys and values, **shape** `[rows, 2 · width]`.
    pub(crate) fn forward_and_offer(&self, x: &Tensor) -> Result<(Tensor, Tensor)> {
        let projected = self.projections.forward(x)?;
        let offered = self.keys_values(&projected)?.contiguous()?;
        Ok((self.out.forward(&self.mix(&projected, &offered)?)?, offered))
    }

    /// Attention of the rows of `x` to a whole of which they are a part: `fill` makes the keys and values of the whole of theirs.
    pub(crate) fn forward_within(
        &self,
        x: &Tensor,
        fill: impl FnOnce(&Tensor) -> Result<Tensor>,
    ) -> Result<Tensor> {
        let projected = self.projections.forward(x)?;
        let offered = fill(&self.keys_values(&projected)?)?;
        self.out.forward(&self.mix(&projected, &offered)?)
    }

    fn keys_values(&self, projected: &Tensor) -> Result<Tensor> {
        projected.narrow(1, self.width, 2 * self.width)
    }

    /// The queries in the first columns of `projected` look at `offered`, keys and values.
    fn mix(&self, projected: &Tensor, offered: &Tensor) -> Result<Tensor> {
        let by_head = |of: &Tensor, part: usize| {
            of.narrow(1, part * self.width, self.width)?
                .reshape((of.dim(0)?, self.heads, self.width / self.heads))?
                .transpose(0, 1)?
                .contiguous()
        };
        let scores = by_head(projected, 0)?.matmul(&by_head(offered, 0)?.t()?)?;
        scores.inplace_op1(&RowsInPlace(Softmax))?;
        scores.matmul(&by_head(offered, 1)?)?.transpose(0, 1)?.reshape((projected.dim(0)?, self.width))
    }
}

/// Weight `[3 width, width]` and bias of query, key and value, one below the other; the query carries the factor 1 / sqrt(head width).
pub(crate) fn projections(
    weights: &mut Weights,
    prefix: &str,
    names: &AttentionNames<'_>,
    width: usize,
    heads: usize,
) -> (Vec<f32>, Vec<f32>) {
    let scale = ((width / heads) as f32).sqrt().recip();
    let mut weight = Vec::with_capacity(3 * width * width);
    let mut bias = Vec::with_capacity(3 * width);
    for (name, scale, with_bias) in
        [(names.query, scale, true), (names.key, 1.0, names.key_bias), (names.value, 1.0, true)]
    {
        let part = weights.take(&format!("{prefix}{name}.weight"), &[width, width]);
        weight.extend(part.iter().map(|w| w * scale));
        let part = if with_bias {
            weights.take(&format!("{prefix}{name}.bias"), &[width])
        } else {
            vec![0.0; width]
        };
        bias.extend(part.iter().map(|b| b * scale));
    }
    (weight, bias)
}

/// What is done to a row in place; inlined, so that it is compiled for the machine's vectors.
trait RowFunction {
    const NAME: &'static str;

    fn apply(&self, row: &mut [f32]);
}

struct AddBias<'a>(&'a [f32]);

impl RowFunction for AddBias<'_> {
    const NAME: &'static str = "add bias";

    #[inline(always)]
    fn apply(&self, row: &mut [f32]) {
        for (y, bias) in row.iter_mut().zip(self.0) {
            *y += bias;
        }
    }
}

struct AddBiasGelu<'a>(&'a [f32]);

impl RowFunction for AddBiasGelu<'_> {
    const NAME: &'static str = "add bias, gelu";

    #[inline(always)]
    fn apply(&self, row: &mut [f32]) {
        for (y, bias) in row.iter_mut().zip(self.0) {
            *y = dense::gelu(*y + bias);
        }
    }
}

struct Softmax;

impl RowFunction for Softmax {
    const NAME: &'static str = "softmax";

    #[inline(always)]
    fn apply(&self, row: &mut [f32]) {
        dense::softmax(row);
    }
}

struct RowsInPlace<F>(F);

impl<F: RowFunction> InplaceOp1 for RowsInPlace<F> {
    fn name(&self) -> &'static str {
        F::NAME
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> Result<()> {
        let CpuStorage::F32(values) = storage else { candle_core::bail!("{}: not f32", F::NAME) };
        let Some((from, to)) = layout.contiguous_offsets() else {
            candle_core::bail!("{}: not contiguous", F::NAME)
        };
        let width = *layout.dims().last().expect("a matrix has columns");
        dispatch(Rows { values: &mut values[from..to], width, function: &self.0 });
        Ok(())
    }
}

struct Rows<'a, F> {
    values: &'a mut [f32],
    width: usize,
    function: &'a F,
}

impl<F: RowFunction> WithSimd for Rows<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for row in self.values.chunks_exact_mut(self.width) {
            self.function.apply(row);
        }
    }
}

struct NormaliseRows<'a>(&'a LayerNorm);

impl CustomOp1 for NormaliseRows<'_> {
    fn name(&self) -> &'static str {
        "layer norm"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let CpuStorage::F32(values) = storage else { candle_core::bail!("layer norm: not f32") };
        let Some((from, to)) = layout.contiguous_offsets() else {
            candle_core::bail!("layer norm: not contiguous")
        };
        let width = self.0.width();
        let mut normalised = vec![0.0; to - from];
        for (x, y) in values[from..to].chunks_exact(width).zip(normalised.chunks_exact_mut(width)) {
            self.0.apply(x, y);
        }
        Ok((CpuStorage::F32(normalised), layout.shape().clone()))
    }
}
