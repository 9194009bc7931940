//! A fully connected layer on one row, with its weights in the 16 bits in which they are stored.
//!
//! A step of the decoder is bound by reading its weights once; half as many bytes are read in half the time. Every number of 16 bits is one
//! of 32, so that the sums are the same bit for bit. Weights that would lose something are kept in 32 bits.

use half::f16;
use pulp::{Arch, Simd, WithSimd};

use crate::weights::Weights;

/// Independent partial sums, as in [`crate::dense::dot`]: the order of the additions is the same.
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

    /// `out = weight · x + bias`.
    pub(crate) fn apply(&self, x: &[f32], out: &mut [f32]) {
        out.fill(0.0);
        self.add(x, out);
    }

    /// `out += weight · x + bias`: a residual branch.
    pub(crate) fn add(&self, x: &[f32], out: &mut [f32]) {
        let bias = &self.bias;
        match &self.weight {
            Stored::Halves(weight) => dispatch(Rows { weight, of: single, bias, x, out }),
            Stored::Singles(weight) => dispatch(Rows { weight, of: |weight| weight, bias, x, out }),
        }
    }
}

/// Runs `rows` compiled for the widest vectors that the machine has, of those with the same arithmetic everywhere.
fn dispatch(rows: impl WithSimd<Output = ()>) {
    #[cfg(target_arch = "x86_64")]
    if let Some(avx2) = pulp::x86::V3::try_new() {
        return Simd::vectorize(avx2, rows);
    }
    Arch::new().dispatch(rows);
}

/// A finite number of 16 bits.
#[inline(always)]
fn single(half: u16) -> f32 {
    let half = u32::from(half);
    let magnitude = f32::from_bits((half & 0x7fff) << 13) * REBIAS;
    f32::from_bits(magnitude.to_bits() | ((half & 0x8000) << 16))
}

/// Adds the product of every row of the weight, read by `of`, to `out`.
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
        let (x_chunks, x_rest) = x.as_chunks::<LANES>();
        for ((y, row), bias) in out.iter_mut().zip(weight.chunks_exact(x.len())).zip(bias) {
            let (row_chunks, row_rest) = row.as_chunks::<LANES>();
            let mut sums = [0.0; LANES];
            for (weights, x) in row_chunks.iter().zip(x_chunks) {
                for lane in 0..LANES {
                    sums[lane] += of(weights[lane]) * x[lane];
                }
            }
            let rest: f32 = row_rest.iter().zip(x_rest).map(|(weight, x)| of(*weight) * x).sum();
            *y += sums.iter().sum::<f32>() + rest + bias;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dense::Dense;

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
            let dense = Dense::new(weight.clone(), bias.clone());
            let (mut ours, mut theirs) = (vec![1.0; outputs], vec![1.0; outputs]);
            stored.apply(&x, &mut ours);
            dense.apply(&x, &mut theirs);
            assert_eq!(ours, theirs);
            stored.add(&x, &mut ours);
            assert_eq!(ours, theirs.iter().map(|y| y + y).collect::<Vec<_>>());
            let mut row = vec![0.0; inputs];
            stored.copy_row(2, &mut row);
            assert_eq!(row, weight[2 * inputs..3 * inputs]);
        }
    }
}
