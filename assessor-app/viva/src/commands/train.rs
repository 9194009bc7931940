//! `viva train`

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use viva_train::scorer::{StoredVectors, train};

use super::say;
use crate::cli::{TrainCommand, TrainScorerArgs};
use crate::interview::Models;

pub(crate) fn run(command: &TrainCommand) -> Result<()> {
    match command {
        TrainCommand::Scorer(args) => scorer(args),
        TrainCommand::Floor(arguments) => viva_train::floor::run(arguments),
    }
}

fn scorer(args: &TrainScorerArgs) -> Result<()> {
    let data = args
        .data
        .clone()
        .or_else(|| std::env::var_os("VIVA_DATA").map(PathBuf::from))
        .context("set VIVA_DATA, or --data, to the folder of graded answers (*.train.jsonl.gz)")?;
    let models = Models::open()?;
    let store = models.folder("embed-minilm-l6-v2").with_file_name("training-vectors.bin");
    let embedder = StoredVectors::open(&store, models.embedder()?)
        .with_context(|| format!("cannot read {}", store.display()))?;
    let model = train(&data, Arc::new(embedder), args.seed, &mut |line| say(line))?;
    let bytes = model.to_bytes()?;
    std::fs::write(&args.out, &bytes).with_context(|| format!("cannot write {}", args.out.display()))?;
    say(format!("{} bytes: {}", bytes.len(), args.out.display()));
    Ok(())
}
