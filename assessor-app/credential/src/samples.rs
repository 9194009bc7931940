//! Credentials that every verifier must refuse, beside one that it must accept.

use std::path::Path;

use ed25519_dalek::SigningKey;
use serde_json::json;
use viva_record::RecordedDecision;

use crate::{
    Contexts, CredentialError, CredentialRequest, STATUS_ENTRIES, issue,
    issue::{issue_checked, pretty, write_files},
};

/// Writes the layout for foreign verifiers: the credential of `request` as `good/`, and `bad/`: revoked, suspended, expired, a changed score,
/// a changed signature. Those use the two indices after the request's.
///
/// **Errors**: as [`issue`], or the system refused.
pub fn write_bad_samples(
    decision: &RecordedDecision,
    request: &CredentialRequest,
    contexts: &Contexts,
    key: &SigningKey,
    dir: &Path,
) -> Result<(), CredentialError> {
    let next = |step: u32| (request.status_index + step) % STATUS_ENTRIES;
    let mut request = request.clone();
    request.status.revoked.insert(next(1));
    request.status.suspended.insert(next(2));
    let good = issue(decision, &request, contexts, key)?;
    good.write(dir)?;
    let mut files = Vec::new();
    for (name, step) in [("revoked", 1), ("suspended", 2)] {
        let request = CredentialRequest {
            id: format!("{}-{name}", request.id),
            status_index: next(step),
            ..request.clone()
        };
        files.push((
            format!("bad/{name}.json"),
            pretty(&issue(decision, &request, contexts, key)?.credential),
        ));
    }
    // The lists stay valid. The credential ended long ago, for verifiers bear some minutes of difference between clocks.
    let expired = CredentialRequest {
        id: format!("{}-expired", request.id),
        valid_from: "2020-01-01T00:00:00Z".to_owned(),
        valid_until: "2020-01-02T00:00:00Z".to_owned(),
        ..request.clone()
    };
    let expired = issue_checked(decision, &expired, contexts, key)?;
    files.push(("bad/expired.json".to_owned(), pretty(&expired.credential)));
    let mut tampered = good.credential.clone();
    tampered["credentialSubject"]["result"][0]["value"] = json!("99");
    files.push(("bad/tampered-score.json".to_owned(), pretty(&tampered)));
    let mut jwt = good.jwt.into_bytes();
    let at = jwt.len() - 20;
    jwt[at] = if jwt[at] == b'A' { b'B' } else { b'A' };
    jwt.push(b'\n');
    files.push(("bad/tampered.jwt".to_owned(), jwt));
    write_files(dir, &files)
}
