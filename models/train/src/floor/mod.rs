//! Training of the flow-net.

mod batch;
mod block;
mod corpus;
mod examples;
mod fit;
mod loss;
mod network;
mod teacher;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
use half::f16;
use viva_floor::protocol::Case;
use viva_perception::fusion::FeatureGroup;

use examples::{Example, Listener};
use fit::{Fit, Round};
use teacher::Teacher;

/// Trains the flow-net on composed cases, in two rounds: the second begins from the result of the first with the next seed.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Folders of composed training cases (WAV); else the folders `train*` of `$VIVA_DATA`
    #[arg(long, num_args = 1.., value_name = "FOLDER")]
    cases: Vec<PathBuf>,
    /// Folder of the Silero weights; default: the cache that `viva models fetch` fills
    #[arg(long)]
    silero: Option<PathBuf>,
    /// Folder of the end-of-turn network that teaches; default: the cache that `viva models fetch` fills
    #[arg(long)]
    smart_turn: Option<PathBuf>,
    /// Learn from the truth alone
    #[arg(long, conflicts_with = "smart_turn")]
    without_teacher: bool,
    /// Where features and the teacher's answers are kept between runs
    #[arg(long)]
    cache: Option<PathBuf>,
    /// A set of cases to report the loss on, never trained on; else `$VIVA_DATA/dev` where it is there
    #[arg(long, value_name = "FOLDER")]
    dev: Option<PathBuf>,
    /// Streams that are hidden in the training: voice, turn, own, question, face, words
    #[arg(long, value_delimiter = ',', value_parser = stream, value_name = "STREAM")]
    without: Vec<FeatureGroup>,
    /// Passes over the cases
    #[arg(long, default_value_t = 5)]
    epochs: usize,
    /// Peak learning rate
    #[arg(long, default_value_t = 2e-3)]
    rate: f64,
    /// Passes of the second round; there is none with --from
    #[arg(long, default_value_t = 3)]
    second_epochs: usize,
    /// Peak learning rate of the second round
    #[arg(long, default_value_t = 1.2e-3)]
    second_rate: f64,
    /// Seed of weights, order, variation and dropout
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The result of a round is the mean of the weights after each of its last passes: this many of them
    #[arg(long, default_value_t = 1)]
    average: usize,
    /// Most ticks in a batch
    #[arg(long, default_value_t = 10_000)]
    batch_ticks: usize,
    /// Dropout of the hidden layers, 0 to 0.9
    #[arg(long, default_value_t = 0.1, value_parser = share)]
    dropout: f32,
    /// Weights to begin from; without them they are drawn from the seed
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Learn only to tell the assessor's echo from other noise over its voice; nothing else that the network says changes
    #[arg(long, requires = "from", conflicts_with = "average")]
    echo_only: bool,
    /// File to write
    #[arg(long, default_value = "models/weights/flow_net.safetensors", value_name = "FILE")]
    out: PathBuf,
    /// Where features and logits of one dev case go, for the parity test of the other executions
    #[arg(long, value_name = "FILE")]
    golden: Option<PathBuf>,
}

/// A stream by its name.
fn stream(name: &str) -> Result<FeatureGroup, String> {
    let known = FeatureGroup::ALL.into_iter().find(|group| group.name() == name);
    known.ok_or_else(|| format!("there are {}", FeatureGroup::ALL.map(FeatureGroup::name).join(", ")))
}

/// A share of what a layer says.
fn share(text: &str) -> Result<f32, String> {
    let share = text.parse::<f32>().ok().filter(|share| (0.0..=0.9).contains(share));
    share.ok_or_else(|| "it is a share from 0 to 0.9".to_owned())
}

/// Trains the network and writes its weights after every pass.
///
/// # Errors
/// When no cases are named, a set of cases cannot be read, or a file cannot be written.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let data = std::env::var_os("VIVA_DATA").map(PathBuf::from);
    let sets = corpus::sets(&arguments.cases, arguments.dev.as_deref(), data.as_deref())?;
    anyhow::ensure!(
        arguments.golden.is_none() || sets.dev.is_some(),
        "--golden needs a dev set: name one with --dev"
    );
    let mut examples = Vec::new();
    for (n, folder) in sets.train.iter().enumerate() {
        tell(&format!("hearing {}", folder.display()));
        // Every other set is heard by an assessor who knows its speakers' pauses.
        examples.extend(load(folder, arguments, n % 2 == 1)?);
    }
    if arguments.echo_only {
        examples.retain(|example| example.noises().next().is_some());
        let echoes = |example: &Example| example.noises().any(|is_echo| is_echo);
        let others = |example: &Example| example.noises().any(|is_echo| !is_echo);
        anyhow::ensure!(
            examples.iter().any(echoes) && examples.iter().any(others),
            "--echo-only needs cases with noise and with echo over the assessor's voice (`source` of their events)"
        );
    }
    let dev = sets.dev.as_ref().map(|folder| load(folder, arguments, false)).transpose()?;
    let mut fit = match &arguments.from {
        Some(path) => Fit::from_file(path, &arguments.without)?,
        None => Fit::new(&examples, arguments.seed, &arguments.without)?,
    };
    tell(&format!("{} cases, {} weights", examples.len(), fit.weights()));
    let first = Round {
        seed: arguments.seed,
        epochs: arguments.epochs,
        rate: arguments.rate,
        average: arguments.average,
        batch_ticks: arguments.batch_ticks,
        dropout: arguments.dropout,
        echo_only: arguments.echo_only,
    };
    let second = Round {
        seed: arguments.seed.wrapping_add(1),
        epochs: if arguments.from.is_none() { arguments.second_epochs } else { 0 },
        rate: arguments.second_rate,
        ..first
    };
    for round in [first, second] {
        fit.round(&examples, dev.as_deref(), &round, &mut |fit, line| {
            tell(line);
            fit.save(&arguments.out)
        })?;
    }
    match (&dev, &arguments.golden) {
        (Some(dev), Some(path)) => fit.write_golden(&dev[0], path),
        _ => Ok(()),
    }
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
    anyhow::ensure!(!cases.is_empty(), "{} lists no case", folder.display());
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
