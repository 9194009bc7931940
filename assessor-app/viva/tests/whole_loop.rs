//! `viva loop`: the reply to a recorded answer, prepared while the candidate falls silent.
//!
//! The networks must be in the cache: `cargo xtask test` fetches them. No figure of time is asserted.

mod common;

use std::path::Path;

use serde_json::Value;

use common::viva;

const REPLY: &str = "Thank you, that is clear. Could you tell me what you would do differently next time?";

fn run(args: &[&str]) -> String {
    let output = viva(args, "");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// A spoken answer with three seconds of silence after it, and where the speech ends.
fn answer(wav: &Path) -> f64 {
    let path = wav.to_str().expect("plain");
    run(&[
        "say",
        "First I wrote down the risks. {pause 0.4} Then I asked two colleagues.",
        "--out",
        path,
        "--voice",
        "candidate_a",
    ]);
    let mut reader = hound::WavReader::open(wav).expect("written by the program");
    let spec = reader.spec();
    let mut samples: Vec<i16> = reader.samples().map(|sample| sample.expect("whole")).collect();
    let end = samples.iter().rposition(|sample| sample.unsigned_abs() > 300).expect("speech");
    samples.resize(end + 3 * spec.sample_rate as usize, 0);
    let mut writer = hound::WavWriter::create(wav, spec).expect("a file");
    samples.iter().for_each(|sample| writer.write_sample(*sample).expect("room on the disk"));
    writer.finalize().expect("room on the disk");
    end as f64 / f64::from(spec.sample_rate)
}

fn hear(wav: &Path, end: f64, more: &[&str]) -> Value {
    let (wav, end) = (wav.to_str().expect("plain"), format!("{end:.3}"));
    let args = ["loop", "--wav", wav, "--end", &end, "--runs", "1", "--json"];
    let report: Value = serde_json::from_str(&run(&[&args[..], more].concat())).expect("JSON");
    report["turns"][0]["runs"][0].clone()
}

/// A word, where one was said, is one of the examiner's and comes before the reply, which waits for its end.
fn acknowledged_first(run: &Value) {
    let Some(at) = run["acknowledged_ms"].as_f64() else {
        assert_eq!(run["first_ms"], run["delay_ms"], "a machine quick enough needs none: {run}");
        return;
    };
    let words = ["Okay.", "Thank you.", "All right.", "I see."];
    assert!(run["acknowledged"].as_str().is_some_and(|word| words.contains(&word)), "{run}");
    assert_eq!(run["first_ms"].as_f64(), Some(at));
    assert!(run["delay_ms"].as_f64().is_some_and(|reply| reply > at), "{run}");
    assert_ne!(run["heard"], run["said"]);
}

#[test]
fn the_reply_is_the_same_whether_it_was_prepared_or_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let wav = folder.path().join("answer.wav");
    let end = answer(&wav);
    let ahead = hear(&wav, end, &[]);
    let plain = hear(&wav, end, &["--no-speculation"]);
    for run in [&ahead, &plain] {
        assert_eq!((&run["said"], &run["cut_in"]), (&Value::from(REPLY), &Value::from(false)), "{run}");
        let heard = run["heard"].as_str().unwrap_or_default().to_lowercase();
        assert!(heard.contains("risks") && heard.contains("colleagues"), "{run}");
    }
    assert_eq!(ahead["heard"], plain["heard"], "words that were recognised ahead are the words");
    assert_eq!(plain["speculation"], serde_json::json!({}));
    assert_eq!(plain["acknowledged_ms"], Value::Null, "what is not made ahead is not said");
    acknowledged_first(&ahead);
    let silent = hear(&wav, end, &["--no-acknowledgement"]);
    assert_eq!((&silent["acknowledged"], &silent["acknowledged_ms"]), (&Value::Null, &Value::Null));
    assert_eq!((&silent["said"], &silent["heard"]), (&ahead["said"], &ahead["heard"]));
    assert_eq!(silent["first_ms"], silent["delay_ms"]);
    // How much is ready in time depends on the machine; that all of it is accounted for does not.
    let kinds = ahead["speculation"].as_object().expect("a kind of work each");
    for (kind, work) in kinds {
        let count = |name: &str| work[name].as_u64().expect("a count");
        assert_eq!(count("prepared"), count("used") + count("wasted"), "{kind}: {ahead}");
    }
}

#[test]
fn what_cannot_be_heard_is_told_with_the_mend() {
    let folder = tempfile::tempdir().expect("a folder");
    let wav = folder.path().join("answer.wav");
    let end = answer(&wav);
    let wav = wav.to_str().expect("plain");
    for (args, says) in [
        (vec!["loop", "--wav", wav, "--end", "99"], "the speech cannot end at 99 s"),
        (vec!["loop", "--wav", wav, "--end", "1", "2"], "one --end for each --wav"),
        (vec!["loop", "--wav", wav, "--end", "1", "--policy", "hasty"], "no policy is called \"hasty\""),
    ] {
        let output = viva(&args, "");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(says), "{args:?} {end}: {error}");
    }
}
