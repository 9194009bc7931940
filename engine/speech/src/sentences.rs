//! Where a text is cut before it goes to the acoustic network.

use std::collections::HashSet;
use std::ops::Range;

/// Symbols that go to the acoustic network at once.
///
/// **Source**: `hibari-tts` 0.2.1, `tts.py`, `MAX_PHONEMES`.
pub(crate) const LONGEST_CHUNK: usize = 400;

/// The sentences of a text: cut at line ends and after end punctuation that is no abbreviation.
pub(crate) fn sentences(text: &str, titles: &HashSet<String>) -> Vec<Range<usize>> {
    let mut sentences = Vec::new();
    let mut line_start = 0;
    for line in text.split_inclusive('\n') {
        let range = trim(text, line_start..line_start + line.len());
        line_start += line.len();
        let paragraph = &text[range.clone()];
        let mut cut = 0;
        for (at, letter) in paragraph.char_indices() {
            if at < cut || !".!?…".contains(letter) {
                continue;
            }
            let end = at + letter.len_utf8();
            let rest = &paragraph[end..];
            let closing = rest.trim_start_matches(['"', '”', '’', ')', ']']);
            let next = closing.trim_start();
            if next.is_empty()
                || next.len() == closing.len()
                || !ends_sentence(&paragraph[..at], letter, next, titles)
            {
                continue;
            }
            sentences.push(range.start + cut..range.start + end);
            cut = paragraph.len() - next.len();
        }
        sentences.push(range.start + cut..range.end);
    }
    sentences.retain(|range| !text[range.clone()].trim().is_empty());
    sentences
}

fn ends_sentence(before: &str, mark: char, next: &str, titles: &HashSet<String>) -> bool {
    if next.starts_with(char::is_lowercase) {
        return false;
    }
    let word = before.rsplit(' ').next().unwrap_or("").trim_start_matches(['(', '"', '“', '\'', '‘']);
    let mut letters = word.chars();
    let is_initial = letters.next().is_some_and(char::is_uppercase) && letters.next().is_none();
    mark != '.' || !(titles.contains(word) || is_initial)
}

fn trim(text: &str, range: Range<usize>) -> Range<usize> {
    let part = &text[range.clone()];
    let start = range.start + (part.len() - part.trim_start().len());
    start..(start + part.trim().len())
}

/// Ranges of at most [`LONGEST_CHUNK`] symbols, cut at clause punctuation, else at spaces, else anywhere.
pub(crate) fn chunks(symbols: &[char]) -> Vec<Range<usize>> {
    let mut chunks = Vec::new();
    let mut start = 0;
    while symbols.len() - start > LONGEST_CHUNK {
        let window = &symbols[start..start + LONGEST_CHUNK];
        let clause = (1..window.len()).rev().find(|&at| window[at] == ' ' && ",;:—".contains(window[at - 1]));
        let cut = clause.or_else(|| window.iter().rposition(|&c| c == ' ')).filter(|&at| at > 0);
        let end = start + cut.unwrap_or(LONGEST_CHUNK);
        chunks.push(start..end);
        start = end + usize::from(cut.is_some());
    }
    if start < symbols.len() {
        chunks.push(start..symbols.len());
    }
    chunks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_into_sentences() {
        let titles = HashSet::from(["Dr".to_string()]);
        for (text, expected) in [
            ("One. Two! Three?", vec!["One.", "Two!", "Three?"]),
            ("Dr. Smith came. He left.", vec!["Dr. Smith came.", "He left."]),
            ("J. K. Rowling", vec!["J. K. Rowling"]),
            ("First line\n\nsecond line", vec!["First line", "second line"]),
            ("He said \"Stop.\" Then he left.", vec!["He said \"Stop.", "Then he left."]),
            ("about 5 p.m. today", vec!["about 5 p.m. today"]),
            ("", vec![]),
            (" \n ", vec![]),
        ] {
            let cut: Vec<&str> = sentences(text, &titles).into_iter().map(|range| &text[range]).collect();
            assert_eq!(cut, expected, "{text}");
        }
    }

    #[test]
    fn long_strings_are_cut_and_lose_only_spaces() {
        let symbols: Vec<char> = "abcd efgh, ".repeat(100).trim_end().chars().collect();
        let parts = chunks(&symbols);
        assert!(parts.iter().all(|part| part.len() <= LONGEST_CHUNK && !part.is_empty()));
        let kept: usize = parts.iter().map(ExactSizeIterator::len).sum();
        assert_eq!(kept + parts.len() - 1, symbols.len());
        assert_eq!(chunks(&['x'; 1000]).len(), 3);
        assert!(chunks(&[]).is_empty());
    }
}
