//! The two JSON-LD contexts, and documents as canonical N-Quads under them.
//!
//! Source: W3C RDF Dataset Canonicalization (RDFC-1.0); W3C Verifiable Credentials 2.0; 1EdTech Open Badges 3.0.

use std::collections::BTreeSet;

use oxjsonld::{JsonLdParser, JsonLdRemoteDocument};
use oxrdf::{
    Dataset,
    dataset::{CanonicalizationAlgorithm, CanonicalizationHashAlgorithm},
};
use serde_json::{Map, Value};

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
    /// JSON-LD silently drops what no context defines, and what has a relative address; a proof over the rest would be one over other words
    /// than a reader sees. So every value of the document must have become a statement.
    ///
    /// **Errors**: not JSON-LD under the two contexts, a term that neither defines, a value that becomes no statement, or too large.
    pub(crate) fn nquads(&self, document: &Value) -> Result<String, CredentialError> {
        let object = document.as_object().ok_or(CredentialError::Shape("no object"))?;
        let statements = self.check_object(object, true, true)?;
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
        if dataset.len() != statements {
            return Err(CredentialError::NotCovered);
        }
        let hash_algorithm = CanonicalizationHashAlgorithm::Sha256;
        dataset.canonicalize(CanonicalizationAlgorithm::Rdfc10 { hash_algorithm });
        let mut lines: Vec<String> = dataset.iter().map(|quad| format!("{quad} .\n")).collect();
        lines.sort();
        Ok(lines.concat())
    }

    /// Terms that no context defines, and blank nodes that hang on blank nodes: JSON-LD drops the first, and the order of the second can
    /// take for ever. Returns how many statements the object makes if nothing is dropped.
    fn check_object(
        &self,
        object: &Map<String, Value>,
        top: bool,
        parent_has_id: bool,
    ) -> Result<usize, CredentialError> {
        let id = object.get("id").and_then(Value::as_str);
        if id.is_some_and(|id| id.starts_with("_:")) || (id.is_none() && !parent_has_id) {
            return Err(CredentialError::Shape("an object without an id inside another without an id"));
        }
        let mut statements = 0;
        for (key, value) in object {
            if (top && key == "@context") || (key == "id" && value.is_string()) {
                continue;
            }
            if !self.terms.contains(key) {
                return Err(CredentialError::UnknownTerm(key.clone()));
            }
            for item in value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice) {
                statements += 1;
                if let Value::Object(inner) = item {
                    statements += self.check_object(inner, false, id.is_some())?;
                }
            }
        }
        Ok(statements)
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
