//! `viva kb`

mod add;
mod arguments;
mod eval;
mod isolated;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::json;
use viva_assessment::conversation::Handbook;
use viva_assessment::{Embedder, Exam};
use viva_knowledge::{Answer, Base, Documents, Engine, Hit, Library, Passage, disagreements, split};

pub(crate) use arguments::KbCommand;
pub(crate) use isolated::read_isolated;

use super::{say, say_json};
use crate::interview::Models;

/// The program's exit code when the documents do not speak of what was asked.
const NOT_IN_THE_DOCUMENTS: u8 = 3;

pub(crate) fn run(command: &KbCommand) -> Result<ExitCode> {
    match command {
        KbCommand::Add(args) => add::run(args)?,
        KbCommand::List { kb, json } => list(kb, *json)?,
        KbCommand::Remove { kb, which } => remove(kb, which)?,
        KbCommand::Verify { kb, json } => verify(kb, *json)?,
        KbCommand::Search { query, kb, top, json } => return search(query, kb, *top, *json),
        KbCommand::Eval(args) => eval::run(args)?,
        KbCommand::Read { file } => isolated::run(file)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The network of a base, which must be the one it was made with.
fn embedder(base: &Base, models: &Models) -> Result<Arc<dyn Embedder>> {
    let here = models.embedder_id();
    if base.embedder() != here {
        bail!(
            "the base was made with the sentence network {}, here is {here}: make a new base with viva kb add",
            base.embedder()
        );
    }
    models.forgetful_embedder()
}

fn engine(base: &Base) -> Result<Engine> {
    let models = Models::open()?;
    Ok(base.engine(Some(embedder(base, &models)?))?)
}

/// The documents from which a candidate who asks is told: the handouts of the exam package, and a base where one is named.
///
/// `None` where there are none.
pub(crate) fn handbook(
    exam: &Exam,
    folder: &Path,
    kb: Option<&Path>,
    models: &Models,
) -> Result<Option<Arc<dyn Handbook>>> {
    if kb.is_none() && exam.handouts().is_empty() {
        return Ok(None);
    }
    let mut passages: Vec<Passage> = Vec::new();
    for name in exam.handouts().keys() {
        let path = folder.join(name);
        let known = exam.citation(name).context("a handout has its hash")?.sha256;
        let document =
            read_isolated(&path, &known)?.map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))?;
        passages.extend(split(name, &known, &document));
    }
    let embedder = models.embedder()?;
    let mut collections = Vec::new();
    if !passages.is_empty() {
        collections.push(Library::of(passages, Some(Arc::clone(&embedder)))?.into_engine());
    }
    if let Some(kb) = kb {
        let base = Base::open(kb)?;
        ensure!(
            !base.documents().is_empty(),
            "{} holds no document yet: viva kb add FILE --kb {0}",
            kb.display()
        );
        collections.push(engine(&base)?);
    }
    let documents = Documents::new(collections, Some(embedder));
    Ok(documents.holds_any().then(|| Arc::new(documents) as Arc<dyn Handbook>))
}

/// A base as a session's record names it, so that a replay can tell whether it is still the same.
pub(crate) fn named(kb: &Path) -> Result<serde_json::Value> {
    let base = Base::open(kb)?;
    let documents: Vec<_> =
        base.documents().iter().map(|entry| json!({"name": entry.name, "sha256": entry.sha256})).collect();
    Ok(json!({"folder": kb.display().to_string(), "embedder": base.embedder(), "documents": documents}))
}

fn list(kb: &Path, json: bool) -> Result<()> {
    let base = Base::open(kb)?;
    if json {
        return say_json(&json!({
            "embedder": base.embedder(), "passages": base.passages(), "documents": base.documents(),
        }));
    }
    for entry in base.documents() {
        let pages = entry.pages.map_or_else(String::new, |pages| format!(", {pages} pages"));
        say(format!("{}  {} ({})", &entry.sha256[..16], entry.name, entry.format.name()));
        if let Some(title) = &entry.title {
            say(format!("    {title}"));
        }
        say(format!("    {} passages{pages}; {}", entry.passages, entry.path));
        for note in &entry.notes {
            say(format!("    note: {note}"));
        }
    }
    say(format!("{} documents, {} passages", base.documents().len(), base.passages()));
    Ok(())
}

fn remove(kb: &Path, which: &[String]) -> Result<()> {
    let embedder = Base::open(kb)?.embedder().to_owned();
    let mut base = Base::open_to_change(kb, &embedder)?;
    for which in which {
        // A path from here, else a name or a hash.
        let path = std::fs::canonicalize(which).map(|path| path.display().to_string());
        let entry = match path.map(|path| base.remove(&path)) {
            Ok(Ok(entry)) => entry,
            _ => base.remove(which)?,
        };
        say(format!("removed {} ({} passages)", entry.name, entry.passages));
    }
    Ok(())
}

fn verify(kb: &Path, json: bool) -> Result<()> {
    let base = Base::open(kb)?;
    let findings = base.verify()?;
    if json {
        say_json(&json!({"documents": base.documents().len(), "findings": findings}))?;
    } else {
        findings.iter().for_each(say);
    }
    if !findings.is_empty() {
        bail!("{} finding(s) in {} documents", findings.len(), base.documents().len());
    }
    if !json {
        say(format!("{} documents are as they were added", base.documents().len()));
    }
    Ok(())
}

fn search(query: &str, kb: &Path, top: usize, json: bool) -> Result<ExitCode> {
    let base = Base::open(kb)?;
    if base.documents().is_empty() {
        bail!("{} holds no document yet: viva kb add FILE --kb {0}", kb.display());
    }
    let answer = engine(&base)?.search(query, top).context("cannot search")?;
    if json {
        say_json(&as_json(query, &answer))?;
    } else if answer.in_scope {
        for (number, hit) in (1..).zip(&answer.hits) {
            tell(number, hit);
        }
        for found in disagreements(&answer.hits) {
            let ((first, second), (a, b)) = (found.hits, found.sentences);
            say(format!("passages {} and {} do not agree: \"{a}\" / \"{b}\"", first + 1, second + 1));
        }
    } else {
        let cosine =
            answer.cosine.map_or_else(String::new, |cosine| format!("nearest meaning {cosine:.2}, "));
        say(format!("not in these documents ({cosine}words covered {:.0} %)", answer.coverage * 100.0));
    }
    Ok(if answer.in_scope { ExitCode::SUCCESS } else { ExitCode::from(NOT_IN_THE_DOCUMENTS) })
}

fn tell(number: usize, hit: &Hit) {
    let passage = &hit.passage;
    let part =
        |name: &str, value: Option<f32>| value.map_or_else(String::new, |v| format!("  {name} {v:.2}"));
    let headings: Vec<&str> =
        passage.above.iter().chain(std::iter::once(&passage.heading)).map(String::as_str).collect();
    let headings = headings.join(" › ");
    let title = passage.title.as_deref().unwrap_or(&passage.doc);
    say(format!("{number}. {title} — {headings}"));
    say(format!("   fused {:.4}{}{}", hit.score, part("bm25", hit.bm25), part("cosine", hit.cosine)));
    for line in passage.text.lines() {
        say(format!("   | {line}"));
    }
    say(format!("   {}", passage.citation()));
    say("");
}

/// Without a passage when none is about the question: what is not relevant must not be quoted.
fn as_json(query: &str, answer: &Answer) -> serde_json::Value {
    let hits = if answer.in_scope { &answer.hits[..] } else { &[] };
    let hits: Vec<_> = hits
        .iter()
        .map(|hit| {
            json!({
                "title": hit.passage.title, "document": hit.passage.doc, "heading": hit.passage.heading,
                "above": hit.passage.above, "page": hit.passage.page, "last_page": hit.passage.last_page,
                "text": hit.passage.text, "sha256": hit.passage.sha256, "citation": hit.passage.citation().to_string(),
                "fused": hit.score, "bm25": hit.bm25, "cosine": hit.cosine,
            })
        })
        .collect();
    let disagreements = if answer.in_scope { disagreements(&answer.hits) } else { Vec::new() };
    let disagreements: Vec<_> = disagreements
        .into_iter()
        .map(|found| json!({"hits": [found.hits.0, found.hits.1], "sentences": [found.sentences.0, found.sentences.1]}))
        .collect();
    json!({
        "query": query, "in_scope": answer.in_scope, "cosine": answer.cosine, "coverage": answer.coverage, "hits": hits,
        "disagreements": disagreements,
    })
}
