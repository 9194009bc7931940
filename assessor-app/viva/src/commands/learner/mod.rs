//! `viva learner`, and what other commands do with a learner's folder.

mod arguments;
mod cohort;
mod folder;
mod guided;
mod parquet;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use viva_assessment::Exam;
use viva_assessment::conversation::PracticePlan;
use viva_learner::progress::{Gap, Skill, gaps, skills};
use viva_learner::{Moment, Remembered, Sealed, page, take_in};
use viva_verify::{MANIFEST_FILE, SCORES_FILE, verify_bundle};

use super::{say, say_json, unix_now};
use crate::interview::load_exam;
pub(crate) use arguments::{LearnerArgs, LearnerCommand};
pub(crate) use folder::Folder;

pub(crate) fn run(command: &LearnerCommand) -> Result<()> {
    match command {
        LearnerCommand::Add { learner, records } => add(learner, records),
        LearnerCommand::Profile { of, html } => profile(of, html.as_deref()),
        LearnerCommand::Recommend(of) => recommend(of),
        LearnerCommand::Practise { exam, task, learner, out } => guided::practise(exam, task, learner, out),
        LearnerCommand::ImportWorkflow { file, by, exam, task } => guided::import(file, by, exam, task),
        LearnerCommand::CloseLoop { id, learner, saved_minutes, good_enough, broke, differently, share } => {
            guided::close_loop(
                learner,
                id,
                &guided::Told {
                    saved_minutes: *saved_minutes,
                    good_enough: *good_enough,
                    broke,
                    differently,
                    share: *share,
                },
            )
        }
        LearnerCommand::Coach { of, html } => cohort::coach(of, html),
        LearnerCommand::Cohort { folder, csv, parquet, html, json } => {
            let (csv, parquet, html) = (csv.as_deref(), parquet.as_deref(), html.as_deref());
            cohort::run(folder, &cohort::Files { csv, parquet, html }, *json)
        }
        LearnerCommand::Share { learner, quotes } => share(learner, *quotes == arguments::Quotes::Shown),
    }
}

fn add(learner: &Path, records: &[PathBuf]) -> Result<()> {
    let sealed = records.iter().map(|record| read(record)).collect::<Result<Vec<_>>>()?;
    for (record, Remembered { opened, closed }) in records.iter().zip(add_sealed(learner, &sealed)?) {
        say(format!("{}: {opened} points open, {closed} shown that were open", record.display()));
    }
    Ok(())
}

fn profile(of: &LearnerArgs, html: Option<&Path>) -> Result<()> {
    let folder = Folder::open(&of.learner)?;
    let (profile, now) = (folder.profile()?, now());
    let skills = skills(&profile, now);
    if let Some(html) = html {
        let gaps = gaps_of(&of.exam, &folder)?;
        std::fs::write(html, page::profile(&profile, &gaps, now))
            .with_context(|| format!("cannot write {}", html.display()))?;
        say(format!("page: {}", html.display()));
        return Ok(());
    }
    if of.json {
        return say_json(&skills);
    }
    if skills.is_empty() {
        say(
            "no session yet: `viva interview --mode practice --learner FOLDER`, or `viva learner add` for records that there are",
        );
    }
    skills.iter().for_each(tell);
    Ok(())
}

fn tell(skill: &Skill) {
    say(format!("{}  {} ({})", skill.proficiency.name(), skill.title, skill.exam));
    say(format!("    {}", skill.why));
    if let Some(last) = skill.occasions.last() {
        let quote = last.quote.as_deref().unwrap_or("no words speak for it");
        say(format!(
            "    {}: level {} of {}, {} asked for: \"{quote}\"",
            last.at.date(),
            last.level,
            last.max,
            last.target
        ));
        say(format!("    session {}", last.session));
    }
}

fn gaps_of(exams: &[PathBuf], folder: &Folder) -> Result<Vec<Gap>> {
    gaps_in(&exams.iter().map(|exam| load_exam(exam)).collect::<Result<Vec<_>>>()?, folder)
}

fn gaps_in(exams: &[Arc<Exam>], folder: &Folder) -> Result<Vec<Gap>> {
    let exams: Vec<&Exam> = exams.iter().map(AsRef::as_ref).collect();
    Ok(gaps(&folder.profile()?, &folder.memories()?, &exams, now()))
}

fn recommend(of: &LearnerArgs) -> Result<()> {
    anyhow::ensure!(!of.exam.is_empty(), "name the exam packages to choose from: --exam FOLDER, repeatable");
    let exams = of.exam.iter().map(|exam| load_exam(exam)).collect::<Result<Vec<_>>>()?;
    let gaps = gaps_in(&exams, &Folder::open_or_new(&of.learner)?)?;
    if of.json {
        return say_json(&gaps);
    }
    let of_gap =
        |gap: &Gap| of.exam.iter().zip(&exams).find(|(_, exam)| exam.frame().id == *gap.exam.as_str());
    if gaps.is_empty() {
        say("every skill of these exams is shown reliably");
    }
    for gap in &gaps {
        say(format!("{}  {} ({})", gap.proficiency.name(), gap.title, gap.exam));
        say(format!("    why: {}", gap.why));
        gap.open.iter().for_each(|text| say(format!("    open: {text}")));
        say(format!("    the standard: {}", gap.looks_like));
        let scene = gap.scene.as_ref().map_or("", |_| ", and the scene");
        let questions = gap.questions.len();
        let plural = if questions == 1 { "" } else { "s" };
        say(format!("    occasions: {questions} question{plural}{scene}"));
        if let Some((folder, exam)) = of_gap(gap) {
            for task in guided::tasks_on(folder, exam, &gap.criterion)? {
                let (learner, folder) = (of.learner.display(), folder.display());
                say(format!(
                    "    a document of your own: viva learner practise --exam {folder} --task {task} --learner {learner} --out {task}.md"
                ));
            }
        }
    }
    if let Some(first) = gaps.first()
        && let Some((folder, _)) = of_gap(first)
    {
        say(format!(
            "next: viva interview --mode practice --learner {} --live --out RECORD --exam {}",
            of.learner.display(),
            folder.display()
        ));
    }
    Ok(())
}

fn share(learner: &Path, quotes: bool) -> Result<()> {
    let folder = Folder::open(learner)?;
    let _lock = folder.lock()?;
    let mut profile = folder.profile()?;
    profile.share_quotes = quotes;
    folder.save_profile(&profile)?;
    say(if quotes { "a coach sees levels and quotes" } else { "a coach sees levels, no quotes" });
    Ok(())
}

/// Now, as a learner's files say it.
pub(crate) fn now() -> Moment {
    Moment::from_unix_secs(unix_now())
}

/// What practice of an exam comes back to; nothing where the folder is new.
pub(crate) fn plan(folder: &Path, exam: &Exam) -> Result<PracticePlan> {
    Ok(Folder::open_or_new(folder)?.memories()?.plan(exam, now()))
}

/// Adds a sealed session to a learner's folder.
pub(crate) fn add_record(folder: &Path, bundle: &Path) -> Result<Remembered> {
    Ok(add_sealed(folder, &[read(bundle)?])?.pop().unwrap_or_default())
}

fn read(bundle: &Path) -> Result<Sealed> {
    let shown = bundle.display();
    let verified = verify_bundle(bundle, None).with_context(|| format!("{shown} does not verify"))?;
    let header = serde_json::from_slice(&verified.read(MANIFEST_FILE)?)?;
    let sheet = verified
        .read(SCORES_FILE)
        .with_context(|| format!("{shown} was not scored, so there is nothing to add"))?;
    Ok(Sealed { header, sheet: serde_json::from_slice(&sheet)?, record_root: verified.record_root })
}

fn add_sealed(folder: &Path, sealed: &[Sealed]) -> Result<Vec<Remembered>> {
    let folder = Folder::open_or_new(folder)?;
    let _lock = folder.lock()?;
    let (mut profile, mut memories) = (folder.profile()?, folder.memories()?);
    let told = take_in(&mut profile, &mut memories, sealed, now())?;
    folder.save_memories(&memories)?;
    folder.save_profile(&profile)?;
    Ok(told)
}
