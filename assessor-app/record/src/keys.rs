//! Signing keys: one in a file of its owner, and one for demonstrations that everybody knows.

use std::{fs, io::Write as _, path::Path};

use ed25519_dalek::{SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};
use viva_verify::canonical::hex;

use crate::RecordError;

const DEMO_LABEL: &[u8] = b"Viva demonstration key: public, proves nothing about who signed";

/// The key of demonstrations: derived from a fixed label, so that everybody has it and nobody can rely on it.
#[must_use]
pub fn demo_key() -> SigningKey {
    SigningKey::from_bytes(&Sha256::digest(DEMO_LABEL).into())
}

/// True for the key that everybody has.
#[must_use]
pub fn is_demo_key(key: &VerifyingKey) -> bool {
    *key == demo_key().verifying_key()
}

/// The key in the file, 64 hex digits.
///
/// **Errors**: the file cannot be read, holds something else, or others may read it.
pub fn load(path: &Path) -> Result<SigningKey, RecordError> {
    let shown = path.display().to_string();
    let text = fs::read_to_string(path).map_err(RecordError::io(&shown))?;
    others_cannot_read(path, &shown)?;
    let seed = parse_hex(text.trim());
    seed.map(|seed| SigningKey::from_bytes(&seed))
        .ok_or(RecordError::Key { path: shown, reason: "is no key file: 64 hex digits are expected" })
}

/// A new key of the system's randomness, written to a new file that only its owner can read.
///
/// **Errors**: there is such a file, for a key that is written over can sign nothing any more; or it cannot be made.
pub fn create(path: &Path) -> Result<SigningKey, RecordError> {
    let shown = path.display().to_string();
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)
        .map_err(|error| RecordError::io(&shown)(std::io::Error::other(error.to_string())))?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(RecordError::io(&shown))?;
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(RecordError::io(&shown))?;
    writeln!(file, "{}", hex(&seed)).and_then(|()| file.sync_all()).map_err(RecordError::io(&shown))?;
    Ok(SigningKey::from_bytes(&seed))
}

#[cfg(unix)]
fn others_cannot_read(path: &Path, shown: &str) -> Result<(), RecordError> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path).map_err(RecordError::io(shown))?.permissions().mode();
    if mode & 0o077 == 0 {
        Ok(())
    } else {
        Err(RecordError::Key {
            path: shown.to_owned(),
            reason: "can be read by others: set its mode to 0600",
        })
    }
}

#[cfg(not(unix))]
fn others_cannot_read(_path: &Path, _shown: &str) -> Result<(), RecordError> {
    Ok(())
}

/// Bytes from so many pairs of hexadecimal digits; `None` for anything else.
#[must_use]
pub fn parse_hex<const BYTES: usize>(text: &str) -> Option<[u8; BYTES]> {
    let mut bytes = [0; BYTES];
    if text.len() != 2 * BYTES || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[index * 2..index * 2 + 2], 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_kept_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys").join("issuer.key");
        assert!(load(&path).is_err(), "a key that is missing is not made by the way");
        let key = create(&path).unwrap();
        assert!(create(&path).is_err(), "a key is not written over");
        assert_eq!(load(&path).unwrap(), key);
        assert!(!is_demo_key(&key.verifying_key()) && is_demo_key(&demo_key().verifying_key()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
            assert!(load(&path).unwrap_err().to_string().contains("0600"));
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        fs::write(&path, "é".repeat(32)).unwrap();
        assert!(load(&path).is_err());
    }
}
