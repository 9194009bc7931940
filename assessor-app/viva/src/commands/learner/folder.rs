//! A learner's folder on the disk: text files, each replaced as a whole.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use viva_learner::{Deliverables, Memories, Profile, Samples};

/// Larger files are none of ours.
const MOST_BYTES: u64 = 16 << 20;
const MEMORIES: &str = "memories.toml";
const PROFILE: &str = "profile.toml";
const DELIVERABLES: &str = "deliverables.toml";
const SAMPLES: &str = "evidence.toml";
/// Empty, and none of the learner's data; it stays, for a lock on a file that is removed would be none.
const LOCK: &str = ".lock";

/// Where the files of a learner lie. The folder's name is the learner's name.
pub(crate) struct Folder {
    dir: PathBuf,
    name: String,
}

impl Folder {
    /// A folder that there is.
    pub(crate) fn open(dir: &Path) -> Result<Self> {
        if !dir.is_dir() {
            bail!(
                "there is no folder {}: a learner's folder is made by `viva interview --mode practice --learner FOLDER`, `viva learner add` or `viva memory add`",
                dir.display()
            );
        }
        Self::open_or_new(dir)
    }

    /// A folder that is made when something is written.
    pub(crate) fn open_or_new(dir: &Path) -> Result<Self> {
        let name = dir.file_name().with_context(|| format!("{} has no name", dir.display()))?;
        Ok(Self { dir: dir.to_owned(), name: name.to_string_lossy().into_owned() })
    }

    /// Keeps other commands from changing the folder until what is returned is dropped.
    ///
    /// Whoever changes something takes it before reading what is to be changed, and asks nobody anything while holding it.
    #[must_use = "the folder is locked only as long as this is held"]
    pub(crate) fn lock(&self) -> Result<File> {
        let shown = self.dir.display();
        let lock = || {
            std::fs::create_dir_all(&self.dir)?;
            let file = File::options().create(true).append(true).open(self.dir.join(LOCK))?;
            match file.lock() {
                // Some network drives have no locks; one command at a time works there as before.
                Err(error) if error.kind() == ErrorKind::Unsupported => Ok(file),
                locked => locked.map(|()| file),
            }
        };
        lock().with_context(|| format!("cannot lock {shown} for a change"))
    }

    /// What is remembered; nothing where there is no file.
    pub(crate) fn memories(&self) -> Result<Memories> {
        match self.read(MEMORIES)? {
            None => Ok(Memories::new(&self.name)),
            Some(text) => Memories::parse(&text).with_context(|| format!("in {}", self.dir.display())),
        }
    }

    pub(crate) fn save_memories(&self, memories: &Memories) -> Result<()> {
        self.write(MEMORIES, memories.to_toml().as_bytes())
    }

    /// What was shown; nothing where there is no file.
    pub(crate) fn profile(&self) -> Result<Profile> {
        match self.read(PROFILE)? {
            None => Ok(Profile::new(&self.name)),
            Some(text) => Profile::parse(&text).with_context(|| format!("in {}", self.dir.display())),
        }
    }

    pub(crate) fn save_profile(&self, profile: &Profile) -> Result<()> {
        self.write(PROFILE, profile.to_toml().as_bytes())
    }

    /// Work samples; none where there is no file.
    pub(crate) fn samples(&self) -> Result<Samples> {
        match self.read(SAMPLES)? {
            None => Ok(Samples::default()),
            Some(text) => Samples::parse(&text).with_context(|| format!("in {}", self.dir.display())),
        }
    }

    pub(crate) fn save_samples(&self, samples: &Samples) -> Result<()> {
        self.write(SAMPLES, samples.to_toml().as_bytes())
    }

    /// What guided practice made; nothing where there is no file.
    pub(crate) fn deliverables(&self) -> Result<Deliverables> {
        match self.read(DELIVERABLES)? {
            None => Ok(Deliverables::default()),
            Some(text) => Deliverables::parse(&text).with_context(|| format!("in {}", self.dir.display())),
        }
    }

    pub(crate) fn save_deliverables(&self, deliverables: &Deliverables) -> Result<()> {
        self.write(DELIVERABLES, deliverables.to_toml().as_bytes())
    }

    /// Adds a file, `evidence/e1.pdf`; what is there already is nobody's to replace.
    pub(crate) fn add_file(&self, name: &str, bytes: &[u8]) -> Result<()> {
        std::fs::create_dir_all(self.dir.join("evidence")).context("cannot make the folder for evidence")?;
        let path = self.dir.join(name);
        let shown = path.display();
        let mut file = match File::create_new(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                bail!("{shown} exists, and no work sample names it: move it elsewhere")
            }
            made => made.with_context(|| format!("cannot make {shown}"))?,
        };
        let written = file.write_all(bytes).and_then(|()| file.sync_all());
        // Half a file would stand in the way of the next try.
        written
            .inspect_err(|_| drop(std::fs::remove_file(&path)))
            .with_context(|| format!("cannot write {shown}"))
    }

    fn read(&self, name: &str) -> Result<Option<String>> {
        let path = self.dir.join(name);
        let shown = path.display();
        let length = match std::fs::metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            other => other.with_context(|| format!("cannot read {shown}"))?.len(),
        };
        if length > MOST_BYTES {
            bail!("{shown} is larger than {} MiB: it is no file of a learner", MOST_BYTES >> 20);
        }
        std::fs::read_to_string(&path).map(Some).with_context(|| format!("cannot read {shown}"))
    }

    /// The file before stays whole until the new one is on the disk.
    fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let shown = self.dir.join(name).display().to_string();
        let write = || {
            std::fs::create_dir_all(&self.dir)?;
            let mut file = tempfile::NamedTempFile::new_in(&self.dir)?;
            file.write_all(bytes)?;
            file.as_file().sync_all()?;
            file.persist(self.dir.join(name)).map_err(|error| error.error)
        };
        write().map(drop).with_context(|| format!("cannot write {shown}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_changes_at_once_are_both_kept() {
        const CHANGES: usize = 8;
        let dir = tempfile::tempdir().expect("a folder");
        std::thread::scope(|scope| {
            for number in 0..CHANGES {
                let dir = dir.path();
                scope.spawn(move || {
                    let folder = Folder::open(dir).expect("is there");
                    let _lock = folder.lock().expect("locks");
                    let mut memories = folder.memories().expect("reads");
                    let now = super::super::now();
                    memories.note(&format!("note {number}"), "a tester", None, now, None).expect("is a note");
                    folder.save_memories(&memories).expect("writes");
                });
            }
        });
        let memories = Folder::open(dir.path()).and_then(|folder| folder.memories()).expect("reads");
        assert_eq!(memories.alive(super::super::now()).count(), CHANGES);
    }

    #[test]
    fn evidence_replaces_nothing() {
        let dir = tempfile::tempdir().expect("a folder");
        let folder = Folder::open(dir.path()).expect("is there");
        folder.add_file("evidence/e1.md", b"first").expect("is new");
        let refused = folder.add_file("evidence/e1.md", b"second").expect_err("is there");
        assert!(refused.to_string().contains("exists"), "{refused}");
        assert_eq!(std::fs::read(dir.path().join("evidence/e1.md")).expect("reads"), b"first");
    }
}
