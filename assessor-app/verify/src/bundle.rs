//! The whole check of one bundle folder.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufReader, Read as _},
    path::{Path, PathBuf},
};

use ed25519_dalek::VerifyingKey;
use sha2::{Digest as _, Sha256};

use crate::{
    Failure, Fault, SEALS_DIR,
    canonical::{hex, sha256_hex},
    chain::{self, GENESIS, read_chain},
    content::{self, Told, read_bounded},
    did::did_key,
    oversight::OversightStep,
    seal::{SealBody, SealedFile, open_seal, seal_path},
    walk::{plain_path, walk},
};

const MAX_SEAL_BYTES: u64 = 16 << 20;

/// A bundle that is whole, as far as its seals tell.
#[derive(Clone, Debug)]
pub struct Verified {
    root: PathBuf,
    /// The session's id.
    pub session: String,
    /// SHA-256 of the last seal file: the root of the record.
    pub record_root: String,
    /// SHA-256 of the first seal file: the session without what followed.
    pub session_root: String,
    /// The key that signed every seal.
    pub key: VerifyingKey,
    /// The seals, in order.
    pub seals: Vec<SealBody>,
    /// Every sealed file by path.
    pub files: BTreeMap<String, SealedFile>,
    /// Events in all chains.
    pub events: u64,
    /// What humans did with the session, in order.
    pub oversight: Vec<OversightStep>,
}

impl Verified {
    /// The key as `did:key`.
    #[must_use]
    pub fn did(&self) -> String {
        did_key(&self.key)
    }

    /// Reads a sealed file again and checks its digest again, so that what is used is what was verified.
    ///
    /// **Errors**: the file is not sealed, larger than 64 MiB, or no longer as sealed.
    pub fn read(&self, path: &str) -> Result<Vec<u8>, Failure> {
        let sealed = self.files.get(path).ok_or_else(|| Failure::file(path, Fault::NotSealed))?;
        let bytes = read_bounded(&self.root, path, content::MAX_JSON_BYTES)?;
        let found = sha256_hex(&bytes);
        if found == sealed.sha256 {
            Ok(bytes)
        } else {
            Err(Failure::file(path, Fault::Digest { sealed: sealed.sha256.clone(), found }))
        }
    }
}

/// Checks a bundle: plain files only, seals in order and by one key, nothing unsealed, nothing missing, every chain line by line,
/// every digest, the transcript against the events, every quote against the transcript.
///
/// Without `expected_key` the result says that the bundle is whole, not who made it: compare [`Verified::did`].
///
/// **Errors**: the first thing wrong, in the order above, files in the order of their names.
pub fn verify_bundle(dir: &Path, expected_key: Option<&VerifyingKey>) -> Result<Verified, Failure> {
    check_bundle(dir, expected_key, false).map(|(verified, _)| verified)
}

/// Like [`verify_bundle`], but returns the files that no seal lists yet instead of refusing them: the state before a further seal.
///
/// **Errors**: the first thing wrong with what is sealed.
pub fn verify_sealed_part(
    dir: &Path,
    expected_key: Option<&VerifyingKey>,
) -> Result<(Verified, Vec<String>), Failure> {
    check_bundle(dir, expected_key, true)
}

fn check_bundle(
    dir: &Path,
    expected_key: Option<&VerifyingKey>,
    allow_unsealed: bool,
) -> Result<(Verified, Vec<String>), Failure> {
    let found = walk(dir)?;
    let seals = Seals::read(dir, &found, expected_key)?;
    let unsealed = found.keys().filter(|path| !is_seal(path) && !seals.files.contains_key(*path));
    let unsealed: Vec<String> = unsealed.cloned().collect();
    if let (Some(path), false) = (unsealed.first(), allow_unsealed) {
        return Err(Failure::file(path.clone(), Fault::NotSealed));
    }
    if let Some(path) = seals.files.keys().find(|path| !found.contains_key(*path)) {
        return Err(Failure::file(path.clone(), Fault::Missing));
    }
    let mut told = Told::default();
    let mut events = 0;
    let mut start = GENESIS.to_owned();
    for body in &seals.bodies {
        if let Some(sealed) = &body.chain {
            if sealed.start != start {
                return Err(Failure::line(&sealed.file, 1, Fault::Broken("the chain sealed before".into())));
            }
            let file = File::open(dir.join(&sealed.file))
                .map_err(|error| Failure::unreadable(&sealed.file, &error))?;
            let head = read_chain(&sealed.file, BufReader::new(file), &start, |line, event| {
                told.push(&sealed.file, line, event)
            })?;
            check_head(sealed, &head)?;
            events += head.lines;
            start = head.hash;
        }
    }
    for sealed in seals.files.values() {
        check_digest(dir, sealed, found[&sealed.path])?;
    }
    let session = seals.bodies[0].session.clone();
    content::check(dir, &seals.files, &session, &told)?;
    let Seals { bodies, files, key, hashes } = seals;
    let verified = Verified {
        root: dir.to_owned(),
        session,
        session_root: hashes[0].clone(),
        record_root: hashes[hashes.len() - 1].clone(),
        key,
        seals: bodies,
        files,
        events,
        oversight: told.oversight,
    };
    Ok((verified, unsealed))
}

fn is_seal(path: &str) -> bool {
    path.split('/').next() == Some(SEALS_DIR)
}

fn check_head(sealed: &crate::seal::SealedChain, head: &chain::Head) -> Result<(), Failure> {
    if head.torn_bytes > 0 {
        return Err(Failure::line(
            &sealed.file,
            head.lines + 1,
            Fault::Shape("the line is not finished".into()),
        ));
    }
    if head.hash != sealed.head || head.lines != sealed.lines {
        return Err(Failure::file(&sealed.file, Fault::Head { sealed: sealed.lines, found: head.lines }));
    }
    Ok(())
}

fn check_digest(dir: &Path, sealed: &SealedFile, length: u64) -> Result<(), Failure> {
    let path = &sealed.path;
    let unreadable = |error: std::io::Error| Failure::unreadable(path, &error);
    let mut file = File::open(dir.join(path)).map_err(unreadable)?.take(sealed.bytes + 1);
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    if length == sealed.bytes {
        loop {
            match file.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => hasher.update(&buffer[..count]),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(unreadable(error)),
            }
        }
        let digest = hex(&hasher.finalize());
        if digest == sealed.sha256 {
            return Ok(());
        }
        return Err(Failure::file(path, Fault::Digest { sealed: sealed.sha256.clone(), found: digest }));
    }
    Err(Failure::file(path, Fault::Length { sealed: sealed.bytes, found: length }))
}

struct Seals {
    bodies: Vec<SealBody>,
    files: BTreeMap<String, SealedFile>,
    hashes: Vec<String>,
    key: VerifyingKey,
}

impl Seals {
    fn read(
        dir: &Path,
        found: &BTreeMap<String, u64>,
        expected: Option<&VerifyingKey>,
    ) -> Result<Self, Failure> {
        let mut expected = expected.copied();
        let (mut bodies, mut hashes) = (Vec::<SealBody>::new(), Vec::<String>::new());
        let mut files = BTreeMap::new();
        let count = found.keys().filter(|path| is_seal(path)).count();
        for number in 1..=u32::try_from(count).unwrap_or(u32::MAX) {
            let path = seal_path(number);
            if !found.contains_key(&path) {
                return Err(Failure::file(path, Fault::Missing));
            }
            let bytes = read_bounded(dir, &path, MAX_SEAL_BYTES)?;
            let (body, key) = open_seal(&path, &bytes)?;
            let wanted = *expected.get_or_insert(key);
            if wanted != key {
                let fault = Fault::Key { expected: did_key(&wanted), found: did_key(&key) };
                return Err(Failure::file(path, fault));
            }
            check_order(&path, &body, number, bodies.first(), hashes.last())?;
            collect(&path, &body, &mut files)?;
            hashes.push(sha256_hex(&bytes));
            bodies.push(body);
        }
        let key = expected.filter(|_| !bodies.is_empty());
        let key = key.ok_or_else(|| Failure::file(seal_path(1), Fault::NoSeal))?;
        Ok(Self { bodies, files, hashes, key })
    }
}

fn check_order(
    path: &str,
    body: &SealBody,
    number: u32,
    first: Option<&SealBody>,
    previous: Option<&String>,
) -> Result<(), Failure> {
    let fault = |text: &str| Err(Failure::file(path, Fault::SealOrder(text.into())));
    if body.number != number {
        return fault("number inside differs from the name");
    }
    if body.previous.as_ref() != previous {
        return fault("does not follow from the seal before");
    }
    if first.is_some_and(|first| first.session != body.session) {
        return fault("is of another session");
    }
    Ok(())
}

fn collect(path: &str, body: &SealBody, files: &mut BTreeMap<String, SealedFile>) -> Result<(), Failure> {
    for file in &body.files {
        if !plain_path(&file.path) || is_seal(&file.path) {
            return Err(Failure::file(file.path.clone(), Fault::BadName));
        }
        if files.insert(file.path.clone(), file.clone()).is_some() {
            return Err(Failure::file(path, Fault::SealOrder(format!("{} is sealed twice", file.path))));
        }
    }
    match &body.chain {
        Some(chain) if !body.files.iter().any(|file| file.path == chain.file) => {
            Err(Failure::file(chain.file.clone(), Fault::NotSealed))
        }
        _ => Ok(()),
    }
}
