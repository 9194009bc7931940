//! The two JSON-LD contexts, and documents as canonical N-Quads under them.
//!
//! Source: W3C RDF Dataset Canonicalization (RDFC-1.0); W3C Verifiable Credentials 2.0; 1EdTech Open Badges 3.0.

use std::collections::BTreeSet;

use oxjsonld::{JsonLdParser, JsonLdRemoteDocument};
use oxrdf::{
    Dataset,
    dataset::{CanonicalizationAlgorithm, CanonicalizationHashAlgorithm},
};
use serde_json::Value;

use crate::CredentialError;

/// The address of the first context.
pub const CREDENTIALS_V2_URL: &str = "https://www.w3.org/ns/credentials/v2";
/// The address of the second context.
pub const OPEN_BADGES_URL: &str = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json";

/// The largest document that is read, in bytes.
const MAX_BYTES: usize = 512 << 10;
/// The most statements that are put into canonical order; the order of a hostile document could take for ever.
const MAX_QUADS: usize = 4000;

/// The bytes of the two contexts. No other is ever loaded.
#[derive(Clone, Debug)]
pub struct Contexts {
    credentials_v2: Vec<u8>,
    open_badges: Vec<u8>,
    terms: BTreeSet<String>,
}

impl Contexts {
    /// From the bytes of `credentials-v2.json` and `ob-v3p0-context-3.0.3.json`.
    ///
    /// **Errors**: one of them is no JSON object with an `@context`.
    pub fn new(credentials_v2: Vec<u8>, open_badges: Vec<u8>) -> Result<Self, CredentialError> {
        let mut terms = BTreeSet::new();
        for (name, bytes) in [("credentials/v2", &credentials_v2), ("Open Badges 3.0.3", &open_badges)] {
            let value: Value =
                serde_json::from_slice(bytes).map_err(|_error| CredentialError::Context(name))?;
            collect_terms(value.get("@context").ok_or(CredentialError::Context(name))?, &mut terms);
        }
        Ok(Self { credentials_v2, open_badges, terms })
    }

    /// The document as canonical N-Quads, one a line, sorted.
    ///
    /// **Errors**: not JSON-LD under the two contexts, a term that neither defines, or too large.
    pub(crate) fn nquads(&self, document: &Value) -> Result<String, CredentialError> {
        self.check_terms(document)?;
        let bytes = serde_json::to_vec(document)?;
        if bytes.len() > MAX_BYTES {
            return Err(CredentialError::TooLarge);
        }
        let Self { credentials_v2, open_badges, terms: _ } = self.clone();
        let parser = JsonLdParser::new().for_slice(&bytes).with_load_document_callback(move |url, _| {
            let document = match url {
                CREDENTIALS_V2_URL => credentials_v2.clone(),
                OPEN_BADGES_URL => open_badges.clone(),
                other => return Err(format!("refused {other}").into()),
            };
            Ok(JsonLdRemoteDocument { document, document_url: url.to_owned() })
        });
        let mut dataset = Dataset::new();
        for quad in parser {
            dataset.insert(&quad.map_err(|error| CredentialError::JsonLd(error.to_string()))?);
            if dataset.len() > MAX_QUADS {
                return Err(CredentialError::TooLarge);
            }
        }
        let hash_algorithm = CanonicalizationHashAlgorithm::Sha256;
        dataset.canonicalize(CanonicalizationAlgorithm::Rdfc10 { hash_algorithm });
        let mut lines: Vec<String> = dataset.iter().map(|quad| format!("{quad} .\n")).collect();
        lines.sort();
        Ok(lines.concat())
    }

    /// JSON-LD silently drops what no context defines; a proof that drops words of the document is none.
    fn check_terms(&self, value: &Value) -> Result<(), CredentialError> {
        match value {
            Value::Array(items) => items.iter().try_for_each(|item| self.check_terms(item)),
            Value::Object(object) => object.iter().try_for_each(|(key, item)| {
                if key == "@context" {
                    return Ok(());
                }
                if !self.terms.contains(key) {
                    return Err(CredentialError::UnknownTerm(key.clone()));
                }
                self.check_terms(item)
            }),
            _ => Ok(()),
        }
    }
}

fn collect_terms(context: &Value, terms: &mut BTreeSet<String>) {
    match context {
        Value::Array(items) => items.iter().for_each(|item| collect_terms(item, terms)),
        Value::Object(object) => {
            for (key, item) in object {
                if !key.starts_with('@') {
                    terms.insert(key.clone());
                }
                if let Some(scoped) = item.get("@context") {
                    collect_terms(scoped, terms);
                }
            }
        }
        _ => {}
    }
}
