//! Canonical JSON (RFC 8785) and SHA-256 in hex.

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// The value as canonical JSON bytes.
///
/// Numbers pass through their shortest text once, so that an `f32` of 0.9 is written `0.9` and reads back as itself.
///
/// **Errors**: the value cannot be written as JSON, for example a map with keys that are no strings.
pub fn to_canonical<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    let value: Value = serde_json::from_slice(&serde_json::to_vec(value)?)?;
    serde_json_canonicalizer::to_vec(&value)
}

/// True when the bytes are exactly the canonical JSON of `value`, which was parsed from them.
#[must_use]
pub fn is_canonical(bytes: &[u8], value: &Value) -> bool {
    serde_json_canonicalizer::to_vec(value).is_ok_and(|canonical| canonical == bytes)
}

/// SHA-256 as 64 lower-case hex digits.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes as lower-case hex digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes every write");
        text
    })
}

/// A text as a part of a URI: letters and digits of ASCII and the `plain` signs stand as they are, every other byte percent-encoded.
#[must_use]
pub fn percent_encoded(text: &str, plain: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut part = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || plain.contains(&byte) {
            part.push(char::from(byte));
        } else {
            write!(part, "%{byte:02X}").expect("a String takes every write");
        }
    }
    part
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_f32_keeps_its_short_form() {
        assert_eq!(to_canonical(&0.9_f32).unwrap(), b"0.9");
        assert_eq!(
            to_canonical(&serde_json::json!({"b": 1.0, "a": "é"})).unwrap(),
            r#"{"a":"é","b":1}"#.as_bytes()
        );
    }

    proptest! {
        #[test]
        fn canonical_bytes_read_back_as_themselves(number in any::<f64>(), integer in -(1_i64 << 53)..(1_i64 << 53), text in ".*") {
            prop_assume!(number.is_finite());
            let bytes = to_canonical(&serde_json::json!({"n": number, "i": integer, "t": text})).unwrap();
            let value: Value = serde_json::from_slice(&bytes).unwrap();
            prop_assert!(is_canonical(&bytes, &value));
        }
    }
}
