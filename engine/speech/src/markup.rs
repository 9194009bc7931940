//! The marks inside a text: `{pause 1.2}` and `{um}`.

use std::ops::Range;

use crate::SpeechError;

/// The longest pause that a mark may ask for.
pub const LONGEST_PAUSE_SECS: f64 = 30.0;

/// The longest silence that all marks of a text may ask for together.
const LONGEST_SILENCE_SECS: f64 = 300.0;

/// A stretch of a text between marks, or a mark.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Segment {
    /// Bytes to speak.
    Text(Range<usize>),
    /// Seconds of silence.
    Pause(f64),
    /// A filled pause, written at these bytes.
    Um(Range<usize>),
}

/// The segments of a text, in order.
pub(crate) fn segments(text: &str) -> Result<Vec<Segment>, SpeechError> {
    let mut segments = Vec::new();
    let (mut done, mut silence) = (0, 0.0);
    while let Some(open) = text[done..].find('{').map(|at| done + at) {
        let wrong = |mark: &str| SpeechError::Markup { mark: mark.chars().take(40).collect(), at: open };
        let inside = &text[open + 1..];
        let Some(length) = inside.find('}') else { return Err(wrong(inside)) };
        let mark = inside[..length].trim();
        let end = open + 1 + length + 1;
        let segment = if mark == "um" {
            Segment::Um(open..end)
        } else {
            let secs = mark.strip_prefix("pause").and_then(|secs| secs.trim().parse::<f64>().ok());
            let secs = secs.filter(|secs| (0.0..=LONGEST_PAUSE_SECS).contains(secs));
            let secs = secs.ok_or_else(|| wrong(mark))?;
            silence += secs;
            if silence > LONGEST_SILENCE_SECS {
                return Err(wrong(mark));
            }
            Segment::Pause(secs)
        };
        push_text(&mut segments, text, done..open);
        segments.push(segment);
        done = end;
    }
    push_text(&mut segments, text, done..text.len());
    Ok(segments)
}

fn push_text(segments: &mut Vec<Segment>, text: &str, range: Range<usize>) {
    if !text[range.clone()].trim().is_empty() {
        segments.push(Segment::Text(range));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_split_the_text() {
        assert_eq!(
            segments("Well, {pause 1.2} I {um}think.").unwrap(),
            [
                Segment::Text(0..6),
                Segment::Pause(1.2),
                Segment::Text(17..20),
                Segment::Um(20..24),
                Segment::Text(24..30)
            ]
        );
        assert_eq!(segments("  ").unwrap(), []);
        for bad in ["{", "a {pause}", "{pause -1}", "{pause 31}", "{pause NaN}", "{shout}", "{}"] {
            assert!(matches!(segments(bad), Err(SpeechError::Markup { .. })), "{bad}");
        }
        assert!(segments(&"{pause 30}".repeat(10)).is_ok());
        assert!(segments(&"{pause 30}".repeat(11)).is_err());
    }
}
