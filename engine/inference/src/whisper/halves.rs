//! A fully connected layer on one row or a few, with its weights in the 16 bits in which they are stored.
//!
//! A step of the decoder is bound by reading its weights once; half as many bytes are read in half the time. Every number of 16 bits is one
//! of 32, so that the sums are the same bit for bit. Weights that would lose something are kept in 32 bits.

use half::f16;
use pulp::{Simd, WithSimd};

use crate::dense::dispatch;
use crate::weights::Weights;

/// Independent partial sums: wide enough to keep the adders of any machine busy, and the same on all.
const LANES: usize = 16;
/// What the exponent of a 16-bit float lacks to be that of a 32-bit one: 2^112.
const REBIAS: f32 = f32::from_bits((127 + 112) << 23);

/// **Shape** weight `[outputs, inputs]`, row-major.
pub(crate) struct StoredDense {
    weight: Stored,
    bias: Vec<f32>,
}

enum Stored {
    Halves(Vec<u16>),
    Singles(Vec<f32>),
}

impl StoredDense {
    pub(crate) fn new(weight: Vec<f32>, bias: Vec<f32>) -> Self {
        let halves: Vec<u16> = weight.iter().map(|weight| f16::from_f32(*weight).to_bits()).collect();
        let is_same = |(half, weight): (&u16, &f32)| single(*half).to_bits() == weight.to_bits();
        let weight = if halves.iter().zip(&weight).all(is_same) {
            Stored::Halves(halves)
        } else {
            Stored::Singles(weight)
        };
        Self { weight, bias }
    }

    /// Takes `name.weight` and `name.bias`.
    pub(crate) fn load(weights: &mut Weights, name: &str, inputs: usize, outputs: usize) -> Self {
        let weight = weights.take(&format!("{name}.weight"), &[outputs, inputs]);
        Self::new(weight, weights.take(&format!("{name}.bias"), &[outputs]))
    }

    /// One row of the weight: the embedding of a token, where the weight is an embedding table.
    pub(crate) fn copy_row(&self, row: usize, out: &mut [f32]) {
        let part = row * out.len()..(row + 1) * out.len();
        match &self.weight {
            Stored::Halves(weight) => {
                for (out, half) in out.iter_mut().zip(&weight[part]) {
                    *out = single(*half);
                }
            }
            Stored::Singles(weight) => out.copy_from_slice(&weight[part]),
        }
    }

    /// `out = weight · x + bias`, for each row of `x`. **Shape** x `[rows, inputs]`, out `[rows, outputs]`.
    pub(crate) fn apply(&self, x: &[f32], out: &mut [f32]) {
        out.fill(0.0);
        self.add(x, out);
    }

    /// `out += weight · x + bias`: a residual branch. Shapes as in [`Self::apply`].
    pub(crate) fn add(&self, x: &[f32], out: &mut [f32]) {
        let bias = &self.bias;
        match &self.weight {
            Stored::Halves(weight) => dispatch(Rows { weight, of: single, bias, x, out }),
            Stored::Singles(weight) => dispatch(Rows { weight, of: |weight| weight, bias, x, out }),
        }
    }
}

/// A finite number of 16 bits.
#[inline(always)]
fn single(half: u16) -> f32 {
    let half = u32::from(half);
    let magnitude = f32::from_bits((half & 0x7fff) << 13) * REBIAS;
    f32::from_bits(magnitude.to_bits() | ((half & 0x8000) << 16))
}

/// Adds the product of every row of the weight, read by `of`, with every row of `x` to `out`.
struct Rows<'a, T, F> {
    weight: &'a [T],
    of: F,
    bias: &'a [f32],
    x: &'a [f32],
    out: &'a mut [f32],
}

impl<T: Copy, F: Fn(T) -> f32> WithSimd for Rows<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { weight, of, bias, x, out } = self;
        let outputs = bias.len();
        let rows = out.len() / outputs.max(1);
        let inputs = x.len() / rows.max(1);
        if rows == 1 {
            for ((y, row), bias) in out.iter_mut().zip(weight.chunks_exact(inputs)).zip(bias) {
                *y += product(row, &of, x) + bias;
            }
            return;
        }
        // Each weight is read once for all rows.
        let mut read = vec![0.0; inputs];
        for (output, (row, bias)) in weight.chunks_exact(inputs).zip(bias).enumerate() {
            for (read, weight) in read.iter_mut().zip(row) {
                *read = of(*weight);
            }
            for (x, out) in x.chunks_exact(inputs).zip(out.chunks_exact_mut(outputs)) {
                out[output] += product(&read, &|weight| weight, x) + bias;
            }
        }
    }
}

/// The product of a row whose numbers are read by `of` with `x`.
#[inline(always)]
pub(crate) fn product<T: Copy>(row: &[T], of: &impl Fn(T) -> f32, x: &[f32]) -> f32 {
    let (row_chunks, row_rest) = row.as_chunks::<LANES>();
    let (x_chunks, x_rest) = x.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for (weights, x) in row_chunks.iter().zip(x_chunks) {
        for lane in 0..LANES {
            sums[lane] += of(weights[lane]) * x[lane];
        }
    }
    // In pairs: one after the other would take as long as all the products of a short row.
    let mut left = LANES;
    while left > 1 {
        left /= 2;
        for lane in 0..left {
            sums[lane] += sums[lane + left];
        }
    }
    let mut rest = 0.0;
    for (weight, x) in row_rest.iter().zip(x_rest) {
        rest += of(*weight) * x;
    }
    sums[0] + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finite_half_is_read() {
        for bits in 0..=u16::MAX {
            let half = f16::from_bits(bits);
            if half.is_finite() {
                assert_eq!(single(bits).to_bits(), half.to_f32().to_bits(), "{bits:#x}");
            }
        }
    }

    #[test]
    fn sums_have_the_bits_of_those_in_32() {
        let (inputs, outputs) = (40, 7);
        let wave = |count: usize, step: f32| (0..count).map(|i| (i as f32 * step).sin()).collect::<Vec<_>>();
        let fine = wave(inputs * outputs, 0.711);
        let coarse: Vec<f32> = fine.iter().map(|weight| f16::from_f32(*weight).to_f32()).collect();
        let (bias, x) = (wave(outputs, 1.3), wave(inputs, 0.37));
        for (weight, is_halves) in [(coarse, true), (fine, false)] {
            let stored = StoredDense::new(weight.clone(), bias.clone());
            assert_eq!(matches!(stored.weight, Stored::Halves(_)), is_halves);
            let single = StoredDense { weight: Stored::Singles(weight.clone()), bias: bias.clone() };
            let (mut ours, mut theirs) = (vec![1.0; outputs], vec![1.0; outputs]);
            stored.apply(&x, &mut ours);
            single.apply(&x, &mut theirs);
            assert_eq!(ours, theirs);
            for ((y, row), bias) in ours.iter().zip(weight.chunks(inputs)).zip(&bias) {
                let exact: f64 = row.iter().zip(&x).map(|(w, x)| f64::from(*w) * f64::from(*x)).sum();
                assert!((exact + f64::from(*bias) - f64::from(*y)).abs() < 1e-5, "{y}");
            }
            stored.add(&x, &mut ours);
            assert_eq!(ours, theirs.iter().map(|y| y + y).collect::<Vec<_>>());
            // Some rows at once are as one after the other.
            let many: Vec<f32> = (0..5).flat_map(|i| x.iter().map(move |x| x * (i as f32 - 1.7))).collect();
            let mut all = vec![0.5; 5 * outputs];
            stored.add(&many, &mut all);
            for (x, all) in many.chunks(inputs).zip(all.chunks(outputs)) {
                let mut one = vec![0.5; outputs];
                stored.add(x, &mut one);
                assert_eq!(all, one);
            }
            let mut row = vec![0.0; inputs];
            stored.copy_row(2, &mut row);
            assert_eq!(row, weight[2 * inputs..3 * inputs]);
        }
    }
}
