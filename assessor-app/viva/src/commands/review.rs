//! `viva review`: own levels and a decision on the command line, the review pages, appeals.

pub(crate) mod arguments;
mod blind;
pub(super) mod credentials;
mod serve;

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde_json::json;
use viva_credential::{
    Achievement, Contexts, CredentialRequest, STATUS_ENTRIES, StatusLists, write_bad_samples,
};
use viva_record::{
    Decision, Outcome, RecordedDecision,
    oversight::{self, Appeal, Step},
    wire::SessionHeader,
};
use viva_serve::Consequences as _;

use super::{rfc3339, say, say_json, unix_now};
use crate::interview::Models;
use crate::issuer::{Issuer, of_another};
use arguments::{AppealArgs, DecideArgs, DecisionArg, ReviewArgs, ReviewCommand};
use credentials::Credentials;

/// A credential is valid for two years, a leap day among them: what a ward asks of a yearly refresher, and one year of grace.
pub(super) const VALID_SECS: u64 = (2 * 365 + 1) * 86_400;
const APPEAL_STATEMENT: &str = "The decision is contested. The appeal stands in the added events.";

/// A credential that was written.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Awarded {
    /// Path inside the bundle.
    pub(crate) file: String,
    pub(crate) title: String,
}

pub(crate) fn run(args: &ReviewArgs) -> Result<()> {
    match (&args.command, &args.decide) {
        (Some(ReviewCommand::Serve(args)), _) => serve::run(args),
        (Some(ReviewCommand::Appeal(args)), _) => appeal(args),
        (Some(ReviewCommand::Show(args)), _) => blind::show(args),
        (Some(ReviewCommand::Score(args)), _) => blind::score(args),
        (Some(ReviewCommand::Confirm(args)), _) => blind::confirm(args),
        (None, Some(decision)) => decide_and_tell(decision, args.issuer.open()?),
        (None, None) => {
            bail!(
                "name a record and --decision, or use `viva review serve`, `show`, `score`, `confirm` or `appeal`"
            )
        }
    }
}

fn decide_and_tell(args: &DecideArgs, issuer: Issuer) -> Result<()> {
    blind::Reviewed::open(&args.bundle, &issuer)?.require_blind_score(&args.by, &args.bundle)?;
    let awarded = decide(args, issuer)?;
    if args.json {
        return say_json(&json!({"bundle": args.bundle.display().to_string(), "credential": awarded}));
    }
    match awarded {
        Some(awarded) => {
            say(format!("the award is recorded; credential: {}/{}", args.bundle.display(), awarded.file));
            say(format!("title: {}", awarded.title));
        }
        None => say("the denial is recorded; there is no credential"),
    }
    say(format!("the report with the decision: {}/report-reviewed.html", args.bundle.display()));
    Ok(())
}

/// Records the decision; an award writes and seals the credential.
pub(crate) fn decide(args: &DecideArgs, issuer: Issuer) -> Result<Option<Awarded>> {
    let outcome = match args.decision {
        DecisionArg::Award => Outcome::Award,
        DecisionArg::Deny => Outcome::Deny,
    };
    // Whatever the award needs is looked for before the decision is recorded, so that no award stays without its credential.
    let credentials = Credentials::new(issuer, args.status_url.as_deref());
    credentials.ready(&args.bundle, outcome).map_err(anyhow::Error::msg)?;
    let at = rfc3339(unix_now());
    let decision = Decision { outcome, by: args.by.clone(), reason: args.reason.clone(), at };
    let recorded = viva_record::review::review(&args.bundle, &decision, &credentials.issuer.key)?;
    credentials.issue_if_awarded(&args.bundle, &recorded)
}

fn appeal(args: &AppealArgs) -> Result<()> {
    let issuer = args.issuer.open()?;
    let root = viva_verify::verify_bundle(&args.bundle, Some(&issuer.public()))
        .map_err(|failure| of_another(failure, &issuer))?
        .record_root;
    let (by, text, at) = (args.by.clone(), args.text.clone(), rfc3339(unix_now()));
    let step = Step::Appeal(Appeal { by, text, at });
    oversight::append(&args.bundle, &[step], &root, APPEAL_STATEMENT, &issuer.key)?;
    let credentials = Credentials::new(issuer, None);
    let followed = credentials.appealed(&args.bundle).map_err(anyhow::Error::msg);
    let followed =
        followed.context("the appeal is recorded, but the credential's status could not be changed")?;
    if args.json {
        return say_json(
            &json!({"bundle": args.bundle.display().to_string(), "appeal": "open", "credential": followed}),
        );
    }
    say("the appeal is recorded; another person than who decided must decide on it in `viva review serve`");
    followed.iter().for_each(say);
    Ok(())
}

/// The credential of an awarded bundle once more, with samples that every verifier must refuse: for foreign verifiers.
pub(crate) fn foreign_check(bundle: &Path, out: &Path) -> Result<()> {
    let recorded = RecordedDecision::load(bundle, None)?;
    let issuer = Issuer::demonstration();
    let request = request(recorded.header(), unix_now(), &issuer);
    write_bad_samples(&recorded, &request, &contexts()?, &issuer.key, out)?;
    Ok(())
}

pub(super) fn contexts() -> Result<Contexts> {
    const ID: &str = "credential-contexts";
    let models = Models::open()?;
    let read = |file: &str| -> Result<Vec<u8>> {
        let path = models.file(ID, file)?;
        std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    Ok(Contexts::new(read("credentials-v2.json")?, read("ob-v3p0-context-3.0.3.json")?)?)
}

fn request(header: &SessionHeader, now: u64, issuer: &Issuer) -> CredentialRequest {
    let session = header.session_id.trim_start_matches("urn:uuid:");
    // The index must not tell the holder; the session's own random id decides it.
    let index =
        u32::from_str_radix(session.get(..8).unwrap_or_default(), 16).unwrap_or_default() % STATUS_ENTRIES;
    CredentialRequest {
        id: format!("urn:uuid:{}", reversed(session)),
        issuer_name: issuer.name.clone(),
        achievement: Achievement {
            id: format!("urn:viva:exam:{}:{}", part_of_urn(&header.exam_id), part_of_urn(&header.exam_version)),
            name: header.exam_title.clone(),
            description: format!("Shown in a conversation against the rubric of the exam package {} {}.", header.exam_id, header.exam_version),
            criteria: "Meets the standard of the rubric in a conversation, as decided by the reviewer named in the record.".to_owned(),
            alignments: Vec::new(),
        },
        valid_from: rfc3339(now),
        valid_until: rfc3339(now + VALID_SECS),
        // Sessions of other programs may have a bare UUID.
        evidence_id: format!("urn:uuid:{session}"),
        status: StatusLists { base_url: issuer.status_url.clone(), ..StatusLists::default() },
        status_index: index,
    }
}

/// What may stand in a URN as it is; everything else percent-encoded.
pub(crate) fn part_of_urn(text: &str) -> String {
    viva_verify::canonical::percent_encoded(text, b"-._~")
}

/// Another id of the same shape: the credential is not the session.
fn reversed(uuid: &str) -> String {
    let digits: Vec<char> = uuid.chars().filter(|c| *c != '-').rev().collect();
    let hex: String = digits.iter().collect();
    if hex.len() != 32 || !hex.is_ascii() {
        return uuid.to_owned();
    }
    format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
}
