//! Graded rows from files.

use std::io::Read as _;
use std::path::Path;

use flate2::read::GzDecoder;
use serde::Deserialize;
use viva_assessment::short_answer::Item;

use super::TrainError;

/// An answer with a human's score.
#[derive(Clone, Debug, Deserialize)]
pub struct Row {
    /// What was answered to what.
    #[serde(flatten)]
    pub item: Item,
    /// Name of the question, for folds.
    pub question_id: String,
    /// 0 to 1.
    pub score: f32,
    /// A human's label.
    pub label: String,
}

/// The rows of one file of JSON lines, packed by gzip when its name ends in `.gz`.
///
/// # Errors
/// When the file cannot be read or a line is no such row.
pub fn read_rows<T: for<'a> Deserialize<'a>>(path: &Path) -> Result<Vec<T>, TrainError> {
    let fault = |source| TrainError::Read { path: path.to_owned(), source };
    let bytes = std::fs::read(path).map_err(fault)?;
    let mut text = String::new();
    if path.extension().is_some_and(|ending| ending == "gz") {
        GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).map_err(fault)?;
    } else {
        bytes.as_slice().read_to_string(&mut text).map_err(fault)?;
    }
    (1..)
        .zip(text.lines())
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(line, json)| {
            serde_json::from_str(json).map_err(|error| TrainError::Line {
                path: path.to_owned(),
                line,
                reason: error.to_string(),
            })
        })
        .collect()
}

/// All graded rows of a folder's training files.
pub(crate) fn training_rows(folder: &Path) -> Result<Vec<Row>, TrainError> {
    let mut all = Vec::new();
    for path in training_files(folder)? {
        all.extend(read_rows::<Row>(&path)?);
    }
    Ok(all)
}

/// The training files of a folder, by name.
fn training_files(folder: &Path) -> Result<Vec<std::path::PathBuf>, TrainError> {
    let fault = |source| TrainError::Read { path: folder.to_owned(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fault)? {
        let path = entry.map_err(fault)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(".train.jsonl") || name.ends_with(".train.jsonl.gz") {
            files.push(path);
        }
    }
    files.sort();
    if files.is_empty() { Err(TrainError::NoData(folder.to_owned())) } else { Ok(files) }
}
