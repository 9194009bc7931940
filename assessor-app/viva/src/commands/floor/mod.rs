//! `viva floor`: who speaks next, on labelled cases.

mod adviser;
mod plot;
pub(crate) mod points;
mod told;
mod trace;
mod trial;

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use indicatif::ProgressBar;
use serde_json::json;
use viva_floor::protocol::{Case, read_cases};

use super::{rfc3339, say, unix_now};
use crate::cli::FloorArgs;
use crate::interview::Models;
use points::Point;
use trial::Trial;

/// The file that lists the cases of a set.
const LABELS: &str = "labels.jsonl";

pub(crate) fn run(args: &FloorArgs) -> Result<()> {
    let folder = args
        .cases
        .clone()
        .or_else(|| std::env::var_os("VIVA_DATA").map(|data| set_of(&PathBuf::from(data))))
        .context("set VIVA_DATA, or --cases, to a folder of labelled cases (layout: docs/floor.md)")?;
    let cases = load(&folder)?;
    let points = match &args.policy {
        Some(name) => vec![points::named(name)?],
        None if args.sweep => points::sweep(),
        None => points::frozen(),
    };
    let file = File::create(&args.out).with_context(|| format!("cannot write {}", args.out.display()))?;
    let mut out = BufWriter::new(file);
    let policies: serde_json::Map<_, _> = points.iter().map(|p| (p.name.clone(), json!(p.config))).collect();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let header = json!({
        "system": "viva floor", "version": env!("CARGO_PKG_VERSION"), "policies": policies,
        "machine": format!("{} {}, {cores} cores", std::env::consts::ARCH, std::env::consts::OS),
        "date": rfc3339(unix_now()),
        "without": args.without, "keeps_pace": args.keep_pace, "compute": "CPU time of the tick, one thread",
    });
    writeln!(out, "{header}")?;
    let mut trial = Trial::open(&Models::open()?, args)?;
    let bar = ProgressBar::new(cases.len() as u64);
    for case in &cases {
        for decision in trial.run(case, &folder, &points)? {
            writeln!(out, "{decision}")?;
        }
        bar.inc(1);
    }
    out.flush().with_context(|| format!("cannot write {}", args.out.display()))?;
    bar.finish_and_clear();
    say(format!("{} cases, {} policies -> {}", cases.len(), points.len(), args.out.display()));
    say(trial.cost());
    trial.told().lines().for_each(say);
    if let Some(picture) = &args.plot {
        let mut files = vec![args.out.as_path()];
        files.extend(args.beside.iter().map(PathBuf::as_path));
        plot::draw(&cases, &files, picture)?;
        say(format!("cut-ins against latency -> {}", picture.display()));
    }
    Ok(())
}

/// A set of cases, or the dev set in a folder of sets.
fn set_of(data: &Path) -> PathBuf {
    let dev = data.join("dev");
    if !data.join(LABELS).is_file() && dev.join(LABELS).is_file() { dev } else { data.to_path_buf() }
}

fn load(folder: &Path) -> Result<Vec<Case>> {
    let labels = folder.join(LABELS);
    let text = std::fs::read_to_string(&labels).with_context(|| {
        format!(
            "{} cannot be read: expected a folder with labels.jsonl and the audio files that it lists (layout: docs/floor.md)",
            labels.display()
        )
    })?;
    let cases = read_cases(&text).with_context(|| labels.display().to_string())?;
    if cases.is_empty() {
        bail!("{} lists no case", labels.display());
    }
    Ok(cases)
}

/// One line of the decision file.
fn decision(
    case: &str,
    point: &Point,
    event: &viva_exchange::TurnEvent,
    compute_ms: f64,
) -> serde_json::Value {
    json!({
        "case": case, "policy": point.name, "kind": event.kind, "t": event.at.as_secs(),
        "compute_ms": (compute_ms * 1e3).round() / 1e3,
    })
}
