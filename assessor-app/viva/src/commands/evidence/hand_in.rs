//! `viva evidence hand-in`: work samples into a sealed record.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use viva_assessment::Scorer;
use viva_learner::{Sample, SampleKind};
use viva_media::Timestamp;
use viva_record::RecordError;
use viva_record::oversight::work_samples::{HandedIn, SamplePassage, SampleSign, SampleWords, hand_in};
use viva_record::report::Report;

use super::{Found, Passage, file_of, passages_of, signs};
use crate::commands::learner::Folder;
use crate::commands::{rfc3339, say, say_json, unix_now};
use crate::interview::{Models, load_exam};
use crate::issuer::{Issuer, of_another};

/// What is handed in.
pub(super) struct Wish<'a> {
    pub(super) record: &'a Path,
    pub(super) ids: &'a [String],
    pub(super) learner: &'a Path,
    pub(super) exam: &'a PathBuf,
    pub(super) by: Option<&'a str>,
    pub(super) note: &'a str,
    pub(super) issuer: &'a Issuer,
    pub(super) json: bool,
}

pub(super) fn run(wish: &Wish<'_>) -> Result<()> {
    let Wish { record, ids, learner, exam, by, note, issuer, json } = *wish;
    let header = Report::load(record)
        .with_context(|| format!("{} is no record of a session", record.display()))?
        .header;
    let exam = load_exam(exam)?;
    // What the learner's folder says of signs could have been written by anybody: they are found anew, by the exam of the session.
    ensure!(
        exam.hash_hex() == header.exam_sha256,
        "the record is of {} {} with hash {}; this exam package has {}",
        header.exam_id,
        header.exam_version,
        header.exam_sha256,
        exam.hash_hex()
    );
    let samples = Folder::open(learner)?.samples()?;
    let chosen: Vec<&Sample> = ids.iter().map(|id| samples.get(id)).collect::<Result<_, _>>()?;
    let photos_only = chosen.iter().all(|sample| sample.kind == SampleKind::Photo);
    let scorer = if photos_only { None } else { Some(Models::open()?.embedder()?) };
    let scorer = scorer.map(|embedder| Scorer::new(std::sync::Arc::clone(&exam), embedder)).transpose()?;
    let mut handed = Vec::new();
    let mut told = Vec::new();
    for (id, sample) in ids.iter().zip(chosen) {
        let (path, bytes) = file_of(learner, sample)?;
        let (most, length) = (sample.kind.most_bytes(), bytes.len() as u64);
        ensure!(
            length <= most,
            "{id} has {} MiB; a record takes a {} of at most {} MiB: cut it or save it smaller",
            length >> 20,
            sample.kind.word(),
            most >> 20
        );
        let passages = passages_of(sample, &path)?;
        let found = match (&passages, &scorer) {
            (Some(passages), Some(scorer)) => signs(&exam, scorer, passages)?,
            _ => Vec::new(),
        };
        told.push(json!({"id": id, "kind": sample.kind, "title": sample.title, "signs": found.len()}));
        handed.push(HandedIn {
            title: sample.title.clone(),
            context: sample.context.clone(),
            kind: sample.kind,
            ending: sample.file.rsplit_once('.').map_or("bin", |(_, ending)| ending).to_owned(),
            bytes,
            signs: found.into_iter().map(|found| sign(found, passages.as_deref().unwrap_or(&[]))).collect(),
            words: passages.map(|all| SampleWords { passages: all.iter().map(passage).collect() }),
        });
    }
    let by = by.unwrap_or(&header.candidate.name);
    let verified =
        hand_in(record, by, note, &rfc3339(unix_now()), handed, &issuer.key).map_err(
            |error| match error {
                RecordError::NotWhole(failure) => of_another(failure, issuer),
                other => other.into(),
            },
        )?;
    if json {
        let record = record.display().to_string();
        return say_json(&json!({"bundle": record, "seals": verified.seals.len(), "samples": told}));
    }
    say(format!(
        "{by} handed in {} work samples; {} seals in {}",
        told.len(),
        verified.seals.len(),
        record.display()
    ));
    for one in &told {
        let (id, title) = (one["id"].as_str().unwrap_or_default(), one["title"].as_str().unwrap_or_default());
        say(format!("{id:<4} {title}: {} signs found", one["signs"]));
    }
    say("the reviewer sees them beside what was said; no level of the engine rests on them");
    Ok(())
}

fn passage(passage: &Passage) -> SamplePassage {
    let span = passage.timed.then(|| (millis(passage.turn.start), millis(passage.turn.end)));
    SamplePassage { text: passage.turn.text(), page: passage.page, span_ms: span }
}

fn sign(found: Found, passages: &[Passage]) -> SampleSign {
    let Found { criterion, sign, against, passage, quote } = found;
    let of = passages.get(passage);
    let timed = of.is_some_and(|passage| passage.timed);
    SampleSign {
        criterion,
        sign,
        against,
        quote: quote.text().to_owned(),
        passage,
        page: of.and_then(|passage| passage.page),
        span_ms: timed.then(|| (millis(quote.start()), millis(quote.end()))),
    }
}

fn millis(at: Timestamp) -> u64 {
    (at.as_secs() * 1000.0).max(0.0).round() as u64
}
