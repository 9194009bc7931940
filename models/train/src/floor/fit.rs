//! The fit itself: rounds of passes over heard cases.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Context;
use candle_core::{DType, Device, Tensor, Var};
use candle_nn::{AdamW, Optimizer, ParamsAdamW, VarBuilder, VarMap};
use rand_core::RngCore as _;
use rand_pcg::Pcg64Mcg;
use viva_perception::fusion::{FEATURES, FeatureGroup};

use super::batch::{self, Variation};
use super::examples::Example;
use super::loss;
use super::network::{self, ECHO, Network, TEACHER};
use crate::entailment::Dropout;

/// Some passes over the cases under one learning rate that rises, and falls to next to nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Round {
    /// Of order, variation and dropout.
    pub(crate) seed: u64,
    pub(crate) epochs: usize,
    /// Peak learning rate.
    pub(crate) rate: f64,
    /// The result is the mean of the weights after so many of the last passes.
    pub(crate) average: usize,
    /// Most ticks in a batch.
    pub(crate) batch_ticks: usize,
    /// Share of values that are left out, 0..1.
    pub(crate) dropout: f32,
    /// Only the layer that tells echo from noise learns.
    pub(crate) echo_only: bool,
}

/// The network in training.
pub(crate) struct Fit {
    network: Network,
    weights: VarMap,
    mean: Tensor,
    scale: Tensor,
    /// Streams that the network never gets.
    off: Vec<FeatureGroup>,
}

impl Fit {
    /// Weights drawn from the seed, for features like those of the examples.
    pub(crate) fn new(examples: &[Example], seed: u64, off: &[FeatureGroup]) -> anyhow::Result<Self> {
        let rows = examples.iter().flat_map(|e| e.features.chunks_exact(FEATURES));
        let (mean, scale) = network::standardise(rows)?;
        let fit = Self::with(mean, scale, off)?;
        fit.draw(seed)?;
        Ok(fit)
    }

    /// The weights of a file.
    pub(crate) fn from_file(path: &Path, off: &[FeatureGroup]) -> anyhow::Result<Self> {
        let (mean, scale) = standards_of(path)?;
        let fit = Self::with(mean, scale, off)?;
        fit.begin_from(path)?;
        Ok(fit)
    }

    fn with(mean: Tensor, scale: Tensor, off: &[FeatureGroup]) -> anyhow::Result<Self> {
        let weights = VarMap::new();
        let builder = VarBuilder::from_varmap(&weights, DType::F32, &Device::Cpu);
        let network = Network::new(&builder, mean.clone(), scale.clone())?;
        Ok(Self { network, weights, mean, scale, off: off.to_vec() })
    }

    /// How many weights there are.
    pub(crate) fn weights(&self) -> usize {
        self.weights.all_vars().iter().map(|var| var.elem_count()).sum()
    }

    /// One round; `after` gets a line about every pass.
    pub(crate) fn round(
        &mut self,
        examples: &[Example],
        dev: Option<&[Example]>,
        round: &Round,
        after: &mut dyn FnMut(&Self, &str) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut random = Pcg64Mcg::new(u128::from(round.seed) << 1 | 1);
        let mut optimiser = AdamW::new(
            if round.echo_only { self.variables_of(ECHO)? } else { self.weights.all_vars() },
            ParamsAdamW { lr: round.rate, weight_decay: 0.02, ..ParamsAdamW::default() },
        )?;
        let variation = Variation { stream_dropout: 0.08, spectrum: 1.0 };
        let share = (round.dropout * 256.0) as u8;
        let batches = batch::plan(examples, round.batch_ticks, &mut random).len();
        let steps = (batches * round.epochs) as f64;
        let mut step = 0.0;
        let mut mean_weights = MeanWeights::default();
        for epoch in 0..round.epochs {
            let (mut outcome, mut overlap, mut echo, mut teacher) = (0.0, 0.0, 0.0, 0.0);
            for indices in batch::plan(examples, round.batch_ticks, &mut random) {
                let warm = (step / (0.03 * steps)).min(1.0);
                let cosine = 0.5 * (1.0 + (std::f64::consts::PI * (step / steps).min(1.0)).cos());
                optimiser.set_learning_rate(round.rate * warm * (0.02 + 0.98 * cosine));
                let batch = batch::build(examples, &indices, Some((&variation, &mut random)), &self.off)?;
                let dropout = (share > 0).then(|| Dropout { share, seed: random.next_u64() });
                let said = self.network.forward(&batch.features, &batch.in_turn, dropout)?;
                let loss = loss::loss(&said, &batch)?;
                optimiser.backward_step(if round.echo_only { &loss.of_echo } else { &loss.total })?;
                outcome += f64::from(loss.outcome);
                overlap += f64::from(loss.overlap);
                echo += f64::from(loss.echo);
                teacher += f64::from(loss.teacher);
                step += 1.0;
            }
            let n = batches as f64;
            let mut line = format!(
                "seed {}, epoch {}: outcome {:.4}, overlap {:.4}, echo {:.4}, teacher {:.4}",
                round.seed,
                epoch + 1,
                outcome / n,
                overlap / n,
                echo / n,
                teacher / n
            );
            line += &self.of_dev(dev, round.batch_ticks)?;
            after(self, &line)?;
            if epoch + round.average >= round.epochs {
                mean_weights.add(&self.weights)?;
            }
        }
        if round.average > 1 && mean_weights.set(&self.weights)? {
            let dev = self.of_dev(dev, round.batch_ticks)?;
            after(self, &format!("mean of the last passes{dev}"))?;
        }
        Ok(())
    }

    /// The losses on a dev set, for a line of progress.
    fn of_dev(&self, dev: Option<&[Example]>, ticks: usize) -> anyhow::Result<String> {
        let Some(dev) = dev else { return Ok(String::new()) };
        let [outcome, overlap, echo] = self.evaluate(dev, ticks)?;
        Ok(format!("; dev: outcome {outcome:.4}, overlap {overlap:.4}, echo {echo:.4}"))
    }

    /// The variables of one layer, by name, so that the order is always the same.
    fn variables_of(&self, layer: &str) -> anyhow::Result<Vec<Var>> {
        let data =
            self.weights.data().lock().map_err(|_poisoned| anyhow::anyhow!("the weights are locked"))?;
        let mut own: Vec<_> = data.iter().filter(|(name, _)| name.starts_with(layer)).collect();
        own.sort_by_key(|(name, _)| *name);
        Ok(own.into_iter().map(|(_, var)| var.clone()).collect())
    }

    /// Takes the weights of a file; the layer that answers to the teacher is not in it and begins at nothing, and so does one that
    /// tells echo from noise where the file is from before it.
    fn begin_from(&self, path: &Path) -> anyhow::Result<()> {
        let tensors = candle_core::safetensors::load(path, &Device::Cpu)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        let data =
            self.weights.data().lock().map_err(|_poisoned| anyhow::anyhow!("the weights are locked"))?;
        let mut names: Vec<_> = data.keys().cloned().collect();
        names.sort();
        for name in names {
            let var = &data[&name];
            match tensors.get(&name) {
                Some(tensor) => var.set(tensor).with_context(|| format!("{}: {name}", path.display()))?,
                None if name.starts_with(TEACHER) || name.starts_with(ECHO) => var.set(&var.zeros_like()?)?,
                None => anyhow::bail!("{} has no {name}", path.display()),
            }
        }
        Ok(())
    }

    /// Draws the weights from the seed; each has begun as its deviation.
    fn draw(&self, seed: u64) -> anyhow::Result<()> {
        let data =
            self.weights.data().lock().map_err(|_poisoned| anyhow::anyhow!("the weights are locked"))?;
        let mut names: Vec<_> = data.keys().cloned().collect();
        // The layer of the echo comes last: all others begin, and learn, as they would without it.
        names.sort_by_key(|name| (name.starts_with(ECHO), name.clone()));
        let mut random = Pcg64Mcg::new(u128::from(seed) * 0x9E37_79B9 + 1);
        for name in names {
            let var = &data[&name];
            let values: Vec<f32> = var.flatten_all()?.to_vec1()?;
            let size = (values.iter().map(|v| v * v).sum::<f32>() / values.len() as f32).sqrt();
            // The sum of 4 uniforms is near enough to a normal; its deviation is sqrt(1/3).
            let drawn: Vec<f32> = values
                .iter()
                .map(|_| {
                    size * 3.0_f32.sqrt() * ((0..4).map(|_| batch::uniform(&mut random)).sum::<f32>() - 2.0)
                })
                .collect();
            var.set(&Tensor::from_vec(drawn, var.shape(), &Device::Cpu)?)?;
        }
        Ok(())
    }

    /// Losses of outcome, overlap and echo.
    fn evaluate(&self, examples: &[Example], ticks: usize) -> anyhow::Result<[f64; 3]> {
        let (mut outcome, mut overlap, mut echo, mut n) = (0.0, 0.0, 0.0, 0.0);
        for indices in batch::plan(examples, ticks, &mut Pcg64Mcg::new(1)) {
            let batch = batch::build(examples, &indices, None, &self.off)?;
            let loss = loss::loss(&self.network.forward(&batch.features, &batch.in_turn, None)?, &batch)?;
            outcome += f64::from(loss.outcome);
            overlap += f64::from(loss.overlap);
            echo += f64::from(loss.echo);
            n += 1.0;
        }
        Ok([outcome, overlap, echo].map(|sum| sum / n))
    }

    /// Writes the weights, without the head that answers to the teacher.
    pub(crate) fn save(&self, path: &Path) -> anyhow::Result<()> {
        let data =
            self.weights.data().lock().map_err(|_poisoned| anyhow::anyhow!("the weights are locked"))?;
        let used = data.iter().filter(|(name, _)| !name.starts_with(TEACHER));
        let mut tensors: HashMap<String, Tensor> =
            used.map(|(name, var)| (name.clone(), var.as_tensor().clone())).collect();
        tensors.insert("input.mean".into(), self.mean.clone());
        tensors.insert("input.scale".into(), self.scale.clone());
        candle_core::safetensors::save(&tensors, path)
            .with_context(|| format!("{} cannot be written", path.display()))
    }

    /// The first ticks of a case: features `[ticks, FEATURES]` as f16, `in_turn` `[ticks]`, logits `[ticks, OUTPUTS]`.
    pub(crate) fn write_golden(&self, example: &Example, path: &Path) -> anyhow::Result<()> {
        const TICKS: usize = 240;
        anyhow::ensure!(example.ticks() >= TICKS, "the first dev case is too short for golden tensors");
        let batch = batch::build(std::slice::from_ref(example), &[0], None, &self.off)?;
        let features = batch.features.narrow(1, 0, TICKS)?;
        let in_turn = batch.in_turn.narrow(1, 0, TICKS)?;
        let logits = self.network.forward(&features, &in_turn, None)?.logits.squeeze(0)?;
        let tensors = HashMap::from([
            ("features", features.squeeze(0)?.to_dtype(DType::F16)?),
            ("in_turn", in_turn.flatten_all()?),
            ("logits", logits),
        ]);
        candle_core::safetensors::save(&tensors, path)
            .with_context(|| format!("{} cannot be written", path.display()))
    }
}

/// Sums the weights of several passes: their mean lies nearer to the middle of the valley than any of them.
#[derive(Default)]
struct MeanWeights {
    sums: HashMap<String, Tensor>,
    passes: usize,
}

impl MeanWeights {
    fn add(&mut self, weights: &VarMap) -> anyhow::Result<()> {
        let data = weights.data().lock().map_err(|_poisoned| anyhow::anyhow!("the weights are locked"))?;
        let mut names: Vec<_> = data.keys().cloned().collect();
        names.sort();
        for name in names {
            let now = data[&name].as_tensor().copy()?;
            let sum = match self.sums.remove(&name) {
                Some(sum) => (sum + now)?,
                None => now,
            };
            self.sums.insert(name, sum);
        }
        self.passes += 1;
        Ok(())
    }

    /// Puts the mean in the place of the weights; false where nothing was added.
    fn set(&self, weights: &VarMap) -> anyhow::Result<bool> {
        let data = weights.data().lock().map_err(|_poisoned| anyhow::anyhow!("the weights are locked"))?;
        let mut names: Vec<_> = self.sums.keys().collect();
        names.sort();
        for name in names {
            data[name].set(&(&self.sums[name] / self.passes as f64)?)?;
        }
        Ok(self.passes > 0)
    }
}

/// Mean and scale of the features, as they stand beside the weights.
fn standards_of(path: &Path) -> anyhow::Result<(Tensor, Tensor)> {
    let mut tensors = candle_core::safetensors::load(path, &Device::Cpu)
        .with_context(|| format!("{} cannot be read", path.display()))?;
    let mut take =
        |name: &str| tensors.remove(name).with_context(|| format!("{} has no {name}", path.display()));
    Ok((take("input.mean")?, take("input.scale")?))
}

#[cfg(test)]
mod tests {
    use half::f16;
    use viva_floor::forecast::shape::{HORIZONS_SECS, OUTCOME_ENDED, OUTCOME_SPEAKS, OVERLAP_NOISE};
    use viva_perception::fusion::feature_names;

    use super::*;
    use crate::floor::examples::Target;

    const TICKS: usize = 120;
    const ROUND: Round = Round {
        seed: 5,
        epochs: 8,
        rate: 4e-3,
        average: 2,
        batch_ticks: 400,
        dropout: 0.1,
        echo_only: false,
    };

    /// Cases in which the words, and nothing else, tell whether the turn is over; the face is there and tells nothing.
    fn examples() -> Vec<Example> {
        let names: Vec<String> = feature_names().map(|(name, _)| name).collect();
        let noise = |n: usize| ((n.wrapping_mul(2_654_435_761) >> 9) % 1000) as f32 / 500.0 - 1.0;
        let example = |case: usize| {
            let ended = |tick: usize| (tick / 15 + case) % 2 == 1;
            let feature = |tick: usize, place: usize| match names[place].as_str() {
                "words_known" | "face_present" => 1.0,
                "words_age" => f32::from(u8::from(ended(tick))),
                "p_speech" | "mouth_open" | "question_open" => {
                    noise((case * TICKS + tick) * FEATURES + place)
                }
                _ => 0.25,
            };
            let target = |tick: usize| Target {
                outcome: if ended(tick) { OUTCOME_ENDED } else { OUTCOME_SPEAKS } as u8,
                outcome_weight: 1.0,
                overlap: 0,
                overlap_weight: 0.0,
                echo: false,
                ends_within: [0; HORIZONS_SECS.len()],
                ends_weight: 0.0,
                voice: 0,
                teacher: None,
            };
            Example {
                features: (0..TICKS * FEATURES)
                    .map(|i| f16::from_f32(feature(i / FEATURES, i % FEATURES)))
                    .collect(),
                targets: (0..TICKS).map(target).collect(),
            }
        };
        (0..6).map(example).collect()
    }

    fn trained(examples: &[Example], round: &Round, off: &[FeatureGroup]) -> (Fit, usize) {
        let mut fit = Fit::new(examples, round.seed, off).unwrap();
        let mut lines = 0;
        fit.round(examples, Some(examples), round, &mut |_, line| {
            lines += 1;
            assert!(line.contains("dev: outcome"), "{line}");
            Ok(())
        })
        .unwrap();
        (fit, lines)
    }

    #[test]
    fn a_stream_is_learnt_where_the_cases_have_it_and_may_be_hidden() {
        let examples = examples();
        let (mut fit, lines) = trained(&examples, &ROUND, &[]);
        assert_eq!(lines, ROUND.epochs + 1, "a line for every pass and one for their mean");
        let [with, ..] = fit.evaluate(&examples, 400).unwrap();
        fit.off = vec![FeatureGroup::Words];
        let [without, ..] = fit.evaluate(&examples, 400).unwrap();
        let (ablated, _) = trained(&examples, &ROUND, &[FeatureGroup::Words]);
        let [never, ..] = ablated.evaluate(&examples, 400).unwrap();
        assert!(with < 0.6 && without > with + 0.2 && never > with + 0.2, "{with} {without} {never}");
    }

    #[test]
    fn the_layer_of_the_echo_learns_alone() {
        let mut examples = examples();
        for (case, example) in examples.iter_mut().enumerate() {
            for target in &mut example.targets {
                (target.overlap, target.overlap_weight) = (OVERLAP_NOISE as u8, 1.0);
                target.echo = case % 2 == 0;
            }
        }
        let path = std::env::temp_dir().join(format!("viva-fit-echo-{}", std::process::id()));
        let read = || candle_core::safetensors::load(&path, &Device::Cpu).unwrap();
        Fit::new(&examples, 5, &[]).unwrap().save(&path).unwrap();
        // As a file from before the layer.
        let mut before = read();
        before.retain(|name, _| !name.starts_with(ECHO));
        candle_core::safetensors::save(&before, &path).unwrap();
        let mut fit = Fit::from_file(&path, &[]).unwrap();
        let round = Round { epochs: 3, average: 1, echo_only: true, ..ROUND };
        fit.round(&examples, None, &round, &mut |_, _| Ok(())).unwrap();
        fit.save(&path).unwrap();
        let after = read();
        std::fs::remove_file(&path).unwrap();
        let numbers = |tensor: &Tensor| tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        assert!(before.iter().all(|(name, tensor)| numbers(tensor) == numbers(&after[name])));
        assert!(after.len() == before.len() + 2, "weight and bias of one layer");
        assert!(numbers(&after["echo.weight"]).iter().any(|weight| *weight != 0.0));
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        let examples = examples();
        let bytes = |seed: u64| {
            let path = std::env::temp_dir().join(format!("viva-fit-{}-{seed}", std::process::id()));
            let round = Round { seed, epochs: 2, ..ROUND };
            trained(&examples, &round, &[]).0.save(&path).unwrap();
            let read = std::fs::read(&path).unwrap();
            let from = Fit::from_file(&path, &[]).unwrap();
            assert_eq!(from.weights(), 442_715);
            std::fs::remove_file(&path).unwrap();
            read
        };
        let first = bytes(5);
        assert!(first == bytes(5), "weights, order, variation and dropout come from the seed");
        assert!(first != bytes(6), "another seed is another training");
    }
}
