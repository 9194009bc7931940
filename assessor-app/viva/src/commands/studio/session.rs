//! A session's record for the studio: what it says, whether it verifies, and its face by running it again.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde::de::DeserializeOwned;
use serde_json::Value;
use viva_behaviour::Profile;
use viva_exchange::{Turn, TurnEvent};
use viva_media::{TimeSpan, Timestamp};
use viva_record::wire::SessionHeader;
use viva_studio::Recording;

use crate::commands::replay;
use crate::interview::{examiner_profile, load_exam};

/// Larger files are no record of ours.
const MOST_BYTES: u64 = 256 << 20;
/// No interview lasts longer.
const LONGEST: TimeSpan = TimeSpan::from_millis(46 * 60 * 1000);

/// Opens what can be read; only where there is no record at all it is refused.
pub(super) fn open(bundle: &Path) -> Result<Recording> {
    ensure!(bundle.is_dir(), "{} is no folder: name what `viva interview --out` left", bundle.display());
    let events = read(bundle, viva_verify::EVENTS_FILE)
        .with_context(|| format!("{} is no record of a session", bundle.display()))?;
    let fault = viva_verify::verify_bundle(bundle, None).err().map(|failure| failure.to_string());
    let (lines, broken) = lines(&events);
    ensure!(!lines.is_empty(), "{}: no line of {} is an event", bundle.display(), viva_verify::EVENTS_FILE);
    let mut remarks = Vec::new();
    if broken > 0 {
        remarks
            .push(format!("{broken} lines of {} are no events and were left out.", viva_verify::EVENTS_FILE));
    }
    let header: Option<SessionHeader> =
        read(bundle, viva_verify::MANIFEST_FILE).ok().and_then(|text| serde_json::from_str(&text).ok());
    if header.is_none() {
        remarks.push(format!("{} cannot be read.", viva_verify::MANIFEST_FILE));
    }
    let end = lines.iter().map(|line| line.at).max().unwrap_or(Timestamp::ZERO);
    let mut turns: Vec<Turn> = bodies(&lines, viva_verify::TURN_EVENT);
    turns.retain(|turn| {
        is_within(turn.start, turn.end) && turn.words.iter().all(|w| is_within(w.start, w.end))
    });
    turns.sort_by_key(|turn| turn.start);
    let mut floor: Vec<TurnEvent> = bodies(&lines, "floor");
    floor.sort_by_key(|mark| mark.at);
    let digests = lines.iter().filter(|line| line.kind == "poses");
    let digests = digests.filter_map(|line| line.body["sha256"].as_str().map(str::to_owned)).collect();
    let seed = header.as_ref().and_then(|header| header.seed.parse().ok());
    let film = Some(bundle.join("session.mp4")).filter(|film| film.is_file());
    let has_sound = bundle.join("audio/candidate.wav").is_file();
    let tracks = ["audio/candidate.wav", "audio/assessor.wav"].map(|track| bundle.join(track));
    let sound = tracks.into_iter().filter(|track| track.is_file()).collect();
    if !has_sound {
        remarks.push(
            "The record holds no sound: its face cannot be performed again, since poses are not stored but follow from the sound.".to_owned(),
        );
    }
    if fault.is_some() && has_sound {
        remarks.push("The face of a record that does not verify is not performed again.".to_owned());
    }
    let runs = fault.is_none() && has_sound && seed.is_some();
    let setup = lines.iter().find(|line| line.kind == "setup").filter(|_| runs);
    // Where the package is gone the replay says so.
    let exam = setup.and_then(|setup| load_exam(Path::new(setup.body["exam"].as_str()?)).ok());
    let profile = exam.map_or_else(|| Ok(Profile::examiner()), |exam| examiner_profile(&exam))?;
    Ok(Recording {
        name: bundle.display().to_string(),
        title: header.map_or_else(
            || "a session of which nothing else is known".to_owned(),
            |header| format!("{}, {}, {}", header.exam_title, header.candidate.name, header.started_at),
        ),
        seed: seed.unwrap_or(0),
        profile,
        end,
        turns,
        floor,
        digests,
        meter: meter(&lines),
        film,
        sound,
        fault,
        remarks,
        face: runs.then(|| again(bundle.to_owned())),
    })
}

/// Runs the session again for the studio.
fn again(bundle: PathBuf) -> viva_studio::Replay {
    Box::new(move |feed| replay::show(&bundle, feed).map_err(|error| format!("{error:#}")))
}

struct Line {
    at: Timestamp,
    kind: String,
    body: Value,
}

fn read(bundle: &Path, name: &str) -> Result<String> {
    let path = bundle.join(name);
    let length = std::fs::metadata(&path).with_context(|| format!("cannot read {}", path.display()))?.len();
    ensure!(length <= MOST_BYTES, "{} has {length} bytes: at most {MOST_BYTES} are read", path.display());
    std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
}

/// The events that can be read, and how many lines are none.
fn lines(text: &str) -> (Vec<Line>, usize) {
    let mut broken = 0;
    let lines = text.lines().filter_map(|line| {
        let event = event(line);
        broken += usize::from(event.is_none());
        event
    });
    (lines.collect(), broken)
}

fn event(line: &str) -> Option<Line> {
    let mut value: Value = serde_json::from_str(line).ok()?;
    let at = Timestamp::from_nanos(value.get("t_ns")?.as_i64()?);
    let kind = value.get("kind")?.as_str()?.to_owned();
    let body = value.get_mut("body")?.take();
    is_within(at, at).then_some(Line { at, kind, body })
}

fn is_within(start: Timestamp, end: Timestamp) -> bool {
    Timestamp::ZERO <= start && start <= end && end <= Timestamp::ZERO + LONGEST
}

fn bodies<T: DeserializeOwned>(lines: &[Line], kind: &str) -> Vec<T> {
    let of_kind = lines.iter().filter(|line| line.kind == kind);
    of_kind.filter_map(|line| serde_json::from_value(line.body.clone()).ok()).collect()
}

/// What the session's meter reported about pictures and answers.
fn meter(lines: &[Line]) -> Vec<String> {
    let Some(meter) = lines.iter().rfind(|line| line.kind == "meter") else { return Vec::new() };
    let told = |line: &Value| {
        let number = |name: &str| line[name].as_f64();
        Some(format!(
            "{}: n {}, p50 {:.1} ms, p95 {:.1} ms",
            line["name"].as_str()?,
            line["count"].as_u64()?,
            number("p50_ms")?,
            number("p95_ms")?
        ))
    };
    meter.body["latencies"].as_array().into_iter().flatten().filter_map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_read_of_a_torn_record_is_shown() {
        let folder = tempfile::tempdir().expect("a folder");
        let turn = r#"{"body":{"id":0,"speaker":"candidate","start":1000000000,"end":2000000000,"words":[]},"kind":"turn","t_ns":2000000000}"#;
        let far = turn
            .replace("2000000000", "99000000000000000")
            .replace(r#""t_ns":99000000000000000"#, r#""t_ns":3"#);
        let floor = r#"{"body":{"at":1500000000,"kind":"backchannel","reason":"x"},"kind":"floor","t_ns":1500000000}"#;
        let text = [turn, &far, floor, "{\"t_ns\":", "", "null", "\u{fffd}"].join("\n");
        std::fs::write(folder.path().join("events.jsonl"), text).expect("writes");
        let recording = open(folder.path()).expect("there is a record");
        assert_eq!((recording.turns.len(), recording.floor.len()), (1, 1));
        assert_eq!(recording.end, Timestamp::from_secs(2.0));
        assert!(recording.fault.is_some() && recording.face.is_none() && recording.film.is_none());
        assert!(recording.remarks[0].starts_with("4 lines"), "{:?}", recording.remarks);
        assert!(
            recording.remarks.iter().any(|remark| remark.contains("no sound")),
            "{:?}",
            recording.remarks
        );
    }

    #[test]
    fn what_is_no_record_is_refused_with_words() {
        let folder = tempfile::tempdir().expect("a folder");
        let told = |path: &Path| format!("{:#}", open(path).expect_err("is none"));
        assert!(told(folder.path()).contains("is no record of a session"));
        assert!(told(&folder.path().join("none")).contains("is no folder"));
        std::fs::write(folder.path().join("events.jsonl"), "no events\n").expect("writes");
        assert!(told(folder.path()).contains("no line of events.jsonl is an event"));
    }
}
