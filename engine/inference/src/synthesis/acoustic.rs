//! The acoustic network of hibari: symbols to durations, melody and spectra.
//!
//! **Source**: the graph of `hibari-tts` 0.2.1 (Apache-2.0), de-quantised to f32; parity in `tests/synthesis.rs`.

use viva_speech::{AcousticModel, Acoustics, BINS, PortError, Spectrum};

use super::layers::{ConvBlock, Convolution, LayerNorm, Linear, Rows, TransformerLayer, gelu};
use super::weights::{SynthesisError, Weights};

const NETWORK: &str = "hibari";
const SYMBOLS: usize = 178;
const SPECTRUM_WIDTH: usize = 128;
const PROSODY_WIDTH: usize = 192;
const DECODER_WIDTH: usize = 256;
const HEADS: usize = 2;

/// Reads a string of symbols: embedding, convolutions, then one transformer layer several times over.
#[derive(Debug)]
struct TextTower {
    embedding: Rows,
    convolutions: Vec<ConvBlock>,
    attention: TransformerLayer,
    rounds: usize,
    norm: LayerNorm,
}

impl TextTower {
    fn read(weights: &Weights, name: &str, width: usize, rounds: usize) -> Result<Self, SynthesisError> {
        let embedding = weights.values(&format!("{name}.emb.weight"), &[SYMBOLS, width])?;
        Ok(Self {
            embedding: Rows { values: embedding, width },
            convolutions: (0..2)
                .map(|index| {
                    ConvBlock::read(weights, &format!("{name}.convs.{index}"), width, 2 * width, 5, 1)
                })
                .collect::<Result<_, _>>()?,
            attention: TransformerLayer::read(weights, &format!("{name}.attn"), width, 2 * width, HEADS)?,
            rounds,
            norm: LayerNorm::read(weights, &format!("{name}.norm"), width)?,
        })
    }

    fn forward(&self, ids: &[usize]) -> candle_core::Result<Rows> {
        let mut rows = self.embedding.gather(ids);
        for block in &self.convolutions {
            block.forward(&mut rows)?;
        }
        for _ in 0..self.rounds {
            self.attention.forward(&mut rows)?;
        }
        Ok(self.norm.forward(&rows))
    }
}

/// The acoustic network.
#[derive(Debug)]
pub struct HibariAcoustics {
    spectrum_text: TextTower,
    prosody_text: TextTower,
    duration_hidden: Convolution,
    duration_out: Convolution,
    prosody_in: Convolution,
    prosody: Vec<ConvBlock>,
    prosody_out: Convolution,
    decoder_in: Convolution,
    decoder: Vec<ConvBlock>,
    decoder_norm: LayerNorm,
    head: Linear,
}

impl HibariAcoustics {
    /// The network with the weights of `hibari.safetensors`.
    ///
    /// # Errors
    /// [`SynthesisError`] where the file is not this network's.
    pub fn read(bytes: &[u8]) -> Result<Self, SynthesisError> {
        let weights = &Weights::read(bytes)?;
        let blocks = |name: &str, dilations: &[usize], width: usize, hidden: usize| {
            let block = |(index, &dilation)| {
                ConvBlock::read(weights, &format!("{name}.{index}"), width, hidden, 7, dilation)
            };
            dilations.iter().enumerate().map(block).collect::<Result<Vec<_>, _>>()
        };
        let (prosody, decoder) = (PROSODY_WIDTH, DECODER_WIDTH);
        Ok(Self {
            spectrum_text: TextTower::read(weights, "m.text", SPECTRUM_WIDTH, 4)?,
            prosody_text: TextTower::read(weights, "pn.text", prosody, 6)?,
            duration_hidden: Convolution::read(weights, "pn.dur.0", prosody, prosody, 3)?,
            duration_out: Convolution::read(weights, "pn.dur.2", prosody, 1, 1)?,
            prosody_in: Convolution::read(weights, "pn.pro_in", prosody, prosody, 1)?,
            prosody: blocks("pn.pro", &[1, 2, 4, 8, 1, 2], prosody, 2 * prosody)?,
            prosody_out: Convolution::read(weights, "pn.pro_out", prosody, 4, 1)?,
            decoder_in: Convolution::read(weights, "m.dec_in", SPECTRUM_WIDTH + 2, decoder, 7)?,
            decoder: blocks("m.dec", &[1; 8], decoder, 3 * decoder)?,
            decoder_norm: LayerNorm::read(weights, "m.dec_norm", decoder)?,
            head: Linear::read(weights, "m.head", decoder, 5 * BINS)?,
        })
    }

    fn forward(&self, ids: &[usize], speed: f32) -> candle_core::Result<Acoustics> {
        let prosody_text = self.prosody_text.forward(ids)?;
        let mut hidden = self.duration_hidden.forward(&prosody_text)?;
        gelu(&mut hidden);
        let durations: Vec<u32> = (self.duration_out.forward(&hidden)?.values.iter())
            .map(|value| {
                ((value.exp() - 1.0) / speed).round_ties_even().clamp(1.0, LONGEST_SYMBOL_UNITS) as u32
            })
            .collect();
        let units: Vec<usize> = durations
            .iter()
            .enumerate()
            .flat_map(|(symbol, &count)| std::iter::repeat_n(symbol, count as usize))
            .collect();

        let mut melody = self.prosody_in.forward(&prosody_text.gather(&units))?;
        for block in &self.prosody {
            block.forward(&mut melody)?;
        }
        // Four channels per unit: the fundamental of its two frames, then their second prosody value.
        let melody = self.prosody_out.forward(&melody)?;
        let f0_hz: Vec<f32> =
            melody.values.chunks_exact(4).flat_map(|unit| [unit[0] * 100.0, unit[1] * 100.0]).collect();
        let second: Vec<f32> = melody.values.chunks_exact(4).flat_map(|unit| [unit[2], unit[3]]).collect();

        let text = self.spectrum_text.forward(ids)?;
        let mut input = Rows::zeros(0, SPECTRUM_WIDTH + 2);
        for (frame, (f0, second)) in f0_hz.iter().zip(&second).enumerate() {
            input.values.extend_from_slice(text.row(units[frame / 2]));
            input.values.extend([(f0.max(0.0) + 1.0).ln() / 5.0, *second]);
        }
        let mut rows = self.decoder_in.forward(&input)?;
        for block in &self.decoder {
            block.forward(&mut rows)?;
        }
        let spectra = self.head.forward(&self.decoder_norm.forward(&rows))?;
        let part = |index: usize| {
            let rows = spectra.values.chunks_exact(5 * BINS);
            Spectrum(rows.flat_map(|row| &row[index * BINS..(index + 1) * BINS]).copied().collect())
        };
        Ok(Acoustics {
            durations,
            f0_hz,
            harmonic_log_magnitude: part(0),
            harmonic_phase: part(1),
            noise_log_magnitude: part(2),
            residual_log_magnitude: part(3),
            residual_phase: part(4),
        })
    }
}

/// Five seconds; the network says less than one, and a broken weight file must not ask for all memory.
const LONGEST_SYMBOL_UNITS: f32 = 200.0;

impl AcousticModel for HibariAcoustics {
    fn predict(&mut self, ids: &[u32], speed: f32) -> Result<Acoustics, PortError> {
        let failed = |reason: String| PortError { network: NETWORK, reason };
        if let Some(id) = ids.iter().find(|&&id| id as usize >= SYMBOLS) {
            return Err(failed(format!("symbol {id} is outside the alphabet of {SYMBOLS}")));
        }
        if ids.is_empty() || !speed.is_finite() || speed <= 0.0 {
            return Err(failed(format!("cannot speak {} symbols at speed {speed}", ids.len())));
        }
        let ids: Vec<usize> = ids.iter().map(|&id| id as usize).collect();
        self.forward(&ids, speed).map_err(|error| failed(error.to_string()))
    }
}
