//! A sound file in parts, as players ask for it.

use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
    path::Path,
};

use crate::message::{Answer, Request};

/// The longest part of one answer, so that a player that waits holds no connection.
const MOST: u64 = 1 << 20;

/// The part that is asked for; without a range the first one.
pub(crate) fn part(path: &Path, kind: &'static str, request: &Request) -> Answer {
    let opened = File::open(path).and_then(|file| file.metadata().map(|meta| (file, meta.len())));
    let Ok((mut file, length)) = opened else {
        return Answer::plain(404, "This sound is not in the record.");
    };
    let asked = request.range.as_deref().map(|range| parse(range, length));
    let Some((start, end)) = asked.unwrap_or(Some((0, length.saturating_sub(1)))) else {
        let more = vec![("content-range", format!("bytes */{length}"))];
        return Answer { more, ..Answer::plain(416, "No such part.") };
    };
    let end = end.min(start + MOST - 1);
    let mut body = Vec::new();
    let read =
        file.seek(SeekFrom::Start(start)).and_then(|_| file.take(end - start + 1).read_to_end(&mut body));
    if read.is_err() {
        return Answer::plain(500, "The sound could not be read.");
    }
    let more = vec![
        ("content-range", format!("bytes {start}-{end}/{length}")),
        ("accept-ranges", "bytes".to_owned()),
    ];
    Answer { status: 206, more, ..Answer::asset(kind, body) }
}

/// `bytes=5-`, `bytes=5-9`, `bytes=-4` → first and last byte. `None` for what is none.
fn parse(range: &str, length: u64) -> Option<(u64, u64)> {
    let (from, to) = range.strip_prefix("bytes=")?.split(',').next()?.trim().split_once('-')?;
    let last = length.checked_sub(1)?;
    if from.is_empty() {
        let count = to.parse::<u64>().ok().filter(|count| *count > 0)?;
        return Some((length.saturating_sub(count), last));
    }
    let from = from.parse().ok().filter(|from| *from <= last)?;
    let to = if to.is_empty() { last } else { to.parse::<u64>().ok()?.min(last) };
    (from <= to).then_some((from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_or_refused() {
        for (range, expect) in [
            ("bytes=0-", Some((0, 9))),
            ("bytes=3-5", Some((3, 5))),
            ("bytes=3-500", Some((3, 9))),
            ("bytes=-4", Some((6, 9))),
            ("bytes=-400", Some((0, 9))),
            ("bytes=10-", None),
            ("bytes=5-3", None),
            ("bytes=-0", None),
            ("bytes=a-b", None),
            ("lines=0-1", None),
            ("bytes=99999999999999999999-", None),
        ] {
            assert_eq!(parse(range, 10), expect, "{range}");
        }
        assert_eq!(parse("bytes=0-", 0), None);
    }
}
