//! What the tests of the program share: where things lie, and how it is run.

#![allow(dead_code, reason = "each test file uses a part")]

pub(crate) mod studio;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub(crate) fn exam() -> PathBuf {
    root().join("assessor-app/exams/nursing-de-escalation")
}

/// Runs the program to its end with `input` typed.
pub(crate) fn viva(args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_viva"))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // A program that does not read its input closes the pipe; that is its right.
    child.stdin.take().expect("piped").write_all(input.as_bytes()).unwrap_or_default();
    child.wait_with_output().expect("the program ends")
}

/// Runs the program, which must succeed; gives what it says.
#[track_caller]
pub(crate) fn good(args: &[&str]) -> String {
    good_with(args, "")
}

/// As [`good`] with `input` typed.
#[track_caller]
pub(crate) fn good_with(args: &[&str], input: &str) -> String {
    let output = viva(args, input);
    assert!(
        output.status.success(),
        "viva {args:?} failed: {}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    text(&output.stdout)
}

/// The command fails, and its error says each of these.
#[track_caller]
pub(crate) fn bad(args: &[&str], says: &[&str]) {
    let output = viva(args, "");
    let error = text(&output.stderr);
    assert!(!output.status.success(), "viva {args:?} should fail");
    for part in says {
        assert!(error.contains(part), "viva {args:?}: {part:?} is not in: {error}");
    }
    assert!(!error.contains("panicked"), "{error}");
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub(crate) fn path(path: &Path) -> &str {
    path.to_str().expect("test folders have plain names")
}
