//! The reader of words that stand in no dictionary.
//!
//! **Source**: the character transformer of `hibari-tts` 0.2.1 (Apache-2.0), `g2p/oov.py`: four output slots per
//! letter, repeats and blanks collapsed.

use std::collections::HashMap;

use serde::Deserialize;
use viva_speech::{OutOfVocabulary, PortError};

use super::layers::{LayerNorm, Linear, Rows, TransformerLayer};
use super::weights::{SynthesisError, Weights};

const WIDTH: usize = 128;
const HIDDEN: usize = 384;
const LAYERS: usize = 4;
const HEADS: usize = 4;

/// The table `oov.json`.
#[derive(Debug, Deserialize)]
struct Alphabet {
    #[serde(rename = "in")]
    letters: Vec<char>,
    #[serde(rename = "out")]
    phonemes: Vec<char>,
    slots: usize,
    maxlen: usize,
}

/// The network that reads unknown words.
#[derive(Debug)]
pub struct HibariOutOfVocabulary {
    letters: HashMap<char, usize>,
    phonemes: Vec<char>,
    longest: usize,
    embedding: Rows,
    position: Rows,
    layers: Vec<TransformerLayer>,
    norm: LayerNorm,
    head: Linear,
}

impl HibariOutOfVocabulary {
    /// The network with the weights of `oov.safetensors` and the table `oov.json`.
    ///
    /// # Errors
    /// [`SynthesisError`] where the files are not this network's.
    pub fn read(weights: &[u8], alphabet: &[u8]) -> Result<Self, SynthesisError> {
        let alphabet: Alphabet = serde_json::from_slice(alphabet)?;
        let weights = &Weights::read(weights)?;
        // Id 0 is the blank.
        let (inputs, outputs) = (alphabet.letters.len() + 1, alphabet.phonemes.len() + 1);
        let embedding = weights.values("m.emb.weight", &[inputs, WIDTH])?;
        let position = weights.values("m.pos", &[alphabet.maxlen, WIDTH])?;
        let layer =
            |index| TransformerLayer::read(weights, &format!("m.layers.{index}"), WIDTH, HIDDEN, HEADS);
        Ok(Self {
            letters: alphabet
                .letters
                .iter()
                .enumerate()
                .map(|(index, letter)| (*letter, index + 1))
                .collect(),
            longest: alphabet.maxlen,
            embedding: Rows { values: embedding, width: WIDTH },
            position: Rows { values: position, width: WIDTH },
            layers: (0..LAYERS).map(layer).collect::<Result<_, _>>()?,
            norm: LayerNorm::read(weights, "m.norm", WIDTH)?,
            head: Linear::read(weights, "m.head", WIDTH, alphabet.slots * outputs)?,
            phonemes: alphabet.phonemes,
        })
    }

    fn forward(&self, ids: &[usize]) -> candle_core::Result<String> {
        let mut rows = self.embedding.gather(ids);
        let places: Vec<usize> = (0..ids.len()).collect();
        rows.add(&self.position.gather(&places));
        for layer in &self.layers {
            layer.forward(&mut rows)?;
        }
        let scores = self.head.forward(&self.norm.forward(&rows))?;
        let mut phonemes = String::new();
        let mut before = 0;
        for slot in scores.values.chunks_exact(self.phonemes.len() + 1) {
            // The first of equal scores, as the original.
            let best =
                (1..slot.len()).fold(0, |best, index| if slot[index] > slot[best] { index } else { best });
            if best != before && best != 0 {
                phonemes.push(self.phonemes[best - 1]);
            }
            before = best;
        }
        Ok(phonemes)
    }
}

impl OutOfVocabulary for HibariOutOfVocabulary {
    fn pronounce(&mut self, word: &str) -> Result<Option<String>, PortError> {
        let ids: Vec<usize> =
            word.chars().filter_map(|letter| self.letters.get(&letter).copied()).take(self.longest).collect();
        if ids.is_empty() {
            return Ok(None);
        }
        let phonemes = self
            .forward(&ids)
            .map_err(|error| PortError { network: "hibari oov", reason: error.to_string() })?;
        Ok(Some(phonemes))
    }
}
