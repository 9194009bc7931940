//! From archives in the cache to the files of one asset, in one step that either happens or does not.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::download::remake;
use crate::lock::{Archive, Asset};
use crate::manifest::{CONVERTER_VERSION, FileRecord, Manifest, sources};
use crate::progress::Silent;
use crate::{Cache, ModelsError, convert, extract, hash};

/// Lays down `assets/<id>` from the archives of `row`, which is the asset's own row or its second source.
pub(crate) fn install(id: &str, row: &Asset, archives: &[PathBuf], cache: &Cache) -> Result<(), ModelsError> {
    let work = cache.tmp().join("install");
    let (scratch, staging) = (work.join("in"), work.join("out"));
    remake(&work)?;
    remake(&scratch)?;
    remake(&staging)?;
    stage(row, archives, &scratch, &staging)?;
    let manifest = record(row, &staging)?;
    manifest.write(&staging)?;
    publish(&staging, &cache.asset(id), &work.join("old"))?;
    fs::remove_dir_all(&work).map_err(|error| ModelsError::io(&work, error))
}

/// Extracts, joins, copies and converts into `staging`.
pub(crate) fn stage(
    row: &Asset,
    archives: &[PathBuf],
    scratch: &Path,
    staging: &Path,
) -> Result<(), ModelsError> {
    for (archive, path) in row.archives.iter().zip(archives) {
        extract::extract(archive, path, scratch)?;
    }
    if !row.nested.is_empty() {
        let bundle = bundle(&row.archives)
            .ok_or_else(|| ModelsError::Lock(format!("{}: nested members but no bundle", row.id)))?;
        extract::extract_nested(&scratch.join(bundle), &row.nested, scratch)?;
    }
    if let Some(concat) = &row.concat {
        let joined = extract::concat(concat, scratch)?;
        if concat.converted_to.is_none() {
            shift(&joined, &staging.join(&concat.output))?;
        }
    }
    convert::convert(row, scratch, staging)?;
    for member in row.archives.iter().flat_map(|archive| &archive.members).chain(&row.nested) {
        if let Some(out) = &member.out {
            shift(&scratch.join(&member.path), &staging.join(out))?;
        }
    }
    Ok(())
}

fn bundle(archives: &[Archive]) -> Option<&str> {
    let mut members = archives.iter().flat_map(|archive| &archive.members);
    members.find(|member| member.path.ends_with(".task")).map(|member| member.path.as_str())
}

fn record(row: &Asset, staging: &Path) -> Result<Manifest, ModelsError> {
    let mut files = BTreeMap::new();
    for file in row.files() {
        let (sha256, bytes) = hash::sha256_file(&staging.join(&file), &mut Silent)?;
        if let Some(converted) = row.converted.as_ref().filter(|converted| converted.file == file)
            && converted.sha256 != sha256
        {
            return Err(ModelsError::WrongHash {
                path: format!("{}/{file} as converted", row.id),
                expected: converted.sha256.clone(),
                found: sha256,
            });
        }
        files.insert(file, FileRecord { sha256, bytes });
    }
    Ok(Manifest { row: row.id.clone(), converter: CONVERTER_VERSION, sources: sources(row), files })
}

fn publish(staging: &Path, target: &Path, old: &Path) -> Result<(), ModelsError> {
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder).map_err(|error| ModelsError::io(folder, error))?;
    }
    if target.exists() {
        shift(target, old)?;
    }
    shift(staging, target)
}

fn shift(from: &Path, to: &Path) -> Result<(), ModelsError> {
    fs::rename(from, to).map_err(|error| ModelsError::io(to, error))
}
