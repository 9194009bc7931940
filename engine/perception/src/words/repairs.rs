//! Restarts and repairs in recognised words.

use viva_exchange::{TimingEvent, TimingKind, TurnId, Word};

/// Words that announce a repair (Levelt's editing terms).
const EDITING_TERMS: [&[&str]; 6] =
    [&["no"], &["sorry"], &["i", "mean"], &["rather"], &["correction"], &["wait"]];
/// A repair replaces at most this many words.
const MAX_WORDS: usize = 6;

/// The restarts ("I, I would") and repairs ("ten, no, one milligram") in the words of one turn.
///
/// A repair is an editing term between two stretches that begin or end with the same word, or between two numbers.
/// Recognisers drop some of these, so that the list is a lower bound.
#[must_use]
pub fn find_repairs(words: &[Word], turn: TurnId) -> Vec<TimingEvent> {
    let plain: Vec<String> = words.iter().map(|word| plain(&word.text)).collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        if let Some(length) = restart_at(&plain, at) {
            found.push(event(TimingKind::Restart, words, at, at + 2 * length, turn));
            at += length;
        } else if let Some((from, to)) = repair_at(&plain, words, at) {
            found.push(event(TimingKind::Repair, words, from, to, turn));
            at = to;
        } else {
            at += 1;
        }
    }
    found
}

fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric() || *c == '\'').flat_map(char::to_lowercase).collect()
}

/// The length of a stretch of up to three words that is said twice in a row.
fn restart_at(words: &[String], at: usize) -> Option<usize> {
    // "very very" and "that that" are ordinary English.
    const DOUBLED: [&str; 6] = ["very", "really", "that", "had", "no", "yes"];
    (1..=3).rev().find(|&length| {
        let Some(both) = words.get(at..at + 2 * length) else { return false };
        both[..length] == both[length..] && !(length == 1 && DOUBLED.contains(&both[0].as_str()))
    })
}

/// An editing term at `at` with what it replaces before and what replaces it after.
fn repair_at(plain: &[String], words: &[Word], at: usize) -> Option<(usize, usize)> {
    let term = EDITING_TERMS.iter().find(|term| {
        plain
            .get(at..at + term.len())
            .is_some_and(|here| here.iter().map(String::as_str).eq(term.iter().copied()))
    })?;
    let (before, after) = (at, at + term.len());
    // "No, I would not" at the start of a sentence answers a question and repairs nothing.
    if before == 0 || words[before - 1].text.ends_with(['.', '?', '!']) {
        return None;
    }
    let earliest = before.saturating_sub(MAX_WORDS);
    let latest = (after + MAX_WORDS).min(plain.len());
    let both_numbers = |a: &str, b: &str| is_number(a) && is_number(b);
    for to in after..latest {
        for from in (earliest..before).rev() {
            if plain[from] == plain[to] || both_numbers(&plain[from], &plain[to]) {
                return Some((from, to + 1));
            }
        }
    }
    None
}

fn is_number(word: &str) -> bool {
    const NUMBERS: [&str; 30] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
        "twenty",
        "thirty",
        "forty",
        "fifty",
        "sixty",
        "seventy",
        "eighty",
        "ninety",
        "hundred",
        "thousand",
    ];
    NUMBERS.contains(&word) || word.chars().next().is_some_and(|c| c.is_ascii_digit())
}

fn event(kind: TimingKind, words: &[Word], from: usize, to: usize, turn: TurnId) -> TimingEvent {
    let (start, end) = (words[from].start, words[to - 1].end);
    let text = words[from..to].iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
    TimingEvent { kind, start, end, turn, value: (end - start).as_secs(), words: Some(text) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use viva_media::Timestamp;

    fn check(text: &str, expect: &[(TimingKind, &str)]) {
        let words: Vec<Word> = text
            .split(' ')
            .enumerate()
            .map(|(n, text)| Word {
                text: text.into(),
                start: Timestamp::from_millis(300 * n as i64),
                end: Timestamp::from_millis(300 * n as i64 + 250),
                confidence: 1.0,
            })
            .collect();
        let found = find_repairs(&words, TurnId(3));
        let found: Vec<_> =
            found.iter().map(|e| (e.kind, e.words.as_deref().expect("words are given"))).collect();
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn restarts_and_repairs() {
        check("I, I would call the doctor.", &[(TimingKind::Restart, "I, I")]);
        check("I would I would call.", &[(TimingKind::Restart, "I would I would")]);
        check("give ten, no, one milligram", &[(TimingKind::Repair, "ten, no, one")]);
        check("call the doctor, sorry, the nurse", &[(TimingKind::Repair, "the doctor, sorry, the")]);
        check("No, I would not do that.", &[]);
        check("It was very very loud.", &[]);
        check("", &[]);
    }
}
