//! Looks over the cache: is everything there, and is every byte the one that was pinned?

use std::collections::BTreeMap;
use std::path::Path;

use crate::lock::Asset;
use crate::manifest::Manifest;
use crate::{Cache, Lock, ModelsError, Progress, Selection, hash};

/// One line of `viva models`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetStatus {
    /// Name of the row.
    pub id: String,
    /// What it does here.
    pub role: String,
    /// Licence of the weights or data.
    pub licence: String,
    /// Whether the product needs it.
    pub required: bool,
    /// Whether all its files are there (existence only; [`verify`] reads them).
    pub present: bool,
    /// Bytes on disk when present, else bytes to download.
    pub bytes: u64,
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    /// A file of an asset is not there.
    #[error("{id}/{file} is missing: run `viva models fetch`")]
    MissingFile {
        /// Asset id.
        id: String,
        /// File name.
        file: String,
    },
    /// The asset has no readable manifest.
    #[error("{id} has no manifest, its files cannot be told right from wrong: run `viva models fetch`")]
    NoManifest {
        /// Asset id.
        id: String,
    },
    /// The asset was made from other archives or by another version.
    #[error(
        "{id} was made from other archives than the pinned ones, or by another version: run `viva models fetch`"
    )]
    Stale {
        /// Asset id.
        id: String,
    },
    /// The bytes changed.
    #[error("{path} has sha256 {found}, expected {expected}: run `viva models fetch`")]
    WrongHash {
        /// File.
        path: String,
        /// Pinned or recorded.
        expected: String,
        /// Found.
        found: String,
    },
}

/// What [`verify`] found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Number of files read.
    pub files: usize,
    /// Everything wrong; empty is good.
    pub findings: Vec<Finding>,
}

/// Reads every chosen asset's files and archives in the cache and compares them with the lock and the manifests.
///
/// # Errors
/// When a file that is there cannot be read. A wrong file is a [`Finding`], not an error.
pub fn verify(
    selection: &Selection,
    cache: &Cache,
    progress: &mut dyn Progress,
) -> Result<VerifyReport, ModelsError> {
    verify_against(Lock::embedded(), selection, cache, progress)
}

/// [`verify`] against a given lock.
///
/// # Errors
/// As [`verify`].
pub fn verify_against(
    lock: &Lock,
    selection: &Selection,
    cache: &Cache,
    progress: &mut dyn Progress,
) -> Result<VerifyReport, ModelsError> {
    let mut report = VerifyReport::default();
    for row in selection.rows(lock)? {
        report.findings.extend(check_files(lock, &row.id, &cache.asset(&row.id), progress)?);
        report.files += row.files().len();
        for archive in &row.archives {
            let path = cache.archives().join(&archive.file);
            // Archives are only needed to make assets; one that is gone is no fault.
            if !path.is_file() {
                continue;
            }
            report.files += 1;
            progress.begin(&format!("verify {}", archive.file), Some(archive.bytes));
            let found = hash::sha256_file(&path, progress);
            progress.end();
            let found = found?.0;
            if found != archive.sha256 {
                report.findings.push(Finding::WrongHash {
                    path: path.display().to_string(),
                    expected: archive.sha256.clone(),
                    found,
                });
            }
        }
    }
    Ok(report)
}

/// Which assets there are, and which of them are in the cache.
#[must_use]
pub fn status(cache: &Cache) -> Vec<AssetStatus> {
    let lock = Lock::embedded();
    let rows = lock.assets.iter().filter(|row| !row.id.ends_with(".fallback"));
    rows.map(|row| {
        let folder = cache.asset(&row.id);
        let files = Manifest::read(&folder).map_or_else(|| row.files(), |m| m.files.into_keys().collect());
        let sizes: Option<u64> = files.iter().map(|file| size(&folder.join(file))).sum();
        AssetStatus {
            id: row.id.clone(),
            role: row.role.clone(),
            licence: row.weights_licence.clone(),
            required: row.required,
            present: sizes.is_some(),
            bytes: sizes.unwrap_or_else(|| row.download_bytes()),
        }
    })
    .collect()
}

fn size(path: &Path) -> Option<u64> {
    path.metadata().ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len())
}

/// Compares the files in an asset's folder with its manifest and with the hashes the lock pins.
pub(crate) fn check_files(
    lock: &Lock,
    id: &str,
    folder: &Path,
    progress: &mut dyn Progress,
) -> Result<Vec<Finding>, ModelsError> {
    let id = id.to_owned();
    let row = lock.asset(&id)?;
    let Some(manifest) = Manifest::read(folder) else {
        let missing = row.files().into_iter().find(|file| !folder.join(file).is_file());
        return Ok(vec![match missing {
            Some(file) => Finding::MissingFile { id, file },
            None => Finding::NoManifest { id },
        }]);
    };
    if !manifest.is_current(lock) || (manifest.row != id && manifest.row != format!("{id}.fallback")) {
        return Ok(vec![Finding::Stale { id }]);
    }
    let pinned = pinned(lock.asset(&manifest.row)?);
    let mut findings = Vec::new();
    progress.begin(&format!("check {id}"), Some(manifest.files.values().map(|file| file.bytes).sum()));
    for (file, recorded) in &manifest.files {
        let path = folder.join(file);
        if !path.is_file() {
            findings.push(Finding::MissingFile { id: id.clone(), file: file.clone() });
            continue;
        }
        let (found, _) = hash::sha256_file(&path, progress)?;
        let expected = pinned.get(file.as_str()).copied().unwrap_or(&recorded.sha256);
        if found != expected {
            let (path, expected) = (path.display().to_string(), expected.to_owned());
            findings.push(Finding::WrongHash { path, expected, found });
        }
    }
    progress.end();
    Ok(findings)
}

/// Hashes that the lock itself knows, by file name under the asset.
fn pinned(row: &Asset) -> BTreeMap<&str, &str> {
    let members = row.archives.iter().flat_map(|archive| &archive.members).chain(&row.nested);
    let mut pinned: BTreeMap<&str, &str> =
        members.filter_map(|member| Some((member.out.as_deref()?, member.sha256.as_str()))).collect();
    pinned.extend(row.converted.iter().map(|converted| (converted.file.as_str(), converted.sha256.as_str())));
    pinned.extend(row.decoded.iter().map(|decoded| (decoded.path.as_str(), decoded.sha256.as_str())));
    if let Some(concat) = row.concat.as_ref().filter(|concat| concat.converted_to.is_none()) {
        pinned.insert(&concat.output, &concat.sha256);
    }
    pinned
}
