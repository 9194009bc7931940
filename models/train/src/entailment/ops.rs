//! Operations with a gradient that the tensor library lacks, or has only in many small steps.

use candle_core::{
    CpuStorage, CustomOp1, CustomOp2, CustomOp3, DType, Device, Layout, Result, Shape, Tensor,
};

use crate::scorer::Random;

/// The values of a contiguous tensor in memory.
fn values<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let CpuStorage::F32(values) = storage else { candle_core::bail!("not f32") };
    let Some((from, to)) = layout.contiguous_offsets() else { candle_core::bail!("not contiguous") };
    Ok(&values[from..to])
}

fn flat(tensor: &Tensor) -> Result<Vec<f32>> {
    debug_assert_eq!(tensor.dtype(), DType::F32);
    tensor.flatten_all()?.to_vec1()
}

fn columns(shape: &[usize]) -> usize {
    *shape.last().expect("a matrix has columns")
}

/// `x + bias` on every row, followed by the exact GELU where asked.
pub(super) struct Bias {
    pub(super) gelu: bool,
}

/// Distribution function and density of the normal distribution.
fn normal(x: f32) -> (f32, f32) {
    let density = viva_inference::dense::exp(-0.5 * x * x) * 0.398_942_3;
    (0.5 * (1.0 + viva_inference::dense::erf(x * std::f32::consts::FRAC_1_SQRT_2)), density)
}

impl CustomOp2 for Bias {
    fn name(&self) -> &'static str {
        "bias"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x, bias) = (values(x, x_layout)?, values(bias, bias_layout)?);
        let mut y = Vec::with_capacity(x.len());
        for row in x.chunks_exact(bias.len()) {
            if self.gelu {
                y.extend(row.iter().zip(bias).map(|(x, b)| (x + b) * normal(x + b).0));
            } else {
                y.extend(row.iter().zip(bias).map(|(x, b)| x + b));
            }
        }
        Ok((CpuStorage::F32(y), x_layout.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        bias: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let mut dx = flat(grad)?;
        let b = flat(bias)?;
        if self.gelu {
            let x = flat(x)?;
            for (dx, x) in dx.chunks_exact_mut(b.len()).zip(x.chunks_exact(b.len())) {
                for ((d, x), b) in dx.iter_mut().zip(x).zip(&b) {
                    let (share, density) = normal(x + b);
                    *d *= share + (x + b) * density;
                }
            }
        }
        let mut db = vec![0.0; b.len()];
        for row in dx.chunks_exact(b.len()) {
            db.iter_mut().zip(row).for_each(|(sum, d)| *sum += d);
        }
        let db = Tensor::from_vec(db, bias.shape(), &Device::Cpu)?;
        Ok((Some(Tensor::from_vec(dx, x.shape(), &Device::Cpu)?), Some(db)))
    }
}

/// Layer normalisation with its affine part.
pub(super) struct LayerNorm {
    pub(super) epsilon: f32,
}

impl LayerNorm {
    /// Mean and reciprocal deviation of a row.
    fn moments(&self, row: &[f32]) -> (f32, f32) {
        let count = row.len() as f32;
        let mean = row.iter().sum::<f32>() / count;
        let variance = row.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>() / count;
        (mean, (variance + self.epsilon).sqrt().recip())
    }
}

impl CustomOp3 for LayerNorm {
    fn name(&self) -> &'static str {
        "layer norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x, weight, bias) =
            (values(x, x_layout)?, values(weight, weight_layout)?, values(bias, bias_layout)?);
        let mut y = Vec::with_capacity(x.len());
        for row in x.chunks_exact(weight.len()) {
            let (mean, scale) = self.moments(row);
            y.extend(row.iter().zip(weight).zip(bias).map(|((x, w), b)| (x - mean) * scale * w + b));
        }
        Ok((CpuStorage::F32(y), x_layout.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        bias: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (xs, w, mut dx) = (flat(x)?, flat(weight)?, flat(grad)?);
        let width = w.len();
        let (mut dw, mut db) = (vec![0.0; width], vec![0.0; width]);
        let mut normal = vec![0.0; width];
        for (d, x) in dx.chunks_exact_mut(width).zip(xs.chunks_exact(width)) {
            let (mean, scale) = self.moments(x);
            normal.iter_mut().zip(x).for_each(|(n, x)| *n = (x - mean) * scale);
            let (mut sum, mut along) = (0.0, 0.0);
            for at in 0..width {
                dw[at] += d[at] * normal[at];
                db[at] += d[at];
                d[at] *= w[at];
                sum += d[at];
                along += d[at] * normal[at];
            }
            let (sum, along) = (sum / width as f32, along / width as f32);
            d.iter_mut().zip(&normal).for_each(|(d, n)| *d = scale * (*d - sum - n * along));
        }
        let vector = |values: Vec<f32>| Tensor::from_vec(values, bias.shape(), &Device::Cpu);
        Ok((Some(Tensor::from_vec(dx, x.shape(), &Device::Cpu)?), Some(vector(dw)?), Some(vector(db)?)))
    }
}

/// Multi-head attention of queries, keys and values inside adjacent runs of rows.
pub(super) struct Attention {
    pub(super) heads: usize,
    /// Lengths of the runs.
    pub(super) runs: Vec<usize>,
    /// Leaves out keys by chance.
    pub(super) dropout: Dropout,
}

impl Attention {
    /// One run of a matrix `[rows, width]` as `[heads, rows, width / heads]`.
    fn by_head(&self, matrix: &[f32], from: usize, rows: usize, width: usize) -> Result<Tensor> {
        let narrow = width / self.heads;
        let mut out = Vec::with_capacity(rows * width);
        for head in 0..self.heads {
            for row in from..from + rows {
                out.extend_from_slice(&matrix[row * width + head * narrow..][..narrow]);
            }
        }
        Tensor::from_vec(out, (self.heads, rows, narrow), &Device::Cpu)
    }

    /// The inverse of [`Self::by_head`], into a matrix.
    fn put_rows(&self, heads: &Tensor, into: &mut [f32], from: usize, width: usize) -> Result<()> {
        let (_, rows, narrow) = heads.dims3()?;
        let found = flat(heads)?;
        for (at, part) in found.chunks_exact(narrow).enumerate() {
            let (head, row) = (at / rows, at % rows);
            into[(from + row) * width + head * narrow..][..narrow].copy_from_slice(part);
        }
        Ok(())
    }

    /// Weights of the keys for each query.
    fn shares(&self, q: &Tensor, k: &Tensor) -> Result<Tensor> {
        let (_, rows, narrow) = q.dims3()?;
        let mut scores = flat(&q.matmul(&k.t()?)?)?;
        let scale = (narrow as f32).sqrt().recip();
        for row in scores.chunks_exact_mut(rows) {
            row.iter_mut().for_each(|x| *x *= scale);
            viva_inference::dense::softmax(row);
        }
        Tensor::from_vec(scores, (self.heads, rows, rows), &Device::Cpu)
    }

    /// What chance leaves of values for each head, query and key of the run that begins at row `from`.
    fn dropped(&self, values: &Tensor, from: usize) -> Result<Tensor> {
        let mut kept = flat(values)?;
        let Dropout { share, seed } = self.dropout;
        Dropout { share, seed: seed.wrapping_add(from as u64) }.apply(&mut kept);
        Tensor::from_vec(kept, values.shape(), &Device::Cpu)
    }
}

impl CustomOp3 for Attention {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn cpu_fwd(
        &self,
        q: &CpuStorage,
        q_layout: &Layout,
        k: &CpuStorage,
        k_layout: &Layout,
        v: &CpuStorage,
        v_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (q, k, v) = (values(q, q_layout)?, values(k, k_layout)?, values(v, v_layout)?);
        let width = columns(q_layout.dims());
        let mut out = vec![0.0; q.len()];
        let mut from = 0;
        for &rows in &self.runs {
            let part = |matrix| self.by_head(matrix, from, rows, width);
            let shares = self.shares(&part(q)?, &part(k)?)?;
            let mixed = self.dropped(&shares, from)?.matmul(&part(v)?)?;
            self.put_rows(&mixed, &mut out, from, width)?;
            from += rows;
        }
        Ok((CpuStorage::F32(out), q_layout.shape().clone()))
    }

    fn bwd(
        &self,
        q: &Tensor,
        k: &Tensor,
        v: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (qs, ks, vs, ds) = (flat(q)?, flat(k)?, flat(v)?, flat(grad)?);
        let width = columns(q.dims());
        let (mut dq, mut dk, mut dv) = (vec![0.0; qs.len()], vec![0.0; qs.len()], vec![0.0; qs.len()]);
        let scale = ((width / self.heads) as f32).sqrt().recip();
        let mut from = 0;
        for &rows in &self.runs {
            let part = |matrix: &[f32]| self.by_head(matrix, from, rows, width);
            let (q, k, v, d) = (part(&qs)?, part(&ks)?, part(&vs)?, part(&ds)?);
            let shares = self.shares(&q, &k)?;
            self.put_rows(&self.dropped(&shares, from)?.t()?.matmul(&d)?, &mut dv, from, width)?;
            let weights = flat(&shares)?;
            let mut slopes = flat(&self.dropped(&d.matmul(&v.t()?)?, from)?)?;
            for (slope, weight) in slopes.chunks_exact_mut(rows).zip(weights.chunks_exact(rows)) {
                let mean: f32 = slope.iter().zip(weight).map(|(s, w)| s * w).sum();
                slope.iter_mut().zip(weight).for_each(|(s, w)| *s = (*s - mean) * w * scale);
            }
            let slopes = Tensor::from_vec(slopes, (self.heads, rows, rows), &Device::Cpu)?;
            self.put_rows(&slopes.matmul(&k)?, &mut dq, from, width)?;
            self.put_rows(&slopes.t()?.matmul(&q)?, &mut dk, from, width)?;
            from += rows;
        }
        let like = |values: Vec<f32>| Tensor::from_vec(values, q.shape(), &Device::Cpu).map(Some);
        Ok((like(dq)?, like(dk)?, like(dv)?))
    }
}

/// Leaves out values by chance, the same ones forwards and backwards.
#[derive(Clone, Copy)]
pub(crate) struct Dropout {
    /// Of 256 values so many are left out.
    pub(crate) share: u8,
    pub(crate) seed: u64,
}

impl Dropout {
    fn apply(&self, values: &mut [f32]) {
        let mut random = Random::new(self.seed);
        let scale = 256.0 / (256.0 - f32::from(self.share));
        for chunk in values.chunks_mut(8) {
            for (x, chance) in chunk.iter_mut().zip(random.next().to_le_bytes()) {
                *x *= if chance < self.share { 0.0 } else { scale };
            }
        }
    }
}

impl CustomOp1 for Dropout {
    fn name(&self) -> &'static str {
        "dropout"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let mut y = values(x, layout)?.to_vec();
        self.apply(&mut y);
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let mut dx = flat(grad)?;
        self.apply(&mut dx);
        Ok(Some(Tensor::from_vec(dx, x.shape(), &Device::Cpu)?))
    }
}

/// The first row of each run beside the mean of its rows.
pub(super) struct Pool {
    pub(super) runs: Vec<usize>,
}

impl CustomOp1 for Pool {
    fn name(&self) -> &'static str {
        "pool"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (x, width) = (values(x, layout)?, columns(layout.dims()));
        let mut pooled = Vec::with_capacity(self.runs.len() * 2 * width);
        let mut from = 0;
        for &rows in &self.runs {
            let own = &x[from * width..(from + rows) * width];
            pooled.extend_from_slice(&own[..width]);
            let mut mean = vec![0.0; width];
            for row in own.chunks_exact(width) {
                mean.iter_mut().zip(row).for_each(|(sum, x)| *sum += x / rows as f32);
            }
            pooled.extend(mean);
            from += rows;
        }
        Ok((CpuStorage::F32(pooled), Shape::from((self.runs.len(), 2 * width))))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let width = columns(x.dims());
        let grad = flat(grad)?;
        let mut dx = Vec::with_capacity(x.elem_count());
        for (&rows, grad) in self.runs.iter().zip(grad.chunks_exact(2 * width)) {
            let first = dx.len();
            for _ in 0..rows {
                dx.extend(grad[width..].iter().map(|d| d / rows as f32));
            }
            dx[first..first + width].iter_mut().zip(grad).for_each(|(sum, d)| *sum += d);
        }
        Ok(Some(Tensor::from_vec(dx, x.shape(), &Device::Cpu)?))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Var;

    use super::*;

    fn some(rows: usize, columns: usize, phase: f32) -> Var {
        let values = (0..rows * columns).map(|i| (i as f32 * 0.7 + phase).sin()).collect::<Vec<f32>>();
        Var::from_vec(values, (rows, columns), &Device::Cpu).unwrap()
    }

    fn vector(count: usize, phase: f32) -> Var {
        let values = (0..count).map(|i| 0.5 + (i as f32 * 1.3 + phase).cos()).collect::<Vec<f32>>();
        Var::from_vec(values, count, &Device::Cpu).unwrap()
    }

    /// Compares every slope that comes back with the difference quotient of a weighed sum of the outputs.
    fn slopes_agree(vars: &[&Var], of: impl Fn() -> Result<Tensor>) {
        let weighed = || -> f64 {
            let out = flat(&of().unwrap()).unwrap();
            out.iter().enumerate().map(|(i, y)| f64::from(*y) * (i as f64 * 0.37 + 0.2).cos()).sum()
        };
        let out = of().unwrap();
        let weights: Vec<f32> = (0..out.elem_count()).map(|i| (i as f64 * 0.37 + 0.2).cos() as f32).collect();
        let weights = Tensor::from_vec(weights, out.shape(), &Device::Cpu).unwrap();
        let grads = (out * weights).unwrap().sum_all().unwrap().backward().unwrap();
        for (number, var) in vars.iter().enumerate() {
            let slopes = flat(grads.get(var).expect("every variable gets a gradient")).unwrap();
            let kept = flat(var.as_tensor()).unwrap();
            for at in 0..kept.len() {
                let mut quotient = 0.0;
                for (step, sign) in [(2e-3_f32, 1.0), (-2e-3, -1.0)] {
                    let mut moved = kept.clone();
                    moved[at] += step;
                    var.set(&Tensor::from_vec(moved, var.shape(), &Device::Cpu).unwrap()).unwrap();
                    quotient += sign * weighed() / 4e-3;
                }
                var.set(&Tensor::from_vec(kept.clone(), var.shape(), &Device::Cpu).unwrap()).unwrap();
                let slope = f64::from(slopes[at]);
                assert!(
                    (slope - quotient).abs() < 4e-3 * (1.0 + slope.abs()),
                    "{number}/{at}: {slope} {quotient}"
                );
            }
        }
    }

    #[test]
    fn every_gradient_is_the_slope() {
        let (x, bias, weight) = (some(4, 6, 0.1), vector(6, 0.3), vector(6, 2.0));
        for gelu in [false, true] {
            slopes_agree(&[&x, &bias], || x.apply_op2(&bias, Bias { gelu }));
        }
        slopes_agree(&[&x, &weight, &bias], || x.apply_op3(&weight, &bias, LayerNorm { epsilon: 1e-5 }));
        slopes_agree(&[&x], || x.apply_op1(Pool { runs: vec![3, 1] }));
        slopes_agree(&[&x], || x.apply_op1(Dropout { share: 100, seed: 3 }));
        let (q, k, v) = (some(5, 6, 0.5), some(5, 6, 1.5), some(5, 6, 2.5));
        for share in [0, 100] {
            let dropout = Dropout { share, seed: 3 };
            let attention = || Attention { heads: 2, runs: vec![2, 3], dropout };
            slopes_agree(&[&q, &k, &v], || q.apply_op3(&k, &v, attention()));
        }
    }
}
