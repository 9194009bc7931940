//! `viva models`

use anyhow::{Result, bail};
use serde_json::json;
use viva_models::progress::Bars;
use viva_models::{Cache, Selection, fetch, status, verify};

use super::{say, say_json};
use crate::cli::ModelsCommand;

pub(crate) fn run(command: &ModelsCommand) -> Result<()> {
    let cache = Cache::from_env()?;
    match command {
        ModelsCommand::List(args) => {
            let rows = status(&cache);
            if args.json {
                return say_json(
                    &json!({"cache": cache.root().display().to_string(), "assets": rows.iter().map(|row| json!({
                    "id": row.id, "role": row.role, "licence": row.licence, "required": row.required, "present": row.present, "bytes": row.bytes,
                })).collect::<Vec<_>>()}),
                );
            }
            say(format!("cache: {}", cache.root().display()));
            for row in rows {
                let state = match (row.present, row.required) {
                    (true, _) => "here",
                    (false, true) => "MISSING",
                    (false, false) => "optional",
                };
                say(format!(
                    "{:<30} {:<9} {:>7.1} MB  {}  ({})",
                    row.id,
                    state,
                    row.bytes as f64 / 1e6,
                    row.role,
                    row.licence
                ));
            }
            Ok(())
        }
        ModelsCommand::Fetch { ids, test_media } => {
            let mut bars = Bars::new();
            let selection = if ids.is_empty() { Selection::Required } else { Selection::Ids(ids.clone()) };
            let mut report = fetch(&selection, &cache, &mut bars)?;
            if *test_media {
                let more = fetch(&Selection::TestMedia, &cache, &mut bars)?;
                report.present.extend(more.present);
                report.installed.extend(more.installed);
            }
            say(format!("{} were here, {} were fetched", report.present.len(), report.installed.len()));
            Ok(())
        }
        ModelsCommand::Verify(args) => {
            let report = verify(&Selection::Required, &cache, &mut Bars::new())?;
            if args.json {
                say_json(
                    &json!({"files": report.files, "findings": report.findings.iter().map(ToString::to_string).collect::<Vec<_>>()}),
                )?;
            } else {
                for finding in &report.findings {
                    say(finding.to_string());
                }
            }
            if !report.findings.is_empty() {
                bail!("{} of the models' files are not as they should be", report.findings.len());
            }
            say(format!("{} files are as pinned", report.files));
            Ok(())
        }
    }
}
