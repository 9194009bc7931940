//! Cutting text into comparable tokens.

use std::ops::Range;

/// One word, normalised for comparison, with its place in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Lower case, contraction written out: `can't` gives `can` and `not`, both with the same range.
    pub word: String,
    /// The word's stem.
    pub stem: String,
    /// Bytes of the original text.
    pub range: Range<usize>,
}

/// The tokens of a text, in order. Apostrophes of any shape are read alike; punctuation separates.
#[must_use]
pub fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut start = None;
    for (at, letter) in text.char_indices().chain(std::iter::once((text.len(), ' '))) {
        let inside = letter.is_alphanumeric() || (start.is_some() && matches!(letter, '\'' | '\u{2019}'));
        match (inside, start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                push_word(&text[from..at], from, &mut found);
                start = None;
            }
            _ => {}
        }
    }
    found
}

/// The stems of the words that carry content, function words left out.
#[must_use]
pub fn content_stems(text: &str) -> Vec<String> {
    tokens(text).into_iter().filter(|token| !is_function_word(&token.word)).map(|token| token.stem).collect()
}

fn push_word(raw: &str, from: usize, found: &mut Vec<Token>) {
    let trimmed = raw.trim_end_matches(['\'', '\u{2019}']);
    let range = from..from + trimmed.len();
    let word = trimmed.to_lowercase().replace('\u{2019}', "'");
    let mut push = |word: &str| {
        found.push(Token { word: word.to_owned(), stem: stem(word), range: range.clone() });
    };
    let Some((head, tail)) = word.split_once('\'') else { return push(&word) };
    match (head, tail) {
        ("can", "t") => ["can", "not"].into_iter().for_each(push),
        ("won", "t") => ["will", "not"].into_iter().for_each(push),
        ("shan", "t") => ["shall", "not"].into_iter().for_each(push),
        ("let", "s") => ["let", "us"].into_iter().for_each(push),
        (_, "t") if head.ends_with('n') => [&head[..head.len() - 1], "not"].into_iter().for_each(push),
        (_, "re") => [head, "are"].into_iter().for_each(push),
        (_, "m") => [head, "am"].into_iter().for_each(push),
        (_, "ll") => [head, "will"].into_iter().for_each(push),
        (_, "ve") => [head, "have"].into_iter().for_each(push),
        (_, "d") => [head, "would"].into_iter().for_each(push),
        ("it" | "that" | "he" | "she" | "there" | "what" | "who" | "where" | "here", "s") => {
            [head, "is"].into_iter().for_each(push);
        }
        _ => push(head),
    }
}

/// A light English stem: plural, `-ed`, `-ing`, `-ly` and a final `e` are dropped. Not a dictionary; only for comparison.
#[must_use]
pub fn stem(word: &str) -> String {
    let mut stem = word;
    for (suffix, least) in [("ing", 3), ("ies", 3), ("ied", 3), ("ed", 3), ("ly", 4)] {
        if let Some(head) = stem.strip_suffix(suffix)
            && head.chars().count() >= least
            && head.contains(['a', 'e', 'i', 'o', 'u', 'y'])
            && head != "not"
        {
            if suffix.starts_with("ie") {
                return format!("{head}i");
            }
            stem = undoubled(head);
            break;
        }
    }
    if let Some(head) = stem.strip_suffix('s')
        && head.len() >= 3
        && !head.ends_with(['s', 'u', 'i'])
    {
        stem = head;
    }
    match stem.strip_suffix('e') {
        // "note" is no "not".
        Some(head) if head.len() >= 3 && head != "not" => head.to_owned(),
        _ if stem.len() > 3 && stem.ends_with('y') => format!("{}i", &stem[..stem.len() - 1]),
        _ => stem.to_owned(),
    }
}

/// `stopp` gives `stop`; `call`, `press` and `off` keep their pair.
fn undoubled(head: &str) -> &str {
    let bytes = head.as_bytes();
    match bytes {
        [.., a, b] if a == b && !matches!(b, b'l' | b's' | b'f' | b'e' | b'o') && bytes.len() > 3 => {
            &head[..head.len() - 1]
        }
        _ => head,
    }
}

/// English words that carry grammar rather than content.
#[must_use]
pub fn is_function_word(word: &str) -> bool {
    FUNCTION_WORDS.binary_search(&word).is_ok()
}

/// Sorted, for binary search.
const FUNCTION_WORDS: [&str; 121] = [
    "a",
    "about",
    "after",
    "all",
    "also",
    "am",
    "an",
    "and",
    "any",
    "are",
    "as",
    "at",
    "be",
    "because",
    "been",
    "before",
    "being",
    "but",
    "by",
    "can",
    "could",
    "did",
    "do",
    "does",
    "doing",
    "down",
    "er",
    "for",
    "from",
    "get",
    "go",
    "going",
    "got",
    "had",
    "has",
    "have",
    "he",
    "her",
    "here",
    "him",
    "his",
    "how",
    "i",
    "if",
    "in",
    "into",
    "is",
    "it",
    "its",
    "just",
    "like",
    "may",
    "me",
    "might",
    "mm",
    "more",
    "must",
    "my",
    "no",
    "not",
    "now",
    "of",
    "off",
    "oh",
    "ok",
    "okay",
    "on",
    "one",
    "or",
    "our",
    "out",
    "over",
    "please",
    "really",
    "shall",
    "she",
    "should",
    "so",
    "some",
    "than",
    "that",
    "the",
    "their",
    "them",
    "then",
    "there",
    "these",
    "they",
    "thing",
    "this",
    "those",
    "through",
    "to",
    "too",
    "uh",
    "um",
    "up",
    "us",
    "very",
    "want",
    "was",
    "we",
    "well",
    "were",
    "what",
    "when",
    "where",
    "which",
    "while",
    "who",
    "why",
    "will",
    "with",
    "would",
    "yeah",
    "yes",
    "you",
    "your",
    "yours",
    "yourself",
    "yourselves",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contractions_are_written_out_and_keep_their_place() {
        let text = "I can\u{2019}t, he's 'hurting'.";
        let found = tokens(text);
        let words: Vec<&str> = found.iter().map(|token| token.word.as_str()).collect();
        assert_eq!(words, ["i", "can", "not", "he", "is", "hurting"]);
        assert_eq!(&text[found[2].range.clone()], "can\u{2019}t");
        assert_eq!(&text[found[5].range.clone()], "hurting");
    }

    #[test]
    fn stems_of_one_word_agree() {
        for family in [
            &["stop", "stopped", "stopping", "stops"][..],
            &["promise", "promised", "promises", "promising"],
            &["call", "called", "calling"],
            &["worry", "worried", "worries"],
            &["hurt", "hurts", "hurting"],
            &["wait", "waited", "waiting"],
        ] {
            let first = stem(family[0]);
            for word in family {
                assert_eq!(stem(word), first, "{word}");
            }
        }
        assert_ne!(stem("this"), stem("thi"));
        assert_ne!(stem("note"), stem("not"));
        assert_ne!(stem("noted"), stem("not"));
    }

    #[test]
    fn function_words_are_sorted() {
        assert!(FUNCTION_WORDS.is_sorted());
    }
}
