//! Our own check of a credential, with nothing but the bytes at hand.

use serde_json::Value;

use crate::{
    CREDENTIALS_V2_URL, Contexts, CredentialError, OPEN_BADGES_URL, date::unix_secs, proof, status::bit,
};

/// A credential that was accepted. Who the issuer is, is for the reader to compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The issuer, as `did:key`.
    pub issuer: String,
    /// Whom it was issued to.
    pub holder: String,
    /// Its title.
    pub name: String,
}

/// Checks proof, dates and status of a credential at the date `now`; `status` holds the status lists with embedded proofs.
///
/// **Errors**: the first reason to refuse it.
pub fn verify_offline(
    json: &[u8],
    contexts: &Contexts,
    status: &[Value],
    now: &str,
) -> Result<Checked, CredentialError> {
    let signed: Value = serde_json::from_slice(json)?;
    let text =
        |value: &Value, reason| value.as_str().map(str::to_owned).ok_or(CredentialError::Shape(reason));
    if signed["@context"] != serde_json::json!([CREDENTIALS_V2_URL, OPEN_BADGES_URL]) {
        return Err(CredentialError::Shape("other contexts"));
    }
    if !has_type(&signed, "VerifiableCredential") || !has_type(&signed, "OpenBadgeCredential") {
        return Err(CredentialError::Shape("no Open Badge"));
    }
    let issuer = text(&signed["issuer"]["id"], "no issuer")?;
    let document = proof::open(contexts, &signed, &issuer)?;
    check_dates(&document, now)?;
    let entries = document["credentialStatus"].as_array().ok_or(CredentialError::Shape("no status"))?;
    if entries.is_empty() {
        return Err(CredentialError::Shape("no status"));
    }
    for entry in entries {
        check_status(entry, contexts, status, &issuer, now)?;
    }
    Ok(Checked {
        holder: text(&document["credentialSubject"]["id"], "no holder")?,
        name: text(&document["name"], "no name")?,
        issuer,
    })
}

fn has_type(document: &Value, wanted: &str) -> bool {
    document["type"].as_array().is_some_and(|types| types.iter().any(|kind| kind == wanted))
}

fn check_dates(document: &Value, now: &str) -> Result<(), CredentialError> {
    let at = unix_secs(now)?;
    let from = document["validFrom"].as_str().ok_or(CredentialError::Shape("no begin of validity"))?;
    if at < unix_secs(from)? {
        return Err(CredentialError::NotYetValid(from.to_owned()));
    }
    let until = document["validUntil"].as_str().ok_or(CredentialError::Shape("no end of validity"))?;
    if at > unix_secs(until)? {
        return Err(CredentialError::Expired(until.to_owned()));
    }
    Ok(())
}

fn check_status(
    entry: &Value,
    contexts: &Contexts,
    status: &[Value],
    issuer: &str,
    now: &str,
) -> Result<(), CredentialError> {
    let url =
        entry["statusListCredential"].as_str().ok_or(CredentialError::Shape("status without a list"))?;
    let signed = status.iter().find(|list| list["id"] == *url);
    let signed = signed.ok_or_else(|| CredentialError::NoStatusList(url.to_owned()))?;
    let other = || CredentialError::StatusList(url.to_owned());
    if signed["issuer"] != *issuer
        || signed["@context"] != serde_json::json!([CREDENTIALS_V2_URL])
        || !has_type(signed, "BitstringStatusListCredential")
    {
        return Err(other());
    }
    let list = proof::open(contexts, signed, issuer)?;
    check_dates(&list, now)?;
    let subject = &list["credentialSubject"];
    if subject["statusPurpose"] != entry["statusPurpose"] {
        return Err(other());
    }
    let index = entry["statusListIndex"].as_str().and_then(|index| index.parse().ok()).ok_or_else(other)?;
    match (subject["encodedList"].as_str().and_then(|list| bit(list, index)), entry["statusPurpose"].as_str())
    {
        (Some(false), Some("revocation" | "suspension")) => Ok(()),
        (Some(true), Some("revocation")) => Err(CredentialError::Revoked),
        (Some(true), Some("suspension")) => Err(CredentialError::Suspended),
        _ => Err(other()),
    }
}
