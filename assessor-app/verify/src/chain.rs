//! Event lines, each bound to the one before it.
//!
//! A line is the canonical JSON of `{"body","hash","kind","n","prev","t_ns"}`; `hash` is the SHA-256 of the same object without `hash`,
//! `prev` is the `hash` of the line before, or what the chain starts from.

use std::io::BufRead;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Failure, Fault,
    canonical::{sha256_hex, to_canonical},
};

/// What the first chain of a bundle starts from.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// The longest line, in bytes.
pub const MAX_LINE_BYTES: usize = 1 << 20;
/// The largest whole number that canonical JSON keeps exactly.
pub const MAX_WHOLE: i64 = (1 << 53) - 1;

/// One line of a chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Number in the file, from 0.
    pub n: u64,
    /// Nanoseconds since the session's first sample.
    pub t_ns: i64,
    /// What kind of event.
    pub kind: String,
    /// Its content.
    pub body: Value,
    /// The hash of the line before.
    pub prev: String,
    /// The hash of this line.
    pub hash: String,
}

impl Event {
    /// The hash of a line's content: everything but `hash` itself.
    ///
    /// **Errors**: the body cannot be written as canonical JSON.
    pub fn content_hash(&self) -> Result<String, serde_json::Error> {
        let Self { n, t_ns, kind, body, prev, hash: _ } = self;
        Ok(sha256_hex(&to_canonical(
            &serde_json::json!({"n": n, "t_ns": t_ns, "kind": kind, "body": body, "prev": prev}),
        )?))
    }
}

/// Where a chain stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// How many whole lines it has.
    pub lines: u64,
    /// The hash of the last one, or what the chain started from.
    pub hash: String,
    /// Bytes of a last line that was never finished: what a crash may leave. A sealed chain has none.
    pub torn_bytes: u64,
    /// Bytes of the whole lines.
    pub whole_bytes: u64,
}

/// Reads a chain line by line and hands on every event.
///
/// **Errors**: the first line that is not canonical, has another hash, or does not follow from the line before; `visit`'s own.
pub fn read_chain(
    file: &str,
    mut lines: impl BufRead,
    start: &str,
    mut visit: impl FnMut(u64, &Event) -> Result<(), Failure>,
) -> Result<Head, Failure> {
    let mut head = Head { lines: 0, hash: start.to_owned(), torn_bytes: 0, whole_bytes: 0 };
    let mut line = Vec::new();
    loop {
        let number = head.lines + 1;
        let whole = read_line(&mut lines, &mut line).map_err(|error| match error {
            LineError::Io(error) => Failure::unreadable(file, &error),
            LineError::TooLong => Failure::line(file, number, Fault::TooMuch("longest line")),
        })?;
        if !whole {
            head.torn_bytes = line.len() as u64;
            return Ok(head);
        }
        let event = parse_line(file, number, &line)?;
        if event.prev != head.hash {
            let before = if number == 1 { "its start".to_owned() } else { format!("line {}", number - 1) };
            return Err(Failure::line(file, number, Fault::Broken(before)));
        }
        if event.n != head.lines {
            return Err(Failure::line(file, number, Fault::Shape(format!("number is {}", event.n))));
        }
        visit(number, &event)?;
        head.lines += 1;
        head.whole_bytes += line.len() as u64 + 1;
        head.hash = event.hash;
    }
}

fn parse_line(file: &str, number: u64, line: &[u8]) -> Result<Event, Failure> {
    let shape = |error: serde_json::Error| Failure::line(file, number, Fault::Shape(error.to_string()));
    let event: Event = serde_json::from_slice(line).map_err(shape)?;
    if event.content_hash().map_err(shape)? != event.hash {
        return Err(Failure::line(file, number, Fault::LineHash));
    }
    if to_canonical(&event).map_err(shape)? != line {
        return Err(Failure::line(file, number, Fault::Shape("not canonical JSON".into())));
    }
    Ok(event)
}

enum LineError {
    Io(std::io::Error),
    TooLong,
}

/// Reads up to the next line feed, without it. False when the file ended before one.
fn read_line(lines: &mut impl BufRead, line: &mut Vec<u8>) -> Result<bool, LineError> {
    line.clear();
    loop {
        let available = match lines.fill_buf() {
            Ok(available) => available,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(LineError::Io(error)),
        };
        if available.is_empty() {
            return Ok(false);
        }
        let end = available.iter().position(|byte| *byte == b'\n');
        let taken = end.unwrap_or(available.len());
        if line.len() + taken > MAX_LINE_BYTES {
            return Err(LineError::TooLong);
        }
        line.extend_from_slice(&available[..taken]);
        lines.consume(taken + usize::from(end.is_some()));
        if end.is_some() {
            return Ok(true);
        }
    }
}

/// Writes the next line of a chain: its bytes with the line feed, and its hash.
///
/// **Errors**: `None` when time or number is beyond what canonical JSON keeps, or the line would be too long; else the JSON error.
pub fn next_line(
    head: &str,
    n: u64,
    t_ns: i64,
    kind: &str,
    body: Value,
) -> Result<Option<(Vec<u8>, String)>, serde_json::Error> {
    if !(-MAX_WHOLE..=MAX_WHOLE).contains(&t_ns) {
        return Ok(None);
    }
    let mut event =
        Event { n, t_ns, kind: kind.to_owned(), body, prev: head.to_owned(), hash: String::new() };
    event.hash = event.content_hash()?;
    let mut line = to_canonical(&event)?;
    if line.len() > MAX_LINE_BYTES {
        return Ok(None);
    }
    line.push(b'\n');
    Ok(Some((line, event.hash)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(bodies: &[&str]) -> Vec<u8> {
        let (mut bytes, mut head) = (Vec::new(), GENESIS.to_owned());
        for (n, body) in bodies.iter().enumerate() {
            let (line, hash) =
                next_line(&head, n as u64, n as i64 * 20, "said", Value::from(*body)).unwrap().unwrap();
            bytes.extend(line);
            head = hash;
        }
        bytes
    }

    fn read(bytes: &[u8]) -> Result<Head, Failure> {
        read_chain("events.jsonl", bytes, GENESIS, |_, _| Ok(()))
    }

    #[test]
    fn a_chain_reads_back_and_a_torn_tail_is_measured() {
        let mut bytes = chain(&["a", "b\nc", "é"]);
        let whole = bytes.len() as u64;
        bytes.extend(b"{\"body\":");
        let head = read(&bytes).unwrap();
        assert_eq!((head.lines, head.torn_bytes, head.whole_bytes), (3, 8, whole));
    }

    #[test]
    fn every_cut_leaves_a_chain_of_whole_lines() {
        let bytes = chain(&["a", "b", "é"]);
        for cut in 0..bytes.len() {
            let head = read(&bytes[..cut]).unwrap();
            let whole = bytes[..cut].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            assert_eq!((head.whole_bytes, head.torn_bytes), (whole as u64, (cut - whole) as u64));
        }
    }

    #[test]
    fn a_removed_line_breaks_the_chain_where_it_was() {
        let bytes = chain(&["a", "b", "c"]);
        let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
        let failure = read(&[lines[0], lines[2]].concat()).unwrap_err();
        assert_eq!(failure.to_string(), "events.jsonl line 2: hash does not follow from line 1");
    }

    #[test]
    fn a_changed_body_is_named_by_its_line() {
        let text =
            String::from_utf8(chain(&["a", "b", "c"])).unwrap().replace(r#""body":"b""#, r#""body":"x""#);
        assert_eq!(
            read(text.as_bytes()).unwrap_err().to_string(),
            "events.jsonl line 2: hash is not that of the line"
        );
    }

    #[test]
    fn spaces_and_duplicate_keys_are_refused() {
        let text = String::from_utf8(chain(&["a"])).unwrap();
        for bad in [text.replacen(',', ", ", 1), text.replacen('{', r#"{"kind":"x","#, 1)] {
            assert!(read(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_endless_line_is_refused() {
        let failure = read(&vec![b'x'; MAX_LINE_BYTES + 2]).unwrap_err();
        assert_eq!(failure.fault, Fault::TooMuch("longest line"));
    }
}
