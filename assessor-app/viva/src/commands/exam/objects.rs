//! The examiner, the objectives and the guardrails of a package as objects: shown, tried, and held against a record.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use serde::Serialize;
use serde_json::{Value, json};
use viva_assessment::Exam;
use viva_assessment::exam::{
    BEHAVIOUR_FILE, Confirmation, GuardrailHit, GuardrailKind, Objective, ObjectiveKind, OutputKind,
};
use viva_assessment::scope::Judged;
use viva_exchange::Transcript;
use viva_record::oversight::History;
use viva_record::wire::{SessionHeader, SessionMode};
use viva_verify::{EVENTS_FILE, MANIFEST_FILE, TRANSCRIPT_FILE, verify_bundle};

use crate::commands::{printable, say, say_json};

/// Words of an answer that are shown as evidence.
const MOST_WORDS: usize = 14;

pub(super) fn persona(exam: &Exam, as_json: bool) -> Result<()> {
    let persona = exam.persona();
    let manner = format!("{:?}", persona.manner).to_lowercase();
    if as_json {
        return say_json(&json!({
            "name": persona.name, "role": persona.role, "voice": persona.voice, "manner": manner,
            "manner_level": persona.manner_level, "patience_ms": persona.patience_ms, "disclosure": persona.disclosure,
            "acknowledgements": persona.acknowledgements, "own_behaviour": exam.behaviour().is_some(),
            "practice_disclosure": exam.frame().words.practice.disclosure,
        }));
    }
    say(format!("{}, {}", persona.name, persona.role));
    say(format!("voice {}, manner {manner} at {:.2}", persona.voice, persona.manner_level));
    say(format!(
        "bears {} ms of silence after an answer where a question does not say otherwise",
        persona.patience_ms
    ));
    say(match exam.behaviour() {
        Some(_) => format!("its face behaves as {BEHAVIOUR_FILE} says"),
        None => "its face behaves as examiners usually do".to_owned(),
    });
    let words: Vec<&str> = persona.acknowledgements.iter().map(|word| word.as_str()).collect();
    say(match words[..] {
        [] => "is silent after an answer until the reply is there".to_owned(),
        _ => format!("acknowledges an answer whose reply is not there yet with: {}", words.join(" | ")),
    });
    say("says first, in an exam:");
    persona.disclosure.iter().for_each(|text| say(format!("  {text}")));
    say("says first, in practice:");
    for text in &exam.frame().words.practice.disclosure {
        say(format!("  {}", text.replace("{name}", &persona.name)));
    }
    Ok(())
}

pub(super) fn guardrails(exam: &Arc<Exam>, tried: &[String], as_json: bool) -> Result<()> {
    let rules = exam.guardrails();
    if !tried.is_empty() {
        let scope = super::scope::classifier(exam)?;
        let judged = |text: &str| -> Result<Option<Judged>> {
            Ok(scope.as_ref().map(|scope| scope.judge(text)).transpose()?.flatten())
        };
        let hits: BTreeMap<&str, (Vec<GuardrailHit>, Option<Judged>)> = tried
            .iter()
            .map(|text| Ok((text.as_str(), (rules.tried(text), judged(text)?))))
            .collect::<Result<_>>()?;
        if as_json {
            let both = |(hits, judged): &(Vec<GuardrailHit>, Option<Judged>)| json!({"rules": hits, "by_meaning": judged});
            return say_json(&hits.iter().map(|(text, hit)| (*text, both(hit))).collect::<BTreeMap<_, _>>());
        }
        for (text, (hits, judged)) in hits {
            say(format!("\"{text}\""));
            if let Some(judged) = &judged {
                let (topic, nearest) = (judged.topic.word(), &judged.nearest);
                say(format!(
                    "    by meaning: {topic}, near to \"{nearest}\" (cosine {:.2}, {:.2} nearer than an answer)",
                    f64::from(judged.cosine_percent) / 100.0,
                    f64::from(judged.margin_percent) / 100.0
                ));
            }
            if hits.is_empty() && judged.is_none() {
                say("    is an answer: no rule is set off");
            }
            for hit in hits {
                say(format!("    {}: \"{}\" {}", hit.guardrail, hit.words, hit.kind.sentence()));
                if !hit.ask.is_empty() {
                    say(format!("    asks first: {}", hit.ask));
                }
                if !hit.reply.is_empty() {
                    say(format!("    says: {}", hit.reply));
                }
            }
        }
        return Ok(());
    }
    if as_json {
        let rule = |rule: &viva_assessment::exam::Guardrail| json!({"id": rule.id, "kind": rule.kind, "most_words": rule.most_words, "patterns": rule.patterns.len(), "reply": rule.reply, "ask": rule.ask, "ask_words": rule.ask_words});
        return say_json(&rules.guardrails.iter().map(rule).collect::<Vec<_>>());
    }
    for kind in GuardrailKind::ALL {
        for rule in rules.guardrails.iter().filter(|rule| rule.kind == kind) {
            say(format!("{}: {}", rule.id, kind.sentence()));
            let most = if rule.most_words > 0 {
                format!(", in turns of at most {} words", rule.most_words)
            } else {
                String::new()
            };
            say(format!("    {} patterns{most}", rule.patterns.len()));
            if rule.ask_words > 0 {
                say(format!(
                    "    in longer turns, of at most {} words, asks first: {}",
                    rule.ask_words, rule.ask
                ));
            } else if !rule.ask.is_empty() {
                say(format!("    asks first: {}", rule.ask));
            }
            if !rule.reply.is_empty() {
                say(format!("    says: {}", rule.reply));
            }
        }
    }
    say("try what would set one off: --try \"…\"");
    Ok(())
}

/// An objective, held against a record.
#[derive(Debug, Serialize)]
struct Reached {
    objective: String,
    text: String,
    /// Absent without a record.
    met: Option<bool>,
    /// Met as far as the engine can say; a human confirms it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    waits: bool,
    /// Why it is open, where a condition says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    open_because: Option<String>,
    /// What was measured of levels and signs, and what rests on it, is told once a reviewer has given own levels or decided.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    held_back: bool,
    /// What was measured.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    outputs: Vec<Value>,
    at_s: Option<f64>,
    evidence: Vec<Evidence>,
}

/// What is measured of an objective, when it is met beyond its kind, what follows from it, and who confirms it: a line each.
pub(super) fn outcome_of(objective: &Objective) -> Vec<String> {
    let outputs = objective.outputs.iter().map(|output| {
        let of = output.criterion.as_ref().map_or_else(String::new, |id| format!(" on {id}"));
        format!("measures {}: {}{of}", output.name, output.is.sentence())
    });
    let needs = objective.met_when.iter().map(|condition| format!("needs {}", condition.sentence()));
    let branches = objective
        .branches
        .iter()
        .map(|branch| format!("with {} asks {}, too", branch.when.sentence(), branch.ask));
    let confirm = (objective.confirm == Confirmation::Manual)
        .then(|| "a human confirms it: viva review confirm".to_owned());
    outputs.chain(needs).chain(branches).chain(confirm).collect()
}

/// An answer that an objective rests on.
#[derive(Clone, Debug, Serialize)]
struct Evidence {
    question: String,
    turn: u64,
    words: String,
}

pub(super) fn objectives(exam: &Exam, record: Option<&Path>, as_json: bool) -> Result<()> {
    let mut reached: Vec<Reached> = exam
        .objectives()
        .map(|objective| Reached {
            objective: objective.id.to_string(),
            text: objective.text.clone(),
            met: record.map(|_| false),
            waits: false,
            open_because: None,
            held_back: false,
            outputs: Vec::new(),
            at_s: None,
            evidence: Vec::new(),
        })
        .collect();
    if let Some(record) = record {
        hold_against(exam, record, &mut reached)?;
    }
    if as_json {
        return say_json(&reached);
    }
    for (objective, one) in exam.objectives().zip(&reached) {
        let met = match one.met {
            None => String::new(),
            Some(true) => format!("met at {:.0} s: ", one.at_s.unwrap_or_default()),
            Some(false) if one.waits => "WAITS FOR A HUMAN: ".to_owned(),
            Some(false) => "NOT MET: ".to_owned(),
        };
        say(format!("{}: {met}{}", one.objective, one.text));
        let how = match objective.kind {
            ObjectiveKind::Consent => "the candidate says yes to the exam's question of consent",
            ObjectiveKind::WarmUp => "the warm-up is answered",
            ObjectiveKind::Questions => {
                "its questions have been asked and answered, or stayed without an answer twice"
            }
            ObjectiveKind::RolePlay => "the scene comes to one of its ends",
            ObjectiveKind::Closing => "the last words are said",
        };
        let after: Vec<&str> = objective.requires.iter().map(|id| id.as_str()).collect();
        let after = if after.is_empty() { String::new() } else { format!("; after {}", after.join(", ")) };
        say(format!("    met when {how}{after}"));
        outcome_of(objective).iter().for_each(|line| say(format!("    {line}")));
        for output in &one.outputs {
            let quotes = output["quotes"].as_array().into_iter().flatten();
            let words: Vec<String> =
                quotes.filter_map(|quote| Some(format!("\"{}\"", quote["text"].as_str()?))).collect();
            let name = output["name"].as_str().unwrap_or_default();
            say(printable(&format!("    {name} is {}: {}", output["value"], words.join("; "))));
        }
        if one.held_back {
            say("    levels and signs are told once a reviewer has given own levels: viva review score");
        }
        if let Some(reason) = &one.open_because {
            say(printable(&format!("    open: {reason}")));
        }
        for evidence in &one.evidence {
            let Evidence { question, turn, words } = evidence;
            say(printable(&format!("    turn {turn}, {question}: \"{words}\"")));
        }
    }
    Ok(())
}

/// What the record's decisions say of each objective. The state machine met them; no model did.
fn hold_against(exam: &Exam, record: &Path, reached: &mut [Reached]) -> Result<()> {
    let verified =
        verify_bundle(record, None).with_context(|| format!("{} does not verify", record.display()))?;
    let header: SessionHeader = serde_json::from_slice(&verified.read(MANIFEST_FILE)?)?;
    ensure!(
        header.exam_sha256 == exam.hash_hex(),
        "the record is of {} {}, sha256 {}; this package is another one, sha256 {}",
        header.exam_id,
        header.exam_version,
        header.exam_sha256,
        exam.hash_hex()
    );
    let transcript: Transcript = serde_json::from_slice(&verified.read(TRANSCRIPT_FILE)?)?;
    let words = |id: u64| {
        let turn = transcript.turns.iter().find(|turn| u64::from(turn.id.0) == id)?;
        let text = turn.text();
        let mut words = text.split_whitespace();
        let first = words.by_ref().take(MOST_WORDS).collect::<Vec<_>>().join(" ");
        Some(if words.next().is_some() { format!("{first} …") } else { first })
    };
    let events = String::from_utf8(verified.read(EVENTS_FILE)?).context("the events are not text")?;
    let mut since: Vec<Evidence> = Vec::new();
    for line in events.lines() {
        let line: Value = serde_json::from_str(line).context("an event is no JSON")?;
        if line["kind"] != "conversation" {
            continue;
        }
        let body = &line["body"];
        match body["event"].as_str() {
            Some("answer_taken") => {
                let turn = body["turn"].as_u64().unwrap_or_default();
                let question = body["question"].as_str().unwrap_or_default().to_owned();
                since.extend(words(turn).map(|words| Evidence { question, turn, words }));
            }
            Some("consent_given") => {
                let quote = &body["quote"];
                let turn = quote["turn"].as_u64().unwrap_or_default();
                since.extend(words(turn).map(|words| Evidence {
                    question: "consent".to_owned(),
                    turn,
                    words,
                }));
            }
            Some(
                what
                @ ("objective_met" | "objective_to_confirm" | "objective_not_met" | "objective_measured"),
            ) => {
                let name = body["objective"].as_str().unwrap_or_default();
                let Some(one) = reached.iter_mut().find(|one| one.objective == name) else { continue };
                if what == "objective_measured" {
                    one.outputs = body["outputs"].as_array().cloned().unwrap_or_default();
                    continue;
                }
                one.met = Some(what == "objective_met");
                one.waits = what == "objective_to_confirm";
                one.open_because = body["reason"].as_str().map(str::to_owned);
                one.at_s = line["t_ns"].as_i64().map(|ns| ns as f64 / 1e9);
                one.evidence = std::mem::take(&mut since);
            }
            _ => {}
        }
    }
    let history = History::of(&verified)?;
    let is_blind =
        header.mode == SessionMode::Certify && history.blind_scores.is_empty() && history.decision.is_none();
    if is_blind {
        exam.objectives().zip(reached).for_each(|(objective, one)| hold_back(objective, one));
    }
    Ok(())
}

/// Takes out what would tell a reviewer the machine's mind before own levels.
fn hold_back(objective: &Objective, one: &mut Reached) {
    let counts_answers = |name: &str| {
        let measured = objective.outputs.iter().find(|output| output.name == *name);
        measured.is_some_and(|output| output.is == OutputKind::Answered)
    };
    let measured = one.outputs.len();
    one.outputs.retain(|output| output["name"].as_str().is_some_and(counts_answers));
    if objective.met_when.iter().any(|condition| !counts_answers(&condition.output)) {
        (one.met, one.waits, one.open_because) = (None, false, None);
    }
    one.held_back = one.outputs.len() < measured;
}
