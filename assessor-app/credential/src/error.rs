//! Why a credential was not issued, or not accepted.

use thiserror::Error;

/// Why a credential was not issued, or not accepted.
#[derive(Debug, Error)]
pub enum CredentialError {
    /// The recorded decision is a denial.
    #[error("the recorded decision is no award")]
    NoAward,
    /// Another key sealed the record than the one that is to sign.
    #[error("the record was sealed by another key than the issuer's")]
    Signer,
    /// The credential would be valid before the decision was made.
    #[error("valid from {valid_from}, but decided at {decided_at}")]
    BeforeDecision {
        /// Begin of validity asked for.
        valid_from: String,
        /// Date of the decision.
        decided_at: String,
    },
    /// Not a date and time of the form `2026-03-03T09:00:00Z`.
    #[error("{0:?} is no date and time in UTC of the form 2026-03-03T09:00:00Z")]
    Date(String),
    /// Validity ends before it begins.
    #[error("valid until {0} is not after valid from")]
    Validity(String),
    /// A field of the request cannot be used.
    #[error("{field}: {reason}")]
    Request {
        /// Which.
        field: &'static str,
        /// Why.
        reason: &'static str,
    },
    /// A JSON-LD context is not what it should be.
    #[error("context {0} is not the JSON-LD context it should be")]
    Context(&'static str),
    /// The document cannot be read as JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// The document cannot be read as JSON-LD with the two contexts.
    #[error("JSON-LD: {0}")]
    JsonLd(String),
    /// The document is larger than a credential may be.
    #[error("larger than a credential may be")]
    TooLarge,
    /// A term that no context defines: the proof would not cover it.
    #[error("the term {0:?} is in no context, so no proof covers it")]
    UnknownTerm(String),
    /// JSON-LD makes no statement of something in the document: the proof would not cover it.
    #[error("something in the document is no statement, so no proof covers it")]
    NotCovered,
    /// The document lacks something or holds it in another shape.
    #[error("shape: {0}")]
    Shape(&'static str),
    /// The signature does not verify.
    #[error("the signature does not verify")]
    Signature,
    /// Valid only later.
    #[error("not valid before {0}")]
    NotYetValid(String),
    /// No longer valid.
    #[error("expired at {0}")]
    Expired(String),
    /// A status list that the credential names was not handed in.
    #[error("the status list {0} is not at hand")]
    NoStatusList(String),
    /// The status list is not by the issuer or not of the purpose.
    #[error("the status list {0} does not belong to this credential")]
    StatusList(String),
    /// The status list says so.
    #[error("revoked")]
    Revoked,
    /// The status list says so.
    #[error("suspended")]
    Suspended,
    /// The system refused a file.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// The system's answer.
        source: std::io::Error,
    },
}
