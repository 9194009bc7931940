//! Smart Turn v3: does this stretch of speech sound finished?

use std::path::Path;

use candle_core::Tensor;
use viva_floor::{END_OF_TURN_WINDOW, EndOfTurn};

use crate::dense::{Dense, LayerNorm, gelu, sigmoid, softmax, sound_sample};
use crate::error::InferenceError;
use crate::layers::Linear;
use crate::log_mel::{LogMel, LogMelExtractor};
use crate::weights::Weights;
use crate::whisper::encoder::{AudioEncoder, EPSILON, EncoderShape};

const WIDTH: usize = 384;
const POOL: usize = 256;
const CLASSIFIER: [usize; 2] = [256, 64];
const SHAPE: EncoderShape = EncoderShape { width: WIDTH, heads: 6, layers: 4, positions: 400 };

/// Smart Turn v3.2: a Whisper encoder over 8 s, attention pooling over time, a small classifier.
///
/// How well it does on interviews is not established: one opinion among others, never a gate by itself.
///
/// **Source**: the float form of Daily's published int8 graph; the reference program's front end.
pub struct SmartTurn {
    front_end: LogMelExtractor,
    encoder: AudioEncoder,
    pool: Linear,
    pool_score: Dense,
    classifier: Classifier,
}

struct Classifier {
    first: Dense,
    norm: LayerNorm,
    second: Dense,
    last: Dense,
}

impl std::fmt::Debug for SmartTurn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmartTurn").finish_non_exhaustive()
    }
}

impl SmartTurn {
    /// Loads the network from the folder of asset `turn-smart-turn-v3.2`.
    ///
    /// # Errors
    /// When the weights file is missing or holds another network.
    pub fn load(folder: &Path) -> Result<Self, InferenceError> {
        let mut weights = Weights::open_folder(folder)?;
        let encoder = AudioEncoder::load(&mut weights, "inner.encoder.", SHAPE)?;
        let pool = Linear::load(&mut weights, "inner.pool_attention.0", WIDTH, POOL)?;
        let pool_score = Dense::load(&mut weights, "inner.pool_attention.2", POOL, 1);
        let [wide, narrow] = CLASSIFIER;
        let classifier = Classifier {
            first: Dense::load(&mut weights, "inner.classifier.0", WIDTH, wide),
            norm: LayerNorm::load(&mut weights, "inner.classifier.1", wide, EPSILON),
            second: Dense::load(&mut weights, "inner.classifier.4", wide, narrow),
            last: Dense::load(&mut weights, "inner.classifier.6", narrow, 1),
        };
        weights.finish()?;
        Ok(Self { front_end: LogMelExtractor::new(), encoder, pool, pool_score, classifier })
    }

    /// What the encoder is shown: the last 8 s of `samples` (16 kHz), silence before shorter ones, at zero mean and unit variance.
    ///
    /// **Shape** `[80, 800]`.
    pub fn features(&mut self, samples: &[f32]) -> LogMel {
        let samples = &samples[samples.len().saturating_sub(END_OF_TURN_WINDOW)..];
        let mut window = vec![0.0; END_OF_TURN_WINDOW - samples.len()];
        window.extend(samples.iter().map(|sample| sound_sample(*sample)));
        let count = window.len() as f64;
        let mean = window.iter().map(|x| f64::from(*x)).sum::<f64>() / count;
        let variance = window.iter().map(|x| (f64::from(*x) - mean).powi(2)).sum::<f64>() / count;
        let scale = (variance + 1e-7).sqrt().recip();
        for x in &mut window {
            *x = ((f64::from(*x) - mean) * scale) as f32;
        }
        self.front_end.extract(&window, END_OF_TURN_WINDOW)
    }

    /// Probability that the turn is complete.
    ///
    /// # Errors
    /// When `features` is longer than 8 s or empty, or the tensor library fails.
    pub fn classify(&self, features: &LogMel) -> Result<f32, InferenceError> {
        if features.frames() == 0 || features.frames() > 2 * SHAPE.positions {
            return Err(InferenceError::Input(format!("{} frames, expected 1 to 800", features.frames())));
        }
        let rows = self.encoder.forward(features)?;
        let pooled = self.pool_rows(&rows)?;
        let Classifier { first, norm, second, last } = &self.classifier;
        let [wide, narrow] = CLASSIFIER;
        let (mut x, mut y) = (vec![0.0; wide], vec![0.0; wide]);
        first.apply(&pooled, &mut x);
        norm.apply(&x, &mut y);
        y.iter_mut().for_each(|y| *y = gelu(*y));
        let mut x = vec![0.0; narrow];
        second.apply(&y, &mut x);
        x.iter_mut().for_each(|x| *x = gelu(*x));
        let mut score = [0.0];
        last.apply(&x, &mut score);
        Ok(sigmoid(score[0]))
    }

    fn pool_rows(&self, rows: &Tensor) -> candle_core::Result<Vec<f32>> {
        let hidden = self.pool.forward(rows)?.tanh()?.flatten_all()?.to_vec1::<f32>()?;
        let mut scores = vec![0.0; hidden.len() / POOL];
        for (score, hidden) in scores.iter_mut().zip(hidden.chunks_exact(POOL)) {
            self.pool_score.apply(hidden, std::slice::from_mut(score));
        }
        softmax(&mut scores);
        let mut pooled = vec![0.0; WIDTH];
        for (row, weight) in rows.flatten_all()?.to_vec1::<f32>()?.chunks_exact(WIDTH).zip(&scores) {
            for (sum, x) in pooled.iter_mut().zip(row) {
                *sum += weight * x;
            }
        }
        Ok(pooled)
    }
}

impl EndOfTurn for SmartTurn {
    fn p_end(&mut self, samples: &[f32]) -> f32 {
        let features = self.features(samples);
        self.classify(&features).expect("8 s always fit, and the shapes were checked at load")
    }
}
