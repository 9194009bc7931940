//! What can go wrong between a pinned archive and a file in the cache, each with its mend.

use std::io;
use std::path::{Path, PathBuf};

/// Everything this crate can refuse to do.
#[derive(Debug, thiserror::Error)]
pub enum ModelsError {
    /// The lock file does not say what it must.
    #[error("models.lock.toml: {0}")]
    Lock(String),
    /// No variable names a place for the cache.
    #[error("no folder for the models: set VIVA_CACHE (or XDG_CACHE_HOME, or HOME)")]
    NoCacheFolder,
    /// The lock file has no such row.
    #[error("no asset is called {0:?}: `viva models` lists them")]
    UnknownAsset(String),
    /// A file of an asset is not there.
    #[error("{id}/{file} is not in {cache}: run `viva models fetch`")]
    Missing {
        /// Asset id.
        id: String,
        /// File name inside the asset.
        file: String,
        /// The cache folder that was searched.
        cache: PathBuf,
    },
    /// The registry did not answer.
    #[error(
        "{package}: the registry cannot be reached; go online, or set VIVA_MIRROR to a folder that holds {file} ({said})"
    )]
    Unreachable {
        /// `name==version`.
        package: String,
        /// Archive file name.
        file: String,
        /// Last line of the client.
        said: String,
    },
    /// The registry answered, but not with the archive.
    #[error(
        "{package}: the registry does not give {file}; check that it can be reached, or set VIVA_MIRROR to a folder that holds the file ({said})"
    )]
    NotServed {
        /// `name==version`.
        package: String,
        /// Archive file name.
        file: String,
        /// Last line of the client.
        said: String,
    },
    /// No Python to run pip with.
    #[error(
        "{package}: python3 was not found; install it with pip (Debian: apt-get install python3-pip), or set VIVA_MIRROR to a folder that holds the archives"
    )]
    NoPython {
        /// `name==version`.
        package: String,
    },
    /// Python has no pip.
    #[error(
        "{package}: python3 has no pip (Debian: apt-get install python3-pip), or set VIVA_MIRROR to a folder that holds the archives"
    )]
    NoPip {
        /// `name==version`.
        package: String,
    },
    /// No npm.
    #[error("{package}: npm was not found; install it, or set VIVA_MIRROR to a folder that holds {file}")]
    NoNpm {
        /// `name@version`.
        package: String,
        /// Archive file name.
        file: String,
    },
    /// The bytes are not the pinned ones.
    #[error("{path}: wrong sha256: pinned {expected}, found {found}; delete the file and fetch again")]
    WrongHash {
        /// File or archive member.
        path: String,
        /// Pinned, hexadecimal.
        expected: String,
        /// Found, hexadecimal.
        found: String,
    },
    /// An archive does not hold what the lock says, or tries something it must not.
    #[error("{archive}: {why}")]
    BadArchive {
        /// Archive file.
        archive: String,
        /// What is wrong.
        why: String,
    },
    /// A model file could not be read or converted.
    #[error("{file}: {why}")]
    BadModel {
        /// Model file.
        file: String,
        /// What is wrong.
        why: String,
    },
    /// No space left.
    #[error(
        "{path}: the disk is full; free some space, or set VIVA_CACHE to a roomier folder, and run again"
    )]
    DiskFull {
        /// File being written.
        path: PathBuf,
    },
    /// Not allowed.
    #[error("{path}: permission denied; give yourself the folder, or set VIVA_CACHE to one of yours")]
    Permission {
        /// File or folder.
        path: PathBuf,
    },
    /// Any other failure of the file system.
    #[error("{path}: {source}")]
    Io {
        /// File or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl ModelsError {
    /// A failure of the file system at `path`, told by its kind.
    pub fn io(path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::Permission { path },
            _ => Self::Io { path, source },
        }
    }

    pub(crate) fn archive(archive: &Path, why: impl Into<String>) -> Self {
        Self::BadArchive { archive: archive.display().to_string(), why: why.into() }
    }

    /// Whether the archive could not be had, so that a second source is worth a try.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. } | Self::NotServed { .. } | Self::NoNpm { .. } | Self::WrongHash { .. }
        )
    }
}
