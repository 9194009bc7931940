//! Closing a bundle: the first seal over the session, later ones over what was added.

use std::{
    fs::File,
    io::{BufReader, Read as _},
    path::Path,
};

use ed25519_dalek::SigningKey;
use sha2::{Digest as _, Sha256};
use viva_verify::{
    EVENTS_FILE, MANIFEST_FILE, SEALS_DIR, Verified,
    canonical::hex,
    chain::{GENESIS, read_chain},
    seal::{SealBody, SealedChain, SealedFile, seal_path, sign_seal},
    verify_bundle, verify_sealed_part,
};

use crate::{
    RecordError,
    wire::{SessionHeader, SessionMode},
    writer::add_file,
};

/// What the first seal states.
pub const SESSION_STATEMENT: &str = "These files are the record of one session as the program wrote them. The scores are a recommendation; a human decides.";

/// What the first seal of a practice session states.
pub const PRACTICE_STATEMENT: &str = "These files are the record of one practice session as the program wrote them. The levels are feedback for the learner; nothing of it may lead to a decision or a credential.";

/// Seals a finished session and verifies the result.
///
/// `sealed_at` is the date and time by the caller's clock, RFC 3339.
///
/// **Errors**: sealed already, an unfinished last event, or the bundle does not verify.
pub fn seal(dir: &Path, key: &SigningKey, sealed_at: &str) -> Result<Verified, RecordError> {
    if dir.join(SEALS_DIR).exists() {
        return Err(RecordError::AlreadySealed);
    }
    let manifest = std::fs::read(dir.join(MANIFEST_FILE)).map_err(RecordError::io(MANIFEST_FILE))?;
    let header: SessionHeader =
        serde_json::from_slice(&manifest).map_err(RecordError::json(MANIFEST_FILE))?;
    let statement = match header.mode {
        SessionMode::Certify => SESSION_STATEMENT,
        SessionMode::Practice => PRACTICE_STATEMENT,
    };
    let chain = sealed_chain(dir, EVENTS_FILE, GENESIS)?;
    let mut paths = Vec::new();
    list(dir, "", &mut paths)?;
    let body = SealBody {
        format: String::new(),
        number: 1,
        session: header.session_id,
        statement: statement.to_owned(),
        sealed_at: sealed_at.to_owned(),
        public_key: String::new(),
        files: digests(dir, paths)?,
        chain: Some(chain),
        previous: None,
    };
    write_seal(dir, body, key)
}

/// Seals what was added since the last seal, after verifying all that is sealed; `chain` names an event file among the new ones.
///
/// **Errors**: nothing new, another key than before, or the bundle does not verify.
pub fn append_seal(
    dir: &Path,
    key: &SigningKey,
    statement: &str,
    sealed_at: &str,
    chain: Option<&str>,
) -> Result<Verified, RecordError> {
    let (verified, unsealed) = verify_sealed_part(dir, Some(&key.verifying_key()))?;
    if unsealed.is_empty() {
        return Err(RecordError::NothingToSeal);
    }
    let start =
        verified.seals.iter().rev().find_map(|seal| seal.chain.as_ref()).map_or(GENESIS, |chain| &chain.head);
    let body = SealBody {
        format: String::new(),
        number: verified.seals.len() as u32 + 1,
        session: verified.session.clone(),
        statement: statement.to_owned(),
        sealed_at: sealed_at.to_owned(),
        public_key: String::new(),
        files: digests(dir, unsealed)?,
        chain: chain.map(|file| sealed_chain(dir, file, start)).transpose()?,
        previous: Some(verified.record_root),
    };
    write_seal(dir, body, key)
}

fn write_seal(dir: &Path, body: SealBody, key: &SigningKey) -> Result<Verified, RecordError> {
    let path = seal_path(body.number);
    let bytes = sign_seal(body, key).map_err(RecordError::json(path.as_str()))?;
    add_file(dir, &path, &bytes)?;
    verify_bundle(dir, Some(&key.verifying_key())).map_err(|failure| {
        // A seal over a bundle that is not whole must not stay.
        drop(std::fs::remove_file(dir.join(&path)));
        drop(std::fs::remove_dir(dir.join(SEALS_DIR)));
        failure.into()
    })
}

fn sealed_chain(dir: &Path, name: &str, start: &str) -> Result<SealedChain, RecordError> {
    let file = File::open(dir.join(name)).map_err(RecordError::io(name))?;
    let head = read_chain(name, BufReader::new(file), start, |_, _| Ok(()))?;
    if head.torn_bytes > 0 {
        return Err(RecordError::Torn(head.torn_bytes));
    }
    Ok(SealedChain { file: name.to_owned(), start: start.to_owned(), lines: head.lines, head: head.hash })
}

fn list(dir: &Path, prefix: &str, paths: &mut Vec<String>) -> Result<(), RecordError> {
    for entry in std::fs::read_dir(dir.join(prefix)).map_err(RecordError::io(prefix))? {
        let entry = entry.map_err(RecordError::io(prefix))?;
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type().map_err(RecordError::io(path.as_str()))?.is_dir() {
            list(dir, &format!("{path}/"), paths)?;
        } else {
            paths.push(path);
        }
    }
    Ok(())
}

fn digests(dir: &Path, mut paths: Vec<String>) -> Result<Vec<SealedFile>, RecordError> {
    paths.sort();
    let mut files = Vec::with_capacity(paths.len());
    let mut buffer = vec![0; 1 << 16];
    for path in paths {
        let mut file = File::open(dir.join(&path)).map_err(RecordError::io(path.as_str()))?;
        let (mut hasher, mut bytes) = (Sha256::new(), 0);
        loop {
            match file.read(&mut buffer).map_err(RecordError::io(path.as_str()))? {
                0 => break,
                count => {
                    hasher.update(&buffer[..count]);
                    bytes += count as u64;
                }
            }
        }
        files.push(SealedFile { path, bytes, sha256: hex(&hasher.finalize()) });
    }
    Ok(files)
}
