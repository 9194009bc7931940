//! SHA-256 of files and streams.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::{ModelsError, Progress};

/// Hexadecimal SHA-256 of some bytes.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

/// Hexadecimal SHA-256 and size of a file.
///
/// # Errors
/// When the file cannot be read.
pub fn sha256_file(path: &Path, progress: &mut dyn Progress) -> Result<(String, u64), ModelsError> {
    let file = File::open(path).map_err(|error| ModelsError::io(path, error))?;
    copy(file, &mut io::sink(), u64::MAX, progress).map_err(|error| ModelsError::io(path, error))
}

/// Copies at most `limit` bytes and gives their hash and number.
pub(crate) fn copy(
    mut from: impl Read,
    to: &mut dyn Write,
    limit: u64,
    progress: &mut dyn Progress,
) -> io::Result<(String, u64)> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0_u8; 1 << 18];
    let mut bytes = 0_u64;
    while bytes < limit {
        let room = usize::try_from(limit - bytes).unwrap_or(usize::MAX).min(buffer.len());
        let count = match from.read(&mut buffer[..room]) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hash.update(&buffer[..count]);
        to.write_all(&buffer[..count])?;
        bytes += count as u64;
        progress.advance(count as u64);
    }
    Ok((format!("{:x}", hash.finalize()), bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;

    #[test]
    fn known_hash_and_limit() {
        assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        let mut out = Vec::new();
        let (sum, bytes) = copy(&b"abcdef"[..], &mut out, 3, &mut Silent).expect("reads");
        assert_eq!((sum, bytes, out), (sha256(b"abc"), 3, b"abc".to_vec()));
    }
}
