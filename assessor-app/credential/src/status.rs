//! Revocation and suspension: one bit per credential in two published lists.
//!
//! Source: W3C Bitstring Status List 1.0.

use std::{
    collections::BTreeSet,
    io::{Read as _, Write as _},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::SigningKey;
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use serde_json::{Value, json};
use viva_verify::did::did_key;

use crate::{CREDENTIALS_V2_URL, Contexts, CredentialError, jwt, proof};

/// Entries of a list of ours: so many that indices drawn at random hardly ever meet.
pub const STATUS_ENTRIES: u32 = 1 << 23;
/// The least entries that hide whose index it is; other issuers' lists have no more than that, nor had ours at first.
const LEAST_ENTRIES: usize = 131_072;

/// What a list tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Taken back for good.
    Revocation,
    /// Set aside, for example during an appeal.
    Suspension,
}

impl Purpose {
    /// Both, in the order in which credentials name them.
    pub const ALL: [Self; 2] = [Self::Revocation, Self::Suspension];

    /// The word of the format.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Revocation => "revocation",
            Self::Suspension => "suspension",
        }
    }
}

/// Where the issuer publishes its two lists, and what stands in them now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatusLists {
    /// The address under which `…/revocation` and `…/suspension` are found.
    pub base_url: String,
    /// Indices of revoked credentials.
    pub revoked: BTreeSet<u32>,
    /// Indices of suspended credentials.
    pub suspended: BTreeSet<u32>,
}

impl StatusLists {
    /// The address of a list.
    #[must_use]
    pub fn url(&self, purpose: Purpose) -> String {
        format!("{}/{}", self.base_url.trim_end_matches('/'), purpose.word())
    }

    /// The `credentialStatus` entry of a credential.
    pub(crate) fn entry(&self, purpose: Purpose, index: u32) -> Value {
        let url = self.url(purpose);
        json!({"id": format!("{url}#{index}"), "type": "BitstringStatusListEntry", "statusPurpose": purpose.word(),
            "statusListIndex": index.to_string(), "statusListCredential": url})
    }

    /// A list in both forms in which verifiers want it: with an embedded proof, and as a JWT.
    ///
    /// **Errors**: a date is none.
    pub fn publish(
        &self,
        purpose: Purpose,
        contexts: &Contexts,
        key: &SigningKey,
        (from, until): (&str, &str),
    ) -> Result<(Value, String), CredentialError> {
        let set = if purpose == Purpose::Revocation { &self.revoked } else { &self.suspended };
        let url = self.url(purpose);
        let document = json!({"@context": [CREDENTIALS_V2_URL], "id": url,
            "type": ["VerifiableCredential", "BitstringStatusListCredential"],
            "issuer": did_key(&key.verifying_key()), "validFrom": from, "validUntil": until,
            "credentialSubject": {"id": format!("{url}#list"), "type": "BitstringStatusList",
                "statusPurpose": purpose.word(), "encodedList": encode(set)}});
        Ok((proof::sign(contexts, &document, key, from)?, jwt::sign(&document, key, from, until)?))
    }
}

/// Where a credential's own statuses are looked up: the address of its issuer's lists, and its index in them.
///
/// **Errors**: the credential names no revocation list, or not as this program does.
pub fn status_of(credential: &Value) -> Result<(String, u32), CredentialError> {
    let entries = credential["credentialStatus"].as_array().ok_or(CredentialError::Shape("no status"))?;
    let entry = entries.iter().find(|entry| entry["statusPurpose"] == Purpose::Revocation.word());
    let entry = entry.ok_or(CredentialError::Shape("no revocation list"))?;
    let url = entry["statusListCredential"].as_str().and_then(|url| url.strip_suffix("/revocation"));
    let index = entry["statusListIndex"].as_str().and_then(|index| index.parse().ok());
    match (url, index.filter(|index| *index < STATUS_ENTRIES)) {
        (Some(url), Some(index)) => Ok((url.to_owned(), index)),
        _ => Err(CredentialError::Shape("a status list that is none of ours")),
    }
}

/// Bits from the left, gzip, base64url with the multibase prefix `u`.
fn encode(set: &BTreeSet<u32>) -> String {
    let mut bits = vec![0_u8; STATUS_ENTRIES as usize / 8];
    for index in set.iter().filter(|index| **index < STATUS_ENTRIES) {
        bits[*index as usize / 8] |= 0x80 >> (index % 8);
    }
    packed(&bits)
}

fn packed(bits: &[u8]) -> String {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let packed = encoder.write_all(bits).and_then(|()| encoder.finish()).expect("a Vec takes every write");
    format!("u{}", URL_SAFE_NO_PAD.encode(packed))
}

/// The bit of an index. `None` for a list that is none, or ends before the index.
pub(crate) fn bit(encoded: &str, index: u32) -> Option<bool> {
    let packed = URL_SAFE_NO_PAD.decode(encoded.strip_prefix('u')?).ok()?;
    let mut bits = Vec::new();
    // A list unpacks to 1 MiB here; ten million entries are a fair limit for other issuers.
    GzDecoder::new(&packed[..]).take(10_000_000 / 8).read_to_end(&mut bits).ok()?;
    if bits.len() < LEAST_ENTRIES / 8 {
        return None;
    }
    bits.get(index as usize / 8).map(|byte| byte & (0x80 >> (index % 8)) != 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(30))]
        #[test]
        fn bits_read_back(set in proptest::collection::btree_set(0..STATUS_ENTRIES, 0..20), index in 0..STATUS_ENTRIES) {
            let encoded = encode(&set);
            prop_assert_eq!(bit(&encoded, index), Some(set.contains(&index)));
            for index in set {
                prop_assert_eq!(bit(&encoded, index), Some(true));
            }
        }

        #[test]
        fn the_shortest_list_is_read_to_its_end_and_a_shorter_one_is_none(index in 0..LEAST_ENTRIES as u32) {
            let mut bits = vec![0_u8; LEAST_ENTRIES / 8];
            bits[index as usize / 8] |= 0x80 >> (index % 8);
            prop_assert_eq!(bit(&packed(&bits), index), Some(true));
            prop_assert_eq!(bit(&packed(&bits), LEAST_ENTRIES as u32), None);
            prop_assert_eq!(bit(&packed(&bits[1..]), index), None);
        }

        #[test]
        fn garbage_is_no_list(text in "u?[A-Za-z0-9_-]{0,80}") {
            prop_assert_eq!(bit(&text, 0), None);
        }
    }
}
