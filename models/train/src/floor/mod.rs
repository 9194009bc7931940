//! Training of the flow-net.

mod batch;
mod block;
mod corpus;
mod examples;
mod loss;
mod network;
mod teacher;

use std::collections::HashMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
use candle_core::{DType, Device, Tensor};
use candle_nn::{AdamW, Optimizer, ParamsAdamW, VarBuilder, VarMap};
use half::f16;
use rand_pcg::Pcg64Mcg;
use viva_floor::protocol::Case;
use viva_perception::fusion::FEATURES;

use batch::Variation;
use examples::{Example, Listener};
use network::{Network, TEACHER};
use teacher::Teacher;

/// Trains the flow-net on composed cases.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Folders of composed training cases (WAV).
    #[arg(long, required = true, num_args = 1..)]
    cases: Vec<PathBuf>,
    /// Folder of the Silero weights; default: the cache that `viva models fetch` fills.
    #[arg(long)]
    silero: Option<PathBuf>,
    /// Folder of the end-of-turn network that teaches; default: the cache that `viva models fetch` fills.
    #[arg(long)]
    smart_turn: Option<PathBuf>,
    /// Learn from the truth alone.
    #[arg(long, conflicts_with = "smart_turn")]
    without_teacher: bool,
    /// Where features and the teacher's answers are kept between runs.
    #[arg(long)]
    cache: Option<PathBuf>,
    /// A set of cases to report the loss on; never trained on.
    #[arg(long)]
    dev: Option<PathBuf>,
    /// Passes over the cases.
    #[arg(long, default_value_t = 8)]
    epochs: usize,
    /// Peak learning rate.
    #[arg(long, default_value_t = 2e-3)]
    rate: f64,
    /// Seed of weights, order and variation.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The result is the mean of the weights after each of the last passes: this many of them.
    #[arg(long, default_value_t = 2)]
    average: usize,
    /// Most ticks in a batch.
    #[arg(long, default_value_t = 16_000)]
    batch_ticks: usize,
    /// Dropout of the hidden layers.
    #[arg(long, default_value_t = 0.1)]
    dropout: f32,
    /// Weights to begin from; without them they are drawn from the seed.
    #[arg(long)]
    from: Option<PathBuf>,
    /// Where the weights go.
    #[arg(long)]
    out: PathBuf,
    /// Where features and logits of one dev case go, for the parity test of the other executions.
    #[arg(long, requires = "dev")]
    golden: Option<PathBuf>,
}

/// Trains the network and writes its weights after every pass.
///
/// # Errors
/// When a set of cases cannot be read, or a file cannot be written.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut examples = Vec::new();
    for (n, folder) in arguments.cases.iter().enumerate() {
        // Every other set is heard by an assessor who knows its speakers' pauses.
        examples.extend(load(folder, arguments, n % 2 == 1)?);
    }
    let dev = arguments.dev.as_ref().map(|folder| load(folder, arguments, false)).transpose()?;
    let (mean, scale) = match &arguments.from {
        Some(path) => standards_of(path)?,
        None => network::standardise(examples.iter().flat_map(|e| e.features.chunks_exact(FEATURES)))?,
    };
    let weights = VarMap::new();
    let builder = VarBuilder::from_varmap(&weights, DType::F32, &Device::Cpu);
    let network = Network::new(&builder, mean.clone(), scale.clone())?;
    match &arguments.from {
        Some(path) => begin_from(&weights, path)?,
        None => seed_weights(&weights, arguments.seed)?,
    }
    let count: usize = weights.all_vars().iter().map(|var| var.elem_count()).sum();
    tell(&format!("{} cases, {count} weights", examples.len()));
    let mut random = Pcg64Mcg::new(u128::from(arguments.seed) << 1 | 1);
    let mut optimiser = AdamW::new(
        weights.all_vars(),
        ParamsAdamW { lr: arguments.rate, weight_decay: 0.02, ..ParamsAdamW::default() },
    )?;
    let variation = Variation { stream_dropout: 0.08, spectrum: 1.0 };
    let batches = batch::plan(&examples, arguments.batch_ticks, &mut random).len();
    let steps = (batches * arguments.epochs) as f64;
    let mut step = 0.0;
    let mut mean_weights = MeanWeights::default();
    for epoch in 0..arguments.epochs {
        let (mut outcome, mut overlap, mut teacher) = (0.0, 0.0, 0.0);
        for indices in batch::plan(&examples, arguments.batch_ticks, &mut random) {
            let warm = (step / (0.03 * steps)).min(1.0);
            let cosine = 0.5 * (1.0 + (std::f64::consts::PI * (step / steps).min(1.0)).cos());
            optimiser.set_learning_rate(arguments.rate * warm * (0.02 + 0.98 * cosine));
            let batch = batch::build(&examples, &indices, Some((&variation, &mut random)), &[])?;
            let said = network.forward(&batch.features, &batch.in_turn, arguments.dropout)?;
            let loss = loss::loss(&said, &batch)?;
            optimiser.backward_step(&loss.total)?;
            outcome += f64::from(loss.outcome);
            overlap += f64::from(loss.overlap);
            teacher += f64::from(loss.teacher);
            step += 1.0;
        }
        let n = batches as f64;
        let mut line = format!(
            "epoch {}: outcome {:.4}, overlap {:.4}, teacher {:.4}",
            epoch + 1,
            outcome / n,
            overlap / n,
            teacher / n
        );
        if let Some(dev) = &dev {
            let (outcome, overlap) = evaluate(&network, dev, arguments.batch_ticks)?;
            line += &format!("; dev: outcome {outcome:.4}, overlap {overlap:.4}");
        }
        tell(&line);
        save(&weights, &mean, &scale, &arguments.out)?;
        if epoch + arguments.average >= arguments.epochs {
            mean_weights.add(&weights)?;
        }
    }
    if mean_weights.set(&weights)? {
        save(&weights, &mean, &scale, &arguments.out)?;
        if let Some(dev) = &dev {
            let (outcome, overlap) = evaluate(&network, dev, arguments.batch_ticks)?;
            tell(&format!("mean of the last passes; dev: outcome {outcome:.4}, overlap {overlap:.4}"));
        }
    }
    if let (Some(dev), Some(path)) = (&dev, &arguments.golden) {
        write_golden(&network, &dev[0], path)?;
    }
    Ok(())
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

/// Takes the weights of a file; the head that answers to the teacher is not in it and begins at nothing.
fn begin_from(weights: &VarMap, path: &Path) -> anyhow::Result<()> {
    let tensors = candle_core::safetensors::load(path, &Device::Cpu)
        .with_context(|| format!("{} cannot be read", path.display()))?;
    let data = weights.data().lock().map_err(|_poisoned| anyhow::anyhow!("the weights are locked"))?;
    let mut names: Vec<_> = data.keys().cloned().collect();
    names.sort();
    for name in names {
        let var = &data[&name];
        match tensors.get(&name) {
            Some(tensor) => var.set(tensor).with_context(|| format!("{}: {name}", path.display()))?,
            None if name.starts_with(TEACHER) => var.set(&var.zeros_like()?)?,
            None => anyhow::bail!("{} has no {name}", path.display()),
        }
    }
    Ok(())
}

/// candle draws initial weights from a generator of its own; these are drawn again from the seed.
fn seed_weights(weights: &VarMap, seed: u64) -> anyhow::Result<()> {
    let data = weights.data().lock().map_err(|_poisoned| anyhow::anyhow!("the weights are locked"))?;
    let mut names: Vec<_> = data.keys().cloned().collect();
    names.sort();
    let mut random = Pcg64Mcg::new(u128::from(seed) * 0x9E37_79B9 + 1);
    for name in names {
        let var = &data[&name];
        let values: Vec<f32> = var.flatten_all()?.to_vec1()?;
        let size = (values.iter().map(|v| v * v).sum::<f32>() / values.len() as f32).sqrt();
        // The sum of 4 uniforms is near enough to a normal; its deviation is sqrt(1/3).
        let drawn: Vec<f32> = values
            .iter()
            .map(|_| size * 3.0_f32.sqrt() * ((0..4).map(|_| batch::uniform(&mut random)).sum::<f32>() - 2.0))
            .collect();
        var.set(&Tensor::from_vec(drawn, var.shape(), &Device::Cpu)?)?;
    }
    Ok(())
}

fn evaluate(network: &Network, examples: &[Example], ticks: usize) -> anyhow::Result<(f64, f64)> {
    let (mut outcome, mut overlap, mut n) = (0.0, 0.0, 0.0);
    for indices in batch::plan(examples, ticks, &mut Pcg64Mcg::new(1)) {
        let batch = batch::build(examples, &indices, None, &[])?;
        let loss = loss::loss(&network.forward(&batch.features, &batch.in_turn, 0.0)?, &batch)?;
        outcome += f64::from(loss.outcome);
        overlap += f64::from(loss.overlap);
        n += 1.0;
    }
    Ok((outcome / n, overlap / n))
}

fn save(weights: &VarMap, mean: &Tensor, scale: &Tensor, path: &Path) -> anyhow::Result<()> {
    let data = weights.data().lock().map_err(|_poisoned| anyhow::anyhow!("the weights are locked"))?;
    let used = data.iter().filter(|(name, _)| !name.starts_with(TEACHER));
    let mut tensors: HashMap<String, Tensor> =
        used.map(|(name, var)| (name.clone(), var.as_tensor().clone())).collect();
    tensors.insert("input.mean".into(), mean.clone());
    tensors.insert("input.scale".into(), scale.clone());
    candle_core::safetensors::save(&tensors, path)
        .with_context(|| format!("{} cannot be written", path.display()))
}

/// The first ticks of a case: features `[ticks, FEATURES]` as f16, `in_turn` `[ticks]`, logits `[ticks, OUTPUTS]`.
fn write_golden(network: &Network, example: &Example, path: &Path) -> anyhow::Result<()> {
    const TICKS: usize = 240;
    let batch = batch::build(std::slice::from_ref(example), &[0], None, &[])?;
    let features = batch.features.narrow(1, 0, TICKS)?;
    let in_turn = batch.in_turn.narrow(1, 0, TICKS)?;
    let logits = network.forward(&features, &in_turn, 0.0)?.logits.squeeze(0)?;
    let tensors = HashMap::from([
        ("features", features.squeeze(0)?.to_dtype(DType::F16)?),
        ("in_turn", in_turn.flatten_all()?),
        ("logits", logits),
    ]);
    candle_core::safetensors::save(&tensors, path)
        .with_context(|| format!("{} cannot be written", path.display()))
}

/// What the teacher says of each case; empty without one.
fn opinions(
    folder: &Path,
    cases: &[Case],
    arguments: &Arguments,
) -> anyhow::Result<Vec<Vec<teacher::Opinion>>> {
    if arguments.without_teacher {
        return Ok(Vec::new());
    }
    let cached = kept_at(folder, arguments, "teacher");
    if let Some(path) = &cached
        && let Some(known) = teacher::read(path, cases.len())?
    {
        return Ok(known);
    }
    let weights = match &arguments.smart_turn {
        Some(folder) => folder.clone(),
        None => viva_models::Cache::from_env()?.asset("turn-smart-turn-v3.2"),
    };
    let mut teacher = Teacher::load(&weights)?;
    let bar = indicatif::ProgressBar::new(cases.len() as u64);
    let all = cases
        .iter()
        .map(|case| {
            bar.inc(1);
            teacher.opinions(case, folder)
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    if let Some(path) = cached {
        teacher::write(&path, &all)?;
    }
    Ok(all)
}

/// Where something about a set of cases is kept between runs.
fn kept_at(folder: &Path, arguments: &Arguments, what: &str) -> Option<PathBuf> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    arguments.cache.as_ref().map(|cache| cache.join(format!("{name}.{what}")))
}

fn load(folder: &Path, arguments: &Arguments, keep_pace: bool) -> anyhow::Result<Vec<Example>> {
    let cases = corpus::cases(folder)?;
    let silero = match &arguments.silero {
        Some(folder) => folder.clone(),
        None => viva_models::Cache::from_env()?.asset("vad-silero-16k"),
    };
    let cached = kept_at(folder, arguments, "features");
    let kept = match &cached {
        Some(path) if path.exists() => Some(std::fs::read(path)?),
        _ => None,
    };
    let opinions = opinions(folder, &cases, arguments)?;
    let mut listener = Listener::new(&silero, keep_pace)?;
    let bar = indicatif::ProgressBar::new(cases.len() as u64);
    let mut all = Vec::new();
    let mut examples = Vec::with_capacity(cases.len());
    let mut offset = 0;
    for case in &cases {
        bar.inc(1);
        let mut example = if let Some(bytes) = &kept {
            examples::from_cache(case, bytes, &mut offset)
                .context("the feature cache is of another version: delete it")?
        } else {
            listener.listen(case, folder)?
        };
        if kept.is_none() && cached.is_some() {
            all.extend((example.ticks() as u32).to_le_bytes());
            all.extend(example.features.iter().flat_map(|v: &f16| v.to_bits().to_le_bytes()));
        }
        if let Some(said) = opinions.get(examples.len()) {
            example.teach(said);
        }
        examples.push(example);
    }
    if let (Some(path), false) = (&cached, all.is_empty()) {
        std::fs::write(path, all)?;
    }
    Ok(examples)
}

/// One line of progress.
fn tell(line: &str) {
    let mut out = std::io::stderr().lock();
    writeln!(out, "{line}").ok();
}
