//! Does an answer say what a reference answer says? MiniLM, fine-tuned on graded short answers.

use std::path::Path;

use tokenizers::Tokenizer;

pub use crate::delta::{Tensors, pack, unpack};
use crate::dense::{add_product, sigmoid};
use crate::encoder::{Encoder, Text, tokenizer};
use crate::error::InferenceError;
use crate::weights::Weights;

/// What an answer may be, in the order of the logits.
pub const LABELS: [&str; 4] = ["correct", "partial", "contradictory", "incorrect"];
/// Rows of the head: the labels, then the score.
pub const OUTPUTS: usize = LABELS.len() + 1;

/// The most tokens of a reference and of an answer; of longer ones the beginning is read.
const MOST_REFERENCE: usize = 96;
const MOST_ANSWER: usize = 128;

/// What is compared. The question is no part of it: with it the network would learn which answers a question gets, in place of
/// comparing two texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair<'a> {
    /// A good answer.
    pub reference: &'a str,
    /// The answer.
    pub answer: &'a str,
}

/// A pair as the network reads it: start, reference, mark, answer, mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairTokens {
    /// Numbers of the vocabulary.
    pub tokens: Vec<u32>,
    /// Where the answer begins, which is of the second token type.
    pub second_from: usize,
}

/// Turns pairs into tokens.
#[derive(Debug)]
pub struct PairTokenizer {
    inner: Tokenizer,
    start: u32,
    mark: u32,
}

/// What the network says of one pair.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    /// By [`LABELS`]; natural logarithms up to a common constant.
    pub logits: [f32; 4],
    /// The expected score, 0 to 1.
    pub score: f32,
}

impl PairTokenizer {
    /// From the folder of asset `embed-minilm-l6-v2`.
    ///
    /// # Errors
    /// When the tokenizer's file is missing or has no marks.
    pub fn load(folder: &Path) -> Result<Self, InferenceError> {
        let inner = tokenizer(folder, 512)?;
        let token = |name: &str| {
            inner.token_to_id(name).ok_or_else(|| InferenceError::Tokenizer(format!("no token {name}")))
        };
        Ok(Self { start: token("[CLS]")?, mark: token("[SEP]")?, inner })
    }

    /// The tokens of one pair: at most 227.
    ///
    /// # Errors
    /// When the tokenizer refuses a text.
    pub fn tokens(&self, pair: &Pair<'_>) -> Result<PairTokens, InferenceError> {
        let of = |text: &str| {
            let encoding = self.inner.encode(text, false);
            encoding
                .map(|encoding| encoding.get_ids().to_vec())
                .map_err(|error| InferenceError::Tokenizer(error.to_string()))
        };
        let (reference, answer) = (of(pair.reference)?, of(pair.answer)?);
        let mut tokens = vec![self.start];
        tokens.extend(reference.iter().take(MOST_REFERENCE));
        tokens.push(self.mark);
        let second_from = tokens.len();
        tokens.extend(answer.iter().take(MOST_ANSWER));
        tokens.push(self.mark);
        Ok(PairTokens { tokens, second_from })
    }
}

/// The fine-tuned network.
pub struct Entailment {
    tokenizer: PairTokenizer,
    encoder: Encoder,
    /// `[5, 2 · 384]`: over the first token's row and the mean of all rows.
    head: Vec<f32>,
    bias: Vec<f32>,
}

impl std::fmt::Debug for Entailment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entailment").field("config", &self.encoder.config).finish_non_exhaustive()
    }
}

impl Entailment {
    /// Loads the locked weights in the folder of asset `embed-minilm-l6-v2`, and what fine-tuning changed in them.
    ///
    /// # Errors
    /// When a file is missing, or the change does not belong to this network.
    pub fn load(folder: &Path, change: &[u8]) -> Result<Self, InferenceError> {
        let mut change = unpack("the entailment network's change", change)?;
        let (head, bias) = (change.remove("head.weight"), change.remove("head.bias"));
        let mut weights = Weights::open_folder(folder)?;
        weights.add(change);
        let encoder = Encoder::load(folder, &mut weights)?;
        weights.finish()?;
        let width = encoder.config.hidden_size;
        let (Some(head), Some(bias)) = (head, bias) else {
            return Err(InferenceError::Input("the entailment network has no head".to_owned()));
        };
        if head.len() != OUTPUTS * 2 * width || bias.len() != OUTPUTS {
            return Err(InferenceError::Input("the entailment network's head has another shape".to_owned()));
        }
        Ok(Self { tokenizer: PairTokenizer::load(folder)?, encoder, head, bias })
    }

    /// Judges pairs. A pair gets the same judgement alone and in company.
    ///
    /// # Errors
    /// When the tokenizer or the tensor library fails.
    pub fn judge(&self, pairs: &[Pair<'_>]) -> Result<Vec<Judged>, InferenceError> {
        let tokens = pairs
            .iter()
            .map(|pair| self.tokenizer.tokens(pair))
            .collect::<Result<Vec<_>, InferenceError>>()?;
        let texts: Vec<Text<'_>> =
            tokens.iter().map(|pair| Text { tokens: &pair.tokens, second_from: pair.second_from }).collect();
        let width = self.encoder.config.hidden_size;
        let mut judged = Vec::with_capacity(pairs.len());
        self.encoder.encode(&texts, |rows| {
            let mut pooled = rows[..width].to_vec();
            pooled.resize(2 * width, 0.0);
            for row in rows.chunks_exact(width) {
                pooled[width..].iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
            }
            let count = (rows.len() / width) as f32;
            pooled[width..].iter_mut().for_each(|x| *x /= count);
            let mut out = self.bias.clone();
            add_product(&self.head, &pooled, &mut out);
            judged.push(Judged { logits: [out[0], out[1], out[2], out[3]], score: sigmoid(out[4]) });
        })?;
        Ok(judged)
    }
}
