//! `viva xapi`: records for a learning record store.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use viva_exchange::Transcript;
use viva_record::oversight::History;
use viva_record::review::is_demonstration;
use viva_record::wire::{ScoreSheet, SessionHeader};
use viva_record::xapi::{Session, statements};
use viva_verify::{MANIFEST_FILE, SCORES_FILE, TRANSCRIPT_FILE, verify_bundle};

use super::calibrate::bundles;
use super::score::place;
use super::{say, warn};
use crate::cli::XapiArgs;

/// What may stand in no part of an address that others are built on.
const NOT_IN_AN_ADDRESS: &str = "?#<>\"{}|\\^`";

pub(crate) fn run(args: &XapiArgs) -> Result<()> {
    let home = args.home.trim_end_matches('/');
    let is_address = home.strip_prefix("https://").or_else(|| home.strip_prefix("http://"));
    ensure!(
        is_address.is_some_and(|rest| !rest.is_empty()
            && !rest.contains(|c: char| c.is_whitespace() || NOT_IN_AN_ADDRESS.contains(c))),
        "--home {:?} is no address: give one such as https://assess.example.org",
        args.home
    );
    let mut folders = Vec::new();
    if args.records.join(MANIFEST_FILE).is_file() {
        folders.push(args.records.clone());
    } else {
        bundles(&args.records, &mut folders, 0)?;
        folders.sort();
    }
    let out = place(&args.out);
    if let Some(record) = folders.iter().find(|folder| out.starts_with(place(folder))) {
        bail!(
            "--out lies in the record {}, which would no longer verify: name another place",
            record.display()
        );
    }
    let mut all = Vec::new();
    let (mut sessions, mut known) = (0, BTreeSet::new());
    for folder in &folders {
        match of_record(folder, home) {
            Ok((session, _)) if !known.insert(session.clone()) => {
                warn(format!("{} is left out: it is another copy of {session}", folder.display()));
            }
            Ok((_, found)) if found.is_empty() => {
                let why = "practice, refused consent and simulated candidates are nothing for a store";
                warn(format!("{} is left out: {why}", folder.display()));
            }
            Ok((_, found)) => {
                sessions += 1;
                all.extend(found);
            }
            Err(error) => warn(format!("{} is left out: {error:#}", folder.display())),
        }
    }
    if sessions == 0 {
        bail!("{} holds no record that can be stated", args.records.display());
    }
    let text = serde_json::to_string_pretty(&all)? + "\n";
    std::fs::write(&args.out, text).with_context(|| format!("cannot write {}", args.out.display()))?;
    say(format!("{} statements of {sessions} session(s): {}", all.len(), args.out.display()));
    Ok(())
}

/// The session's id with its statements, only of what verifies: a store keeps statements for ever.
fn of_record(folder: &Path, home: &str) -> Result<(String, Vec<Value>)> {
    let verified = verify_bundle(folder, None)?;
    let header: SessionHeader = serde_json::from_slice(&verified.read(MANIFEST_FILE)?)?;
    let sheet: ScoreSheet = serde_json::from_slice(&verified.read(SCORES_FILE)?)?;
    let transcript: Transcript = serde_json::from_slice(&verified.read(TRANSCRIPT_FILE)?)?;
    let history = History::of(&verified)?;
    let (first, last) = (transcript.turns.first(), transcript.turns.last());
    let secs = first.zip(last).map_or(0.0, |(first, last)| (last.end - first.start).as_secs());
    let demonstration = is_demonstration(&header, &sheet, &verified.key);
    let found =
        statements(&Session { header: &header, sheet: &sheet, history: &history, demonstration, secs, home });
    Ok((header.session_id, found))
}
