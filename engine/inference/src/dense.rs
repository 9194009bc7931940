//! Arithmetic on plain slices, shaped so that the compiler can use vector instructions without any target flag.
//!
//! One step of a small network (a 32 ms frame, one token) is bound by reading its weights once; these loops do that without allocation.
//! Whole sequences go through matrix products instead (`layers.rs`), which use the row functions of this file in place.

use pulp::{Arch, Simd, WithSimd};

use crate::weights::Weights;

/// Independent partial sums of a reduction: enough to hide the latency of an addition in 128-bit registers.
const LANES: usize = 16;

/// Runs loops compiled for the widest vectors that the machine has, of those with the same arithmetic everywhere.
pub(crate) fn dispatch(loops: impl WithSimd<Output = ()>) {
    #[cfg(target_arch = "x86_64")]
    if let Some(avx2) = pulp::x86::V3::try_new() {
        return Simd::vectorize(avx2, loops);
    }
    Arch::new().dispatch(loops);
}

/// A sample as every network here takes it: not-a-number and infinities count as silence, the rest is held in -1..=1.
///
/// One poisoned sample would otherwise stay in a recurrent state for ever.
pub(crate) fn sound_sample(sample: f32) -> f32 {
    if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 }
}

/// Sum of products.
#[inline(always)]
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (a_chunks, a_rest) = a.as_chunks::<LANES>();
    let (b_chunks, b_rest) = b.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for (x, y) in a_chunks.iter().zip(b_chunks) {
        for lane in 0..LANES {
            sums[lane] += x[lane] * y[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
    sums.iter().sum::<f32>() + rest
}

/// A fully connected layer applied to one row. **Shape** weight `[outputs, inputs]`, row-major.
pub(crate) struct Dense {
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl Dense {
    pub(crate) fn new(weight: Vec<f32>, bias: Vec<f32>) -> Self {
        Self { weight, bias }
    }

    /// Takes `name.weight` and `name.bias`.
    pub(crate) fn load(weights: &mut Weights, name: &str, inputs: usize, outputs: usize) -> Self {
        let weight = weights.take(&format!("{name}.weight"), &[outputs, inputs]);
        Self { weight, bias: weights.take(&format!("{name}.bias"), &[outputs]) }
    }

    /// `out = weight · x + bias`.
    pub(crate) fn apply(&self, x: &[f32], out: &mut [f32]) {
        out.fill(0.0);
        self.add(x, out);
    }

    /// `out += weight · x + bias`: a residual branch.
    pub(crate) fn add(&self, x: &[f32], out: &mut [f32]) {
        dispatch(Product { weight: &self.weight, bias: Some(&self.bias), x, out });
    }
}

/// `out += weight · x`. **Shape** weight `[outputs, inputs]`, row-major.
pub(crate) fn add_product(weight: &[f32], x: &[f32], out: &mut [f32]) {
    dispatch(Product { weight, bias: None, x, out });
}

/// Adds a product, and a bias where there is one, to `out`.
struct Product<'a> {
    weight: &'a [f32],
    bias: Option<&'a [f32]>,
    x: &'a [f32],
    out: &'a mut [f32],
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { weight, bias, x, out } = self;
        for (i, (y, row)) in out.iter_mut().zip(weight.chunks_exact(x.len())).enumerate() {
            *y += dot(row, x) + bias.map_or(0.0, |bias| bias[i]);
        }
    }
}

/// Layer normalisation with its affine part.
pub(crate) struct LayerNorm {
    weight: Vec<f32>,
    bias: Vec<f32>,
    epsilon: f32,
}

impl LayerNorm {
    /// Takes `name.weight` and `name.bias`.
    pub(crate) fn load(weights: &mut Weights, name: &str, width: usize, epsilon: f32) -> Self {
        let weight = weights.take(&format!("{name}.weight"), &[width]);
        let bias = weights.take(&format!("{name}.bias"), &[width]);
        Self { weight, bias, epsilon }
    }

    /// One row.
    pub(crate) fn apply(&self, x: &[f32], out: &mut [f32]) {
        let width = x.len() as f32;
        let mean = x.iter().sum::<f32>() / width;
        for (y, x) in out.iter_mut().zip(x) {
            *y = x - mean;
        }
        let scale = (dot(out, out) / width + self.epsilon).sqrt().recip();
        for ((y, weight), bias) in out.iter_mut().zip(&self.weight).zip(&self.bias) {
            *y = *y * scale * weight + bias;
        }
    }

    /// Some rows.
    pub(crate) fn apply_rows(&self, x: &[f32], out: &mut [f32]) {
        for (x, out) in x.chunks_exact(self.width()).zip(out.chunks_exact_mut(self.width())) {
            self.apply(x, out);
        }
    }

    /// Length of a row.
    pub(crate) fn width(&self) -> usize {
        self.weight.len()
    }
}

/// Logistic function.
pub(crate) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// Exponential within 2e-7 relative error, without a branch or a call, so that loops over it vectorise; below -87 it is about 1e-38.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    // Adding 1.5 · 2^23 rounds to an integer and leaves it in the low bits of the mantissa.
    const ROUND: f32 = 12_582_912.0;
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let x = x.clamp(-87.0, 88.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let whole = shifted - ROUND;
    let r = x - whole * LN2_HIGH - whole * LN2_LOW;
    // Taylor series to r^7 on |r| <= ln 2 / 2: truncation 5e-9.
    let mut series = 1.0 / 5040.0;
    for factor in [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        series = series * r + factor;
    }
    let exponent = (shifted.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32).wrapping_add(127);
    series * f32::from_bits((exponent as u32) << 23)
}

/// Error function within 4e-7: a rational function of x² fitted on 0..=3.9 (iteratively reweighted least squares, relative error 2e-8 in exact
/// arithmetic), where erf is 1 - 3e-8.
#[inline(always)]
pub fn erf(x: f32) -> f32 {
    const P: [f32; 6] = [
        std::f32::consts::FRAC_2_SQRT_PI,
        1.896_674_5e-1,
        5.266_816_5e-2,
        3.738_372_7e-3,
        2.850_627_3e-4,
        2.066_467_7e-6,
    ];
    const Q: [f32; 6] = [1.0, 5.014_212e-1, 1.138_192_2e-1, 1.491_433e-2, 1.157_382_5e-3, 3.826_999e-5];
    let x = x.clamp(-3.9, 3.9);
    let square = x * x;
    let (mut p, mut q) = (P[5], Q[5]);
    for i in (0..5).rev() {
        p = p * square + P[i];
        q = q * square + Q[i];
    }
    x * p / q
}

/// Gaussian error linear unit, exact form.
#[inline(always)]
pub(crate) fn gelu(x: f32) -> f32 {
    0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2))
}

/// Turns one row of scores into weights that sum to 1.
#[inline(always)]
pub fn softmax(row: &mut [f32]) {
    let highest = maximum(row);
    let (chunks, rest) = row.as_chunks_mut::<LANES>();
    let mut sums = [0.0; LANES];
    for chunk in chunks {
        for lane in 0..LANES {
            chunk[lane] = exp(chunk[lane] - highest);
            sums[lane] += chunk[lane];
        }
    }
    let mut sum: f32 = sums.iter().sum();
    for x in rest {
        *x = exp(*x - highest);
        sum += *x;
    }
    let scale = sum.recip();
    for x in row {
        *x *= scale;
    }
}

/// Logarithm of the sum of exponentials.
pub(crate) fn log_sum_exp(row: &[f32]) -> f32 {
    let highest = maximum(row);
    let (chunks, rest) = row.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for chunk in chunks {
        for lane in 0..LANES {
            sums[lane] += exp(chunk[lane] - highest);
        }
    }
    let rest: f32 = rest.iter().map(|x| exp(x - highest)).sum();
    highest + (sums.iter().sum::<f32>() + rest).ln()
}

#[inline(always)]
fn maximum(row: &[f32]) -> f32 {
    let (chunks, rest) = row.as_chunks::<LANES>();
    let mut lanes = [f32::MIN; LANES];
    for chunk in chunks {
        for lane in 0..LANES {
            lanes[lane] = lanes[lane].max(chunk[lane]);
        }
    }
    lanes.iter().chain(rest).fold(f32::MIN, |highest, x| highest.max(*x))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponential_is_exact_enough() {
        for step in -8600..8700 {
            let x = step as f32 / 100.0;
            let expected = f64::from(x).exp();
            let error = (f64::from(exp(x)) - expected).abs() / expected;
            assert!(error < 4e-7, "exp({x}) is off by {error:e}");
        }
    }

    #[test]
    fn gelu_agrees_with_the_series_of_erf() {
        // erf(x) = 2/sqrt(pi) · sum (-1)^n x^(2n+1) / (n! (2n+1)), in f64 good to 1e-10 up to |x| = 3.
        for step in -420..=420 {
            let x = f64::from(step) / 100.0;
            let z = x * std::f64::consts::FRAC_1_SQRT_2;
            let (mut term, mut sum) = (z, z);
            for n in 1..80 {
                term *= -z * z / f64::from(n);
                sum += term / f64::from(2 * n + 1);
            }
            let expected = 0.5 * x * (1.0 + sum * std::f64::consts::FRAC_2_SQRT_PI);
            let error = (f64::from(gelu(x as f32)) - expected).abs();
            assert!(error < 1e-6, "gelu({x}) is off by {error:e}");
        }
    }

    #[test]
    fn softmax_sums_to_one_at_every_length() {
        for count in [1_usize, 7, 16, 17, 400] {
            let scores: Vec<f32> = (0..count).map(|i| (i as f32 * 0.37).sin() * 30.0).collect();
            let total: f64 = scores.iter().map(|s| f64::from(*s).exp()).sum();
            let mut row = scores.clone();
            softmax(&mut row);
            assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            assert!((f64::from(log_sum_exp(&scores)) - total.ln()).abs() < 1e-5);
            assert!((f64::from(row[count - 1]) - f64::from(scores[count - 1]).exp() / total).abs() < 1e-5);
        }
    }

    /// A recording replays to the same bits whatever vectors the machine has: both ways of compiling the loops add in the same order.
    #[test]
    fn a_layer_has_the_same_bits_on_every_machine() {
        let wave = |count: usize, step: f32| (0..count).map(|i| (i as f32 * step).sin()).collect::<Vec<_>>();
        for (inputs, outputs) in [(121, 128), (384, 128), (160, 25), (16, 3), (7, 2)] {
            let dense = Dense::new(wave(inputs * outputs, 0.711), wave(outputs, 1.3));
            let x = wave(inputs, 0.37);
            let (mut widest, mut plain) = (vec![0.25; outputs], vec![0.25; outputs]);
            dense.add(&x, &mut widest);
            let product = Product { weight: &dense.weight, bias: Some(&dense.bias), x: &x, out: &mut plain };
            product.with_simd(pulp::Scalar::new());
            let bits = |row: &[f32]| row.iter().map(|y| y.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&widest), bits(&plain), "{inputs} to {outputs}");
            let exact: f64 = dense.weight.iter().zip(&x).map(|(w, x)| f64::from(*w) * f64::from(*x)).sum();
            assert!((exact + f64::from(dense.bias[0]) + 0.25 - f64::from(widest[0])).abs() < 1e-5);
            dense.apply(&x, &mut plain);
            assert_eq!(plain[0].to_bits(), (dot(&dense.weight[..inputs], &x) + dense.bias[0]).to_bits());
        }
    }

    #[test]
    fn unsound_samples_are_silence() {
        for (sample, expect) in
            [(f32::NAN, 0.0), (f32::INFINITY, 0.0), (f32::NEG_INFINITY, 0.0), (1e30, 1.0), (-0.25, -0.25)]
        {
            assert_eq!(sound_sample(sample).to_bits(), f32::to_bits(expect));
        }
    }
}
