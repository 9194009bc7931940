//! Credentials that every verifier must refuse, beside one that it must accept.

use std::path::Path;

use ed25519_dalek::SigningKey;
use serde_json::json;
use viva_record::RecordedDecision;

use crate::{
    Contexts, CredentialError, CredentialRequest, STATUS_ENTRIES, issue,
    issue::{pretty, write_files},
};

/// Writes the layout for foreign verifiers: the credential of `request` as `good/`, and `bad/`: revoked, suspended, expired, a changed score,
/// a changed signature. Those use the two indices after the request's. The validity must span more than one second.
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
    // The lists stay valid; only the credential ends one second after the decision.
    let second_later = one_second_later(&decision.decision().at);
    let expired = CredentialRequest {
        id: format!("{}-expired", request.id),
        valid_from: decision.decision().at.clone(),
        valid_until: second_later,
        ..request.clone()
    };
    files
        .push(("bad/expired.json".to_owned(), pretty(&issue(decision, &expired, contexts, key)?.credential)));
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

/// `…:00Z` → `…:01Z`; the seconds of a date that was checked before are two digits below 60.
fn one_second_later(date: &str) -> String {
    let (head, second) = (&date[..date.len() - 3], &date[date.len() - 3..date.len() - 1]);
    let second: u8 = second.parse().expect("the date was checked when the credential was issued");
    if second < 59 { format!("{head}{:02}Z", second + 1) } else { format!("{}-12-31T23:59:59Z", &date[..4]) }
}
