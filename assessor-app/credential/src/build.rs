//! The credential's document: what the record says, in the words of Open Badges 3.0. Never the transcript.

use ed25519_dalek::VerifyingKey;
use serde_json::{Value, json};
use viva_record::{
    RecordedDecision,
    keys::is_demo_key,
    wire::{CriterionResult, Recommendation},
};
use viva_verify::did::did_key;

use crate::{CREDENTIALS_V2_URL, CredentialRequest, OPEN_BADGES_URL, Purpose};

const DEMONSTRATION: &str = "Demonstration: it shows how the program works and proves nothing about anybody. The rubric is not calibrated against human raters, no panel of experts is claimed, and the signing key may be public.";

pub(crate) fn document(
    decision: &RecordedDecision,
    request: &CredentialRequest,
    key: &VerifyingKey,
) -> Value {
    let achievement = &request.achievement;
    let demonstration = decision.is_demonstration() || is_demo_key(key);
    let calibrated = decision.scores().is_calibrated();
    let title = if demonstration {
        format!("{} (demonstration)", achievement.name)
    } else {
        achievement.name.clone()
    };
    let criteria = if demonstration {
        format!("{DEMONSTRATION} {}", achievement.criteria)
    } else {
        achievement.criteria.clone()
    };
    let scored = || decision.scores().criteria.iter();
    let alignments: Vec<Value> = achievement
        .alignments
        .iter()
        .map(|alignment| {
            json!({"type": ["Alignment"], "targetName": alignment.name, "targetUrl": alignment.url,
                "targetFramework": alignment.framework, "targetType": alignment.kind})
        })
        .collect();
    let mut described = json!({
        "id": achievement.id, "type": ["Achievement"],
        // A rubric without calibration may show something; it certifies nothing.
        "achievementType": if calibrated && !demonstration { "Certification" } else { "Assessment" },
        "name": title, "description": achievement.description, "criteria": {"narrative": criteria},
        "resultDescription": scored().map(|criterion| description(&achievement.id, criterion)).collect::<Vec<_>>(),
    });
    if !alignments.is_empty() {
        described["alignment"] = json!(alignments);
    }
    json!({
        "@context": [CREDENTIALS_V2_URL, OPEN_BADGES_URL],
        "id": request.id, "type": ["VerifiableCredential", "OpenBadgeCredential"], "name": title,
        "issuer": {"id": did_key(key), "type": ["Profile"], "name": request.issuer_name},
        "validFrom": request.valid_from, "validUntil": request.valid_until, "awardedDate": decision.decision().at,
        "credentialSubject": {
            "id": decision.header().candidate.id, "type": ["AchievementSubject"], "achievement": described,
            "result": scored().filter_map(|criterion| result(&achievement.id, criterion, decision.standing_level(criterion))).collect::<Vec<_>>(),
        },
        "evidence": [evidence(decision, request, demonstration)],
        "credentialStatus": Purpose::ALL.map(|purpose| request.status.entry(purpose, request.status_index)),
    })
}

fn description(achievement: &str, criterion: &CriterionResult) -> Value {
    let levels: Vec<Value> = (0..=criterion.max_level)
        .map(|level| {
            let mut described = json!({"id": level_id(achievement, criterion, level), "type": ["RubricCriterionLevel"],
                "name": level.to_string(), "level": level.to_string(), "points": level.to_string()});
            if let Some(anchor) = criterion.anchors.get(usize::from(level)) {
                described["description"] = json!(anchor);
            }
            described
        })
        .collect();
    let mut described = json!({"id": criterion_id(achievement, criterion), "type": ["ResultDescription"],
        "name": criterion.name, "resultType": "RubricCriterionLevel", "rubricCriterionLevel": levels});
    if let Some(required) = criterion.required_level.filter(|level| *level <= criterion.max_level) {
        described["requiredLevel"] = json!(level_id(achievement, criterion, required));
    }
    described
}

/// A criterion without a level that counts has no result: only the reviewer's award stands for it.
fn result(achievement: &str, criterion: &CriterionResult, level: Option<u8>) -> Option<Value> {
    let level = level.filter(|level| *level <= criterion.max_level)?;
    Some(json!({"type": ["Result"], "resultDescription": criterion_id(achievement, criterion),
        "achievedLevel": level_id(achievement, criterion, level), "status": "Completed", "value": format!("{level} of {}", criterion.max_level)}))
}

fn evidence(decision: &RecordedDecision, request: &CredentialRequest, demonstration: bool) -> Value {
    let (verified, scores) = (decision.verified(), decision.scores());
    let abstained = scores.criteria.iter().filter(|criterion| criterion.level.is_none()).count();
    let advice = match scores.recommendation {
        Recommendation::Meets => "Recommended by the engine",
        Recommendation::DoesNotMeet => "Against the engine's recommendation",
        Recommendation::ReferToHuman | Recommendation::NotAnswered | Recommendation::Practice => {
            "Without a recommendation of the engine"
        }
    };
    let prefix = if demonstration { "Demonstration. " } else { "" };
    let narrative = format!(
        "{prefix}Record of session {}: {} events, root of the record sha-256 {}. Assessed by performance in a conversation with a \
         program, scored by rubric (validation: {}); {} of {} criteria have a level by the engine. {advice}, decided by {} on {}.",
        verified.session,
        verified.events,
        verified.record_root,
        scores.validation_status,
        scores.criteria.len() - abstained,
        scores.criteria.len(),
        decision.decision().by,
        decision.decision().at,
    );
    json!({"id": request.evidence_id, "type": ["Evidence"], "name": "Sealed session record", "narrative": narrative,
        "digestMultibase": multihash(&verified.record_root)})
}

/// SHA-256 as a multihash, base58btc.
fn multihash(hex: &str) -> String {
    let digest = (0..hex.len() / 2).filter_map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).ok());
    let bytes: Vec<u8> = [0x12, 0x20].into_iter().chain(digest).collect();
    format!("z{}", bs58::encode(bytes).into_string())
}

fn criterion_id(achievement: &str, criterion: &CriterionResult) -> String {
    format!("{achievement}#criterion-{}", viva_verify::canonical::percent_encoded(&criterion.id, b"-_"))
}

fn level_id(achievement: &str, criterion: &CriterionResult, level: u8) -> String {
    format!("{}-level-{level}", criterion_id(achievement, criterion))
}
