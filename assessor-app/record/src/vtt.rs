//! Captions: the transcript as `WebVTT` with voice tags, one cue per phrase.
//!
//! Source: W3C `WebVTT`, the subset of a header, cue identifiers, cue times and one `<v>` tag per cue.

use viva_exchange::Transcript;
use viva_media::Timestamp;

use crate::{
    RecordError,
    transcript::{joined, phrases, speaker_name},
};

/// One caption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cue {
    /// Turn and phrase, `3.0`.
    pub id: String,
    /// Begin, to the millisecond.
    pub start: Timestamp,
    /// End, to the millisecond.
    pub end: Timestamp,
    /// Who speaks.
    pub voice: String,
    /// The words.
    pub text: String,
}

/// The cues of a transcript, in its order; turns without words have none.
#[must_use]
pub fn cues(transcript: &Transcript) -> Vec<Cue> {
    let mut cues = Vec::new();
    for turn in &transcript.turns {
        for (index, phrase) in phrases(turn).into_iter().enumerate() {
            let milli = |at: Timestamp| Timestamp::from_millis(at.as_millis().max(0));
            let start = milli(phrase[0].start);
            cues.push(Cue {
                id: format!("{}.{index}", turn.id.0),
                start,
                end: milli(phrase[phrase.len() - 1].end).max(start),
                voice: speaker_name(turn.speaker).to_owned(),
                text: joined(phrase).split_whitespace().collect::<Vec<_>>().join(" "),
            });
        }
    }
    cues
}

/// Writes cues as a `WebVTT` file.
#[must_use]
pub fn write(cues: &[Cue]) -> String {
    let mut out = String::from("WEBVTT\n");
    for Cue { id, start, end, voice, text } in cues {
        let (start, end) = (time(*start), time(*end));
        out.push_str(&format!("\n{id}\n{start} --> {end}\n<v {}>{}</v>\n", escape(voice), escape(text)));
    }
    out
}

/// Reads a file of the shape that [`write()`] makes.
///
/// **Errors**: the line where the shape ends.
pub fn read(text: &str) -> Result<Vec<Cue>, RecordError> {
    let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    let bad = |line, reason| RecordError::Captions { line, reason };
    if lines.next().map(|(_, line)| line) != Some("WEBVTT") {
        return Err(bad(1, "does not begin with WEBVTT"));
    }
    let mut cues = Vec::new();
    while let Some((number, line)) = lines.next() {
        if line.is_empty() {
            continue;
        }
        let id = line.to_owned();
        let (number, line) = lines.next().ok_or_else(|| bad(number, "a cue without a time"))?;
        let times =
            line.split_once(" --> ").and_then(|(start, end)| Some((parse_time(start)?, parse_time(end)?)));
        let (start, end) = times.ok_or_else(|| bad(number, "not a time"))?;
        let (number, line) = lines.next().ok_or_else(|| bad(number, "a cue without text"))?;
        let voice = line
            .strip_prefix("<v ")
            .and_then(|line| line.strip_suffix("</v>"))
            .and_then(|line| line.split_once('>'));
        let (voice, text) = voice.ok_or_else(|| bad(number, "no voice tag"))?;
        cues.push(Cue { id, start, end, voice: unescape(voice), text: unescape(text) });
    }
    Ok(cues)
}

fn time(at: Timestamp) -> String {
    let millis = at.as_millis().max(0);
    let (hours, minutes, secs) = (millis / 3_600_000, millis / 60_000 % 60, millis / 1000 % 60);
    format!("{hours:02}:{minutes:02}:{secs:02}.{:03}", millis % 1000)
}

fn parse_time(text: &str) -> Option<Timestamp> {
    let (clock, millis) = text.split_once('.')?;
    let mut parts = clock.split(':').map(|part| part.parse::<u32>().ok());
    let (hours, minutes, secs) = (parts.next()??, parts.next()??, parts.next()??);
    let millis: u32 = (millis.len() == 3).then(|| millis.parse().ok())??;
    let total =
        (i64::from(hours) * 3600 + i64::from(minutes) * 60 + i64::from(secs)) * 1000 + i64::from(millis);
    (parts.next().is_none() && minutes < 60 && secs < 60).then(|| Timestamp::from_millis(total))
}

/// `&`, `<`, `>`: so that words can neither open a tag nor write `-->`.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn unescape(text: &str) -> String {
    text.replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use viva_exchange::{Speaker, Turn, TurnId, Word};

    use super::*;

    fn transcript(texts: &[String]) -> Transcript {
        let turns = texts.iter().enumerate().map(|(id, text)| {
            let at = |index: usize| Timestamp::from_millis((id * 100_000 + index * 400) as i64);
            let words: Vec<Word> = text
                .split_whitespace()
                .enumerate()
                .map(|(index, text)| Word {
                    text: text.into(),
                    start: at(index),
                    end: at(index + 1),
                    confidence: 0.9,
                })
                .collect();
            let speaker = if id % 2 == 0 { Speaker::Examiner } else { Speaker::Candidate };
            Turn { id: TurnId(id as u32), speaker, start: at(0), end: at(words.len()), words }
        });
        Transcript { turns: turns.collect() }
    }

    #[test]
    fn phrases_end_with_sentences_and_markup_is_words() {
        let transcript =
            transcript(&["Hello there. How are you?".into(), "<v Assessor>5 --> 6 & more</v>".into()]);
        let text = write(&cues(&transcript));
        assert!(
            text.starts_with("WEBVTT\n\n0.0\n00:00:00.000 --> 00:00:00.800\n<v Assessor>Hello there.</v>\n"),
            "{text}"
        );
        assert!(
            text.contains("<v Candidate>&lt;v Assessor&gt;5 --&gt; 6 &amp; more&lt;/v&gt;</v>"),
            "{text}"
        );
    }

    #[test]
    fn broken_files_are_refused_with_their_line() {
        let good = "WEBVTT\n\n0.0\n00:00:00.000 --> 00:00:01.000\n<v A>x</v>\n";
        assert_eq!(read(good).unwrap().len(), 1);
        for (bad, line) in [
            ("", 1),
            ("WEBVTT\n\n0.0\n", 3),
            ("WEBVTT\n\n0.0\n00:00 --> 1\n", 4),
            ("WEBVTT\n\n0.0\n00:61:00.000 --> 00:00:01.000\n<v A>x</v>", 4),
            ("WEBVTT\n\n0.0\n00:00:00.000 --> 00:00:01.000\nx", 5),
        ] {
            let error = read(bad).unwrap_err().to_string();
            assert!(error.starts_with(&format!("captions line {line}:")), "{bad:?}: {error}");
        }
    }

    proptest! {
        #[test]
        fn captions_read_back_with_every_word(texts in proptest::collection::vec("[a-z<>&;.?! -]{0,120}|.{0,40}", 0..6)) {
            let transcript = transcript(&texts);
            let cues = cues(&transcript);
            let again = read(&write(&cues)).unwrap();
            prop_assert_eq!(&again, &cues);
            for turn in &transcript.turns {
                let id = format!("{}.", turn.id.0);
                let words: Vec<&str> = again.iter().filter(|cue| cue.id.starts_with(&id)).map(|cue| cue.text.as_str()).collect();
                prop_assert_eq!(words.join(" "), turn.text());
            }
        }
    }
}
