//! Where the archives and the assets lie.
//!
//! ```text
//! <root>/archives/<archive file>     as downloaded, hash checked
//! <root>/assets/<asset id>/<file>    plain and converted files, flat names, and manifest.json
//! <root>/tmp/                        work in progress; emptied by the next run
//! <root>/.lock                       held while a run changes anything
//! ```

use std::env;
use std::path::{Path, PathBuf};

use crate::{Lock, ModelsError};

/// The cache folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache {
    root: PathBuf,
}

impl Cache {
    /// A cache in the given folder, which need not exist yet.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// `$VIVA_CACHE`, else `$XDG_CACHE_HOME/viva`, else `$HOME/.cache/viva`.
    ///
    /// # Errors
    /// [`ModelsError::NoCacheFolder`] when none of the three is set.
    pub fn from_env() -> Result<Self, ModelsError> {
        Self::from_variables(|name| env::var_os(name).map(PathBuf::from))
    }

    fn from_variables(read: impl Fn(&str) -> Option<PathBuf>) -> Result<Self, ModelsError> {
        let read = |name| read(name).filter(|value| !value.as_os_str().is_empty());
        read("VIVA_CACHE")
            .or_else(|| read("XDG_CACHE_HOME").map(|folder| folder.join("viva")))
            .or_else(|| read("HOME").map(|folder| folder.join(".cache").join("viva")))
            .map(Self::new)
            .ok_or(ModelsError::NoCacheFolder)
    }

    /// The folder itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Folder of the archives.
    #[must_use]
    pub fn archives(&self) -> PathBuf {
        self.root.join("archives")
    }

    /// Folder of one asset's files.
    #[must_use]
    pub fn asset(&self, id: &str) -> PathBuf {
        self.root.join("assets").join(id)
    }

    /// Path of one file of an asset.
    ///
    /// # Errors
    /// [`ModelsError::UnknownAsset`] or [`ModelsError::Missing`], which says how to fetch it.
    pub fn asset_path(&self, id: &str, file: &str) -> Result<PathBuf, ModelsError> {
        Lock::embedded().asset(id)?;
        let path = self.asset(id).join(file);
        if path.is_file() {
            Ok(path)
        } else {
            Err(ModelsError::Missing { id: id.to_owned(), file: file.to_owned(), cache: self.root.clone() })
        }
    }

    pub(crate) fn tmp(&self) -> PathBuf {
        self.root.join("tmp")
    }

    pub(crate) fn lock_file(&self) -> PathBuf {
        self.root.join(".lock")
    }
}

/// Path of one file of an asset in the cache that the environment names.
///
/// # Errors
/// As [`Cache::from_env`] and [`Cache::asset_path`].
pub fn asset_path(id: &str, file: &str) -> Result<PathBuf, ModelsError> {
    Cache::from_env()?.asset_path(id, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_that_is_set_wins() {
        let check = |set: &[(&str, &str)], expect: Option<&str>| {
            let read =
                |name: &str| set.iter().find(|(n, _)| *n == name).map(|(_, value)| PathBuf::from(value));
            let found = Cache::from_variables(read).ok().map(|cache| cache.root);
            assert_eq!(found, expect.map(PathBuf::from), "{set:?}");
        };
        check(&[("VIVA_CACHE", "/v"), ("XDG_CACHE_HOME", "/x"), ("HOME", "/h")], Some("/v"));
        check(&[("XDG_CACHE_HOME", "/x"), ("HOME", "/h")], Some("/x/viva"));
        check(&[("VIVA_CACHE", ""), ("HOME", "/h")], Some("/h/.cache/viva"));
        check(&[], None);
    }

    #[test]
    fn a_missing_file_says_how_to_get_it() {
        let cache = Cache::new("nowhere");
        let error = cache.asset_path("vad-silero-16k", "silero_vad.safetensors").expect_err("is not there");
        assert!(error.to_string().contains("run `viva models fetch`"), "{error}");
        assert!(matches!(cache.asset_path("no-such", "x"), Err(ModelsError::UnknownAsset(_))));
    }
}
