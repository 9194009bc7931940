//! The entailment network of `viva_inference::entailment`: MiniLM, fine-tuned on graded answers.
//!
//! All six layers learn; the embeddings stay. Some questions and some answers ([`Held`]) are left out, to show the scorer how far the
//! network may be trusted.

mod network;
mod ops;
mod optimiser;
mod pairs;

use std::path::Path;
use std::time::Duration;

use candle_core::{Device, Tensor};
use sha2::{Digest as _, Sha256};
use viva_inference::entailment::{LABELS, OUTPUTS, PairTokenizer, PairTokens, Tensors, pack};

use self::network::Network;
pub(crate) use self::ops::Dropout;
use self::optimiser::Optimiser;
use self::pairs::{Example, examples, key};
use crate::scorer::{Progress, Random, Row, TrainError, training_rows};

/// Pairs of one step.
const BATCH: usize = 16;
/// Pairs among which those of like length are put together.
const BUCKET: usize = BATCH * 24;
/// Steps between two reports.
const REPORT: usize = 50;

/// Collections that it learns from: those whose answers are short enough, and right or wrong.
const COLLECTIONS: [&str; 2] = ["beetle", "scientsbank"];
/// Times that every answer is seen.
const ROUNDS: usize = 6;

/// How training is done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Decides everything that is drawn.
    pub seed: u64,
    /// Greatest learning rate; ten times this for the head.
    pub rate: f32,
}

impl Default for Options {
    fn default() -> Self {
        Self { seed: 1, rate: 1e-4 }
    }
}

/// Why a row takes no part in training: on such rows the scorer learns how far the network may be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// Its question is new to the network.
    Question,
    /// Its question is known, it is not.
    Answer,
}

impl Held {
    /// Decided by names alone: about one question in twelve, and of the rest one answer in sixteen.
    #[must_use]
    pub fn of(row: &Row) -> Option<Self> {
        let number = |text: &str| Sha256::digest(text.as_bytes())[0];
        if number(&key(row)).is_multiple_of(12) {
            return Some(Self::Question);
        }
        number(&row.item.id).is_multiple_of(16).then_some(Self::Answer)
    }

    /// Whether a network learns from the collection at all.
    #[must_use]
    pub fn takes(set: &str) -> bool {
        COLLECTIONS.contains(&set)
    }
}

/// Fine-tunes the network on the `*.train.jsonl[.gz]` files of a folder; `base` is the folder of asset `embed-minilm-l6-v2`. Gives the bytes for
/// `viva_inference::entailment::Entailment::load`.
///
/// # Errors
/// When the data or the locked weights cannot be read.
pub fn train(
    data: &Path,
    base: &Path,
    options: &Options,
    progress: Progress<'_>,
) -> Result<Vec<u8>, TrainError> {
    let own = training_rows(data)?.into_iter().filter(|row| Held::takes(&row.item.set));
    let (left, used): (Vec<Row>, Vec<Row>) = own.partition(|row| Held::of(row).is_some());
    let rows = examples(&used);
    progress(&format!("{} answers to learn from, {} left out", rows.len(), left.len()));
    let change = follow(&rows, base, options, progress)?;
    let note = format!("seed {}, rate {}, rows left out", options.seed, options.rate);
    Ok(pack(&change, &note)?)
}

/// Trains the network; gives what changed in it.
fn follow(
    rows: &[Example],
    base: &Path,
    options: &Options,
    progress: Progress<'_>,
) -> Result<Tensors, TrainError> {
    let tokenizer = PairTokenizer::load(base)?;
    let network = Network::load(base, options.seed)?;
    let mut random = Random::new(options.seed);
    let rounds: Vec<Vec<Vec<Example>>> = (0..ROUNDS).map(|_| batches(rows, &mut random)).collect();
    let steps = rounds.iter().map(Vec::len).sum();
    let mut optimiser = Optimiser::new(network.variables(), options.rate, steps)?;
    #[expect(clippy::disallowed_methods, reason = "how long it will take is told to the person who waits")]
    let begun = std::time::Instant::now();
    let (mut step, mut total, mut hits, mut seen) = (0, 0.0, 0, 0);
    for (round, batches) in rounds.iter().enumerate() {
        for batch in batches {
            let found = slope(&network, &tokenizer, batch, random.next())?;
            optimiser.step(&found.gradient);
            network.set(&optimiser.values())?;
            step += 1;
            (total, hits, seen) = (total + found.loss, hits + found.hits, seen + batch.len());
            if step % REPORT == 0 {
                let left = begun.elapsed().mul_f64((steps - step) as f64 / step as f64);
                progress(&format!(
                    "round {} of {ROUNDS}, step {step} of {steps}: loss {:.3}, {:.1} % right, {} left",
                    round + 1,
                    total / REPORT as f32,
                    100.0 * hits as f32 / seen as f32,
                    minutes(left)
                ));
                (total, hits, seen) = (0.0, 0, 0);
            }
        }
    }
    Ok(network.change(base, &optimiser.values())?)
}

fn minutes(duration: Duration) -> String {
    let seconds = duration.as_secs();
    format!("{}:{:02} min", seconds / 60, seconds % 60)
}

/// Batches of like length, in no order.
fn batches(rows: &[Example], random: &mut Random) -> Vec<Vec<Example>> {
    let mut all = rows.to_vec();
    random.shuffle(&mut all);
    let length = |e: &Example| e.reference.len() + e.answer.len();
    for bucket in all.chunks_mut(BUCKET) {
        bucket.sort_by_key(length);
    }
    let mut batches: Vec<Vec<Example>> = all.chunks(BATCH).map(<[Example]>::to_vec).collect();
    random.shuffle(&mut batches);
    batches
}

struct Slope {
    gradient: Vec<Vec<f32>>,
    loss: f32,
    hits: usize,
}

/// The gradient of a batch's mean loss. The two halves of the batch run beside each other and are added up in order, so that the number of
/// cores changes nothing.
fn slope(
    network: &Network,
    tokenizer: &PairTokenizer,
    batch: &[Example],
    chance: u64,
) -> Result<Slope, TrainError> {
    let (left, right) = batch.split_at(batch.len().div_ceil(2));
    let half =
        |examples: &[Example], chance: u64| half_slope(network, tokenizer, examples, batch.len(), chance);
    let (first, second) = std::thread::scope(|scope| {
        let second = scope.spawn(|| half(right, chance ^ 0x0dd));
        (half(left, chance), second.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    let (mut first, second) = (first?, second?);
    for (sum, more) in first.gradient.iter_mut().zip(&second.gradient) {
        sum.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
    }
    Ok(Slope { loss: first.loss + second.loss, hits: first.hits + second.hits, ..first })
}

fn half_slope(
    network: &Network,
    tokenizer: &PairTokenizer,
    examples: &[Example],
    of: usize,
    chance: u64,
) -> Result<Slope, TrainError> {
    let variables = network.variables();
    if examples.is_empty() {
        let gradient = variables.iter().map(|v| vec![0.0; v.var.elem_count()]).collect();
        return Ok(Slope { gradient, loss: 0.0, hits: 0 });
    }
    let tokens =
        examples.iter().map(|example| tokenizer.tokens(&example.pair())).collect::<Result<Vec<_>, _>>()?;
    let borrowed: Vec<&PairTokens> = tokens.iter().collect();
    let out = network.forward(&borrowed, Some(Random::new(chance)))?;
    let logits: Vec<f32> = out.flatten_all()?.to_vec1()?;
    let (mut loss, mut hits, mut slopes) = (0.0, 0, Vec::with_capacity(logits.len()));
    for (example, logits) in examples.iter().zip(logits.chunks_exact(OUTPUTS)) {
        let (own, slope, hit) = loss_of(example, logits);
        loss += own / of as f32;
        hits += usize::from(hit);
        slopes.extend(slope.map(|slope| slope / of as f32));
    }
    // The loss is linear in the logits from here on, so that its gradient is the one of the true loss.
    let slopes = Tensor::from_vec(slopes, out.shape(), &Device::Cpu)?;
    let gradient = network.gradients(&(out * slopes)?.sum_all()?.backward()?)?;
    Ok(Slope { gradient, loss, hits })
}

/// Cross-entropy over the labels that the collection knows, plus the squared error of the score; its slope in the logits; whether the
/// likeliest label is right.
fn loss_of(example: &Example, logits: &[f32]) -> (f32, [f32; OUTPUTS], bool) {
    let mut slope = [0.0; OUTPUTS];
    let known = |label: &usize| example.known[*label];
    let most = (0..LABELS.len()).filter(known).map(|label| logits[label]).fold(f32::MIN, f32::max);
    let whole: f32 = (0..LABELS.len()).filter(known).map(|label| (logits[label] - most).exp()).sum();
    let mut likeliest = example.label;
    for label in (0..LABELS.len()).filter(known) {
        slope[label] = (logits[label] - most).exp() / whole - f32::from(u8::from(label == example.label));
        if logits[label] > logits[likeliest] {
            likeliest = label;
        }
    }
    let entropy = whole.ln() + most - logits[example.label];
    let score = 1.0 / (1.0 + (-logits[LABELS.len()]).exp());
    let error = score - example.score;
    slope[LABELS.len()] = 2.0 * error * score * (1.0 - score);
    (entropy + error * error, slope, likeliest == example.label)
}

#[cfg(test)]
mod tests {
    use viva_inference::entailment::{Entailment, Pair, unpack};

    use super::*;

    /// The network that is trained and the one that is used are written apart: they must say the same.
    #[test]
    fn what_is_used_is_what_was_trained() {
        let base = viva_models::Cache::from_env().expect("a cache folder").asset("embed-minilm-l6-v2");
        let change = include_bytes!("../../../weights/entailment.safetensors");
        let used = Entailment::load(&base, change);
        let used = used.expect("run `cargo xtask test`, which fetches the models");
        let trained = Network::load(&base, 1).unwrap();
        let mut change = unpack("change", change).unwrap();
        let values: Vec<Vec<f32>> = trained
            .variables()
            .iter()
            .map(|variable| {
                let change = change.remove(variable.name.as_str()).expect("every variable changed");
                if variable.name.starts_with("head.") {
                    return change;
                }
                let before: Vec<f32> = variable.var.flatten_all().unwrap().to_vec1().unwrap();
                before.iter().zip(change).map(|(before, change)| before + change).collect()
            })
            .collect();
        trained.set(&values.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap();
        let reference = "The water was evaporated, leaving the salt.";
        let long = "and then we waited for the water ".repeat(40);
        let pairs: Vec<Pair<'_>> =
            ["let the water evaporate and the salt is left behind", "we did not evaporate it", "", &long]
                .into_iter()
                .map(|answer| Pair { reference, answer })
                .collect();
        let said = used.judge(&pairs).unwrap();
        let tokenizer = PairTokenizer::load(&base).unwrap();
        let tokens: Vec<PairTokens> = pairs.iter().map(|pair| tokenizer.tokens(pair).unwrap()).collect();
        let expected = trained.forward(&tokens.iter().collect::<Vec<_>>(), None).unwrap();
        let expected: Vec<f32> = expected.flatten_all().unwrap().to_vec1().unwrap();
        for (said, expected) in said.iter().zip(expected.chunks_exact(OUTPUTS)) {
            for (a, b) in said.logits.iter().zip(expected) {
                assert!((a - b).abs() < 1e-3, "{said:?} and {expected:?}");
            }
        }
        assert_eq!(used.judge(&pairs[..1]).unwrap()[0], said[0], "alone and in company");
        let label =
            |at: usize| (0..LABELS.len()).max_by(|a, b| said[at].logits[*a].total_cmp(&said[at].logits[*b]));
        assert_eq!(label(0), Some(0), "a good answer is correct: {:?}", said[0]);
        assert_ne!(label(1), Some(0), "its opposite is not: {:?}", said[1]);
    }

    #[test]
    fn the_network_learns_from_collections_whose_answers_are_right_or_wrong() {
        assert!(Held::takes("beetle") && Held::takes("scientsbank") && !Held::takes("saf_en"));
    }

    #[test]
    fn the_loss_has_the_slope_that_it_says() {
        let example = Example {
            reference: String::new(),
            answer: String::new(),
            label: 2,
            score: 0.3,
            known: [true, false, true, true],
        };
        let logits = [0.3, 9.0, -0.4, 1.1, 0.7];
        let (_, slope, hit) = loss_of(&example, &logits);
        assert!(!hit);
        assert_eq!(slope[1], 0.0, "a label that the collection does not know learns nothing");
        for at in 0..OUTPUTS {
            let moved = |step: f32| {
                let mut logits = logits;
                logits[at] += step;
                loss_of(&example, &logits).0
            };
            let quotient = (moved(1e-2) - moved(-1e-2)) / 2e-2;
            assert!((slope[at] - quotient).abs() < 1e-3, "{at}: {} {quotient}", slope[at]);
        }
    }
}
