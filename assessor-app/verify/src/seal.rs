//! Seals: signed lists of everything a bundle holds.
//!
//! `seals/0001.json` closes the session; each later seal lists what was added since and the hash of the seal before it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

use crate::{
    Failure, Fault, SEALS_DIR,
    canonical::to_canonical,
    did::{did_key, parse_did_key},
};

/// The format's name; part of what is signed, so that a signature made for another purpose is no seal.
pub const SEAL_FORMAT: &str = "viva-seal/1";

/// One file under a seal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedFile {
    /// Path inside the bundle, with `/`.
    pub path: String,
    /// Length in bytes.
    pub bytes: u64,
    /// Hex digest.
    pub sha256: String,
}

/// One chain of events under a seal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedChain {
    /// Path inside the bundle; also listed among the files.
    pub file: String,
    /// What its first line follows from.
    pub start: String,
    /// How many lines.
    pub lines: u64,
    /// The hash of the last line.
    pub head: String,
}

/// What is signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealBody {
    /// [`SEAL_FORMAT`].
    pub format: String,
    /// 1 for the session, 2 and more for what followed.
    pub number: u32,
    /// The session's id.
    pub session: String,
    /// What the signer states, as a sentence.
    pub statement: String,
    /// Date and time of sealing as the signer's clock gave it, RFC 3339.
    pub sealed_at: String,
    /// The signer, as `did:key`.
    pub public_key: String,
    /// Every file added since the seal before, sorted by path.
    pub files: Vec<SealedFile>,
    /// The chain that was added, if any.
    pub chain: Option<SealedChain>,
    /// SHA-256 of the seal file before; none for the first.
    pub previous: Option<String>,
}

/// A seal file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    /// What is signed: the canonical JSON of this object.
    pub seal: SealBody,
    /// Ed25519 signature, base64.
    pub signature: String,
}

/// The path of seal `number` inside a bundle.
#[must_use]
pub fn seal_path(number: u32) -> String {
    format!("{SEALS_DIR}/{number:04}.json")
}

/// Signs a seal; the bytes of its file. Format and public key are set from the key.
///
/// **Errors**: the body cannot be written as canonical JSON.
pub fn sign_seal(mut body: SealBody, key: &SigningKey) -> Result<Vec<u8>, serde_json::Error> {
    SEAL_FORMAT.clone_into(&mut body.format);
    body.public_key = did_key(&key.verifying_key());
    let signature = STANDARD.encode(key.sign(&to_canonical(&body)?).to_bytes());
    to_canonical(&Seal { seal: body, signature })
}

/// Reads and checks one seal file: shape, canonical form, signature by the key it names.
///
/// **Errors**: the first thing wrong.
pub fn open_seal(file: &str, bytes: &[u8]) -> Result<(SealBody, VerifyingKey), Failure> {
    let shape = |text: String| Failure::file(file, Fault::Shape(text));
    let Seal { seal, signature } = serde_json::from_slice(bytes).map_err(|error| shape(error.to_string()))?;
    if seal.format != SEAL_FORMAT {
        return Err(shape(format!("format is not {SEAL_FORMAT}")));
    }
    let key =
        parse_did_key(&seal.public_key).ok_or_else(|| shape("public key is no Ed25519 did:key".into()))?;
    let body = to_canonical(&seal).map_err(|error| shape(error.to_string()))?;
    let raw = STANDARD.decode(&signature).ok().and_then(|raw| Signature::from_slice(&raw).ok());
    let raw = raw.ok_or_else(|| Failure::file(file, Fault::Signature))?;
    if key.verify_strict(&body, &raw).is_err() {
        return Err(Failure::file(file, Fault::Signature));
    }
    let whole =
        to_canonical(&Seal { seal: seal.clone(), signature }).map_err(|error| shape(error.to_string()))?;
    if whole != bytes {
        return Err(shape("not canonical JSON".into()));
    }
    Ok((seal, key))
}
