//! The growing chain of events, and what happens when the disk is full.

use std::{
    fs::File,
    io::{Seek as _, SeekFrom, Write},
};

use serde::Serialize;
use viva_media::Timestamp;
use viva_verify::chain::next_line;

use crate::RecordError;

/// Where event lines go: a file, or a small one in a test.
pub trait Sink: Write {
    /// Cuts everything after `bytes`, so that a half-written line disappears.
    ///
    /// **Errors**: the system's answer.
    fn cut(&mut self, bytes: u64) -> std::io::Result<()>;
}

impl Sink for File {
    fn cut(&mut self, bytes: u64) -> std::io::Result<()> {
        self.set_len(bytes)?;
        self.seek(SeekFrom::Start(bytes)).map(drop)
    }
}

/// Appends event lines, each in one write, each bound to the one before.
///
/// When a write fails the log cuts what was half written and stops: the error is returned once, later events are counted and dropped,
/// and the lines so far stay a valid chain.
#[derive(Debug)]
pub struct EventLog<S> {
    sink: S,
    name: String,
    head: String,
    lines: u64,
    bytes: u64,
    stopped: bool,
    dropped: u64,
}

impl<S: Sink> EventLog<S> {
    /// A log whose first line follows from `start`; `name` stands in messages.
    #[must_use]
    pub fn new(sink: S, name: &str, start: &str) -> Self {
        let (name, head) = (name.to_owned(), start.to_owned());
        Self { sink, name, head, lines: 0, bytes: 0, stopped: false, dropped: 0 }
    }

    /// Appends one event.
    ///
    /// **Errors**: the body is no JSON or too large (the log goes on), or the write failed (the log stops; this is told once).
    pub fn append<T: Serialize>(&mut self, at: Timestamp, kind: &str, body: &T) -> Result<(), RecordError> {
        if self.stopped {
            self.dropped += 1;
            return Ok(());
        }
        let line = serde_json::to_vec(body)
            .and_then(|body| serde_json::from_slice(&body))
            .and_then(|body| next_line(&self.head, self.lines, at.as_nanos(), kind, body))
            .map_err(RecordError::json(self.name.as_str()))?;
        let (line, hash) = line.ok_or_else(|| RecordError::EventTooLarge(kind.to_owned()))?;
        if let Err(source) = self.sink.write_all(&line).and_then(|()| self.sink.flush()) {
            self.stopped = true;
            self.dropped += 1;
            // The first error is the one to tell; a tail that cannot be cut is what `recover` is for.
            drop(self.sink.cut(self.bytes));
            return Err(RecordError::Io { path: self.name.clone(), source });
        }
        self.head = hash;
        self.lines += 1;
        self.bytes += line.len() as u64;
        Ok(())
    }

    /// Goes on after a failed write, where there is room again: the next line follows from the last whole one.
    pub const fn resume(&mut self) {
        self.stopped = false;
    }

    /// Lines written.
    #[must_use]
    pub const fn lines(&self) -> u64 {
        self.lines
    }

    /// Events that came after the log stopped, the one that stopped it included.
    #[must_use]
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The sink, for example to sync it to the disk.
    #[must_use]
    pub fn into_sink(self) -> S {
        self.sink
    }
}

#[cfg(test)]
mod tests {
    use viva_verify::chain::{GENESIS, read_chain};

    use super::*;

    /// A disk of a few bytes that takes part of a write before it is full.
    #[derive(Debug)]
    struct SmallDisk {
        bytes: Vec<u8>,
        room: usize,
    }

    impl Write for SmallDisk {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let count = bytes.len().min(self.room - self.bytes.len());
            if count == 0 {
                return Err(std::io::Error::from(std::io::ErrorKind::StorageFull));
            }
            self.bytes.extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl Sink for SmallDisk {
        fn cut(&mut self, bytes: u64) -> std::io::Result<()> {
            self.bytes.truncate(bytes as usize);
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_is_told_once_and_leaves_a_valid_chain() {
        for room in 0..2000 {
            let mut log = EventLog::new(SmallDisk { bytes: Vec::new(), room }, "events.jsonl", GENESIS);
            let errors =
                (0..20).filter(|n| log.append(Timestamp::from_millis(*n), "said", n).is_err()).count();
            assert_eq!(errors, 1, "room {room}");
            assert_eq!(log.lines() + log.dropped(), 20);
            let lines = log.lines();
            let head =
                read_chain("events.jsonl", &log.into_sink().bytes[..], GENESIS, |_, _| Ok(())).unwrap();
            assert_eq!((head.lines, head.torn_bytes), (lines, 0));
        }
    }

    #[test]
    fn a_log_goes_on_when_there_is_room_again() {
        let mut log = EventLog::new(SmallDisk { bytes: Vec::new(), room: 300 }, "events.jsonl", GENESIS);
        let errors = (0..20).filter(|n| log.append(Timestamp::from_millis(*n), "said", n).is_err()).count();
        log.sink.room = 10_000;
        log.resume();
        log.append(Timestamp::from_millis(20), "said", &20).unwrap();
        let lines = log.lines();
        assert!(errors == 1 && lines > 1);
        assert_eq!(lines - 1 + log.dropped(), 20, "every event is in the log or counted");
        let head = read_chain("events.jsonl", &log.into_sink().bytes[..], GENESIS, |_, _| Ok(())).unwrap();
        assert_eq!((head.lines, head.torn_bytes), (lines, 0));
    }

    #[test]
    fn an_event_that_does_not_fit_does_not_stop_the_log() {
        let mut log = EventLog::new(SmallDisk { bytes: Vec::new(), room: 1 << 22 }, "events.jsonl", GENESIS);
        assert!(log.append(Timestamp::ZERO, "said", &"x".repeat(1 << 20)).is_err());
        assert!(log.append(Timestamp::from_nanos(i64::MAX), "said", &1).is_err());
        log.append(Timestamp::ZERO, "said", &f32::NAN).unwrap();
        assert_eq!((log.lines(), log.dropped()), (1, 0));
    }
}
