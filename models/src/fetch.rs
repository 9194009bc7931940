//! Brings assets into the cache: what is there and right is left alone, so a second run continues the first.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::path::PathBuf;

use crate::install::install;
use crate::lock::{Asset, Purpose};
use crate::verify::check_files;
use crate::{Cache, Lock, ModelsError, Progress, Registries};

/// Which assets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// What the product needs.
    Required,
    /// The clips and pictures the test suite reads.
    TestMedia,
    /// By name.
    Ids(Vec<String>),
    /// Every row, optional models and all test media included; several gigabytes.
    All,
}

impl Selection {
    /// The rows meant.
    ///
    /// # Errors
    /// [`ModelsError::UnknownAsset`].
    pub fn rows<'a>(&self, lock: &'a Lock) -> Result<Vec<&'a Asset>, ModelsError> {
        let chosen = |test: fn(&Asset) -> bool| Ok(lock.assets.iter().filter(|asset| test(asset)).collect());
        match self {
            Self::Required => chosen(|asset| asset.required && asset.purpose == Purpose::Product),
            Self::TestMedia => chosen(|asset| asset.test_suite),
            // A second source is laid down as the asset it stands in for.
            Self::All => chosen(|asset| !asset.id.ends_with(".fallback")),
            Self::Ids(ids) => ids.iter().map(|id| lock.asset(id)).collect(),
        }
    }
}

/// What a fetch did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FetchReport {
    /// Ids that were there and right.
    pub present: Vec<String>,
    /// Ids that were laid down now.
    pub installed: Vec<String>,
    /// Ids that could not be had, each with the row that was fetched in its place.
    pub substituted: Vec<(String, String)>,
}

/// Fetches from the registries and the mirror that the environment names, by the embedded lock.
///
/// # Errors
/// The first asset that cannot be had ends the run; what was laid down stays, and the next run goes on from there.
pub fn fetch(
    selection: &Selection,
    cache: &Cache,
    progress: &mut dyn Progress,
) -> Result<FetchReport, ModelsError> {
    Fetcher { lock: Lock::embedded(), cache, registries: Registries::from_env() }.run(selection, progress)
}

/// A fetch with everything it reads handed in.
#[derive(Debug)]
pub struct Fetcher<'a> {
    /// What is pinned.
    pub lock: &'a Lock,
    /// Where things go.
    pub cache: &'a Cache,
    /// Whom to ask.
    pub registries: Registries,
}

impl Fetcher<'_> {
    /// See [`fetch`].
    ///
    /// # Errors
    /// As [`fetch`].
    pub fn run(
        &self,
        selection: &Selection,
        progress: &mut dyn Progress,
    ) -> Result<FetchReport, ModelsError> {
        let rows = selection.rows(self.lock)?;
        let _held = self.hold(progress)?;
        let mut report = FetchReport::default();
        for row in rows {
            self.one(row, &mut report, progress)?;
        }
        Ok(report)
    }

    fn one(
        &self,
        row: &Asset,
        report: &mut FetchReport,
        progress: &mut dyn Progress,
    ) -> Result<(), ModelsError> {
        if self.is_right(&row.id, progress) {
            report.present.push(row.id.clone());
            return Ok(());
        }
        let mut seen = BTreeSet::from([row.id.as_str()]);
        let mut candidate = row;
        let mut first_error = None;
        loop {
            // A second source carries the same files, so it is laid down under the first one's name.
            let id = if candidate.id == format!("{}.fallback", row.id) { &row.id } else { &candidate.id };
            let error = match self.lay_down(id, candidate, progress) {
                Ok(()) if *id == row.id => {
                    report.installed.push(row.id.clone());
                    return Ok(());
                }
                Ok(()) => {
                    progress.note(&format!(
                        "{} cannot be had; {} was fetched in its place",
                        row.id, candidate.id
                    ));
                    report.substituted.push((row.id.clone(), candidate.id.clone()));
                    return Ok(());
                }
                Err(error) => error,
            };
            let next = self.lock.asset(candidate.fallback.trim()).ok();
            let next = next.filter(|next| error.is_unavailable() && seen.insert(next.id.as_str()));
            if next.is_some() {
                progress.note(&format!("{error}; trying {}", candidate.fallback));
            }
            let error = first_error.take().unwrap_or(error);
            match next {
                Some(next) => candidate = next,
                None => return Err(error),
            }
            first_error = Some(error);
        }
    }

    fn lay_down(&self, id: &str, row: &Asset, progress: &mut dyn Progress) -> Result<(), ModelsError> {
        if id != row.id || !self.is_right(id, progress) {
            let mut paths: Vec<PathBuf> = Vec::with_capacity(row.archives.len());
            for archive in &row.archives {
                paths.push(self.registries.bring(row.registry, archive, self.cache, progress)?);
            }
            progress.begin(&format!("convert {id}"), None);
            let done = install(id, row, &paths, self.cache);
            progress.end();
            done?;
            progress.note(&format!("{id} is ready"));
        }
        Ok(())
    }

    fn is_right(&self, id: &str, progress: &mut dyn Progress) -> bool {
        check_files(self.lock, id, &self.cache.asset(id), progress).is_ok_and(|findings| findings.is_empty())
    }

    /// Holds the cache against other runs and clears what a killed one left.
    fn hold(&self, progress: &mut dyn Progress) -> Result<File, ModelsError> {
        let root = self.cache.root();
        fs::create_dir_all(root).map_err(|error| ModelsError::io(root, error))?;
        let path = self.cache.lock_file();
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|error| ModelsError::io(&path, error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                progress.note("another run is fetching; waiting for it");
                file.lock().map_err(|error| ModelsError::io(&path, error))?;
            }
            Err(TryLockError::Error(error)) => return Err(ModelsError::io(&path, error)),
        }
        crate::download::remake(&self.cache.tmp())?;
        Ok(file)
    }
}
