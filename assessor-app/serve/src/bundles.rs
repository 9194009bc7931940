//! The bundles of the folder, verified once per state on the disk.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use ed25519_dalek::VerifyingKey;
use sha2::{Digest as _, Sha256};
use viva_exchange::Transcript;
use viva_record::{
    oversight::{
        History,
        routing::{Reason, RoutingConfig, reasons},
    },
    wire::{ScoreSheet, SessionHeader, SessionMode},
};
use viva_verify::{MANIFEST_FILE, SCORES_FILE, TRANSCRIPT_FILE, Verified, canonical::hex, verify_bundle};

/// Folders looked into below the first one.
const MAX_DEPTH: usize = 2;
/// The most bundles that are listed.
const MAX_BUNDLES: usize = 2000;

/// A bundle that verified.
#[derive(Clone, Debug)]
pub(crate) struct Bundle {
    pub(crate) key: String,
    pub(crate) dir: PathBuf,
    pub(crate) verified: Verified,
    pub(crate) header: SessionHeader,
    pub(crate) scores: Option<ScoreSheet>,
    pub(crate) transcript: Transcript,
    pub(crate) history: History,
    pub(crate) reasons: Vec<Reason>,
}

/// A folder with a manifest that cannot be reviewed.
#[derive(Clone, Debug)]
pub(crate) struct Unusable {
    pub(crate) name: String,
    pub(crate) why: String,
}

/// What one look at the folder found.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) bundles: Vec<Arc<Bundle>>,
    pub(crate) unusable: Vec<Unusable>,
    /// True where there were more than can be listed.
    pub(crate) cut: bool,
}

type Judged = Result<Arc<Bundle>, String>;

/// Reads bundles and remembers what it read while nothing on the disk changes.
pub(crate) struct Shelf {
    folder: PathBuf,
    key: VerifyingKey,
    routing: RoutingConfig,
    known: Mutex<BTreeMap<PathBuf, (String, Judged)>>,
}

impl Shelf {
    pub(crate) fn new(folder: PathBuf, key: VerifyingKey, routing: RoutingConfig) -> Self {
        Self { folder, key, routing, known: Mutex::default() }
    }

    /// All bundles: those that wait longest for the most urgent reason first.
    pub(crate) fn list(&self) -> std::io::Result<Listing> {
        let mut dirs = Vec::new();
        find(&self.folder, 0, &mut dirs)?;
        dirs.sort();
        let mut listing = Listing { cut: dirs.len() > MAX_BUNDLES, ..Listing::default() };
        dirs.truncate(MAX_BUNDLES);
        for dir in dirs {
            match self.judge(&dir) {
                Ok(bundle) => listing.bundles.push(bundle),
                Err(why) => listing.unusable.push(Unusable { name: self.name(&dir), why }),
            }
        }
        listing.bundles.sort_by(|a, b| {
            let urgent = |bundle: &Bundle| bundle.reasons.first().map_or(9, rank);
            (urgent(a), &a.header.started_at, &a.key).cmp(&(urgent(b), &b.header.started_at, &b.key))
        });
        Ok(listing)
    }

    /// The bundle of a key that stood in a listing. A key is a digest of the folder's name, so no path can be asked for.
    pub(crate) fn find(&self, key: &str) -> Result<Arc<Bundle>, String> {
        let mut dirs = Vec::new();
        find(&self.folder, 0, &mut dirs).map_err(|error| error.to_string())?;
        let dir = dirs.into_iter().find(|dir| self.key_of(dir) == key);
        self.judge(&dir.ok_or_else(|| "There is no such session any more.".to_owned())?)
    }

    fn name(&self, dir: &Path) -> String {
        dir.strip_prefix(&self.folder).unwrap_or(dir).display().to_string()
    }

    fn key_of(&self, dir: &Path) -> String {
        hex(&Sha256::digest(self.name(dir).as_bytes())[..8])
    }

    fn judge(&self, dir: &Path) -> Judged {
        let state = state(dir);
        let known = |known: &BTreeMap<PathBuf, (String, Judged)>| {
            known.get(dir).filter(|(before, _)| *before == state).map(|(_, judged)| judged.clone())
        };
        if let Some(judged) = known(&self.known.lock().unwrap_or_else(PoisonError::into_inner)) {
            return judged;
        }
        let judged = self.read(dir).map(Arc::new);
        let mut shelf = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if shelf.len() >= MAX_BUNDLES * 2 {
            shelf.clear();
        }
        shelf.insert(dir.to_owned(), (state, judged.clone()));
        judged
    }

    fn read(&self, dir: &Path) -> Result<Bundle, String> {
        let verified = verify_bundle(dir, Some(&self.key)).map_err(|failure| failure.to_string())?;
        fn json<T: serde::de::DeserializeOwned>(
            verified: &Verified,
            file: &str,
        ) -> Result<Option<T>, String> {
            if !verified.files.contains_key(file) {
                return Ok(None);
            }
            let bytes = verified.read(file).map_err(|failure| failure.to_string())?;
            serde_json::from_slice(&bytes).map(Some).map_err(|error| format!("{file}: {error}"))
        }
        let header: SessionHeader = json(&verified, MANIFEST_FILE)?.ok_or("there is no sealed manifest")?;
        if header.mode == SessionMode::Practice {
            return Err("practice: nobody decides on it".to_owned());
        }
        let scores: Option<ScoreSheet> = json(&verified, SCORES_FILE)?;
        let transcript = json(&verified, TRANSCRIPT_FILE)?.unwrap_or_default();
        let history = History::of(&verified).map_err(|error| error.to_string())?;
        let reasons = reasons(&verified, scores.as_ref(), &history, &self.routing);
        let key = self.key_of(dir);
        Ok(Bundle { key, dir: dir.to_owned(), verified, header, scores, transcript, history, reasons })
    }
}

fn rank(reason: &Reason) -> u8 {
    match reason {
        Reason::Appeal(_) => 0,
        Reason::Referred(_) => 1,
        Reason::Interrupted => 2,
        Reason::Injection(_) => 3,
        Reason::ToConfirm(_) => 4,
        Reason::Abstained(_) => 5,
        Reason::NearCut(_) => 6,
        Reason::WideInterval(_) => 7,
        Reason::Sample(..) => 8,
        Reason::DecisionDue => 9,
    }
}

fn find(folder: &Path, depth: usize, dirs: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        // Links are not followed: they could lead out of the folder.
        if !entry.file_type()?.is_dir() || dirs.len() > MAX_BUNDLES {
            continue;
        }
        let path = entry.path();
        if path.join(MANIFEST_FILE).is_file() {
            dirs.push(path);
        } else if depth + 1 < MAX_DEPTH {
            find(&path, depth + 1, dirs)?;
        }
    }
    Ok(())
}

/// Names, lengths and times of all files: what cannot change without a change of the bundle.
fn state(dir: &Path) -> String {
    fn visit(dir: &Path, depth: usize, hasher: &mut Sha256) {
        let Ok(entries) = std::fs::read_dir(dir) else { return };
        let mut entries: Vec<_> = entries.flatten().collect();
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            hasher.update(entry.file_name().as_encoded_bytes());
            if let Ok(meta) = entry.path().symlink_metadata() {
                let changed =
                    meta.modified().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
                hasher.update(format!("|{}|{changed:?}|", meta.len()));
                if meta.is_dir() && depth < 5 {
                    visit(&entry.path(), depth + 1, hasher);
                }
            }
        }
    }
    let mut hasher = Sha256::new();
    visit(dir, 0, &mut hasher);
    hex(&hasher.finalize())
}
