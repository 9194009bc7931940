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
    for kind in ["words", "speech"] {
        assert!(ahead["speculation"][kind]["used"].as_u64() >= Some(1), "{kind}: {ahead}");
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
