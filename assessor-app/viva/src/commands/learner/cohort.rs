//! `viva learner coach` and `viva learner cohort`

use std::path::Path;

use anyhow::{Context as _, Result};
use viva_learner::cohort::{Cohort, Member};
use viva_learner::page;

use super::arguments::CoachArgs;
use super::{Folder, gaps_of, now, parquet};
use crate::commands::{say, say_json, tell, warn};

pub(super) fn coach(of: &CoachArgs, html: &Path) -> Result<()> {
    let folder = Folder::open(&of.learner)?;
    let page = page::coach(&member(&folder)?, &gaps_of(&of.exam, &folder)?, now());
    write(html, page.as_bytes(), false)
}

/// Where the figures go beside the terminal.
pub(super) struct Files<'a> {
    pub(super) csv: Option<&'a Path>,
    pub(super) parquet: Option<&'a Path>,
    pub(super) html: Option<&'a Path>,
}

pub(super) fn run(folder: &Path, files: &Files<'_>, json: bool) -> Result<()> {
    let mut dirs = Vec::new();
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.join("profile.toml").is_file() || path.join("deliverables.toml").is_file() {
            dirs.push(path);
        }
    }
    dirs.sort();
    let mut members = Vec::new();
    for dir in &dirs {
        match Folder::open(dir).and_then(|folder| member(&folder)) {
            Ok(member) => members.push(member),
            Err(error) => warn(format!("{} is left out: {error:#}", dir.display())),
        }
    }
    let cohort = Cohort::of(&members, now())?;
    if let Some(csv) = files.csv {
        write(csv, cohort.to_csv().as_bytes(), json)?;
    }
    if let Some(file) = files.parquet {
        write(file, &parquet::of(&cohort.rows())?, json)?;
    }
    if let Some(html) = files.html {
        write(html, page::cohort(&cohort, now()).as_bytes(), json)?;
    }
    if json {
        return say_json(&cohort);
    }
    say(format!("{} learners, {} sessions", cohort.learners, cohort.sessions));
    for metric in &cohort.metrics {
        let value = metric.value.map_or_else(|| "–".to_owned(), |value| format!("{value:.2}"));
        say(format!("  {:<22} {value:>8}, n {}: {}", metric.name, metric.n, metric.definition));
    }
    for skill in &cohort.skills {
        let [l0, l1, l2] = skill.learners;
        say(format!("  {} ({}): {l0} at L0, {l1} at L1, {l2} at L2", skill.title, skill.exam));
    }
    Ok(())
}

fn member(folder: &Folder) -> Result<Member> {
    Ok(Member { profile: folder.profile()?, deliverables: folder.deliverables()? })
}

/// Writes a file and says so; beside JSON, which stands alone on the standard output, on the standard error stream.
fn write(path: &Path, bytes: &[u8], json: bool) -> Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    tell(&format!("written: {}", path.display()), json);
    Ok(())
}
