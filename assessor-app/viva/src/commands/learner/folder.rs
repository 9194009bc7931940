//! A learner's folder on the disk: text files, each replaced as a whole.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use viva_learner::{Deliverables, Memories, Profile, Samples};

/// Larger files are none of ours.
const MOST_BYTES: u64 = 16 << 20;
const MEMORIES: &str = "memories.toml";
const PROFILE: &str = "profile.toml";
const DELIVERABLES: &str = "deliverables.toml";
const SAMPLES: &str = "evidence.toml";

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

    /// Adds a file, `evidence/e1.pdf`.
    pub(crate) fn add_file(&self, name: &str, bytes: &[u8]) -> Result<()> {
        std::fs::create_dir_all(self.dir.join("evidence")).context("cannot make the folder for evidence")?;
        self.write(name, bytes)
    }

    fn read(&self, name: &str) -> Result<Option<String>> {
        let path = self.dir.join(name);
        let shown = path.display();
        let length = match std::fs::metadata(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
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
