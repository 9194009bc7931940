//! A causal block of the flow-net as one operation: its taps are products over shifted rows, without copying them.

use candle_core::{CpuStorage, CustomOp3, DType, Layout, Result, Shape, Tensor};
use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, s};
use rayon::prelude::*;
use viva_floor::forecast::shape::{CHANNELS, TAPS};

/// `x + W2 · relu(W1 · [x(t), x(t - d), x(t - 2d)] + b1) + b2`.
///
/// **Shape** x `[batch, ticks, C]`; first weight `[C, 3C + 1]` and second `[C, C + 1]`, each with its bias as last column.
pub(crate) struct CausalBlock {
    pub(crate) dilation: usize,
}

/// Gradients of one sequence.
struct Gradients {
    x: Vec<f32>,
    first: Array2<f32>,
    second: Array2<f32>,
}

impl CausalBlock {
    /// Rectified inner values `[ticks, C]` of one sequence.
    fn inner(&self, x: ArrayView2<'_, f32>, first: ArrayView2<'_, f32>) -> Array2<f32> {
        let ticks = x.nrows();
        let bias = first.column(TAPS * CHANNELS);
        let mut inner = Array2::from_shape_fn((ticks, CHANNELS), |(_, c)| bias[c]);
        for tap in 0..TAPS {
            let ago = (tap * self.dilation).min(ticks);
            let weight = first.slice(s![.., tap * CHANNELS..(tap + 1) * CHANNELS]);
            general_mat_mul(
                1.0,
                &x.slice(s![..ticks - ago, ..]),
                &weight.t(),
                1.0,
                &mut inner.slice_mut(s![ago.., ..]),
            );
        }
        inner.mapv_inplace(|v| v.max(0.0));
        inner
    }

    fn forward(
        &self,
        x: ArrayView2<'_, f32>,
        first: ArrayView2<'_, f32>,
        second: ArrayView2<'_, f32>,
        out: &mut [f32],
    ) {
        let inner = self.inner(x, first);
        let mut out = ArrayViewMut2::from_shape((x.nrows(), CHANNELS), out).expect("a row per tick");
        out.assign(&x);
        out += &second.column(CHANNELS);
        general_mat_mul(1.0, &inner, &second.slice(s![.., ..CHANNELS]).t(), 1.0, &mut out);
    }

    fn backward(
        &self,
        x: ArrayView2<'_, f32>,
        first: ArrayView2<'_, f32>,
        second: ArrayView2<'_, f32>,
        out: ArrayView2<'_, f32>,
    ) -> Gradients {
        let ticks = x.nrows();
        let inner = self.inner(x, first);
        let mut grad_second = Array2::zeros((CHANNELS, CHANNELS + 1));
        general_mat_mul(1.0, &out.t(), &inner, 0.0, &mut grad_second.slice_mut(s![.., ..CHANNELS]));
        grad_second.column_mut(CHANNELS).assign(&out.sum_axis(Axis(0)));
        let mut grad_inner = Array2::zeros((ticks, CHANNELS));
        general_mat_mul(1.0, &out, &second.slice(s![.., ..CHANNELS]), 0.0, &mut grad_inner);
        grad_inner.zip_mut_with(&inner, |grad, value| {
            if *value <= 0.0 {
                *grad = 0.0;
            }
        });
        let mut grad_first = Array2::zeros((CHANNELS, TAPS * CHANNELS + 1));
        let mut grad_x = out.to_owned();
        for tap in 0..TAPS {
            let ago = (tap * self.dilation).min(ticks);
            let columns = s![.., tap * CHANNELS..(tap + 1) * CHANNELS];
            let later = grad_inner.slice(s![ago.., ..]);
            let earlier = s![..ticks - ago, ..];
            general_mat_mul(1.0, &later.t(), &x.slice(earlier), 0.0, &mut grad_first.slice_mut(columns));
            general_mat_mul(1.0, &later, &first.slice(columns), 1.0, &mut grad_x.slice_mut(earlier));
        }
        grad_first.column_mut(TAPS * CHANNELS).assign(&grad_inner.sum_axis(Axis(0)));
        Gradients { x: grad_x.into_raw_vec_and_offset().0, first: grad_first, second: grad_second }
    }
}

fn rows(values: &[f32], columns: usize) -> ArrayView2<'_, f32> {
    ArrayView2::from_shape((values.len() / columns, columns), values).expect("whole rows")
}

fn floats<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let (from, to) =
        layout.contiguous_offsets().ok_or(candle_core::Error::RequiresContiguous { op: "causal-block" })?;
    Ok(&storage.as_slice::<f32>()?[from..to])
}

impl CustomOp3 for CausalBlock {
    fn name(&self) -> &'static str {
        "causal-block"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        first: &CpuStorage,
        first_layout: &Layout,
        second: &CpuStorage,
        second_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (_, ticks, _) = x_layout.shape().dims3()?;
        let x = floats(x, x_layout)?;
        let first = rows(floats(first, first_layout)?, TAPS * CHANNELS + 1);
        let second = rows(floats(second, second_layout)?, CHANNELS + 1);
        let mut out = vec![0.0; x.len()];
        out.par_chunks_mut(ticks * CHANNELS)
            .zip(x.par_chunks(ticks * CHANNELS))
            .for_each(|(out, x)| self.forward(rows(x, CHANNELS), first, second, out));
        Ok((CpuStorage::F32(out), x_layout.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        first: &Tensor,
        second: &Tensor,
        _out: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (_, ticks, _) = x.dims3()?;
        let plain = |t: &Tensor| t.to_dtype(DType::F32)?.flatten_all()?.to_vec1::<f32>();
        let (xs, grads, firsts, seconds) = (plain(x)?, plain(grad)?, plain(first)?, plain(second)?);
        let (first_rows, second_rows) = (rows(&firsts, TAPS * CHANNELS + 1), rows(&seconds, CHANNELS + 1));
        let parts: Vec<Gradients> = xs
            .par_chunks(ticks * CHANNELS)
            .zip(grads.par_chunks(ticks * CHANNELS))
            .map(|(x, grad)| self.backward(rows(x, CHANNELS), first_rows, second_rows, rows(grad, CHANNELS)))
            .collect();
        // Summed in the order of the sequences, so that the number of threads does not change the result.
        let mut grad_x = Vec::with_capacity(xs.len());
        let mut grad_first = Array2::zeros(first_rows.raw_dim());
        let mut grad_second = Array2::zeros(second_rows.raw_dim());
        for part in parts {
            grad_x.extend(part.x);
            grad_first += &part.first;
            grad_second += &part.second;
        }
        let tensor = |values: Vec<f32>, like: &Tensor| Tensor::from_vec(values, like.shape(), like.device());
        Ok((
            Some(tensor(grad_x, x)?),
            Some(tensor(grad_first.into_raw_vec_and_offset().0, first)?),
            Some(tensor(grad_second.into_raw_vec_and_offset().0, second)?),
        ))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{D, Device, Var};

    use super::*;

    /// The same block in candle's own operations.
    fn plain(x: &Tensor, first: &Tensor, second: &Tensor, dilation: usize) -> Result<Tensor> {
        let (batch, ticks, _) = x.dims3()?;
        let ago = |n: usize| x.pad_with_zeros(1, n, 0)?.narrow(1, 0, ticks);
        let ones = Tensor::ones((batch, ticks, 1), DType::F32, &Device::Cpu)?;
        let taps = Tensor::cat(&[x, &ago(dilation)?, &ago(2 * dilation)?, &ones], D::Minus1)?;
        let inner = taps.broadcast_matmul(&first.t()?)?.relu()?;
        x + Tensor::cat(&[&inner, &ones], D::Minus1)?.broadcast_matmul(&second.t()?)?
    }

    #[test]
    fn values_and_gradients_are_those_of_the_plain_operations() -> Result<()> {
        let cpu = &Device::Cpu;
        let x = Var::randn(0.0_f32, 1.0, (2, 11, CHANNELS), cpu)?;
        let first = Var::randn(0.0_f32, 0.05, (CHANNELS, TAPS * CHANNELS + 1), cpu)?;
        let second = Var::randn(0.0_f32, 0.05, (CHANNELS, CHANNELS + 1), cpu)?;
        let weight = Tensor::randn(0.0_f32, 1.0, (2, 11, CHANNELS), cpu)?;
        for dilation in [1, 4, 8] {
            let ours = x.apply_op3(&first, &second, CausalBlock { dilation })?;
            let theirs = plain(&x, &first, &second, dilation)?;
            let far = |a: &Tensor, b: &Tensor| -> Result<f32> { (a - b)?.abs()?.max_all()?.to_scalar() };
            assert!(far(&ours, &theirs)? < 1e-4);
            let (ours, theirs) =
                ((ours * &weight)?.sum_all()?.backward()?, (theirs * &weight)?.sum_all()?.backward()?);
            for var in [&x, &first, &second] {
                let (a, b) = (ours.get(var).expect("a gradient"), theirs.get(var).expect("a gradient"));
                assert!(far(a, b)? < 2e-3, "dilation {dilation}");
            }
        }
        Ok(())
    }
}
