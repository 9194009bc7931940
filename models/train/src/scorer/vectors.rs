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

/// So a store begins: its kind, and the numbers of a vector. Nothing is ever added to a file that begins otherwise.
fn header() -> [u8; 12] {
    let mut header = *b"vivavec1\0\0\0\0";
    header[8..].copy_from_slice(&(WIDTH as u32).to_le_bytes());
    header
}

fn key(text: &str) -> [u8; 16] {
    let digest = Sha256::digest(text.as_bytes());
    std::array::from_fn(|at| digest[at])
}

impl StoredVectors {
    /// Opens a store; what the file holds and is whole is used, a file that is missing is begun.
    ///
    /// # Errors
    /// When the file is there and cannot be read, or is no store.
    pub fn open(path: &Path, inner: Arc<dyn Embedder>) -> std::io::Result<Self> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        let header = header();
        let records = match bytes.strip_prefix(header.as_slice()) {
            None if !bytes.is_empty() => {
                return Err(std::io::Error::new(
                    std::io::ErrorKind::InvalidData,
                    "it is no store of sentence vectors, or one of an older version: name another file, or delete it",
                ));
            }
            records => records.unwrap_or_default(),
        };
        let known = records
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
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&self.path)?;
        let mut bytes = if file.metadata()?.len() == 0 { header().to_vec() } else { Vec::new() };
        for (text, vector) in texts.iter().zip(vectors).filter(|(_, vector)| vector.len() == WIDTH) {
            let small: Vec<f16> = vector.iter().map(|x| f16::from_f32(*x)).collect();
            bytes.extend(key(text));
            bytes.extend(small.iter().flat_map(|x| x.to_le_bytes()));
            known.insert(key(text), small);
        }
        file.write_all(&bytes)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Knows one vector, or nothing.
    struct Fake(Option<f32>);

    impl Embedder for Fake {
        fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedderError> {
            let value = self.0.ok_or_else(|| EmbedderError("was asked".to_owned()))?;
            Ok(texts.iter().map(|_| vec![value; WIDTH]).collect())
        }
    }

    #[test]
    fn a_store_is_read_as_it_was_written_and_no_other_file_is_touched() {
        let path = std::env::temp_dir().join(format!("viva-vectors-{}", std::process::id()));
        let store = StoredVectors::open(&path, Arc::new(Fake(Some(0.5)))).unwrap();
        let first = store.embed(&["one", "two"]).unwrap();
        store.embed(&["three"]).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().len() as usize, header().len() + 3 * RECORD);
        let store = StoredVectors::open(&path, Arc::new(Fake(None))).unwrap();
        assert_eq!(store.embed(&["one", "two"]).unwrap(), first, "nothing is asked again");
        std::fs::write(&path, "{\"id\": \"somebody's data\"}\n").unwrap();
        let refused = StoredVectors::open(&path, Arc::new(Fake(Some(0.5)))).unwrap_err();
        assert!(refused.to_string().contains("no store"), "{refused}");
        std::fs::remove_file(&path).unwrap();
    }
}
