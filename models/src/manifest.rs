//! `assets/<id>/manifest.json`: what was laid down, from which archives, with which hashes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::lock::Asset;
use crate::{Lock, ModelsError};

/// File name of the manifest.
pub const MANIFEST: &str = "manifest.json";
/// Raised when a conversion leaves other bytes than before, so that older files are made anew.
pub const CONVERTER_VERSION: u32 = 1;

/// The record beside an asset's files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Row of the lock file that was used: the asset's own or its second source.
    pub row: String,
    /// Version of the conversions, [`CONVERTER_VERSION`].
    pub converter: u32,
    /// Archive file name → its hash.
    pub sources: BTreeMap<String, String>,
    /// File name → its hash and size.
    pub files: BTreeMap<String, FileRecord>,
}

/// Hash and size of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRecord {
    /// Hexadecimal.
    pub sha256: String,
    /// Size.
    pub bytes: u64,
}

impl Manifest {
    /// The manifest in an asset's folder, if there is one that can be read.
    #[must_use]
    pub fn read(folder: &Path) -> Option<Self> {
        let text = fs::read_to_string(folder.join(MANIFEST)).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Writes the manifest into an asset's folder.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), ModelsError> {
        let path = folder.join(MANIFEST);
        let text = serde_json::to_string_pretty(self).expect("a manifest is plain data");
        fs::write(&path, text + "\n").map_err(|error| ModelsError::io(&path, error))
    }

    /// Whether it was made from the archives that `lock` pins now, by this version of the conversions.
    #[must_use]
    pub fn is_current(&self, lock: &Lock) -> bool {
        let Ok(row) = lock.asset(&self.row) else { return false };
        self.converter == CONVERTER_VERSION
            && self.sources == sources(row)
            && self.files.keys().eq(row.files().iter())
    }
}

/// Archive file name → pinned hash.
pub(crate) fn sources(row: &Asset) -> BTreeMap<String, String> {
    row.archives.iter().map(|archive| (archive.file.clone(), archive.sha256.clone())).collect()
}
