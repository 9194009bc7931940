//! `did:key` for Ed25519: the public key as a name.
//!
//! Source: the did:key method, multicodec `0xed01`, multibase base58btc.

use ed25519_dalek::VerifyingKey;

const PREFIX: &str = "did:key:";
const ED25519: [u8; 2] = [0xed, 0x01];

/// The multibase form of the key, `z6Mk…`.
#[must_use]
pub fn multibase(key: &VerifyingKey) -> String {
    let mut bytes = ED25519.to_vec();
    bytes.extend_from_slice(key.as_bytes());
    format!("z{}", bs58::encode(bytes).into_string())
}

/// The key as `did:key:z6Mk…`.
#[must_use]
pub fn did_key(key: &VerifyingKey) -> String {
    format!("{PREFIX}{}", multibase(key))
}

/// The Ed25519 key that a `did:key` names; `None` for anything else.
#[must_use]
pub fn parse_did_key(did: &str) -> Option<VerifyingKey> {
    let text = did.strip_prefix(PREFIX)?.strip_prefix('z')?;
    if text.len() > 64 {
        return None;
    }
    let bytes = bs58::decode(text).into_vec().ok()?;
    let key: [u8; 32] = bytes.strip_prefix(&ED25519)?.try_into().ok()?;
    let key = VerifyingKey::from_bytes(&key).ok()?;
    (!key.is_weak() && did_key(&key) == did).then_some(key)
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;

    use super::*;

    #[test]
    fn a_key_comes_back_from_its_name() {
        let key = SigningKey::from_bytes(&[7; 32]).verifying_key();
        let did = did_key(&key);
        assert_eq!(did, "did:key:z6MkvDqGT54cXesYGvABpF1UapVNwjCqRcafi4Px6Thv5T3Z");
        assert_eq!(parse_did_key(&did), Some(key));
        for bad in [
            "",
            "did:key:",
            "did:key:z",
            "did:web:example.org",
            "did:key:z6MkvDqGT54cXesYGvABpF1UapVNwjCqRcafi4Px6Thv5T30",
        ] {
            assert_eq!(parse_did_key(bad), None, "{bad}");
        }
    }
}
