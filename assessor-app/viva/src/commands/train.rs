//! `viva train`

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use viva_train::entailment::{self, Options};
use viva_train::scorer::{StoredVectors, train};

use super::say;
use crate::cli::{TrainCommand, TrainEntailmentArgs, TrainScorerArgs};
use crate::interview::Models;

pub(crate) fn run(command: &TrainCommand) -> Result<()> {
    match command {
        TrainCommand::Scorer(args) => scorer(args),
        TrainCommand::Entailment(args) => entailment(args),
        TrainCommand::Floor(arguments) => viva_train::floor::run(arguments),
    }
}

fn scorer(args: &TrainScorerArgs) -> Result<()> {
    let data = data(args.data.as_ref())?;
    let models = Models::open()?;
    let store = models.folder("embed-minilm-l6-v2").with_file_name("training-vectors.v1.bin");
    let embedder = StoredVectors::open(&store, models.embedder()?)
        .with_context(|| format!("cannot read {}", store.display()))?;
    let network = match args.without_network {
        true => None,
        false => {
            let unreadable =
                || format!("cannot read {}: fit it with `viva train entailment`", args.network.display());
            Some(models.entailment(&std::fs::read(&args.network).with_context(unreadable)?)?)
        }
    };
    let trained = train(&data, Arc::new(embedder), network.as_deref(), args.seed, &mut |line| say(line))?;
    if let Some(file) = &args.left_out {
        let lines = trained.left_out.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?;
        write(file, (lines.join("\n") + "\n").as_bytes())?;
    }
    let bytes = trained.model.to_bytes()?;
    write(&args.out, &bytes)
}

fn entailment(args: &TrainEntailmentArgs) -> Result<()> {
    let data = data(args.data.as_ref())?;
    let base = Models::open()?.folder("embed-minilm-l6-v2");
    let options = Options { seed: args.seed, rate: args.rate };
    let bytes = entailment::train(&data, &base, &options, &mut |line| say(line))?;
    write(&args.out, &bytes)
}

fn data(given: Option<&PathBuf>) -> Result<PathBuf> {
    given
        .cloned()
        .or_else(|| std::env::var_os("VIVA_DATA").map(PathBuf::from))
        .context("set VIVA_DATA, or --data, to the folder of graded answers (*.train.jsonl.gz)")
}

fn write(out: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(out, bytes).with_context(|| format!("cannot write {}", out.display()))?;
    say(format!("{} bytes: {}", bytes.len(), out.display()));
    Ok(())
}
