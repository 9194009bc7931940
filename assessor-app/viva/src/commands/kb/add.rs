//! `viva kb add`

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use viva_assessment::Embedder;
use viva_knowledge::{
    Base, BaseError, MOST_FILE_BYTES, Parsed, ReadError, Standing, is_document, sha256_hex,
};

use super::arguments::AddArgs;
use super::isolated::read_isolated;
use crate::commands::{say, say_json};
use crate::interview::Models;

/// What became of a file.
#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase", tag = "result")]
enum Outcome {
    Added { passages: usize, pages: Option<usize>, sha256: String, notes: Vec<String> },
    Replaced { passages: usize, pages: Option<usize>, sha256: String, old_sha256: String, notes: Vec<String> },
    Unchanged { sha256: String },
    Duplicate { of: String, sha256: String },
    Refused { reason: String },
}

impl Outcome {
    const KINDS: [&str; 5] = ["added", "replaced", "unchanged", "duplicates", "refused"];

    const fn kind(&self) -> usize {
        match self {
            Self::Added { .. } => 0,
            Self::Replaced { .. } => 1,
            Self::Unchanged { .. } => 2,
            Self::Duplicate { .. } => 3,
            Self::Refused { .. } => 4,
        }
    }

    fn sentence(&self) -> String {
        let size = |passages: &usize, pages: &Option<usize>| match pages {
            Some(pages) => format!("{passages} passages, {pages} pages"),
            None => format!("{passages} passages"),
        };
        match self {
            Self::Added { passages, pages, .. } => format!("added, {}", size(passages, pages)),
            Self::Replaced { passages, pages, old_sha256, .. } => {
                format!("replaced, {}; the version {} is gone", size(passages, pages), &old_sha256[..16])
            }
            Self::Unchanged { .. } => "unchanged".to_owned(),
            Self::Duplicate { of, .. } => format!("not added: the same bytes as {of}"),
            Self::Refused { reason } => format!("REFUSED: {reason}"),
        }
    }

    fn notes(&self) -> &[String] {
        match self {
            Self::Added { notes, .. } | Self::Replaced { notes, .. } => notes,
            _ => &[],
        }
    }
}

pub(super) fn run(args: &AddArgs) -> Result<()> {
    let models = Models::open()?;
    let (files, others) = files(&args.sources, &args.kb)?;
    if files.is_empty() {
        bail!("no document in the given places: PDF, DOCX, HTML, Markdown and plain text are read");
    }
    let embedder = models.forgetful_embedder()?;
    let mut base = Base::open_to_change(&args.kb, &models.embedder_id())?;
    let bar = bar(files.len() as u64);
    let mut counts = [0_usize; Outcome::KINDS.len()];
    let mut results = Vec::new();
    for (path, name) in &files {
        bar.set_message(name.clone());
        let outcome = add(&mut base, path, name, args, &*embedder, &bar)?;
        counts[outcome.kind()] += 1;
        if !args.json {
            bar.suspend(|| {
                say(format!("{name}: {}", outcome.sentence()));
                outcome.notes().iter().for_each(|note| say(format!("    note: {note}")));
            });
        }
        results
            .push(serde_json::json!({"name": name, "path": path.display().to_string(), "outcome": outcome}));
        bar.inc(1);
    }
    bar.set_message("index");
    base.engine(None)?;
    bar.finish_and_clear();
    if args.json {
        say_json(&serde_json::json!({
            "files": results, "documents": base.documents().len(), "passages": base.passages(),
        }))?;
    } else {
        let told: Vec<String> = Outcome::KINDS
            .iter()
            .zip(counts)
            .filter(|(_, count)| *count > 0)
            .map(|(kind, count)| format!("{count} {kind}"))
            .collect();
        let others = if others > 0 { format!("; {others} other files left aside") } else { String::new() };
        say(format!("{}{others}", told.join(", ")));
        say(format!("the base holds {} documents, {} passages", base.documents().len(), base.passages()));
    }
    if counts[4] > 0 {
        bail!("{} of {} files were refused; all others are in", counts[4], files.len());
    }
    Ok(())
}

fn add(
    base: &mut Base,
    path: &Path,
    name: &str,
    args: &AddArgs,
    embedder: &dyn Embedder,
    bar: &ProgressBar,
) -> Result<Outcome> {
    let refused = |reason: String| Ok(Outcome::Refused { reason });
    let size = match std::fs::metadata(path) {
        Ok(metadata) => metadata.len(),
        Err(error) => return refused(format!("cannot be read: {error}")),
    };
    if size > MOST_FILE_BYTES as u64 {
        let (what, most) = (format!("{} MB", size >> 20), format!("{} MB", MOST_FILE_BYTES >> 20));
        return refused(ReadError::TooLarge { what, most }.to_string());
    }
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => return refused(format!("cannot be read: {error}")),
    };
    let (path_text, sha256) = (path.display().to_string(), sha256_hex(&bytes));
    let size = bytes.len() as u64;
    drop(bytes);
    let old = match base.standing(&path_text, &sha256) {
        Standing::Same(_) => return Ok(Outcome::Unchanged { sha256 }),
        Standing::Duplicate(other) => return Ok(Outcome::Duplicate { of: other.name.clone(), sha256 }),
        Standing::Changed(old) => Some(old.sha256.clone()),
        Standing::New => None,
    };
    let document = match read_isolated(path, &sha256)? {
        Ok(document) => document,
        Err(error) => return refused(error.to_string()),
    };
    let file =
        Parsed { path: &path_text, name, sha256: &sha256, bytes: size, language: args.language.into() };
    let mut progress = |done: usize, all: usize| bar.set_message(format!("{name}: {done} of {all} passages"));
    let entry = match base.add(&file, &document, embedder, &mut progress) {
        Ok(entry) => entry,
        Err(error @ BaseError::NoPassage) => return refused(error.to_string()),
        Err(error) => return Err(error).with_context(|| format!("cannot add {}", path.display())),
    };
    let (passages, pages, notes) = (entry.passages, entry.pages, entry.notes.clone());
    Ok(match old {
        Some(old_sha256) => Outcome::Replaced { passages, pages, sha256, old_sha256, notes },
        None => Outcome::Added { passages, pages, sha256, notes },
    })
}

fn bar(files: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(files);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} files {elapsed} {wide_msg}") {
        bar.set_style(style);
    }
    bar
}

/// The files to add, with the names by which they are cited, and how many other files a folder held.
fn files(sources: &[PathBuf], kb: &Path) -> Result<(Vec<(PathBuf, String)>, usize)> {
    let kb = kb.canonicalize().ok();
    let (mut found, mut others) = (BTreeMap::new(), 0);
    for source in sources {
        let source = source.canonicalize().with_context(|| format!("cannot read {}", source.display()))?;
        let name = source.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if source.is_dir() {
            others += walk(&source, &name, kb.as_deref(), &mut found)?;
        } else {
            found.insert(source, name);
        }
    }
    Ok((found.into_iter().collect(), others))
}

fn walk(
    folder: &Path,
    name: &str,
    kb: Option<&Path>,
    found: &mut BTreeMap<PathBuf, String>,
) -> Result<usize> {
    let mut others = 0;
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("cannot read the folder {}", folder.display()))?;
    for entry in entries {
        let entry = entry.with_context(|| format!("cannot read the folder {}", folder.display()))?;
        let file_name = entry.file_name().to_string_lossy().into_owned();
        let (path, name) = (entry.path(), format!("{name}/{file_name}"));
        // Links are not followed: they may lead round in a circle.
        let kind = entry.file_type().with_context(|| format!("cannot read {}", path.display()))?;
        if file_name.starts_with('.') || Some(path.as_path()) == kb {
            continue;
        }
        if kind.is_dir() {
            others += walk(&path, &name, kb, found)?;
        } else if kind.is_file() && is_document(&file_name) {
            found.insert(path, name);
        } else {
            others += 1;
        }
    }
    Ok(others)
}
