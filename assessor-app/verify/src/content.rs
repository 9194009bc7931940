//! Do the files of a bundle agree with each other? Quotes with the transcript, the transcript with the events.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read as _,
    path::Path,
};

use serde_json::Value;

use crate::{
    DECISION_EVENT, EVENTS_FILE, Failure, Fault, MANIFEST_FILE, REVIEW_EVENTS_FILE, REVIEW_FILE, SCORES_FILE,
    SESSION_EVENT, TRANSCRIPT_FILE, TURN_EVENT,
    canonical::{sha256_hex, to_canonical},
    chain::Event,
    oversight::{self, OversightStep},
    seal::SealedFile,
    work_samples,
};

/// The largest JSON document that is read whole, in bytes.
pub(crate) const MAX_JSON_BYTES: u64 = 64 << 20;
const MAX_TURNS: usize = 100_000;
const MAX_STEPS: usize = 1000;

/// What the events tell of: digests of the bodies, to be compared with the documents.
#[derive(Default)]
pub(crate) struct Told {
    /// By the turn's id, the last one said.
    turns: BTreeMap<u64, String>,
    decision: Option<String>,
    session: Option<String>,
    pub(crate) oversight: Vec<OversightStep>,
}

impl Told {
    pub(crate) fn push(&mut self, file: &str, line: u64, event: &Event) -> Result<(), Failure> {
        if oversight::is_step(file, event) {
            if self.oversight.len() >= MAX_STEPS {
                return Err(Failure::line(file, line, Fault::TooMuch("number of oversight steps")));
            }
            self.oversight.push(oversight::step(file, line, event)?);
        }
        match event.kind.as_str() {
            TURN_EVENT => self.push_turn(file, line, event),
            DECISION_EVENT if file == REVIEW_EVENTS_FILE => {
                self.decision = Some(digest(file, &event.body)?);
                Ok(())
            }
            SESSION_EVENT if file == EVENTS_FILE && line == 1 => {
                self.session = Some(digest(file, &event.body)?);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn push_turn(&mut self, file: &str, line: u64, event: &Event) -> Result<(), Failure> {
        let fault = |text: &str| Failure::line(file, line, Fault::Shape(text.into()));
        let id = event.body.get("id").and_then(Value::as_u64).ok_or_else(|| fault("a turn without an id"))?;
        let body = to_canonical(&event.body).map_err(|error| fault(&error.to_string()))?;
        self.turns.insert(id, sha256_hex(&body));
        if self.turns.len() > MAX_TURNS {
            return Err(Failure::line(file, line, Fault::TooMuch("number of turns")));
        }
        Ok(())
    }
}

/// Reads a file up to `limit` bytes.
pub(crate) fn read_bounded(root: &Path, path: &str, limit: u64) -> Result<Vec<u8>, Failure> {
    let file = std::fs::File::open(root.join(path)).map_err(|error| Failure::unreadable(path, &error))?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| Failure::unreadable(path, &error))?;
    if bytes.len() as u64 > limit {
        return Err(Failure::file(path, Fault::TooMuch("size of a document")));
    }
    Ok(bytes)
}

fn digest(file: &str, value: &Value) -> Result<String, Failure> {
    let bytes = to_canonical(value).map_err(|error| Failure::file(file, Fault::Shape(error.to_string())))?;
    Ok(sha256_hex(&bytes))
}

pub(crate) fn read_json(root: &Path, path: &str) -> Result<Value, Failure> {
    serde_json::from_slice(&read_bounded(root, path, MAX_JSON_BYTES)?)
        .map_err(|error| Failure::file(path, Fault::Shape(error.to_string())))
}

struct TurnText {
    candidate: bool,
    text: String,
}

/// Checks the documents against each other, as far as they are in the bundle.
pub(crate) fn check(
    root: &Path,
    files: &BTreeMap<String, SealedFile>,
    session: &str,
    events: &Told,
) -> Result<(), Failure> {
    let paths: &BTreeSet<&str> = &files.keys().map(String::as_str).collect();
    if paths.contains(MANIFEST_FILE) {
        let manifest = read_json(root, MANIFEST_FILE)?;
        if manifest.get("mode").and_then(Value::as_str) == Some("practice") {
            nothing_follows(paths, events)?;
        }
        if manifest.get("session_id").and_then(Value::as_str) != Some(session) {
            let fault = Fault::Content("session id is not the sealed one".into());
            return Err(Failure::file(MANIFEST_FILE, fault));
        }
        if events.session != Some(digest(MANIFEST_FILE, &manifest)?) {
            let fault = Fault::Content("is not the one in the first event".into());
            return Err(Failure::file(MANIFEST_FILE, fault));
        }
    }
    if paths.contains(REVIEW_FILE)
        && events.decision != Some(digest(REVIEW_FILE, &read_json(root, REVIEW_FILE)?)?)
    {
        let fault = Fault::Content("the decision is not the one in the review's events".into());
        return Err(Failure::file(REVIEW_FILE, fault));
    }
    oversight::check(&events.oversight)?;
    work_samples::check(root, files, &events.oversight)?;
    let mut turns = BTreeMap::new();
    if paths.contains(TRANSCRIPT_FILE) {
        turns = transcript(&read_json(root, TRANSCRIPT_FILE)?, events)?;
    }
    if paths.contains(SCORES_FILE) {
        let scores = read_json(root, SCORES_FILE)?;
        let criteria = scores.get("criteria").cloned().unwrap_or(Value::Null);
        quotes(&criteria, &turns, true)?;
        quotes(&scores, &turns, false)?;
    }
    Ok(())
}

/// Practice is for the learner alone: a decision on it, or a credential, is a fault whoever sealed it.
fn nothing_follows(paths: &BTreeSet<&str>, events: &Told) -> Result<(), Failure> {
    let decided = paths.iter().find(|path| **path == REVIEW_FILE || path.starts_with("credential/"));
    let reviewed = events.oversight.first().map(|step| step.file.as_str());
    match decided.copied().or(reviewed) {
        None => Ok(()),
        Some(path) => {
            let fault =
                Fault::Content("follows from a practice session, from which nothing may follow".into());
            Err(Failure::file(path, fault))
        }
    }
}

fn transcript(document: &Value, events: &Told) -> Result<BTreeMap<u64, TurnText>, Failure> {
    let shape = |text: &str| Failure::file(TRANSCRIPT_FILE, Fault::Shape(text.into()));
    let list = document.get("turns").and_then(Value::as_array).ok_or_else(|| shape("no list of turns"))?;
    let mut turns = BTreeMap::new();
    for turn in list {
        let id = turn.get("id").and_then(Value::as_u64).ok_or_else(|| shape("a turn without an id"))?;
        let words =
            turn.get("words").and_then(Value::as_array).ok_or_else(|| shape("a turn without words"))?;
        let words: Option<Vec<&str>> =
            words.iter().map(|word| word.get("text").and_then(Value::as_str)).collect();
        let text = words.ok_or_else(|| shape("a word without text"))?.join(" ");
        let candidate = turn.get("speaker").and_then(Value::as_str) == Some("candidate");
        let body = to_canonical(turn).map_err(|error| shape(&error.to_string()))?;
        if events.turns.get(&id) != Some(&sha256_hex(&body)) {
            let text = format!("turn {id} is not the one in the events");
            return Err(Failure::file(TRANSCRIPT_FILE, Fault::Content(text)));
        }
        if turns.insert(id, TurnText { candidate, text }).is_some() {
            return Err(Failure::file(TRANSCRIPT_FILE, Fault::Content(format!("turn {id} stands twice"))));
        }
    }
    match events.turns.keys().find(|id| !turns.contains_key(id)) {
        Some(id) => {
            Err(Failure::file(TRANSCRIPT_FILE, Fault::Content(format!("turn {id} of the events is missing"))))
        }
        None => Ok(turns),
    }
}

/// Every object with `turn` and `text` is a quote, wherever it stands.
fn quotes(value: &Value, turns: &BTreeMap<u64, TurnText>, of_candidate: bool) -> Result<(), Failure> {
    let content = |text: String| Failure::file(SCORES_FILE, Fault::Content(text));
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| quotes(item, turns, of_candidate)),
        Value::Object(object) => {
            if let (Some(turn), Some(Value::String(text))) = (object.get("turn"), object.get("text")) {
                let spoken = turn.as_u64().and_then(|id| turns.get(&id));
                let spoken = spoken.ok_or_else(|| {
                    content(format!("quote of turn {turn}, which is not in the transcript"))
                })?;
                if text.trim().is_empty() || !spoken.text.contains(text.as_str()) {
                    return Err(content(format!("quote “{text}” is not in turn {turn}")));
                }
                if of_candidate && !spoken.candidate {
                    return Err(content(format!("quote “{text}” of turn {turn} is not the candidate's")));
                }
            }
            object.values().try_for_each(|item| quotes(item, turns, of_candidate))
        }
        _ => Ok(()),
    }
}
