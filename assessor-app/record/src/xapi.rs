//! A session as statements of the Experience API, for a learning record store.
//!
//! One statement for the session: `passed` or `failed` where a human decided, else `completed`, or `exited` where it was not held to its
//! end. Where a human decided there is a statement `scored` before it for each criterion that has a level: the one that stands. What only a
//! machine says is no result; practice, refused consent and simulated candidates give no statement at all.
//!
//! A statement's id follows from all that it says: the same statement sent twice is one statement, and what a later decision changed is
//! another one. Nothing is taken back: of two decisions on a session the one with the later `timestamp` stands.
//!
//! **Source**: xAPI 1.0.3, part 2 (statements, result, context); verbs of ADL's vocabulary.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use viva_verify::canonical::{hex, percent_encoded};

use crate::oversight::History;
use crate::wire::{CriterionResult, Ending, ScoreSheet, SessionHeader, SessionMode};
use crate::{Decision, Outcome};

/// The version of the format that the statements follow.
pub const VERSION: &str = "1.0.3";

const VERBS: &str = "http://adlnet.gov/expapi/verbs/";
const ACTIVITIES: &str = "http://adlnet.gov/expapi/activities/";

/// What a session's statements are made of.
#[derive(Clone, Copy, Debug)]
pub struct Session<'a> {
    /// Who and what it was.
    pub header: &'a SessionHeader,
    /// What was found.
    pub sheet: &'a ScoreSheet,
    /// What humans did with it.
    pub history: &'a History,
    /// Whether it proves nothing about anybody, [`crate::review::is_demonstration`].
    pub demonstration: bool,
    /// From the first to the last word, in seconds.
    pub secs: f64,
    /// The address under which the organisation names its exams and candidates, without a slash at its end.
    pub home: &'a str,
}

/// The statements of a session, in the order of the rubric, the session's own last. The same record gives the same bytes.
#[must_use]
pub fn statements(session: &Session<'_>) -> Vec<Value> {
    if session.is_nobodys() {
        return Vec::new();
    }
    let decided = session.history.standing();
    let scored = decided.iter().flat_map(|decision| {
        session.sheet.criteria.iter().filter_map(|criterion| session.scored(criterion, &decision.at))
    });
    scored.chain([session.held(decided.as_ref())]).collect()
}

impl Session<'_> {
    /// For a store of learners' results there is nothing in it.
    fn is_nobodys(&self) -> bool {
        self.header.mode == SessionMode::Practice
            || self.header.candidate.simulated
            || self.sheet.ending == Some(Ending::ConsentRefused)
    }

    /// The level that stands, a human's where one was set; decided `at`.
    fn scored(&self, criterion: &CriterionResult, at: &str) -> Option<Value> {
        let level = self.history.standing_level(criterion)?;
        let steps = f64::from(criterion.max_level.saturating_sub(1)).max(1.0);
        let scaled = f64::from(level.saturating_sub(1)) / steps;
        let id = format!("{}/criteria/{}", self.exam(), part(&criterion.id));
        let object = activity(&id, &criterion.name, "objective", &self.header.language);
        let mut result = json!({
            "score": {"scaled": rounded(scaled), "raw": level, "min": 1, "max": criterion.max_level},
        });
        if let Some(required) = criterion.required_level {
            result["success"] = json!(level >= required);
        }
        Some(self.statement("scored", object, result, at))
    }

    fn held(&self, decided: Option<&Decision>) -> Value {
        let object = activity(&self.exam(), &self.header.exam_title, "assessment", &self.header.language);
        let complete = self.sheet.ending.is_none_or(|ending| ending == Ending::Complete);
        let mut result = json!({"completion": complete, "duration": format!("PT{:.2}S", self.secs.max(0.0))});
        let verb = match decided.map(|decision| decision.outcome) {
            Some(outcome) => {
                let passed = outcome == Outcome::Award;
                result["success"] = json!(passed);
                if passed { "passed" } else { "failed" }
            }
            None if complete => "completed",
            None => "exited",
        };
        let at = decided.map_or(&self.header.started_at, |decision| &decision.at);
        self.statement(verb, object, result, at)
    }

    fn exam(&self) -> String {
        format!("{}/exams/{}/{}", self.home, part(&self.header.exam_id), part(&self.header.exam_version))
    }

    fn statement(&self, verb: &str, object: Value, result: Value, at: &str) -> Value {
        let header = self.header;
        let about = object["id"].as_str().unwrap_or_default().to_owned();
        let ours = |name: &str| format!("{}/xapi/{name}", self.home);
        let mut context = json!({
            "platform": "Viva",
            "language": header.language,
            "extensions": {
                (ours("exam-sha256")): header.exam_sha256,
                (ours("program")): header.program_version,
                (ours("validation")): self.sheet.validation_status,
                (ours("demonstration")): self.demonstration,
                (ours("mode")): header.mode,
            },
        });
        if about != self.exam() {
            context["contextActivities"] = json!({"parent": [{"id": self.exam(), "objectType": "Activity"}]});
        }
        if let Some(registration) = header.session_id.strip_prefix("urn:uuid:").filter(|id| is_uuid(id)) {
            context["registration"] = json!(registration);
        }
        let mut statement = json!({
            "version": VERSION,
            "actor": {
                "objectType": "Agent",
                "name": header.candidate.name,
                "account": {"homePage": self.home, "name": header.candidate.id},
            },
            "verb": {"id": format!("{VERBS}{verb}"), "display": {"en": verb}},
            "object": object,
            "result": result,
            "context": context,
            "timestamp": at,
        });
        statement["id"] = json!(id_of(&format!("{} {statement}", header.session_id)));
        statement
    }
}

fn activity(id: &str, name: &str, kind: &str, language: &str) -> Value {
    json!({
        "objectType": "Activity",
        "id": id,
        "definition": {"type": format!("{ACTIVITIES}{kind}"), "name": {language: name}},
    })
}

/// A name as a part of an address.
fn part(name: &str) -> String {
    percent_encoded(name, b"-._~")
}

fn is_uuid(text: &str) -> bool {
    let places = [8, 13, 18, 23];
    text.len() == 36
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if places.contains(&at) { byte == b'-' } else { byte.is_ascii_hexdigit() })
}

/// An id that follows from what is stated: of SHA-256, marked as a name-based id (version 5), as stores expect.
fn id_of(said: &str) -> String {
    let hash = Sha256::digest(said.as_bytes());
    let mut bytes: [u8; 16] = hash[..16].try_into().expect("a hash has 32 bytes");
    bytes[6] = (bytes[6] & 0x0f) | 0x50;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex = hex(&bytes);
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oversight::{Override, OverrideCode};
    use crate::wire::{Candidate, Recommendation};

    fn header() -> SessionHeader {
        SessionHeader {
            session_id: "urn:uuid:0f8fad5b-d9cb-469f-a165-70867728950e".to_owned(),
            started_at: "2026-11-29T10:00:00Z".to_owned(),
            exam_title: "De-escalation".to_owned(),
            exam_id: "a/b c".to_owned(),
            exam_version: "1.2.0".to_owned(),
            language: "en".to_owned(),
            candidate: Candidate { name: "Ann".to_owned(), id: "did:key:z6Mk".to_owned(), simulated: false },
            ..SessionHeader::default()
        }
    }

    fn sheet() -> ScoreSheet {
        let criterion = |id: &str, level| CriterionResult {
            id: id.to_owned(),
            name: id.to_owned(),
            level,
            max_level: 4,
            required_level: Some(2),
            ..CriterionResult::default()
        };
        ScoreSheet {
            criteria: vec![
                criterion("safety", Some(3)),
                criterion("words", Some(1)),
                criterion("none", None),
            ],
            overall: None,
            cut: 0.5,
            cut_standard_error: 0.0,
            cut_method: String::new(),
            consent: None,
            recommendation: Recommendation::Meets,
            explanation: Vec::new(),
            validation_status: "not calibrated".to_owned(),
            ending: Some(Ending::Complete),
            coverage: Vec::new(),
            objectives: Vec::new(),
            choices: Vec::new(),
            roleplay: Vec::new(),
            guardrails: Vec::new(),
            probes: Vec::new(),
            candidate_questions: Vec::new(),
            nearest_change: None,
        }
    }

    fn of(header: &SessionHeader, sheet: &ScoreSheet, history: &History) -> Vec<Value> {
        statements(&Session {
            header,
            sheet,
            history,
            demonstration: true,
            secs: 312.4,
            home: "https://viva.example",
        })
    }

    fn verb(statement: &Value) -> &str {
        statement["verb"]["id"].as_str().and_then(|id| id.strip_prefix(VERBS)).expect("a verb of ADL")
    }

    fn decided(outcome: Outcome) -> History {
        let decision = Decision {
            outcome,
            by: "Ben".to_owned(),
            reason: "seen".to_owned(),
            at: "2026-11-29T12:00:00Z".to_owned(),
        };
        History { decision: Some(decision), ..History::default() }
    }

    fn verbs(statements: &[Value]) -> Vec<&str> {
        statements.iter().map(verb).collect()
    }

    #[test]
    fn what_only_a_machine_says_is_no_result() {
        let (mut header, mut sheet) = (header(), sheet());
        let said = of(&header, &sheet, &History::default());
        assert_eq!(verbs(&said), ["completed"]);
        assert_eq!(said[0]["result"], json!({"completion": true, "duration": "PT312.40S"}));
        sheet.ending = Some(Ending::StoppedByCandidate);
        let said = of(&header, &sheet, &History::default());
        assert_eq!((verbs(&said), &said[0]["result"]["completion"]), (vec!["exited"], &json!(false)));
        assert_eq!(said[0]["timestamp"], "2026-11-29T10:00:00Z");
        sheet.ending = Some(Ending::ConsentRefused);
        assert_eq!(of(&header, &sheet, &History::default()), Vec::<Value>::new());
        sheet.ending = Some(Ending::Complete);
        header.mode = SessionMode::Practice;
        assert_eq!(
            of(&header, &sheet, &decided(Outcome::Award)),
            Vec::<Value>::new(),
            "practice passes nobody"
        );
        header.mode = SessionMode::Certify;
        header.candidate.simulated = true;
        assert_eq!(of(&header, &sheet, &decided(Outcome::Award)), Vec::<Value>::new());
    }

    #[test]
    fn what_a_human_set_and_decided_is_stated() {
        let (header, sheet) = (header(), sheet());
        let set = Override {
            by: "Ben".to_owned(),
            criterion: "words".to_owned(),
            machine: Some(1),
            level: Some(4),
            code: OverrideCode::MissedEvidence,
            reason: "seen".to_owned(),
            at: "2026-11-29T11:00:00Z".to_owned(),
        };
        let history = History { overrides: vec![set], ..decided(Outcome::Deny) };
        let said = of(&header, &sheet, &history);
        assert_eq!(verbs(&said), ["scored", "scored", "failed"], "no level is no score");
        assert_eq!(said[0]["result"]["score"], json!({"scaled": 0.6667, "raw": 3, "min": 1, "max": 4}));
        assert_eq!(said[1]["result"]["score"]["raw"], 4, "the human's level stands");
        assert_eq!(said[2]["result"]["success"], false);
        assert_eq!(verbs(&of(&header, &sheet, &decided(Outcome::Award)))[2], "passed");
        assert_eq!(said[2]["object"]["id"], "https://viva.example/exams/a%2Fb%20c/1.2.0");
        assert_eq!(said[0]["context"]["contextActivities"]["parent"][0]["id"], said[2]["object"]["id"]);
        assert_eq!(said[0]["context"]["registration"], "0f8fad5b-d9cb-469f-a165-70867728950e");
        assert_eq!(said[0]["actor"]["account"]["name"], "did:key:z6Mk");
        assert_eq!(said[2]["timestamp"], "2026-11-29T12:00:00Z", "when it was decided");
        assert_eq!(said, of(&header, &sheet, &history), "the same record gives the same ids");
        let other = of(&header, &sheet, &decided(Outcome::Deny));
        assert!(
            said[1]["id"] != other[1]["id"] && said[0]["id"] == other[0]["id"],
            "another level is another statement"
        );
        let ids: std::collections::BTreeSet<&str> =
            said.iter().filter_map(|one| one["id"].as_str()).filter(|id| is_uuid(id)).collect();
        assert_eq!(ids.len(), said.len(), "every statement has an id of its own");
    }
}
