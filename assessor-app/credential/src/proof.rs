//! The embedded proof: Data Integrity with `eddsa-rdfc-2022`.
//!
//! Source: W3C Data Integrity `EdDSA` Cryptosuites 1.0, section 3.2: sign SHA-256 of the canonical proof options, then of the canonical document.

use ed25519_dalek::{Signature, Signer as _, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use viva_verify::did::{did_key, multibase, parse_did_key};

use crate::{Contexts, CredentialError};

const SUITE: &str = "eddsa-rdfc-2022";

/// The document with its proof.
pub(crate) fn sign(
    contexts: &Contexts,
    document: &Value,
    key: &SigningKey,
    created: &str,
) -> Result<Value, CredentialError> {
    let public = key.verifying_key();
    let mut proof = json!({
        "type": "DataIntegrityProof", "cryptosuite": SUITE, "created": created,
        "verificationMethod": format!("{}#{}", did_key(&public), multibase(&public)), "proofPurpose": "assertionMethod",
    });
    let signature = key.sign(&to_be_signed(contexts, document, &proof)?);
    proof["proofValue"] = json!(format!("z{}", bs58::encode(signature.to_bytes()).into_string()));
    let mut signed = document.clone();
    signed["proof"] = proof;
    Ok(signed)
}

/// Checks the proof against the issuer that the document names; the document without its proof.
pub(crate) fn open(contexts: &Contexts, signed: &Value, issuer: &str) -> Result<Value, CredentialError> {
    let mut document = signed.clone();
    let object = document.as_object_mut().ok_or(CredentialError::Shape("no object"))?;
    let mut proof = object.remove("proof").ok_or(CredentialError::Shape("no proof"))?;
    let options = proof.as_object_mut().ok_or(CredentialError::Shape("proof is no object"))?;
    let value = options.remove("proofValue").ok_or(CredentialError::Shape("no proof value"))?;
    let key = parse_did_key(issuer).ok_or(CredentialError::Shape("the issuer is no did:key"))?;
    let method = format!("{issuer}#{}", multibase(&key));
    for (name, wanted) in [
        ("type", "DataIntegrityProof"),
        ("cryptosuite", SUITE),
        ("proofPurpose", "assertionMethod"),
        ("verificationMethod", method.as_str()),
    ] {
        if options.get(name).and_then(Value::as_str) != Some(wanted) {
            return Err(CredentialError::Shape("the proof is not eddsa-rdfc-2022 by the issuer"));
        }
    }
    let raw = value.as_str().and_then(|text| text.strip_prefix('z')).filter(|text| text.len() <= 100);
    let raw = raw.and_then(|text| bs58::decode(text).into_vec().ok());
    let signature = raw.and_then(|raw| Signature::from_slice(&raw).ok()).ok_or(CredentialError::Signature)?;
    let message = to_be_signed(contexts, &document, &proof)?;
    key.verify_strict(&message, &signature).map_err(|_error| CredentialError::Signature)?;
    Ok(document)
}

fn to_be_signed(contexts: &Contexts, document: &Value, proof: &Value) -> Result<Vec<u8>, CredentialError> {
    let mut options = proof.clone();
    options["@context"] = document["@context"].clone();
    let mut message = Sha256::digest(contexts.nquads(&options)?).to_vec();
    message.extend_from_slice(&Sha256::digest(contexts.nquads(document)?));
    Ok(message)
}
