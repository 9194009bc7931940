//! From a reviewed bundle to a credential, and every way to spoil it.

#![expect(clippy::unwrap_used, reason = "a test program")]

#[path = "../../record/tests/common/mod.rs"]
mod common;

use std::{env, fs, path::PathBuf};

use ed25519_dalek::SigningKey;
use serde_json::{Value, json};
use viva_credential::{
    Achievement, Alignment, Contexts, CredentialError, CredentialRequest, CredentialSet, StatusLists, issue,
    verify_offline, write_bad_samples,
};
use viva_record::{Decision, Outcome, RecordedDecision, keys, review::review, seal};

const NOW: &str = "2026-06-01T00:00:00Z";

fn contexts() -> Contexts {
    let home = |name: &str| env::var_os(name).map(PathBuf::from);
    let cache = home("VIVA_CACHE")
        .or_else(|| home("XDG_CACHE_HOME").map(|dir| dir.join("viva")))
        .or_else(|| home("HOME").map(|dir| dir.join(".cache/viva")))
        .expect("a cache folder");
    let read = |name: &str| {
        let path = cache.join("assets/credential-contexts").join(name);
        fs::read(path).expect("the contexts are missing: run `cargo xtask test`, which fetches the models")
    };
    Contexts::new(read("credentials-v2.json"), read("ob-v3p0-context-3.0.3.json")).unwrap()
}

fn decided(outcome: Outcome) -> RecordedDecision {
    decided_under(outcome, &keys::demo_key())
}

fn decided_under(outcome: Outcome, key: &SigningKey) -> RecordedDecision {
    let dir = tempfile::tempdir().unwrap();
    common::write_bundle(dir.path(), 0);
    seal(dir.path(), key, common::SEALED_AT).unwrap();
    let decision = Decision {
        outcome,
        by: "R. Viewer".into(),
        reason: "Quotes read.".into(),
        at: "2026-03-03T09:00:00Z".into(),
    };
    review(dir.path(), &decision, key).unwrap()
}

fn request() -> CredentialRequest {
    CredentialRequest {
        id: "urn:uuid:2b6f0c52-9c0e-4e62-8f6e-0f1df9c7a001".into(),
        issuer_name: "Example Assessment Programme".into(),
        achievement: Achievement {
            id: "https://programme.example/achievements/deesc-l2".into(),
            name: "De-escalation, level 2".into(),
            description: "Shows how to de-escalate at a front desk.".into(),
            criteria: "Level 3 of 4 on each criterion in a live conversation; confirmed by a human reviewer."
                .into(),
            alignments: vec![Alignment {
                name: "communicate with empathy".into(),
                url: "http://data.europa.eu/esco/skill/x".into(),
                framework: "ESCO".into(),
                kind: "ext:ESCOSkill".into(),
            }],
        },
        valid_from: "2026-03-03T09:00:05Z".into(),
        valid_until: "2031-03-03T00:00:00Z".into(),
        evidence_id: "urn:uuid:7f3c2a10-52f4-4a7e-9d31-0c1f6f0b2a44".into(),
        status: StatusLists { base_url: "https://programme.example/status".into(), ..StatusLists::default() },
        status_index: 4711,
    }
}

fn lists(set: &CredentialSet) -> Vec<Value> {
    set.status.iter().map(|(_, list, _)| list.clone()).collect()
}

fn check(document: &Value, set: &CredentialSet) -> Result<viva_credential::Checked, CredentialError> {
    verify_offline(&serde_json::to_vec(document).unwrap(), &contexts(), &lists(set), NOW)
}

#[test]
fn an_award_becomes_a_marked_credential() {
    let decision = decided(Outcome::Award);
    let set = issue(&decision, &request(), &contexts(), &keys::demo_key()).unwrap();
    let checked = check(&set.credential, &set).unwrap();
    assert_eq!(checked.name, "De-escalation, level 2 (demonstration)");
    assert_eq!(checked.holder, "did:example:learner-1");
    let text = set.credential.to_string();
    assert!(text.contains("not calibrated") && text.contains("no panel"));
    assert!(text.contains(&decision.verified().record_root));
    assert!(
        !text.contains("Two hours without any news"),
        "the transcript must not travel with the credential"
    );
    let subject = &set.credential["credentialSubject"];
    assert_eq!(subject["achievement"]["achievementType"], "Assessment");
    assert_eq!(subject["result"].as_array().unwrap().len(), 2, "the criterion without a level has no result");
    assert_eq!(subject["achievement"]["resultDescription"].as_array().unwrap().len(), 3);
    assert_eq!(
        issue(&decision, &request(), &contexts(), &keys::demo_key()).unwrap(),
        set,
        "same input, same bytes"
    );
}

#[test]
fn a_denial_becomes_nothing() {
    let refused = issue(&decided(Outcome::Deny), &request(), &contexts(), &keys::demo_key());
    assert!(matches!(refused, Err(CredentialError::NoAward)));
}

#[test]
fn requests_that_cannot_hold_are_refused() {
    let decision = decided(Outcome::Award);
    let good = request();
    let achievement = |id: &str| Achievement { id: id.into(), ..good.achievement.clone() };
    let cases = [
        (CredentialRequest { valid_from: "2026-03-03T08:59:59Z".into(), ..good.clone() }, "valid from"),
        (CredentialRequest { valid_until: good.valid_from.clone(), ..good.clone() }, "valid until"),
        (CredentialRequest { valid_until: "soon".into(), ..good.clone() }, "\"soon\""),
        (CredentialRequest { id: "not a uri".into(), ..good.clone() }, "id:"),
        (CredentialRequest { achievement: achievement("relative/path"), ..good.clone() }, "achievement.id:"),
        (
            CredentialRequest { status_index: viva_credential::STATUS_ENTRIES, ..good.clone() },
            "status_index:",
        ),
    ];
    for (request, expected) in cases {
        let error = issue(&decision, &request, &contexts(), &keys::demo_key()).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

/// Every string of the document, by its JSON pointer.
fn leaves(value: &Value, pointer: &str, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, item)| leaves(item, &format!("{pointer}/{index}"), found));
        }
        Value::Object(object) => {
            object.iter().for_each(|(key, item)| {
                leaves(item, &format!("{pointer}/{}", key.replace('/', "~1")), found);
            });
        }
        Value::String(_) => found.push(pointer.to_owned()),
        _ => {}
    }
}

#[test]
fn every_string_of_the_document_is_under_the_proof() {
    let set = issue(&decided(Outcome::Award), &request(), &contexts(), &keys::demo_key()).unwrap();
    let mut pointers = Vec::new();
    leaves(&set.credential, "", &mut pointers);
    assert!(pointers.len() > 80, "{}", pointers.len());
    for pointer in pointers {
        let mut changed = set.credential.clone();
        let leaf = changed.pointer_mut(&pointer).unwrap();
        *leaf = json!(format!("{}x", leaf.as_str().unwrap()));
        assert!(check(&changed, &set).is_err(), "{pointer} can be changed unnoticed");
    }
}

#[test]
fn what_is_added_or_removed_is_noticed() {
    let set = issue(&decided(Outcome::Award), &request(), &contexts(), &keys::demo_key()).unwrap();
    for key in set.credential.as_object().unwrap().keys() {
        let mut changed = set.credential.clone();
        changed.as_object_mut().unwrap().remove(key);
        assert!(check(&changed, &set).is_err(), "{key} can be removed unnoticed");
    }
    let mut added = set.credential.clone();
    added["honours"] = json!("with distinction");
    assert!(matches!(check(&added, &set), Err(CredentialError::UnknownTerm(_))));
    let mut added = set.credential.clone();
    added["credentialSubject"]["result"][0]["description"] = json!("with distinction");
    assert!(check(&added, &set).is_err());
    // What JSON-LD drops without a word would keep the signature valid.
    let dropped: [fn(&mut Value); 6] = [
        |c| {
            c["credentialSubject"]["result"]
                .as_array_mut()
                .unwrap()
                .push(json!({"id": "relative", "type": ["Result"], "value": "4"}));
        },
        |c| c["type"].as_array_mut().unwrap().push(json!("GoldMedal")),
        |c| c["achievedLevel"] = json!("urn:x"),
        |c| c["narrative"] = Value::Null,
        |c| c["issuer"]["@context"] = json!({"name": "urn:x"}),
        |c| c["evidence"][0]["id"] = json!("_:b0"),
    ];
    for (index, change) in dropped.into_iter().enumerate() {
        let mut changed = set.credential.clone();
        change(&mut changed);
        assert!(check(&changed, &set).is_err(), "change {index} is not noticed");
    }
    let mut other = set.credential.clone();
    other["@context"] = json!(["https://www.w3.org/ns/credentials/v2", "https://elsewhere.example/context"]);
    assert!(matches!(check(&other, &set), Err(CredentialError::Shape(_))));
}

#[test]
fn status_and_dates_count() {
    let key = SigningKey::from_bytes(&[5; 32]);
    let decision = decided_under(Outcome::Award, &key);
    let of_another = issue(&decision, &request(), &contexts(), &keys::demo_key());
    assert!(matches!(of_another, Err(CredentialError::Signer)), "nobody signs what somebody else has sealed");
    let set = issue(&decision, &request(), &contexts(), &key).unwrap();
    let json = serde_json::to_vec(&set.credential).unwrap();
    let verify = |status: &[Value], now: &str| verify_offline(&json, &contexts(), status, now);
    assert!(verify(&lists(&set), NOW).is_ok());
    assert!(matches!(verify(&lists(&set), "2026-03-03T09:00:04Z"), Err(CredentialError::NotYetValid(_))));
    assert!(matches!(verify(&lists(&set), "2031-03-03T00:00:01Z"), Err(CredentialError::Expired(_))));
    assert!(matches!(verify(&[], NOW), Err(CredentialError::NoStatusList(_))));
    for (revoked, suspended, word) in
        [(Some(4711), None, "revoked"), (None, Some(4711), "suspended"), (Some(4712), Some(4710), "")]
    {
        let mut later = request();
        later.status.revoked.extend(revoked);
        later.status.suspended.extend(suspended);
        let later = issue(&decision, &later, &contexts(), &key).unwrap();
        let said = verify(&lists(&later), NOW).err().map(|error| error.to_string()).unwrap_or_default();
        assert_eq!(said, word);
    }
    // A list by somebody else, and a list whose bits were set back.
    let stranger = SigningKey::from_bytes(&[6; 32]);
    let other = issue(&decided_under(Outcome::Award, &stranger), &request(), &contexts(), &stranger).unwrap();
    assert!(matches!(verify(&lists(&other), NOW), Err(CredentialError::StatusList(_))));
    let mut forged = lists(&set);
    forged[0]["credentialSubject"]["statusPurpose"] = json!("suspension");
    assert!(matches!(verify(&forged, NOW), Err(CredentialError::Signature)));
}

#[test]
fn garbage_is_refused_without_a_panic() {
    for bad in [
        "",
        "null",
        "[]",
        "{}",
        "\u{0}",
        r#"{"@context":["https://www.w3.org/ns/credentials/v2","https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],"type":["VerifiableCredential","OpenBadgeCredential"],"issuer":{"id":"did:key:z"},"proof":[]}"#,
    ] {
        assert!(verify_offline(bad.as_bytes(), &contexts(), &[], NOW).is_err(), "{bad}");
    }
    assert!(Contexts::new(b"{}".to_vec(), b"{}".to_vec()).is_err());
}

/// The layout for foreign verifiers; `VIVA_CREDENTIAL_OUT` keeps it, so that they can be run on it.
#[test]
fn the_samples_are_accepted_and_refused_as_named() {
    let kept = env::var_os("VIVA_CREDENTIAL_OUT").map(PathBuf::from);
    let scratch = tempfile::tempdir().unwrap();
    let dir = kept.as_deref().unwrap_or(scratch.path());
    write_bad_samples(&decided(Outcome::Award), &request(), &contexts(), &keys::demo_key(), dir).unwrap();
    let read = |name: &str| fs::read(dir.join(name)).unwrap();
    let status: Vec<Value> = ["revocation", "suspension"]
        .map(|name| serde_json::from_slice(&read(&format!("status/{name}.json"))).unwrap())
        .into();
    let said = |name: &str| {
        verify_offline(&read(name), &contexts(), &status, NOW).err().map(|error| error.to_string())
    };
    assert_eq!(said("good/eddsa-rdfc-2022.json"), None);
    assert_eq!(said("bad/revoked.json").as_deref(), Some("revoked"));
    assert_eq!(said("bad/suspended.json").as_deref(), Some("suspended"));
    assert_eq!(said("bad/expired.json").as_deref(), Some("expired at 2020-01-02T00:00:00Z"));
    assert_eq!(said("bad/tampered-score.json").as_deref(), Some("the signature does not verify"));
    assert!(read("good/vc.jwt") != read("bad/tampered.jwt"));
}
