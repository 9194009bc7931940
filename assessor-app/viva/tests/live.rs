//! Sessions in real time with GStreamer elements in place of devices, and how a session ends before its time.
//!
//! The networks must be in the cache: `cargo xtask test` fetches them.

mod common;

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

use common::exam;

fn start(options: &[&str], out: &Path) -> Child {
    let (exam, out) = (exam(), out.to_str().expect("plain"));
    Command::new(env!("CARGO_BIN_EXE_viva"))
        .args(["interview", "--exam", exam.to_str().expect("plain"), "--out", out, "--headless"])
        .args(options)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts")
}

fn live(microphone: &str) -> [&str; 7] {
    ["--live", "--microphone", microphone, "--camera", "off", "--loudspeaker", "off"]
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn checks(command: &str, out: &Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_viva")).arg(command).arg(out).output().expect("it starts");
    assert!(output.status.success(), "{command}: {}", text(&output));
    text(&output)
}

fn events(out: &Path) -> Vec<Value> {
    let lines = std::fs::read_to_string(out.join("events.jsonl")).unwrap_or_default();
    // The last line may be half written while the session runs.
    lines.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn has(events: &[Value], kind: &str) -> bool {
    events.iter().any(|event| event["kind"] == kind)
}

/// Waits until the record has an event of this kind, then sends Ctrl-C.
fn interrupt(mut child: Child, out: &Path, kind: &str) -> Output {
    let mut patience = 3000;
    while !has(&events(out), kind) {
        patience -= 1;
        let ended = child.try_wait().expect("a child");
        assert!(patience > 0 && ended.is_none(), "no event {kind:?} came");
        #[expect(clippy::disallowed_methods, reason = "the test waits for another process")]
        std::thread::sleep(Duration::from_millis(100));
    }
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(sent.success());
    child.wait_with_output().expect("the program ends")
}

#[test]
fn ctrl_c_ends_a_live_session_in_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("live");
    let ended = interrupt(start(&live("audiotestsrc is-live=true wave=silence"), &out), &out, "utterance");
    assert!(ended.status.success(), "{}", text(&ended));
    assert!(text(&ended).contains("before its time: the operator stopped"), "{}", text(&ended));
    checks("verify", &out);
    checks("replay", &out);
    let events = events(&out);
    assert!(has(&events, "stopped") && has(&events, "cut"), "it was stopped in the middle of a sentence");
    let arrived = |of: &str| events.iter().any(|e| e["kind"] == "arrival" && e["body"]["of"] == of);
    assert!(arrived("speech"), "the voice came from its thread");
}

#[test]
fn a_microphone_that_fails_ends_the_session_in_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let (wav, out) = (folder.path().join("short.wav"), folder.path().join("live"));
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: 8000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(&wav, spec).expect("a test may write");
    for _ in 0..2 * 8000 {
        writer.write_sample(3_i16).and_then(|()| writer.write_sample(-3_i16)).expect("a test may write");
    }
    writer.finalize().expect("a test may write");
    let microphone = format!("filesrc location={} ! wavparse ! identity sync=true", wav.display());
    let ended = start(&live(&microphone), &out).wait_with_output().expect("the program ends");
    let said = text(&ended);
    assert!(!ended.status.success() && said.contains("the stream has ended"), "{said}");
    assert!(said.contains("what was recorded until then is sealed"), "{said}");
    checks("verify", &out);
    assert!(has(&events(&out), "failure"));
}

#[test]
fn no_microphone_is_told_with_the_mend() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("live");
    let ended = start(&live("nosuchmicrophone"), &out).wait_with_output().expect("the program ends");
    let said = text(&ended);
    assert!(!ended.status.success(), "{said}");
    for part in ["nosuchmicrophone", "no microphone can be opened", "--microphone", "--candidate text"] {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }
    assert!(!out.exists(), "nothing is recorded");
}

#[test]
fn ctrl_c_ends_a_simulated_session_which_replays() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("simulated");
    let child = start(&["--candidate", "sim:strong", "--no-video"], &out);
    // Sound is kept from the consent on: with it the whole engine replays, up to the tick of the interruption.
    let ended = interrupt(child, &out, "audio_stamps");
    assert!(ended.status.success(), "{}", text(&ended));
    checks("verify", &out);
    let replayed = checks("replay", &out);
    assert!(replayed.contains("from stored sound"), "{replayed}");
}

/// A limit on the length of a file stands for a full disk: the sound comes to it first.
#[test]
fn a_disk_that_refuses_ends_the_session_in_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("full");
    let script = "trap '' XFSZ; ulimit -f 5000; exec \"$@\"";
    let (exam, out_text) = (exam(), out.to_str().expect("plain"));
    let ended = Command::new("bash")
        .args(["-c", script, "limited", env!("CARGO_BIN_EXE_viva"), "interview", "--candidate", "sim:strong"])
        .args(["--exam", exam.to_str().expect("plain"), "--out", out_text, "--headless", "--no-video"])
        .output()
        .expect("bash starts");
    let said = text(&ended);
    assert!(!ended.status.success() && said.contains("the record is not whole"), "{said}");
    assert!(said.contains("audio/") && said.contains("File too large"), "{said}");
    checks("verify", &out);
    assert!(!out.join("reserve").exists(), "the reserved space is given back");
}
