//! `AdamW` with a warm-up and a limit on the gradient.
//!
//! **Source**: Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization".

use super::network::Variable;

const BETAS: [f32; 2] = [0.9, 0.999];
const EPSILON: f32 = 1e-8;
const DECAY: f32 = 0.01;
/// Greatest length of the gradient.
const CLIP: f32 = 1.0;
const WARM_UP: f32 = 0.1;
const HEAD_FACTOR: f32 = 10.0;

/// State of one variable.
struct Slot {
    values: Vec<f32>,
    first: Vec<f32>,
    second: Vec<f32>,
    factor: f32,
    decays: bool,
}

/// The optimiser; it owns the values.
pub(super) struct Optimiser {
    slots: Vec<Slot>,
    rate: f32,
    steps: usize,
    step: usize,
}

impl Optimiser {
    pub(super) fn new(variables: &[Variable], rate: f32, steps: usize) -> candle_core::Result<Self> {
        let slots = variables
            .iter()
            .map(|Variable { name, var }| {
                let values: Vec<f32> = var.flatten_all()?.to_vec1()?;
                let none = vec![0.0; values.len()];
                Ok(Slot {
                    first: none.clone(),
                    second: none,
                    values,
                    factor: if name.starts_with("head.") { HEAD_FACTOR } else { 1.0 },
                    decays: var.dims().len() > 1,
                })
            })
            .collect::<candle_core::Result<_>>()?;
        Ok(Self { slots, rate, steps, step: 0 })
    }

    /// Moves the values against the gradients; gives the gradient's length before it was limited.
    pub(super) fn step(&mut self, gradients: &[Vec<f32>]) -> f32 {
        let length = gradients.iter().flatten().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt() as f32;
        let clip = if length > CLIP { CLIP / length } else { 1.0 };
        self.step += 1;
        let done = self.step as f32 / self.steps.max(1) as f32;
        let rate = self.rate * (done / WARM_UP).min((1.0 - done) / (1.0 - WARM_UP)).max(0.0);
        let count = self.step as i32;
        let correction = BETAS.map(|beta| 1.0 - beta.powi(count));
        for (slot, gradient) in self.slots.iter_mut().zip(gradients) {
            let rate = rate * slot.factor;
            let decay = if slot.decays { 1.0 - rate * DECAY } else { 1.0 };
            for (at, g) in gradient.iter().enumerate() {
                let g = g * clip;
                let first = BETAS[0] * slot.first[at] + (1.0 - BETAS[0]) * g;
                let second = BETAS[1] * slot.second[at] + (1.0 - BETAS[1]) * g * g;
                (slot.first[at], slot.second[at]) = (first, second);
                let step = first / correction[0] / ((second / correction[1]).sqrt() + EPSILON);
                slot.values[at] = slot.values[at] * decay - rate * step;
            }
        }
        length
    }

    pub(super) fn values(&self) -> Vec<&[f32]> {
        self.slots.iter().map(|slot| slot.values.as_slice()).collect()
    }
}
