//! `viva fairness`

use anyhow::{Context as _, Result, bail};
use viva_statistics::{
    fairness::{FairnessConfig, fairness},
    page, table,
};

use super::{
    calibrate::{bootstrap, load, write},
    say, say_json, warn,
};
use crate::cli::FairnessArgs;

pub(crate) fn run(args: &FairnessArgs) -> Result<()> {
    let mut ratings = load(&args.ratings, &args.machine, None)?;
    if let Some(file) = &args.groups {
        let shown = file.display().to_string();
        let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {shown}"))?;
        let (with_groups, notes) = ratings.with_groups(&text).with_context(|| shown.clone())?;
        notes.iter().for_each(|note| warn(format!("{shown}: {note}")));
        ratings = with_groups;
    }
    let bootstrap = bootstrap(&args.output)?;
    let all: Vec<String> = ratings.group_names().into_iter().map(str::to_owned).collect();
    let groups = args.by.clone().map_or(all, |group| vec![group]);
    if groups.is_empty() {
        bail!("the ratings have no group: add a column to them, or name a table with --groups");
    }
    let mut results = Vec::new();
    for group in &groups {
        let config = FairnessConfig {
            rater: args.machine.clone(),
            group: group.clone(),
            reference: args.reference.clone(),
            met_from: args.met_from,
            bootstrap,
        };
        results.push(fairness(&ratings, &config)?);
    }
    for (result, group) in results.iter().zip(&groups) {
        if let Some(file) = &args.output.html {
            let plain: String =
                group.chars().map(|sign| if sign.is_alphanumeric() { sign } else { '_' }).collect();
            let name = file.file_stem().unwrap_or_default().to_string_lossy();
            let file = if groups.len() == 1 {
                file.clone()
            } else {
                file.with_file_name(format!("{name}-{plain}.html"))
            };
            write(&file, &page::fairness(result))?;
        }
    }
    if args.output.json {
        return say_json(&results);
    }
    results.iter().flat_map(table::fairness).for_each(say);
    Ok(())
}
