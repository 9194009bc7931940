//! What the record of a run tells of its way to the reply.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::Value;
use viva_media::Timestamp;

/// What the record tells.
#[derive(Default)]
pub(super) struct Told {
    /// When the last words before the reply arrived.
    pub(super) words: Option<Timestamp>,
    pub(super) acknowledged: Option<String>,
    /// What was said last.
    pub(super) said: String,
    /// When something was done, and what.
    pub(super) steps: Vec<(Timestamp, String)>,
}

/// A step of the way to a reply that an event of the record tells.
fn step(event: &Value) -> Option<String> {
    let body = &event["body"];
    let text = |name: &str| body[name].as_str();
    Some(match event["kind"].as_str()? {
        "floor" => format!("floor: {} ({})", text("kind")?, text("reason").unwrap_or_default()),
        "speculation" if text("outcome")? == "prepared" => format!("{} begun ahead", text("of")?),
        "arrival" => format!("{} there", text("of")?),
        "utterance" => format!("begins: {}", text("text")?),
        _ => return None,
    })
}

pub(super) fn read_record(record: &Path) -> Result<Told> {
    let path = record.join("events.jsonl");
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let (mut last, mut told) = (None, Told::default());
    for line in text.lines() {
        let event: Value = serde_json::from_str(line)?;
        let body = &event["body"];
        if let (Some(at), Some(what)) = (event["t_ns"].as_i64(), step(&event)) {
            told.steps.push((Timestamp::from_nanos(at), what));
        }
        match event["kind"].as_str() {
            Some("arrival") if body["of"] == "words" => {
                last = body["at_ns"].as_i64().map(Timestamp::from_nanos);
            }
            Some("utterance") => {
                told.words = last;
                body["text"].as_str().unwrap_or_default().clone_into(&mut told.said);
            }
            Some("conversation") if body["event"] == "acknowledged" => {
                told.acknowledged = body["text"].as_str().map(str::to_owned);
            }
            _ => {}
        }
    }
    Ok(told)
}
