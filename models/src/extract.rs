//! Takes pinned members, and nothing else, out of an archive.
//!
//! Archives are hostile until proven otherwise: names may not leave the scratch folder, an entry that grows past its
//! stated size is cut off and refused, and every member's hash is checked before anybody reads it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;

use crate::lock::{Archive, Concat, Member, inside};
use crate::progress::Silent;
use crate::{ModelsError, hash};

/// Files of a whole folder are small; anything above this is not what was pinned.
const LARGEST_PREFIX_MEMBER_BYTES: u64 = 16 << 20;
/// All files taken by folder together.
const LARGEST_PREFIX_TOTAL_BYTES: u64 = 256 << 20;
/// A gzip stream is not followed further than this.
const LARGEST_TAR_BYTES: u64 = 2 << 30;

/// Takes the pinned members, and the files below the pinned prefixes, into `scratch/<path in the archive>`.
///
/// # Errors
/// When a member is absent, has another size or hash, or the archive is damaged or unsafe.
pub fn extract(archive: &Archive, path: &Path, scratch: &Path) -> Result<(), ModelsError> {
    if archive.file.ends_with(".tgz") {
        extract_tgz(archive, path, scratch)
    } else {
        extract_zip(&archive.members, &archive.member_prefixes, path, scratch)
    }
}

/// Takes members out of an archive that is itself a member, into `scratch/<path in it>`.
///
/// # Errors
/// As [`extract`].
pub fn extract_nested(bundle: &Path, members: &[Member], scratch: &Path) -> Result<(), ModelsError> {
    extract_zip(members, &[], bundle, scratch)
}

/// Joins the parts to `scratch/<output>` and checks the whole.
///
/// # Errors
/// When a part cannot be read or the whole has another size or hash.
pub fn concat(concat: &Concat, scratch: &Path) -> Result<PathBuf, ModelsError> {
    let output = scratch.join(&concat.output);
    let file = File::create(&output).map_err(|error| ModelsError::io(&output, error))?;
    let mut parts: Box<dyn Read> = Box::new(std::io::empty());
    for part in &concat.order {
        let part = scratch.join(part);
        let file = File::open(&part).map_err(|error| ModelsError::io(&part, error))?;
        parts = Box::new(parts.chain(file));
    }
    write_checked(parts, file, &output, concat.bytes, &concat.sha256, &output)?;
    Ok(output)
}

fn extract_zip(
    members: &[Member],
    prefixes: &[String],
    path: &Path,
    scratch: &Path,
) -> Result<(), ModelsError> {
    let file = File::open(path).map_err(|error| ModelsError::io(path, error))?;
    let mut zip = zip::ZipArchive::new(BufReader::new(file))
        .map_err(|error| ModelsError::archive(path, format!("is no sound zip archive: {error}")))?;
    for member in members {
        let entry = zip
            .by_name(&member.path)
            .map_err(|error| ModelsError::archive(path, format!("{}: {error}", member.path)))?;
        if entry.size() != member.bytes {
            return Err(ModelsError::archive(
                path,
                format!("{} states {} bytes, pinned are {}", member.path, entry.size(), member.bytes),
            ));
        }
        take(entry, member, path, scratch)?;
    }
    if !prefixes.is_empty() {
        take_prefixes(&mut zip, prefixes, path, scratch)?;
    }
    Ok(())
}

fn take_prefixes<R: Read + Seek>(
    zip: &mut zip::ZipArchive<R>,
    prefixes: &[String],
    path: &Path,
    scratch: &Path,
) -> Result<(), ModelsError> {
    let mut total = 0_u64;
    for index in 0..zip.len() {
        let entry = zip.by_index(index).map_err(|error| ModelsError::archive(path, error.to_string()))?;
        let name = entry.name().to_owned();
        if !entry.is_file() || !prefixes.iter().any(|prefix| name.starts_with(prefix.as_str())) {
            continue;
        }
        let target = place(&name, path, scratch)?;
        let mut out = File::create(&target).map_err(|error| ModelsError::io(&target, error))?;
        let (_, bytes) = hash::copy(entry, &mut out, LARGEST_PREFIX_MEMBER_BYTES + 1, &mut Silent)
            .map_err(|error| ModelsError::io(&target, error))?;
        total += bytes;
        if bytes > LARGEST_PREFIX_MEMBER_BYTES || total > LARGEST_PREFIX_TOTAL_BYTES {
            return Err(ModelsError::archive(
                path,
                format!("{name} is larger than any file of its folder may be"),
            ));
        }
    }
    Ok(())
}

fn extract_tgz(archive: &Archive, path: &Path, scratch: &Path) -> Result<(), ModelsError> {
    let file = File::open(path).map_err(|error| ModelsError::io(path, error))?;
    let damaged =
        |error: std::io::Error| ModelsError::archive(path, format!("is no sound tar archive: {error}"));
    let mut tar = tar::Archive::new(GzDecoder::new(BufReader::new(file)).take(LARGEST_TAR_BYTES));
    let mut wanted: BTreeMap<&str, &Member> = archive.members.iter().map(|m| (m.path.as_str(), m)).collect();
    for entry in tar.entries().map_err(damaged)? {
        if wanted.is_empty() {
            break;
        }
        let entry = entry.map_err(damaged)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if entry.header().entry_type().is_file()
            && let Some(member) = wanted.remove(name.as_str())
        {
            take(entry, member, path, scratch)?;
        }
    }
    match wanted.keys().next() {
        Some(absent) => Err(ModelsError::archive(path, format!("{absent}: not in the archive"))),
        None => Ok(()),
    }
}

fn take(entry: impl Read, member: &Member, archive: &Path, scratch: &Path) -> Result<(), ModelsError> {
    let target = place(&member.path, archive, scratch)?;
    let out = File::create(&target).map_err(|error| ModelsError::io(&target, error))?;
    write_checked(entry, out, &target, member.bytes, &member.sha256, archive)
}

fn place(name: &str, archive: &Path, scratch: &Path) -> Result<PathBuf, ModelsError> {
    inside(name).map_err(|why| ModelsError::archive(archive, why))?;
    let target = scratch.join(name);
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder).map_err(|error| ModelsError::io(folder, error))?;
    }
    Ok(target)
}

fn write_checked(
    from: impl Read,
    mut out: File,
    target: &Path,
    bytes: u64,
    sha256: &str,
    archive: &Path,
) -> Result<(), ModelsError> {
    let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (found, count) =
        hash::copy(from, &mut out, bytes.saturating_add(1), &mut Silent).map_err(|error| {
            if matches!(error.kind(), std::io::ErrorKind::InvalidData | std::io::ErrorKind::InvalidInput) {
                ModelsError::archive(archive, format!("{name}: {error}"))
            } else {
                ModelsError::io(target, error)
            }
        })?;
    if count != bytes {
        return Err(ModelsError::archive(
            archive,
            format!("{name}: pinned are {bytes} bytes, it has others"),
        ));
    }
    if found != sha256 {
        return Err(ModelsError::WrongHash {
            path: format!("{}: {name}", archive.display()),
            expected: sha256.to_owned(),
            found,
        });
    }
    Ok(())
}
