//! Reading a document in a process of its own: what hangs, overflows its stack or eats memory there harms nobody.

use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use anyhow::{Context as _, Result};
use viva_knowledge::{Document, ReadError, read, sha256_hex};

use super::say;

/// A 500-page handbook takes seconds.
const MOST_SECS: u64 = 120;
/// Address space of the reader: several times what the largest permitted file needs.
#[cfg(unix)]
const MOST_MEMORY: u64 = 4 << 30;
/// Answers are text of at most 32 MB; JSON may escape it.
const MOST_ANSWER_BYTES: u64 = 256 << 20;

/// Reads a document in a child process with bounds on time and memory; refuses a file that is no longer the one of the hash.
pub(crate) fn read_isolated(path: &Path, sha256: &str) -> Result<Result<Document, ReadError>> {
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    let mut child = Command::new(program)
        .args(["kb", "read"])
        .arg(path)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot start the document reader")?;
    let stdout = child.stdout.take().context("the document reader has no output")?;
    let (told, answer) = sync_channel(1);
    std::thread::Builder::new()
        .name("document".to_owned())
        .spawn(move || {
            let mut bytes = Vec::new();
            let read = stdout.take(MOST_ANSWER_BYTES).read_to_end(&mut bytes);
            // The other end may have stopped waiting.
            told.send(read.map(|_| bytes)).unwrap_or_default();
        })
        .context("cannot start a thread")?;
    let given_up = |why: &str| Ok(Err(ReadError::GivenUp(why.to_owned())));
    match answer.recv_timeout(Duration::from_secs(MOST_SECS)) {
        Ok(bytes) => {
            let bytes = bytes.context("cannot hear the document reader")?;
            let status = child.wait().context("cannot wait for the document reader")?;
            match serde_json::from_slice::<(String, Result<Document, ReadError>)>(&bytes) {
                Ok((read, result)) if status.success() && read == sha256 => Ok(result),
                Ok(_) if status.success() => given_up("the file was changed meanwhile: add it again"),
                _ => given_up("the file made the reader fail: it is damaged, or needs too much memory"),
            }
        }
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
            child.kill().context("cannot stop the document reader")?;
            child.wait().context("cannot wait for the document reader")?;
            given_up(&format!("the file takes more than {MOST_SECS} s to read: save it anew, or split it"))
        }
    }
}

/// The child's side.
pub(super) fn run(file: &Path) -> Result<()> {
    bound_myself();
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    say(serde_json::to_string(&(sha256_hex(&bytes), read(&name, &bytes)))?);
    Ok(())
}

#[cfg(unix)]
fn bound_myself() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    for (resource, most) in [(Resource::As, MOST_MEMORY), (Resource::Cpu, MOST_SECS)] {
        // Where the system knows no such bound, the parent's clock still holds.
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) }).unwrap_or_default();
    }
}

#[cfg(not(unix))]
fn bound_myself() {}
