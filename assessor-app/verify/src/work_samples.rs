//! Work samples that stand beside a session: the files must be the ones that were handed in, and every quote must stand in them.
//!
//! A step of oversight lists them; the files lie in `work-samples/0002/` (the number of the step's seal), each document and recording
//! with its words beside it, so that a quote can be checked without reading the format of the file.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde::Deserialize;

use crate::{
    Failure, Fault,
    content::read_json,
    oversight::{OversightStep, WORK_SAMPLES_EVENT},
    seal::SealedFile,
};

/// The folder of the files.
pub const WORK_SAMPLES_DIR: &str = "work-samples";

/// What is checked of a step; the record has the whole shape.
#[derive(Deserialize)]
struct Body {
    samples: Vec<Sample>,
}

#[derive(Deserialize)]
struct Sample {
    file: String,
    sha256: String,
    words: Option<String>,
    signs: Vec<Sign>,
}

#[derive(Deserialize)]
struct Sign {
    quote: String,
    passage: usize,
}

#[derive(Deserialize)]
struct Words {
    passages: Vec<Passage>,
}

#[derive(Deserialize)]
struct Passage {
    text: String,
}

/// Checks the steps against the sealed files, and that no file lies there which no step names.
pub(crate) fn check(
    root: &Path,
    files: &BTreeMap<String, SealedFile>,
    steps: &[OversightStep],
) -> Result<(), Failure> {
    let mut named = BTreeSet::new();
    for step in steps.iter().filter(|step| step.kind == WORK_SAMPLES_EVENT) {
        let content = |text: String| Failure::file(&step.file, Fault::Content(text));
        let body: Body =
            serde_json::from_value(step.body.clone()).map_err(|error| content(error.to_string()))?;
        for sample in body.samples {
            let Sample { file, sha256, words, signs } = sample;
            if !is_in_folder(&file) || files.get(&file).is_none_or(|sealed| sealed.sha256 != sha256) {
                return Err(content(format!("work sample {file} is not sealed with the hash that is told")));
            }
            if let Some(words) = &words {
                if !is_in_folder(words) || !files.contains_key(words) {
                    return Err(content(format!("{words} is not sealed")));
                }
                quotes(&read_words(root, words)?, &signs).map_err(&content)?;
            } else if let Some(sign) = signs.first() {
                return Err(content(format!(
                    "quote “{}” is of {file}, whose words are not kept",
                    sign.quote
                )));
            }
            for path in std::iter::once(file).chain(words) {
                if !named.insert(path.clone()) {
                    return Err(content(format!("{path} is handed in twice")));
                }
            }
        }
    }
    match files.keys().find(|path| is_in_folder(path) && !named.contains(*path)) {
        Some(path) => Err(Failure::file(path, Fault::Content("is handed in by no step".into()))),
        None => Ok(()),
    }
}

fn is_in_folder(path: &str) -> bool {
    path.split_once('/').is_some_and(|(folder, _)| folder == WORK_SAMPLES_DIR)
}

fn read_words(root: &Path, path: &str) -> Result<Words, Failure> {
    serde_json::from_value(read_json(root, path)?)
        .map_err(|error| Failure::file(path, Fault::Shape(error.to_string())))
}

fn quotes(words: &Words, signs: &[Sign]) -> Result<(), String> {
    let missing = signs.iter().find(|sign| {
        let stands = |passage: &Passage| passage.text.contains(&sign.quote);
        sign.quote.trim().is_empty() || !words.passages.get(sign.passage).is_some_and(stands)
    });
    missing.map_or(Ok(()), |sign| Err(format!("quote “{}” is not in passage {}", sign.quote, sign.passage)))
}
