//! Issuing: only for an award that stands in a verified record.

use std::path::Path;

use ed25519_dalek::SigningKey;
use serde_json::Value;
use viva_record::{Outcome, RecordedDecision};

use crate::{
    Contexts, CredentialError, Purpose, STATUS_ENTRIES, StatusLists, build, date::unix_secs, jwt, proof,
};

/// The name of the credential's files.
const NAME: &str = "eddsa-rdfc-2022";

/// What the programme says of what it awards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Achievement {
    /// Its address or URN.
    pub id: String,
    /// Its title; a demonstration is marked as one.
    pub name: String,
    /// What it shows.
    pub description: String,
    /// What had to be met.
    pub criteria: String,
    /// Skills of public frameworks.
    pub alignments: Vec<Alignment>,
}

/// A skill of a public framework.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alignment {
    /// Its name there.
    pub name: String,
    /// Its address there.
    pub url: String,
    /// The framework, for example `ESCO`.
    pub framework: String,
    /// Its kind, for example `ext:ESCOSkill` or `CFItem`.
    pub kind: String,
}

/// What is asked for beside the record. Dates are in UTC, `2026-03-03T09:00:00Z`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CredentialRequest {
    /// A fresh URI, for example `urn:uuid:…`.
    pub id: String,
    /// The programme's name.
    pub issuer_name: String,
    /// What is awarded.
    pub achievement: Achievement,
    /// Begin of validity; never before the decision.
    pub valid_from: String,
    /// End of validity.
    pub valid_until: String,
    /// The address or URN under which the record can be asked for.
    pub evidence_id: String,
    /// The issuer's lists.
    pub status: StatusLists,
    /// The credential's index in both lists, below [`STATUS_ENTRIES`]; drawn at random by the issuer.
    pub status_index: u32,
}

/// A credential in all its forms, with the status lists.
#[derive(Clone, Debug, PartialEq)]
pub struct CredentialSet {
    /// The credential with an embedded proof.
    pub credential: Value,
    /// What that proof signs, as canonical N-Quads.
    pub nquads: String,
    /// The credential as a JWT.
    pub jwt: String,
    /// The lists: purpose, with an embedded proof, as a JWT.
    pub status: Vec<(Purpose, Value, String)>,
}

/// Issues the credential of a recorded award.
///
/// **Errors**: [`CredentialError::NoAward`] for a denial; a date or a field that cannot be used.
pub fn issue(
    decision: &RecordedDecision,
    request: &CredentialRequest,
    contexts: &Contexts,
    key: &SigningKey,
) -> Result<CredentialSet, CredentialError> {
    if decision.decision().outcome != Outcome::Award {
        return Err(CredentialError::NoAward);
    }
    check(decision, request)?;
    issue_checked(decision, request, contexts, key)
}

/// As [`issue`], for a request whose dates need not follow the decision: samples that verifiers must refuse.
pub(crate) fn issue_checked(
    decision: &RecordedDecision,
    request: &CredentialRequest,
    contexts: &Contexts,
    key: &SigningKey,
) -> Result<CredentialSet, CredentialError> {
    if decision.verified().key != key.verifying_key() {
        return Err(CredentialError::Signer);
    }
    let document = build::document(decision, request, &key.verifying_key());
    let (from, until) = (request.valid_from.as_str(), request.valid_until.as_str());
    let mut status = Vec::new();
    for purpose in Purpose::ALL {
        let (list, list_jwt) = request.status.publish(purpose, contexts, key, (from, until))?;
        status.push((purpose, list, list_jwt));
    }
    Ok(CredentialSet {
        credential: proof::sign(contexts, &document, key, from)?,
        nquads: contexts.nquads(&document)?,
        jwt: jwt::sign(&document, key, from, until)?,
        status,
    })
}

fn check(decision: &RecordedDecision, request: &CredentialRequest) -> Result<(), CredentialError> {
    let (from, decided_at) = (&request.valid_from, &decision.decision().at);
    if unix_secs(from)? < unix_secs(decided_at)? {
        return Err(CredentialError::BeforeDecision {
            valid_from: from.clone(),
            decided_at: decided_at.clone(),
        });
    }
    if unix_secs(&request.valid_until)? <= unix_secs(from)? {
        return Err(CredentialError::Validity(request.valid_until.clone()));
    }
    let holder = &decision.header().candidate.id;
    for (field, text) in [
        ("id", &request.id),
        ("achievement.id", &request.achievement.id),
        ("evidence_id", &request.evidence_id),
        ("status.base_url", &request.status.base_url),
        ("candidate.id", holder),
    ] {
        // JSON-LD drops what is no absolute address, and with it everything that hangs on it.
        if !is_uri(text) {
            return Err(CredentialError::Request { field, reason: "is no absolute URI" });
        }
    }
    if request.achievement.alignments.iter().any(|alignment| !is_uri(&alignment.url)) {
        return Err(CredentialError::Request { field: "alignments.url", reason: "is no absolute URI" });
    }
    if request.status_index >= STATUS_ENTRIES {
        return Err(CredentialError::Request { field: "status_index", reason: "is beyond the list" });
    }
    Ok(())
}

/// Whether a text is an absolute URI, as far as a credential needs it.
#[must_use]
pub fn is_uri(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
    text.split_once(':').is_some_and(|(scheme, rest)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte))
            && !rest.is_empty()
    }) && text.bytes().all(allowed)
}

impl CredentialSet {
    /// The files, as paths with `/` and bytes: `good/…` and `status/…`.
    #[must_use]
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        let mut files = vec![
            (format!("good/{NAME}.json"), pretty(&self.credential)),
            (format!("good/{NAME}.nq"), self.nquads.clone().into_bytes()),
            ("good/vc.jwt".to_owned(), format!("{}\n", self.jwt).into_bytes()),
        ];
        for (purpose, list, jwt) in &self.status {
            files.push((format!("status/{}.json", purpose.word()), pretty(list)));
            files.push((format!("status/{}.jwt", purpose.word()), format!("{jwt}\n").into_bytes()));
        }
        files
    }

    /// Writes [`Self::files`] below a folder.
    ///
    /// **Errors**: the system refused.
    pub fn write(&self, dir: &Path) -> Result<(), CredentialError> {
        write_files(dir, &self.files())
    }
}

pub(crate) fn write_files(dir: &Path, files: &[(String, Vec<u8>)]) -> Result<(), CredentialError> {
    for (name, bytes) in files {
        let path = dir.join(name);
        let written =
            path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(&path, bytes));
        written.map_err(|source| CredentialError::Io { path: name.clone(), source })?;
    }
    Ok(())
}

pub(crate) fn pretty(value: &Value) -> Vec<u8> {
    format!("{value:#}\n").into_bytes()
}
