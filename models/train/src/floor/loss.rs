//! One number to make small.

use candle_core::{Result, Tensor};
use viva_floor::forecast::shape::{self, HORIZONS_SECS, OUTCOMES, OUTPUTS, OVERLAPS};

use super::batch::Batch;
use super::network::Said;

/// Weights of the heads: the outcome decides, the others help the layers below.
const OVERLAP: f64 = 1.0;
const ENDS: f64 = 0.15;
const VOICE: f64 = 0.1;
const TEACHER: f64 = 0.2;

/// The loss and its parts: outcome, overlap, echo or another noise, distance from the teacher.
pub(crate) struct Loss {
    pub(crate) total: Tensor,
    /// What the layer of the echo alone has to make small.
    pub(crate) of_echo: Tensor,
    pub(crate) outcome: f32,
    pub(crate) overlap: f32,
    pub(crate) echo: f32,
    pub(crate) teacher: f32,
}

pub(crate) fn loss(said: &Said, batch: &Batch) -> Result<Loss> {
    let logits = said.logits.reshape(((), OUTPUTS))?;
    let head = |from: usize, len: usize| logits.narrow(1, from, len);
    let outcome = classes(&head(0, OUTCOMES)?, &batch.outcome, &batch.outcome_weight)?;
    let overlap = classes(&head(OUTCOMES, OVERLAPS)?, &batch.overlap, &batch.overlap_weight)?;
    let horizons = HORIZONS_SECS.len();
    let ends = binary(&head(OUTCOMES + OVERLAPS, horizons)?, &batch.ends_within)?.mean(1)?;
    let ends = weighted(&ends, &batch.ends_weight)?;
    let voice = binary(&head(shape::VOICE, 1)?, &batch.voice.unsqueeze(1)?)?.squeeze(1)?;
    let voice = weighted(&voice, &batch.voice_weight)?;
    let echo = binary(&head(shape::ECHO, 1)?, &batch.echo.unsqueeze(1)?)?.squeeze(1)?;
    let echo = weighted(&echo, &batch.echo_weight)?;
    let teacher = binary(&said.teacher.flatten_all()?, &batch.teacher)?;
    let teacher = weighted(&teacher, &batch.teacher_weight)?;
    let values = [&outcome, &overlap, &echo, &teacher].map(Tensor::to_scalar);
    let total = (outcome + (overlap * OVERLAP)? + (ends * ENDS)? + (voice * VOICE)?)?;
    // The layer of the echo stands alone: its weight moves nothing else.
    let total = ((total + &echo)? + (teacher * TEACHER)?)?;
    let [outcome, overlap, told, teacher] = values;
    Ok(Loss { total, outcome: outcome?, overlap: overlap?, echo: told?, teacher: teacher?, of_echo: echo })
}

fn classes(logits: &Tensor, target: &Tensor, weight: &Tensor) -> Result<Tensor> {
    let logs = candle_nn::ops::log_softmax(logits, 1)?;
    let chosen = logs.gather(&target.unsqueeze(1)?, 1)?.squeeze(1)?;
    weighted(&chosen.neg()?, weight)
}

/// Cross entropy of logits against 0 or 1: max(x, 0) - x·y + ln(1 + e^-|x|).
fn binary(logits: &Tensor, target: &Tensor) -> Result<Tensor> {
    let soft = (logits.abs()?.neg()?.exp()? + 1.0)?.log()?;
    (logits.relu()? - (logits * target)?)? + soft
}

fn weighted(loss: &Tensor, weight: &Tensor) -> Result<Tensor> {
    let all = weight.sum_all()?.to_scalar::<f32>()?.max(1e-6);
    (loss * weight)?.sum_all()? / f64::from(all)
}
