//! `viva credential`: the status of credentials as files that a verifier can fetch, and the check of one against them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Subcommand;
use serde_json::{Value, json};
use viva_credential::{Purpose, StatusLists, status_of, verify_offline};
use viva_record::{Outcome, RecordedDecision};
use viva_verify::REVIEW_FILE;

use super::calibrate::bundles;
use super::issuer::IssuerChoice;
use super::review::contexts;
use super::review::credentials::credential_of;
use super::{rfc3339, say, say_json, unix_now, warn};
use crate::issuer::{Issuer, of_another};

/// A verifier may rely on a list for so long; then it must be published anew, changed or not.
const LIST_VALID_SECS: u64 = 30 * 86_400;

#[derive(Debug, Subcommand)]
pub(crate) enum CredentialCommand {
    /// Write the status lists of all credentials in a folder of records, to be put where the credentials say
    Publish {
        /// Folder of records, or of folders of records
        records: PathBuf,
        /// Folder for the lists; what is there is replaced
        #[arg(long)]
        out: PathBuf,
        #[command(flatten)]
        issuer: IssuerChoice,
        /// Print JSON instead of text
        #[arg(long)]
        json: bool,
    },
    /// Check proof, dates and status of a credential, offline
    Check {
        /// The credential, JSON with an embedded proof
        credential: PathBuf,
        /// Folder with the issuer's lists, as they were fetched or published
        #[arg(long, value_name = "FOLDER")]
        status: PathBuf,
        /// Date to check at, RFC 3339 in UTC; now where absent
        #[arg(long)]
        at: Option<String>,
        /// Print JSON instead of text
        #[arg(long)]
        json: bool,
    },
}

pub(crate) fn run(command: &CredentialCommand) -> Result<()> {
    match command {
        CredentialCommand::Publish { records, out, issuer, json } => publish(records, out, issuer, *json),
        CredentialCommand::Check { credential, status, at, json } => {
            check(credential, status, at.as_deref(), *json)
        }
    }
}

/// What stands of a credential.
struct Standing {
    record: PathBuf,
    base_url: String,
    index: u32,
    revoked: bool,
    suspended: bool,
}

fn standing(record: &Path, issuer: &Issuer) -> Result<Option<Standing>> {
    let verified = viva_verify::verify_bundle(record, Some(&issuer.public()))
        .map_err(|failure| of_another(failure, issuer))?;
    if !verified.files.contains_key(REVIEW_FILE) {
        return Ok(None);
    }
    let Some(credential) = credential_of(&verified)? else { return Ok(None) };
    let (base_url, index) = status_of(&credential)?;
    let recorded = RecordedDecision::load(record, None)?;
    let suspended = recorded.history().open_appeal().is_some();
    let revoked = recorded.decision().outcome != Outcome::Award;
    Ok(Some(Standing { record: record.to_owned(), base_url, index, revoked, suspended }))
}

fn publish(records: &Path, out: &Path, issuer: &IssuerChoice, as_json: bool) -> Result<()> {
    let issuer = issuer.open()?;
    let mut dirs = Vec::new();
    bundles(records, &mut dirs, 0)?;
    dirs.sort();
    let (mut lists, mut holders) = (BTreeMap::<String, StatusLists>::new(), BTreeMap::new());
    let mut left_out = 0;
    for dir in &dirs {
        let standing = match standing(dir, &issuer) {
            Ok(Some(standing)) => standing,
            Ok(None) => continue,
            Err(error) => {
                left_out += 1;
                warn(format!("{} is left out: {error:#}", dir.display()));
                continue;
            }
        };
        let Standing { record, base_url, index, revoked, suspended } = standing;
        let standing = (revoked, suspended);
        if let Some((other, stands)) = holders.insert((base_url.clone(), index), (record.clone(), standing))
            && stands != standing
        {
            let other: PathBuf = other;
            bail!(
                "{} and {} have the same index {index} and do not stand alike, so that nothing was written: if one is an older \
                 copy of the other, take it out of the folder; if they are two sessions, one of them must be issued anew",
                other.display(),
                record.display()
            );
        }
        let list = lists
            .entry(base_url.clone())
            .or_insert_with(|| StatusLists { base_url, ..StatusLists::default() });
        list.revoked.extend(revoked.then_some(index));
        list.suspended.extend(suspended.then_some(index));
    }
    // A list without somebody's revocation would say that the credential stands.
    ensure!(left_out == 0, "{left_out} records could not be read, so that nothing was written");
    let (base_url, list) = match lists.len() {
        0 => bail!("{} holds no record with a credential", records.display()),
        1 => lists.pop_first().context("one list")?,
        _ => {
            let urls: BTreeSet<&String> = lists.keys().collect();
            bail!("the credentials name several addresses, publish each from a folder of its own: {urls:?}")
        }
    };
    let (contexts, now) = (contexts()?, unix_now());
    let (from, until) = (rfc3339(now), rfc3339(now + LIST_VALID_SECS));
    std::fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    for purpose in Purpose::ALL {
        let (document, jwt) = list.publish(purpose, &contexts, &issuer.key, (&from, &until))?;
        write(out, purpose.word(), &format!("{document:#}\n"))?;
        write(out, &format!("{}.jwt", purpose.word()), &format!("{jwt}\n"))?;
    }
    write(out, "_headers", HEADERS)?;
    if as_json {
        return say_json(&json!({
            "url": base_url, "credentials": holders.len(), "revoked": list.revoked.len(),
            "suspended": list.suspended.len(), "valid_until": until,
        }));
    }
    say(format!(
        "{} credentials, {} revoked, {} suspended; valid until {until}",
        holders.len(),
        list.revoked.len(),
        list.suspended.len()
    ));
    say(format!(
        "put the files of {} where {base_url}/revocation and {base_url}/suspension are found",
        out.display()
    ));
    if base_url.starts_with("urn:") {
        say(
            "that is no address of the network: issue with --status-url https://… so that verifiers can fetch them",
        );
    }
    Ok(())
}

/// Media types of the lists, in the form that static hosts read.
const HEADERS: &str = "/revocation\n  Content-Type: application/vc\n/suspension\n  Content-Type: application/vc\n/*.jwt\n  Content-Type: application/vc+jwt\n/*\n  Access-Control-Allow-Origin: *\n  Cache-Control: max-age=300\n";

/// The file before stays whole until the new one is on the disk: a verifier may be reading it.
fn write(out: &Path, name: &str, text: &str) -> Result<()> {
    use std::io::Write as _;
    let write = || {
        let mut file = tempfile::NamedTempFile::new_in(out)?;
        file.write_all(text.as_bytes())?;
        // A web server of another user reads it.
        #[cfg(unix)]
        file.as_file().set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
        file.as_file().sync_all()?;
        file.persist(out.join(name)).map_err(|error| error.error)
    };
    write().map(drop).with_context(|| format!("cannot write {name} in {}", out.display()))
}

fn check(credential: &Path, status: &Path, at: Option<&str>, as_json: bool) -> Result<()> {
    let read = |path: &Path| std::fs::read(path).with_context(|| format!("cannot read {}", path.display()));
    let bytes = read(credential)?;
    let mut lists: Vec<Value> = Vec::new();
    for purpose in Purpose::ALL {
        let plain = status.join(purpose.word());
        let path = if plain.is_file() { plain } else { status.join(format!("{}.json", purpose.word())) };
        let list = serde_json::from_slice(&read(&path)?);
        lists.push(list.with_context(|| format!("{} is no JSON", path.display()))?);
    }
    let now = at.map_or_else(|| rfc3339(unix_now()), str::to_owned);
    let checked = verify_offline(&bytes, &contexts()?, &lists, &now)
        .with_context(|| format!("{} is not accepted", credential.display()))?;
    if as_json {
        return say_json(
            &json!({"ok": true, "name": checked.name, "holder": checked.holder, "issuer": checked.issuer}),
        );
    }
    say(format!("accepted: {}, held by {}, issued by {}", checked.name, checked.holder, checked.issuer));
    say("who the issuer is, is for you to compare");
    Ok(())
}
