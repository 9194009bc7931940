//! The flow-net as a differentiable graph: the same arithmetic as `viva_inference::flow_net::FlowNet`, whole cases at once.

use candle_core::{D, Device, Result, Tensor};
use candle_nn::{Init, Linear, Module, VarBuilder};
use viva_floor::forecast::shape::{CHANNELS, COUNTER_STEP, COUNTERS, DILATIONS, OUTPUTS, TAPS};
use viva_perception::fusion::FEATURES;

use super::block::CausalBlock;
use crate::entailment::Dropout;

struct Block {
    dilation: usize,
    taps: Linear,
    out: Linear,
}

/// Maps features `[batch, ticks, FEATURES]` to what is [`Said`].
pub(crate) struct Network {
    mean: Tensor,
    scale: Tensor,
    stem: Linear,
    blocks: Vec<Block>,
    gate: Linear,
    value: Linear,
    hidden: Linear,
    heads: Linear,
    echo: Linear,
    teacher: Linear,
}

/// Where the names of the head begin that answers to the teacher; it is no part of the finished weights.
pub(crate) const TEACHER: &str = "teacher.";

/// The layer that tells noise from the assessor's echo.
pub(crate) const ECHO: &str = "echo.";

/// What the network says.
pub(crate) struct Said {
    /// **Shape** `[batch, ticks, OUTPUTS]`.
    pub(crate) logits: Tensor,
    /// Log odds that the teacher takes the turn for complete. **Shape** `[batch, ticks, 1]`.
    pub(crate) teacher: Tensor,
}

/// Every weight begins as the deviation from which the seed draws it (`Fit::draw`): candle's own generator cannot be seeded.
fn linear(vb: &VarBuilder<'_>, inputs: usize, outputs: usize, gain: f64) -> Result<Linear> {
    let weight = Init::Const(gain * (2.0 / inputs as f64).sqrt());
    Ok(Linear::new(
        vb.get_with_hints((outputs, inputs), "weight", weight)?,
        Some(vb.get_with_hints(outputs, "bias", Init::Const(0.0))?),
    ))
}

impl Network {
    /// `mean` and `scale` bring each feature to mean 0 and variance 1; a scale of 0 switches one off.
    pub(crate) fn new(vb: &VarBuilder<'_>, mean: Tensor, scale: Tensor) -> Result<Self> {
        let blocks = DILATIONS
            .iter()
            .enumerate()
            .map(|(i, &dilation)| {
                let vb = vb.pp(format!("block{i}"));
                Ok(Block {
                    dilation,
                    taps: linear(&vb.pp("taps"), TAPS * CHANNELS, CHANNELS, 1.0)?,
                    out: linear(&vb.pp("out"), CHANNELS, CHANNELS, 0.4)?,
                })
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            mean,
            scale,
            stem: linear(&vb.pp("stem"), FEATURES, CHANNELS, 1.0)?,
            blocks,
            gate: linear(&vb.pp("gate"), CHANNELS, COUNTERS, 0.5)?,
            value: linear(&vb.pp("value"), CHANNELS, COUNTERS, 0.5)?,
            hidden: linear(&vb.pp("hidden"), CHANNELS + COUNTERS, CHANNELS, 1.0)?,
            heads: linear(&vb.pp("heads"), CHANNELS, OUTPUTS - 1, 0.3)?,
            echo: linear(&vb.pp(ECHO.trim_end_matches('.')), CHANNELS, 1, 0.3)?,
            teacher: linear(&vb.pp(TEACHER.trim_end_matches('.')), CHANNELS, 1, 0.3)?,
        })
    }

    /// `in_turn` `[batch, ticks, 1]` is 1 while a turn of the candidate runs; the sums count then. `dropout` while training.
    pub(crate) fn forward(
        &self,
        features: &Tensor,
        in_turn: &Tensor,
        dropout: Option<Dropout>,
    ) -> Result<Said> {
        let x = features.broadcast_sub(&self.mean)?.broadcast_mul(&self.scale)?;
        let mut x = self.stem.forward(&x)?.relu()?;
        for block in &self.blocks {
            let op = CausalBlock { dilation: block.dilation };
            x = x.apply_op3(&with_bias(&block.taps)?, &with_bias(&block.out)?, op)?;
        }
        if let Some(dropout) = dropout {
            x = x.apply_op1(dropout)?;
        }
        let gate = candle_nn::ops::sigmoid(&self.gate.forward(&x)?)?;
        let steps = (gate * self.value.forward(&x)?.tanh()?)?.broadcast_mul(in_turn)?;
        let sums = (steps.cumsum(1)? * f64::from(COUNTER_STEP))?;
        let hidden = self.hidden.forward(&Tensor::cat(&[&x, &sums], D::Minus1)?)?.relu()?;
        // It learns from what the network hears for the rest, and changes nothing of that.
        let echo = self.echo.forward(&hidden.detach())?;
        let logits = Tensor::cat(&[&self.heads.forward(&hidden)?, &echo], D::Minus1)?;
        Ok(Said { logits, teacher: self.teacher.forward(&hidden)? })
    }
}

/// The weight with the bias as its last column.
fn with_bias(layer: &Linear) -> Result<Tensor> {
    let bias = layer.bias().expect("every layer of the network has a bias");
    Tensor::cat(&[layer.weight(), &bias.unsqueeze(1)?], 1)
}

/// Mean and scale of each feature over rows of `FEATURES`.
pub(crate) fn standardise<'a>(rows: impl Iterator<Item = &'a [half::f16]>) -> Result<(Tensor, Tensor)> {
    let (mut n, mut sum, mut squares) = (0.0_f64, vec![0.0_f64; FEATURES], vec![0.0_f64; FEATURES]);
    for row in rows {
        n += 1.0;
        for (i, value) in row.iter().enumerate() {
            let value = f64::from(value.to_f32());
            sum[i] += value;
            squares[i] += value * value;
        }
    }
    let mean: Vec<f32> = sum.iter().map(|s| (s / n) as f32).collect();
    let scale: Vec<f32> = squares
        .iter()
        .zip(&sum)
        .map(|(q, s)| {
            let variance = (q / n - (s / n) * (s / n)).max(0.0);
            if variance < 1e-8 { 0.0 } else { (1.0 / variance.sqrt()).min(10.0) as f32 }
        })
        .collect();
    Ok((Tensor::new(mean, &Device::Cpu)?, Tensor::new(scale, &Device::Cpu)?))
}
