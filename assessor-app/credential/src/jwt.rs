//! The same document as a signed JWT (`EdDSA`), for verifiers that read no embedded proof.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};
use viva_verify::did::did_key;

use crate::{CredentialError, date::unix_secs};

/// The document as a JWT, valid between two dates.
pub(crate) fn sign(
    document: &Value,
    key: &SigningKey,
    from: &str,
    until: &str,
) -> Result<String, CredentialError> {
    let public = key.verifying_key();
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(public.as_bytes())});
    let header = json!({"alg": "EdDSA", "typ": "JWT", "jwk": jwk});
    let mut payload = document.clone();
    payload["iss"] = json!(did_key(&public));
    payload["sub"] = document["credentialSubject"]["id"].clone();
    payload["jti"] = document["id"].clone();
    payload["nbf"] = json!(unix_secs(from)?);
    payload["exp"] = json!(unix_secs(until)?);
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(&header), part(&payload));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(message.as_bytes()).to_bytes());
    Ok(format!("{message}.{signature}"))
}
