//! Files that somebody may change beside us.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A text that somebody writes is at most this long.
const MOST_BYTES: u64 = 16 << 20;
/// A take or a list of curves: an hour of poses.
const MOST_TAKE_BYTES: u64 = 256 << 20;

/// A file and its state when we last looked.
#[derive(Debug)]
pub(crate) struct Watched {
    path: PathBuf,
    seen: Option<(SystemTime, u64)>,
}

impl Watched {
    pub(crate) fn new(path: PathBuf) -> Self {
        let seen = state(&path);
        Self { path, seen }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is another than when we last looked; a file that is away for a moment, as editors do, is not.
    pub(crate) fn has_changed(&mut self) -> bool {
        let now = state(&self.path);
        let changed = now.is_some() && now != self.seen;
        if now.is_some() {
            self.seen = now;
        }
        changed
    }
}

fn state(path: &Path) -> Option<(SystemTime, u64)> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

/// A profile, a script or a shader. **Errors** in words, with the path.
pub(crate) fn read_text(path: &Path) -> Result<String, String> {
    read(path, MOST_BYTES)
}

/// A take or curves. **Errors** in words, with the path.
pub(crate) fn read_take(path: &Path) -> Result<String, String> {
    read(path, MOST_TAKE_BYTES)
}

fn read(path: &Path, most: u64) -> Result<String, String> {
    let told = |error: &dyn std::fmt::Display| format!("cannot read {}: {error}", path.display());
    let length = std::fs::metadata(path).map_err(|error| told(&error))?.len();
    if length > most {
        return Err(told(&format!("it has {length} bytes, at most are {most}")));
    }
    std::fs::read_to_string(path).map_err(|error| told(&error))
}

/// Writes beside and renames, so that a full disk leaves the old file whole.
///
/// **Errors** in words, with the path.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let told = |error: std::io::Error| format!("cannot write {}: {error}", path.display());
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let beside = path.with_file_name(name);
    let written = std::fs::File::create(&beside).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.and_then(|()| std::fs::rename(&beside, path)).map_err(|error| {
        std::fs::remove_file(&beside).ok();
        told(error)
    })
}
