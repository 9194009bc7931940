//! Words of a short answer, made alike: without case, punctuation, fillers and stutter, in English and German.

use std::collections::BTreeSet;

use crate::text::{is_function_word, stem, tokens};

/// The languages that the scorer was fitted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// German.
    German,
}

impl Language {
    /// The language of a text, by its grammatical words; English where nothing speaks for German.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let (mut english, mut german) = (0_usize, 0_usize);
        for token in tokens(text) {
            english +=
                usize::from(is_function_word(&token.word) && !matches!(token.word.as_str(), "in" | "so"));
            german += usize::from(is_german_function_word(&token.word));
        }
        if german > english { Self::German } else { Self::English }
    }
}

/// One word, ready for comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// Lower case.
    pub word: String,
    /// Its stem.
    pub stem: String,
    /// False for words that carry grammar only.
    pub content: bool,
    /// Whether a negation stands near before it (in German also after it).
    pub negated: bool,
}

/// How many words back a negation reaches.
const NEGATION_REACH: usize = 3;

/// The words of a text: fillers left out, immediate repetitions taken once.
#[must_use]
pub fn terms(text: &str, language: Language) -> Vec<Term> {
    let mut words: Vec<String> = Vec::new();
    for token in tokens(text) {
        if is_filler(&token.word, language) || words.last() == Some(&token.word) {
            continue;
        }
        words.push(token.word);
    }
    drop_spoken_fillers(&mut words);
    from_words(words, language)
}

/// The words of a text in order.
pub(super) fn joined(terms: &[Term]) -> String {
    terms.iter().map(|term| term.word.as_str()).collect::<Vec<_>>().join(" ")
}

/// Terms of words that are already clean.
pub(super) fn from_words(words: Vec<String>, language: Language) -> Vec<Term> {
    let mut found: Vec<Term> = words
        .into_iter()
        .map(|word| {
            let (stem, content) = match language {
                Language::English => (stem(&word), !is_function_word(&word)),
                Language::German => (german_stem(&word), !is_german_function_word(&word)),
            };
            Term { word, stem, content, negated: false }
        })
        .collect();
    let negations: Vec<usize> = (0..found.len()).filter(|at| is_negation(&found[*at].word)).collect();
    for (at, term) in found.iter_mut().enumerate() {
        let back = NEGATION_REACH;
        let ahead = if language == Language::German { 2 } else { 0 };
        term.negated = negations.iter().any(|n| (*n < at && at - n <= back) || (*n > at && n - at <= ahead));
    }
    found
}

/// Whether a word turns a statement round.
#[must_use]
pub(super) fn is_negation(word: &str) -> bool {
    matches!(
        word,
        "not"
            | "no"
            | "never"
            | "without"
            | "cannot"
            | "none"
            | "neither"
            | "nor"
            | "nothing"
            | "nobody"
            | "nicht"
            | "nie"
            | "niemals"
            | "ohne"
            | "nichts"
            | "weder"
    ) || (word.starts_with("kein") && word.len() <= 6)
}

/// Whether a word only fills a pause.
pub(super) fn is_filler(word: &str, language: Language) -> bool {
    match language {
        Language::English => matches!(word, "um" | "uh" | "er" | "erm" | "mm" | "hmm" | "well"),
        Language::German => matches!(word, "äh" | "ähm" | "hm" | "also" | "sozusagen" | "halt"),
    }
}

/// "you know" and "I mean" say nothing.
fn drop_spoken_fillers(words: &mut Vec<String>) {
    let mut at = 0;
    while at + 1 < words.len() {
        if matches!((words[at].as_str(), words[at + 1].as_str()), ("you", "know") | ("i", "mean")) {
            words.drain(at..at + 2);
        } else {
            at += 1;
        }
    }
    words.dedup();
}

/// A light German stem: umlauts unfolded, common endings dropped. Only for comparison.
fn german_stem(word: &str) -> String {
    let folded: String = word
        .chars()
        .flat_map(|letter| match letter {
            'ä' => ['a', '\0'],
            'ö' => ['o', '\0'],
            'ü' => ['u', '\0'],
            'ß' => ['s', 's'],
            other => [other, '\0'],
        })
        .filter(|letter| *letter != '\0')
        .collect();
    for ending in ["ern", "em", "en", "er", "es", "e", "n", "s", "t"] {
        if let Some(head) = folded.strip_suffix(ending)
            && head.chars().count() >= 4
        {
            return head.to_owned();
        }
    }
    folded
}

/// German words that carry grammar rather than content.
pub(super) fn is_german_function_word(word: &str) -> bool {
    GERMAN.binary_search(&word).is_ok()
}

/// Sorted, for binary search.
const GERMAN: [&str; 103] = [
    "aber", "als", "am", "an", "auch", "auf", "aus", "bei", "beim", "bin", "bis", "da", "damit", "dann",
    "das", "dass", "dem", "den", "denn", "der", "des", "die", "dies", "diese", "diesem", "diesen", "dieser",
    "dieses", "doch", "du", "durch", "ein", "eine", "einem", "einen", "einer", "eines", "er", "es", "für",
    "gegen", "hab", "habe", "haben", "hat", "ich", "ihm", "ihn", "ihnen", "ihr", "ihre", "ihren", "im", "in",
    "ins", "ist", "ja", "kann", "man", "mein", "meine", "mich", "mir", "mit", "muss", "müssen", "nach",
    "noch", "nun", "nur", "ob", "oder", "sein", "seine", "sich", "sie", "sind", "so", "soll", "sollte", "um",
    "und", "uns", "unter", "vom", "von", "vor", "wann", "war", "was", "wenn", "werde", "werden", "wie",
    "wir", "wird", "wo", "würde", "zu", "zum", "zur", "zwischen", "über",
];

/// A stable 32-bit number of a word (FNV-1a).
#[must_use]
pub fn word_hash(word: &str) -> u32 {
    word.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// How rare words are, by the number of a stem; fitted on the training answers, questions and references.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lexicon {
    /// Sorted numbers of stems.
    pub hashes: Vec<u32>,
    /// Inverse document frequency of each.
    pub idf: Vec<f32>,
    /// That of a stem never seen.
    pub unseen: f32,
}

impl Lexicon {
    /// Counts documents, each a list of stems; stems of fewer than two documents are left out.
    #[must_use]
    pub fn count<'a>(documents: impl IntoIterator<Item = &'a [Term]>) -> Self {
        let mut seen = std::collections::BTreeMap::<u32, u32>::new();
        let mut number = 0_u32;
        for document in documents {
            number += 1;
            for hash in document.iter().map(|term| word_hash(&term.stem)).collect::<BTreeSet<_>>() {
                *seen.entry(hash).or_insert(0) += 1;
            }
        }
        let idf = |count: u32| (1.0 + f64::from(number) / f64::from(count.max(1))).ln() as f32;
        let kept: Vec<(u32, u32)> = seen.into_iter().filter(|(_, count)| *count >= 2).collect();
        Self {
            hashes: kept.iter().map(|(hash, _)| *hash).collect(),
            idf: kept.iter().map(|(_, count)| idf(*count)).collect(),
            unseen: idf(1),
        }
    }

    /// Rareness of a stem.
    #[must_use]
    pub fn idf(&self, stem: &str) -> f32 {
        self.hashes.binary_search(&word_hash(stem)).map_or(self.unseen, |at| self.idf[at])
    }

    /// Whether a stem was seen in training.
    #[must_use]
    pub fn knows(&self, stem: &str) -> bool {
        self.hashes.binary_search(&word_hash(stem)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str, language: Language) -> String {
        terms(text, language).into_iter().map(|term| term.word).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn case_punctuation_fillers_and_stutter_change_nothing() {
        for text in [
            "The circuit is not closed.",
            "the circuit is not closed",
            "Um, the the - the circuit is, uh, you know, not closed",
        ] {
            assert_eq!(words(text, Language::English), "the circuit is not closed");
        }
        assert_eq!(words("Ähm, es ist also gleich.", Language::German), "es ist gleich");
    }

    #[test]
    fn german_is_told_from_english_and_lists_are_sorted() {
        assert!(GERMAN.is_sorted());
        assert_eq!(
            Language::of("Wie reagierst du, wenn du auf deine Tätigkeit angesprochen wirst?"),
            Language::German
        );
        assert_eq!(Language::of("What do you do when it happens in the shop?"), Language::English);
    }

    #[test]
    fn negation_reaches_a_few_words() {
        let found = terms("the terminals are not connected to the battery at all", Language::English);
        let negated: Vec<&str> =
            found.iter().filter(|t| t.negated && t.content).map(|t| t.word.as_str()).collect();
        assert_eq!(negated, ["connected"]);
    }
}
