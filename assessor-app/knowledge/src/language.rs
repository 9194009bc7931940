//! Which language a text is in, of those that are stemmed here.

use serde::{Deserialize, Serialize};

/// A language whose words are reduced to stems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    En,
    /// German.
    De,
}

/// Frequent words that only one of the two languages has.
const ENGLISH: [&str; 16] = [
    "the", "and", "of", "to", "is", "that", "with", "for", "are", "this", "not", "from", "what", "how",
    "you", "which",
];
const GERMAN: [&str; 16] = [
    "der", "und", "das", "ist", "nicht", "mit", "ein", "eine", "zu", "den", "auf", "wie", "sich", "für",
    "wird", "dem",
];
/// Words looked at; enough to be sure, and quick for a long document.
const MOST_WORDS: usize = 5000;

impl Language {
    /// The language of a text by its most frequent words; English when neither stands out.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let (mut english, mut german) = (0_usize, 0_usize);
        for word in
            text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).take(MOST_WORDS)
        {
            let word = word.to_lowercase();
            english += usize::from(ENGLISH.contains(&word.as_str()));
            german += usize::from(GERMAN.contains(&word.as_str()));
        }
        if german > english { Self::De } else { Self::En }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_are_told_apart() {
        for (text, expect) in [
            ("What is the distance to the door?", Language::En),
            ("Wie groß ist der Abstand zu der Tür?", Language::De),
            ("Die Pflegekraft wird nicht mit dem Patienten allein gelassen.", Language::De),
            ("", Language::En),
        ] {
            assert_eq!(Language::of(text), expect, "{text}");
        }
    }
}
