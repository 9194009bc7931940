//! `viva verify`

use anyhow::{Context as _, Result};
use serde_json::json;
use viva_verify::oversight::{
    APPEAL_DECISION_EVENT, APPEAL_EVENT, BLIND_SCORE_EVENT, CONFIRMATION_EVENT, CORRECTION_EVENT,
    OVERRIDE_EVENT, OversightStep, REFERRAL_EVENT, WORK_SAMPLES_EVENT,
};

use super::{printable, say, say_json};
use crate::cli::VerifyArgs;

pub(crate) fn run(args: &VerifyArgs) -> Result<()> {
    let expected = args
        .signer
        .as_deref()
        .map(|did| {
            viva_verify::did::parse_did_key(did)
                .with_context(|| format!("{did:?} is no did:key of an Ed25519 key"))
        })
        .transpose()?;
    match viva_verify::verify_bundle(&args.bundle, expected.as_ref()) {
        Ok(verified) => {
            if args.json {
                return say_json(&json!({
                    "ok": true, "session": verified.session, "signer": verified.did(), "seals": verified.seals.len(),
                    "files": verified.files.len(), "events": verified.events, "record_root": verified.record_root,
                    "oversight": verified.oversight.iter().map(|step| json!({"kind": step.kind, "by": step.by, "at": step.at})).collect::<Vec<_>>(),
                }));
            }
            say(format!(
                "{} is whole: {} files, {} events, {} seals",
                args.bundle.display(),
                verified.files.len(),
                verified.events,
                verified.seals.len()
            ));
            say(format!("signed by {}", verified.did()));
            for step in &verified.oversight {
                say(printable(&told(step)));
            }
            if viva_record::keys::is_demo_key(&verified.key) {
                say(
                    "this is the demonstration key, which everybody has: it proves that nothing was changed by accident, not who signed",
                );
            }
            Ok(())
        }
        Err(failure) => {
            if args.json {
                say_json(&json!({"ok": false, "failure": failure.to_string()}))?;
            }
            // It may name files and words of whoever made the record.
            let failure = anyhow::Error::msg(printable(&failure.to_string()));
            Err(failure).with_context(|| format!("{} does not verify", args.bundle.display()))
        }
    }
}

/// A step of oversight as a line.
fn told(step: &OversightStep) -> String {
    let text = |name: &str| step.body.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
    let what = match step.kind.as_str() {
        BLIND_SCORE_EVENT => "gave own levels before the machine's were shown".to_owned(),
        CORRECTION_EVENT => format!("corrected an own level of {}", text("criterion")),
        OVERRIDE_EVENT => format!("overrode the machine's level of {}", text("criterion")),
        WORK_SAMPLES_EVENT => {
            let samples = step.body.get("samples").and_then(serde_json::Value::as_array);
            format!("handed in work samples: {}", samples.map_or(0, Vec::len))
        }
        CONFIRMATION_EVENT => {
            let is_met = step.body.get("is_met").and_then(serde_json::Value::as_bool).unwrap_or_default();
            let said = if is_met { "confirmed" } else { "did not confirm" };
            format!("{said} the objective {}", text("objective"))
        }
        REFERRAL_EVENT => "left the decision to another reviewer".to_owned(),
        APPEAL_EVENT => "appealed".to_owned(),
        APPEAL_DECISION_EVENT => format!("decided on the appeal: {}", text("outcome")),
        _ => format!("decided: {}", text("outcome")),
    };
    format!("{} {} {what}", step.at, step.by)
}
