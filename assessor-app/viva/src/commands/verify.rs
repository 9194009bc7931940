//! `viva verify`

use anyhow::{Context as _, Result};
use serde_json::json;

use super::{say, say_json};
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
            Err(failure).with_context(|| format!("{} does not verify", args.bundle.display()))
        }
    }
}
