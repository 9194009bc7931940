//! What will happen next on the floor, as probabilities; the port of the network that says so.

pub mod failover;
pub mod shape;
pub mod weights;

use std::fmt;

use serde::Serialize;
use shape::{
    ECHO, HORIZONS_SECS, OUTCOME_ENDED, OUTCOME_SPEAKS, OUTCOMES, OUTPUTS, OVERLAPS, RESUME_EDGES_SECS, VOICE,
};

/// A network that forecasts the floor from the features of each tick. Its memory is carried from tick to tick.
pub trait Forecaster: Send {
    /// Takes the features of the tick that directly follows the last one, in the order of `viva_perception::fusion`.
    /// `in_turn` is true while a turn of the candidate runs. `None` where the outputs are no numbers: the rules judge then.
    fn step(&mut self, features: &[f32], in_turn: bool) -> Option<FloorForecast>;

    /// Forgets everything heard so far.
    fn reset(&mut self);

    /// Why the execution that was chosen will never answer again; another may have taken over.
    fn failure(&self) -> Option<&str> {
        None
    }
}

/// A kind of sound over the assessor's voice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Overlap {
    /// Nothing.
    Nothing,
    /// A listener's sign: "yes", "mm-hm".
    Backchannel,
    /// The candidate wants the floor.
    Interruption,
    /// A knock, a cough, a rustle.
    Noise,
    /// The assessor's own voice, from the loudspeaker.
    Echo,
}

impl fmt::Display for Overlap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "nothing",
            Self::Backchannel => "backchannel",
            Self::Interruption => "interruption",
            Self::Noise => "noise",
            Self::Echo => "echo",
        })
    }
}

/// All kinds, in their order.
pub const KINDS: [Overlap; OVERLAPS + 1] =
    [Overlap::Nothing, Overlap::Backchannel, Overlap::Interruption, Overlap::Noise, Overlap::Echo];

/// The forecast at the end of a tick. All values are probabilities in 0..=1; `outcome` and `overlap` each sum to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloorForecast {
    /// The speaker speaks, goes on within each of [`RESUME_EDGES_SECS`], goes on later, has finished.
    pub outcome: [f32; OUTCOMES],
    /// In the order of [`Overlap`].
    pub overlap: [f32; KINDS.len()],
    /// The turn ends within each of [`HORIZONS_SECS`].
    pub ends_within: [f32; HORIZONS_SECS.len()],
    /// The tick holds the candidate's voice.
    pub voice: f32,
}

impl FloorForecast {
    /// From the network's outputs; `None` unless all are finite.
    #[must_use]
    pub fn from_logits(logits: &[f32; OUTPUTS]) -> Option<Self> {
        if logits.iter().any(|v| !v.is_finite()) {
            return None;
        }
        let (outcome, rest) = logits.split_at(OUTCOMES);
        let (overlap, ends) = rest.split_at(OVERLAPS);
        let [nothing, sign, interruption, noise] = softmax(overlap);
        let echo = sigmoid(logits[ECHO]);
        Some(Self {
            outcome: softmax(outcome),
            overlap: [nothing, sign, interruption, noise * (1.0 - echo), noise * echo],
            ends_within: std::array::from_fn(|i| sigmoid(ends[i])),
            voice: sigmoid(logits[VOICE]),
        })
    }

    /// The turn is over.
    #[must_use]
    pub fn ended(&self) -> f32 {
        self.outcome[OUTCOME_ENDED]
    }

    /// The candidate speaks now.
    #[must_use]
    pub fn speaks(&self) -> f32 {
        self.outcome[OUTCOME_SPEAKS]
    }

    /// The candidate pauses and goes on later than after `secs` (of the edges), given that this is a pause of a turn that is not over.
    #[must_use]
    pub fn pause_exceeds(&self, secs: f32) -> f32 {
        let goes_on = &self.outcome[OUTCOME_SPEAKS + 1..OUTCOME_ENDED];
        let all: f32 = goes_on.iter().sum();
        let later =
            RESUME_EDGES_SECS.iter().position(|&edge| edge > secs + 1e-3).unwrap_or(RESUME_EDGES_SECS.len());
        goes_on[later..].iter().sum::<f32>() / all.max(1e-9)
    }

    /// Seconds of silence that waiting costs for each cut-in that it spares, at the best of all waits up to 3 s.
    ///
    /// Waiting `w` costs `ended · w` seconds of dead air and spares a cut-in wherever the candidate speaks or goes on within `w`.
    /// As soon as this is more than a cut-in is worth, no wait pays and the floor should be taken.
    #[must_use]
    pub fn silence_per_cut_in(&self) -> f32 {
        let mut spared = self.speaks();
        let goes_on = &self.outcome[OUTCOME_SPEAKS + 1..OUTCOME_ENDED];
        goes_on
            .iter()
            .zip(RESUME_EDGES_SECS)
            .take_while(|(_, edge)| *edge <= 3.0)
            .map(|(p, edge)| {
                spared += p;
                self.ended() * edge / spared.max(1e-9)
            })
            .fold(f32::INFINITY, f32::min)
    }

    /// A pause in which a listener's sign fits: the candidate does not speak, is not done and will not go on at once.
    #[must_use]
    pub fn backchannel_opportunity(&self) -> f32 {
        self.outcome[OUTCOME_SPEAKS + 4..OUTCOME_ENDED].iter().sum()
    }

    /// What sounds over the assessor's voice is this.
    #[must_use]
    pub fn overlaps(&self, kind: Overlap) -> f32 {
        self.overlap[kind as usize]
    }
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

fn softmax<const N: usize>(logits: &[f32]) -> [f32; N] {
    let highest = logits.iter().copied().fold(f32::MIN, f32::max);
    let mut out: [f32; N] = std::array::from_fn(|i| (logits[i] - highest).exp());
    let sum: f32 = out.iter().sum();
    out.iter_mut().for_each(|v| *v /= sum);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_sum_to_one_and_rubbish_is_refused() {
        let mut logits = [0.0; OUTPUTS];
        logits[OUTCOME_ENDED] = 80.0;
        logits[OUTCOMES + Overlap::Noise as usize] = 5.0;
        let forecast = FloorForecast::from_logits(&logits).expect("finite");
        assert!((forecast.outcome.iter().sum::<f32>() - 1.0).abs() < 1e-5 && forecast.ended() > 0.99);
        let (noise, echo) = (forecast.overlaps(Overlap::Noise), forecast.overlaps(Overlap::Echo));
        assert!(noise > 0.45 && noise == echo && (forecast.voice - 0.5).abs() < 1e-6);
        assert!((forecast.overlap.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        logits[ECHO] = 4.0;
        let forecast = FloorForecast::from_logits(&logits).expect("finite");
        assert!(forecast.overlaps(Overlap::Echo) > 0.9, "the last output splits the noise");
        logits[3] = f32::NAN;
        assert_eq!(FloorForecast::from_logits(&logits), None);
    }

    #[test]
    fn a_longer_pause_is_never_more_likely() {
        let logits: [f32; OUTPUTS] = std::array::from_fn(|i| (i as f32 * 0.7).sin());
        let forecast = FloorForecast::from_logits(&logits).expect("finite");
        let exceeds: Vec<_> = [0.0, 0.1, 0.4, 1.0, 3.0, 4.5].map(|s| forecast.pause_exceeds(s)).into();
        assert!(exceeds.windows(2).all(|pair| pair[0] >= pair[1]), "{exceeds:?}");
        assert!((exceeds[0] - 1.0).abs() < 1e-5);
    }
}
