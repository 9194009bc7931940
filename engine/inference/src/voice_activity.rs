//! Silero v6: is there speech in these 32 ms?

use std::path::Path;

use viva_perception::voice::{VOICE_ACTIVITY_FRAME, VoiceActivity};

use crate::dense::{Dense, add_product, sigmoid, sound_sample};
use crate::error::InferenceError;
use crate::weights::Weights;

/// Samples of the previous frame that stand before the new ones.
const CONTEXT: usize = 64;
/// Samples mirrored at the right edge.
const MIRROR: usize = 64;
const PADDED: usize = CONTEXT + VOICE_ACTIVITY_FRAME + MIRROR;
const STFT_WINDOW: usize = 256;
const STFT_HOP: usize = 128;
const STFT_STEPS: usize = (PADDED - STFT_WINDOW) / STFT_HOP + 1;
const BINS: usize = STFT_WINDOW / 2 + 1;
const KERNEL: usize = 3;
const STATE: usize = 128;

/// Silero v6 (16 kHz) as plain loops: a short-time spectrum by convolution, four convolutions over time, an LSTM cell.
///
/// `step` allocates nothing and reads each weight once (0.3 M).
///
/// **Source**: the sequence graph of the Silero project's package, tensor by tensor; the gate order of the converted file is i, f, g, o.
pub struct SileroVoiceActivity {
    /// `[258, 256]`: 129 real rows, then 129 imaginary ones.
    stft: Vec<f32>,
    convolutions: [Convolution; 4],
    input_gates: Dense,
    state_gates: Dense,
    last: Vec<f32>,
    last_bias: f32,
    context: [f32; CONTEXT],
    hidden: [f32; STATE],
    cell: [f32; STATE],
    scratch: Scratch,
}

struct Scratch {
    padded: [f32; PADDED],
    /// Real parts, then imaginary ones.
    spectrum: [f32; 2 * BINS],
    /// Values between the layers, `[steps, channels]`: output of one, input of the next.
    values: [Vec<f32>; 2],
    gates: [f32; 4 * STATE],
    more_gates: [f32; 4 * STATE],
}

impl std::fmt::Debug for SileroVoiceActivity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SileroVoiceActivity").finish_non_exhaustive()
    }
}

impl SileroVoiceActivity {
    /// Loads the network from the folder of asset `vad-silero-16k`.
    ///
    /// # Errors
    /// When the weights file is missing or holds another network.
    pub fn load(folder: &Path) -> Result<Self, InferenceError> {
        let mut weights = Weights::open_folder(folder)?;
        let stft = weights.take("stft_conv.weight", &[2 * BINS, 1, STFT_WINDOW]);
        let convolutions = [
            Convolution::load(&mut weights, "conv1", BINS, 128, 1),
            Convolution::load(&mut weights, "conv2", 128, 64, 2),
            Convolution::load(&mut weights, "conv3", 64, 64, 2),
            Convolution::load(&mut weights, "conv4", 64, STATE, 1),
        ];
        let gates = |weights: &mut Weights, side: &str| {
            let weight = weights.take(&format!("lstm_cell.weight_{side}"), &[4 * STATE, STATE]);
            Dense::new(weight, weights.take(&format!("lstm_cell.bias_{side}"), &[4 * STATE]))
        };
        let input_gates = gates(&mut weights, "ih");
        let state_gates = gates(&mut weights, "hh");
        let last = weights.take("final_conv.weight", &[1, STATE, 1]);
        let last_bias = weights.take("final_conv.bias", &[1])[0];
        weights.finish()?;
        let most = STFT_STEPS * BINS.max(STATE);
        Ok(Self {
            stft,
            convolutions,
            input_gates,
            state_gates,
            last,
            last_bias,
            context: [0.0; CONTEXT],
            hidden: [0.0; STATE],
            cell: [0.0; STATE],
            scratch: Scratch {
                padded: [0.0; PADDED],
                spectrum: [0.0; 2 * BINS],
                values: [vec![0.0; most], vec![0.0; most]],
                gates: [0.0; 4 * STATE],
                more_gates: [0.0; 4 * STATE],
            },
        })
    }
}

impl VoiceActivity for SileroVoiceActivity {
    fn step(&mut self, frame: &[f32; VOICE_ACTIVITY_FRAME]) -> f32 {
        let Self { stft, convolutions, input_gates, state_gates, context, hidden, cell, scratch, .. } = self;
        let Scratch { padded, spectrum, values: [front, back], gates, more_gates } = scratch;

        padded[..CONTEXT].copy_from_slice(context);
        for (slot, sample) in padded[CONTEXT..].iter_mut().zip(frame) {
            *slot = sound_sample(*sample);
        }
        let edge = CONTEXT + VOICE_ACTIVITY_FRAME;
        for i in 0..MIRROR {
            padded[edge + i] = padded[edge - 2 - i];
        }
        context.copy_from_slice(&padded[edge - CONTEXT..edge]);

        for step in 0..STFT_STEPS {
            spectrum.fill(0.0);
            add_product(stft, &padded[step * STFT_HOP..][..STFT_WINDOW], spectrum);
            let (real, imaginary) = spectrum.split_at(BINS);
            for (slot, (real, imaginary)) in front[step * BINS..].iter_mut().zip(real.iter().zip(imaginary)) {
                *slot = (real * real + imaginary * imaginary).sqrt();
            }
        }
        let mut steps = STFT_STEPS;
        for convolution in convolutions {
            steps = convolution.apply(front, steps, back);
            std::mem::swap(front, back);
        }
        debug_assert_eq!(steps, 1, "the strides reduce one frame to one step");

        input_gates.apply(&front[..STATE], gates);
        state_gates.apply(hidden, more_gates);
        for (gate, more) in gates.iter_mut().zip(more_gates) {
            *gate += *more;
        }
        for i in 0..STATE {
            let (input, forget) = (sigmoid(gates[i]), sigmoid(gates[STATE + i]));
            let (candidate, output) = (gates[2 * STATE + i].tanh(), sigmoid(gates[3 * STATE + i]));
            cell[i] = forget * cell[i] + input * candidate;
            hidden[i] = output * cell[i].tanh();
        }
        let score: f32 = hidden.iter().zip(&self.last).map(|(h, w)| h.max(0.0) * w).sum();
        sigmoid(score + self.last_bias)
    }

    fn reset(&mut self) {
        self.context.fill(0.0);
        self.hidden.fill(0.0);
        self.cell.fill(0.0);
    }
}

/// A convolution over time of width 3, padded by one step of zeros on both sides, followed by a rectifier.
struct Convolution {
    inputs: usize,
    stride: usize,
    /// One matrix `[outputs, inputs]` per tap, so that each product runs over adjacent channels.
    taps: [Vec<f32>; KERNEL],
    bias: Vec<f32>,
}

impl Convolution {
    fn load(weights: &mut Weights, name: &str, inputs: usize, outputs: usize, stride: usize) -> Self {
        let weight = weights.take(&format!("{name}.weight"), &[outputs, inputs, KERNEL]);
        let taps = std::array::from_fn(|tap| weight.iter().skip(tap).step_by(KERNEL).copied().collect());
        Self { inputs, stride, taps, bias: weights.take(&format!("{name}.bias"), &[outputs]) }
    }

    /// `x [steps, inputs]` to `out [answer, outputs]`.
    fn apply(&self, x: &[f32], steps: usize, out: &mut [f32]) -> usize {
        let (inputs, outputs) = (self.inputs, self.bias.len());
        let produced = steps.div_ceil(self.stride);
        for (step, out) in out.chunks_exact_mut(outputs).take(produced).enumerate() {
            out.copy_from_slice(&self.bias);
            for (tap, weight) in self.taps.iter().enumerate() {
                let Some(at) = (step * self.stride + tap).checked_sub(1).filter(|at| *at < steps) else {
                    continue;
                };
                add_product(weight, &x[at * inputs..][..inputs], out);
            }
            for y in out {
                *y = y.max(0.0);
            }
        }
        produced
    }
}
