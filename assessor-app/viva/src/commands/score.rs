//! `viva score`

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use viva_assessment::short_answer::{Item, Model, ShortAnswerScorer};
use viva_train::scorer::{StoredVectors, read_rows};

use super::say;
use crate::cli::ScoreArgs;
use crate::interview::Models;

/// The scorer that comes with the program; its card is `models/cards/scorer-short-answer.md`.
const WEIGHTS: &[u8] = include_bytes!("../../../../models/weights/scorer-short-answer.safetensors");

/// What fine-tuning changed in the sentence network; its card is `models/cards/entailment.md`.
const NETWORK: &[u8] = include_bytes!("../../../../models/weights/entailment.safetensors");

pub(crate) fn run(args: &ScoreArgs) -> Result<()> {
    let model = model(args.model.as_deref())?;
    let mut items: Vec<Item> = Vec::new();
    for path in &args.items {
        items.extend(read_rows::<Item>(path)?);
    }
    if items.is_empty() {
        bail!(
            "no item in the given files: one JSON object per line with id, question, reference_answers and answer"
        );
    }
    if let Some(item) =
        items.iter().find(|item| item.reference_answers.iter().all(|text| text.trim().is_empty()))
    {
        bail!("item {:?} has no reference answer: without one nothing can be scored", item.id);
    }
    let models = Models::open()?;
    let mut embedder = models.embedder()?;
    if let Some(path) = &args.vectors {
        let stored = StoredVectors::open(path, embedder);
        embedder = Arc::new(stored.with_context(|| format!("cannot read {}", path.display()))?);
    }
    let asks = args.network.is_some() || items.iter().any(|item| model.asks_network(&item.set));
    let mut scorer = ShortAnswerScorer::new(model, embedder);
    if asks && !args.without_network {
        let own = args
            .network
            .as_ref()
            .map(|path| std::fs::read(path).with_context(|| format!("cannot read {}", path.display())));
        let change = own.transpose()?;
        scorer = scorer.with_network(models.entailment(change.as_deref().unwrap_or(NETWORK))?);
    }
    let file = File::create(&args.out).with_context(|| format!("cannot write {}", args.out.display()))?;
    let mut out = BufWriter::new(file);
    let (mut flagged, mut abstained) = (0_usize, 0_usize);
    for item in &items {
        let prediction = scorer.score(item).with_context(|| format!("item {:?}", item.id))?;
        flagged += usize::from(!prediction.flags.is_empty());
        abstained += usize::from(prediction.abstain);
        serde_json::to_writer(&mut out, &prediction).context("cannot write a prediction")?;
        writeln!(out).with_context(|| format!("cannot write {}", args.out.display()))?;
    }
    out.flush().with_context(|| format!("cannot write {}", args.out.display()))?;
    say(format!(
        "{} answers scored, {flagged} with a flag, {abstained} for a human: {}",
        items.len(),
        args.out.display()
    ));
    Ok(())
}

fn model(path: Option<&Path>) -> Result<Model> {
    match path {
        None => Ok(Model::from_bytes(WEIGHTS).context("the scorer of this program")?),
        Some(path) => {
            let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            Ok(Model::from_bytes(&bytes).with_context(|| path.display().to_string())?)
        }
    }
}
