//! What decisions and appeals do to the credential: issued, suspended, reinstated, revoked; each seal added, nothing replaced.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use ed25519_dalek::SigningKey;
use serde_json::Value;
use viva_credential::{Purpose, StatusLists, is_uri, issue, status_of};
use viva_record::{Outcome, RecordedDecision, add_file, append_seal, wire::SessionHeader};
use viva_serve::Consequences;
use viva_verify::{MANIFEST_FILE, Verified};

use super::{Awarded, VALID_SECS, contexts, request};
use crate::commands::{rfc3339, unix_now};
use crate::issuer::Issuer;

const CREDENTIAL_STATEMENT: &str = "The credential that follows from the recorded award.";
const CREDENTIAL_FILE: &str = "credential/good/eddsa-rdfc-2022.json";

/// Issues into the bundle, in the name of an issuer whose lists stand at its address.
#[derive(Clone, Debug)]
pub(super) struct Credentials {
    pub(super) issuer: Issuer,
}

impl Credentials {
    /// With another address of the lists than the issuer's own, where one is given.
    pub(super) fn new(mut issuer: Issuer, status_url: Option<&str>) -> Self {
        if let Some(url) = status_url {
            url.clone_into(&mut issuer.status_url);
        }
        Self { issuer }
    }

    /// Whether the address of the lists can stand in a credential.
    pub(super) fn check_url(&self) -> Result<()> {
        let url = &self.issuer.status_url;
        ensure!(
            is_uri(url),
            "--status-url {url:?} is no absolute URI: name one such as https://programme.example/status"
        );
        Ok(())
    }

    /// Whatever of an award's credential can be looked at before the award is sealed.
    fn check(&self, bundle: &Path) -> Result<()> {
        let (contexts, now) = (contexts()?, unix_now());
        self.check_url()?;
        // A list that goes nowhere: JSON-LD drops addresses by rules of its own.
        let lists = StatusLists { base_url: self.issuer.status_url.clone(), ..StatusLists::default() };
        let (from, until) = (rfc3339(now), rfc3339(now + VALID_SECS));
        lists
            .publish(Purpose::Revocation, &contexts, &self.issuer.key, (&from, &until))
            .with_context(|| format!("--status-url {:?} cannot be used", self.issuer.status_url))?;
        // A record that cannot be read is refused by the review itself, with its reason.
        let manifest = std::fs::read(bundle.join(MANIFEST_FILE)).ok();
        let header = manifest.and_then(|bytes| serde_json::from_slice::<SessionHeader>(&bytes).ok());
        let Some(header) = header else { return Ok(()) };
        let request = request(&header, now, &self.issuer);
        for (field, text) in [("candidate.id", &header.candidate.id), ("session_id", &request.evidence_id)] {
            ensure!(is_uri(text), "{field} of the record, {text:?}, is no absolute URI");
        }
        Ok(())
    }

    /// Writes and seals the credential of an award.
    pub(super) fn issue_if_awarded(
        &self,
        bundle: &Path,
        recorded: &RecordedDecision,
    ) -> Result<Option<Awarded>> {
        if recorded.decision().outcome != Outcome::Award {
            return Ok(None);
        }
        let key = &self.issuer.key;
        let request = request(recorded.header(), unix_now(), &self.issuer);
        let set = issue(recorded, &request, &contexts()?, key)?;
        let folder = bundle.join("credential");
        let sealed = set
            .write(&folder)
            .map_err(anyhow::Error::from)
            .and_then(|()| Ok(append_seal(bundle, key, CREDENTIAL_STATEMENT, &rfc3339(unix_now()), None)?));
        // Files without a seal would break the whole record.
        sealed.inspect_err(|_| drop(std::fs::remove_dir_all(&folder)))?;
        let title = set.credential["name"].as_str().unwrap_or_default().to_owned();
        Ok(Some(Awarded { file: CREDENTIAL_FILE.to_owned(), title }))
    }
}

/// The credential in a record that verified; none where there is none.
pub(in crate::commands) fn credential_of(verified: &Verified) -> Result<Option<Value>> {
    if !verified.files.contains_key(CREDENTIAL_FILE) {
        return Ok(None);
    }
    Ok(Some(serde_json::from_slice(&verified.read(CREDENTIAL_FILE)?)?))
}

/// Adds both status lists as they stand from now on, `credential/status-0005/…` by the number of the seal.
fn publish(bundle: &Path, key: &SigningKey, revoked: bool, suspended: bool, statement: &str) -> Result<()> {
    let recorded = RecordedDecision::load(bundle, Some(&key.verifying_key()))?;
    let now = unix_now();
    let credential = credential_of(recorded.verified())?.context("there is no credential")?;
    let (base_url, index) = status_of(&credential)?;
    let one = |set: bool| if set { BTreeSet::from([index]) } else { BTreeSet::new() };
    let lists = StatusLists { base_url, revoked: one(revoked), suspended: one(suspended) };
    let contexts = contexts()?;
    let (from, until) = (rfc3339(now), rfc3339(now + VALID_SECS));
    let number = recorded.verified().seals.len() + 1;
    for purpose in Purpose::ALL {
        let (list, jwt) = lists.publish(purpose, &contexts, key, (&from, &until))?;
        let name = format!("credential/status-{number:04}/{}", purpose.word());
        add_file(bundle, &format!("{name}.json"), format!("{list:#}\n").as_bytes())?;
        add_file(bundle, &format!("{name}.jwt"), format!("{jwt}\n").as_bytes())?;
    }
    append_seal(bundle, key, statement, &from, None)?;
    Ok(())
}

fn has_credential(bundle: &Path) -> bool {
    bundle.join(CREDENTIAL_FILE).is_file()
}

impl Consequences for Credentials {
    fn ready(&self, bundle: &Path, outcome: Outcome) -> Result<(), String> {
        if outcome == Outcome::Award {
            self.check(bundle)
                .map_err(|error| format!("An award needs what its credential is made of: {error:#}."))?;
        }
        Ok(())
    }

    fn decided(&self, bundle: &Path) -> Result<Option<String>, String> {
        let issued = RecordedDecision::load(bundle, Some(&self.issuer.public()))
            .map_err(anyhow::Error::from)
            .and_then(|recorded| self.issue_if_awarded(bundle, &recorded));
        match issued {
            Ok(awarded) => Ok(awarded.map(|awarded| format!("The credential is issued: {}", awarded.title))),
            Err(error) => Err(format!("the credential could not be issued: {error:#}")),
        }
    }

    fn appealed(&self, bundle: &Path) -> Result<Option<String>, String> {
        if !has_credential(bundle) {
            return Ok(None);
        }
        // What is revoked stays revoked while it is contested.
        let recorded =
            RecordedDecision::load(bundle, Some(&self.issuer.public())).map_err(|error| error.to_string())?;
        let revoked = recorded.decision().outcome == Outcome::Deny;
        if revoked {
            return Ok(None);
        }
        publish(
            bundle,
            &self.issuer.key,
            false,
            true,
            "The credential is suspended while the decision is contested.",
        )
        .map(|()| Some("the credential is suspended until the appeal is decided".to_owned()))
        .map_err(|error| format!("the credential could not be suspended: {error:#}"))
    }

    fn appeal_decided(&self, bundle: &Path) -> Result<Option<String>, String> {
        let recorded =
            RecordedDecision::load(bundle, Some(&self.issuer.public())).map_err(|error| error.to_string())?;
        let award = recorded.decision().outcome == Outcome::Award;
        if !has_credential(bundle) {
            return self.decided(bundle);
        }
        let (statement, said) = if award {
            ("The credential stands again: the award was upheld.", "The credential stands again.")
        } else {
            ("The credential is revoked: the award did not stand.", "The credential is revoked.")
        };
        publish(bundle, &self.issuer.key, !award, false, statement)
            .map(|()| Some(said.to_owned()))
            .map_err(|error| format!("the credential's status could not be changed: {error:#}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_absolute_address_can_stand_in_a_credential() {
        for (url, usable) in [
            ("https://programme.example/status", true),
            ("urn:viva:status", true),
            ("programme.example/status", false),
            ("https://programme example/status", false),
            ("https:", false),
            ("", false),
        ] {
            assert_eq!(
                Credentials::new(Issuer::demonstration(), Some(url)).check_url().is_ok(),
                usable,
                "{url:?}"
            );
        }
    }
}
