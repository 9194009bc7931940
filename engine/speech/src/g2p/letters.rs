//! A plain reader of unknown words, for where no network is at hand.

use crate::{OutOfVocabulary, PortError};

/// Reads letters by the commonest English rules: right often enough to be understood, wrong often enough that the
/// network of `inference` is preferred.
#[derive(Clone, Copy, Debug, Default)]
pub struct LetterRules;

/// Letter groups with their sound, longest first.
const RULES: [(&str, &str); 66] = [
    ("tion", "ʃən"),
    ("sion", "ʒən"),
    ("ough", "O"),
    ("augh", "ɔ"),
    ("eigh", "A"),
    ("tch", "ʧ"),
    ("dge", "ʤ"),
    ("igh", "I"),
    ("sch", "sk"),
    ("ch", "ʧ"),
    ("sh", "ʃ"),
    ("th", "θ"),
    ("ph", "f"),
    ("wh", "w"),
    ("ck", "k"),
    ("ng", "ŋ"),
    ("qu", "kw"),
    ("gh", "ɡ"),
    ("kn", "n"),
    ("wr", "ɹ"),
    ("ee", "i"),
    ("ea", "i"),
    ("oo", "u"),
    ("ou", "W"),
    ("ow", "O"),
    ("oi", "Y"),
    ("oy", "Y"),
    ("ai", "A"),
    ("ay", "A"),
    ("au", "ɔ"),
    ("aw", "ɔ"),
    ("ie", "i"),
    ("ei", "A"),
    ("ey", "i"),
    ("oa", "O"),
    ("ue", "u"),
    ("ar", "ɑɹ"),
    ("er", "əɹ"),
    ("ir", "ɜɹ"),
    ("or", "ɔɹ"),
    ("ur", "ɜɹ"),
    ("a", "æ"),
    ("b", "b"),
    ("c", "k"),
    ("d", "d"),
    ("e", "ɛ"),
    ("f", "f"),
    ("g", "ɡ"),
    ("h", "h"),
    ("i", "ɪ"),
    ("j", "ʤ"),
    ("k", "k"),
    ("l", "l"),
    ("m", "m"),
    ("n", "n"),
    ("o", "ɑ"),
    ("p", "p"),
    ("q", "k"),
    ("r", "ɹ"),
    ("s", "s"),
    ("t", "t"),
    ("u", "ʌ"),
    ("v", "v"),
    ("w", "w"),
    ("x", "ks"),
    ("z", "z"),
];

impl OutOfVocabulary for LetterRules {
    fn pronounce(&mut self, word: &str) -> Result<Option<String>, PortError> {
        let word = word.to_lowercase();
        let mut rest = word.as_str();
        let mut phonemes = String::new();
        let mut is_stressed = false;
        while let Some(letter) = rest.chars().next() {
            let last = rest.len() == letter.len_utf8();
            let (taken, sound) = match letter {
                // A silent e at the end, and y as vowel or consonant.
                'e' if last && is_stressed => (1, ""),
                'y' => (1, if phonemes.is_empty() { "j" } else { "i" }),
                'c' if rest[1..].starts_with(['e', 'i', 'y']) => (1, "s"),
                _ => RULES
                    .iter()
                    .find(|(group, _)| rest.starts_with(group))
                    .map_or((letter.len_utf8(), ""), |(group, sound)| (group.len(), *sound)),
            };
            for symbol in sound.chars() {
                if super::stress::is_vowel(symbol) && !is_stressed {
                    phonemes.push(super::stress::PRIMARY);
                    is_stressed = true;
                }
                // Doubled letters sound once.
                if !phonemes.ends_with(symbol) {
                    phonemes.push(symbol);
                }
            }
            rest = &rest[taken..];
        }
        Ok(Some(phonemes).filter(|phonemes| !phonemes.is_empty()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_become_sounds() {
        for (word, expected) in [
            ("zorb", Some("zˈɔɹb")),
            ("plotting", Some("plˈɑtɪŋ")),
            ("chane", Some("ʧˈæn")),
            ("Ω", None),
            ("", None),
        ] {
            assert_eq!(LetterRules.pronounce(word).unwrap().as_deref(), expected, "{word}");
        }
    }
}
