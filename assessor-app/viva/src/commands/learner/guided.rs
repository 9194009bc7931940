//! `viva learner practise` and `viva learner close-loop`: something to be used at work, and what became of it.

use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use viva_assessment::exam::{Criterion, Polarity};
use viva_assessment::{Exam, Scorer};
use viva_learner::{Closed, GoodEnough, Step, Task};

use super::arguments::GoodEnoughArg;
use super::{Folder, now};
use crate::commands::say;
use crate::interview::{Models, load_exam};

/// A way of working is a few pages.
const MOST_WORKFLOW_BYTES: u64 = 64 << 10;
/// So many missing signs are named at once.
const MOST_NAMED: usize = 2;

pub(super) fn practise(exam: &Path, task: &str, learner: &Path, out: &Path) -> Result<()> {
    ensure!(!out.exists(), "{} exists already: name another file", out.display());
    let package = load_exam(exam)?;
    let name = task;
    let task = read_task(exam, &package, name)?;
    let scorer = Scorer::new(Arc::clone(&package), Models::open()?.embedder()?)?;
    make_folder_of(out)?;
    say(&task.intro);
    say("A line is a section; an empty line leaves it out.");
    let mut sections = Vec::new();
    for (number, step) in (1..).zip(&task.steps) {
        say(format!("\n{number} of {}: {}", task.steps.len(), step.heading));
        say(&step.ask);
        let mut section = line()?;
        if !section.is_empty() {
            let missing = missing(&package, &scorer, step, &section);
            if missing.is_empty() {
                if step.criterion.is_some() {
                    say("It is all there.");
                }
            } else {
                say(format!("Not in it yet: {}. Add a sentence, or leave it empty.", missing.join("; ")));
                let more = line()?;
                if !more.is_empty() {
                    section = format!("{section} {more}");
                }
            }
        }
        sections.push(section);
    }
    if sections.iter().all(String::is_empty) {
        bail!("nothing was written, so there is no document");
    }
    let made = task.deliverable(&sections);
    std::fs::write(out, &made).with_context(|| format!("cannot write {}", out.display()))?;
    let folder = Folder::open_or_new(learner)?;
    let _lock = folder.lock()?;
    let mut deliverables = folder.deliverables()?;
    let sha256 = viva_knowledge::sha256_hex(made.as_bytes());
    let id = deliverables.add(&task.title, &package.frame().id, name, &sha256, now())?;
    folder.save_deliverables(&deliverables)?;
    say(format!("\n{} is yours to use.", out.display()));
    say(format!(
        "Afterwards tell what became of it: viva learner close-loop {id} --learner {}",
        learner.display()
    ));
    Ok(())
}

/// Makes the folder of a file, and sees that it can be written to, before anybody types what would be lost.
fn make_folder_of(file: &Path) -> Result<()> {
    let folder =
        file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    std::fs::create_dir_all(folder)
        .and_then(|()| tempfile::tempfile_in(folder))
        .with_context(|| format!("cannot write to {}: name another file", folder.display()))?;
    Ok(())
}

pub(super) fn import(file: &Path, by: &str, exam: &Path, task: &str) -> Result<()> {
    let plain = task.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    ensure!(plain && !task.is_empty(), "{task:?} is no name of a task: letters, digits and - make one");
    let package = load_exam(exam)?;
    let shown = file.display();
    let length = std::fs::metadata(file).with_context(|| format!("cannot read {shown}"))?.len();
    ensure!(length <= MOST_WORKFLOW_BYTES, "{shown} is larger than {} KiB", MOST_WORKFLOW_BYTES >> 10);
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {shown}"))?;
    let imported = Task::from_workflow(&text, by).with_context(|| shown.to_string())?;
    let written = imported.to_toml();
    Task::parse(&written, &package).context("the task that was made is not sound")?;
    let path = exam.join("tasks").join(format!("{task}.toml"));
    std::fs::create_dir_all(exam.join("tasks"))
        .with_context(|| format!("cannot write to {}", exam.display()))?;
    let mut out =
        std::fs::File::create_new(&path).with_context(|| format!("cannot make {}", path.display()))?;
    out.write_all(written.as_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
    say(format!(
        "{}: {} steps; add `criterion` and `seeks` to a step to have it looked at",
        path.display(),
        imported.steps.len()
    ));
    say(format!(
        "next: viva learner practise --exam {} --task {task} --learner FOLDER --out FILE",
        exam.display()
    ));
    Ok(())
}

fn names(exam: &Path) -> String {
    let names = tasks_of(exam);
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn tasks_of(exam: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(exam.join("tasks")).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.filter_map(|entry| Some(entry.path().file_stem()?.to_string_lossy().into_owned())).collect();
    names.sort();
    names
}

fn read_task(folder: &Path, exam: &Exam, name: &str) -> Result<Task> {
    let path = folder.join("tasks").join(format!("{name}.toml"));
    let text = std::fs::read_to_string(&path).with_context(|| {
        format!("cannot read {}; tasks of this package: {}", path.display(), names(folder))
    })?;
    Task::parse(&text, exam).with_context(|| path.display().to_string())
}

/// The tasks of a package that look for signs of a criterion.
pub(super) fn tasks_on(folder: &Path, exam: &Exam, criterion: &str) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for name in tasks_of(folder) {
        let task = read_task(folder, exam, &name)?;
        if task.steps.iter().any(|step| step.criterion.as_deref() == Some(criterion)) {
            found.push(name);
        }
    }
    Ok(found)
}

/// The signs that a section should show and does not, in the rubric's words.
fn missing(exam: &Exam, scorer: &Scorer, step: &Step, section: &str) -> Vec<String> {
    let criterion: Option<&Criterion> = step.criterion.as_deref().and_then(|id| exam.rubric().criterion(id));
    let Some(criterion) = criterion else { return Vec::new() };
    let wanted = criterion.indicators.iter().filter(|sign| {
        let named = step.seeks.is_empty() || step.seeks.iter().any(|id| sign.id == *id.as_str());
        sign.polarity == Polarity::Positive && named
    });
    wanted
        .filter(|sign| !scorer.shows(criterion, &sign.id, section))
        .map(|sign| sign.text.clone())
        .take(MOST_NAMED)
        .collect()
}

/// One line from the standard input, trimmed; empty at its end.
fn line() -> Result<String> {
    write!(std::io::stdout(), "> ").and_then(|()| std::io::stdout().flush()).unwrap_or_default();
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("cannot read what was typed")?;
    Ok(line.trim().to_owned())
}

/// What was told on the command line.
pub(super) struct Told<'a> {
    pub(super) saved_minutes: Option<i32>,
    pub(super) good_enough: Option<GoodEnoughArg>,
    pub(super) broke: &'a str,
    pub(super) differently: &'a str,
    pub(super) share: bool,
}

pub(super) fn close_loop(learner: &Path, id: &str, told: &Told<'_>) -> Result<()> {
    let folder = Folder::open(learner)?;
    // Closed for a trial, so that nobody answers questions in vain.
    let trial = |saved_minutes: i32| -> Result<()> {
        let (broke, differently) = (told.broke.to_owned(), told.differently.to_owned());
        let closed = Closed { at: now(), saved_minutes, good_enough: GoodEnough::Yes, broke, differently };
        Ok(folder.deliverables()?.close(id, told.share, closed)?)
    };
    trial(told.saved_minutes.unwrap_or_default())?;
    let asked = told.saved_minutes.is_none() || told.good_enough.is_none();
    let saved_minutes = match told.saved_minutes {
        Some(minutes) => minutes,
        None => {
            say("How many minutes did it save against the way before? Below 0 where it cost some.");
            let answer = line()?;
            let minutes =
                answer.parse::<i32>().with_context(|| format!("{answer:?} is no number of minutes"))?;
            trial(minutes)?;
            minutes
        }
    };
    let good_enough = match told.good_enough {
        Some(GoodEnoughArg::Yes) => GoodEnough::Yes,
        Some(GoodEnoughArg::Partly) => GoodEnough::Partly,
        Some(GoodEnoughArg::No) => GoodEnough::No,
        None => {
            say("Was it good enough to be used? yes, partly or no");
            match line()?.to_lowercase().as_str() {
                "yes" => GoodEnough::Yes,
                "partly" => GoodEnough::Partly,
                "no" => GoodEnough::No,
                other => bail!("{other:?} is neither yes, partly nor no"),
            }
        }
    };
    let text = |given: &str, question: &str| -> Result<String> {
        if !given.is_empty() || !asked {
            return Ok(given.to_owned());
        }
        say(question);
        line()
    };
    let broke = text(told.broke, "Where did it break? Empty where it did not.")?;
    let differently = text(told.differently, "What would you do differently? It may stay empty.")?;
    let closed = Closed { at: now(), saved_minutes, good_enough, broke, differently };
    let _lock = folder.lock()?;
    let mut deliverables = folder.deliverables()?;
    deliverables.close(id, told.share, closed)?;
    folder.save_deliverables(&deliverables)?;
    say(format!("the loop of {id} is closed"));
    Ok(())
}
