//! A folder of edited passes: looked at now and then, read when something there has changed.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use viva_render::Sources;

use crate::files;

/// The files of a folder like `shaders/wgsl`; a file that is not there is our own.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    seen: Option<Vec<(PathBuf, SystemTime, u64)>>,
}

impl Folder {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, seen: None }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// `None` while nothing has changed; then the sources, or what is wrong with them.
    pub(crate) fn changed_sources(&mut self) -> Option<Result<Sources, String>> {
        let now = match self.state() {
            Ok(now) => now,
            // That was told already.
            Err(_) if self.seen.as_ref().is_some_and(Vec::is_empty) => return None,
            Err(error) => {
                self.seen = Some(Vec::new());
                return Some(Err(format!("cannot read {}: {error}", self.path.display())));
            }
        };
        if self.seen.as_ref() == Some(&now) {
            return None;
        }
        self.seen = Some(now);
        let read = |name: &str| files::read_text(&self.path.join(format!("{name}.wgsl"))).ok();
        Some(Sources::read(read).map_err(|fault| fault.to_string()))
    }

    fn state(&self) -> std::io::Result<Vec<(PathBuf, SystemTime, u64)>> {
        let mut found = Vec::new();
        let shared = self.path.join("shared");
        let below = if shared.is_dir() { Some(std::fs::read_dir(shared)?) } else { None };
        for entry in std::fs::read_dir(&self.path)?.chain(below.into_iter().flatten()) {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == "wgsl") {
                let metadata = path.metadata()?;
                found.push((path, metadata.modified()?, metadata.len()));
            }
        }
        found.sort();
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_read_when_it_changes() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut watched = Folder::new(folder.path().to_owned());
        assert_eq!(watched.changed_sources(), Some(Ok(Sources::default())));
        assert_eq!(watched.changed_sources(), None);
        std::fs::write(folder.path().join("eyes.wgsl"), "fn broken( {").expect("writes");
        let fault = watched.changed_sources().expect("has changed").expect_err("is no WGSL");
        assert!(fault.starts_with("eyes.wgsl:1:"), "{fault}");
        std::fs::remove_file(folder.path().join("eyes.wgsl")).expect("is there");
        assert_eq!(watched.changed_sources(), Some(Ok(Sources::default())));
        let mut none = Folder::new(folder.path().join("none"));
        assert!(none.changed_sources().is_some_and(|told| told.is_err()));
        assert_eq!(none.changed_sources(), None, "that is told once");
    }
}
