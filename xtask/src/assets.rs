//! `cargo xtask assets`: the models and test media in the cache.

use anyhow::{Result, bail};
use clap::Args;
use viva_models::progress::Bars;
use viva_models::{Cache, Progress, Selection};

use crate::say;

/// Which assets, and what to do with them.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Asset ids; none means everything the product needs.
    ids: Vec<String>,
    /// The clips and pictures the tests read.
    #[arg(long, conflicts_with = "ids")]
    test_media: bool,
    /// Every optional model and all test media: several gigabytes.
    #[arg(long, conflicts_with_all = ["ids", "test_media"])]
    all: bool,
    /// List what there is instead of fetching.
    #[arg(long)]
    list: bool,
    /// Read and check what is there instead of fetching.
    #[arg(long, conflicts_with = "list")]
    verify: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let cache = Cache::from_env()?;
    if arguments.list {
        for asset in viva_models::status(&cache) {
            let state = if asset.present { "present" } else { "absent" };
            let need = if asset.required { "required" } else { "optional" };
            let megabytes = asset.bytes as f64 / 1e6;
            say(&format!(
                "{:30} {state:8} {need:9} {megabytes:8.1} MB  {}  [{}]",
                asset.id, asset.role, asset.licence
            ));
        }
        return Ok(());
    }
    let selection = match arguments {
        Arguments { all: true, .. } => Selection::All,
        Arguments { test_media: true, .. } => Selection::TestMedia,
        Arguments { ids, .. } if !ids.is_empty() => Selection::Ids(ids.clone()),
        _ => Selection::Required,
    };
    if arguments.verify {
        let report = viva_models::verify(&selection, &cache, &mut Bars::new())?;
        for finding in &report.findings {
            say(&finding.to_string());
        }
        if !report.findings.is_empty() {
            bail!("{} things are wrong", report.findings.len());
        }
        say(&format!("{} files are as pinned", report.files));
        return Ok(());
    }
    fetch(&selection, &cache, &mut Bars::new())
}

pub(crate) fn fetch(selection: &Selection, cache: &Cache, progress: &mut dyn Progress) -> Result<()> {
    let report = viva_models::fetch(selection, cache, progress)?;
    for (id, instead) in &report.substituted {
        say(&format!("{id} cannot be had; {instead} was fetched in its place"));
    }
    let (present, installed) = (report.present.len(), report.installed.len());
    say(&format!("assets in {}: {present} were there, {installed} are new", cache.root().display()));
    Ok(())
}
