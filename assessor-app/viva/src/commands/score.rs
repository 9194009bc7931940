//! `viva score`

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use indicatif::ProgressBar;
use tempfile::NamedTempFile;
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
    let out = keep_apart(args)?;
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
    let unwritable = || format!("cannot write {}", args.out.display());
    let (flagged, abstained) = if out.exists() && !out.is_file() {
        // A pipe or a device is written to; a file in its place would be none.
        predict(&mut scorer, &items, File::create(&out).with_context(unwritable)?)?
    } else {
        let mut file = beside(&out).with_context(unwritable)?;
        let counts = predict(&mut scorer, &items, file.as_file_mut())?;
        file.persist(&out).map_err(|error| error.error).with_context(unwritable)?;
        counts
    };
    say(format!(
        "{} answers scored, {flagged} with a flag, {abstained} for a human: {}",
        items.len(),
        args.out.display()
    ));
    Ok(())
}

/// Refuses one file in two roles, for what is written would destroy what is read; the place of `--out`.
fn keep_apart(args: &ScoreArgs) -> Result<PathBuf> {
    let out = place(&args.out);
    let items: Vec<PathBuf> = args.items.iter().map(|path| place(path)).collect();
    ensure!(!items.contains(&out), "--out {} is one of the --items: name another file", args.out.display());
    if let Some(path) = &args.vectors {
        let vectors = place(path);
        let other = if vectors == out { "--out" } else { "one of the --items" };
        ensure!(
            vectors != out && !items.contains(&vectors),
            "--vectors {} is {other} as well: name another file",
            path.display()
        );
    }
    Ok(out)
}

/// A file's one path, however it was written; of a file that is not there yet by its folder.
pub(super) fn place(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    path.canonicalize().unwrap_or_else(|_| {
        let folder = folder.unwrap_or_else(|| Path::new(".")).canonicalize();
        folder.map_or_else(|_| path.to_owned(), |folder| folder.join(path.file_name().unwrap_or_default()))
    })
}

/// A file that takes the place of another once it is whole, with the permissions of any new file.
fn beside(out: &Path) -> std::io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".viva-score-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(out.parent().unwrap_or_else(|| Path::new(".")))
}

/// Writes a prediction per line; how many have a flag, and how many are for a human.
fn predict(scorer: &mut ShortAnswerScorer, items: &[Item], file: impl Write) -> Result<(usize, usize)> {
    const UNWRITABLE: &str = "cannot write a prediction";
    let mut out = BufWriter::new(file);
    let (mut flagged, mut abstained) = (0_usize, 0_usize);
    let bar = ProgressBar::new(items.len() as u64);
    for item in items {
        let prediction = scorer.score(item).with_context(|| format!("item {:?}", item.id))?;
        flagged += usize::from(!prediction.flags.is_empty());
        abstained += usize::from(prediction.abstain);
        serde_json::to_writer(&mut out, &prediction).context(UNWRITABLE)?;
        writeln!(out).context(UNWRITABLE)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    out.flush().context(UNWRITABLE)?;
    Ok((flagged, abstained))
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

#[cfg(test)]
mod tests {
    use viva_train::entailment::Held;

    use super::*;

    #[test]
    fn the_scorer_of_this_program_asks_the_network_about_what_it_has_learnt() {
        let model = model(None).expect("the scorer of this program");
        for set in model.families.keys() {
            assert_eq!(model.asks_network(set), Held::takes(set), "{set}");
        }
        assert!(model.families.keys().any(|set| Held::takes(set)));
    }
}
