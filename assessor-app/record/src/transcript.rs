//! Turns cut into phrases for captions and for reading.

use viva_exchange::{Speaker, Turn, Word};

const MAX_PHRASE_WORDS: usize = 14;
const PAUSE_NANOS: i64 = 700_000_000;

/// The turn's words in phrases: cut after a sentence, at a long pause, or when a phrase grows too long to read.
#[must_use]
pub fn phrases(turn: &Turn) -> Vec<&[Word]> {
    let mut cuts = Vec::new();
    let mut from = 0;
    for (index, word) in turn.words.iter().enumerate() {
        let next = turn.words.get(index + 1);
        let pause = next.is_some_and(|next| (next.start - word.end).as_nanos() >= PAUSE_NANOS);
        if next.is_none()
            || pause
            || word.text.ends_with(['.', '?', '!'])
            || index + 1 - from >= MAX_PHRASE_WORDS
        {
            cuts.push(&turn.words[from..=index]);
            from = index + 1;
        }
    }
    cuts
}

/// The speaker's name in captions and reports.
#[must_use]
pub const fn speaker_name(speaker: Speaker) -> &'static str {
    match speaker {
        Speaker::Examiner => "Assessor",
        Speaker::Character => "Character",
        Speaker::Candidate => "Candidate",
    }
}

pub(crate) fn joined(words: &[Word]) -> String {
    words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
}
