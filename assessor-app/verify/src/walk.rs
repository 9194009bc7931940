//! What lies in a bundle folder: plain files with plain names, or a refusal.

use std::{collections::BTreeMap, fs, path::Path};

use crate::{Failure, Fault, failure::display};

const MAX_FILES: usize = 10_000;
const MAX_DEPTH: usize = 4;

/// Every file of the folder: path with `/` → length in bytes.
pub(crate) fn walk(root: &Path) -> Result<BTreeMap<String, u64>, Failure> {
    let mut files = BTreeMap::new();
    visit(root, "", 0, &mut files)?;
    Ok(files)
}

fn visit(
    folder: &Path,
    prefix: &str,
    depth: usize,
    files: &mut BTreeMap<String, u64>,
) -> Result<(), Failure> {
    let here = if prefix.is_empty() { ".".to_owned() } else { prefix.trim_end_matches('/').to_owned() };
    if depth > MAX_DEPTH {
        return Err(Failure::file(here, Fault::TooMuch("depth of folders")));
    }
    let unreadable = |error: &std::io::Error| Failure::unreadable(here.clone(), error);
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| unreadable(&error))? {
        entries.push(entry.map_err(|error| unreadable(&error))?);
        if entries.len() + files.len() > MAX_FILES {
            return Err(Failure::file(here, Fault::TooMuch("number of files")));
        }
    }
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let raw = entry.file_name();
        let shown = format!("{prefix}{}", display(Path::new(&raw)));
        let Some(name) = raw.to_str().filter(|name| plain_name(name)) else {
            return Err(Failure::file(shown, Fault::BadName));
        };
        let path = format!("{prefix}{name}");
        let meta =
            fs::symlink_metadata(entry.path()).map_err(|error| Failure::unreadable(path.clone(), &error))?;
        if meta.is_dir() {
            visit(&entry.path(), &format!("{path}/"), depth + 1, files)?;
        } else if meta.is_file() {
            files.insert(path, meta.len());
        } else {
            return Err(Failure::file(path, Fault::NotPlain));
        }
    }
    Ok(())
}

fn plain_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 100
        && !name.starts_with('.')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

/// True for a path that a bundle may hold: plain names joined by `/`, never leading out of the folder.
#[must_use]
pub fn plain_path(path: &str) -> bool {
    path.split('/').count() <= MAX_DEPTH + 1 && path.split('/').all(plain_name)
}
