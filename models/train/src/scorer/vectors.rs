//! Sentence vectors kept in a file, so that a second training takes seconds.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use half::f16;
use sha2::{Digest as _, Sha256};
use viva_assessment::{Embedder, EmbedderError};

/// An embedder that remembers. Vectors are kept as 16-bit floats under the hash of the text.
pub struct StoredVectors {
    inner: Arc<dyn Embedder>,
    path: PathBuf,
    known: Mutex<BTreeMap<[u8; 16], Vec<f16>>>,
}

impl std::fmt::Debug for StoredVectors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredVectors").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Numbers of a vector.
const WIDTH: usize = 384;
const RECORD: usize = 16 + 2 * WIDTH;

fn key(text: &str) -> [u8; 16] {
    let digest = Sha256::digest(text.as_bytes());
    std::array::from_fn(|at| digest[at])
}

impl StoredVectors {
    /// Opens a store; what the file holds and is whole is used, a file that is missing is begun.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub fn open(path: &Path, inner: Arc<dyn Embedder>) -> std::io::Result<Self> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        let known = bytes
            .chunks_exact(RECORD)
            .map(|record| {
                let key = std::array::from_fn(|at| record[at]);
                let vector = record[16..].chunks_exact(2).map(|b| f16::from_le_bytes([b[0], b[1]])).collect();
                (key, vector)
            })
            .collect();
        Ok(Self { inner, path: path.to_owned(), known: Mutex::new(known) })
    }

    fn remember(&self, texts: &[&str], vectors: &[Vec<f32>]) -> std::io::Result<()> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bytes = Vec::new();
        for (text, vector) in texts.iter().zip(vectors).filter(|(_, vector)| vector.len() == WIDTH) {
            let small: Vec<f16> = vector.iter().map(|x| f16::from_f32(*x)).collect();
            bytes.extend(key(text));
            bytes.extend(small.iter().flat_map(|x| x.to_le_bytes()));
            known.insert(key(text), small);
        }
        std::fs::OpenOptions::new().create(true).append(true).open(&self.path)?.write_all(&bytes)
    }
}

impl Embedder for StoredVectors {
    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedderError> {
        let missing: Vec<&str> = {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            texts.iter().copied().filter(|text| !known.contains_key(&key(text))).collect()
        };
        if !missing.is_empty() {
            let found = self.inner.embed(&missing)?;
            self.remember(&missing, &found).map_err(|error| {
                EmbedderError(format!("cannot keep vectors in {}: {error}", self.path.display()))
            })?;
        }
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(texts
            .iter()
            .map(|text| {
                known.get(&key(text)).map(|v| v.iter().map(|x| x.to_f32()).collect()).unwrap_or_default()
            })
            .collect())
    }
}
