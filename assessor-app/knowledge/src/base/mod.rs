//! A knowledge base in a folder.
//!
//! ```text
//! kb.json                        which documents are in, with the hashes of their parts; replaced whole
//! documents/<sha256>/            what was read from a document: written aside, then renamed, then never changed
//!     passages.json  vectors.f32
//! index/                         the inverted index; made anew from the documents whenever it is behind
//! lock
//! ```
//!
//! So a stop at any moment leaves a whole base, with the last document in or not in.

mod entry;
mod error;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use viva_assessment::Embedder;

pub use entry::{Entry, LanguageChoice, Parsed, Standing};
pub use error::BaseError;

use crate::document::Document;
use crate::language::Language;
use crate::library::embed;
use crate::passage::{Passage, sha256_hex, split};
use crate::search::{Engine, Meaning};
use crate::vectors::Matrix;
use crate::words::{Kept, Words, key};
use entry::Manifest;
use error::io;

/// Passages embedded at a time.
const BATCH: usize = 16;
const MANIFEST: &str = "kb.json";

/// A knowledge base that is held open.
#[derive(Debug)]
pub struct Base {
    folder: PathBuf,
    manifest: Manifest,
    lock: File,
}

impl Base {
    /// Opens a base to look things up; others may do so at the same time.
    ///
    /// # Errors
    /// When there is no base, it is damaged or of another version, or somebody is changing it.
    pub fn open(folder: &Path) -> Result<Self, BaseError> {
        if !folder.join(MANIFEST).is_file() {
            return Err(BaseError::None(folder.to_owned()));
        }
        let lock = lock_file(folder)?;
        lock.try_lock_shared().map_err(|error| locked(folder, error))?;
        let manifest = Manifest::read(&folder.join(MANIFEST))?;
        Ok(Self { folder: folder.to_owned(), manifest, lock })
    }

    /// Opens a base to change it; makes an empty one in a folder that is empty or not there.
    ///
    /// **`embedder`** names the sentence network, with its version: vectors of two networks cannot be compared.
    ///
    /// # Errors
    /// When it is damaged, of another version, made with another network, in use, or the folder holds something else.
    pub fn open_to_change(folder: &Path, embedder: &str) -> Result<Self, BaseError> {
        fs::create_dir_all(folder).map_err(|error| io(folder, error))?;
        let path = folder.join(MANIFEST);
        if !path.exists() {
            let mut entries = fs::read_dir(folder).map_err(|error| io(folder, error))?;
            if entries.any(|entry| entry.is_ok_and(|entry| entry.file_name() != "lock")) {
                return Err(BaseError::Occupied(folder.to_owned()));
            }
        }
        let lock = lock_file(folder)?;
        lock.try_lock().map_err(|error| locked(folder, error))?;
        let manifest =
            if path.exists() { Manifest::read(&path)? } else { Manifest::empty(embedder.to_owned()) };
        if manifest.embedder != embedder {
            return Err(BaseError::Embedder { base: manifest.embedder, here: embedder.to_owned() });
        }
        let base = Self { folder: folder.to_owned(), manifest, lock };
        if !path.exists() {
            base.write_manifest()?;
        }
        base.sweep()?;
        Ok(base)
    }

    /// The documents, in the order in which they came.
    #[must_use]
    pub fn documents(&self) -> &[Entry] {
        &self.manifest.documents
    }

    /// How many passages all documents have.
    #[must_use]
    pub fn passages(&self) -> usize {
        self.manifest.documents.iter().map(|entry| entry.passages).sum()
    }

    /// The sentence network that the base was made with.
    #[must_use]
    pub fn embedder(&self) -> &str {
        &self.manifest.embedder
    }

    /// Every passage, in the order of documents.
    ///
    /// # Errors
    /// When a part is damaged or cannot be read.
    pub fn all_passages(&self) -> Result<Vec<Passage>, BaseError> {
        let mut all = Vec::with_capacity(self.passages());
        for entry in &self.manifest.documents {
            all.extend(self.kept(entry)?.into_iter().map(|kept| kept.passage));
        }
        Ok(all)
    }

    /// What is known of a file.
    #[must_use]
    pub fn standing(&self, path: &str, sha256: &str) -> Standing<'_> {
        let same_path = self.manifest.documents.iter().find(|entry| entry.path == path);
        let same_bytes = self.manifest.documents.iter().find(|entry| entry.sha256 == sha256);
        match (same_path, same_bytes) {
            (Some(known), _) if known.sha256 == sha256 => Standing::Same(known),
            (_, Some(other)) => Standing::Duplicate(other),
            (Some(old), None) => Standing::Changed(old),
            (None, None) => Standing::New,
        }
    }

    /// Cuts, embeds and keeps a document; a version of the same path that was kept before goes.
    ///
    /// `progress` is called with passages done and passages in all. The index follows in [`Self::engine`].
    ///
    /// # Errors
    /// When the document holds no passage, the network fails, or the disk does; the base is then as it was.
    pub fn add(
        &mut self,
        file: &Parsed<'_>,
        document: &Document,
        embedder: &dyn Embedder,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<&Entry, BaseError> {
        let passages = split(file.name, file.sha256, document);
        if passages.is_empty() {
            return Err(BaseError::NoPassage);
        }
        let mut vectors: Vec<f32> = Vec::new();
        let texts: Vec<String> = passages.iter().map(Passage::searched).collect();
        for batch in texts.chunks(BATCH) {
            progress(vectors.len() / self.manifest.dimensions.unwrap_or(1).max(1), passages.len());
            let found = embed(embedder, batch)?;
            let dimensions = found.first().map_or(0, Vec::len);
            if *self.manifest.dimensions.get_or_insert(dimensions) != dimensions || dimensions == 0 {
                return Err(BaseError::Damaged(format!("vectors of {dimensions} numbers")));
            }
            vectors.extend(found.concat());
        }
        progress(passages.len(), passages.len());
        let passages_json = serde_json::to_vec(&passages).map_err(|e| BaseError::Damaged(e.to_string()))?;
        let vector_bytes: Vec<u8> = vectors.iter().flat_map(|x| x.to_le_bytes()).collect();
        let number = self.manifest.next;
        let entry = Entry {
            number,
            path: file.path.to_owned(),
            name: file.name.to_owned(),
            title: document.title.clone(),
            sha256: file.sha256.to_owned(),
            bytes: file.bytes,
            format: document.format,
            pages: (!document.pages.is_empty()).then_some(document.pages.len()),
            passages: passages.len(),
            language: match file.language {
                LanguageChoice::En => Language::En,
                LanguageChoice::De => Language::De,
                LanguageChoice::Auto => Language::of(&document.text),
            },
            notes: document.notes.clone(),
            passages_sha256: sha256_hex(&passages_json),
            vectors_sha256: sha256_hex(&vector_bytes),
        };
        self.keep(&entry, &passages_json, &vector_bytes)?;
        let mut documents = self.manifest.documents.clone();
        documents.retain(|known| known.path != entry.path && known.sha256 != entry.sha256);
        documents.push(entry);
        self.replace(documents, number + 1)?;
        self.manifest.documents.last().ok_or_else(|| BaseError::Damaged("an empty list".to_owned()))
    }

    /// Writes the parts of a document aside and renames the folder.
    fn keep(&self, entry: &Entry, passages: &[u8], vectors: &[u8]) -> Result<(), BaseError> {
        let documents = self.folder.join("documents");
        fs::create_dir_all(&documents).map_err(|error| io(&documents, error))?;
        let aside =
            tempfile::Builder::new().prefix(".new-").tempdir_in(&documents).map_err(|e| io(&documents, e))?;
        for (name, bytes) in [("passages.json", passages), ("vectors.f32", vectors)] {
            write_whole(&aside.path().join(name), bytes)?;
        }
        let target = self.folder_of(entry);
        if target.exists() {
            fs::remove_dir_all(&target).map_err(|error| io(&target, error))?;
        }
        fs::rename(aside.keep(), &target).map_err(|error| io(&target, error))
    }

    /// Takes documents out by path, name or the beginning of the hash.
    ///
    /// # Errors
    /// When none or more than one is meant, or the disk fails.
    pub fn remove(&mut self, which: &str) -> Result<Entry, BaseError> {
        let matching: Vec<&Entry> = self.manifest.documents.iter().filter(|e| e.is(which)).collect();
        let [entry] = matching[..] else {
            let names = matching.iter().map(|entry| entry.path.clone()).collect();
            return Err(BaseError::Which { asked: which.to_owned(), matching: names });
        };
        let entry = entry.clone();
        let mut documents = self.manifest.documents.clone();
        documents.retain(|known| known.number != entry.number);
        self.replace(documents, self.manifest.next)?;
        Ok(entry)
    }

    /// The list of documents is what counts: once it is written, the change is made.
    fn replace(&mut self, documents: Vec<Entry>, next: u32) -> Result<(), BaseError> {
        let before = std::mem::replace(&mut self.manifest.documents, documents);
        let next_before = std::mem::replace(&mut self.manifest.next, next);
        if let Err(error) = self.write_manifest() {
            self.manifest.documents = before;
            self.manifest.next = next_before;
            return Err(error);
        }
        self.sweep()
    }

    fn write_manifest(&self) -> Result<(), BaseError> {
        let path = self.folder.join(MANIFEST);
        let json =
            serde_json::to_vec_pretty(&self.manifest).map_err(|e| BaseError::Damaged(e.to_string()))?;
        let mut aside = tempfile::NamedTempFile::new_in(&self.folder).map_err(|error| io(&path, error))?;
        aside.write_all(&json).and_then(|()| aside.as_file().sync_all()).map_err(|error| io(&path, error))?;
        aside.persist(&path).map_err(|error| io(&path, error.error))?;
        Ok(())
    }

    /// Deletes what no document of the list needs: leftovers of a stop, and versions that were replaced.
    fn sweep(&self) -> Result<(), BaseError> {
        let documents = self.folder.join("documents");
        if !documents.is_dir() {
            return Ok(());
        }
        let needed: BTreeSet<&str> = self.manifest.documents.iter().map(|e| e.sha256.as_str()).collect();
        for entry in fs::read_dir(&documents).map_err(|error| io(&documents, error))?.flatten() {
            if !entry.file_name().to_str().is_some_and(|name| needed.contains(name)) {
                fs::remove_dir_all(entry.path()).map_err(|error| io(&entry.path(), error))?;
            }
        }
        Ok(())
    }

    /// Compares every part with its recorded hash, and every source file that is still there with the document's.
    ///
    /// # Errors
    /// Never for what is wrong inside: that is the result.
    pub fn verify(&self) -> Result<Vec<String>, BaseError> {
        let mut findings = Vec::new();
        for entry in &self.manifest.documents {
            let folder = self.folder_of(entry);
            for (name, expect) in
                [("passages.json", &entry.passages_sha256), ("vectors.f32", &entry.vectors_sha256)]
            {
                match fs::read(folder.join(name)) {
                    Ok(bytes) if sha256_hex(&bytes) == *expect => {}
                    Ok(_) => {
                        findings.push(format!("{}: {name} was changed; add the document again", entry.name));
                    }
                    Err(_) => {
                        findings.push(format!("{}: {name} is missing; add the document again", entry.name));
                    }
                }
            }
            match fs::read(&entry.path) {
                Ok(bytes) if sha256_hex(&bytes) == entry.sha256 => {}
                Ok(_) => {
                    findings.push(format!("{}: {} has changed since; add it again", entry.name, entry.path));
                }
                Err(_) => findings.push(format!("{}: {} is no longer there", entry.name, entry.path)),
            }
        }
        Ok(findings)
    }

    /// Everything that a query needs. An index that is behind the documents is brought up first.
    ///
    /// # Errors
    /// When a part is damaged, the index fails, or it is behind and somebody else is changing the base.
    pub fn engine(&self, embedder: Option<Arc<dyn Embedder>>) -> Result<Engine, BaseError> {
        let words = self.current_index()?;
        let dimensions = self.manifest.dimensions.unwrap_or_default();
        let meaning = match embedder {
            Some(embedder) if dimensions > 0 && words.len() > 0 => {
                let (values, keys) = self.vectors(dimensions)?;
                Some(Meaning { embedder, matrix: Matrix::new(values, dimensions), keys })
            }
            _ => None,
        };
        Ok(Engine::new(words, meaning))
    }

    fn current_index(&self) -> Result<Words, BaseError> {
        let mut words = Words::open(&self.folder.join("index"))?;
        let all: BTreeMap<u32, &Entry> = self.manifest.documents.iter().map(|e| (e.number, e)).collect();
        let known: BTreeSet<u32> = words.documents()?.into_iter().collect();
        let add: Vec<u32> = all.keys().filter(|number| !known.contains(number)).copied().collect();
        let remove: Vec<u32> = known.iter().filter(|number| !all.contains_key(number)).copied().collect();
        if add.is_empty() && remove.is_empty() && words.len() == self.passages() {
            return Ok(words);
        }
        // On most systems this turns the shared lock into one of our own.
        self.lock.try_lock().map_err(|error| locked(&self.folder, error))?;
        let numbers: Vec<u32> = all.keys().copied().collect();
        words.update(&remove, &add, &numbers, |number| self.kept(all[&number]))?;
        if words.len() == self.passages() {
            return Ok(words);
        }
        // Somebody has been at the index: from the documents it can always be made again.
        drop(words);
        let index = self.folder.join("index");
        fs::remove_dir_all(&index).map_err(|error| io(&index, error))?;
        let mut words = Words::open(&index)?;
        words.update(&[], &numbers, &numbers, |number| self.kept(all[&number]))?;
        Ok(words)
    }

    fn kept(&self, entry: &Entry) -> Result<Vec<Kept>, BaseError> {
        let path = self.folder_of(entry).join("passages.json");
        let bytes = fs::read(&path).map_err(|error| io(&path, error))?;
        let damaged = || BaseError::Damaged(format!("{}: add {} again", path.display(), entry.path));
        let passages: Vec<Passage> = serde_json::from_slice(&bytes).ok().ok_or_else(damaged)?;
        if passages.len() != entry.passages || sha256_hex(&bytes) != entry.passages_sha256 {
            return Err(damaged());
        }
        Ok(passages.into_iter().map(|passage| Kept { language: entry.language, passage }).collect())
    }

    /// All vectors, in the order of documents and passages, and the keys of their passages.
    fn vectors(&self, dimensions: usize) -> Result<(Vec<f32>, Vec<u64>), BaseError> {
        let mut values = Vec::with_capacity(self.passages() * dimensions);
        let mut keys = Vec::with_capacity(self.passages());
        for entry in &self.manifest.documents {
            let path = self.folder_of(entry).join("vectors.f32");
            let bytes = fs::read(&path).map_err(|error| io(&path, error))?;
            if bytes.len() != entry.passages * dimensions * size_of::<f32>() {
                return Err(BaseError::Damaged(format!("{}: add {} again", path.display(), entry.path)));
            }
            values.extend(bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)));
            keys.extend((0..entry.passages as u32).map(|at| key(entry.number, at)));
        }
        Ok((values, keys))
    }

    fn folder_of(&self, entry: &Entry) -> PathBuf {
        self.folder.join("documents").join(&entry.sha256)
    }
}

fn lock_file(folder: &Path) -> Result<File, BaseError> {
    let path = folder.join("lock");
    File::options().create(true).truncate(false).write(true).open(&path).map_err(|error| io(&path, error))
}

fn locked(folder: &Path, error: TryLockError) -> BaseError {
    match error {
        TryLockError::WouldBlock => BaseError::Locked(folder.to_owned()),
        TryLockError::Error(error) => io(folder, error),
    }
}

fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), BaseError> {
    let write = || -> std::io::Result<()> {
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|error| io(path, error))
}
